"""RunState: what a view shows follows from the messages alone."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from cnnstudio.wire.messages import (
    Checkpointed,
    ContinueRun,
    EpochEnd,
    Evaluation,
    Event,
    Heartbeat,
    Message,
    PauseRun,
    Progress,
    ResumeRun,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    StartRun,
    StopRun,
)
from cnnstudio.wire.run_state import RunState, fold
from tests.helpers.started import run_started

STARTED = run_started(params=900)


def progress(epoch: int, step: int, seconds: float, loss: float = 1.0) -> Progress:
    return Progress("r1", epoch, step, seconds, {"loss": loss}, 500.0)


def after(*messages: Message, state: RunState | None = None) -> RunState:
    state = state or RunState()
    for message in messages:
        state = fold(state, message)
    return state


def test_a_run_from_start_to_finish() -> None:
    state = after(StartRun("r1", "/runs/r1", "{}"))
    assert (state.phase, state.active, state.progress) == ("starting", True, 0.0)
    state = after(STARTED, state=state)
    assert (state.phase, state.name, state.epochs, state.steps_total, state.params) == ("running", "LeNet", 4, 40, 900)
    state = after(progress(1, 5, 1.0), state=state)
    assert (state.epoch, state.step, state.progress, state.metrics["loss"]) == (1, 5, 0.125, 1.0)
    end = EpochEnd("r1", 1, 2.0, {"loss": 0.5, "val_loss": 0.7})
    state = after(end, progress(2, 1, 2.2, 0.4), state=state)
    assert state.history == (end,)
    assert dict(state.metrics) == {"loss": 0.4, "val_loss": 0.7}
    state = after(RunEnded("r1", "finished", "/runs/r1", 4, 8.0, {"accuracy": 0.9}), state=state)
    assert (state.phase, state.active, state.progress, dict(state.test)) == ("finished", False, 1.0, {"accuracy": 0.9})


def test_time_left_leaves_out_what_came_before_the_first_step() -> None:
    state = after(STARTED, progress(1, 1, 30.0))
    assert state.seconds_left is None
    state = after(progress(1, 5, 30.4), state=state)
    assert state.seconds_left == pytest.approx(3.5)
    state = after(EpochEnd("r1", 4, 33.9, {}), state=state)
    assert state.seconds_left == 0.0


def test_stopping_lasts_until_the_worker_says_so() -> None:
    state = after(STARTED, progress(1, 3, 1.0), StopRun("r1"), progress(1, 4, 1.1))
    assert (state.phase, state.step, state.seconds_left) == ("stopping", 4, None)
    state = after(RunEnded("r1", "stopped", "/runs/r1", 0, 1.2, {}), state=state)
    assert state.phase == "stopped"
    assert state.progress == pytest.approx(0.1)


def test_stop_before_the_run_has_started_is_kept() -> None:
    assert after(StartRun("r1", "d", "{}"), StopRun("r1"), STARTED).phase == "stopping"


def test_failure_keeps_the_sentence_and_what_was_learned() -> None:
    end = EpochEnd("r1", 1, 2.0, {"loss": 0.5})
    state = after(STARTED, end, RunFailed("r1", "The loss became NaN.", "details"))
    assert (state.phase, state.message, state.details, state.history) == (
        "failed", "The loss became NaN.", "details", (end,),
    )  # fmt: skip


@pytest.mark.parametrize(
    "stray",
    [
        Progress("r0", 3, 9, 9.0, {"loss": 9.0}, 1.0),
        EpochEnd("r0", 3, 9.0, {}),
        RunEnded("r0", "finished", "d", 9, 9.0, {}),
        RunFailed("r0", "x"),
        StopRun("r0"),
        Heartbeat(4),
    ],
)
def test_messages_of_other_runs_change_nothing(stray: Event) -> None:
    state = after(STARTED, progress(1, 2, 1.0))
    assert fold(state, stray) is state


def test_a_stale_progress_does_not_turn_the_clock_back() -> None:
    state = after(STARTED, EpochEnd("r1", 1, 2.0, {"loss": 0.5}))
    assert fold(state, progress(1, 9, 1.9, 0.6)) is state


def test_messages_after_the_end_do_not_revive_a_run() -> None:
    ended = after(STARTED, RunFailed("r1", "Out of memory."))
    assert after(progress(1, 1, 1.0), STARTED, StopRun("r1"), state=ended) is ended


def test_a_new_run_starts_clean() -> None:
    old = after(STARTED, EpochEnd("r1", 1, 2.0, {"loss": 0.5}), RunFailed("r1", "x"))
    new = after(run_started("r2"), state=old)
    assert (new.phase, new.run, new.history, new.message, dict(new.metrics)) == ("running", "r2", (), "", {})


def test_states_are_values() -> None:
    assert after(STARTED, progress(1, 1, 1.0)) == after(STARTED, progress(1, 1, 1.0))


def evaluation(part: str, epoch: int, run: str = "r1") -> Evaluation:
    confusion = np.eye(2, dtype=np.int64) * epoch
    return Evaluation(run, epoch, part, {"loss": 1 / epoch}, confusion, np.empty((0, 101), np.float32))


def test_the_latest_evaluation_of_each_part_is_kept() -> None:
    first, second, test = evaluation("validation", 1), evaluation("validation", 2), evaluation("test", 2)
    state = after(STARTED, first, evaluation("validation", 9, run="another"), second, test)
    assert state.evaluations["validation"] is second
    assert state.evaluations["test"] is test
    over = after(RunEnded("r1", "finished", "/runs/r1", 2, 8.0, {}), evaluation("validation", 3), state=state)
    assert over.evaluations["validation"] is second
    assert not after(StartRun("r2", "/runs/r2", "{}"), state=over).evaluations


def test_states_with_arrays_can_be_compared() -> None:
    assert after(STARTED, evaluation("test", 1)) == after(STARTED, evaluation("test", 1))


def test_a_metric_that_only_validation_has_stands_for_the_run() -> None:
    started = msgspec.structs.replace(STARTED, metrics=("loss",), judged=("loss", "map_50", "map"))
    state = after(started)
    assert state.shown_metrics == ("loss", "map_50")
    assert state.latest("map_50") is None
    state = after(EpochEnd("r1", 1, 2.0, {"loss": 0.5, "val_loss": 0.7, "val_map_50": 0.6}), state=state)
    assert (state.latest("loss"), state.latest("map_50")) == (0.5, 0.6)


def test_a_run_is_paused_and_goes_on() -> None:
    state = after(STARTED, progress(2, 5, 10.0), PauseRun("r1"))
    assert (state.phase, state.active) == ("pausing", True)
    assert after(progress(2, 6, 10.5), state=state).phase == "pausing", "the batch under way is still told"
    state = after(RunPaused("r1"), state=state)
    assert (state.phase, state.message, state.seconds_left) == ("paused", "", None)
    assert after(ContinueRun("r1"), state=state).phase == "running"
    state = after(RunContinued("r1"), progress(2, 7, 11.0), state=state)
    assert (state.phase, state.seconds_left) == ("running", None), "what was fast before the pause says nothing"
    assert after(progress(2, 9, 12.0), state=state).seconds_left == pytest.approx(10.5)
    for message in (PauseRun("other"), RunPaused("other"), ContinueRun("other"), RunContinued("other")):
        assert fold(state, message) is state


def test_a_full_disk_pauses_a_run_with_its_reason_until_it_goes_on() -> None:
    state = after(STARTED, RunPaused("r1", "The folder is full."))
    assert (state.phase, state.message) == ("paused", "The folder is full.")
    again = after(ContinueRun("r1"), RunPaused("r1", "It still is."), state=state)
    assert (again.phase, again.message) == ("paused", "It still is.")
    assert after(RunContinued("r1"), state=again).message == ""
    assert after(StopRun("r1"), RunPaused("r1", "late"), state=state).phase == "stopping"


def test_a_run_that_is_to_end_with_its_epoch_runs_until_then() -> None:
    state = after(STARTED, progress(1, 3, 1.0), StopRun("r1", after_epoch=True))
    assert (state.phase, state.ends_with_epoch) == ("running", True)
    assert after(RunPaused("r1"), StopRun("r1", after_epoch=True), state=state).phase == "stopping"
    early = after(StartRun("r1", "/runs/r1", "{}"), StopRun("r1", after_epoch=True), STARTED)
    assert (early.phase, early.ends_with_epoch) == ("running", True)


def test_a_resumed_run_stands_where_it_was_left() -> None:
    history = tuple(EpochEnd("r1", n, float(n), {"loss": 1 / n, "val_loss": 2 / n}, 0.01) for n in (1, 2))
    again = msgspec.structs.replace(STARTED, history=history, steps_before=24)
    state = after(ResumeRun("r1", "/runs/r1"), again)
    assert (state.phase, state.epoch, state.step, state.steps_done, state.seconds) == ("running", 3, 4, 24, 2.0)
    assert state.progress == pytest.approx(0.6)
    assert (state.history, dict(state.metrics)) == (history, {"loss": 0.5, "val_loss": 1.0})
    between = after(msgspec.structs.replace(again, steps_before=20))
    assert (between.epoch, between.step, between.steps_done) == (2, 10, 20)
    held = after(PauseRun("r1"), Checkpointed("r1", 3, 7), RunPaused("r1"), state=state)
    assert (held.phase, held.step) == ("paused", 7), "what is kept has been done, though its progress was left out"
    kept = after(Checkpointed("r1", 3, 7), progress(3, 8, 3.0), state=state)
    assert (kept.checkpoint, kept.step) == ((3, 7), 8)
    over = after(RunEnded("r1", "finished", "/runs/r1", 3, 4.0, {}, "Early stopping ended the run."), state=kept)
    assert (over.phase, over.reason) == ("finished", "Early stopping ended the run.")
    assert after(ResumeRun("r1", "/runs/r1", 2), state=over).phase == "starting"
