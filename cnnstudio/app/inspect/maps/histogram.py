"""How the values of one channel are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.format import counted
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from cnnstudio.app.features.layer_maps import LayerMaps

BINS = 32


class Histogram(QWidget):
    """Bars from the lowest to the highest value; their height grows with the root of how many cells they hold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_histogram")
        self.setAccessibleName("Histogram of the channel")
        self.setToolTip("How the channel's values are spread; point at a bar for its numbers")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._counts: Any = np.zeros(BINS, int)
        self._ends = (0.0, 0.0)
        self._mark: float | None = None
        themes.changed.connect(self.update)

    @property
    def counts(self) -> Any:
        """How many cells each bar holds, int (BINS,)."""
        return self._counts

    def show_channel(self, layer: LayerMaps, channel: int) -> None:
        """Show the values of that channel."""
        levels = np.bincount(layer.maps[channel].ravel(), minlength=256)
        self._counts = levels.reshape(BINS, -1).sum(axis=1)
        self._ends = float(layer.low[channel]), float(layer.high[channel])
        low, high = (number(end) for end in self._ends)
        self.setAccessibleDescription(f"{counted(int(levels.sum()), 'value')} from {low} to {high}")
        self.update()

    def mark(self, value: float | None) -> None:
        """Draw a line at this value; None for none."""
        self._mark = value
        self.update()

    def sizeHint(self) -> QSize:
        """Room for the bars and the numbers below them."""
        return QSize(space(50), space(24))

    def minimumSizeHint(self) -> QSize:
        """Small, but bars can be told apart."""
        return QSize(space(24), space(16))

    def words_at(self, x: float) -> str:
        """What the bar at that place holds; "" beside the bars."""
        room = self._room()
        if not room.left() <= x <= room.right():
            return ""
        at = min(BINS - 1, int((x - room.left()) / room.width() * BINS))
        low, high = self._ends
        first, end = (number(low + (high - low) * edge / BINS) for edge in (at, at + 1))
        cells = counted(int(self._counts[at]), "cell")
        return f"{first} to {end}: {cells}" if high > low else f"{first}: {cells}"

    def event(self, event: QEvent) -> bool:
        """Over a bar the tooltip tells its numbers."""
        if isinstance(event, QHelpEvent):
            told = self.words_at(event.pos().x())
            if told:
                QToolTip.showText(event.globalPos(), told, self)
                return True
        return super().event(event)

    def _room(self) -> QRectF:
        return QRectF(self.rect()).adjusted(1, space(1), -1, -self.fontMetrics().height() - space(1))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, bars, zero, the marked value and the two ends."""
        painter = QPainter(self)
        room, look = self._room(), theme()
        painter.fillRect(room, look.color(Role.CANVAS))
        heights = np.sqrt(self._counts)
        most = float(heights.max())
        width = room.width() / BINS
        bars = []
        for at, height in enumerate(heights.tolist()):
            if height > 0:
                tall = max(1.0, height / most * (room.height() - 1))
                bars.append(QRectF(room.left() + at * width, room.bottom() - tall, max(1.0, width - 1), tall))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.color(Role.CURVE_1))
        painter.drawRects(bars)
        painter.setPen(QPen(look.color(Role.MUTED), 1))
        painter.drawLine(room.bottomLeft(), room.bottomRight())
        self._line(painter, room, 0.0, QPen(look.color(Role.MUTED), 1, Qt.PenStyle.DashLine))
        if self._mark is not None:
            self._line(painter, room, self._mark, QPen(look.color(Role.CURVE_2), 2))
        painter.setFont(look.font(Scale.CAPTION))
        painter.setPen(look.color(Role.MUTED))
        below = QRectF(room.left(), room.bottom() + 2, room.width(), self.height() - room.bottom() - 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, number(self._ends[0]))
        if self._ends[1] > self._ends[0]:
            painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, number(self._ends[1]))

    def _line(self, painter: QPainter, room: QRectF, value: float, pen: QPen) -> None:
        low, high = self._ends
        if high > low and low <= value <= high:
            x = room.left() + (value - low) / (high - low) * room.width()
            painter.setPen(pen)
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
