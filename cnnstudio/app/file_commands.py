"""What the File menu does: new, open, import, save, presets and export."""

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
from cnnstudio.core.formats.files import FileError, file_name, load_experiment, write_experiment, write_file
from cnnstudio.core.formats.presets import presets, save_preset
from cnnstudio.core.formats.run_folder import EXPERIMENT
from cnnstudio.core.importing import ENDINGS, is_model
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenu, QWidget

    from cnnstudio.app.dialogs.naming import NamingDialog
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.formats.presets import Preset

Step: TypeAlias = Callable[[], object]
MODEL_ENDING = ".keras"
MODELS = f"Keras models (*{MODEL_ENDING})"
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
        worker: WorkerClient,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._messages = messages
        self._preferences = preferences
        self._run = run
        self._worker = worker
        self.imports = ModelImport(window, bridge, messages)
        self.imports.imported.connect(self._open_imported)
        self.imports.read.connect(self._replace_with)
        self.imports.failed.connect(self._complain)
        self._beside = WeightsBeside(window)
        self._beside.done.connect(self._told_of_weights)
        self._model: Path | None = None
        """The file to be imported once unsaved work is safe."""
        self._next: Step | None = None
        self._naming: NamingDialog | None = None
        self._incoming: Document | None = None
        self._exporting = ""

    def new(self) -> None:
        """Start a new experiment."""
        self._replace_with(Document(blank_experiment()))

    def choose_preset(self) -> None:
        """Show the presets."""
        from cnnstudio.app.dialogs.presets import PresetsGallery

        gallery = PresetsGallery(self._window)
        gallery.chosen.connect(self.open_preset)
        gallery.open()

    def open_preset(self, chosen: Preset) -> None:
        """Start from that preset, if it can be read."""
        if chosen.experiment is not None:
            self._replace_with(Document(chosen.experiment))

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
            self._replace_with(document)

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

    def save_as_preset(self) -> None:
        """Ask for a name and keep the experiment among the person's presets."""
        from cnnstudio.app.dialogs.naming import NamingDialog

        now = self._bridge.experiment
        self._naming = NamingDialog("Save as preset", "Save preset", now.name, now.description, self._window)
        self._naming.named.connect(self._keep_preset)
        self._naming.open()

    def export(self) -> None:
        """Ask where the model of the latest run, or else the imported one, shall go and have it written."""
        directory = self._run.trained_directory
        if directory or not self._bridge.experiment.weights:
            self.export_run(directory)
        else:
            self._exporting = ""
            self._ask_export(self._bridge.experiment.name)

    def export_run(self, directory: str) -> None:
        """The same for the run folder `directory`."""
        if not directory:
            self._complain("There is no trained model yet: press Train first.")
            return
        self._exporting = directory
        self._ask_export(self._run.state.name or "model")

    def _ask_export(self, name: str) -> None:
        from cnnstudio.app.dialogs.files import ask_save

        suggestion = self._folder() / f"{file_name(name)}{MODEL_ENDING}"
        dialog = ask_save(self._window, "Export trained model", suggestion, MODELS)
        dialog.fileSelected.connect(self._export_to)
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
        self._replace_with(document)

    def _replace_with(self, document: Document) -> None:
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

    def _keep_preset(self, name: str, description: str, replace: bool) -> None:
        wanted = dataclasses.replace(self._bridge.experiment, name=name, description=description)
        dialog = self._naming
        if dialog is None:
            return
        try:
            save_preset(wanted, replace=replace)
        except FileError as error:
            own = {p.id for p in presets() if p.user}
            dialog.complain(str(error), replacing=file_name(name) in own)
        except OSError as error:
            dialog.complain(f"The preset cannot be written: {error.strerror or error}.")
        else:
            dialog.accept()
            self._naming = None
            self._messages.show_message(f"“{name}” is kept among your presets.", "ok", key="file")

    def _export_to(self, path: str) -> None:
        from cnnstudio.app.dialogs.export import ExportDialog

        file = Path(path)
        if file.suffix != MODEL_ENDING:
            self._complain(f'The file of a trained model ends in {MODEL_ENDING}, "{file.name}" does not: rename it.')
            return
        self._messages.dismiss("file")
        experiment = "" if self._exporting else write_experiment(self._bridge.experiment)
        ExportDialog(self._worker, self._exporting, file, self._window, experiment).open()

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
