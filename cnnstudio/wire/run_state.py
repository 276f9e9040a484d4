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
    EpochEnd,
    Evaluation,
    Progress,
    RunEnded,
    RunFailed,
    RunStarted,
    StartRun,
    StopRun,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.wire.messages import Message

Phase: TypeAlias = Literal["idle", "starting", "running", "stopping", "finished", "stopped", "failed"]


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
    """Why the run failed: one sentence."""
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
    first: tuple[int, float] | None = None
    """Steps and seconds at the first sign of progress: what came before was building and compiling."""

    @property
    def active(self) -> bool:
        """Whether the worker is busy with the run."""
        return self.phase in ("starting", "running", "stopping")

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
    """The state after `message`. Commands that were sent count too; messages of other runs change nothing."""
    fold_one = _FOLDS.get(type(message))
    return state if fold_one is None else fold_one(state, message)


def _start_run(state: RunState, command: StartRun) -> RunState:
    return RunState(phase="starting", run=command.run, directory=command.directory, device=command.device)


def _stop_run(state: RunState, command: StopRun) -> RunState:
    if command.run != state.run or not state.active:
        return state
    return dataclasses.replace(state, phase="stopping")


def _run_started(state: RunState, event: RunStarted) -> RunState:
    if event.run == state.run and not state.active and state.phase != "idle":
        return state
    stopping = state.run == event.run and state.phase == "stopping"
    return RunState(
        phase="stopping" if stopping else "running",
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
    )


def _progress(state: RunState, event: Progress) -> RunState:
    if event.run != state.run or not state.active:
        return state
    if (event.epoch, event.step) < (state.epoch, state.step):  # a lossy message may be overtaken by an epoch's end
        return state
    now = dataclasses.replace(
        state,
        epoch=event.epoch,
        step=event.step,
        seconds=event.seconds,
        samples_per_second=event.samples_per_second,
        metrics=MappingProxyType({**state.metrics, **event.metrics}),
    )
    return now if state.first is not None else dataclasses.replace(now, first=(now.steps_done, now.seconds))


def _epoch_end(state: RunState, event: EpochEnd) -> RunState:
    if event.run != state.run or not state.active:
        return state
    return dataclasses.replace(
        state,
        epoch=event.epoch,
        step=state.steps_per_epoch,
        seconds=event.seconds,
        metrics=MappingProxyType({**state.metrics, **event.metrics}),
        history=(*state.history, event),
    )


def _evaluation(state: RunState, event: Evaluation) -> RunState:
    if event.run != state.run or not state.active:
        return state
    return dataclasses.replace(state, evaluations=MappingProxyType({**state.evaluations, event.part: event}))


def _run_ended(state: RunState, event: RunEnded) -> RunState:
    if event.run != state.run:
        return state
    return dataclasses.replace(
        state,
        phase="finished" if event.outcome == "finished" else "stopped",
        directory=event.directory,
        seconds=event.seconds,
        test=MappingProxyType(dict(event.test)),
    )


def _run_failed(state: RunState, event: RunFailed) -> RunState:
    if event.run != state.run:
        return state
    return dataclasses.replace(state, phase="failed", message=event.message, details=event.details)


_FOLDS: dict[type, Callable[[RunState, Any], RunState]] = {
    StartRun: _start_run,
    StopRun: _stop_run,
    RunStarted: _run_started,
    Progress: _progress,
    EpochEnd: _epoch_end,
    Evaluation: _evaluation,
    RunEnded: _run_ended,
    RunFailed: _run_failed,
}
