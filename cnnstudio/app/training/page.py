"""The Train page as the window knows it; its content needs numpy and matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.training.view import TrainView
    from cnnstudio.app.worker_client import WorkerClient


class TrainPage(LatePage["TrainView"]):
    """Curves at the left, the wall of the selected block's feature maps at the right."""

    export_wanted = Signal(str)
    """The person wants to export the model of this run folder."""
    rate_wanted = Signal()
    """The person wants to look for a learning rate."""
    inspection_wanted = Signal(str)
    """The person wants to inspect this network, see `InspectCommands.inspect`."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("train_page", "Train", parent)
        self._bridge, self._selection, self._worker, self._run = bridge, selection, worker, run

    def built(self) -> Generator[None, None, TrainView]:
        """The content; it watches feature maps while it is in sight."""
        from cnnstudio.app.training.view import TrainView

        yield
        view = TrainView(self._bridge, self._selection, self._worker, self._run, self, at_once=False)
        yield
        yield from view.built()
        view.export_wanted.connect(self.export_wanted)
        view.rate_wanted.connect(self.rate_wanted)
        view.inspection_wanted.connect(self.inspection_wanted)
        return view

    def show_preflight(self) -> None:
        """Measure what a run would need and take, beside the recipe. The page is in sight."""
        if self.view is not None:
            self.view.show_preflight()
