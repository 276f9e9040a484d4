"""What a fix gives, in words: the shape where the finding was, and the parameters that come or go."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.declare import Shape


def told(fix: Fix, diagnostic: Diagnostic, before: Trace, after: Trace) -> Fix:
    """`fix` with the words for what it gives and the design that comes of it."""
    parts = (_shape_words(diagnostic.block, before, after), _count_words(_change(diagnostic.block, before, after)))
    return dataclasses.replace(fix, gives=" · ".join(part for part in parts if part), after=after)


def _shape_words(block: str, before: Trace, after: Trace) -> str:
    """Of the block of the finding; where that is gone or ends the network, of what reaches the Output."""
    traced = after.blocks.get(block)
    if traced is not None and traced.output is not None and traced.spec.kind != "Output":
        return f"{block} {'passes on' if traced.bypassed else 'gives'} {_times(traced.output.shape)}"
    if traced is None or traced.spec.kind == "Output":
        traced = traced or next((t for t in after.blocks.values() if t.spec.kind == "Output"), None)
        if traced is not None and traced.inputs:
            return f"{traced.spec.title if traced.id == 'output' else traced.id} gets {_times(traced.inputs[0].shape)}"
    return ""


def _change(block: str, before: Trace, after: Trace) -> int:
    """Parameters more than before.

    What only stood behind the fault, and so was not counted before, is not: it is no work of the fix.
    """
    old = {t.id: t for t in _counted(block, before, after)}
    new = {t.id: t for t in _counted(block, after, before)}
    return sum(t.params for t in new.values()) - sum(t.params for t in old.values())


def _counted(block: str, these: Trace, others: Trace) -> Iterator[BlockTrace]:
    for id, traced in these.blocks.items():
        other = others.blocks.get(id)
        known_twice = other is not None and other.output is not None and traced.output is not None
        if known_twice or other is None or id == block or other.spec != traced.spec:
            yield traced


def _count_words(change: int) -> str:
    if not change:
        return ""
    return f"{'+' if change > 0 else '−'} {abs(change):,} parameter{'' if abs(change) == 1 else 's'}"


def _times(shape: Shape) -> str:
    return " × ".join(f"{n:,}" for n in shape)
