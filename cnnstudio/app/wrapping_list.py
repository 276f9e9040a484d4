"""A list whose rows stand side by side and wrap; only what is in sight is painted, and it is told what that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtCore import QAbstractItemModel
    from PySide6.QtGui import QKeyEvent, QResizeEvent

SIGHT_MS = 30
"""What has come into sight is told after this long, also while scrolling goes on."""


class CellDelegate(QStyledItemDelegate):
    """Paints a cell of the grid; all have one size."""

    def least(self, view: QListView) -> QSize:
        """The least room for a cell."""
        raise NotImplementedError

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """The same for all: a cell of the view's grid."""
        view = self.parent()
        return view.gridSize() if isinstance(view, QListView) else QSize()


class WrappingList(QListView):
    """Cells of one size in rows over the whole width, by scroll bar, wheel and keys."""

    sighted = Signal(int, int)
    """First and last row in sight."""
    opened = Signal(int)
    """Row that Enter was pressed on, or that was double-clicked."""

    def __init__(self, model: QAbstractItemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # As a list that wraps, not in icon mode: that one keeps a rectangle for each of 100,000 samples.
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setModel(model)
        self._cells: CellDelegate | None = None
        self._look = QTimer(self, interval=SIGHT_MS, singleShot=True)
        self._look.timeout.connect(self._tell)
        self.verticalScrollBar().valueChanged.connect(self.look)
        model.modelReset.connect(self.look)
        self.doubleClicked.connect(self._open)

    def paint_by(self, delegate: CellDelegate) -> None:
        """Let this one paint the cells and say how large they are at least."""
        self._cells = delegate
        self.setItemDelegate(delegate)

    def spread(self) -> None:
        """As many columns as there is room for, over the whole width."""
        if self._cells is None:
            return
        least, room = self._cells.least(self), self._room() - 1  # what fills it exactly is wrapped
        grid = QSize(max(least.width(), room // max(1, room // least.width())), least.height())
        if grid != self.gridSize():
            self.setGridSize(grid)

    def _room(self) -> int:
        """The width that Qt lays cells out in: without that of the scroll bar, whether it is in sight or not."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        return self.maximumViewportSize().width() - bar

    def look(self) -> None:
        """Tell soon what is in sight."""
        if not self._look.isActive():
            self._look.start()

    def sight(self) -> tuple[int, int]:
        """First and last row in sight; with the row of cells after it, so that scrolling meets what is there."""
        grid, room = self.gridSize(), self.viewport().size()
        if grid.isEmpty():
            return 0, 0
        columns = max(1, self._room() // grid.width())
        top = self.verticalScrollBar().value() // grid.height()
        return top * columns, (top + room.height() // grid.height() + 2) * columns - 1

    def _tell(self) -> None:
        self.sighted.emit(*self.sight())

    def _open(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(index.row())

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """More, or others, come into sight."""
        self.spread()
        super().resizeEvent(event)
        self.look()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current cell; the rest is the list's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)
