"""Making room on the canvas and closing gaps. What is drawn moves as a whole: a group with all that lies in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.placing.folding import groups_of
from cnnstudio.core.placing.frames import Box, Place, around, card_box, places
from cnnstudio.core.placing.layout import CARD_HEIGHT, GAP_X, GAP_Y, ROW

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from cnnstudio.core.architecture import Architecture, Group

NEAR = 8.0
"""Frames and cards that come nearer than this to each other are in each other's way."""


class Thing(NamedTuple):
    """What moves as one: a block, or a group that nothing is done in."""

    blocks: frozenset[str]
    box: Box


def things(
    architecture: Architecture,
    *,
    entered: Collection[str] = (),
    without: Collection[str] = (),
    hidden: bool = False,
) -> list[Thing]:
    """What lies on the canvas besides the blocks `without`. Groups move as a whole, but for those `entered`.

    Where something is done within a closed group, only what lies in that one counts: around it nothing changes. Not
    so with `hidden`: then all of it is listed.
    """
    groups = architecture.groups
    lie = places(architecture)
    closed = [groups[id] for id in entered if groups[id].closed and not hidden]
    scope = max(closed, key=lambda g: len(g.blocks)).blocks if closed else architecture.blocks.keys()
    taken = set(without)
    found: list[Thing] = []
    for group in sorted(groups.values(), key=lambda g: -len(g.blocks)):
        if group.id not in entered and group.blocks <= scope and taken.isdisjoint(group.blocks):
            taken.update(group.blocks)
            found.append(Thing(group.blocks, occupied(group, lie)))
    loose = scope - taken
    found += (Thing(frozenset((b.id,)), card_box(b.position)) for b in architecture.blocks.values() if b.id in loose)
    return found


def occupied(group: Group, lie: Mapping[str, Place]) -> Box:
    """The room that a group takes as it is: its frame, or its card."""
    return card_box(lie[group.id].card) if group.closed else lie[group.id].frame


def shifted(architecture: Architecture, moving: Iterable[Thing], dx: float = 0.0, dy: float = 0.0) -> Architecture:
    """These things so much further right and down."""
    if not dx and not dy:
        return architecture
    blocks = (architecture.blocks[id] for thing in moving for id in thing.blocks)
    return architecture.with_blocks(*(b.at(b.position[0] + dx, b.position[1] + dy) for b in blocks))


def place_below(architecture: Architecture, id: str, joined: Collection[str]) -> tuple[float, float]:
    """Where a block goes that follows the block `id` and joins these groups: below it, and below what it is not in."""
    left = [g for g in groups_of(architecture, id) if g.id not in joined]
    x, y = architecture.blocks[id].position
    if not left:
        return x, y + ROW
    lie = places(architecture)
    hidden = [g for g in left if g.closed]
    if hidden:
        x = lie[hidden[-1].id].card[0]
    return x, occupied(left[-1], lie).bottom + GAP_Y


def place_at(architecture: Architecture, id: str, joined: Collection[str]) -> tuple[float, float]:
    """Where the block `id` lies, or the group of it that is not among these."""
    left = [g for g in groups_of(architecture, id) if g.id not in joined]
    if not left:
        return architecture.blocks[id].position
    return places(architecture)[left[-1].id].card


def room_behind(
    architecture: Architecture, id: str, joined: Collection[str], top: float, along: str = ""
) -> Architecture:
    """Move what lies behind the block `id` down, so that it begins at `top` at the earliest.

    With `along`, a reader of it, only that one and what lies behind that: other branches stay where they are.
    """
    rest = things(architecture, entered=joined, without=(id,))
    later = architecture.downstream(along) | {along} if along else architecture.downstream(id)
    behind = [t for t in rest if not later.isdisjoint(t.blocks)]
    highest = min((t.box.top for t in behind), default=top)
    return shifted(architecture, behind, dy=max(0.0, top - highest))


