"""What a canvas draws of an architecture: a card for each block, or one for all blocks of a closed group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.architecture import Architecture, Group


@dataclass(frozen=True, slots=True)
class Folded:
    """Nodes and edges to draw. A node is a block, or a closed group that lies in no other closed group."""

    nodes: Mapping[str, tuple[str, ...]]
    """Id of a block or of a closed group -> ids of the blocks it stands for, in the order of placing."""
    node_of: Mapping[str, str]
    """Block id -> id of the node that stands for it."""
    edges: Mapping[tuple[str, str], tuple[tuple[str, str], ...]]
    """(node, node) -> the connections that this edge stands for; those inside a node are not among them."""


def fold(architecture: Architecture) -> Folded:
    """What to draw of `architecture`."""
    closed = [g for g in architecture.groups.values() if g.closed]
    node_of = {id: id for id in architecture.blocks}
    for group in sorted(closed, key=lambda g: len(g.blocks)):  # the widest comes last and stays
        node_of.update(dict.fromkeys(group.blocks, group.id))
    nodes: dict[str, tuple[str, ...]] = {}
    edges: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for block in architecture.blocks.values():
        node = node_of[block.id]
        nodes[node] = (*nodes.get(node, ()), block.id)
        for source in block.inputs:
            start = node_of.get(source, "")
            if start and start != node:
                edges[start, node] = (*edges.get((start, node), ()), (source, block.id))
    return Folded(nodes, node_of, edges)


def groups_of(architecture: Architecture, id: str) -> tuple[Group, ...]:
    """The groups that a block is in, the innermost first."""
    return tuple(sorted((g for g in architecture.groups.values() if id in g.blocks), key=lambda g: len(g.blocks)))
