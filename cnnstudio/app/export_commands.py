"""Exports that the person asks for: the dialog, and what is told when it has been closed meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from cnnstudio.app.export_job import ExportJob, was_cancelled
from cnnstudio.app.message_bar import Choice
from cnnstudio.wire.messages import Exported

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.dialogs.export import ExportDialog
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.runs.commands import RunCommands
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Failed

KEY = "export"


class ExportCommands(QObject):
    """Opens the dialog on the network that is nearest at hand. One export is under way at a time."""

    def __init__(
        self,
        window: QWidget,
        bridge: DocumentBridge,
        messages: MessageBar,
        preferences: Preferences,
        run: RunController,
        runs: RunCommands,
        worker: WorkerClient,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._bridge = bridge
        self._messages = messages
        self._preferences = preferences
        self._run = run
        self._runs = runs
        self.job = ExportJob(worker, self)
        self._dialog: ExportDialog | None = None
        self._written: Path | None = None
        self.job.ended.connect(self._tell)

    def export(self) -> None:
        """Export the network of the latest run; where there is none, that of the design."""
        self._open([self._run.trained_directory, self._chosen])

    def export_run(self, directory: str) -> None:
        """The same for the run folder `directory`."""
        self._open([directory, self._run.trained_directory, self._chosen])

    def export_chosen(self) -> None:
        """The same for the run that is chosen on the Runs page."""
        if self._chosen:
            self.export_run(self._chosen)

    @property
    def _chosen(self) -> str:
        single = self._runs.single
        return str(single.folder) if single is not None else ""

    def _open(self, preferred: list[str]) -> None:
        from cnnstudio.app.dialogs.export import ExportDialog  # dialogs wait until they are wanted

        if self._dialog is not None:
            self._dialog.raise_()
            self._dialog.activateWindow()
            return
        self._messages.dismiss(KEY)
        self._dialog = ExportDialog(
            self._bridge, self.job, self._runs.library, self._preferences, preferred, self._folder(), self._window
        )
        self._dialog.finished.connect(self._forget_dialog)
        self._dialog.open()

    def _forget_dialog(self) -> None:
        self._dialog = None

    def _tell(self, event: Exported | Failed) -> None:
        """Nobody looks at the dialog any more: the result is told in the window."""
        if self._dialog is not None:
            return
        if not isinstance(event, Exported):
            if not was_cancelled(event):
                self._messages.show_message(event.message, "error", details=event.details, key=KEY)
            return
        from cnnstudio.app.dialogs.export.words import message

        self._written = Path(event.path)
        self._messages.show_message(message(event), "ok", (Choice("Show in folder", self._show_in_folder),), key=KEY)

    def _show_in_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))

    def _folder(self) -> Path:
        path = self._bridge.document.path
        return path.parent if path is not None else Path.home()
