"""How an edge runs from card to card: a smooth vertical curve that goes round the cards in its way."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from cnnstudio.core.layout import CARD_HEIGHT, GAP_X, GAP_Y

if TYPE_CHECKING:
    from collections.abc import Iterable

LANE = GAP_X / 2
"""Room between a card and the edge that passes it."""
LANE_STEP = 12.0
"""Room between two edges that pass side by side."""
_HUG = 14.0
_BESIDE = 4.0
_TRIES = 12
"""Lanes looked at before an edge is let through a card: a canvas so crowded is beyond mending by routing."""


@dataclass(frozen=True, slots=True)
class Route:
    """An edge's curve and where its label goes."""

    path: QPainterPath
    label: QPointF
    """Where the label goes."""
    side: int = 0
    """0: the label is centred there; 1: it begins there; -1: it ends there."""


@dataclass
class Roads:
    """The cards as obstacles, and the lanes that edges have taken."""

    bodies: dict[str, QRectF]
    floating: frozenset[str] = frozenset()
    """Cards that are in nobody's way: those being dragged."""
    lanes: list[tuple[float, float, float]] = field(default_factory=list)
    _tops: list[float] = field(init=False)
    _ids: list[str] = field(init=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.bodies.keys() - self.floating, key=self._top)
        self._ids = ordered
        self._tops = [self._top(id) for id in ordered]

    def _top(self, id: str) -> float:
        return self.bodies[id].top()

    def between(self, area: QRectF, but: Iterable[str] = ()) -> list[QRectF]:
        """Cards that touch `area`."""
        first = bisect_left(self._tops, area.top() - CARD_HEIGHT)
        last = bisect_left(self._tops, area.bottom())
        left_out = set(but)
        return [
            self.bodies[id] for id in self._ids[first:last] if id not in left_out and self.bodies[id].intersects(area)
        ]

    def route(self, source: str, target: str) -> Route:
        """The curve from the foot of `source` to the head of `target`."""
        a, b = self.bodies[source], self.bodies[target]
        start, end = QPointF(a.center().x(), a.bottom()), QPointF(b.center().x(), b.top())
        path = curve(start, end)
        if end.y() - start.y() <= CARD_HEIGHT:  # no card fits in between
            return _direct(path)
        area = path.boundingRect().adjusted(-4, 4, 4, -4)
        near = self.between(area, (source, target))
        line = band(path, 8) if near else path  # a bare path would be taken for the area that it encloses
        blocked = [r for r in near if line.intersects(r)]
        if not blocked:
            return _direct(path)
        return self._round(start, end, blocked, (source, target))

    def _round(self, start: QPointF, end: QPointF, blocked: list[QRectF], ends: tuple[str, str]) -> Route:
        top, bottom = start.y() + GAP_Y, end.y() - GAP_Y
        right = self._lane(max(r.right() for r in blocked) + LANE, 1, (top, bottom), ends)
        left = self._lane(min(r.left() for r in blocked) - LANE, -1, (top, bottom), ends)
        # Ties go right, where the layout leaves room for edges that skip rows.
        x = right if _detour(right, start, end) <= _detour(left, start, end) + 1 else left
        self.lanes.append((x, top, bottom))
        path = QPainterPath(start)
        # The sideways part hugs the cards, which keeps it clear of the labels half-way between the rows.
        path.cubicTo(QPointF(start.x(), start.y() + _HUG), QPointF(x, start.y() + _HUG / 2), QPointF(x, top))
        path.lineTo(x, bottom)
        path.cubicTo(QPointF(x, end.y() - _HUG / 2), QPointF(end.x(), end.y() - _HUG), end)
        side = 1 if x == right else -1
        return Route(path, QPointF(x + side * _BESIDE, (top + bottom) / 2), side)

    def _lane(self, x: float, way: int, span: tuple[float, float], ends: tuple[str, str]) -> float:
        top, bottom = span
        for _ in range(_TRIES):
            strip = QRectF(x - 4, top, 8, bottom - top)
            cards = self.between(strip, ends)
            if cards:
                x = max(r.right() for r in cards) + LANE if way > 0 else min(r.left() for r in cards) - LANE
            elif any(abs(x - other) < LANE_STEP and t < bottom and top < b for other, t, b in self.lanes):
                x += way * LANE_STEP
            else:
                break
        return x


def _direct(path: QPainterPath) -> Route:
    """A short way: the label stands half-way, beside a straight line (which would cross it out) and upon a bent one."""
    middle = path.pointAtPercent(0.5)
    straight = path.pointAtPercent(0).x() == path.pointAtPercent(1).x()
    return Route(path, middle + QPointF(_BESIDE, 0), 1) if straight else Route(path, middle)


def curve(start: QPointF, end: QPointF) -> QPainterPath:
    """A curve that leaves downwards and arrives downwards; against the flow it swings out."""
    drop = end.y() - start.y()
    reach = max(GAP_Y / 2, min(abs(drop) / 2, 2.0 * GAP_Y)) if drop >= 0 else 2.0 * GAP_Y
    path = QPainterPath(start)
    path.cubicTo(start + QPointF(0, reach), end - QPointF(0, reach), end)
    return path


def band(path: QPainterPath, width: float) -> QPainterPath:
    """The strip of that width along a curve."""
    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    return stroker.createStroke(path)


def _detour(x: float, start: QPointF, end: QPointF) -> float:
    return abs(x - start.x()) + abs(x - end.x())
