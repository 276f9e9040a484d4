"""Plots that the window paints by itself: matplotlib would hold it up for longer than a frame each time.

What follows a run is painted anew many times a minute, beside much else. Figures in files are matplotlib's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

LEFT, TOP, RIGHT, BOTTOM = 64, 30, 16, 46
"""Margins in logical pixels."""

Ticks: TypeAlias = "Sequence[tuple[float, str]]"
"""Values of an axis, with what stands beside them."""


@dataclass(frozen=True)
class Plane:
    """Where the values of a plot lie, in a widget of that size (width, height)."""

    size: tuple[int, int]
    x: tuple[float, float]
    """The values at the left and at the right end, which differ."""
    y: tuple[float, float]
    """The values at the lower and at the upper end, which differ."""

    @property
    def rect(self) -> QRectF:
        """Between the margins."""
        return QRectF(LEFT, TOP, self.size[0] - LEFT - RIGHT, self.size[1] - TOP - BOTTOM)

    def place(self, x: float, y: float) -> QPointF:
        """Where a value lies."""
        rect, (left, right), (low, high) = self.rect, self.x, self.y
        across, up = (x - left) / (right - left), (y - low) / (high - low)
        return QPointF(rect.left() + across * rect.width(), rect.bottom() - up * rect.height())

    def paint_axes(self, painter: QPainter, x: Ticks, y: Ticks, title: str, below: str, *, grid: bool = True) -> None:
        """Grid, words and numbers; `below` is what the lower axis counts."""
        look, centre, rect = theme(), Qt.AlignmentFlag.AlignCenter, self.rect
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.setFont(look.font(Scale.CAPTION))
        line = painter.fontMetrics().height()
        lines, words = [], []
        for value, told in y:
            at = self.place(self.x[0], value)
            lines.append((at, QPointF(rect.right(), at.y())))
            words.append((QRectF(0, at.y() - line / 2, LEFT - space(2), line), right, told))
        for value, told in x:
            at = self.place(value, self.y[0])
            lines.append((at, QPointF(at.x(), rect.top())))
            words.append((QRectF(at.x() - LEFT / 2, rect.bottom() + space(1), LEFT, line), centre, told))
        if grid:
            painter.setPen(look.color(Role.GRID))
            for start, end in lines:
                painter.drawLine(start, end)
        words.append((QRectF(rect.left(), self.size[1] - line - space(1), rect.width(), line), centre, below))
        painter.setPen(look.color(Role.MUTED))
        for room, side, told in words:
            painter.drawText(room, side, told)
        painter.setPen(look.color(Role.TEXT))
        painter.setFont(look.font(Scale.CAPTION, bold=True))
        over = QRectF(LEFT, 0, self.size[0] - LEFT, TOP - space(1))
        painter.drawText(over, Qt.AlignmentFlag.AlignBottom, title)


class PaintedPlot(QWidget):
    """Keeps a picture of what its heir paints until that changes; what moves with the mouse or time goes over it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self._picture: QPixmap | None = None
        themes.changed.connect(self.repaint_all)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to paint yet."""
        raise NotImplementedError

    def paint_plot(self, painter: QPainter) -> None:
        """Paint axes and values, which are kept as a picture."""
        raise NotImplementedError

    def paint_over(self, painter: QPainter) -> None:
        """Paint what changes more often than the values."""

    def repaint_all(self) -> None:
        """What the picture shows has changed."""
        self._picture = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture and what lies over it; the bare ground while there is nothing to show."""
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        painter.fillRect(self.rect(), theme().color(Role.SURFACE))
        if self.is_empty:
            return
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme().color(Role.SURFACE))
            with QPainter(self._picture) as inner:
                self.paint_plot(inner)
        painter.drawPixmap(0, 0, self._picture)
        self.paint_over(painter)
