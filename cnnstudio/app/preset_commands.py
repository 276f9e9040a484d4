"""What the File menu does with presets: start from one, keep the experiment as one, take files in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnstudio.core.about import describes
from cnnstudio.core.changes import changes
from cnnstudio.core.document import Document
from cnnstudio.core.formats.files import FileError
from cnnstudio.core.formats.own_presets import is_own, save_preset
from cnnstudio.core.formats.weights_store import adopt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.dialogs.describing import DescribingDialog
    from cnnstudio.app.dialogs.presets import PresetsGallery
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.file_commands import FileCommands
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.core.about import Description, Expected
    from cnnstudio.core.formats.presets import Preset

KEY = "file"


class PresetCommands(QObject):
    """Opens the gallery and the form, which are imported when they are wanted."""

    def __init__(
        self,
        window: QWidget,
        bridge: DocumentBridge,
        messages: MessageBar,
        files: FileCommands,
        run: RunController,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._messages = messages
        self._files = files
        self._run = run
        self._preferences = preferences
        self._form: DescribingDialog | None = None

    def choose(self) -> None:
        """Show the presets."""
        self._gallery().open()

    def take_in(self) -> None:
        """Show the presets and ask for files to take in among them."""
        gallery = self._gallery()
        gallery.open()
        gallery.own.choose_files()

    def open_preset(self, chosen: Preset) -> None:
        """Start from that preset; one that cannot be read says why and changes nothing."""
        experiment = chosen.experiment
        if experiment is None:
            self._messages.show_message(chosen.error, "error", key=KEY)
            return
        if experiment.weights and (problem := adopt(experiment.weights, chosen.path)):
            self._messages.show_message(problem, "warning", key=KEY)
        self._files.open_document(Document(experiment))

    def save(self) -> None:
        """Ask how the experiment is to be described and keep it among the person's presets."""
        from cnnstudio.app.dialogs.describing import DescribingDialog

        now = self._bridge.experiment
        known = describes(now, self._result() or now.expected)
        self._form = DescribingDialog("Save as preset", "Save preset", known, self._window)
        self._form.described.connect(self._keep)
        self._form.open()

    def _gallery(self) -> PresetsGallery:
        from cnnstudio.app.dialogs.presets import PresetsGallery

        gallery = PresetsGallery(self._preferences, self._window)
        gallery.chosen.connect(self.open_preset)
        return gallery

    def _result(self) -> Expected:
        """What the latest run came to on test, if it trained the experiment as it stands."""
        state, trained = self._run.state, self._run.experiment
        if not self._run.trained_directory or trained is None or changes(trained, self._bridge.experiment):
            return ()
        return tuple((name, value) for name, value in state.test.items() if name != "loss" and value == value)

    def _keep(self, wanted: Description, replace: bool) -> None:
        form = self._form
        if form is None:
            return
        try:
            save_preset(wanted.of(self._bridge.experiment), replace=replace)
        except FileError as error:
            form.complain(str(error), replacing=is_own(wanted.name))
        except OSError as error:
            form.complain(f"The preset cannot be written: {(error.strerror or str(error)).lower()}.")
        else:
            form.accept()
            self._form = None
            self._messages.show_message(f"“{wanted.name}” is kept among your presets.", "ok", key=KEY)
