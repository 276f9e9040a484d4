"""Thumbnails of architectures: bars in the colours of their families along the flow, and lines that join them."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from cnnstudio.app.theme import Role, space, theme

if TYPE_CHECKING:
    from pathlib import Path

    from PySide6.QtGui import QPaintEvent

    from cnnstudio.core.formats.presets import Preset
    from cnnstudio.core.placing.miniature import Bar, Miniature

KEPT = 240
"""Pictures held, the least recently seen let go."""
_STEP, _LANE = 24.0, 64.0
"""Most pixels of a step along the flow and of a lane across it: a short network is not blown up."""
_HEIGHT = 120
"""Of the large picture, in pixels."""
_CORNER = 2.0
_FAINT = 0.35


class Thumbnails:
    """Pictures of the presets whose networks are known, each painted when it comes into sight."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[Path, tuple[int, int], str, int, int, float], QPixmap] = OrderedDict()

    def of(self, preset: Preset, size: QSize, ratio: float) -> QPixmap | None:
        """The picture at that size in logical pixels; None until the network is known."""
        found = preset.known_summary
        if found is None:
            return None
        key = (preset.path, preset.stamp, theme().name, size.width(), size.height(), ratio)
        if key not in self._kept:
            self._kept[key] = painted(found.miniature, size, ratio)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class Picture(QWidget):
    """An architecture in small, as wide as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preset_picture")
        self.setAccessibleName("The architecture in small")
        self.setToolTip("A bar for each block along the flow, as high as its maps are large, in its family's colour")
        self.setFixedHeight(_HEIGHT)
        self._small: Miniature | None = None

    def show_miniature(self, small: Miniature | None) -> None:
        """Show that one; None hides the picture."""
        self._small = small
        self.setVisible(small is not None)
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        if self._small is not None:
            painter = QPainter(self)
            painter.drawPixmap(0, 0, painted(self._small, self.size(), self.devicePixelRatioF()))


def painted(small: Miniature, size: QSize, ratio: float) -> QPixmap:
    """The picture of an architecture on a clear ground."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    margin = space(2)
    across = min(_STEP, (size.width() - 2 * margin) / max(small.length, 1.0))
    down = min(_LANE, (size.height() - 2 * margin) / max(small.breadth, 1.0))
    left, top = (size.width() - across * small.length) / 2, (size.height() - down * small.breadth) / 2
    boxes = [_box(bar, across, down, left, top) for bar in small.bars]
    painter.setPen(QPen(theme().color(Role.EDGE), 1.2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for start, end in small.lines:
        _line(painter, boxes[start], boxes[end])
    painter.setPen(Qt.PenStyle.NoPen)
    for bar, box in zip(small.bars, boxes, strict=True):
        painter.setOpacity(_FAINT if bar.faint else 1.0)
        painter.setBrush(theme().family(bar.family))
        corner = min(_CORNER, box.width() / 2)
        painter.drawRoundedRect(box, corner, corner)
    painter.end()
    return picture


def _box(bar: Bar, across: float, down: float, left: float, top: float) -> QRectF:
    width, height = max(1.0, bar.width * across), max(2.0, bar.height * down)
    x, y = left + bar.along * across, top + bar.across * down
    return QRectF(x - width / 2, y - height / 2, width, height)


def _line(painter: QPainter, start: QRectF, end: QRectF) -> None:
    """Straight within a lane, bent from one to another."""
    begin, finish = QPointF(start.right(), start.center().y()), QPointF(end.left(), end.center().y())
    if abs(begin.y() - finish.y()) < 1:
        painter.drawLine(begin, finish)
        return
    path = QPainterPath(begin)
    bend = min(12.0, max(2.0, abs(finish.x() - begin.x()) / 2))
    turn = begin if begin.y() < finish.y() else finish  # long ways lie in the outer lane: bend at the inner end
    middle = finish.x() - bend if turn is finish else begin.x() + bend
    path.lineTo(middle - bend if turn is finish else begin.x(), begin.y())
    path.cubicTo(QPointF(middle, begin.y()), QPointF(middle, finish.y()), QPointF(middle + bend, finish.y()))
    path.lineTo(finish)
    painter.drawPath(path)
