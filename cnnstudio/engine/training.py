"""One run: a frozen copy of an experiment is built, trained, watched, kept on disk and measured once on its test part.

The test part is touched once, after training, with the weights of the last epoch (or of the moment of stopping).
The best epoch is chosen by the validation loss and only kept beside them.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code.samples import epoch_order
from cnnstudio.core.formats.run_folder import fresh_folder
from cnnstudio.core.formats.weights_store import WeightsError, find
from cnnstudio.engine import devices, memory
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.checkpoints import RunFolder, numbers
from cnnstudio.engine.control import Control, FolderTaken, RunError
from cnnstudio.engine.data import DataError, Dataset, load
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.learning import compile_model, is_finite, make_learner, metric_names
from cnnstudio.engine.live import LiveViews, RunNetwork
from cnnstudio.engine.probes import Probe
from cnnstudio.engine.tasks import evaluation, kit_for
from cnnstudio.wire.messages import EpochEnd, Progress, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.learning import Learner
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Device, Event

_PROGRESS_SECONDS = 0.1
_SMOOTHING = 0.7
"""Weight of the past in the samples per second that are shown."""


def train(
    experiment: Experiment,
    directory: str | Path | None,
    emit: Callable[[Event], None],
    control: Control,
    device: str = devices.AUTO,
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
            return Run(experiment, folder, emit, control, device, run).execute()
        except FolderTaken:
            if directory:
                raise  # else another process began a run of this name in the same second: take the next name


@dataclass
class _Clock:
    """How far the run has come."""

    started: float
    steps: int = 0
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
        device: str = devices.AUTO,
        run: str = "",
    ) -> None:
        self.id = run or directory.name
        self._experiment = experiment
        self._recipe = experiment.training
        self._directory = directory
        self._emit = emit
        self._control = control
        self._wanted_device = device
        self._clock = _Clock(time.perf_counter())
        self._epoch = 0
        self._epochs_done = 0
        self._model: Any = None
        self._weights: list[Any] = []
        """Copy of the latest weights that gave finite metrics."""
        self._probe: Probe | None = None
        self._live: LiveViews | None = None

    def execute(self) -> RunEnded:
        """Train to the end, or until the control says stop."""
        design = self._checked_design()
        self._check_weights()
        device = devices.resolve(self._wanted_device)
        self._check_memory(design, device)
        folder = RunFolder(self._directory, self._experiment, device.id)
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
            failure = _explained(error, self._recipe.batch_size)
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

    def _checked_design(self) -> Trace:
        if problem := self._experiment.data.problem():
            raise RunError(problem)
        design = trace(self._experiment.architecture, self._experiment.data.info())
        errors = [d for d in lint(design) if d.severity is Severity.ERROR]
        if errors:
            more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
            first = errors[0]
            place = f'At block "{first.block}": ' if first.block else ""
            raise RunError(f"The design has errors, so it cannot be trained. {place}{first.message}{more}")
        return design

    def _check_weights(self) -> None:
        if self._experiment.weights:
            try:
                find(self._experiment.weights)
            except WeightsError as error:
                raise RunError(str(error)) from error

    def _check_memory(self, design: Trace, device: Device) -> None:
        if device.id != "cpu":
            return  # a GPU that runs out raises, and says so
        batch = min(self._recipe.batch_size, self._experiment.data.source.sample_count)
        sentence = memory.problem(self._experiment, design, memory.free_bytes(), batch)
        if sentence:
            raise RunError(sentence)

    def _prepared(self, folder: RunFolder, design: Trace, device: Device) -> tuple[Learner, Dataset]:
        data = load(self._experiment.data)
        keras.utils.set_random_seed(self._recipe.seed)
        program = design.program()
        self._model = build_keras(program)
        start = self._started_weights(program)
        kit = self._kit(program, data)
        compile_model(self._model, kit)
        augmenter = Augmenter(self._experiment.data.augmentation, data.info, self._recipe.seed)
        learner = make_learner(self._model, kit, data.training, augmenter)
        self._probe = Probe(self._model, program, data, kit, self.id, self._emit)
        network = RunNetwork(self._model, program, data, self._experiment.data)
        self._live = LiveViews(network, self.id, self._emit)
        parts = {name: len(part) for name, part in data.parts.items()}
        folder.update(params=program.params, parts=parts, start=start)
        self._emit(
            RunStarted(
                run=self.id,
                directory=str(self._directory),
                name=self._experiment.name,
                epochs=self._recipe.epochs,
                steps_per_epoch=-(-len(data.training) // self._recipe.batch_size),
                batch_size=self._recipe.batch_size,
                parts=parts,
                params=program.params,
                device=device.id,
                metrics=metric_names(kit),
                judged=("loss", *kit.judged),
                start=start,
            )
        )
        return learner, data

    def _kit(self, program: Program, data: Dataset) -> TaskKit:
        return kit_for(
            data.info,
            self._recipe,
            scores=program.gives_scores,
            noisy=self._experiment.data.preparation.added_noise > 0,
            counts=data.class_counts("training") if self._recipe.class_weights else (),
            samples=len(data.training),
        )

    def _started_weights(self, program: Program) -> str:
        """Put the experiment's weights into the fresh model; the sentence that says which fit."""
        names, model = layer_names(program), self._model

        def layer_of(step: Step) -> Any:
            return model.get_layer(names[step.name])

        try:
            return str(give_weights(program, layer_of, self._experiment) or "")
        except WeightsError as error:
            raise RunError(str(error)) from error

    # Training

    def _trained(self, folder: RunFolder, design: Trace, device: Device) -> RunEnded:
        learner, data = self._prepared(folder, design, device)
        self._weights = self._model.get_weights()
        self._probe_now(force=True)
        for epoch in range(1, self._recipe.epochs + 1):
            self._epoch = epoch
            if not self._learned_epoch(learner, data, epoch):
                break
            self._end_epoch(folder, learner, data)
        return self._ended(folder, learner, data)

    def _learned_epoch(self, learner: Learner, data: Dataset, epoch: int) -> bool:
        """Learn every batch once; False when asked to stop on the way."""
        batch = self._recipe.batch_size
        order = epoch_order(len(data.training), self._recipe.seed, epoch)
        batches = [order[start : start + batch] for start in range(0, len(order), batch)]
        learner.begin_epoch(epoch, batches)
        for step, indices in enumerate(batches, 1):
            if self._control.stopped:
                return False
            learner.learn(indices)
            self._clock.steps += 1
            self._clock.unreported += len(indices)
            self._control.steps_done = self._clock.steps
            last = epoch == self._recipe.epochs and step == len(batches)
            self._report(learner, epoch, step, force=last)
            self._probe_now()
        return True

    def _report(self, learner: Learner, epoch: int, step: int, *, force: bool) -> None:
        now = time.perf_counter()
        if now < self._clock.next_progress and not force:
            return
        metrics = learner.metrics()
        self._refuse_divergence(metrics, epoch, step)
        self._clock.next_progress = now + _PROGRESS_SECONDS
        rate = self._clock.unreported / max(1e-6, now - (self._clock.last or self._clock.started))
        self._clock.rate = _SMOOTHING * self._clock.rate + (1 - _SMOOTHING) * rate if self._clock.rate else rate
        self._clock.last, self._clock.unreported = now, 0
        self._emit(Progress(self.id, epoch, step, self._clock.seconds(), metrics, self._clock.rate))

    def _end_epoch(self, folder: RunFolder, learner: Learner, data: Dataset) -> None:
        metrics = learner.metrics()
        judged = learner.judge(data.validation, self._recipe.batch_size)
        # Other metrics of validation may be undefined: a class need not occur there.
        self._refuse_divergence(metrics | {"val_loss": judged.metrics["loss"]}, self._epoch, self._clock.steps)
        metrics |= {f"val_{name}": value for name, value in judged.metrics.items()}
        self._weights = self._model.get_weights()
        self._epochs_done = self._epoch
        seconds = self._clock.seconds()
        folder.epoch_end(self._model, self._weights, self._epoch, seconds, metrics, judged)
        self._emit(EpochEnd(self.id, self._epoch, seconds, metrics))
        self._emit(evaluation(self.id, self._epoch, "validation", judged))
        self._probe_now()

    def _refuse_divergence(self, metrics: dict[str, float], epoch: int, step: int) -> None:
        if not is_finite(metrics):
            self._give_up(metrics, epoch, step)

    def _give_up(self, metrics: dict[str, float], epoch: int, step: int) -> None:
        self._model.set_weights(self._weights)
        kept = f"The weights of epoch {self._epochs_done} are kept." if self._epochs_done else "Nothing was learned."
        raise RunError(
            f"In epoch {epoch} the loss stopped being a finite number: the steps are too long. Lower the learning rate "
            f"(now {self._recipe.learning_rate:g}) or add a batch normalisation. {kept}",
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
        stopped = self._control.stopped and self._epochs_done < self._recipe.epochs
        if stopped:
            metrics = learner.metrics()
            self._refuse_divergence(metrics, self._epoch, self._clock.steps)
            if not all(np.isfinite(weights).all() for weights in self._model.get_weights()):
                self._give_up(metrics, self._epoch, self._clock.steps)  # the last step, which no loss has judged
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
        folder.close(status, seconds=seconds, test=numbers(test))
        self._probe_now(force=True)
        ended = RunEnded(
            self.id, "stopped" if stopped else "finished", str(self._directory), self._epochs_done, seconds, test
        )
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


def _explained(error: Exception, batch_size: int) -> RunError:
    """Any failure as one sentence and its details."""
    if isinstance(error, RunError):
        return error
    details = "".join(traceback.format_exception(error))
    if isinstance(error, DataError):
        return RunError(str(error), details)
    exhausted = tensorflow is not None and isinstance(error, tensorflow.errors.ResourceExhaustedError)
    if exhausted or isinstance(error, MemoryError):
        advice = f"lower the batch size (now {batch_size:,}) or make the network smaller"
        return RunError(f"The device ran out of memory: {advice}.", details)
    first_line = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return RunError(f"Training ended because of an unexpected error ({first_line}).", details)
