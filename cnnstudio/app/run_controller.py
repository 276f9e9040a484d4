"""Starts, holds and ends runs, lets them go on, and holds the state that every view of a run shows."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.document import Document
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.files import FileError, load_experiment, write_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, RunFolderError, fresh_folder
from cnnstudio.core.formats.run_index import read_run
from cnnstudio.core.training.devices import why_absent
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import ContinueRun, PauseRun, ResumeRun, RunFailed, StartRun, StopRun
from cnnstudio.wire.run_state import RunState, fold

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.wire.messages import Message

MORE_EPOCHS = 10
"""What "train more" adds to a run."""


class RunController(QObject):
    """Folds the worker's events into a `RunState`. Views listen to `changed` and call `start`, `stop` and the like."""

    changed = Signal(object)
    """The RunState, whenever it differs from the last or `is_foreign` does."""
    device_changed = Signal(str)
    """The device that the next run asks for is another one."""
    refused = Signal(str)
    """Training cannot start as the design stands: the sentence why. The block at fault has been selected."""
    unable = Signal(str)
    """What was asked cannot be done, and the design is not at fault: the sentence why."""
    failed = Signal(str, str)
    """The run could not go on: the sentence, and details for a report."""

    def __init__(
        self, bridge: DocumentBridge, selection: Selection, worker: WorkerClient, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self._worker = worker
        self._state = RunState()
        self._experiment: Experiment | None = None
        self._document: Document | None = None
        """The document that the latest run was started from."""
        self._names: dict[str, str] = {}
        """Id in the design -> id in the run, of blocks that were renamed since it started."""
        self._parents: WeakKeyDictionary[Document, str] = WeakKeyDictionary()
        """Document -> name of the run that it has come from, or that was started from it last."""
        self._can_resume = self._can_extend = self._was_interrupted = False
        worker.received.connect(self._take)
        worker.lost.connect(self._worker_lost)
        worker.quiet.connect(self._follow_quiet)
        bridge.changed.connect(self._follow_rename)
        bridge.changed.connect(self._follow_device)
        bridge.opened.connect(self._follow_opened)

    @property
    def state(self) -> RunState:
        """Where the latest run stands."""
        return self._state

    @property
    def experiment(self) -> Experiment | None:
        """The frozen copy that the latest run trains; None before the first run."""
        return self._experiment

    @property
    def name(self) -> str:
        """Name of the experiment that the latest run trains, "" before the first."""
        return self._experiment.name if self._experiment is not None else ""

    @property
    def is_foreign(self) -> bool:
        """Whether the latest run trains another experiment than the one that is open."""
        return self._document is not None and self._document is not self._bridge.document

    def trained_block(self, id: str) -> str:
        """The id that the run has for this block of the design; "" where its id was another block's in the run."""
        blocks = self._bridge.experiment.architecture.blocks
        names = {now: then for now, then in self._names.items() if now in blocks}
        return names[id] if id in names else "" if id in names.values() else id

    @property
    def trained_directory(self) -> str:
        """Folder of the latest run if it has a trained model to take away, else ""."""
        return self._state.directory if self._state.phase in ("finished", "stopped") else ""

    @property
    def can_resume(self) -> bool:
        """Whether the latest run ended before its last epoch and can go on from its last checkpoint."""
        return self._can_resume

    @property
    def was_interrupted(self) -> bool:
        """Whether the latest run broke off with its process, and not for anything that it did."""
        return self._was_interrupted

    @property
    def can_extend(self) -> bool:
        """Whether the latest run is over and can be given more epochs."""
        return self._can_extend

    @property
    def can_pause(self) -> bool:
        """Whether a run is going on that can be held."""
        return self._state.phase in ("starting", "running")

    @property
    def can_stop_after_epoch(self) -> bool:
        """Whether a run is going on that is not to end anyway."""
        return self._state.phase in ("starting", "running", "pausing") and not self._state.ends_with_epoch

    @property
    def can_stop(self) -> bool:
        """Whether a run is going on that has not been asked to stop, or was asked and does not answer."""
        return self._state.active and (self._state.phase != "stopping" or self._worker.is_quiet)

    @property
    def standing(self) -> tuple[object, ...]:
        """Equal for as long as the same can be done with the run, however far it has come."""
        state = self._state
        ends = (self.can_stop, self.can_stop_after_epoch, self.can_pause)
        return (state.run, state.phase, state.directory, *ends, self.can_resume, self.can_extend)

    @property
    def device(self) -> str:
        """The device that the next run asks for."""
        return self._bridge.experiment.training.device

    def start(self) -> None:
        """Train the experiment as it stands, unless a run is going on or lint has errors (`refused` says which)."""
        if self._state.active:
            return
        sentence = self._why_not()
        if sentence:
            self.refused.emit(sentence)
            return
        experiment = self._bridge.experiment
        if absent := self._why_no_device():
            self.unable.emit(absent)
            return
        directory = fresh_folder(experiment.name)
        parent = self._parents.get(self._bridge.document, "")
        command = StartRun(directory.name, str(directory), write_experiment(experiment), parent)
        try:
            self._worker.send(command)
        except FrameError as error:
            self.unable.emit(f"The experiment cannot be sent to the worker: {error}")
            return
        self._experiment, self._document = experiment, self._bridge.document
        self._parents[self._document] = directory.name
        self._names.clear()
        self._fold(command)

    def descend(self, document: Document, run: str) -> None:
        """The document is a copy of what that run trained: a run started from it tells its changes against it."""
        self._parents[document] = run

    def resume(self) -> None:
        """Let the latest run go on from its last checkpoint to the end of its recipe."""
        self.resume_folder(self._state.directory)

    def train_more(self) -> None:
        """Give the latest run `MORE_EPOCHS` more epochs."""
        self.resume_folder(self._state.directory, MORE_EPOCHS)

    def resume_folder(self, directory: str, more: int = 0) -> None:
        """Let the run in that folder go on; `more` adds epochs. `unable` says why it cannot."""
        if self._state.active:
            self.unable.emit("A run is under way: stop it (Shift+F5) before another one goes on.")
            return
        folder = Path(directory)
        try:
            experiment = load_experiment(folder / EXPERIMENT)
            found = read_run(folder)
        except (FileError, RunFolderError) as error:
            self.unable.emit(f'The run in "{folder}" cannot go on: {error}')
            return
        if sentence := self._why_stays(found, more):
            self.unable.emit(sentence)
            return
        if self._experiment is None or folder != Path(self._state.directory):
            self._belong(experiment)
        if self._document is not None:
            self._parents[self._document] = folder.name
        self._ask(ResumeRun(folder.name, str(folder), more))

    def _why_stays(self, run: RunSummary, more: int) -> str:
        """Why the run cannot go on; "" where it can. What another window has begun to train is left to it."""
        if self._is_elsewhere(run):
            return f'The run in "{run.folder}" is under way in another window or process: wait for its end, or stop it.'
        if run.status == "FINISHED" and not more:
            return f"The run has had all its {run.record.epochs:,} epochs: train more of them instead."
        if not run.has_checkpoint:
            return f'The run in "{run.folder}" has no checkpoint to go on from: train it anew.'
        return ""

    def _is_elsewhere(self, run: RunSummary) -> bool:
        """Whether another process trains it: the record of one that ended here may not have been written any more."""
        return run.under_way and run.record.pid != self._worker.pid

    def pause(self) -> None:
        """Hold the run after the current batch; all that it needs to go on is on disk then."""
        if self.can_pause:
            self._ask(PauseRun(self._state.run))

    def go_on(self) -> None:
        """Let a paused run go on."""
        if self._state.phase in ("pausing", "paused"):
            self._ask(ContinueRun(self._state.run))

    def toggle_pause(self) -> None:
        """Hold the run, or let it go on."""
        if self._state.phase in ("pausing", "paused"):
            self.go_on()
        else:
            self.pause()

    def stop(self) -> None:
        """End the run after the current batch. What has been learned is kept. A worker that hangs is ended."""
        if self._worker.is_quiet and self._state.active:
            self._worker.end()
        elif self.can_stop:
            self._ask(StopRun(self._state.run))

    def stop_after_epoch(self) -> None:
        """End the run with the epoch in progress."""
        if self.can_stop_after_epoch:
            self._ask(StopRun(self._state.run, after_epoch=True))

    def _ask(self, command: ResumeRun | StopRun | PauseRun | ContinueRun) -> None:
        self._worker.send(command)
        self._fold(command)

    def choose_device(self, device: str) -> None:
        """Train on that device from the next run on: "auto", "all gpus", or an id from the worker's Hello."""
        recipe = self._bridge.experiment.training.having("device", device)
        self._bridge.do(SetTraining(gesture="device", recipe=recipe))

    def toggle(self) -> None:
        """Start, or stop what is going on."""
        if self._state.active:
            self.stop()
        else:
            self.start()

    def _why_not(self) -> str:
        errors = [d for d in self._bridge.diagnostics if d.severity is Severity.ERROR]
        if not errors:
            return ""
        first = errors[0]
        if first.block:
            self._selection.select((first.block,))
        more = f" {len(errors) - 1:,} more in Problems." if len(errors) > 1 else ""
        place = f"{first.block}: " if first.block else ""
        return f"Mend this before training. {place}{first.message}{more}"

    def _why_no_device(self) -> str:
        hello = self._worker.hello
        return "" if hello is None else why_absent(self.device, [d.id for d in hello.devices])

    def _take(self, event: Message) -> None:
        self._fold(event)
        if isinstance(event, RunFailed) and event.run == self._state.run:
            self.failed.emit(event.message, event.details)

    def _belong(self, experiment: Experiment) -> None:
        """The latest run trains this; it is the open document's where that holds the same."""
        document = self._bridge.document
        self._experiment = experiment
        self._document = document if document.value == experiment else Document(experiment)
        self._names.clear()

    def _follow_quiet(self, sentence: str) -> None:
        """A worker that hangs does not hear that it is to stop: what was asked of it before is done by force."""
        if sentence and self._state.phase == "stopping":
            self._worker.end()
        else:
            self.changed.emit(self._state)

    def _follow_device(self, change: Change) -> None:
        if change.before.training.device != change.after.training.device:
            self.device_changed.emit(self.device)

    def _worker_lost(self, sentence: str) -> None:
        if self._state.active:
            self._take(RunFailed(self._state.run, sentence, self._worker.details))

    def _follow_rename(self, change: Change) -> None:
        if change.renamed is not None and self._document is not None:
            old, new = change.renamed
            trained = self._names.pop(old, old)
            if trained != new:
                self._names[new] = trained

    def _follow_opened(self) -> None:
        """Another document: the run is of another experiment, unless it is the same file or value opened again."""
        if self._document is None:
            return
        now = self._bridge.document
        same_file = now.path is not None and now.path == self._document.path
        if same_file or now.value == self._experiment:
            self._parents.setdefault(now, self._parents.get(self._document, ""))
            self._document = now
        self._names.clear()
        self.changed.emit(self._state)

    def _fold(self, message: Message) -> None:
        state = fold(self._state, message)
        if state is not self._state:
            was_over = not self._state.active
            self._state = state
            if state.active or not was_over:
                self._look_at_folder()
            self.changed.emit(state)

    def look_again(self) -> None:
        """The folder of the latest run has come, gone or been changed by another hand: see whether it can go on."""
        before = (self._can_resume, self._can_extend, self._was_interrupted)
        self._look_at_folder()
        if before != (self._can_resume, self._can_extend, self._was_interrupted):
            self.changed.emit(self._state)

    def _look_at_folder(self) -> None:
        """Whether the run can go on is known once it is over, and from what it has left behind alone."""
        self._can_resume = self._can_extend = self._was_interrupted = False
        if self._state.active or not self._state.directory:
            return
        with contextlib.suppress(RunFolderError):  # it failed before it had a folder
            found = read_run(Path(self._state.directory))
            self._was_interrupted = self._state.phase == "failed" and found.status == "INTERRUPTED"
            ended = found.status in ("FINISHED", "STOPPED")  # also where it was to go on, and was refused
            self._can_extend = ended and not self._why_stays(found, MORE_EPOCHS)
            self._can_resume = not self._why_stays(found, 0)
