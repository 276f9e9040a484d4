"""Taking cards into a group and out of it, by putting them there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of
from cnnstudio.core.edits.groups import between, group_of
from cnnstudio.core.edits.values import MoveBlocks
from cnnstudio.core.placing.beside import along
from cnnstudio.core.placing.room import settled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.architecture import Architecture, Group


@dataclass(frozen=True, kw_only=True)
class MoveBetweenGroups(ArchitectureEdit):
    """Put cards in other places on the canvas, and their blocks in another group."""

    positions: Mapping[str, tuple[float, float]]
    """As of MoveBlocks."""
    ids: frozenset[str]
    """The blocks that change their group. Groups that lie wholly among them come along."""
    group: str
    """Where they go; "" for no group."""
    name: str = ""
    """Of that group, or of the one that they leave; for the label."""

    @property
    def label(self) -> str:
        """Move, what, and into or out of what."""
        what = min(self.ids) if len(self.ids) == 1 else f"{len(self.ids):,} blocks"
        return f'Move {what} {"into" if self.group else "out of"} "{self.name or self.group}"'

    def change(self, architecture: Architecture) -> Architecture:
        """A group that grows pushes aside what it would lie on. Raises EditError where `why_not_move` says why."""
        reason = why_not_move(architecture, self.ids, self.group)
        if reason:
            raise EditError(reason)
        moved = MoveBlocks(positions=self.positions).change(architecture)
        made = _regrouped(moved, self.ids, self.group)
        wider = [id for id, g in made.groups.items() if len(g.blocks) > len(moved.groups[id].blocks)]
        return along(architecture, settled(moved, made, wider))


def why_not_move(architecture: Architecture, ids: frozenset[str], group: str) -> str:
    """Why these blocks cannot change to that group, or out of all with ""; a sentence, "" where they can."""
    fixed = sorted(id for id in ids if block_of(architecture, id).spec.kind in ("Input", "Output"))
    if fixed:
        return f"{fixed[0]} cannot be grouped: Input and Output stay outside groups."
    if group and group_of(architecture, group).blocks <= ids:
        return f'"{architecture.groups[group].name}" cannot be moved into itself.'
    made = _regrouped(architecture, ids, group)
    for after in made.groups.values():
        if after.blocks == architecture.groups[after.id].blocks:
            continue
        if any(other.blocks == after.blocks for other in made.groups.values() if other.id != after.id):
            return f'The group "{after.name}" would have the same blocks as another one.'
        missing = between(made, after.blocks)
        if missing:
            return f'{min(missing)} lies between the blocks of "{after.name}": it stays in one piece.'
    return ""


def _regrouped(architecture: Architecture, ids: frozenset[str], group: str) -> Architecture:
    homes = {g.id for g in architecture.groups.values() if group and g.blocks >= group_of(architecture, group).blocks}
    return architecture.with_groups(_changed(g, ids, joins=g.id in homes) for g in architecture.groups.values())


def _changed(group: Group, ids: frozenset[str], *, joins: bool) -> Group:
    if joins:
        return dataclasses.replace(group, blocks=group.blocks | ids)
    if group.blocks.isdisjoint(ids) or group.blocks <= ids:
        return group
    return dataclasses.replace(group, blocks=group.blocks - ids)
