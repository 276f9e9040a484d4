"""Edits that put blocks in, take them out or let them change places."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of, check_new, rewired
from cnnstudio.core.following import left_to_follow
from cnnstudio.core.layout import ROW
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.catalogue import BlockSpec


def _make_room(architecture: Architecture, below: str, top: float, rows: int = 1) -> list[Block]:
    """Move all that lies behind `below` down so that `rows` cards fit from `top` on."""
    behind = [architecture.blocks[i] for i in architecture.downstream(below)]
    highest = min((b.position[1] for b in behind), default=None)
    if highest is None or highest >= top + rows * ROW:
        return []
    shift = top + rows * ROW - highest
    return [b.at(b.position[0], b.position[1] + shift) for b in behind]


def append_chain(
    architecture: Architecture, chain: Sequence[Block], after: str, position: tuple[float, float] | None = None
) -> Architecture:
    """Put new blocks, each to read the one before it, behind `after`, whose readers then read the last of them.

    Behind an Output means in front of it: nothing can follow an Output. `position` is the first card's.
    """
    anchor = block_of(architecture, after)
    if anchor.spec.kind == "Output":
        return _prepend_chain(architecture, chain, anchor, position)
    at = position or (anchor.position[0], anchor.position[1] + ROW)
    room = architecture.with_blocks(*_make_room(architecture, after, at[1], len(chain)))
    new = _column(chain, (after,), at)
    links = [b.id for b in new if b.spec.kind != "Output"]
    if not links:  # a dead end: it takes no reader away
        return room.with_blocks(*new)
    readers = (room.blocks[r] for r in room.topology.readers[after])
    return room.with_blocks(*(rewired(r, after, (links[-1],)) for r in readers), *new)


def _prepend_chain(
    architecture: Architecture, chain: Sequence[Block], output: Block, position: tuple[float, float] | None
) -> Architecture:
    at = position or output.position
    new = _column(chain, output.inputs, at)
    place = (output.position[0], at[1] + len(chain) * ROW)
    moved = dataclasses.replace(output, inputs=(new[-1].id,), position=place)
    return architecture.with_blocks(moved, *new)


def _column(chain: Sequence[Block], sources: tuple[str, ...], at: tuple[float, float]) -> list[Block]:
    """The blocks below each other, each reading the one before, the first one `sources`."""
    column: list[Block] = []
    for row, block in enumerate(chain):
        column.append(dataclasses.replace(block, inputs=sources, position=(at[0], at[1] + row * ROW)))
        sources = (block.id,)
    return column


@dataclass(frozen=True, kw_only=True)
class AddBlock(ArchitectureEdit):
    """Put a block behind `after`, whose readers then read the new block; or, without `after`, unconnected."""

    spec: BlockSpec
    id: str
    after: str | None = None
    position: tuple[float, float] | None = None
    follows: bool = True
    """Whether values left at their default follow the design, where they can."""

    @property
    def label(self) -> str:
        """Add and the block's title."""
        return f"Add {self.spec.title.lower()}"

    def change(self, architecture: Architecture) -> Architecture:
        """Behind an Output means in front of it: nothing can follow an Output."""
        check_new(architecture, self.id)
        if self.spec.kind == "Input" or (self.spec.kind == "Output" and _outputs(architecture)):
            raise EditError(f"An architecture has one {self.spec.title} block, and this one has it already.")
        if self.after is None:
            new = _new(self, (), self.position or _free_place(architecture))
            return architecture.with_blocks(new)
        anchor = block_of(architecture, self.after)
        if anchor.spec.max_inputs == 0 and self.spec.max_inputs == 0:
            raise EditError(f"{self.spec.title} takes no input, so it cannot follow {anchor.spec.title}.")
        return append_chain(architecture, (_new(self),), self.after, self.position)


def _new(
    edit: AddBlock | InsertBlock, inputs: tuple[str, ...] = (), position: tuple[float, float] = (0.0, 0.0)
) -> Block:
    follows: frozenset[str] = left_to_follow(edit.spec) if edit.follows else frozenset()
    return Block(edit.id, edit.spec, inputs, position, follows=follows)


def _outputs(architecture: Architecture) -> list[Block]:
    return [b for b in architecture.blocks.values() if b.spec.kind == "Output"]


def _free_place(architecture: Architecture) -> tuple[float, float]:
    lowest = max((b.position[1] for b in architecture.blocks.values()), default=-ROW)
    return (0.0, lowest + ROW)


