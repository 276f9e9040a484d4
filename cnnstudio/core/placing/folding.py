"""What a canvas draws of an architecture: a card for each block, or one for all blocks of a closed group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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
    if not closed:
        return _flat(architecture)
    node_of = {id: id for id in architecture.blocks}
    for group in sorted(closed, key=_size):  # the widest comes last and stays
        node_of.update(dict.fromkeys(group.blocks, group.id))
    nodes: dict[str, list[str]] = {}
    edges: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {}
    for block in architecture.blocks.values():
        node = node_of[block.id]
        nodes.setdefault(node, []).append(block.id)
        for source in block.inputs:
            start = node_of.get(source, "")
            if start and start != node:
                edges[start, node] = (*edges.get((start, node), ()), (source, block.id))
    return Folded({node: tuple(ids) for node, ids in nodes.items()}, node_of, edges)


def _flat(architecture: Architecture) -> Folded:
    """Each block is a node."""
    blocks = architecture.blocks
    keys = [(source, id) for id, block in blocks.items() for source in block.inputs if source in blocks]
    return Folded({id: (id,) for id in blocks}, {id: id for id in blocks}, {key: (key,) for key in keys})


def _size(group: Group) -> int:
    return len(group.blocks)


def groups_of(architecture: Architecture, id: str) -> tuple[Group, ...]:
    """The groups that a block is in, the innermost first."""
    return tuple(sorted((g for g in architecture.groups.values() if id in g.blocks), key=_size))


def groups_round(architecture: Architecture, ids: Collection[str]) -> tuple[Group, ...]:
    """The groups that hold all of these blocks, the innermost first."""
    return tuple(sorted((g for g in architecture.groups.values() if g.blocks.issuperset(ids)), key=_size))


def cover(architecture: Architecture, id: str) -> Group | None:
    """The closed group whose card stands for a block; None where the block's own card is in sight."""
    return next((g for g in reversed(groups_of(architecture, id)) if g.closed), None)


def current_group(architecture: Architecture, ids: Collection[str]) -> Group | None:
    """The group in sight that a selection is about: the smallest that holds all its blocks."""
    known = [id for id in ids if id in architecture.blocks]
    round_them = groups_round(architecture, known) if known else ()
    hidden = max((at for at, g in enumerate(round_them) if g.closed), default=0)
    return round_them[hidden] if round_them else None


@dataclass(frozen=True, slots=True)
class Ways:
    """Where the flow enters a group and leaves it."""

    entries: tuple[str, ...]
    """Members that read from outside; where none does, those that read nothing inside and could read."""
    exits: tuple[str, ...]
    """Members that are read outside; where none is, those that nothing inside reads."""


def ways(architecture: Architecture, ids: Collection[str]) -> Ways:
    """Entries and exits of these blocks, in the order of placing."""
    held = frozenset(ids)
    members = [architecture.blocks[id] for id in architecture.blocks if id in held]
    readers = architecture.topology.readers
    fed = tuple(b.id for b in members if any(i not in held for i in b.inputs))
    read = tuple(b.id for b in members if any(r not in held for r in readers[b.id]))
    return Ways(
        fed or tuple(b.id for b in members if not b.inputs and b.spec.max_inputs != 0),
        read or tuple(b.id for b in members if not readers[b.id] and b.spec.kind != "Output"),
    )


def flow_of(architecture: Architecture, ids: Collection[str]) -> tuple[str, ...]:
    """These blocks along the flow, one at which it leaves them at the end."""
    held, last = frozenset(ids), ways(architecture, ids).exits[:1]
    topology = architecture.topology
    along = [id for id in (*topology.order, *topology.cyclic) if id in held and id not in last]
    return (*along, *last)
