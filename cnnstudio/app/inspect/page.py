"""The Inspect page as the window knows it; its content needs numpy and matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtGui import QFocusEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.runs.library import RunLibrary
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
        library: RunLibrary,
        parent: QWidget | None = None,
    ) -> None:
        """`library`: the runs to choose from."""
        super().__init__("inspect_page", "Inspect", parent)
        self._parts = bridge, selection, worker, run, preferences
        self._library = library

    def built(self) -> Generator[None, None, InspectView]:
        """The content; it asks for nothing while it is out of sight."""
        from cnnstudio.app.inspect.view import InspectView

        yield
        view = InspectView(*self._parts, self, self._library, at_once=False)
        yield
        yield from view.built()
        return view

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes to the page goes on in its list of blocks."""
        super().focusInEvent(event)
        if self.view is not None:
            self.view.setFocus()
