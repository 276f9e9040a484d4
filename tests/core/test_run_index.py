"""The index of runs: what it tells of each folder, what it reads again, and what it refuses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from cnnstudio.core.formats.run_folder import STATE, RunFolderError, own_process, read_record, write_record
from cnnstudio.core.formats.run_index import RunIndex, RunSummary, UnreadableRun, better, find_run, parents, read_run
from cnnstudio.core.formats.run_notes import (
    LONGEST_NOTE,
    LONGEST_TITLE,
    MOST_TAGS,
    NOTES,
    RunNotes,
    read_notes,
    tags_in,
    write_notes,
)
from tests.helpers.runs import GONE, make_run

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.formats.run_folder import Status


def change(folder: Path, **values: object) -> None:
    write_record(folder, msgspec.structs.replace(read_record(folder), **values))


def test_runs_are_listed_the_newest_first_with_what_they_came_to(tmp_path: Path) -> None:
    make_run(tmp_path, "First", number=0, accuracy=0.8)
    make_run(tmp_path, "Second", number=5, accuracy=0.9)
    index = RunIndex(tmp_path)
    index.refresh()
    newest, oldest = index.runs
    assert (newest.title, oldest.title) == ("Second", "First")
    assert newest.judges == ("loss", "accuracy")
    assert newest.best_value("accuracy") == 0.9
    assert newest.test_value("accuracy") == pytest.approx(0.89)
    assert newest.started is not None
    assert oldest.started is not None
    assert (newest.started - oldest.started).total_seconds() == 300


def test_a_run_of_before_best_was_kept_tells_it_only_if_it_was_the_last(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Old")
    change(folder, best={}, best_epoch=3)
    assert read_run(folder).best_value("accuracy") == 0.9
    change(folder, best_epoch=2)
    assert read_run(folder).best_value("accuracy") is None


@pytest.mark.parametrize(
    ("status", "alive", "checkpoint", "shown", "resumes", "extends"),
    [
        ("RUNNING", False, True, "INTERRUPTED", True, True),
        ("RUNNING", False, False, "INTERRUPTED", False, False),
        ("RUNNING", True, True, "RUNNING", False, False),
        ("PAUSED", True, True, "PAUSED", False, False),
        ("PAUSED", False, True, "INTERRUPTED", True, True),
        ("STOPPED", False, True, "STOPPED", True, True),
        ("FAILED", False, True, "FAILED", True, True),
        ("FINISHED", False, True, "FINISHED", False, True),
        ("FINISHED", False, False, "FINISHED", False, False),
    ],
)
def test_what_can_go_on(
    tmp_path: Path, status: Status, alive: bool, checkpoint: bool, shown: str, resumes: bool, extends: bool
) -> None:
    run = read_run(make_run(tmp_path, "Run", status=status, alive=alive, checkpoint=checkpoint))
    assert (run.status, run.can_resume, run.can_extend) == (shown, resumes, extends)


def test_an_older_checkpoint_counts_where_the_last_was_lost(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run", status="STOPPED", checkpoint=True)
    found = folder / "checkpoints" / "resume.safetensors"
    found.rename(found.with_name(found.name + "~"))
    assert read_run(folder).can_resume


def test_only_what_has_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cnnstudio.core.formats.run_index as module

    folders = [make_run(tmp_path, f"Run {n}", number=n) for n in range(4)]
    index = RunIndex(tmp_path)
    index.refresh()
    read = []

    def counted(folder: Path) -> object:
        read.append(folder.name)
        return read_run(folder)

    monkeypatch.setattr(module, "read_run", counted)
    index.refresh()
    assert read == []
    change(folders[1], epochs_done=2)
    write_notes(folders[2], RunNotes("Named"))
    index.refresh()
    assert sorted(read) == sorted(f.name for f in folders[1:3])
    assert [run.title for run in index.runs] == ["Run 3", "Named", "Run 1", "Run 0"]


def test_a_quick_look_reads_new_runs_and_those_under_way(tmp_path: Path) -> None:
    over = make_run(tmp_path, "Over", number=0)
    under_way = make_run(tmp_path, "Under way", number=1, status="RUNNING", alive=True)
    index = RunIndex(tmp_path)
    index.refresh()
    change(under_way, epochs_done=2)
    make_run(tmp_path, "New", number=2)
    write_notes(over, RunNotes("Named"))
    for _ in index.steps(only_live=True):
        pass
    assert [run.record.epochs_done for run in index.runs] == [3, 2, 3]
    assert index.runs[-1].title == "Over", "what is over is not looked at for its notes"
    index.look_at(over)
    assert index.runs[-1].title == "Named"


def test_a_quick_look_sees_that_another_window_lets_a_run_go_on(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Stopped", status="STOPPED", checkpoint=True)
    late = tmp_path / "2026-late"
    late.mkdir()
    index = RunIndex(tmp_path)
    index.refresh()
    assert [type(entry) for entry in index.entries] == [UnreadableRun, RunSummary], (
        "no record yet, and one that is over"
    )
    pid, started = own_process()
    change(folder, status="RUNNING", pid=pid, process_started=started)
    write_record(late, read_record(folder))
    for _ in index.steps(only_live=True):
        pass
    assert [run.under_way for run in index.runs] == [True, True]


def test_folders_that_are_gone_leave_the_index(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run")
    index = RunIndex(tmp_path)
    index.refresh()
    folder.rename(tmp_path.parent / "elsewhere")
    index.look_at(folder)
    assert index.entries == ()
    (tmp_path.parent / "elsewhere").rename(folder)
    index.refresh()
    assert len(index.runs) == 1


def test_no_folder_of_runs_is_no_fault(tmp_path: Path) -> None:
    index = RunIndex(tmp_path / "runs")
    index.refresh()
    assert index.entries == ()


@pytest.mark.parametrize(
    "state",
    [b"", b"{", b"[]", b'{"status": "DONE"}', b"\xff\xfe", b"null", b"x" * (1 << 20) + b"y", b'{"status": 1e999}'],
)
def test_what_is_no_run_is_listed_with_its_reason(tmp_path: Path, state: bytes) -> None:
    make_run(tmp_path, "Good")
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / STATE).write_bytes(state)
    index = RunIndex(tmp_path)
    index.refresh()
    assert [run.title for run in index.runs] == ["Good"]
    (found,) = [entry for entry in index.entries if isinstance(entry, UnreadableRun)]
    assert found.folder == odd
    assert STATE in found.reason
    assert len(found.reason) < 400


def test_a_pipe_in_place_of_a_file_is_not_waited_for(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run")
    os.mkfifo(folder / NOTES)
    run = read_run(folder)
    assert "not a file" in run.problem
    (folder / STATE).unlink()
    os.mkfifo(folder / STATE)
    with pytest.raises(RunFolderError, match="not a file"):
        read_run(folder)


def test_numbers_beyond_all_measure_are_lived_with(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run")
    change(folder, started="the day before yesterday", seconds=1e308, epochs=2**62, epochs_done=-5)
    run = read_run(folder)
    assert run.started is None
    change(folder, started="9999-12-31T23:59:59-23:59")
    assert read_run(folder).record.seconds == 1e308
    assert read_run(folder).started is None


@pytest.mark.parametrize("pid", [0, -1, -(2**40), 2**31, 2**40, 10**30])
def test_a_number_that_no_process_has_keeps_no_run(tmp_path: Path, pid: int) -> None:
    folder = make_run(tmp_path, "Run", status="RUNNING")
    (folder / STATE).write_text((folder / STATE).read_text().replace(f'"pid": {GONE}', f'"pid": {pid}'))
    assert read_record(folder).pid == pid
    assert read_run(folder).status == "INTERRUPTED"


@pytest.mark.parametrize("file", [STATE, NOTES])
def test_what_nests_without_end_is_refused(tmp_path: Path, file: str) -> None:
    folder = make_run(tmp_path, "Run")
    given = (folder / STATE).read_text() if file == STATE else "{}"
    more = f'"other": {"[" * 100_000}{"]" * 100_000}'
    (folder / file).write_text(f"{given.rstrip()[:-1]}{',' if file == STATE else ''}{more}}}")
    index = RunIndex(tmp_path)
    index.refresh()
    (entry,) = index.entries
    assert "nests too deep" in (entry.reason if isinstance(entry, UnreadableRun) else entry.problem)


@pytest.mark.parametrize("version", ["2.0", "10.1", "", "one"])
def test_records_and_notes_of_a_newer_format_are_left_alone(tmp_path: Path, version: str) -> None:
    folder = make_run(tmp_path, "Run")
    (folder / NOTES).write_text(f'{{"title": "T", "format": "{version}"}}')
    assert "update the studio" in read_run(folder).problem
    (folder / STATE).write_text((folder / STATE).read_text().replace('"format": "1.1"', f'"format": "{version}"'))
    with pytest.raises(RunFolderError, match="update the studio"):
        read_run(folder)
    change_back = (folder / STATE).read_text().replace(f'"format": "{version}"', '"format": "1.9"')
    (folder / STATE).write_text(change_back)
    assert read_run(folder).record.format == "1.9"


def test_a_folder_that_must_not_be_looked_into_has_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path, "Run", checkpoint=True)
    stat = os.stat

    def refusing(path: str | Path, *args: object, **options: object) -> os.stat_result:
        if "checkpoints" in str(path):
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path)

    assert read_run(folder).has_checkpoint
    monkeypatch.setattr(os, "stat", refusing)
    assert not read_run(folder).has_checkpoint


# Notes


def test_notes_are_kept_tidy(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run")
    write_notes(folder, RunNotes("  A\n title ", ("b", "A", "a", " ", "c, d"), " said \n\n"))
    run = read_run(folder)
    assert run.title == "A title"
    assert run.notes.tags == ("A", "b", "c d")
    assert run.notes.note == "said"
    write_notes(folder, RunNotes())
    assert read_run(folder).title == "Run"


def test_notes_have_bounds(tmp_path: Path) -> None:
    write_notes(tmp_path, RunNotes("t" * 1000, tuple(f"{n:03}" * 40 for n in range(100)), "n" * 100_000))
    notes = read_notes(tmp_path)
    assert (len(notes.title), len(notes.tags), len(notes.note)) == (LONGEST_TITLE, MOST_TAGS, LONGEST_NOTE)
    assert all(len(tag) <= 40 for tag in notes.tags)


def test_notes_that_cannot_be_read_are_said_and_the_run_is_listed(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "Run")
    (folder / NOTES).write_text('{"title": 5}')
    run = read_run(folder)
    assert run.title == "Run"
    assert "holds no notes" in run.problem


@pytest.mark.parametrize(
    ("typed", "tags"),
    [("", ()), (" , ;", ()), ("b, a", ("a", "b")), ("two words; x\ny", ("two words", "x", "y")), ("X,x", ("X",))],
)
def test_tags_as_they_are_typed(typed: str, tags: tuple[str, ...]) -> None:
    assert tags_in(typed) == tags


# Parents and names


def test_a_run_comes_from_the_one_it_names_or_from_the_one_before_of_its_experiment(tmp_path: Path) -> None:
    first = make_run(tmp_path, "One", number=0)
    other = make_run(tmp_path, "Other", number=1)
    second = make_run(tmp_path, "One", number=2)
    third = make_run(tmp_path, "One", number=3, parent=other.name)
    orphan = make_run(tmp_path, "Other", number=4, parent="a folder that was deleted")
    index = RunIndex(tmp_path)
    index.refresh()
    assert parents(index.runs) == {second.name: first.name, third.name: other.name, orphan.name: other.name}


def test_no_run_is_its_own_parent(tmp_path: Path) -> None:
    folder = make_run(tmp_path, "One")
    change(folder, parent=folder.name)
    assert parents([read_run(folder)]) == {}


def test_runs_are_named_by_folder_name_title_or_last(tmp_path: Path) -> None:
    first = make_run(tmp_path, "One", number=0)
    last = make_run(tmp_path, "Two", number=1)
    write_notes(first, RunNotes("Baseline"))
    assert find_run("last", tmp_path) == last
    assert find_run(str(first), tmp_path) == first
    assert find_run(first.name, tmp_path) == first
    assert find_run("Baseline", tmp_path) == first
    assert find_run("Two", tmp_path) == last
    with pytest.raises(RunFolderError, match=f'Did you mean "{last.name}"'):
        find_run(last.name[:-1], tmp_path)
    make_run(tmp_path, "Two", number=2)
    with pytest.raises(RunFolderError, match='2 runs are called "Two"'):
        find_run("Two", tmp_path)


def test_no_run_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="train an experiment first"):
        find_run("last", tmp_path)
    with pytest.raises(RunFolderError, match="There is no run yet"):
        find_run("x", tmp_path)


def test_better_knows_which_way_a_metric_goes() -> None:
    assert better("accuracy", 0.9, 0.8)
    assert better("loss", 0.1, 0.2)
    assert not better("loss", 0.2, 0.1)


def test_a_run_is_named_by_where_one_stands_and_what_is_too_long_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_run(tmp_path, "Run")
    monkeypatch.chdir(folder)
    assert find_run(".", tmp_path / "elsewhere") == folder
    assert find_run("../" + folder.name, tmp_path) == folder
    for nonsense in ("x" * 5000, "a\0b", "..", "/", ""):
        with pytest.raises(RunFolderError, match="neither the folder of a run") as error:
            find_run(nonsense, tmp_path)
        assert len(str(error.value)) < 500
