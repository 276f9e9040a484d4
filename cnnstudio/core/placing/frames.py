"""Where groups lie on the canvas: an open one as a frame round its members, a closed one as a card in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.placing.folding import Folded, fold
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, FRAME_FOOT, FRAME_HEAD, FRAME_SIDE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cnnstudio.core.architecture import Architecture, Group


class Box(NamedTuple):
    """A rectangle on the canvas, in canvas pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, margin: float = 0.0) -> bool:
        """Whether the two come nearer than `margin`; touching alone does not count."""
        return (
            self.left < other.right + margin
            and other.left < self.right + margin
            and self.top < other.bottom + margin
            and other.top < self.bottom + margin
        )


def card_box(place: tuple[float, float]) -> Box:
    """The room of a card whose top-left corner lies there."""
    x, y = place
    return Box(x, y, x + CARD_WIDTH, y + CARD_HEIGHT)


def around(boxes: Iterable[Box]) -> Box:
    """The smallest box round them. There must be one at least."""
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return Box(min(lefts), min(tops), max(rights), max(bottoms))


def inside(frame: Box) -> Box:
    """The room within a frame, that of its members."""
    left, top, right, bottom = frame
    return Box(left + FRAME_SIDE, top + FRAME_HEAD, right - FRAME_SIDE, bottom - FRAME_FOOT)


class Place(NamedTuple):
    """Where a group lies: its frame while it is open, its card while it is closed."""

    frame: Box
    card: tuple[float, float]
    """Top-left corner of the card: at the top of the frame, in the column where the flow enters."""


def places(architecture: Architecture) -> dict[str, Place]:
    """Where each group lies, as a frame and as a card. What lies in it counts as it is drawn: open or closed."""
    blocks = architecture.blocks
    held = {id for group in architecture.groups.values() for id in group.blocks}
    holder = {id: id for id in held}
    boxes = {id: card_box(blocks[id].position) for id in held}
    column = {id: blocks[id].position[0] for id in held}
    found: dict[str, Place] = {}
    for group in sorted(architecture.groups.values(), key=lambda g: len(g.blocks)):  # inner ones first
        parts = {holder[id] for id in group.blocks}
        inner = around(boxes[part] for part in parts)
        heads = [column[part] for part in parts if boxes[part].top < inner.top + CARD_HEIGHT / 2]
        frame = Box(
            inner.left - FRAME_SIDE, inner.top - FRAME_HEAD, inner.right + FRAME_SIDE, inner.bottom + FRAME_FOOT
        )
        place = Place(frame, (sum(heads) / len(heads), frame.top))
        found[group.id] = place
        column[group.id] = place.card[0]
        boxes[group.id] = card_box(place.card) if group.closed else frame
        holder.update(dict.fromkeys(group.blocks, group.id))
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is drawn, with its places."""

    folded: Folded
    cards: Mapping[str, tuple[float, float]]
    """Node -> top-left corner of its card."""
    frames: Mapping[str, Box]
    """Open groups in sight -> their frames, outer ones first."""


def plan(architecture: Architecture) -> Plan:
    """What is drawn of an architecture, and where."""
    folded = fold(architecture)
    lie = places(architecture)
    blocks = architecture.blocks
    cards = {node: blocks[node].position if node in blocks else lie[node].card for node in folded.nodes}
    in_sight = [g for g in architecture.groups.values() if not g.closed and not _is_covered(architecture, folded, g)]
    frames = {g.id: lie[g.id].frame for g in sorted(in_sight, key=_smallness)}
    return Plan(folded, cards, frames)


def borders(drawn: Plan, architecture: Architecture) -> dict[tuple[str, str], tuple[float, ...]]:
    """Edge -> the heights at which it leaves and enters frames, for those that do."""
    if not drawn.frames:
        return {}
    holders: dict[str, set[str]] = {}
    for id in drawn.frames:
        for block in architecture.groups[id].blocks:
            holders.setdefault(drawn.folded.node_of[block], set()).add(id)
    none: set[str] = set()
    found = {}
    for source, target in drawn.folded.edges:
        left, entered = holders.get(source, none), holders.get(target, none)
        if left != entered:
            out = [drawn.frames[id].bottom for id in left - entered]
            found[source, target] = tuple(sorted([*out, *(drawn.frames[id].top for id in entered - left)]))
    return found


def _is_covered(architecture: Architecture, folded: Folded, group: Group) -> bool:
    """Whether it lies within a closed group."""
    node = folded.node_of[next(iter(group.blocks))]
    return node in architecture.groups and architecture.groups[node].blocks >= group.blocks


def _smallness(group: Group) -> int:
    return -len(group.blocks)
