"""The view of a gallery: rows of thumbnails that wrap; only what is in sight is painted and asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from cnnstudio.app.data.gallery_model import SIDE, Thumbnails
from cnnstudio.app.data.sample_painter import sample_size
from cnnstudio.app.theme import RADIUS, Role, Scale, space, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QResizeEvent

    from cnnstudio.core.data.info import DataInfo

_Index = QModelIndex | QPersistentModelIndex
SIGHT_MS = 30
"""What has come into sight is told after this long, also while scrolling goes on."""


class SampleDelegate(QStyledItemDelegate):
    """Paints a sample without the style's detours: a hundred of them make a frame."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.size = QSize(SIDE, SIDE)
        """Of a thumbnail."""

    def grid(self, view: QWidget) -> QSize:
        """Room for one sample with its label."""
        line = theme_metrics_height(view)
        return QSize(self.size.width() + space(4), self.size.height() + line + space(5))

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """The same for all: a cell of the view's grid."""
        view = self.parent()
        return view.gridSize() if isinstance(view, QListView) else self.size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Ground where it is selected or pointed at, picture or placeholder, label."""
        model = index.model()
        if not isinstance(model, Thumbnails):
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        ground = self._ground(state)
        if ground is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color(ground))
            painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -2), RADIUS, RADIUS)
        left, top = rect.left() + (rect.width() - self.size.width()) // 2, rect.top() + space(2)
        picture = model.picture(index.row())
        if picture is None:
            painter.fillRect(QRect(QPoint(left, top), self.size), theme().color(Role.HOVER))
        else:
            painter.drawPixmap(left, top, picture)
        self._write(painter, rect, top, model.label(index.row()))
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color(Role.ACCENT), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(2, 2, -2, -2), RADIUS, RADIUS)

    def _ground(self, state: QStyle.StateFlag) -> Role | None:
        if state & QStyle.StateFlag.State_Selected:
            return Role.SELECTION
        return Role.HOVER if state & QStyle.StateFlag.State_MouseOver else None

    def _write(self, painter: QPainter, rect: QRect, top: int, label: str) -> None:
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.TEXT))
        below = top + self.size.height() + space(1)
        room = QRect(rect.left() + space(1), below, rect.width() - space(2), rect.bottom() - below)
        text = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideMiddle, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, text)


def theme_metrics_height(view: QWidget) -> int:
    """Height of a line of text of that widget."""
    return view.fontMetrics().height()


class GalleryView(QListView):
    """All samples of a part, by scroll bar, wheel and keys."""

    sighted = Signal(int, int)
    """First and last row in sight."""
    opened = Signal(int)
    """Row of a sample to be seen large."""

    def __init__(self, model: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_samples")
        self.setAccessibleName("Samples")
        self.setToolTip("Samples of the part; press Enter or double-click to see one large")
        self._delegate = SampleDelegate(self)
        self.setItemDelegate(self._delegate)
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
        self._gallery = model
        self._look = QTimer(self, interval=SIGHT_MS, singleShot=True)
        self._look.timeout.connect(self._tell)
        self.verticalScrollBar().valueChanged.connect(self.look)
        model.modelReset.connect(self.look)
        model.looks_changed.connect(self.viewport().update)
        self.doubleClicked.connect(self._open)

    def fit(self, info: DataInfo) -> None:
        """Make room for samples of that kind."""
        self._delegate.size = sample_size(info, SIDE)
        self._spread()

    def _spread(self) -> None:
        """As many columns as there is room for, over the whole width."""
        least, room = self._delegate.grid(self), self._room() - 1  # what fills it exactly is wrapped
        grid = QSize(max(least.width(), room // max(1, room // least.width())), least.height())
        if grid != self.gridSize():
            self.setGridSize(grid)

    def _room(self) -> int:
        """The width that Qt lays samples out in: without that of the scroll bar, whether it is in sight or not."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self.verticalScrollBar())
        return self.maximumViewportSize().width() - bar

    def look(self) -> None:
        """Tell soon what is in sight."""
        if not self._look.isActive():
            self._look.start()

    def sight(self) -> tuple[int, int]:
        """First and last row in sight; with the row of thumbnails after it, so that scrolling meets what is there."""
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More, or others, come into sight."""
        self._spread()
        super().resizeEvent(event)
        self.look()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the current sample; the rest is the list's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)
