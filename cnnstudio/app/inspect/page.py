"""The Inspect page as the window knows it; its content needs numpy and matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient


class InspectPage(LatePage["InspectView"]):
    """Probes above, blocks at the left, what is inspected in the middle, the timeline along the bottom."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("inspect_page", "Inspect", parent)
        self._parts = bridge, selection, worker, run, preferences

    def made_view(self) -> InspectView:
        """The content; it asks for nothing while it is out of sight."""
        from cnnstudio.app.inspect.view import InspectView

        return InspectView(*self._parts)
