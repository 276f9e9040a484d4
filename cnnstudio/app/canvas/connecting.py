"""Which blocks a connection may join, for all candidates at once: asking one by one costs seconds at 1,000 blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.edits import why_not_connect

if TYPE_CHECKING:
    from cnnstudio.core.architecture import Architecture


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
