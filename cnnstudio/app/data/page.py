"""The Data page as the window knows it: empty until it is first shown, as its content needs numpy."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from cnnstudio.app.data.view import DataView
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient


class DataPage(QWidget):
    """Source and split at the left, samples in the centre, class statistics at the right."""

    def __init__(self, bridge: DocumentBridge, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_page")
        self.setAccessibleName("Data")
        self._bridge, self._worker = bridge, worker
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._view: DataView | None = None

    @property
    def view(self) -> DataView | None:
        """The content; None until the page is first shown."""
        return self._view

    def showEvent(self, event: QShowEvent) -> None:
        """Build the content at the first time; ask the worker for samples from now on."""
        super().showEvent(event)
        if self._view is None:
            content: Any = importlib.import_module("cnnstudio.app.data.view")
            self._view = content.DataView(self._bridge, self._worker)
            self._column.addWidget(self._view)
        self._view.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """A hidden page asks for nothing."""
        super().hideEvent(event)
        if self._view is not None:
            self._view.set_active(False)
