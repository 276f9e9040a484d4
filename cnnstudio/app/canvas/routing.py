"""Courses of edges as Qt draws them; `core.placing.roads` leads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from cnnstudio.core.placing.frames import Box
from cnnstudio.core.placing.roads import bend

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.placing.roads import Course, Piece


def box_of(area: QRectF) -> Box:
    """The same rectangle in plain numbers, as Qt's own cost more to ask than to compare."""
    return Box(area.left(), area.top(), area.right(), area.bottom())


def path_of(course: Course) -> QPainterPath:
    """The curve of a course."""
    return _drawn(QPointF(*course.start), course.pieces)


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A curve that leaves downwards and arrives downwards; against the flow it swings out."""
    return _drawn(start, [bend(start.toTuple(), end.toTuple())])


def _drawn(start: QPointF, pieces: Iterable[Piece]) -> QPainterPath:
    path = QPainterPath(start)
    for piece in pieces:
        if len(piece) == 1:
            path.lineTo(*piece[0])
        else:
            path.cubicTo(*(QPointF(*place) for place in piece))
    return path


def band(path: QPainterPath, width: float) -> QPainterPath:
    """The strip of that width along a curve."""
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    return stroker.createStroke(path)
