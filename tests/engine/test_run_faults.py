"""What a run lives through: processes killed at any moment, and disks that take nothing more."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.formats.run_folder import CHECKPOINT, LAST, METRICS, read_record
from cnnstudio.engine.running.control import Control, PlaceError
from cnnstudio.engine.running.resuming import ResumeError, read_checkpoint
from cnnstudio.wire.messages import Checkpointed, EpochEnd, Event, RunContinued, RunPaused
from tests.engine.conftest import small
from tests.helpers.effort import LONGER
from tests.helpers.forked_runs import Forker, forker
from tests.helpers.played_runs import Played, same

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs processes that fork, and limits on the size of files")

RUNS_KILLED = 20
WRITERS_KILLED = 30


@pytest.fixture(scope="module")
def processes() -> Iterator[Forker]:
    """Starts runs that may be killed."""
    with forker() as made:
        yield made


@pytest.mark.search
@LONGER
def test_killed_at_any_moment_a_run_goes_on_to_the_same_bits(processes: Forker, tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "run"
    began = time.monotonic()
    assert processes.wait(processes.start(whole)) == 0
    seconds = time.monotonic() - began
    drawn = np.random.default_rng(5)
    for number in range(RUNS_KILLED):
        moment = float(drawn.random() ** 0.5 * seconds)  # rather late than early: much of it is building
        status = processes.wait(processes.start(folder, often=bool(number % 2)), kill_after=moment)
        if status == 0:
            assert same(whole, folder)
            folder = tmp_path / f"run-{number}"
        else:
            assert status == -signal.SIGKILL
    if not folder.exists() or read_record(folder).status != "FINISHED":
        assert processes.wait(processes.start(folder)) == 0
    assert same(whole, folder)
    assert read_record(folder).test == read_record(whole).test
    assert not list((folder / "checkpoints").glob(".*.part"))


@pytest.mark.search
@LONGER
def test_of_two_processes_that_resume_a_run_in_the_same_instant_one_goes_on(processes: Forker, tmp_path: Path) -> None:
    whole, folder = tmp_path / "whole", tmp_path / "run"
    assert processes.wait(processes.start(whole)) == 0
    assert processes.wait(processes.start(folder, stop=True)) == 0
    both = [processes.start(folder) for _ in range(2)]
    assert sorted(processes.wait(process) for process in both) == [0, 1]
    assert same(whole, folder)


def test_killed_while_it_writes_one_of_two_checkpoints_can_always_be_read(processes: Forker, tmp_path: Path) -> None:
    drawn = np.random.default_rng(6)
    reached = kills = 0
    while kills < WRITERS_KILLED:
        assert processes.wait(processes.start_writing(tmp_path), kill_after=drawn.random() * 0.1) == -signal.SIGKILL
        try:
            found = read_checkpoint(tmp_path)
        except ResumeError:  # killed before the first one was whole
            assert not reached
            assert not (tmp_path / CHECKPOINT).exists()
            continue
        kills += 1
        assert found.position.epoch >= reached
        reached = found.position.epoch
        assert len(found.learner) == len(found.best) == 5
        assert all((array == reached).all() for array in (*found.learner.values(), *found.best))
    assert reached > 1


# Full disks


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that always had space."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    Played().begun(folder, small(epochs=3))
    return folder


class Disk:
    """A disk that can be full: no file of this process may be larger than a limit."""

    def __init__(self) -> None:
        import resource

        self._resource = resource
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, largest: int) -> None:
        self._resource.setrlimit(self._resource.RLIMIT_FSIZE, (largest, self._before[1]))

    def free(self) -> None:
        self._resource.setrlimit(self._resource.RLIMIT_FSIZE, self._before)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    """Space for now; a run saves after each epoch, and one that waits for space looks often."""
    monkeypatch.setattr("cnnstudio.engine.running.checkpoints._EVERY_SECONDS", 0.0)
    monkeypatch.setattr("cnnstudio.engine.running.keeping._RETRY_SECONDS", 0.02)
    made = Disk()
    yield made
    made.free()


def test_a_checkpoint_that_finds_no_space_holds_the_run_until_there_is_some(
    undisturbed: Path, disk: Disk, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    told: list[Event] = []

    def at(event: Event, control: Control) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 1:
            kept.append((folder / CHECKPOINT).read_bytes())
            disk.fill(min(len(kept[0]), (folder / LAST).stat().st_size) // 2)
        elif isinstance(event, RunPaused):
            told.append(event)
            assert f'its folder "{folder}" cannot be written (File too large)' in event.message
            assert "free some space, and it goes on by itself" in event.message
            assert read_record(folder).status == "PAUSED"
            assert (folder / CHECKPOINT).read_bytes() == kept[0]
            assert read_checkpoint(folder).position.epoch == 1
            assert not list((folder / "checkpoints").glob(".*.part"))
            disk.free()
        elif isinstance(event, RunContinued):
            told.append(event)
            assert read_record(folder).status == "RUNNING"

    kept: list[bytes] = []
    played = Played(at).begun(folder, small(epochs=3))
    assert [type(event) for event in told] == [RunPaused, RunContinued]
    assert played.ended.outcome == "finished"
    assert same(undisturbed, folder)


def test_a_line_that_finds_no_space_holds_the_run_until_the_person_lets_it_go_on(
    undisturbed: Path, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cnnstudio.engine.running.keeping._RETRY_SECONDS", 1000.0)
    folder = tmp_path / "run"
    logged: list[bytes] = []

    def at(event: Event, control: Control) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 1:
            logged.append((folder / METRICS).read_bytes())
            disk.fill(len(logged[0]) + 10)
        elif isinstance(event, RunPaused):
            assert f'"{folder}"' in event.message
            logged.append((folder / METRICS).read_bytes())
            if len(logged) == 3:  # going on without any space is of no use
                disk.free()
            control.go_on()

    played = Played(at).begun(folder, small(epochs=3))
    assert len(played.all(RunPaused)) == 2
    assert len(played.all(RunContinued)) == 1
    assert logged[0] == logged[1] == logged[2], "no part of a line stays"
    assert same(undisturbed, folder)


def test_a_folder_that_is_moved_away_is_waited_for_and_not_begun_anew(
    undisturbed: Path, disk: Disk, tmp_path: Path
) -> None:
    folder, away = tmp_path / "run", tmp_path / "trash"

    def at(event: Event, control: Control) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 1:
            folder.rename(away)
        elif isinstance(event, RunPaused):
            assert (
                f'its folder "{folder}" cannot be written (It has been moved or deleted): put it back' in event.message
            )
            assert not folder.exists()
            away.rename(folder)

    played = Played(at).begun(folder, small(epochs=3))
    assert [len(played.all(kind)) for kind in (RunPaused, RunContinued)] == [1, 1]
    assert same(undisturbed, folder)


@pytest.mark.search
@LONGER
def test_a_run_that_waits_for_space_can_be_stopped_and_goes_on_from_its_checkpoint(
    undisturbed: Path, disk: Disk, tmp_path: Path
) -> None:
    folder = tmp_path / "run"

    def at(event: Event, control: Control) -> None:
        if isinstance(event, Checkpointed) and event.epoch == 2:
            disk.fill((folder / CHECKPOINT).stat().st_size // 2)
        elif isinstance(event, RunPaused):
            control.stop()

    with pytest.raises(PlaceError, match=r'run" cannot be written \(File too large\): free some space'):
        Played(at).begun(folder, small(epochs=3))
    disk.free()
    assert read_record(folder).status == "FAILED"
    assert read_checkpoint(folder).position.epoch == 1
    Played().resumed(folder)
    assert same(undisturbed, folder)
