"""One's own presets: kept, described anew, deleted and brought back, taken in and given away; nothing read twice."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cnnstudio.core.about import Description, Paper
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats import presets as presets_module
from cnnstudio.core.formats.files import (
    FileError,
    load_experiment,
    read_experiment,
    read_whole,
    save_experiment,
    write_experiment,
)
from cnnstudio.core.formats.outline import read_outline
from cnnstudio.core.formats.own_presets import (
    delete_preset,
    describe_preset,
    give_away,
    restore_preset,
    save_preset,
    take_in,
)
from cnnstudio.core.formats.preset_filter import PresetFilter
from cnnstudio.core.formats.presets import preset, presets, user_folder
from cnnstudio.core.formats.storage import data_folder
from cnnstudio.core.formats.weights_store import beside, keep

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment


def lenet(**changed: Any) -> Experiment:
    found = preset("lenet-5").experiment
    assert found is not None
    return dataclasses.replace(found, **changed)


def some_weights(place: Path) -> None:
    place.write_bytes(b"weights")


def text_with(**entries: object) -> str:
    return json.dumps({**json.loads(write_experiment(lenet())), **entries})


# Papers, expected results, notes


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"papers": [{"title": ""}]}, "papers[0]: a paper must have a title"),
        ({"papers": [{"title": "T", "link": "javascript:alert(1)"}]}, 'must begin with "https://"'),
        ({"papers": [{"title": "T", "link": "file:///etc/passwd"}]}, 'must begin with "https://"'),
        ({"papers": [{"title": "T", "link": "https://"}]}, "name a site"),
        ({"papers": [{"title": "T", "link": "https://a b"}]}, "name a site"),
        ({"papers": [{"title": "T", "link": "http://[::1"}]}, "name a site"),
        ({"papers": [{"title": "T\nx"}]}, "one line of at most 400 characters"),
        ({"papers": [{"title": "T", "year": 12}]}, "from 1700 to 2200, not 12"),
        ({"papers": [{"title": "T"}] * 9}, "has 9 entries; at most 8"),
        ({"papers": [{"title": "T", "lnk": ""}]}, 'Did you mean "link"'),
        ({"expected": {"Accuracy": 1}}, 'names the metric "Accuracy"'),
        ({"expected": {f"m{n}": 1 for n in range(17)}}, "has 17 metrics; at most 16"),
        ({"expected": {"accuracy": "high"}}, "expected"),
        ({"notes": 3}, "notes"),
    ],
)
def test_what_is_said_of_an_experiment_is_held_to_sense(entries: dict[str, object], words: str) -> None:
    with pytest.raises(FileError) as caught:
        read_experiment(text_with(**entries), "a.json")
    assert words in str(caught.value)
    assert str(caught.value).startswith("a.json")


def test_papers_results_and_notes_come_back_as_they_were_written() -> None:
    papers = (Paper("A title", "Someone", 1999, "http://example.org/a?b=1"), Paper("Another"))
    wanted = lenet(papers=papers, expected=(("f1", 0.5), ("psnr", 31.25)), notes="First\nsecond “line”")
    assert read_experiment(write_experiment(wanted), "a") == wanted
    assert str(papers[0]) == "Someone: A title (1999)"


# The folder


@pytest.mark.parametrize(
    ("platform", "variable", "value", "where"),
    [
        ("win32", "APPDATA", "roaming", "roaming/CNN Studio/presets"),
        ("win32", "APPDATA", "", "person/AppData/Roaming/CNN Studio/presets"),
        ("darwin", "XDG_DATA_HOME", "data", "person/Library/Application Support/CNN Studio/presets"),
        ("linux", "XDG_DATA_HOME", "data", "data/cnnstudio/presets"),
        ("linux", "XDG_DATA_HOME", "", "person/.local/share/cnnstudio/presets"),
    ],
)
def test_each_platform_has_its_folder(
    platform: str, variable: str, value: str, where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CNNSTUDIO_HOME")
    monkeypatch.setenv(variable, str(tmp_path / value) if value else "")
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "person")
    assert user_folder() == tmp_path / where
    made = save_preset(lenet(name="Here"))
    assert made == tmp_path / where / "here.json"
    assert [p.path for p in presets() if p.user] == [made]
    assert data_folder() in made.parents


def test_whatever_lies_in_the_folder_is_listed_or_passed_over_and_stops_nothing(home: Path) -> None:
    folder = home / "presets"
    folder.mkdir(parents=True)
    (folder / "torn.json").write_text("{")
    (folder / "lenet-5.json").write_text(write_experiment(lenet(name="Mine")))
    (folder / "nowhere.json").symlink_to(home / "gone")
    (folder / "a-folder.json").mkdir()
    (folder / ".hidden.json").write_text("{")
    (folder / "notes.txt").write_text("no preset")
    os.mkfifo(folder / "pipe.json")
    own = {p.id: p for p in presets() if p.user}
    assert set(own) == {"torn", "lenet-5 (yours)", "nowhere", "a-folder", "pipe"}
    assert all(p.experiment is None and p.summary is None and p.outline is None for p in own.values())
    assert "not JSON" in own["torn"].error
    assert "has the name of a shipped preset: give the file" in own["lenet-5 (yours)"].error
    assert "cannot be read" in own["nowhere"].error
    assert all("is not a file" in own[id].error for id in ("a-folder", "pipe"))
    assert preset("lenet-5").experiment == lenet()


def test_a_folder_that_is_none_counts_as_empty(home: Path) -> None:
    home.mkdir()
    (home / "presets").write_text("a file is in the way")
    assert not [p for p in presets() if p.user]


# Reading


def test_a_file_is_read_again_only_when_it_has_changed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_preset(lenet(name="Mine"))
    reads: list[str] = []

    def counted(place: Path, wanted: str) -> bytes:
        reads.append(place.name)
        return read_whole(place, wanted)

    monkeypatch.setattr(presets_module, "read_whole", counted)
    for _ in range(3):
        assert preset("mine").experiment is not None
        assert preset("mine").summary is not None
    assert reads == ["mine.json"]
    save_experiment(path, lenet(name="Mine", notes="changed"))
    assert getattr(preset("mine").experiment, "notes", "") == "changed"
    assert reads == ["mine.json"] * 2


@pytest.mark.parametrize("found", presets(), ids=lambda p: p.id)
def test_outline_and_summary_say_what_the_whole_file_says(found: presets_module.Preset) -> None:
    whole, outline, summary = found.experiment, found.outline, found.summary
    assert whole is not None
    assert outline is not None
    assert summary is not None
    assert (outline.name, outline.description, outline.notes) == (whole.name, whole.description, whole.notes)
    assert (outline.tags, outline.source, outline.info) == (whole.tags, whole.data.source, whole.data.info())
    assert [p.title for p in outline.papers] == [p.title for p in whole.papers]
    traced = trace(whole.architecture, whole.data.info())
    assert (summary.params, summary.macs, summary.problem) == (traced.params, traced.macs, "")
    assert summary.blocks == len(whole.architecture.blocks)
    small = summary.miniature
    assert len(small.bars) == len(whole.architecture.blocks)
    assert len(small.lines) == sum(len(b.inputs) for b in whole.architecture.blocks.values())
    assert all(0 <= b.along <= small.length and 0 <= b.across <= small.breadth for b in small.bars)
    assert all(small.bars[start].along < small.bars[end].along for start, end in small.lines)


def test_bars_are_as_high_as_maps_are_large_and_skips_have_a_lane_of_their_own() -> None:
    unet, lenet_ = preset("u-net").summary, preset("lenet-5").summary
    assert unet is not None
    assert lenet_ is not None
    assert unet.miniature.breadth >= 3
    heights = [bar.height for bar in lenet_.miniature.bars]
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > 2 * heights[-1]


def test_an_outline_of_damaged_bytes_is_refused_in_words_or_read() -> None:
    chance, whole = random.Random(11), write_experiment(lenet(notes="n", papers=(Paper("T"),))).encode()
    refused: list[str] = []
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(900)] = chance.randrange(256)
        try:
            assert read_outline(bytes(data), "a.json").name
        except FileError as error:
            refused.append(str(error))
    assert 30 < len(refused) < 300
    assert all(sentence.startswith("a.json") for sentence in refused)
    for other in (b"[" * 100_000, b"", b"null", b'{"format": 1}', b" " * (5 << 20)):
        with pytest.raises(FileError):
            read_outline(other, "a.json")


# Verbs


def test_describing_anew_under_another_name_moves_the_file(home: Path) -> None:
    path = save_preset(lenet(name="Mine", expected=(("accuracy", 0.9),)))
    papers = (Paper("P", link="https://example.org"),)
    made = describe_preset(preset("mine"), Description("  My   net ", "What", ("a", "b"), "Why", papers))
    assert made == home / "presets" / "my-net.json"
    assert not path.exists()
    found = load_experiment(made)
    assert (found.name, found.description, found.tags, found.notes) == ("My net", "What", ("a", "b"), "Why")
    assert (found.papers, found.expected) == (papers, ())
    assert found.architecture == lenet().architecture
    same = describe_preset(preset("my-net"), Description("My net", "Other"))
    assert (same, load_experiment(same).description) == (made, "Other")


def test_describing_anew_under_a_name_that_is_taken_changes_nothing() -> None:
    paths = [save_preset(lenet(name=name)) for name in ("One", "Two")]
    before = [p.read_bytes() for p in paths]
    for name, words in (("Two", "already"), ("U-Net", "shipped preset")):
        with pytest.raises(FileError, match=words):
            describe_preset(preset("one"), Description(name))
    assert [p.read_bytes() for p in paths] == before


def test_what_is_deleted_comes_back_with_its_weights(home: Path) -> None:
    fingerprint = keep(some_weights)
    path = save_preset(lenet(name="Mine", weights=fingerprint))
    before = path.read_bytes(), beside(path).read_bytes()
    gone = preset("mine")
    delete_preset(gone)
    assert not path.exists()
    assert not beside(path).exists()
    assert not [p for p in presets() if p.user]
    restore_preset(gone)
    assert (path.read_bytes(), beside(path).read_bytes()) == before
    delete_preset(preset("mine"))
    other = save_preset(lenet(name="Mine", notes="another"))
    with pytest.raises(FileError, match="rename that one first"):
        restore_preset(gone)
    assert load_experiment(other).notes == "another"


def test_a_shipped_preset_cannot_be_deleted() -> None:
    with pytest.raises(FileError, match="came with the studio"):
        delete_preset(preset("lenet-5"))
    assert preset("lenet-5").path.exists()


def test_files_are_taken_in_under_names_that_are_free(tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text(write_experiment(lenet(name="Given")))
    taken = take_in(file)
    assert (taken.id, taken.name, taken.note) == ("given", "Given", "")
    with pytest.raises(FileError, match=r"given\.json is among your presets already, as “Given”"):
        take_in(file)
    file.write_text(write_experiment(lenet(name="Given", notes="another")))
    taken = take_in(file)
    assert (taken.id, taken.name) == ("given-2", "Given 2")
    assert "“Given” was taken" in taken.note
    file.write_text(write_experiment(lenet(name="U-Net")))
    assert take_in(file).id == "u-net-2"
    file.write_text("{")
    with pytest.raises(FileError, match="not JSON"):
        take_in(file)
    assert sorted(p.id for p in presets() if p.user) == ["given", "given-2", "u-net-2"]


def test_a_preset_whose_weights_are_missing_says_so_when_it_is_taken_in(tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text(write_experiment(lenet(name="Given", weights="0" * 64)))
    assert "neither beside it (given.safetensors) nor kept" in take_in(file).note


def test_giving_away_and_taking_in_elsewhere_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fingerprint = keep(some_weights)
    save_preset(mine := lenet(name="Mine", weights=fingerprint, notes="n"))
    given = tmp_path / "given.json"
    assert give_away(preset("mine"), given) == ""
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "another computer"))
    assert take_in(given).note == ""
    assert preset("mine").experiment == mine
    with pytest.raises(FileError, match="is the preset itself"):
        give_away(preset("mine"), preset("mine").path)


# Looking for presets


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PresetFilter(("KRÄHENBÜHL",)), {"shape-detector"}),
        (PresetFilter(("dilation", "signals")), {"signal-denoiser", "signal-tcn"}),
        (PresetFilter(task=Task.SEGMENTATION), {"u-net", "dilated-context"}),
        (PresetFilter(rank=1, tag="BEGINNER"), {"signal-cnn"}),
        (PresetFilter(params=(118_000, 150_000)), {"u-net", "shape-detector"}),
        (PresetFilter(own=True), {"mine", "torn"}),
        (PresetFilter(("torn",)), {"torn"}),
        (PresetFilter(("torn",), task=Task.DETECTION), set()),
        (PresetFilter(own=True, rank=2), {"mine"}),
        (PresetFilter(rank=3), set()),
    ],
)
def test_presets_are_found_by_what_they_are(wanted: PresetFilter, found: set[str], home: Path) -> None:
    save_preset(lenet(name="Mine", tags=("own",)))
    (home / "presets" / "torn.json").write_text("{")
    assert {p.id for p in presets() if wanted.matches(p, work_out=True)} == found
