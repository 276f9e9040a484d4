"""How new blocks enter the flow: behind a block, on an edge or beside the others; and the groups that they join."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.edits.base import EditError, block_of, rewired
from cnnstudio.core.placing.folding import groups_of, groups_round
from cnnstudio.core.placing.frames import around, card_box, plan
from cnnstudio.core.placing.layout import ROW
from cnnstudio.core.placing.room import place_at, place_below, room_behind, settled

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cnnstudio.core.architecture import Architecture, Block, Group


class Strand(NamedTuple):
    """New blocks that go into the flow together: it enters at one of them and leaves at one."""

    blocks: Sequence[Block]
    """With the connections among them, in places relative to each other."""
    entry: str
    exit: str
    """"" where the flow ends: nothing can read an Output."""
    head: tuple[float, float] = (0.0, 0.0)
    """What comes to lie where the strand is put: the top, and the column in which it is entered."""
    height: float = float(ROW)
    """How far below the head the next card goes."""
    groups: Sequence[Group] = ()


def column(chain: Sequence[Block]) -> Strand:
    """The blocks below each other, each to read the one before it."""
    placed: list[Block] = []
    for row, block in enumerate(chain):
        inputs = (placed[-1].id,) if placed else ()
        placed.append(dataclasses.replace(block, inputs=inputs, position=(0.0, float(row * ROW))))
    links = [b.id for b in chain if b.spec.kind != "Output"]
    return Strand(placed, placed[0].id, links[-1] if links else "", height=float(len(placed) * ROW))


def put_behind(
    architecture: Architecture, strand: Strand, after: str, position: tuple[float, float] | None = None
) -> Architecture:
    """Put new blocks behind `after`, whose readers then read the last of them.

    Behind an Output means in front of it: nothing can follow an Output. `position` is the head's. They join the open
    groups that `after` is in, and closed ones where they come to lie between their blocks.
    """
    anchor = block_of(architecture, after)
    if anchor.spec.kind == "Output":
        return _put_before(architecture, strand, anchor, position)
    readers = architecture.topology.readers[after]
    joined = _joined(architecture, after, readers)
    at = position or place_below(architecture, after, joined)
    room = room_behind(architecture, after, joined, at[1] + strand.height)
    new = _placed(strand, (after,), at)
    if strand.exit:  # a dead end takes no reader away
        new += [rewired(room.blocks[r], after, (strand.exit,)) for r in readers]
    return in_groups(architecture, room.with_blocks(*new), strand.blocks, strand.groups, joined)


def _put_before(
    architecture: Architecture, strand: Strand, output: Block, position: tuple[float, float] | None
) -> Architecture:
    at = position or output.position
    below = (output.position[0], at[1] + strand.height)
    moved = dataclasses.replace(output, inputs=(strand.exit,), position=below)
    made = architecture.with_blocks(moved, *_placed(strand, output.inputs, at))
    return in_groups(architecture, made, strand.blocks, strand.groups)


def put_between(
    architecture: Architecture, strand: Strand, edge: tuple[str, str], position: tuple[float, float] | None = None
) -> Architecture:
    """Put new blocks on the edge (source, target), in the groups that hold both. Other readers of `source` stay."""
    source, target = block_of(architecture, edge[0]), block_of(architecture, edge[1])
    if source.id not in target.inputs:
        raise EditError(f'There is no connection from "{source.id}" to "{target.id}".')
    joined = [g.id for g in groups_round(architecture, edge)]
    at = position or place_below(architecture, source.id, joined)
    if position is None and (len(target.inputs) > 1 or source.position[0] != target.position[0]):
        at = place_at(architecture, target.id, joined)
    room = room_behind(architecture, source.id, joined, at[1] + strand.height, along=target.id)
    reader = rewired(room.blocks[target.id], source.id, (strand.exit,))
    made = room.with_blocks(reader, *_placed(strand, (source.id,), at))
    return in_groups(architecture, made, strand.blocks, strand.groups, joined)


def _placed(strand: Strand, sources: tuple[str, ...], at: tuple[float, float]) -> list[Block]:
    dx, dy = at[0] - strand.head[0], at[1] - strand.head[1]
    moved = (b.at(b.position[0] + dx, b.position[1] + dy) for b in strand.blocks)
    return [dataclasses.replace(b, inputs=sources) if b.id == strand.entry else b for b in moved]


def _joined(architecture: Architecture, after: str, readers: Sequence[str]) -> list[str]:
    """Groups that a block behind `after` comes to lie in."""
    open_ones = open_round(architecture, [after])
    return [g.id for g in groups_of(architecture, after) if g.id in open_ones or not g.blocks.isdisjoint(readers)]


def open_round(architecture: Architecture, ids: Collection[str]) -> list[str]:
    """The groups round these blocks whose frames are in sight, the innermost first."""
    round_them = groups_round(architecture, ids)
    hidden = max((at for at, g in enumerate(round_them) if g.closed), default=-1)
    return [g.id for g in round_them[hidden + 1 :]]


def in_groups(
    before: Architecture,
    made: Architecture,
    blocks: Sequence[Block],
    groups: Sequence[Group] = (),
    joined: Collection[str] = (),
) -> Architecture:
    """Enter new blocks in the groups `joined`, and their own `groups` in the architecture; all get their room."""
    if not joined and not groups:
        return made
    new = frozenset(b.id for b in blocks if b.spec.kind not in ("Input", "Output"))
    wider = (dataclasses.replace(g, blocks=g.blocks | new) if g.id in joined else g for g in made.groups.values())
    return settled(before, made.with_groups([*wider, *groups]), joined)


def put_at(
    architecture: Architecture, blocks: Sequence[Block], groups: Sequence[Group] = (), joined: Collection[str] = ()
) -> Architecture:
    """Put blocks where they say, unconnected to others; where all lie in the frame of a group, they join that, too."""
    made = architecture.with_blocks(*blocks)
    if architecture.groups and blocks:
        room = around(card_box(b.position) for b in blocks)
        frames = plan(architecture).frames.items()
        joined = {*joined, *(id for id, frame in frames if frame == around([room, frame]))}
    return in_groups(architecture, made, blocks, groups, joined)
