"""The Train page as the window knows it: empty until it is first shown, as its content needs numpy and matplotlib."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.training.view import TrainView
    from cnnstudio.app.worker_client import WorkerClient


class TrainPage(QWidget):
    """Curves at the left, the wall of the selected block's feature maps at the right."""

    export_wanted = Signal(str)
    """The person wants to export the model of this run folder."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("train_page")
        self.setAccessibleName("Train")
        self._bridge, self._selection, self._worker, self._run = bridge, selection, worker, run
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._view: TrainView | None = None

    @property
    def view(self) -> TrainView | None:
        """The content; None until the page is first shown."""
        return self._view

    def showEvent(self, event: QShowEvent) -> None:
        """Build the content at the first time; watch feature maps from now on."""
        super().showEvent(event)
        if self._view is None:
            content: Any = importlib.import_module("cnnstudio.app.training.view")
            self._view = content.TrainView(self._bridge, self._selection, self._worker, self._run)
            self._view.export_wanted.connect(self.export_wanted)
            self._column.addWidget(self._view)
        self._view.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """A hidden page watches nothing and draws nothing."""
        super().hideEvent(event)
        if self._view is not None:
            self._view.set_active(False)
