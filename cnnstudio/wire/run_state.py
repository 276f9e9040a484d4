"""The state of a run as the messages tell it: what the run strip, the curves and the command line show.

`fold` is pure, so a run can be replayed from its messages.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cnnstudio.core.metrics import shown_metrics
from cnnstudio.wire.messages import (
    Checkpointed,
    ContinueRun,
    EpochEnd,
    Evaluation,
    PauseRun,
    Progress,
    ResumeRun,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    RunStarted,
    StartRun,
    StopRun,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.wire.messages import Message

    _OfSteps: TypeAlias = RunPaused | RunContinued | Checkpointed | Progress | EpochEnd | Evaluation

Phase: TypeAlias = Literal[
    "idle", "starting", "running", "pausing", "paused", "stopping", "finished", "stopped", "failed"
]


@dataclass(frozen=True, slots=True)
class RunState:
    """Where the latest run stands. "idle" until the first one; the last three phases are final."""

    phase: Phase = "idle"
    run: str = ""
    name: str = ""
    directory: str = ""
    epoch: int = 0
    """The epoch in progress, from 1; 0 before the first step."""
    epochs: int = 0
    step: int = 0
    """Steps done of the epoch in progress."""
    steps_per_epoch: int = 0
    seconds: float = 0.0
    """Since the run started."""
    samples_per_second: float = 0.0
    metrics: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """The latest value of every metric; validation's ("val_...") are those of the last whole epoch."""
    metric_names: tuple[str, ...] = ()
    """Names of the training metrics, the loss first."""
    judged: tuple[str, ...] = ()
    """Names of the metrics of validation and test, the loss first; () where they are those of training."""
    evaluations: Mapping[str, Evaluation] = field(default_factory=lambda: MappingProxyType({}), compare=False)
    """The latest evaluation of each part, "validation" and "test". Arrays have no plain equality: not compared."""
    history: tuple[EpochEnd, ...] = ()
    message: str = ""
    """Why the run failed, or why it was paused though nobody asked for it: one sentence."""
    details: str = ""
    test: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Metrics on the test part, once the run is over."""
    parts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Number of samples in each part."""
    start: str = ""
    """What it starts from, in words; "" for fresh weights."""
    params: int = 0
    batch_size: int = 0
    device: str = ""
    plan: str = ""
    """How steps are computed on this machine, in a few words."""
    learning_rate: float = 0.0
    """Of the last step."""
    reason: str = ""
    """Why the run ended before its last epoch though nobody stopped it, or which epoch it took."""
    ends_with_epoch: bool = False
    """Whether the run is to stop with the epoch in progress."""
    checkpoint: tuple[int, int] | None = None
    """Epoch in progress and its steps done, at the last checkpoint."""
    first: tuple[int, float] | None = None
    """Steps and seconds at the first sign of progress: what came before was building and compiling."""

    @property
    def active(self) -> bool:
        """Whether the worker is busy with the run."""
        return self.phase in ("starting", "running", "pausing", "paused", "stopping")

    @property
    def is_set_up(self) -> bool:
        """Whether the worker has said that the run stands: steps come only after that."""
        return self.steps_per_epoch > 0

    @property
    def shown_metrics(self) -> tuple[str, ...]:
        """The two metrics that stand for the run: the loss and the first that judges it."""
        return shown_metrics(self.metric_names, self.judged)

    def latest(self, metric: str) -> float | None:
        """The latest value of a metric: of training, or of validation where training does not measure it."""
        return self.metrics.get(metric, self.metrics.get(f"val_{metric}"))

    @property
    def steps_done(self) -> int:
        """Steps done since the run started."""
        return max(0, self.epoch - 1) * self.steps_per_epoch + self.step

    @property
    def steps_total(self) -> int:
        """Steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    @property
    def progress(self) -> float:
        """Share of the run that is done, 0 to 1."""
        if self.phase == "finished":
            return 1.0
        return min(1.0, self.steps_done / self.steps_total) if self.steps_total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """An estimate from the steps since the first sign of progress; None while nothing can be said."""
        if self.phase != "running" or self.first is None:
            return None
        steps, seconds = self.steps_done - self.first[0], self.seconds - self.first[1]
        if steps <= 0 or seconds <= 0:
            return None
        return max(0, self.steps_total - self.steps_done) * seconds / steps


def fold(state: RunState, message: Message) -> RunState:
    """The state after `message`. Commands that were sent count too; messages of other runs change nothing.

    Nor does what comes too late: after the end of a run, or, where it goes on under the same name, of its life before.
    """
    fold_one = _FOLDS.get(type(message))
    return state if fold_one is None else fold_one(state, message)


def _start_run(state: RunState, command: StartRun) -> RunState:
    return RunState(phase="starting", run=command.run, directory=command.directory)


def _resume_run(state: RunState, command: ResumeRun) -> RunState:
    return RunState(phase="starting", run=command.run, directory=command.directory)


def _stop_run(state: RunState, command: StopRun) -> RunState:
    if command.run != state.run or not state.active:
        return state
    if command.after_epoch and state.phase not in ("pausing", "paused"):  # one that waits ends where it stands
        return dataclasses.replace(state, ends_with_epoch=True)
    return dataclasses.replace(state, phase="stopping")


def _pause_run(state: RunState, command: PauseRun) -> RunState:
    if command.run != state.run or state.phase not in ("starting", "running"):
        return state
    return dataclasses.replace(state, phase="pausing")


def _is_told_of(
    state: RunState, event: RunPaused | RunContinued | Checkpointed | Progress | EpochEnd | Evaluation
) -> bool:
    """Whether the event is about the life of the run that is under way."""
    return event.run == state.run and state.active and state.is_set_up


def _paused(state: RunState, event: RunPaused) -> RunState:
    if not _is_told_of(state, event) or state.phase == "stopping":
        return state
    return dataclasses.replace(state, phase="paused", message=event.message, first=None)


def _continue_run(state: RunState, command: ContinueRun) -> RunState:
    if command.run != state.run or state.phase not in ("pausing", "paused"):
        return state
    return dataclasses.replace(state, phase="running" if state.is_set_up else "starting", message="")


def _continued(state: RunState, event: RunContinued) -> RunState:
    if not _is_told_of(state, event) or state.phase not in ("pausing", "paused"):
        return state
    return dataclasses.replace(state, phase="running", message="")


def _checkpointed(state: RunState, event: Checkpointed) -> RunState:
    if not _is_told_of(state, event):
        return state
    step = max(state.step, event.step) if event.epoch == state.epoch else state.step  # its progress may be left out
    return dataclasses.replace(state, checkpoint=(event.epoch, event.step), step=step)


def _run_started(state: RunState, event: RunStarted) -> RunState:
    if state.active != (event.run == state.run) and state.phase != "idle":  # another is under way, or this one is over
        return state
    asked = state.phase in ("stopping", "pausing")
    epoch, step = divmod(event.steps_before, max(1, event.steps_per_epoch))
    last = event.history[-1] if event.history else None
    return RunState(
        phase=state.phase if asked else "running",
        run=event.run,
        name=event.name,
        directory=event.directory,
        epochs=event.epochs,
        steps_per_epoch=event.steps_per_epoch,
        metric_names=event.metrics,
        judged=event.judged,
        parts=MappingProxyType(dict(event.parts)),
        start=event.start,
        params=event.params,
        batch_size=event.batch_size,
        device=event.device,
        plan=event.plan,
        history=event.history,
        epoch=epoch + (step > 0),
        step=step if step or not epoch else event.steps_per_epoch,
        seconds=last.seconds if last is not None else 0.0,
        metrics=MappingProxyType(dict(last.metrics) if last is not None else {}),
        ends_with_epoch=state.active and state.ends_with_epoch,
    )


def _progress(state: RunState, event: Progress) -> RunState:
    if not _is_told_of(state, event):
        return state
    if (event.epoch, event.step) < (state.epoch, state.step):  # a lossy message may be overtaken by an epoch's end
        return state
    now = dataclasses.replace(
        state,
        epoch=event.epoch,
        step=event.step,
        seconds=event.seconds,
        samples_per_second=event.samples_per_second,
        learning_rate=event.learning_rate,
        metrics=MappingProxyType({**state.metrics, **event.metrics}),
    )
    return now if state.first is not None else dataclasses.replace(now, first=(now.steps_done, now.seconds))


def _epoch_end(state: RunState, event: EpochEnd) -> RunState:
    if not _is_told_of(state, event):
        return state
    return dataclasses.replace(
        state,
        epoch=event.epoch,
        step=state.steps_per_epoch,
        seconds=event.seconds,
        learning_rate=event.learning_rate,
        metrics=MappingProxyType({**state.metrics, **event.metrics}),
        history=(*state.history, event),
        plan=event.plan or state.plan,
    )


def _evaluation(state: RunState, event: Evaluation) -> RunState:
    if not _is_told_of(state, event):
        return state
    return dataclasses.replace(state, evaluations=MappingProxyType({**state.evaluations, event.part: event}))


def _run_ended(state: RunState, event: RunEnded) -> RunState:
    if event.run != state.run or not state.active:
        return state
    return dataclasses.replace(
        state,
        phase="finished" if event.outcome == "finished" else "stopped",
        directory=event.directory,
        seconds=event.seconds,
        test=MappingProxyType(dict(event.test)),
        reason=event.reason,
    )


def _run_failed(state: RunState, event: RunFailed) -> RunState:
    if event.run != state.run or not state.active:
        return state
    return dataclasses.replace(state, phase="failed", message=event.message, details=event.details)


_FOLDS: dict[type, Callable[[RunState, Any], RunState]] = {
    StartRun: _start_run,
    ResumeRun: _resume_run,
    PauseRun: _pause_run,
    ContinueRun: _continue_run,
    StopRun: _stop_run,
    RunPaused: _paused,
    RunContinued: _continued,
    Checkpointed: _checkpointed,
    RunStarted: _run_started,
    Progress: _progress,
    EpochEnd: _epoch_end,
    Evaluation: _evaluation,
    RunEnded: _run_ended,
    RunFailed: _run_failed,
}
