"""Event files: a step an epoch, no step twice, whole after a kill or a full disk."""

from __future__ import annotations

import math
import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from cnnstudio.engine.running.event_files import EventFiles
from tests.helpers.event_files import events, files, scalars

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTED = "2026-03-01T10:00:00+01:00"
START = 1772355600.0


def line(epoch: int) -> dict[str, float]:
    return {"epoch": epoch, "seconds": 2.0 * epoch, "loss": 1 / epoch, "val_loss": 2 / epoch, "learning_rate": 0.5}


def written(folder: Path, epochs: int) -> EventFiles:
    made = EventFiles(folder, STARTED)
    for epoch in range(1, epochs + 1):
        told = line(epoch)
        made.epoch_end(int(told.pop("epoch")), told.pop("seconds"), told)
    return made


def test_an_epoch_is_a_step_and_parts_share_their_names(tmp_path: Path) -> None:
    made = written(tmp_path, 3)
    made.tested(3, 6.0, {"loss": 0.25, "accuracy": 0.75})
    assert scalars(tmp_path, "training") == {
        "loss": {1: 1.0, 2: 0.5, 3: pytest.approx(1 / 3)},
        "learning_rate": {1: 0.5, 2: 0.5, 3: 0.5},
    }
    assert scalars(tmp_path, "validation") == {"loss": {1: 2.0, 2: 1.0, 3: pytest.approx(2 / 3)}}
    assert scalars(tmp_path, "test") == {"loss": {3: 0.25}, "accuracy": {3: 0.75}}
    (path,) = files(tmp_path, "training")
    first, *others = events(path)
    assert first.file_version == "brain.Event:2"
    assert [event.wall_time for event in others] == [START + 2, START + 4, START + 6]


def test_what_is_not_a_number_has_no_point(tmp_path: Path) -> None:
    made = EventFiles(tmp_path, STARTED)
    made.epoch_end(1, 1.0, {"loss": 0.5, "val_loss": math.nan, "val_accuracy": math.inf})
    assert scalars(tmp_path, "training") == {"loss": {1: 0.5}}
    assert not (tmp_path / "tensorboard" / "validation").exists()


def test_a_run_that_goes_on_has_no_step_twice(tmp_path: Path) -> None:
    written(tmp_path, 5).tested(5, 10.0, {"loss": 9.0})
    before = files(tmp_path, "training")
    again = EventFiles(tmp_path, STARTED)
    again.start_again([line(1), line(2)])
    assert scalars(tmp_path, "training")["loss"] == {1: 1.0, 2: 0.5}
    assert not (tmp_path / "tensorboard" / "test").exists()
    again.epoch_end(3, 6.0, {"loss": 0.125, "val_loss": 0.25, "learning_rate": 0.5})
    assert scalars(tmp_path, "training")["loss"] == {1: 1.0, 2: 0.5, 3: 0.125}
    assert scalars(tmp_path, "validation")["loss"] == {1: 2.0, 2: 1.0, 3: 0.25}
    # One that TensorBoard has open comes before the new one, and what it held is forgotten there.
    (after,) = files(tmp_path, "training")
    assert after.name > before[0].name
    _, session, *_ = events(after)
    assert (session.session_log.status, session.step) == (session.session_log.START, 0)


def test_files_of_others_stay(tmp_path: Path) -> None:
    written(tmp_path, 2)
    other = tmp_path / "tensorboard" / "training" / "events.out.tfevents.1.somewhere"
    other.write_bytes(b"other")
    EventFiles(tmp_path, STARTED).start_again([])
    assert files(tmp_path, "training") == [other]


def test_a_file_torn_by_a_kill_is_whole_after_resuming(tmp_path: Path) -> None:
    written(tmp_path, 3)
    (path,) = files(tmp_path, "training")
    path.write_bytes(path.read_bytes()[:-7])
    EventFiles(tmp_path, STARTED).start_again([line(1), line(2)])
    assert scalars(tmp_path, "training")["loss"] == {1: 1.0, 2: 0.5}


def test_a_record_that_somebody_has_edited_does_not_matter(tmp_path: Path) -> None:
    EventFiles(tmp_path, "yesterday").epoch_end(1, 1.0, {"loss": 0.5})
    assert scalars(tmp_path, "training") == {"loss": {1: 0.5}}


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file may grow beyond 600 bytes: to a program it is the same as a full disk."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX limits")
def test_a_full_disk_leaves_whole_records_and_is_made_good(tmp_path: Path, small_files: None) -> None:
    made = EventFiles(tmp_path, STARTED)
    metrics, epoch = {"loss": 1.0, "val_loss": 0.5, "val_accuracy": 0.25}, 0

    def fill() -> None:
        nonlocal epoch
        while epoch < 100:
            made.epoch_end(epoch + 1, epoch + 1.0, metrics)
            epoch += 1

    with pytest.raises(OSError, match="too large"):
        fill()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limits[1], limits[1]))
    kept = scalars(tmp_path, "validation")["accuracy"]
    assert list(kept) == list(range(1, epoch + 1))
    made.epoch_end(epoch + 1, epoch + 1.0, metrics)
    assert list(scalars(tmp_path, "validation")["accuracy"]) == list(range(1, epoch + 2))
    assert list(scalars(tmp_path, "training")["loss"]) == list(range(1, epoch + 2))
