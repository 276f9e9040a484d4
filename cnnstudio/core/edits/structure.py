"""Edits that put blocks in, take them out or let them change places."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of, check_new, check_room, rewired
from cnnstudio.core.edits.strands import column, put_at, put_behind, put_between
from cnnstudio.core.following import left_to_follow
from cnnstudio.core.placing.beside import along
from cnnstudio.core.placing.folding import groups_of
from cnnstudio.core.placing.layout import GAP_Y
from cnnstudio.core.placing.room import Thing, closed_row, things
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Collection

    from cnnstudio.core.catalogue import BlockSpec


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
        check_room(architecture)
        if self.spec.kind == "Input" or (self.spec.kind == "Output" and _outputs(architecture)):
            raise EditError(f"An architecture has one {self.spec.title} block, and this one has it already.")
        if self.after is None:
            return put_at(architecture, [_new(self, self.position or _free_place(architecture))])
        anchor = block_of(architecture, self.after)
        if anchor.spec.max_inputs == 0 and self.spec.max_inputs == 0:
            raise EditError(f"{self.spec.title} takes no input, so it cannot follow {anchor.spec.title}.")
        return along(architecture, put_behind(architecture, column([_new(self)]), self.after, self.position))


def _new(edit: AddBlock | InsertBlock, position: tuple[float, float] = (0.0, 0.0)) -> Block:
    follows: frozenset[str] = left_to_follow(edit.spec) if edit.follows else frozenset()
    return Block(edit.id, edit.spec, (), position, follows=follows)


def _outputs(architecture: Architecture) -> list[Block]:
    return [b for b in architecture.blocks.values() if b.spec.kind == "Output"]


def _free_place(architecture: Architecture) -> tuple[float, float]:
    lowest = max((t.box.bottom for t in things(architecture)), default=-float(GAP_Y))
    return (0.0, lowest + GAP_Y)


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
        check_room(architecture)
        if self.source not in block_of(architecture, self.target).inputs:
            raise EditError(f'There is no connection from "{self.source}" to "{self.target}".')
        if self.spec.max_inputs == 0 or self.spec.kind == "Output":
            raise EditError(f"{self.spec.title} cannot stand between two blocks.")
        edge = (self.source, self.target)
        return along(architecture, put_between(architecture, column([_new(self)]), edge, self.position))


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
        for thing in sorted(_whole(architecture, gone), key=_top, reverse=True):
            entered = [g.id for g in groups_of(architecture, next(iter(thing.blocks))) if g.id in left.groups]
            left = closed_row(left, thing.box, entered)
        return along(architecture, left)


def _whole(architecture: Architecture, ids: Collection[str]) -> list[Thing]:
    """These blocks as they are drawn: groups that lie wholly among them count as one."""
    cut = [g.id for g in architecture.groups.values() if not g.blocks.issubset(ids)]
    others = architecture.blocks.keys() - set(ids)
    return things(architecture, entered=cut, without=others, hidden=True)


def _top(thing: Thing) -> float:
    return thing.box.top


def _healed(reader: Block, removed: Block) -> Block:
    heirs = tuple(i for i in removed.inputs if i != reader.id)
    healed = rewired(reader, removed.id, heirs)
    most = reader.spec.max_inputs
    return healed if most is None else dataclasses.replace(healed, inputs=healed.inputs[:most])


def add_block(architecture: Architecture, kind: str, after: str | None = None) -> AddBlock:
    """The edit that adds a block of that kind with its declared defaults."""
    return AddBlock(spec=spec_class(kind)(), id=architecture.new_id(kind), after=after)
