"""Which blocks a connection may join, for all candidates at once: asking one by one costs seconds at 1,000 blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.edits import why_not_connect
from cnnstudio.core.placing.folding import ways

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.architecture import Architecture


class Unclear(str):
    """Why a closed group leaves open which of its blocks is meant, as a sentence."""

    __slots__ = ()


def end_of(architecture: Architecture, node: str, *, leaving: bool) -> str:
    """The block at which a connection leaves what a card stands for, or enters it; for several or none, `Unclear`."""
    group = architecture.groups.get(node)
    if group is None:
        return node
    found = ways(architecture, group.blocks)
    ends, verb = (found.exits, "leaves") if leaving else (found.entries, "enters")
    if len(ends) == 1:
        return ends[0]
    where = f"at {len(ends):,} blocks" if ends else "nowhere"
    return Unclear(f'The flow {verb} "{group.name}" {where}: open the group and choose a block.')


def legal_cards(architecture: Architecture, nodes: Iterable[str], id: str, *, forward: bool) -> frozenset[str]:
    """Cards whose blocks may read the card `id` (`forward`) or that it may read."""
    mine = end_of(architecture, id, leaving=forward)
    if isinstance(mine, Unclear):
        return frozenset()
    legal = legal_partners(architecture, mine, forward=forward)
    return frozenset(node for node in nodes if node != id and end_of(architecture, node, leaving=not forward) in legal)


def legal_partners(architecture: Architecture, id: str, *, forward: bool) -> frozenset[str]:
    """Blocks that may read `id` (`forward`) or that `id` may read. Agrees with `why_not_connect`; tests hold it."""
    here, blocks = architecture.blocks[id], architecture.blocks
    if forward:
        if here.spec.kind == "Output":
            return frozenset()
        above = architecture.upstream(id)
        return frozenset(
            b.id
            for b in blocks.values()
            if b.id != id and b.spec.max_inputs != 0 and id not in b.inputs and b.id not in above
        )
    if here.spec.max_inputs == 0:
        return frozenset()
    below = _downstream(architecture, id)
    return frozenset(
        b.id
        for b in blocks.values()
        if b.id != id and b.spec.kind != "Output" and b.id not in here.inputs and b.id not in below
    )


def _downstream(architecture: Architecture, id: str) -> set[str]:
    readers = architecture.topology.readers
    seen: set[str] = set()
    todo = list(readers[id])
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo.extend(readers[at])
    return seen


def refusal(architecture: Architecture, source: str, target: str) -> str | None:
    """Why `target` cannot read `source`; None when it can."""
    return why_not_connect(architecture, source, target)


def replaced(architecture: Architecture, target: str) -> str | None:
    """The block that `target` would stop reading, as it has room for so many inputs only."""
    block = architecture.blocks[target]
    full = block.spec.max_inputs is not None and len(block.inputs) >= block.spec.max_inputs
    return block.inputs[0] if full and block.inputs else None
