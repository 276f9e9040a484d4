"""Edits that put blocks into groups, take groups apart, open and close them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.architecture import Architecture, Group
from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of, check_new
from cnnstudio.core.formats.block_records import MAX_GROUP_NAME
from cnnstudio.core.placing.beside import along
from cnnstudio.core.placing.frames import card_box, inside, places
from cnnstudio.core.placing.layout import CARD_HEIGHT, FRAME_HEAD
from cnnstudio.core.placing.room import cleared, grown, settled, shrunk

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, kw_only=True)
class GroupBlocks(ArchitectureEdit):
    """Put blocks under one name, in an open group. `group_blocks` makes this edit from a selection."""

    ids: frozenset[str]
    name: str
    id: str
    between: int = 0
    """How many of them were not asked for but lie between those that were; for the label."""

    @property
    def label(self) -> str:
        """Group, how many blocks, and how many of them were taken along."""
        what = "1 block" if len(self.ids) == 1 else f"{len(self.ids):,} blocks"
        return f"Group {what}" + (f", {self.between:,} of them in between" if self.between else "")

    def change(self, architecture: Architecture) -> Architecture:
        """The frame gets its room: members move down below its title, and what lies below them moves on."""
        check_new(architecture, self.id)
        name = checked_name(self.name)
        for id in sorted(self.ids):
            if block_of(architecture, id).spec.kind in ("Input", "Output"):
                raise EditError(f"{id} cannot be grouped: Input and Output stay outside groups.")
        if not self.ids:
            raise EditError("There is nothing to group: select blocks other than Input and Output.")
        _check_nesting(architecture, self.ids)
        missing = between(architecture, self.ids)
        if missing:
            raise EditError(f"{min(missing)} lies between the blocks of this group: take it in, too.")
        return along(architecture, _framed(architecture, Group(self.id, name, self.ids)))


def _framed(architecture: Architecture, group: Group) -> Architecture:
    made = architecture.with_groups([*architecture.groups.values(), group])
    bare = inside(places(made)[group.id].frame)
    members = (made.blocks[id] for id in group.blocks)
    made = made.with_blocks(*(b.at(b.position[0], b.position[1] + FRAME_HEAD) for b in members))
    made = grown(made, group, bare.bottom, places(made)[group.id].frame.bottom)
    made = cleared(made, group, bare)
    return settled(architecture, made, wider(made, group))


def group_blocks(architecture: Architecture, ids: Collection[str], name: str = "") -> GroupBlocks:
    """The edit that groups a selection, as a person means it.

    Input and Output stay outside; blocks between the selected ones come along, and so do groups that those are in.
    Raises EditError where there is nothing to group or a group would be cut in two.
    """
    asked = {id for id in ids if block_of(architecture, id).spec.kind not in ("Input", "Output")}
    for group in architecture.groups.values():
        _check_pair(group, frozenset(asked))
    held = set(asked)
    while more := between(architecture, held):
        held |= more
        for group in architecture.groups.values():
            if not group.blocks.isdisjoint(more) and not group.blocks >= held:
                held |= group.blocks
    new = architecture.new_id("group")
    title = name or f"Group {new.rpartition('_')[2]}"
    return GroupBlocks(ids=frozenset(held), name=title, id=new, between=len(held) - len(asked))


def between(architecture: Architecture, ids: Collection[str]) -> set[str]:
    """Blocks outside through which the flow goes from one of these blocks to another."""
    readers = architecture.topology.readers
    below = _reached(ids, readers)
    above = _reached(ids, {id: b.inputs for id, b in architecture.blocks.items()})
    return (below & above).difference(ids)


def _reached(ids: Collection[str], steps: Mapping[str, tuple[str, ...]]) -> set[str]:
    seen: set[str] = set()
    todo = [at for id in ids for at in steps[id]]
    while todo:
        at = todo.pop()
        if at not in seen and at in steps:
            seen.add(at)
            todo.extend(steps[at])
    return seen


def _check_nesting(architecture: Architecture, ids: frozenset[str]) -> None:
    for group in architecture.groups.values():
        if group.blocks == ids:
            raise EditError(f'These blocks are the group "{group.name}" already: rename it instead.')
        _check_pair(group, ids)


def _check_pair(group: Group, ids: frozenset[str]) -> None:
    shared = len(group.blocks & ids)
    if shared and shared < len(group.blocks) and not group.blocks >= ids:
        raise EditError(
            f'The group "{group.name}" would be cut in two: select all {len(group.blocks):,} of its blocks, or none.'
        )


def checked_name(name: str) -> str:
    """A group's name as it is kept. Raises EditError."""
    kept = " ".join(name.split())
    if not 1 <= len(kept) <= MAX_GROUP_NAME:
        raise EditError(f"A group's name has 1 to {MAX_GROUP_NAME} characters, not {len(kept):,}.")
    return kept


