"""Starts and stops runs and holds the state that every view of a run shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.core.diagnostics import Severity
from cnnstudio.core.files import write_experiment
from cnnstudio.core.run_folder import fresh_folder
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import RunFailed, StartRun, StopRun
from cnnstudio.wire.run_state import RunState, fold

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Message


class RunController(QObject):
    """Folds the worker's events into a `RunState`. Views listen to `changed` and call `start` and `stop`."""

    changed = Signal(object)
    """The new RunState, whenever it differs from the last."""
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
        self.device = "auto"
        """Device that the next run asks for: "auto", or an id from the worker's Hello."""
        worker.received.connect(self._take)
        worker.lost.connect(self._worker_lost)

    @property
    def state(self) -> RunState:
        """Where the latest run stands."""
        return self._state

    @property
    def experiment(self) -> Experiment | None:
        """The frozen copy that the latest run trains; None before the first run."""
        return self._experiment

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
        command = StartRun(directory.name, str(directory), write_experiment(experiment), self.device)
        try:
            self._worker.send(command)
        except FrameError as error:
            self.refused.emit(f"The experiment cannot be sent to the worker: {error}")
            return
        self._experiment = experiment
        self._fold(command)

    def stop(self) -> None:
        """End the run after the current batch. What has been learned is kept."""
        if self._state.active and self._state.phase != "stopping":
            command = StopRun(self._state.run)
            self._worker.send(command)
            self._fold(command)

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

    def _fold(self, message: Message) -> None:
        state = fold(self._state, message)
        if state is not self._state:
            self._state = state
            self.changed.emit(state)
