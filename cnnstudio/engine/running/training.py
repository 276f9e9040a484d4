"""One run: a frozen copy of an experiment is built, trained, watched, kept on disk and measured once on its test part.

The test part is touched once, after training, with the weights of the last epoch (or of the moment of stopping, or of
the best epoch where the recipe says so). The best epoch is chosen on validation.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.files import FileError, load_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError, fresh_folder, read_record
from cnnstudio.core.metrics import all_defined
from cnnstudio.engine import devices
from cnnstudio.engine.learning import Plan, is_finite, metric_names
from cnnstudio.engine.learning.states import are_finite
from cnnstudio.engine.looking.live import LiveViews, RunNetwork
from cnnstudio.engine.looking.probes import Probe
from cnnstudio.engine.looking.recording import Recorder
from cnnstudio.engine.looking.vitals import Vitals
from cnnstudio.engine.running.checkpoints import RunFolder
from cnnstudio.engine.running.checks import check_memory, check_weights, checked_design, explained
from cnnstudio.engine.running.clock import Clock
from cnnstudio.engine.running.control import Control, FolderTaken, RunError
from cnnstudio.engine.running.divergence import cause_of
from cnnstudio.engine.running.keeping import Keeper
from cnnstudio.engine.running.keras_callbacks import KerasCallbacks
from cnnstudio.engine.running.pace import Pace
from cnnstudio.engine.running.resuming import Checkpoint, Position, ResumeError, epochs_of, read_checkpoint
from cnnstudio.engine.tasks import evaluation
from cnnstudio.engine.workbench import begun_model, set_up
from cnnstudio.wire.messages import Checkpointed, EpochEnd, Progress, RunEnded, RunStarted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_folder import RunRecord, Status
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.learning import Learner
    from cnnstudio.engine.workbench import Workbench
    from cnnstudio.wire.messages import Device, Event


def train(
    experiment: Experiment,
    directory: str | Path | None,
    emit: Callable[[Event], None],
    control: Control,
    run: str = "",
    callbacks: Sequence[Any] = (),
) -> RunEnded:
    """Train `experiment` into the folder `directory`, which is created, and return how it ended.

    None makes a new folder among the person's runs.

    `emit` receives RunStarted, Progress (some 10 a second), EpochEnd, FeatureMaps (if `control.watches` ask) and
    RunEnded, in this thread. `callbacks` are Keras's, called as `model.fit` calls them (see `KerasCallbacks`). Raises
    RunError (DeviceError for an unknown device) when the run cannot start or go on;
    its record in the folder then says FAILED.
    """
    while True:
        folder = Path(directory or fresh_folder(experiment.name))
        try:
            made = Run(experiment, folder, emit, control, run, callbacks=callbacks)
            ended = made.execute()
            made.finish()
            return ended
        except FolderTaken:
            if directory:
                raise  # else another process began a run of this name in the same second: take the next name


def resumed(directory: Path, more: int, emit: Callable[[Event], None], control: Control, run: str = "") -> Run:
    """The run in the folder, to go on from its last checkpoint; `more` adds epochs. Raises RunError."""
    try:
        experiment, record = load_experiment(directory / EXPERIMENT), read_record(directory)
    except (FileError, RunFolderError) as error:
        raise ResumeError(str(error)) from error
    checkpoint = read_checkpoint(directory)
    epochs = epochs_of(directory, record, checkpoint.position, more)
    made = Run(experiment, directory, emit, control, run)
    made.go_on_from(checkpoint, record, epochs, anew=bool(more))
    return made


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
        callbacks: Sequence[Any] = (),
    ) -> None:
        self.id = run or directory.name
        self._experiment = experiment
        self._recipe = experiment.training
        self._directory = directory
        self._emit = emit
        self._control = control
        self._parent = parent
        self._callbacks = KerasCallbacks(callbacks)
        self._epochs = experiment.training.epochs
        self._from: Checkpoint | None = None
        self._seen: RunRecord
        self._anew = False
        self._clock = Clock()
        self._epoch = 0
        self._epochs_done = 0
        self._step = 0
        """Steps done of the epoch after the last whole one."""
        self._finite_step = 0
        """Steps done of the epoch when its loss was last seen to be a finite number."""
        self._kept: tuple[int, int] | None = None
        """Epochs and steps done at the last checkpoint."""
        self._next_checkpoint = 0.0
        self._has_folder = False
        """Whether the folder is this run's to write: one that could not be resumed stays as it was."""
        self._pace: Pace
        self._bench: Workbench
        self._folder: RunFolder
        self._keeper: Keeper
        self._model: Any = None
        self._probe: Probe | None = None
        self._live: LiveViews | None = None
        self._recorder: Recorder | None = None

    def go_on_from(self, checkpoint: Checkpoint, record: RunRecord, epochs: int, *, anew: bool) -> None:
        """Let `execute` begin at a checkpoint, with the record that was beside it, and end after so many epochs.

        `anew`: early stopping counts anew how long it waits.
        """
        self._from, self._seen = checkpoint, record
        self._epochs = epochs
        self._anew = anew

    def execute(self) -> RunEnded:
        """Train to the end, or until the control says stop."""
        design = checked_design(self._experiment)
        if self._from is None or not self._from.learner:
            check_weights(self._experiment)
        device = devices.resolve(self._recipe.device)
        check_memory(self._experiment, design, device)
        folder = self._folder = RunFolder(self._directory, self._experiment, device.id, parent=self._parent)
        if self._from is None:
            folder.create()
            self._has_folder = True
        try:
            devices.settle_determinism(device)
            with devices.scope(device):
                return self._trained(folder, design, device)
        except KeyboardInterrupt:  # Ctrl+C a second time: at once, but the record tells the truth
            if self._has_folder:
                with contextlib.suppress(RunError):
                    folder.close("INTERRUPTED", seconds=self._clock.seconds)
            raise
        except Exception as error:
            failure = explained(error, self._recipe.batch_size)
            if self._live is not None:
                self._live.close()
            if self._has_folder:
                self._record_failure(folder, failure)
            raise failure from error

    def look(self) -> None:
        """Send the maps of what is newly watched as the model stands now: for a run that is over."""
        if self._probe is not None:
            self._probe.look_at_new(self._control.watches, self._epoch, self._clock.steps)

    def finish(self, has_time: Callable[[], bool] = lambda: True) -> None:
        """Answer what was asked of the run and is still open, now that it is over, as long as there `has_time`."""
        if self._live is not None:
            with devices.scope(devices.resolve(self._recipe.device)):
                self._live.finish(has_time)

    @property
    def seconds_watching(self) -> float:
        """Time that looking at feature maps and pictures, and keeping them, has cost."""
        return self._seconds_looking() + (self._recorder.seconds if self._recorder is not None else 0.0)

    def _seconds_beside(self) -> float:
        """What pictures and the timeline have cost."""
        return sum(views.seconds for views in (self._live, self._recorder) if views is not None)

    def _seconds_looking(self) -> float:
        return sum(views.seconds for views in (self._probe, self._live) if views is not None)

    # Before the first step

    def _prepared(self, folder: RunFolder, design: Trace, device: Device) -> tuple[Learner, Dataset]:
        bench = self._bench = self._set_up(design)
        data, program, kit, learner = bench.data, bench.program, bench.kit, bench.learner
        self._model, steps = bench.model, bench.steps_per_epoch
        self._pace = Pace(self._recipe, steps, kit.judged)
        network = RunNetwork(bench, self._control.pins)
        self._probe = Probe(self._model, program, network.samples, kit, self.id, self._emit, self._seconds_beside)
        self._live = LiveViews(network, self.id, self._emit, self._control.cancelled)
        parts = {name: len(part) for name, part in data.parts.items()}
        self._recorder = Recorder(
            network, self._directory, self.id, self._emit, steps, self._seconds_looking, self._epochs
        )
        self._recorder.readings.append(Vitals(network))
        lines = self._restored(folder, learner, steps)
        start = bench.start or folder.record.start
        told = {"params": program.params, "parts": parts, "start": start, "plan": learner.plan.words}
        folder.update(epochs=self._epochs, **told, **data.training.finish.plain())
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
                start=start,
                plan=learner.plan.words,
                history=tuple(self._epoch_end(line) for line in lines),
                steps_before=self._clock.steps,
            )
        )
        return learner, data

    def _set_up(self, design: Trace) -> Workbench:
        if self._from is None:
            return set_up(self._experiment, design)
        experiment = self._experiment
        if self._from.learner:  # then it has the weights, whatever the run began with
            experiment = dataclasses.replace(experiment, weights="")
        try:
            plan = Plan.of(self._from.position.plan)
        except TypeError as error:
            raise ResumeError(
                f'The run in "{self._directory}" was computed by another version of CNN Studio in a way that this one '
                "does not know: resume it there, or train it anew.",
                str(error),
            ) from error
        return set_up(experiment, design, plan)

    def _restored(self, folder: RunFolder, learner: Learner, steps_per_epoch: int) -> list[dict[str, float]]:
        """Put everything where the checkpoint was; the lines of the metrics up to there."""
        lines: list[dict[str, float]] = []
        if self._from is not None:
            position = self._from.position
            try:
                if self._from.learner:
                    learner.restore(self._from.learner)
            except ValueError as error:
                raise ResumeError(f'The run in "{self._directory}" cannot go on. {error}') from error
            self._pace.restore(position.pace)
            if self._anew:
                self._pace.wait_anew()
            self._epochs_done = self._epoch = position.epoch
            self._step = position.step
            self._clock = Clock(position.epoch * steps_per_epoch + position.step, position.seconds)
            lines = folder.reopen(self._from, self._seen)
            self._has_folder = True
            self._from = Checkpoint(position)  # the arrays are where they belong
        else:
            self._clock = Clock()
        self._keeper = Keeper(folder, self.id, self._emit, self._control, self._clock, self._probe_now)
        return lines

    def _epoch_end(self, line: dict[str, float]) -> EpochEnd:
        metrics = {name: value for name, value in line.items() if name not in ("epoch", "seconds", "learning_rate")}
        return EpochEnd(self.id, int(line["epoch"]), line["seconds"], metrics, line.get("learning_rate", 0.0))

    # Training

    def _trained(self, folder: RunFolder, design: Trace, device: Device) -> RunEnded:
        learner, data = self._prepared(folder, design, device)
        self._keep_first(folder, learner)
        self._callbacks.begin(self._model, self._pace, epochs=self._epochs, steps=self._bench.steps_per_epoch)
        if self._recorder is not None:
            self._recorder.begin(self._clock.steps, self._clock.seconds)
            self._recorder.hold(self._control.kept, self._epoch, self._clock.steps, self._clock.seconds)
        self._look_now(force=True)
        while self._epochs_done < self._epochs and not self._pace.is_over:
            self._epoch = self._epochs_done + 1
            if not self._learned_epoch(folder, learner):
                break
            self._end_epoch(folder, learner, data)
            if self._control.stops_with_epoch or self._control.stopped or self._callbacks.stop:
                break
        return self._ended(folder, learner, data)

    def _learned_epoch(self, folder: RunFolder, learner: Learner) -> bool:
        """Learn every batch of the epoch that is not learned yet; False when asked to stop on the way."""
        batches = self._bench.batches(self._epoch)
        self._finite_step = self._step
        learner.begin_epoch(self._epoch, batches, self._step)
        self._callbacks.begin_epoch(self._epoch, self._clock.steps)
        while self._step < len(batches):
            if self._control.paused:
                self._keep(folder, learner)
                self._keeper.stand()
            if self._control.stopped:
                return False
            count = min(learner.plan.steps_per_call, len(batches) - self._step)
            if self._callbacks.want_batches:
                count = 1
                self._callbacks.begin_batch(self._step, self._clock.steps)
            rates = self._pace.rates(self._clock.steps, count)
            learner.learn(self._step, rates)
            self._clock.count(count, sum(len(indices) for indices in batches[self._step : self._step + count]))
            self._step += count
            self._control.steps_done = self._clock.steps
            self._callbacks.end_batch(self._step - 1, self._clock.steps - 1, learner.metrics)
            if self._callbacks.stop:
                self._control.stop()
            done = self._step == len(batches)
            self._report(learner, float(rates[-1]), force=done and self._epoch == self._epochs)
            if time.monotonic() >= self._next_checkpoint and not done:
                self._keep(folder, learner)
            self._record(force=done and self._epoch == self._epochs)
            self._look_now()
        return True

    def _report(self, learner: Learner, learning_rate: float, *, force: bool) -> None:
        if not (force or self._clock.is_time_to_report):
            return
        metrics = learner.metrics()
        self._refuse_divergence(metrics, self._step)
        self._finite_step = self._step
        self._clock.report()
        seconds, speed = self._clock.seconds, self._clock.samples_per_second
        self._emit(Progress(self.id, self._epoch, self._step, seconds, metrics, speed, learning_rate))

    def _end_epoch(self, folder: RunFolder, learner: Learner, data: Dataset) -> None:
        metrics = learner.metrics()
        with self._callbacks.validating():
            judged = learner.judge(data.validation, self._recipe.batch_size)
        # Other metrics of validation may be undefined: a class need not occur there.
        self._refuse_divergence(metrics | {"val_loss": judged.metrics["loss"]}, self._step)
        metrics |= {f"val_{name}": value for name, value in judged.metrics.items()}
        if not are_finite(self._model.weights):  # fused activations turn NaN into 0: the loss may not show it
            self._give_up(metrics, self._step)
        self._epochs_done, self._step = self._epoch, 0
        seconds = self._clock.seconds
        rate = float(self._pace.rates(self._clock.steps - 1, 1)[0])
        best = self._pace.end_epoch(metrics)
        at_once = folder.is_time_to_save
        folder.remember(self._model, best=best, changes=not at_once or self._callbacks.are_there)
        self._callbacks.end_epoch(self._epoch, self._clock.steps, metrics)
        self._keeper.write(lambda: folder.epoch_end(self._epoch, seconds, metrics, rate, judged, best=best))
        if at_once:
            self._keep(folder, learner)
        self._emit(EpochEnd(self.id, self._epoch, seconds, metrics, rate, learner.plan.words))
        self._emit(evaluation(self.id, self._epoch, "validation", judged))
        self._probe_now()

    # Checkpoints

    def _keep_first(self, folder: RunFolder, learner: Learner) -> None:
        """From the first step on there is something to go on from, if only with the seed and the way of computing."""
        self._next_checkpoint = time.monotonic() + self._recipe.checkpoint_seconds
        if self._from is None:
            position = Position(pace=self._pace.state(), plan=learner.plan.plain())
            self._keeper.write(lambda: folder.checkpoint(self._model, Checkpoint(position)))
        elif self._anew:
            self._keep(folder, learner)
        else:
            self._kept = (self._epochs_done, self._step)

    def _keep(self, folder: RunFolder, learner: Learner) -> None:
        """Bring on disk all that the run needs to go on from here, unless it is there. Raises RunError: not finite."""
        here = (self._epochs_done, self._step)
        if self._kept == here:
            return
        self._refuse_broken(learner)
        position = Position(
            epoch=self._epochs_done,
            step=self._step,
            seconds=self._clock.seconds,
            best_epoch=folder.record.best_epoch,
            pace=self._pace.state(),
            plan=learner.plan.plain(),
        )
        checkpoint = Checkpoint(position, learner.state(), folder.best)
        self._keeper.write(lambda: folder.checkpoint(self._model, checkpoint))
        self._kept = here
        self._next_checkpoint = time.monotonic() + self._recipe.checkpoint_seconds
        self._emit(Checkpointed(self.id, self._epochs_done + 1, self._step))

    # Divergence

    def _refuse_divergence(self, metrics: dict[str, float], step: int) -> None:
        if not is_finite(metrics):
            self._give_up(metrics, step)

    def _refuse_broken(self, learner: Learner) -> None:
        """Also where it is the last step that broke the weights, which no loss has judged yet."""
        metrics = learner.metrics() if self._step else {}
        self._refuse_divergence(metrics, self._step)
        if not are_finite(self._model.weights):
            self._give_up(metrics, self._step)

    def _give_up(self, metrics: dict[str, float], step: int) -> None:
        self._take_back()
        kept = f"The weights of epoch {self._epochs_done} are kept." if self._epochs_done else "Nothing was learned."
        # The step before the last finite loss may have broken the weights, which the next one told.
        first = 0 if is_finite(metrics) else max(0, self._finite_step - 1)
        among = self._bench.batches(self._epoch)[first : step or None]
        validating = math.isfinite(metrics.get("loss", math.nan)) and not is_finite(metrics)
        cause = cause_of(self._bench, among, self._epoch, validating=validating)
        raise RunError(
            f"In epoch {self._epoch} the loss stopped being a finite number: {cause} {kept}", f"step {step}: {metrics}"
        )

    def _take_back(self) -> None:
        """Let the network have the last weights that are known to be finite: they lie somewhere, wherever it is."""
        if self._folder.take_back(self._model):
            return
        kept = Checkpoint(Position())
        with contextlib.suppress(ResumeError):  # damaged meanwhile: then those of the beginning have to do
            kept = read_checkpoint(self._directory)
        if kept.learner:
            self._bench.learner.restore(kept.learner)
            return
        with contextlib.suppress(RunError):  # the file that it started from is gone: why the run failed is what counts
            self._model.set_weights(begun_model(self._bench).get_weights())

    def _probe_now(self, *, force: bool = False) -> None:
        self._record(force=force)
        self._look_now(force=force)

    def _look_now(self, *, force: bool = False) -> None:
        if self._probe is not None:
            self._probe.look(self._control.watches, self._epoch, self._clock.steps, force=force)
        if self._live is not None:
            self._live.look(self._control.previews, force=force)
            self._live.answer(self._control.take_asked())

    def _record(self, *, force: bool = False) -> None:
        if self._recorder is not None:
            self._recorder.look(self._control.kept, self._epoch, self._clock.steps, self._clock.seconds, force=force)

    # After the last step

    def _ended(self, folder: RunFolder, learner: Learner, data: Dataset) -> RunEnded:
        asked = self._control.stopped or self._control.stops_with_epoch
        stopped = asked and self._epochs_done < self._epochs
        self._keep(folder, learner)
        self._record(force=not self._control.abandoned)  # before the weights of another epoch may take their place
        reason, tested_epoch = self._settled(folder, stopped=stopped)
        test: dict[str, float] = {}
        if not self._control.abandoned:
            tested = learner.judge(data.test, self._recipe.batch_size)
            test = tested.metrics
            self._keeper.write(lambda: folder.tested(tested_epoch, tested))
            self._emit(evaluation(self.id, tested_epoch, "test", tested))
        seconds = self._clock.seconds
        status: Status = "FINISHED"
        if stopped:
            status = "INTERRUPTED" if self._control.abandoned else "STOPPED"
        last = {"seconds": seconds, "test": all_defined(test), "message": reason, "plan": learner.plan.words}
        self._keeper.write(lambda: folder.close(status, **last))
        self._probe_now(force=True)
        outcome = "stopped" if stopped else "finished"
        ended = RunEnded(self.id, outcome, str(self._directory), self._epochs_done, seconds, test, reason)
        self._emit(ended)
        return ended

    def _settled(self, folder: RunFolder, *, stopped: bool) -> tuple[str, int]:
        """Let model and files have the weights that the run ends with: why these and why now, and of which epoch."""
        model, told = self._model, []
        changed = self._callbacks.end()
        if not stopped and self._epochs_done < self._epochs and self._callbacks.stop:
            told.append("A callback ended the run.")
        elif not stopped and self._epochs_done < self._epochs:
            told.append(
                f"Validation brought no progress for {_epochs(self._recipe.patience)}, so early stopping ended the run."
            )
        best = folder.record.best_epoch
        if self._recipe.restore_best and folder.best and not self._control.abandoned:
            self._keeper.write(lambda: folder.take_best(model))
            told.append(f"Taken are the weights of epoch {best:,}, the best on validation.")
            return " ".join(told), best
        if changed or stopped or folder.unsaved:
            self._keeper.write(lambda: folder.save(model, as_it_is=True))
        return " ".join(told), self._epochs_done

    def _record_failure(self, folder: RunFolder, failure: RunError) -> None:
        """Leave behind what was learned and why it ended; a disk that takes neither must not hide the first failure."""
        for leave in (self._save_finite_weights, self._close_as_failed):
            try:
                leave(folder, failure)
            except RunError as second:
                failure.details += f"\nThen: {second.message}"

    def _save_finite_weights(self, folder: RunFolder, failure: RunError) -> None:
        if folder.unsaved:
            folder.save(self._model)

    def _close_as_failed(self, folder: RunFolder, failure: RunError) -> None:
        folder.close("FAILED", seconds=self._clock.seconds, message=failure.message)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count:,} epochs"