def wider(architecture: Architecture, group: Group) -> list[str]:
    """Ids of the groups that a group lies in."""
    return [g.id for g in architecture.groups.values() if g.blocks > group.blocks]


def group_of(architecture: Architecture, id: str) -> Group:
    """The group of that id. Raises EditError."""
    if id not in architecture.groups:
        raise EditError(f'There is no group "{id[:60]}" in this architecture.')
    return architecture.groups[id]


def replaced(architecture: Architecture, group: Group) -> Architecture:
    """The architecture with this group in the place of the one with its id."""
    return architecture.with_groups(group if g.id == group.id else g for g in architecture.groups.values())


@dataclass(frozen=True, kw_only=True)
class Ungroup(ArchitectureEdit):
    """Take a group apart; its blocks stay, in the group that it was in."""

    id: str
    name: str = ""
    """For the label."""

    @property
    def label(self) -> str:
        """Ungroup and the name."""
        return f'Ungroup "{self.name or self.id}"'

    def change(self, architecture: Architecture) -> Architecture:
        """What lies below takes the room of the title; a closed group is opened first."""
        architecture = SetGroupClosed(id=self.id, closed=False).change(architecture)
        group = group_of(architecture, self.id)
        frame = places(architecture)[group.id].frame
        members = (architecture.blocks[id] for id in group.blocks)
        moved = architecture.with_blocks(*(b.at(b.position[0], b.position[1] - FRAME_HEAD) for b in members))
        moved = shrunk(moved, group, frame.bottom, inside(frame).bottom - FRAME_HEAD)
        return along(architecture, moved.with_groups(g for g in moved.groups.values() if g.id != self.id))


@dataclass(frozen=True, kw_only=True)
class RenameGroup(ArchitectureEdit):
    """Give a group another name."""

    id: str
    name: str
    words: str = ""
    """For the label, of a gesture that began with something else."""

    @property
    def label(self) -> str:
        """Those words, else rename; with the new name."""
        return f'{self.words or "Rename group to"} "{" ".join(self.name.split())}"'

    def change(self, architecture: Architecture) -> Architecture:
        """Two groups may have the same name."""
        group, name = group_of(architecture, self.id), checked_name(self.name)
        if group.name == name:
            return architecture
        return replaced(architecture, dataclasses.replace(group, name=name))


@dataclass(frozen=True, kw_only=True)
class SetGroupClosed(ArchitectureEdit):
    """Show a group as one card, or open it."""

    id: str
    closed: bool
    name: str = ""
    """For the label."""

    @property
    def label(self) -> str:
        """Open or close, and the name."""
        return f'{"Close" if self.closed else "Open"} "{self.name or self.id}"'

    def change(self, architecture: Architecture) -> Architecture:
        """What lies below moves up into the room that is freed; opening moves it down and aside again."""
        group = group_of(architecture, self.id)
        if group.closed == self.closed:
            return architecture
        lie = places(architecture)[group.id]
        card = lie.card[1] + CARD_HEIGHT
        after = dataclasses.replace(group, closed=self.closed)
        changed = replaced(architecture, after)
        if self.closed:
            changed = shrunk(changed, after, lie.frame.bottom, card)
            changed = cleared(changed, after, lie.frame)
        else:
            changed = grown(changed, after, card, lie.frame.bottom)
            changed = cleared(changed, after, card_box(lie.card))
        return along(architecture, settled(architecture, changed, wider(changed, after)))