def grown(architecture: Architecture, group: Group, old: float, new: float) -> Architecture:
    """The foot of a group has gone down from `old` to `new`: what lies below it goes down by as much.

    What stands beside it takes up some of that: see `shrunk`, which this undoes.
    """
    rest = _round(architecture, group)
    later = _behind(architecture, group.blocks)
    frame = places(architecture)[group.id].frame
    below = [t for t in rest if t.box.top >= old - 0.5]
    wanted = [
        t for t in below if not later.isdisjoint(t.blocks) or (t.box.left < frame.right and frame.left < t.box.right)
    ]
    first = min((t.box.top for t in wanted), default=None)
    if first is None:
        return architecture
    beside = max((t.box.bottom for t in rest if t.box.top < first), default=old)
    return shifted(architecture, [t for t in below if t.box.top >= first], dy=max(0.0, new - max(old, beside)))


def shrunk(architecture: Architecture, group: Group, old: float, new: float) -> Architecture:
    """The foot of a group goes up from `old` to `new`: what lies below goes up, as far as nothing stands beside."""
    rest = _round(architecture, group)
    below = [t for t in rest if t.box.top >= old - 0.5]
    beside = max((t.box.bottom for t in rest if t.box.top < old - 0.5), default=new)
    return shifted(architecture, below, dy=-max(0.0, old - max(new, beside)))


def cleared(architecture: Architecture, group: Group, old: Box) -> Architecture:
    """Move aside or down what a group is in the way of now that it is no longer where `old` is."""
    box = occupied(group, places(architecture))
    rest = _round(architecture, group)
    below = [t for t in rest if t.box.meets(box, NEAR) and t.box.top >= old.bottom - 0.5]
    if below:
        first = min(t.box.top for t in below)
        moving = [t for t in rest if t.box.top >= first]
        architecture = shifted(architecture, moving, dy=box.bottom + GAP_Y - first)
        rest = _round(architecture, group)
    middle = (old.left + old.right) / 2
    for way in (1, -1):
        hit = [t for t in rest if t.box.meets(box, NEAR) and _is_on(t.box, middle, way)]
        if not hit:
            continue
        if way > 0:
            edge = min(t.box.left for t in hit)
            moving, by = [t for t in rest if t.box.left >= edge], box.right + GAP_X - edge
        else:
            edge = max(t.box.right for t in hit)
            moving, by = [t for t in rest if t.box.right <= edge], box.left - GAP_X - edge
        architecture = shifted(architecture, moving, dx=by)
        rest = _round(architecture, group)
    return architecture


def settled(before: Architecture, after: Architecture, ids: Collection[str]) -> Architecture:
    """Let these groups, which have grown, push aside what they would lie on, the inner ones first."""
    groups = sorted((after.groups[id] for id in ids if id in after.groups), key=lambda g: len(g.blocks))
    lie = places(before)
    for group in groups:
        known = before.groups.get(group.id)
        if known is not None:
            old = occupied(known, lie)
        else:
            old = around(card_box(after.blocks[id].position) for id in group.blocks)
        after = cleared(after, group, old)
    return after


def closed_row(architecture: Architecture, row: Box, entered: Collection[str]) -> Architecture:
    """Move all that lies below an emptied row up by it; a row with something in it stays as it is."""
    rest = things(architecture, entered=entered)
    height = row.bottom - row.top + GAP_Y
    head, foot = row.top + CARD_HEIGHT - ROW / 2, row.bottom - CARD_HEIGHT + ROW / 2
    if any(t.box.top < foot and t.box.bottom > head for t in rest):
        return architecture
    return shifted(architecture, [t for t in rest if t.box.top > row.top], dy=-height)


def _is_on(box: Box, middle: float, way: int) -> bool:
    return ((box.left + box.right) / 2 >= middle) == (way > 0)


def _round(architecture: Architecture, group: Group) -> list[Thing]:
    wider = [g.id for g in architecture.groups.values() if g.blocks >= group.blocks]
    open_within = [id for id in wider if id != group.id]
    return things(architecture, entered=open_within, without=group.blocks)


def _behind(architecture: Architecture, ids: Collection[str]) -> set[str]:
    readers = architecture.topology.readers
    seen: set[str] = set()
    todo = [r for id in ids for r in readers[id]]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo.extend(readers[at])
    return seen.difference(ids)
