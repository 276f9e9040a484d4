"""The edit that lets a block, or a closed group, change places with its neighbour in the chain."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.edits.base import ArchitectureEdit, EditError, block_of, rewired
from cnnstudio.core.placing.folding import Folded, ways
from cnnstudio.core.placing.frames import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.architecture import Architecture, Group


class _Link(NamedTuple):
    """One card of a chain: the connections that come in, and those that go out."""

    node: str
    blocks: tuple[str, ...]
    into: tuple[tuple[str, str], ...]
    out: tuple[tuple[str, str], ...]


def _link(architecture: Architecture, folded: Folded, node: str) -> _Link:
    ids = folded.nodes[node]
    held, readers = frozenset(ids), architecture.topology.readers
    into = tuple((s, id) for id in ids for s in architecture.blocks[id].inputs if s not in held)
    return _Link(node, ids, into, tuple((id, r) for id in ids for r in readers[id] if r not in held))


@dataclass(frozen=True, kw_only=True)
class ReorderBlock(ArchitectureEdit):
    """Let a block, or a closed group, change places with its neighbour: `by` is -1 for up, 1 for down.

    They change places in groups, too: what moves past the edge of an open group leaves it, and the other joins.
    """

    id: str
    by: int

    @property
    def label(self) -> str:
        """Move up or down, with the id."""
        return f"Move {self.id} {self._way}"

    @property
    def _way(self) -> str:
        return "up" if self.by < 0 else "down"

    def change(self, architecture: Architecture) -> Architecture:
        """Both must be links of a plain chain: one input each and, between them, one reader."""
        if self.id not in architecture.groups:
            block_of(architecture, self.id)
        drawn = plan(architecture)
        folded = drawn.folded
        node = folded.node_of.get(self.id, self.id)
        if node not in folded.nodes:
            raise EditError(f"{self.id} is open: its blocks are moved one by one.")
        one = _link(architecture, folded, node)
        ends = one.into if self.by < 0 else one.out
        if len(ends) != 1:
            raise EditError(f"{self.id} has no single neighbour to change places with; reconnect it by its ports.")
        other = _link(architecture, folded, folded.node_of[ends[0][0 if self.by < 0 else 1]])
        upper, lower = (other, one) if self.by < 0 else (one, other)
        self._check_ends(architecture, upper, lower)
        last = ways(architecture, lower.blocks).exits
        if len(upper.into) != 1 or len(lower.into) != 1 or upper.out != lower.into or len(last) != 1:
            raise EditError(f"{self.id} cannot move {self._way} past a branch or a merge; reconnect it by its ports.")
        return _swapped(architecture, drawn, upper, lower, last[0])

    def _check_ends(self, architecture: Architecture, upper: _Link, lower: _Link) -> None:
        for node, kind in ((upper.node, "Input"), (lower.node, "Output")):
            end = architecture.blocks.get(node)
            if end is not None and (end.spec.kind == kind or (kind == "Input" and end.spec.max_inputs == 0)):
                raise EditError(
                    f"{self.id} cannot move {self._way}: {end.spec.title} keeps its place at the end of the network."
                )


def _swapped(architecture: Architecture, drawn: Plan, upper: _Link, lower: _Link, last: str) -> Architecture:
    (source, head), (foot, first) = upper.into[0], lower.into[0]
    blocks = dict(architecture.blocks)
    blocks[first] = rewired(blocks[first], foot, (source,))
    blocks[head] = rewired(blocks[head], source, (last,))
    for _, reader in lower.out:
        blocks[reader] = rewired(blocks[reader], last, (foot,))
    (x1, y1), (x2, y2) = drawn.cards[upper.node], drawn.cards[lower.node]
    for ids, dx, dy in ((upper.blocks, x2 - x1, y2 - y1), (lower.blocks, x1 - x2, y1 - y2)):
        blocks.update((id, blocks[id].at(blocks[id].position[0] + dx, blocks[id].position[1] + dy)) for id in ids)
    made = architecture.with_blocks(*(b for b in blocks.values() if b is not architecture.blocks[b.id]))
    return made.with_groups(_regrouped(architecture, upper, lower)) if architecture.groups else made


def _regrouped(architecture: Architecture, upper: _Link, lower: _Link) -> Iterator[Group]:
    """A group that held one of the two holds the other now; one that held nothing else goes with its blocks."""
    for group in architecture.groups.values():
        held = [link for link in (upper, lower) if group.blocks > frozenset(link.blocks)]
        if len(held) == 1 and group.blocks.isdisjoint((lower if held[0] is upper else upper).blocks):
            yield dataclasses.replace(group, blocks=group.blocks ^ frozenset((*upper.blocks, *lower.blocks)))
        else:
            yield group
