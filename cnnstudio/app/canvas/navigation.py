"""Where the arrow keys lead: from a block to its neighbour along the flow or beside it."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from cnnstudio.core.placing.layout import CARD_HEIGHT, ROW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from PySide6.QtCore import QRectF

    from cnnstudio.core.architecture import Architecture, Block


class Way(enum.Enum):
    """The four arrows."""

    UP = "up"
    DOWN = "down"
    LEFT = "left"
    RIGHT = "right"


def neighbour(architecture: Architecture, id: str, way: Way) -> str | None:
    """The block the arrow leads to; None at the edge of the canvas.

    Up and Down follow the connections, nearest column first; a block without one on that side leads to the nearest
    card there, so that unconnected blocks are within reach of the keyboard. Left and Right stay in the row.
    """
    here = architecture.blocks[id]
    if way is Way.UP and here.inputs:
        return _nearest(here, (architecture.blocks[i] for i in here.inputs if i in architecture.blocks))
    if way is Way.DOWN:
        readers = architecture.topology.readers[id]
        if readers:
            return _nearest(here, (architecture.blocks[r] for r in readers))
    return _nearest(here, (b for b in architecture.blocks.values() if b.id != id and _lies(here, b, way)))


def nearest_beside(bodies: Mapping[str, QRectF], id: str, way: Way, among: Collection[str]) -> str | None:
    """Of the things `among`, which no connection leads to, the nearest in that direction; None where there is none.

    Left and Right stay beside it; Up and Down find what lies aside, too.
    """
    here = bodies[id]
    found = [other for other in among if other != id and _is_towards(here, bodies[other], way)]
    return min(found, key=lambda other: _apart(here, bodies[other]), default=None)


def _is_towards(here: QRectF, other: QRectF, way: Way) -> bool:
    if way in (Way.LEFT, Way.RIGHT):
        beside = other.top() < here.bottom() and here.top() < other.bottom()
        dx = other.center().x() - here.center().x()
        return beside and (dx < 0 if way is Way.LEFT else dx > 0)
    dy = other.center().y() - here.center().y()
    return dy < 0 if way is Way.UP else dy > 0


def _apart(here: QRectF, other: QRectF) -> float:
    step = other.center() - here.center()
    return abs(step.x()) + abs(step.y())


def nearer(bodies: Mapping[str, QRectF], id: str, *others: str | None) -> str | None:
    """Of these, as far as there are any, the one nearest to `id`."""
    there = [other for other in others if other is not None]
    return min(there, key=lambda other: _apart(bodies[id], bodies[other]), default=None)


def first(architecture: Architecture) -> str | None:
    """The block a first key press selects: the head of the flow."""
    order, cyclic = architecture.topology.order, architecture.topology.cyclic
    return next(iter([*order, *cyclic]), None)


def last(architecture: Architecture) -> str | None:
    """The end of the flow: the Output where there is one."""
    order, cyclic = architecture.topology.order, architecture.topology.cyclic
    ends = [id for id in order if architecture.blocks[id].spec.kind == "Output"]
    return next(iter([*ends, *reversed([*order, *cyclic])]), None)


def _lies(here: Block, other: Block, way: Way) -> bool:
    dx, dy = other.position[0] - here.position[0], other.position[1] - here.position[1]
    if way is Way.LEFT:
        return dx < 0 and abs(dy) < CARD_HEIGHT
    if way is Way.RIGHT:
        return dx > 0 and abs(dy) < CARD_HEIGHT
    return dy >= CARD_HEIGHT if way is Way.DOWN else dy <= -CARD_HEIGHT


def _nearest(here: Block, others: Iterable[Block]) -> str | None:
    ranked = sorted(others, key=lambda b: _distance(here, b))
    return ranked[0].id if ranked else None


def _distance(here: Block, other: Block) -> float:
    return abs(here.position[0] - other.position[0]) + abs(here.position[1] - other.position[1]) / ROW
