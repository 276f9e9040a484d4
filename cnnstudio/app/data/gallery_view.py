"""The view of a gallery: rows of thumbnails that wrap; only what is in sight is painted and asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyleOptionViewItem, QWidget

from cnnstudio.app.data.gallery_model import SIDE, Thumbnails
from cnnstudio.app.data.sample_painter import sample_size
from cnnstudio.app.theme import RADIUS, Role, Scale, space, theme
from cnnstudio.app.wrapping_list import CellDelegate, WrappingList

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo

_Index = QModelIndex | QPersistentModelIndex


class SampleDelegate(CellDelegate):
    """Paints a sample without the style's detours: a hundred of them make a frame."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self.size = QSize(SIDE, SIDE)
        """Of a thumbnail."""

    def least(self, view: QListView) -> QSize:
        """Room for one sample with its label."""
        line = view.fontMetrics().height()
        return QSize(self.size.width() + space(4), self.size.height() + line + space(5))

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


class GalleryView(WrappingList):
    """All samples of a part."""

    def __init__(self, model: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.setObjectName("data_samples")
        self.setAccessibleName("Samples")
        self.setToolTip("Samples of the part; press Enter or double-click to see one large")
        self._delegate = SampleDelegate(self)
        self.paint_by(self._delegate)
        model.looks_changed.connect(self.viewport().update)

    def fit(self, info: DataInfo) -> None:
        """Make room for samples of that kind."""
        self._delegate.size = sample_size(info, SIDE)
        self.spread()
