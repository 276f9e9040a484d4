"""Pausing, ending with an epoch and going on with runs through the worker's pipes, and its death in mid-training."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import read_record, settle
from cnnstudio.wire.messages import (
    Checkpointed,
    ContinueRun,
    FeatureMaps,
    Heartbeat,
    PauseRun,
    Progress,
    ResumeRun,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    RunStarted,
    Sample,
    StartRun,
    StopRun,
    Watch,
)
from cnnstudio.wire.run_state import RunState, fold
from tests.engine.conftest import PATIENCE, Peer, small
from tests.engine.test_worker import close, process
from tests.helpers.effort import LONGER

if TYPE_CHECKING:
    from pathlib import Path

LONG = write_experiment(small(epochs=100000))


def test_a_run_pauses_shows_its_maps_goes_on_and_ends_with_its_epoch(worker: Peer, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    worker.send(StartRun("a", str(folder), LONG))
    worker.until(Progress, lambda p: p.epoch > 1)
    worker.send(PauseRun("a"))
    assert worker.until(RunPaused) == RunPaused("a")
    assert read_record(folder).status == "PAUSED"
    worker.send(Watch("convolution_1", Sample("test", 1)))
    looked = worker.until(FeatureMaps)
    beats = [worker.until(Heartbeat).step for _ in range(2)]
    assert beats == [looked.step] * 2, "nothing is learned meanwhile"
    worker.send(Watch("", Sample()), ContinueRun("a"))
    assert worker.until(RunContinued) == RunContinued("a")
    assert worker.until(Progress).step > 0
    assert read_record(folder).status == "RUNNING"
    worker.send(StopRun("a", after_epoch=True))
    ended = worker.until(RunEnded)
    assert (ended.outcome, ended.epochs) == ("stopped", read_record(folder).epochs_done)
    worker.send(ResumeRun("a2", str(folder), more=1))
    started = worker.until(RunStarted)
    assert (started.run, started.epochs, len(started.history)) == ("a2", ended.epochs + 1, ended.epochs)
    assert started.steps_before == ended.epochs * started.steps_per_epoch
    assert worker.until(RunEnded).outcome == "finished"


def test_a_paused_run_can_be_stopped_and_what_came_before_it_began_is_heard(worker: Peer, tmp_path: Path) -> None:
    worker.send(PauseRun("b"), StartRun("b", str(tmp_path / "b"), LONG))
    assert worker.until(RunPaused).run == "b"
    worker.send(StopRun("b", after_epoch=True))  # no epoch is in progress that could be waited for
    assert worker.until(RunEnded).epochs == 0
    assert read_record(tmp_path / "b").status == "STOPPED"


def test_what_cannot_be_resumed_is_a_sentence(worker: Peer, tmp_path: Path) -> None:
    worker.send(ResumeRun("c", str(tmp_path)))
    while not isinstance(event := worker.next(), RunFailed):
        assert event is not None
    assert (event.run, str(tmp_path) in event.message) == ("c", True)


@pytest.mark.search
@LONGER
@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_the_state_of_a_resumed_run_continues_that_of_the_killed_one(tmp_path: Path, worker: Peer) -> None:
    killed, peer = process(tmp_path)
    runs = tmp_path / "runs"
    peer.send(StartRun("d", str(runs / "d"), write_experiment(small(epochs=60))))
    kept = peer.until(Checkpointed, lambda c: c.epoch > 1)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(PATIENCE) == -signal.SIGKILL
    close(killed)
    peer.end()
    assert read_record(runs / "d").status == "RUNNING"
    assert settle(runs) == [runs / "d"]
    assert read_record(runs / "d").status == "INTERRUPTED"
    worker.send(ResumeRun("d", str(runs / "d")))
    state = RunState()
    while state.phase != "finished":
        event = worker.next()
        assert event is not None
        assert not isinstance(event, RunFailed), event
        state = fold(state, event)
        if isinstance(event, RunStarted):
            assert event.steps_before >= (kept.epoch - 1) * 20 + kept.step
            assert [e.epoch for e in event.history] == list(range(1, event.steps_before // 20 + 1))
    assert [e.epoch for e in state.history] == list(range(1, 61))
    seconds = [e.seconds for e in state.history]
    assert seconds == sorted(seconds)
