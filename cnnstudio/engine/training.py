"""One run: a frozen copy of an experiment is built, trained, watched, kept on disk and measured once on its test part.

The test part is touched once, after training, with the weights of the last epoch (or of the moment of stopping, or of
the best epoch where the recipe says so). The best epoch is chosen on validation.
"""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError, fresh_folder, is_alive, read_record
from cnnstudio.engine import devices
from cnnstudio.engine.checkpoints import RunFolder, numbers
from cnnstudio.engine.checks import check_memory, check_weights, checked_design, explained
from cnnstudio.engine.control import Control, FolderTaken, RunError
from cnnstudio.engine.learning import Plan, is_finite, metric_names
from cnnstudio.engine.live import LiveViews, RunNetwork
from cnnstudio.engine.pace import Pace
from cnnstudio.engine.probes import Probe
from cnnstudio.engine.resuming import Position, ResumeError, read_checkpoint
from cnnstudio.engine.tasks import evaluation
from cnnstudio.engine.workbench import set_up
from cnnstudio.wire.messages import Checkpointed, EpochEnd, Progress, RunContinued, RunEnded, RunPaused, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.learning import Learner
    from cnnstudio.engine.workbench import Workbench
    from cnnstudio.wire.messages import Device, Event

_PROGRESS_SECONDS = 0.1
_SMOOTHING = 0.7
"""Weight of the past in the samples per second that are shown."""
_GLANCE_SECONDS = 0.05
"""How often a paused run looks whether something was asked."""


def train(
    experiment: Experiment,
    directory: str | Path | None,
    emit: Callable[[Event], None],
    control: Control,
    run: str = "",
) -> RunEnded:
    """Train `experiment` into the folder `directory`, which is created, and return how it ended.

    None makes a new folder among the person's runs.

    `emit` receives RunStarted, Progress (some 10 a second), EpochEnd, FeatureMaps (if `control.watch` asks) and
    RunEnded, in this thread. Raises RunError (DeviceError for an unknown device) when the run cannot start or go on;
    its record in the folder then says FAILED.
    """
    while True:
        folder = Path(directory or fresh_folder(experiment.name))
        try:
            return Run(experiment, folder, emit, control, run).execute()
        except FolderTaken:
            if directory:
                raise  # else another process began a run of this name in the same second: take the next name


def resumed(directory: Path, more: int, emit: Callable[[Event], None], control: Control, run: str = "") -> Run:
    """The run in the folder, to go on from its last checkpoint; `more` adds epochs. Raises RunError."""
    try:
        experiment, record = load_experiment(directory / EXPERIMENT), read_record(directory)
    except (FileError, RunFolderError) as error:
        raise ResumeError(str(error)) from error
    if record.status in ("RUNNING", "PAUSED") and is_alive(record) and record.pid != os.getpid():
        raise ResumeError(f'The run in "{directory}" is under way in another process.')
    position, arrays = read_checkpoint(directory)
    made = Run(experiment, directory, emit, control, run)
    made.go_on_from(position, arrays, max(record.epochs, position.epoch) + more if more else record.epochs)
    return made


@dataclass
class _Clock:
    """How far the run has come."""

    started: float
    steps: int = 0
    """Of the whole run."""
    next_progress: float = 0.0
    last: float = 0.0
    unreported: int = 0
    rate: float = 0.0

    def seconds(self) -> float:
        return time.perf_counter() - self.started


