"""The Data page as the window knows it; its content needs numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.data.commands import DataCommands
    from cnnstudio.app.data.view import DataView
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient


class DataPage(LatePage["DataView"]):
    """Source and split at the left, samples in the centre, class statistics at the right."""

    def __init__(
        self, bridge: DocumentBridge, worker: WorkerClient, commands: DataCommands, parent: QWidget | None = None
    ) -> None:
        super().__init__("data_page", "Data", parent)
        self._bridge, self._worker, self._commands = bridge, worker, commands

    def built(self) -> Generator[None, None, DataView]:
        """The content; it asks the worker for samples while it is in sight."""
        from cnnstudio.app.data.view import DataView

        yield
        view = DataView(self._bridge, self._worker, self._commands, self)
        yield from view.built()
        return view
