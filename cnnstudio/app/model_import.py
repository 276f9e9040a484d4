"""Importing Keras models, and the weights that experiments start from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.message_bar import Choice
from cnnstudio.core.document import Document
from cnnstudio.core.edits import StartFresh
from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.core.formats.weights_store import WeightsError, find, is_kept

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.dialogs.import_report import ImportReport
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.core.importing import Told

_KEY, _SAID = "weights", "import"


class ModelImport(QObject):
    """Reads models and weights with a dialog that shows how far it is.

    Says, whenever an experiment names weights that are not there, that they are missing and what can be done.
    """

    imported = Signal(Document)
    """A model as a new document; unsaved work was asked about before."""
    read = Signal(Document)
    """The document whose weights were waited for."""
    failed = Signal(str)
    """There is nothing to open: the sentence why."""
    blocks_wanted = Signal(tuple)
    """Show the blocks of these ids on the canvas."""

    def __init__(self, window: QWidget, bridge: DocumentBridge, messages: MessageBar) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._messages = messages
        self._waiting: Document | None = None
        """A document whose weights are being taken over."""
        self._problem = ("", "")
        """SHA-256 of weights that could not be taken over, and why."""
        self._told: Told | None = None
        """What is to be said of the imported model once it is open."""
        self._report: ImportReport | None = None
        bridge.opened.connect(self._opened)
        bridge.changed.connect(self._changed)

    def read_model(self, path: Path) -> None:
        """Import that file."""
        from cnnstudio.app.dialogs.reading import ReadingDialog

        dialog = ReadingDialog("Import Keras model", path.name, [str(path)], self._window)
        dialog.read.connect(self._take_model)
        dialog.failed.connect(self.failed)
        dialog.begin()

    def with_weights(self, document: Document) -> bool:
        """Whether the document can be opened at once; else `read` follows once its weights have been taken over."""
        weights, path = document.value.weights, document.path
        if not weights or path is None or is_kept(weights):
            return True
        from cnnstudio.app.dialogs.reading import ReadingDialog

        self._waiting = document
        dialog = ReadingDialog("Open experiment", path.name, ["--adopt", weights, str(path)], self._window)
        dialog.read.connect(self._take_weights)
        dialog.failed.connect(self._take_no_weights)
        dialog.begin()
        return False

    def start_fresh(self) -> None:
        """Let training start from fresh weights."""
        self._bridge.do(StartFresh())

    def _take_model(self, told: Told) -> None:
        try:
            experiment = read_experiment(told.experiment, "The imported model")
        except FileError as error:
            self.failed.emit(str(error))
            return
        document = Document(experiment)
        document.mark_unsaved()
        self._told = told
        self.imported.emit(document)

    def _take_weights(self, told: Told) -> None:
        self._take_no_weights(told.adopted or "")

    def _take_no_weights(self, problem: str) -> None:
        document, self._waiting = self._waiting, None
        if document is not None:
            self._problem = (document.value.weights, problem)
            self.read.emit(document)

    def _opened(self, change: Change) -> None:
        if self._report is not None:
            self._report.close()
        self._messages.dismiss(_SAID)
        told, self._told = self._told, None
        if told is not None:
            self._say(told)
        self._check_weights(change.after.weights)

    def _changed(self, change: Change) -> None:
        if change.before.weights != change.after.weights:
            self._check_weights(change.after.weights)

    def _check_weights(self, weights: str) -> None:
        if not weights or is_kept(weights):
            self._messages.dismiss(_KEY)
            return
        of, problem = self._problem
        if of != weights or not problem:
            try:
                find(weights)
            except WeightsError as error:
                problem = str(error)
        self._messages.show_message(
            problem, "warning", (Choice("Go on with fresh weights", self.start_fresh),), key=_KEY
        )

    def _say(self, told: Told) -> None:
        if not (told.notes or told.unknown):
            self._messages.show_message(f"{told.said}.", "ok", key=_SAID)
            return
        from cnnstudio.app.dialogs.import_report import ImportReport

        report = ImportReport(told, self._bridge.experiment.architecture.blocks.keys(), self._window)
        report.blocks_wanted.connect(self.blocks_wanted)
        report.finished.connect(self._forget_report)
        self._report = report
        report.show()

    def _forget_report(self) -> None:
        self._report = None
