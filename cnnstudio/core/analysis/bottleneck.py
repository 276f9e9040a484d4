"""Where an architecture is narrowest: the block whose few values decide all that comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.architecture import Architecture

MOST_CELLS = 64
"""A result with axes in space counts as narrow up to so many values; a vector with any number."""


def bottleneck(trace: Trace) -> str:
    """Id of the narrowest block through which every way from Input to Output leads; "" where there is none.

    Only results narrower than the input count: vectors, and others of at most `MOST_CELLS` values. Of blocks that are
    equally narrow it is the last, as the activation after a layer belongs to what is encoded.
    """
    architecture = trace.architecture
    output = next((b.id for b in architecture.blocks.values() if b.spec.kind == "Output"), "")
    given = trace.blocks[INPUT].output if INPUT in trace.blocks else None
    if not output or given is None:
        return ""
    found, least = "", given.cells
    between = architecture.feeding(output) - {INPUT}
    for id, traced in trace.blocks.items():
        made = traced.output
        if id not in between or made is None or not (made.rank == 0 or made.cells <= MOST_CELLS):
            continue
        narrow = made.cells <= least if found else made.cells < least
        if narrow and not _reaches_past(architecture, output, id):
            found, least = id, made.cells
    return found


def _reaches_past(architecture: Architecture, output: str, without: str) -> bool:
    """Whether a way leads from Input to the output that does not pass that block."""
    seen, waiting = {without}, [output]
    while waiting:
        id = waiting.pop()
        if id == INPUT:
            return True
        if id not in seen and id in architecture.blocks:
            seen.add(id)
            waiting.extend(source for source in architecture.blocks[id].inputs if source)
    return False