class Run:
    """One training. After `execute` the model stays at hand, so that any block can still be looked at."""

    def __init__(
        self,
        experiment: Experiment,
        directory: Path,
        emit: Callable[[Event], None],
        control: Control,
        run: str = "",
        parent: str = "",
    ) -> None:
        self.id = run or directory.name
        self._experiment = experiment
        self._recipe = experiment.training
        self._directory = directory
        self._emit = emit
        self._control = control
        self._parent = parent
        self._epochs = experiment.training.epochs
        self._from: tuple[Position, Mapping[str, np.ndarray]] | None = None
        self._clock = _Clock(time.perf_counter())
        self._epoch = 0
        self._epochs_done = 0
        self._next_checkpoint = 0.0
        self._reason = ""
        self._pace: Pace
        self._bench: Workbench
        self._model: Any = None
        self._weights: list[Any] = []
        """Copy of the latest weights that gave finite metrics."""
        self._probe: Probe | None = None
        self._live: LiveViews | None = None

    def go_on_from(self, position: Position, arrays: Mapping[str, np.ndarray], epochs: int) -> None:
        """Let `execute` begin at a checkpoint, and end after so many epochs."""
        self._from = (position, arrays)
        self._epochs = epochs

    def execute(self) -> RunEnded:
        """Train to the end, or until the control says stop."""
        design = checked_design(self._experiment)
        check_weights(self._experiment)
        device = devices.resolve(self._recipe.device)
        check_memory(self._experiment, design, device)
        folder = RunFolder(self._directory, self._experiment, device.id, parent=self._parent)
        if self._from is None:
            folder.create()
        try:
            devices.settle_determinism(device)
            with devices.scope(device):
                return self._trained(folder, design, device)
        except KeyboardInterrupt:  # Ctrl+C a second time: at once, but the record tells the truth
            with contextlib.suppress(RunError):
                folder.close("INTERRUPTED", seconds=self._clock.seconds())
            raise
        except Exception as error:
            failure = explained(error, self._recipe.batch_size)
            self._record_failure(folder, failure)
            raise failure from error

    def look(self) -> None:
        """Send the maps of the watched block as the model stands now: for a run that is over."""
        if self._probe is not None:
            self._probe.look(self._control.watch, self._epoch, self._clock.steps, force=True)

    @property
    def seconds_watching(self) -> float:
        """Time that looking at feature maps and pictures has cost."""
        return sum(views.seconds for views in (self._probe, self._live) if views is not None)

    # Before the first step

    def _prepared(self, folder: RunFolder, design: Trace, device: Device) -> tuple[Learner, Dataset]:
        plan = Plan.of(self._from[0].plan) if self._from is not None else None
        bench = self._bench = set_up(self._experiment, design, plan)
        data, program, kit, learner = bench.data, bench.program, bench.kit, bench.learner
        self._model, steps = bench.model, bench.steps_per_epoch
        self._pace = Pace(self._recipe, steps, kit.judged)
        self._probe = Probe(self._model, program, data, kit, self.id, self._emit)
        network = RunNetwork(self._model, program, data, self._experiment.data)
        self._live = LiveViews(network, self.id, self._emit)
        parts = {name: len(part) for name, part in data.parts.items()}
        lines = self._restored(folder, learner)
        told = {"params": program.params, "parts": parts, "start": bench.start, "plan": learner.plan.words}
        folder.update(epochs=self._epochs, **told, **data.training.finish.plain())
        position = self._from[0] if self._from is not None else Position()
        self._clock.steps = position.epoch * steps + position.step
        self._emit(
            RunStarted(
                run=self.id,
                directory=str(self._directory),
                name=self._experiment.name,
                epochs=self._epochs,
                steps_per_epoch=steps,
                batch_size=self._recipe.batch_size,
                parts=parts,
                params=program.params,
                device=device.id,
                metrics=metric_names(kit),
                judged=("loss", *kit.judged),
                start=bench.start,
                plan=learner.plan.words,
                history=tuple(self._epoch_end(line) for line in lines),
                steps_before=self._clock.steps,
            )
        )
        return learner, data

    def _restored(self, folder: RunFolder, learner: Learner) -> list[dict[str, float]]:
        """Put the learner where the checkpoint was; the lines of the metrics up to there."""
        if self._from is None:
            return []
        position, arrays = self._from
        try:
            learner.restore(arrays)
        except ValueError as error:
            raise ResumeError(f'The run in "{self._directory}" cannot go on. {error}') from error
        self._pace.restore(position.pace)
        self._epochs_done = self._epoch = position.epoch
        self._clock.started = time.perf_counter() - position.seconds
        return folder.reopen(position)

    def _epoch_end(self, line: dict[str, float]) -> EpochEnd:
        metrics = {name: value for name, value in line.items() if name not in ("epoch", "seconds", "learning_rate")}
        return EpochEnd(self.id, int(line["epoch"]), line["seconds"], metrics, line.get("learning_rate", 0.0))

    # Training

    def _trained(self, folder: RunFolder, design: Trace, device: Device) -> RunEnded:
        learner, data = self._prepared(folder, design, device)
        self._weights = self._model.get_weights()
        self._next_checkpoint = time.monotonic() + self._recipe.checkpoint_seconds
        self._probe_now(force=True)
        done = self._from[0].step if self._from is not None else 0
        for epoch in range(self._epochs_done + 1, self._epochs + 1):
            self._epoch = epoch
            if not self._learned_epoch(folder, learner, data, done):
                break
            done = 0
            self._end_epoch(folder, learner, data)
            if self._ends_early():
                break
        return self._ended(folder, learner, data)

    def _learned_epoch(self, folder: RunFolder, learner: Learner, data: Dataset, step: int) -> bool:
        """Learn every batch from that step on once; False when asked to stop on the way."""
        batches = self._bench.batches(self._epoch)
        learner.begin_epoch(self._epoch, batches, step)
        while step < len(batches):
            self._wait_while_paused(folder, learner, step)
            if self._control.stopped:
                self._keep(folder, learner, step)
                return False
            count = min(learner.plan.steps_per_call, len(batches) - step)
            rates = self._pace.rates(self._clock.steps, count)
            learner.learn(step, rates)
            self._clock.unreported += sum(len(indices) for indices in batches[step : step + count])
            step += count
            self._clock.steps += count
            self._control.steps_done = self._clock.steps
            last = self._epoch == self._epochs and step == len(batches)
            self._report(learner, step, float(rates[-1]), force=last)
            if time.monotonic() >= self._next_checkpoint and step < len(batches):
                self._keep(folder, learner, step)
            self._probe_now()
        return True

    def _report(self, learner: Learner, step: int, learning_rate: float, *, force: bool) -> None:
        now = time.perf_counter()
        if now < self._clock.next_progress and not force:
            return
        metrics = learner.metrics()
        self._refuse_divergence(metrics, step)
        self._clock.next_progress = now + _PROGRESS_SECONDS
        rate = self._clock.unreported / max(1e-6, now - (self._clock.last or self._clock.started))
        self._clock.rate = _SMOOTHING * self._clock.rate + (1 - _SMOOTHING) * rate if self._clock.rate else rate
        self._clock.last, self._clock.unreported = now, 0
        seconds = self._clock.seconds()
        self._emit(Progress(self.id, self._epoch, step, seconds, metrics, self._clock.rate, learning_rate))

    def _end_epoch(self, folder: RunFolder, learner: Learner, data: Dataset) -> None:
        metrics = learner.metrics()
        judged = learner.judge(data.validation, self._recipe.batch_size)
        # Other metrics of validation may be undefined: a class need not occur there.
        self._refuse_divergence(metrics | {"val_loss": judged.metrics["loss"]}, self._clock.steps)
        metrics |= {f"val_{name}": value for name, value in judged.metrics.items()}
        self._weights = self._model.get_weights()
        self._epochs_done = self._epoch
        seconds = self._clock.seconds()
        best = self._pace.end_epoch(metrics)
        rate = float(self._pace.rates(self._clock.steps - 1, 1)[0])
        saved = folder.epoch_end(self._model, self._weights, self._epoch, seconds, metrics, rate, judged, best=best)
        if saved:
            self._keep(folder, learner, 0)
        self._emit(EpochEnd(self.id, self._epoch, seconds, metrics, rate))
        self._emit(evaluation(self.id, self._epoch, "validation", judged))
        self._probe_now()

    def _ends_early(self) -> bool:
        """Whether the run is to end with the epoch that has just ended."""
        if self._epoch < self._epochs and self._pace.is_over:
            self._reason = (
                f"Validation brought no progress for {self._recipe.patience:,} epochs, so early stopping ended the run."
            )
            return True
        return self._control.stops_with_epoch or self._control.stopped

    # Pausing and keeping

    def _keep(self, folder: RunFolder, learner: Learner, step: int) -> None:
        """Bring a checkpoint on disk: `step` steps of the epoch after the last whole one are done."""
        position = Position(
            epoch=self._epochs_done,
            step=step,
            seconds=self._clock.seconds(),
            best_epoch=folder.record.best_epoch,
            pace=self._pace.state(),
            plan=learner.plan.plain(),
        )
        self._next_checkpoint = time.monotonic() + self._recipe.checkpoint_seconds
        folder.checkpoint(position, learner.state())
        self._emit(Checkpointed(self.id, self._epochs_done + 1, step))

    def _wait_while_paused(self, folder: RunFolder, learner: Learner, step: int, message: str = "") -> None:
        if not self._control.paused:
            return
        began = time.perf_counter()
        self._keep(folder, learner, step)
        folder.update(status="PAUSED", seconds=self._clock.seconds())
        self._emit(RunPaused(self.id, message))
        while self._control.paused:
            self._probe_now()
            self._control.wait(_GLANCE_SECONDS)
        if not self._control.stopped:
            folder.update(status="RUNNING")
            self._emit(RunContinued(self.id))
        waited = time.perf_counter() - began
        self._clock.started += waited
        self._clock.last += waited

    # Divergence

    def _refuse_divergence(self, metrics: dict[str, float], step: int) -> None:
        if not is_finite(metrics):
            self._give_up(metrics, step)

    def _give_up(self, metrics: dict[str, float], step: int) -> None:
        self._model.set_weights(self._weights)
        kept = f"The weights of epoch {self._epochs_done} are kept." if self._epochs_done else "Nothing was learned."
        raise RunError(
            f"In epoch {self._epoch} the loss stopped being a finite number: the steps are too long. Lower the "
            f"learning rate (now {self._recipe.learning_rate:g}) or add a batch normalisation. {kept}",
            f"step {step}: {metrics}",
        )

    def _probe_now(self, *, force: bool = False) -> None:
        if self._probe is not None:
            self._probe.look(self._control.watch, self._epoch, self._clock.steps, force=force)
        if self._live is not None:
            self._live.look(self._control.previews, force=force)
            self._live.answer(self._control.take_asked())

    # After the last step

    def _ended(self, folder: RunFolder, learner: Learner, data: Dataset) -> RunEnded:
        asked = self._control.stopped or self._control.stops_with_epoch
        stopped = asked and self._epochs_done < self._epochs
        if stopped:
            metrics = learner.metrics()
            self._refuse_divergence(metrics, self._clock.steps)
            if not all(np.isfinite(weights).all() for weights in self._model.get_weights()):
                self._give_up(metrics, self._clock.steps)  # the last step, which no loss has judged
        if folder.unsaved and not stopped:
            self._keep(folder, learner, 0)
        if folder.unsaved or stopped:
            folder.save(self._model)
        test: dict[str, float] = {}
        if not self._control.abandoned:
            tested = learner.judge(data.test, self._recipe.batch_size)
            test = tested.metrics
            folder.tested(self._epochs_done, tested)
            self._emit(evaluation(self.id, self._epochs_done, "test", tested))
        seconds = self._clock.seconds()
        status: Status = "FINISHED"
        if stopped:
            status = "INTERRUPTED" if self._control.abandoned else "STOPPED"
        folder.close(status, seconds=seconds, test=numbers(test), message=self._reason)
        self._probe_now(force=True)
        outcome = "stopped" if stopped else "finished"
        ended = RunEnded(self.id, outcome, str(self._directory), self._epochs_done, seconds, test, self._reason)
        self._emit(ended)
        return ended

    def _record_failure(self, folder: RunFolder, failure: RunError) -> None:
        """Leave behind what was learned and why it ended; a disk that takes neither must not hide the first failure."""
        for leave in (self._save_finite_weights, self._close_as_failed):
            try:
                leave(folder, failure)
            except RunError as second:
                failure.details += f"\nThen: {second.message}"

    def _save_finite_weights(self, folder: RunFolder, failure: RunError) -> None:
        if folder.unsaved and self._weights:
            self._model.set_weights(self._weights)
            folder.save(self._model)

    def _close_as_failed(self, folder: RunFolder, failure: RunError) -> None:
        folder.close("FAILED", seconds=self._clock.seconds(), message=failure.message)