@dataclass(frozen=True, kw_only=True)
class InsertBlock(ArchitectureEdit):
    """Put a block on the edge from `source` to `target`."""

    spec: BlockSpec
    id: str
    source: str
    target: str
    position: tuple[float, float] | None = None
    follows: bool = True
    """Whether values left at their default follow the design, where they can."""

    @property
    def label(self) -> str:
        """Insert and the block's title."""
        return f"Insert {self.spec.title.lower()}"

    def change(self, architecture: Architecture) -> Architecture:
        """Only this edge is rewired; other readers of `source` stay."""
        check_new(architecture, self.id)
        source, target = block_of(architecture, self.source), block_of(architecture, self.target)
        if self.source not in target.inputs:
            raise EditError(f'There is no connection from "{self.source}" to "{self.target}".')
        if self.spec.max_inputs == 0 or self.spec.kind == "Output":
            raise EditError(f"{self.spec.title} cannot stand between two blocks.")
        at = self.position
        if at is None:
            at = (source.position[0], source.position[1] + ROW)
            if len(target.inputs) > 1 or source.position[0] != target.position[0]:
                at = (target.position[0], target.position[1])
        room = architecture.with_blocks(*_make_room(architecture, source.id, at[1]))
        moved = rewired(room.blocks[self.target], self.source, (self.id,))
        return room.with_blocks(moved, _new(self, (self.source,), at))


@dataclass(frozen=True, kw_only=True)
class RemoveBlocks(ArchitectureEdit):
    """Take blocks away and heal the chain: what read a removed block reads what that block read."""

    ids: tuple[str, ...]
    verb: str = "Remove"
    """What the person did: cutting removes too."""

    @property
    def label(self) -> str:
        """The verb and the id, or how many."""
        return f"{self.verb} {self.ids[0]}" if len(self.ids) == 1 else f"{self.verb} {len(self.ids)} blocks"

    def change(self, architecture: Architecture) -> Architecture:
        """The Input stays: an architecture without one has no shape to start from."""
        for id in self.ids:
            block_of(architecture, id)
        gone = [id for id in self.ids if id != INPUT]
        if not gone:
            if self.ids:
                raise EditError("The Input block cannot be removed: every architecture starts from it.")
            return architecture
        blocks = dict(architecture.blocks)
        for id in gone:
            removed = blocks.pop(id)
            for reader in blocks.values():
                if id in reader.inputs:
                    blocks[reader.id] = _healed(reader, removed)
        left = architecture.made_of(blocks.values())
        for top in sorted((architecture.blocks[id].position[1] for id in gone), reverse=True):
            left = _close_row(left, top)
        return left


def _close_row(architecture: Architecture, top: float) -> Architecture:
    """Move all that lies below an empty row up by one row; a row with a card in it stays as it is."""
    blocks = architecture.blocks.values()
    if any(abs(b.position[1] - top) < ROW / 2 for b in blocks):
        return architecture
    below = [b for b in blocks if b.position[1] > top]
    if any(b.position[1] - ROW < top - ROW / 2 for b in below):
        return architecture
    moved = (b.at(b.position[0], b.position[1] - ROW) for b in below)
    return architecture.with_blocks(*moved)


def _healed(reader: Block, removed: Block) -> Block:
    heirs = tuple(i for i in removed.inputs if i != reader.id)
    healed = rewired(reader, removed.id, heirs)
    most = reader.spec.max_inputs
    return healed if most is None else dataclasses.replace(healed, inputs=healed.inputs[:most])


@dataclass(frozen=True, kw_only=True)
class ReorderBlock(ArchitectureEdit):
    """Let a block change places with its neighbour in the chain: `by` is -1 for up, 1 for down."""

    id: str
    by: int

    @property
    def label(self) -> str:
        """Move up or down, with the id."""
        return f"Move {self.id} {'up' if self.by < 0 else 'down'}"

    def change(self, architecture: Architecture) -> Architecture:
        """Both must be links of a plain chain: one input each and, between them, one reader."""
        block = block_of(architecture, self.id)
        readers = architecture.topology.readers
        if self.by < 0:
            upper = architecture.blocks.get(block.inputs[0]) if len(block.inputs) == 1 else None
            lower: Block | None = block
        else:
            upper = block
            lower = architecture.blocks[readers[self.id][0]] if len(readers[self.id]) == 1 else None
        way = "up" if self.by < 0 else "down"
        if upper is None or lower is None:
            raise EditError(f"{self.id} has no single neighbour to change places with; reconnect it by its ports.")
        if upper.spec.max_inputs == 0 or lower.spec.kind == "Output":
            end = upper if upper.spec.max_inputs == 0 else lower
            raise EditError(f"{self.id} cannot move {way}: {end.spec.title} keeps its place at the end of the network.")
        if len(upper.inputs) != 1 or len(lower.inputs) != 1 or readers[upper.id] != (lower.id,):
            raise EditError(f"{self.id} cannot move {way} past a branch or a merge; reconnect it by its ports.")
        behind = (rewired(architecture.blocks[r], lower.id, (upper.id,)) for r in readers[lower.id])
        return architecture.with_blocks(
            *behind,
            dataclasses.replace(lower, inputs=upper.inputs, position=upper.position),
            dataclasses.replace(upper, inputs=(lower.id,), position=lower.position),
        )


def add_block(architecture: Architecture, kind: str, after: str | None = None) -> AddBlock:
    """The edit that adds a block of that kind with its declared defaults."""
    return AddBlock(spec=spec_class(kind)(), id=architecture.new_id(kind), after=after)
