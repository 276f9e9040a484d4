"""Scans as a whole: what lies where, parts and classes, findings, what is remembered, progress and its end."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from typing import TYPE_CHECKING, Literal

import msgspec
import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.data.files import FileSource, ImageFolder, ImageMasks
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.engine.scan import ScanError, recognise, scan, suggested, unheard
from cnnstudio.engine.scan.heads import memory_folder
from cnnstudio.engine.scan.image_file import check_image
from cnnstudio.engine.scan.listing import Listing, ScanCancelled
from tests.helpers import own_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


def paint(root: Path, names: Iterable[str], size: tuple[int, int] = (8, 6)) -> Path:
    """Images at these places, all different; "name=other" is the same file as the other."""
    for number, entry in enumerate(names):
        name, _, same = entry.partition("=")
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        if same:
            (root / name).write_bytes((root / same).read_bytes())
        else:
            Image.new("RGB", size, (number % 256, number // 256, 7)).save(root / name)
    return root


def of(name: str, count: int) -> list[str]:
    """Names of images in a folder."""
    return [f"{name}/{n}.png" for n in range(count)]


def look(root: Path, task: Literal["classification", "reconstruction"] = "classification") -> Listing:
    return scan(ImageFolder(path=str(root), task=task))


# Classes and parts by folders

LAYOUTS: dict[str, tuple[list[str], dict[str, int], dict[str, int]]] = {
    "classes": ([*of("10", 2), *of("9", 3)], {"9": 3, "10": 2}, {}),
    "deep classes": ([*of("a/x", 2), *of("a/y", 1), *of("b", 2)], {"a": 3, "b": 2}, {}),
    "in a folder of its own": ([*of("set/pics/a", 2), *of("set/pics/b", 2)], {"a": 2, "b": 2}, {}),
    "one class": ([*of("a", 2)], {"a": 2}, {}),
    "parts": (
        [*of("train/a", 3), *of("train/b", 2), *of("val/a", 2), *of("val/b", 2), *of("test/a", 2), *of("test/b", 2)],
        {"a": 7, "b": 6},
        {"training": 5, "validation": 4, "test": 4},
    ),
    "parts by other names": (
        [*of("Training/a", 2), *of("Training/b", 2), *of("valid/a", 1), *of("TEST/b", 1)],
        {"a": 3, "b": 3},
        {"training": 4, "validation": 1, "test": 1},
    ),
    "parts in a folder of their own": (
        [*of("set/train/a", 2), *of("set/train/b", 2), *of("set/dev/a", 1)],
        {"a": 3, "b": 2},
        {"training": 4, "validation": 1},
    ),
    "a class called test": ([*of("test", 2), *of("exam", 2)], {"exam": 2, "test": 2}, {}),
}


@pytest.mark.parametrize("case", LAYOUTS)
def test_folders_tell_classes_and_parts(tmp_path: Path, case: str) -> None:
    names, classes, splits = LAYOUTS[case]
    listing = look(paint(tmp_path / "data", names))
    assert (listing.report.classes, list(listing.report.classes)) == (classes, list(classes))
    assert listing.report.splits == splits
    assert listing.facts.parts == tuple(splits)
    assert listing.labels is not None
    for index, name in enumerate(listing.names):
        own = list(classes)[listing.labels[index]]
        assert own in name.split("/")[:-1]
        assert listing.read(index).target == listing.labels[index]


def test_images_to_be_given_back_need_no_classes(tmp_path: Path) -> None:
    listing = look(paint(tmp_path / "data", ["a.png", *of("train/x", 1), "val/b.png"]), task="reconstruction")
    assert listing.names == ("train/x/0.png", "val/b.png")
    assert (listing.report.classes, listing.report.splits) == ({}, {"training": 1, "validation": 1})
    assert [(s.file, s.reason) for s in listing.report.skipped] == [
        ("a.png", "beside the folders of the parts, so in none of them")
    ]
    assert listing.labels is None
    assert listing.read(0).target is None


# What the person should know

FINDINGS: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "a single class": (
        of("cat", 2),
        [("error", 'There is one class only, "cat", and so nothing to tell apart: add another class, or choose the '
          "task reconstruction.")],
    ),
    "one sample a class": (
        [*of("a", 1), *of("b", 2), *of("c", 1)],
        [("warning", 'One image only: class "a" and "c". It cannot be learned and tested at once: add more.')],
    ),
    "none for training": (
        [*of("train/a", 2), *of("train/b", 2), *of("test/c", 2)],
        [("warning", 'No image for training: class "c". It will never be answered rightly.'),
         ("note", "No samples of their own for validation: drawn from the training part.")],
    ),
    "nothing for training": (
        [*of("train/x", 1), *of("val/a", 2), *of("val/b", 2)],
        [],
    ),
    "out of balance": (
        [*of("a", 20), *of("b", 2)],
        [("note", 'The classes are out of balance: "a" has 20 images, "b" 2. Class weights make them count the same.')],
    ),
    "the same in two parts": (
        [*of("train/a", 2), *of("train/b", 2), *of("val/a", 2), *of("val/b", 2), "test/a/z.png=train/a/1.png",
         "test/b/z.png=train/b/0.png"],
        [("warning", 'The same file in two parts: "test/a/z.png" and "train/a/1.png", and 1 more such. What was '
          "learned by heart then passes for understood: keep it in one part.")],
    ),
    "the same under two classes": (
        [*of("a", 2), *of("b", 2), "b/z.png=a/0.png"],
        [("warning", 'The same file under two classes: "a/0.png" and "b/z.png". Only one can be right: remove the '
          "other.")],
    ),
    "the same twice": (
        [*of("a", 2), *of("b", 2), "a/z.png=a/0.png"],
        [("warning", 'The same file twice: "a/0.png" and "a/z.png". Parts drawn at random may put one into training '
          "and its copy into the test.")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", sorted(FINDINGS.keys() - {"nothing for training"}))
def test_findings(tmp_path: Path, case: str) -> None:
    names, expected = FINDINGS[case]
    report = look(paint(tmp_path / "data", names)).report
    assert [(d.severity, d.message) for d in report.diagnostics] == expected


def test_a_training_folder_without_a_usable_image(tmp_path: Path) -> None:
    names, _ = FINDINGS["nothing for training"]
    root = paint(tmp_path / "data", names)
    (root / "train" / "x" / "0.png").write_bytes(b"no picture")
    assert ("error", "No sample for training: the folder of the training part holds none that can be used.") in [
        (d.severity, d.message) for d in look(root).report.diagnostics
    ]


def test_sizes_and_colours_that_differ_are_told(tmp_path: Path) -> None:
    root = paint(tmp_path / "data", of("a", 3))
    paint(root, of("b", 2), (20, 10))
    Image.new("L", (20, 10), 3).save(root / "b" / "grey.png")
    Image.new("RGBA", (20, 10), (1, 2, 3, 4)).save(root / "b" / "clear.png")
    report = look(root).report
    assert report.shape == (10, 20, 3)
    assert report.sizes == {"20 × 10": 4, "8 × 6": 3}
    assert report.kinds == {"PNG, RGB": 5, "PNG, RGB with transparency": 1, "PNG, grey": 1}
    assert [d.message for d in report.diagnostics] == [
        "The images come in 2 sizes: Preparation brings all to one height and width.",
        "Grey: 1 of 7 images, the others in colour. All are made RGB, with three equal channels, unless Preparation "
        "says otherwise.",
        "Transparency is laid over white (1 of 7 images).",
    ]


# What is remembered


@pytest.fixture
def aged(tmp_path: Path) -> Path:
    """Images that were made a while ago."""
    root = paint(tmp_path / "data", [*of("a", 4), *of("b", 4)])
    for file in root.rglob("*.png"):
        os.utime(file, (1e9, 1e9))
    return root


def plain(listing: Listing) -> object:
    """Everything of a scan but how long it took."""
    report = msgspec.structs.replace(listing.report, seconds=0.0, cached=False)
    arrays = (listing.labels, listing.parts, listing.hashes)
    return listing.source, report, listing.names, [None if a is None else a.tolist() for a in arrays]


def test_a_second_scan_opens_nothing_and_says_the_same(aged: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = look(aged)
    opened: list[str] = []

    def watched(path: str) -> object:
        opened.append(os.path.relpath(path, aged))
        return check_image(path)

    monkeypatch.setattr("cnnstudio.engine.scan.heads.check_image", watched)
    second = look(aged)
    assert (first.report.cached, second.report.cached, opened) == (False, True, [])
    assert plain(first) == plain(second)

    Image.new("RGB", (9, 9)).save(aged / "a" / "1.png")
    os.utime(aged / "a" / "1.png", (1.1e9, 1.1e9))
    changed = look(aged)
    assert opened == ["a/1.png"]
    assert changed.facts.fingerprint != first.facts.fingerprint
    assert (changed.facts.mixed, changed.report.cached) == (True, False)

    opened.clear()
    assert plain(scan(ImageFolder(path=str(aged)), fresh=True)) == plain(changed)
    assert len(opened) == 8


@pytest.mark.parametrize("spoil", [b"", b"\xc1garbage", b"\x92\x01\x81\xa1a\x93\x01\x02\x95", b"\x92\x63\x80"])
def test_a_damaged_memory_is_as_good_as_none(aged: Path, spoil: bytes) -> None:
    first = look(aged)
    (memory,) = memory_folder().iterdir()
    memory.write_bytes(spoil)
    again = look(aged)
    assert (plain(again), again.report.cached) == (plain(first), False)
    assert look(aged).report.cached


def test_files_that_may_still_change_within_a_tick_are_not_believed(tmp_path: Path) -> None:
    root = paint(tmp_path / "data", [*of("a", 2), *of("b", 2)])
    look(root)
    assert not look(root).report.cached


def test_a_memory_that_cannot_be_written_does_no_harm(aged: Path, home: Path) -> None:
    home.mkdir(parents=True)
    (home / "scans").write_text("in the way")
    assert look(aged).report.samples == 8


def test_the_order_in_which_files_were_made_does_not_matter(tmp_path: Path) -> None:
    names = [*of("a", 30), *of("b", 30)]
    one = look(paint(tmp_path / "one" / "data", names))
    for number in reversed(range(60)):  # the same files, the last first
        source = tmp_path / "one" / "data" / names[number]
        target = tmp_path / "two" / "data" / names[number]
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        os.utime(target, ns=(0, source.stat().st_mtime_ns))
    two = look(tmp_path / "two" / "data")
    assert (two.names, two.facts) == (one.names, one.facts)
    assert np.array_equal(two.hashes if two.hashes is not None else (), one.hashes if one.hashes is not None else ())


# Progress and its end


def test_progress_goes_up_to_all_files(aged: Path) -> None:
    told: list[tuple[int, int]] = []
    scan(ImageFolder(path=str(aged)), lambda done, total: told.append((done, total)))
    assert told[-1] == (8, 8)
    assert told == sorted(told)


def test_a_scan_ends_when_progress_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = paint(tmp_path / "data", [*of("a", 200), *of("b", 200)], (2, 2))
    opened: list[str] = []

    def watched(path: str) -> object:
        opened.append(path)
        return check_image(path)

    monkeypatch.setattr("cnnstudio.engine.scan.heads.check_image", watched)
    before = threading.active_count()

    def ending(done: int, total: int) -> None:
        if done:
            raise ScanCancelled

    with pytest.raises(ScanCancelled):
        scan(ImageFolder(path=str(root)), ending)
    assert len(opened) < 400
    assert threading.active_count() == before


# What lies at a path

MADE: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "classes": (own_data.image_folder, "ImageFolder", "classification"),
    "masks": (own_data.image_masks, "ImageMasks", "segmentation"),
    "coco": (own_data.coco, "CocoImages", "detection"),
    "yolo": (own_data.yolo, "YoloImages", "detection"),
    "table of files": (own_data.file_table, "FileTable", "classification"),
    "table of files, several": (lambda p: own_data.file_table(p, several=True), "FileTable", "multi-label"),
    "folder of a table": (lambda p: own_data.file_table(p).parent, "FileTable", "classification"),
    "arrays": (own_data.arrays, "ArrayFile", "classification"),
    "folder of one array": (lambda p: own_data.arrays(p).parent, "ArrayFile", "classification"),
    "signal array": (own_data.signal_array, "ArrayFile", "reconstruction"),
    "table of signals": (own_data.signal_table, "SignalTable", "classification"),
    "signals": (own_data.signal_folder, "SignalFolder", "classification"),
    "waves": (own_data.wav_folder, "SignalFolder", "classification"),
    "loose images": (lambda p: paint(p, ["a.png", "b.png"]), "ImageFolder", "reconstruction"),
    "annotations alone": (lambda p: own_data.coco(p) / "annotations.json", "CocoImages", "detection"),
}


@pytest.mark.parametrize("case", MADE)
def test_what_lies_there_is_recognised_and_scanned(tmp_path: Path, case: str) -> None:
    make, kind, task = MADE[case]
    source = recognise(str(make(tmp_path / "data")), unheard)
    assert source.kind == kind
    listing = scan(source)
    assert listing.source.task_found == task
    assert len(listing) == listing.report.samples > 0
    assert listing.read(len(listing) - 1).values.shape == listing.facts.shape


def test_masks_may_have_other_names_and_parts(tmp_path: Path) -> None:
    root = paint(tmp_path / "data", [*of("train/Img", 2), *of("train/gt", 2)])
    assert recognise(str(root), unheard) == ImageMasks(path=str(root), images="Img", masks="gt")


NOTHING: list[tuple[str, bytes | None, str]] = [
    ("empty", None, '"empty" holds no images, signals or arrays: choose a folder with files such as .png, .jpg, .wav, '
     ".csv or .npy."),
    ("one.png", b"x", '"one.png" is a single sample: choose the folder that holds all of them.'),
    ("set.zip", b"x", '"set.zip" is an archive: unpack it and choose the folder.'),
    ("settings.json", b"{}", '"settings.json" is no file of samples: choose a folder of images or signals, a table '
     "(.csv), NumPy arrays (.npz, .npy) or COCO annotations (.json)."),
    ("void.csv", b"", '"void.csv" is empty: choose another file.'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "sentence"), NOTHING, ids=[name for name, _, _ in NOTHING])
def test_what_is_no_data_is_told(tmp_path: Path, name: str, content: bytes | None, sentence: str) -> None:
    place = tmp_path / name
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)
    with pytest.raises(ScanError) as caught:
        recognise(str(place), unheard)
    assert str(caught.value) == sentence


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="made by a call that this system does not have")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "data.csv")
    begun = time.monotonic()
    with pytest.raises(ScanError, match="is not a file: choose the file that holds the data"):
        recognise(str(tmp_path / "data.csv"), unheard)
    assert time.monotonic() - begun < 5


# The preparation that suits

SIZES: list[tuple[FileSource, dict[tuple[int, ...], int], Preparation]] = [
    (ImageFolder(), {(28, 28, 1): 9}, Preparation()),
    (ImageFolder(), {(256, 200, 3): 9}, Preparation()),
    (ImageFolder(), {(257, 257, 3): 9}, Preparation(height=128, width=128)),
    (ImageFolder(), {(480, 640, 3): 9, (480, 640, 1): 2}, Preparation(height=128, width=128)),
    (ImageFolder(), {(100, 300, 3): 5, (70, 300, 3): 4}, Preparation(height=96, width=96)),
    (ImageFolder(), {(60, 50, 3): 1, (28, 28, 3): 1}, Preparation(height=48, width=48)),
    (ImageFolder(), {(9, 50, 3): 3, (28, 28, 3): 1}, Preparation(height=16, width=16)),
]


@pytest.mark.parametrize(("source", "shapes", "preparation"), SIZES)
def test_the_suggested_preparation_settles_sizes(
    source: FileSource, shapes: dict[tuple[int, ...], int], preparation: Preparation, tmp_path: Path
) -> None:
    listing = look(paint(tmp_path / "data", [*of("a", 2), *of("b", 2)]))
    facts = msgspec.structs.replace(listing.facts, shape=next(iter(shapes)))
    assert suggested(dataclasses.replace(listing, source=source.found(facts), shapes=shapes)) == preparation


def test_signals_get_the_length_that_half_of_them_reach(tmp_path: Path) -> None:
    listing = look(paint(tmp_path / "data", [*of("a", 2), *of("b", 2)]))
    facts = msgspec.structs.replace(listing.facts, shape=(100, 2), mixed=True)
    shapes: dict[tuple[int, ...], int] = {(100, 2): 3, (80, 2): 2, (20, 2): 5}
    found = dataclasses.replace(listing, source=listing.source.found(facts), shapes=shapes)
    assert suggested(found) == Preparation(length=80, resize="pad")
    assert suggested(dataclasses.replace(found, shapes={(100, 2): 3})) == Preparation()
