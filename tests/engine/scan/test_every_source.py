"""What all scans promise: the same listing each time, an end when asked for, and the kind told from the path."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.files import (
    ArrayFile,
    CocoImages,
    FileSource,
    FileTable,
    ImageMasks,
    SignalFolder,
    SignalTable,
    YoloImages,
)
from cnnstudio.core.formats.files import read_source, write_source
from cnnstudio.engine.scan import recognise, scan, unheard
from cnnstudio.engine.scan.listing import ScanCancelled
from tests.engine.scan.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path


def masks(root: Path) -> FileSource:
    for name in ("a", "b"):
        picture(root / f"images/{name}.png", seed=1)
        picture(root / f"masks/{name}.png", (8, 6), seed=2)
    return ImageMasks(path=str(root))


def coco(root: Path) -> FileSource:
    picture(root / "a.png")
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4]}
    images = [{"id": 1, "file_name": "a.png", "width": 8, "height": 6}]
    data = {"images": images, "annotations": [box], "categories": [{"id": 1, "name": "cat"}]}
    (root / "boxes.json").write_text(json.dumps(data), encoding="utf-8")
    return CocoImages(path=str(root))


def yolo(root: Path) -> FileSource:
    picture(root / "images/train/a.png")
    (root / "labels/train").mkdir(parents=True)
    (root / "labels/train/a.txt").write_text("0 0.5 0.5 0.5 0.5\n", encoding="utf-8")
    return YoloImages(path=str(root))


def table(root: Path) -> FileSource:
    picture(root / "a.png")
    picture(root / "b.png")
    (root / "list.csv").write_text("a.png,cat;red\nb.png,dog\n", encoding="utf-8")
    return FileTable(path=str(root / "list.csv"), task="multi-label")


def arrays(root: Path) -> FileSource:
    np.save(root / "x_train.npy", np.arange(96.0).reshape(4, 6, 4))
    np.save(root / "y_train.npy", np.arange(4) % 2)
    return ArrayFile(path=str(root))


def signals(root: Path) -> FileSource:
    for name in ("up", "down"):
        (root / name).mkdir()
        np.save(root / name / "a.npy", np.arange(9.0))
    return SignalFolder(path=str(root))


def rows(root: Path) -> FileSource:
    text = "up,1,2,3\ndown,3,2,1\nup,2,3,4\n"
    (root / "signals.csv").write_text(text, encoding="utf-8")
    return SignalTable(path=str(root / "signals.csv"))


MAKERS = (masks, coco, yolo, table, arrays, signals, rows)


@pytest.fixture(params=MAKERS, ids=[m.__name__ for m in MAKERS])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> FileSource:
    """A source of each kind, with real files."""
    root = tmp_path / "data"
    root.mkdir()
    made = request.param(root)
    assert isinstance(made, FileSource)
    return made


def test_two_scans_say_the_same_and_fit_their_own_report(source: FileSource) -> None:
    first, second = scan(source), scan(source)
    assert first.facts == second.facts
    assert first.names == second.names
    assert (first.facts.samples, first.facts.shape) == (first.report.samples, first.report.shape)
    assert tuple(first.report.classes) == first.facts.classes
    assert first.source.problem() == ""
    for values in (first.labels, first.parts, first.counts, first.hashes):
        assert values is None or len(values) == len(first)
    if first.parts is not None:
        assert set(first.parts.tolist()) <= set(range(-1, len(PARTS)))
    assert read_source(write_source(first.source), "source") == first.source


def test_the_fingerprint_follows_a_change_of_a_file(source: FileSource, tmp_path: Path) -> None:
    before = scan(source).facts.fingerprint
    file = next(p for p in sorted((tmp_path / "data").rglob("*")) if p.is_file())
    state = file.stat()
    file.touch()
    assert file.stat().st_mtime_ns != state.st_mtime_ns
    assert scan(source).facts.fingerprint != before


def test_a_scan_ends_when_it_is_asked_to(source: FileSource) -> None:
    def stop(done: int, total: int) -> None:
        raise ScanCancelled

    with pytest.raises(ScanCancelled):
        scan(source, stop)


def test_the_kind_and_task_are_told_from_the_path(source: FileSource) -> None:
    assert recognise(source.path, unheard) == source
