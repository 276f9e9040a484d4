"""The Design page: palette, canvas and inspector, with problems, layers and code below the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QWidget

from cnnstudio.app.canvas import CanvasView
from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.palette import PalettePanel
from cnnstudio.app.panels import CodePanel, LayersPanel, ProblemsPanel
from cnnstudio.core.diagnostics import Severity

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection

_PALETTE, _INSPECTOR, _BELOW = 244, 300, 200
_CANVAS = (760, 440)


class DesignPage(QWidget):
    """Composes the parts of the page; each part listens for itself."""

    def __init__(
        self, bridge: DocumentBridge, selection: Selection, run: RunController, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("design_page")
        self.setAccessibleName("Design")
        self.canvas = CanvasView(bridge, selection)
        self.problems = ProblemsPanel(bridge, selection)
        self.code = CodePanel(bridge, selection)
        self._tabs = self._made_tabs(LayersPanel(bridge, selection))
        middle = _splitter("design_middle", Qt.Orientation.Vertical, self.canvas, self._tabs)
        middle.setStretchFactor(0, 1)
        middle.setSizes([_CANVAS[1], _BELOW])
        palette, inspector = PalettePanel(bridge, selection), InspectorPanel(bridge, selection)
        for panel in (palette, inspector, self._tabs):
            panel.setBackgroundRole(QPalette.ColorRole.Base)
            panel.setAutoFillBackground(True)
        across = _splitter(
            "design_across",
            Qt.Orientation.Horizontal,
            palette,
            middle,
            inspector,
        )
        across.setStretchFactor(1, 1)
        across.setSizes([_PALETTE, _CANVAS[0], _INSPECTOR])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(across)
        self.setFocusProxy(self.canvas)
        run.refused.connect(self.show_problems)
        bridge.changed.connect(self._count_problems)
        self._name_problems(sum(d.severity is not Severity.HINT for d in bridge.diagnostics))

    def show_code(self) -> None:
        """Bring the Keras script to the front."""
        self._tabs.setCurrentWidget(self.code)
        self.code.setFocus()

    def show_problems(self) -> None:
        """Bring the problems to the front."""
        self._tabs.setCurrentWidget(self.problems)

    def _made_tabs(self, layers: LayersPanel) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setObjectName("design_tabs")
        tabs.setAccessibleName("Problems, layers and code")
        tabs.setDocumentMode(True)
        for panel, name, tip in (
            (self.problems, "Problems", "What stands in the way of training, and what is worth a thought"),
            (layers, "Layers", "Every block with its output shape, parameters and cost"),
            (self.code, "Code", "The Keras script of this experiment"),
        ):
            tabs.setTabToolTip(tabs.addTab(panel, name), tip)
        return tabs

    def _count_problems(self, change: Change) -> None:
        self._name_problems(sum(d.severity is not Severity.HINT for d in change.diagnostics))

    def _name_problems(self, count: int) -> None:
        self._tabs.setTabText(0, f"Problems ({count:,})" if count else "Problems")


def _splitter(name: str, way: Qt.Orientation, *parts: QWidget) -> QSplitter:
    splitter = QSplitter(way)
    splitter.setObjectName(name)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    for part in parts:
        splitter.addWidget(part)
    return splitter
