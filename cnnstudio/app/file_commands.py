"""What the File menu does: new, open, import and save."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from cnnstudio.app.model_import import ModelImport
from cnnstudio.app.weights_beside import WeightsBeside
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue.ends import Input, Output
from cnnstudio.core.document import Document
from cnnstudio.core.edits import Tidy
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import FileError, file_name, load_experiment, write_file
from cnnstudio.core.formats.run_folder import EXPERIMENT
from cnnstudio.core.importing import ENDINGS, is_model
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController

Step: TypeAlias = Callable[[], object]
MODELS_TO_IMPORT = f"Keras models ({' '.join('*' + ending for ending in ENDINGS)})"


class FileCommands(QObject):
    """Opens and writes files. Nothing unsaved is lost without a question; every fault is one sentence in the bar.

    Dialogs are imported when they are wanted: the first paint need not wait for them.
    """

    def __init__(
        self,
        window: QWidget,
        bridge: DocumentBridge,
        messages: MessageBar,
        preferences: Preferences,
        run: RunController,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._messages = messages
        self._preferences = preferences
        self._run = run
        self.imports = ModelImport(window, bridge, messages)
        self.imports.imported.connect(self._open_imported)
        self.imports.read.connect(self.open_document)
        self.imports.failed.connect(self._complain)
        self._beside = WeightsBeside(window)
        self._beside.done.connect(self._told_of_weights)
        self._model: Path | None = None
        """The file to be imported once unsaved work is safe."""
        self._next: Step | None = None
        self._incoming: Document | None = None

    def new(self) -> None:
        """Start a new experiment."""
        self.open_document(Document(blank_experiment()))

    def choose_file(self) -> None:
        """Ask for a file and open it."""
        from cnnstudio.app.dialogs.files import ask_open

        dialog = ask_open(self._window, self._folder())
        dialog.fileSelected.connect(self.open_path)
        dialog.open()

    def choose_model(self) -> None:
        """Ask for a Keras model and import it."""
        from cnnstudio.app.dialogs.files import ask_open

        dialog = ask_open(self._window, self._folder(), "Import Keras model", MODELS_TO_IMPORT)
        dialog.fileSelected.connect(self.import_path)
        dialog.open()

    def import_path(self, path: str | Path) -> None:
        """Import that Keras model as a new experiment. One that cannot be read changes nothing."""
        self._model = Path(path)
        self.when_saved(self._import_model)

    def open_path(self, path: str | Path) -> None:
        """Open that file, or import it if it is a Keras model. One that cannot be read changes nothing."""
        file = Path(path)
        if is_model(file):
            self.import_path(file)
            return
        try:
            experiment = load_experiment(file)
        except FileError as error:
            self._complain(str(error))
            return
        document = Document(experiment, file)
        if self.imports.with_weights(document):
            self.open_document(document)

    def fill_recent(self, menu: QMenu) -> None:
        """Put the recent files into the menu."""
        menu.clear()
        for path in self._preferences.recent_files:
            action = menu.addAction(path.name)
            action.setToolTip(str(path))
            action.setData(str(path))
            action.triggered.connect(self._open_recent)
        menu.addSeparator()
        forget = menu.addAction("Forget recent files")
        forget.triggered.connect(self._preferences.forget_recent_files)

    def save(self) -> None:
        """Save to the experiment's file, or ask for one."""
        path = self._bridge.document.path
        if path is None:
            self.save_as()
        else:
            self._write(path)

    def save_as(self) -> None:
        """Ask for a file and save to it."""
        from cnnstudio.app.dialogs.files import ask_save

        suggestion = self._bridge.document.path or self._folder() / f"{file_name(self._bridge.experiment.name)}.json"
        dialog = ask_save(self._window, "Save experiment", suggestion)
        dialog.fileSelected.connect(self._write)
        dialog.rejected.connect(self._forget_next)
        dialog.open()

    def when_saved(self, then: Step) -> None:
        """Call `then`, a bound method, once the document is saved or may be lost; not at all after Cancel."""
        if not self._bridge.document.is_modified:
            then()
            return
        self._next = then
        from cnnstudio.app.dialogs.questions import UnsavedQuestion

        question = UnsavedQuestion(self._bridge.experiment.name, self._window)
        question.save_wanted.connect(self.save)
        question.discard_wanted.connect(self._go_on)
        question.rejected.connect(self._forget_next)
        question.open()

    def _import_model(self) -> None:
        path, self._model = self._model, None
        if path is not None:
            self._messages.dismiss("file")
            self.imports.read_model(path)

    def _open_imported(self, document: Document) -> None:
        self._incoming = document
        self._open_incoming()

    def open_run(self, folder: Path) -> None:
        """Open the experiment of the run in that folder as one without a file. What cannot be read changes nothing."""
        try:
            document = Document(load_experiment(folder / EXPERIMENT))
        except FileError as error:
            self._complain(str(error))
            return
        self._run.descend(document, folder.name)
        self.open_document(document)

    def open_document(self, document: Document) -> None:
        """Put this in place of what is open, once that is saved or may be lost."""
        self._incoming = document
        self.when_saved(self._open_incoming)

    def _open_incoming(self) -> None:
        document, self._incoming = self._incoming, None
        if document is None:
            return
        self._bridge.open(document)
        if document.path is not None:
            self._preferences.add_recent_file(document.path)

    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.open_path(str(action.data()))

    def _write(self, path: str | Path) -> None:
        file = Path(path)
        experiment = self._bridge.experiment
        try:
            write_file(file, experiment)
        except (OSError, FileError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            self._complain(f"{file} cannot be written: {reason}. Nothing is lost; save to another place.")
            self._forget_next()
            return
        self._bridge.document.path = file
        self._bridge.mark_saved()
        self._preferences.add_recent_file(file)
        self._messages.dismiss("file")
        if experiment.weights:
            self._beside.lay(experiment.weights, file)
        else:
            self._go_on()

    def _told_of_weights(self, problem: str) -> None:
        if problem:
            self._messages.show_message(problem, "warning", key="file")
            self._forget_next()  # who was about to close or open something else reads this first
        else:
            self._go_on()

    def _go_on(self) -> None:
        then, self._next = self._next, None
        if then is not None:
            then()

    def _forget_next(self) -> None:
        self._next = None

    def _complain(self, sentence: str) -> None:
        self._messages.show_message(sentence, "error", key="file")

    def _folder(self) -> Path:
        path = self._bridge.document.path
        recent = self._preferences.recent_files
        return path.parent if path is not None else recent[0].parent if recent else Path.home()


def blank_experiment() -> Experiment:
    """Where a new experiment begins: an Input for the default data, and an Output that reads it."""
    experiment = Experiment()
    shape = experiment.data.info().input_shape
    ends = (
        Block(INPUT, Input(shape=shape)),
        Block("output", Output(), (INPUT,)),
    )
    return Tidy()(dataclasses.replace(experiment, architecture=Architecture.of(ends)))
