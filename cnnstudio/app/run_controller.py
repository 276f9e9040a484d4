"""Starts and stops runs and holds the state that every view of a run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.run_folder import fresh_folder
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import RunFailed, StartRun, StopRun
from cnnstudio.wire.run_state import RunState, fold

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.document import Document
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Message


class RunController(QObject):
    """Folds the worker's events into a `RunState`. Views listen to `changed` and call `start` and `stop`."""

    changed = Signal(object)
    """The RunState, whenever it differs from the last or `is_foreign` does."""
    refused = Signal(str)
    """Training cannot start: the sentence why. The block at fault has been selected."""
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
        worker.received.connect(self._take)
        worker.lost.connect(self._worker_lost)
        bridge.changed.connect(self._follow_rename)
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

    def start(self) -> None:
        """Train the experiment as it stands, unless a run is going on or lint has errors (`refused` says which)."""
        if self._state.active:
            return
        sentence = self._why_not()
        if sentence:
            self.refused.emit(sentence)
            return
        experiment = self._bridge.experiment
        directory = fresh_folder(experiment.name)
        command = StartRun(directory.name, str(directory), write_experiment(experiment))
        try:
            self._worker.send(command)
        except FrameError as error:
            self.refused.emit(f"The experiment cannot be sent to the worker: {error}")
            return
        self._experiment, self._document = experiment, self._bridge.document
        self._names.clear()
        self._fold(command)

    def stop(self) -> None:
        """End the run after the current batch. What has been learned is kept."""
        if self._state.active and self._state.phase != "stopping":
            command = StopRun(self._state.run)
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

    def _take(self, event: Message) -> None:
        self._fold(event)
        if isinstance(event, RunFailed) and event.run == self._state.run:
            self.failed.emit(event.message, event.details)

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
            self._document = now
        self._names.clear()
        self.changed.emit(self._state)

    def _fold(self, message: Message) -> None:
        state = fold(self._state, message)
        if state is not self._state:
            self._state = state
            self.changed.emit(state)
