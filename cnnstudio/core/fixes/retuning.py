"""Fixes that change a block that is there already, rather than put another in: filters, strides, padding ..."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.diagnostics import Fix
from cnnstudio.core.declare import show
from cnnstudio.core.edits import RemoveBlocks, SetParameters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.declare import Shape

_KEEPS_SHAPE = frozenset({"Normalisation", "Activation", "Regularisation"})
_COUNTS = ("filters", "units")
_WINDOWS = frozenset({"kernel_size", "pool_size"})
_FEWER = 2
"""Blocks above a window that does not fit to which fewer strides are offered."""


def retuned(source: str, have: Shape, spatial: Shape, channels: int | None, trace: Trace) -> Iterator[Fix]:
    """Other values for the block behind `source`, whose output is `have`, to bring it to maps of the size `spatial`.

    `channels` None leaves the number of channels as it is. Only a block is changed that nobody else reads.
    """
    traced = _shaping(source, trace)
    if traced is None:
        return
    count = next((name for name in _COUNTS if traced.spec.parameter(name) is not None), "")
    values: dict[str, Any] = {}
    if channels not in (None, have[-1]):
        if not count:
            return
        values[count] = channels
    if have[:-1] == spatial:
        yield from _set(traced, values)
        return
    for sizes in _sizes(traced.spec):
        yield from _set(traced, {**sizes, **values})


def _shaping(source: str, trace: Trace) -> BlockTrace | None:
    """The block that decides the shape of what `source` yields, if all from it to the merge is one chain."""
    readers = trace.architecture.topology.readers
    traced = trace.blocks.get(source)
    while traced is not None and len(readers[traced.id]) == 1 and not traced.bypassed:
        if traced.spec.group not in _KEEPS_SHAPE:
            return traced
        traced = trace.blocks.get(traced.sources[0]) if traced.sources else None
    return None


def _sizes(spec: BlockSpec) -> Iterator[dict[str, Any]]:
    """Values that change how large the maps are that come out; each is tried out before it is offered."""
    strides, padding = getattr(spec, "strides", 1), getattr(spec, "padding", "same")
    if spec.parameter("output_padding") is not None:
        most = strides if isinstance(strides, int) else max(strides)
        yield from ({"output_padding": n} for n in (None, *range(min(most, 4))))
    if padding == "valid":
        yield {"padding": "same"}
    if spec.parameter("strides") is not None and not _is_one(strides):
        yield {"strides": 1}


def _is_one(strides: Any) -> bool:
    return strides in (None, 1) or (isinstance(strides, tuple) and set(strides) == {1})


def _set(traced: BlockTrace, values: dict[str, Any]) -> Iterator[Fix]:
    changed = {name: value for name, value in values.items() if getattr(traced.spec, name) != value}
    known = {p.name: p for p in traced.spec.parameters}
    if not changed or any(known[name].problem(value) for name, value in changed.items()):
        return
    words = " and ".join(f"{known[name].label.lower()} of {traced.id} {_to(value)}" for name, value in changed.items())
    yield Fix(f"Set {words}", partial(SetParameters, id=traced.id, values=changed))


def _to(value: Any) -> str:
    if value is None:
        return "to nothing"
    return f'to "{value}"' if isinstance(value, str) else f"to {show(value)}"


def fewer_strides(traced: BlockTrace, parameter: str, trace: Trace) -> Iterator[Fix]:
    """For a window larger than what comes in: the nearest blocks above shrink the maps less."""
    if parameter not in _WINDOWS or not traced.sources:
        return
    found, at = 0, trace.blocks.get(traced.sources[0])
    while at is not None and found < _FEWER:
        if at.spec.group == "Pooling" and not at.bypassed:
            found += 1
            yield Fix(f"Remove {at.id}", partial(RemoveBlocks, ids=(at.id,)))
        elif not at.bypassed and not _is_one(getattr(at.spec, "strides", 1)):
            found += 1
            yield from _set(at, {"strides": 1})
        at = trace.blocks.get(at.sources[0]) if at.sources else None
