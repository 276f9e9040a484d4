"""The Design page: palette, canvas and inspector; problems, layers, code, history and the lens below the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QTabWidget, QVBoxLayout, QWidget

from cnnstudio.app.canvas import CanvasView
from cnnstudio.app.canvas.follow_note import FollowNote
from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.palette import PalettePanel
from cnnstudio.app.panels.problems import ProblemsPanel
from cnnstudio.app.tab_order import settle_tabs
from cnnstudio.core.analysis.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QFocusEvent, QShowEvent

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient

_PALETTE, _INSPECTOR, _BELOW = 244, 300, 152
_CANVAS = (760, 488)
_ROOMY = 240
"""Pixels that the tabs take at least once there is something to read in them."""
_PICTURES = 356
"""Pixels that they take at least for pictures."""
_PICTURES_SHARE = 0.45
"""Of the height, where that is more."""


class DesignPage(QWidget):
    """Composes the parts of the page; each part listens for itself."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("design_page")
        self.setAccessibleName("Design")
        self.canvas = CanvasView(bridge, selection)
        self.problems = ProblemsPanel(bridge, selection)
        FollowNote(bridge, self.canvas)
        self._bridge, self._selection, self._worker, self._run = bridge, selection, worker, run
        self._code, self._history = _Late(self._made_code), _Late(self._made_history)
        self._lens = _Late(self._made_lens)
        self._tabs = self._made_tabs(_Late(self._made_layers))
        middle = _splitter("design_middle", Qt.Orientation.Vertical, self.canvas, self._tabs)
        middle.setStretchFactor(0, 1)
        middle.setSizes([_CANVAS[1], _BELOW])
        palette, inspector = PalettePanel(bridge, selection), InspectorPanel(bridge, selection)
        self.canvas.groups.save_wanted.connect(palette.own.save)
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
        self._middle = middle
        self._tabs.currentChanged.connect(self._make_room)
        run.refused.connect(self.show_problems)
        selection.lens_wanted.connect(self.show_lens)
        bridge.changed.connect(self._count_problems)
        self._name_problems(sum(d.severity is not Severity.HINT for d in bridge.diagnostics))

    @property
    def code(self) -> QWidget:
        """The Code tab's panel."""
        return self._code.panel()

    def focusInEvent(self, event: QFocusEvent, /) -> None:
        """The canvas has the keyboard. A focus proxy would make the Tab key leap over the palette."""
        self.canvas.setFocus(event.reason())

    def show_code(self) -> None:
        """Bring the Keras script to the front."""
        self._tabs.setCurrentWidget(self._code)
        self.code.setFocus()

    def show_history(self) -> None:
        """Bring the states of the experiment to the front."""
        self._tabs.setCurrentWidget(self._history)
        self._history.panel().setFocus()

    def show_lens(self) -> None:
        """Bring what a cell sees of the input to the front."""
        self._tabs.setCurrentWidget(self._lens)
        self._lens.panel().setFocus()

    def show_problems(self) -> None:
        """Bring the problems to the front."""
        self._tabs.setCurrentWidget(self.problems)

    def _made_layers(self) -> QWidget:
        from cnnstudio.app.panels.layers import LayersPanel

        return LayersPanel(self._bridge, self._selection)

    def _made_code(self) -> QWidget:
        from cnnstudio.app.panels.code import CodePanel  # brings what writes scripts

        return CodePanel(self._bridge, self._selection)

    def _made_history(self) -> QWidget:
        from cnnstudio.app.panels.history import HistoryPanel

        return HistoryPanel(self._bridge)

    def _made_lens(self) -> QWidget:
        from cnnstudio.app.lens.panel import LensPanel  # brings numpy

        return LensPanel(self._bridge, self._selection, self._worker, self._run)

    def _made_tabs(self, layers: QWidget) -> QTabWidget:
        tabs = QTabWidget()
        tabs.setObjectName("design_tabs")
        tabs.setAccessibleName("Problems, layers, code, history and lens")
        tabs.setDocumentMode(True)
        for panel, name, tip in (
            (self.problems, "Problems", "What stands in the way of training, and what is worth a thought"),
            (layers, "Layers", "Every block with its output shape, parameters and cost"),
            (self._code, "Code", "The Keras script of this experiment"),
            (self._history, "History", "Every edit since the experiment was opened; go back or forward to any"),
            (self._lens, "Lens", "What a cell of the selected block's map sees of the input"),
        ):
            tabs.setTabToolTip(tabs.addTab(panel, name), tip)
        return tabs

    def _make_room(self, tab: int) -> None:
        """A table or a script wants more room than the news that there are no problems, and pictures want yet more."""
        above, below = self._middle.sizes()
        pictures = max(_PICTURES, round(_PICTURES_SHARE * (above + below)))
        wanted = 0 if tab == 0 else pictures if self._tabs.widget(tab) is self._lens else _ROOMY
        if 0 < below < wanted:
            self._middle.setSizes([above + below - wanted, wanted])

    def _count_problems(self, change: Change) -> None:
        self._name_problems(sum(d.severity is not Severity.HINT for d in change.diagnostics))

    def _name_problems(self, count: int) -> None:
        self._tabs.setTabText(0, f"Problems ({count:,})" if count else "Problems")


class _Late(QWidget):
    """A tab whose panel is built when it is shown first, as the window's first paint must not wait for it."""

    def __init__(self, make: Callable[[], QWidget]) -> None:
        super().__init__()
        self._make = make
        self._panel: QWidget | None = None

    def panel(self) -> QWidget:
        """The panel, built if need be."""
        if self._panel is None:
            self._panel = self._make()
            column = QVBoxLayout(self)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(self._panel)
        return self._panel

    def showEvent(self, event: QShowEvent, /) -> None:
        """Build the panel; Qt has shown the children by now, so a new one needs showing itself."""
        is_new = self._panel is None
        self.panel().show()
        super().showEvent(event)
        if is_new:
            settle_tabs(self)


def _splitter(name: str, way: Qt.Orientation, *parts: QWidget) -> QSplitter:
    splitter = QSplitter(way)
    splitter.setObjectName(name)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(1)
    for part in parts:
        splitter.addWidget(part)
    return splitter
