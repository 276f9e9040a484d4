"""What might mend a finding, likeliest first. Nothing here is promised: `offers` tries each one out."""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix, Refused, Severity
from cnnstudio.core.analysis.net import Net
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import Form, Parameter, show
from cnnstudio.core.edits import (
    ArchitectureEdit,
    BypassBlocks,
    Connect,
    Disconnect,
    Edit,
    RemoveBlocks,
    SetParameters,
    add_block,
)
from cnnstudio.core.fixes.fitting import Way, ways
from cnnstudio.core.fixes.mending import PutBetween, Together
from cnnstudio.core.fixes.retuning import fewer_strides, retuned
from cnnstudio.core.program import INPUT, Tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.declare import Shape

_ENOUGH = 4
"""Blocks to try a connection from."""


def candidates(trace: Trace, diagnostic: Diagnostic) -> Iterator[Fix]:
    """Fixes that fit the finding by its kind."""
    traced = trace.blocks.get(diagnostic.block)
    if traced is None:
        if not any(t.spec.kind == "Output" for t in trace.blocks.values()):
            yield from _add_output(trace)
        return
    if traced.id in trace.architecture.topology.cyclic:
        yield from _cuts(traced, trace)
    elif len(traced.sources) < traced.spec.min_inputs:
        yield from _connections(traced, trace)
        yield _remove(traced.id)
    is_misfit = traced.output is None and bool(traced.inputs)
    if is_misfit and not diagnostic.parameter:
        yield from _other_inputs(traced, trace)
    yield from diagnostic.candidates
    if is_misfit:
        yield from fewer_strides(traced, diagnostic.parameter, trace)
    if is_misfit and not diagnostic.parameter:
        yield from _smaller(traced, trace)
    if diagnostic.severity is Severity.ERROR:
        yield from _values(traced, diagnostic, trace.data)


def _other_inputs(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """What comes in does not fit the block as a whole, whatever its parameters."""
    yield from _before_pooling(traced, trace)
    if traced.spec.kind == "Output" and trace.data.task not in (Task.CLASSIFICATION, Task.MULTILABEL):
        yield from _to_size(traced, trace)
    if traced.spec.group == "Merge":
        yield from _to_one_shape(traced, trace)


def last_resorts(trace: Trace, diagnostic: Diagnostic) -> Iterator[Fix]:
    """Removing the block, for when nothing else helps; Input and Output stay."""
    traced = trace.blocks.get(diagnostic.block)
    if traced is None or traced.spec.kind in ("Input", "Output"):
        return
    if diagnostic.severity is Severity.WARNING and diagnostic.candidates:
        return
    if diagnostic.severity is Severity.ERROR and traced.sources:
        yield Fix(f"Bypass {traced.id}", partial(BypassBlocks, ids=(traced.id,)))
    yield _remove(traced.id)
    behind = _behind(traced.id, trace)
    if diagnostic.severity is Severity.WARNING and behind:  # nothing of it leads to Output
        what = behind[0] if len(behind) == 1 else f"the {len(behind)} blocks behind it"
        yield Fix(f"Remove {traced.id} and {what}", partial(RemoveBlocks, ids=(traced.id, *behind)))


def _remove(id: str) -> Fix:
    return Fix(f"Remove {id}", partial(RemoveBlocks, ids=(id,)))


def _behind(id: str, trace: Trace) -> list[str]:
    readers, seen, todo = trace.architecture.topology.readers, {id}, [id]
    while todo:
        for reader in readers[todo.pop()]:
            if reader not in seen:
                seen.add(reader)
                todo.append(reader)
    return [b for b in trace.blocks if b in seen and b != id]


def _add_output(trace: Trace) -> Iterator[Fix]:
    """Behind a block that nobody reads, rather one that is laid."""
    ends = [id for id in reversed(list(trace.blocks)) if not trace.architecture.topology.readers[id]]
    ends.sort(key=lambda id: trace.blocks[id].output is None)
    for last in ends[:_ENOUGH]:
        yield Fix("Add Output" if last == ends[0] else f"Add Output behind {last}", partial(_output, trace, last))


def _output(trace: Trace, last: str) -> Edit:
    return add_block(trace.architecture, "Output", last)


def _cuts(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """The last edges of its cycles; where that is not enough, those of all, or another edge of the first."""
    cycles = trace.architecture.cycles()
    mine = [c for c in cycles if traced.id in c]
    for some in (mine, cycles):
        edges = list(dict.fromkeys((c[-1], c[0]) for c in some))
        if edges:
            words = " and ".join(f"from {a} to {b}" for a, b in edges[:4])
            cut = Together(edits=tuple(Disconnect(source=a, target=b) for a, b in edges))
            label = f"Cut the edge{'' if len(edges) == 1 else 's'} {words}{' ...' if len(edges) > 4 else ''}"
            yield Fix(label, partial(_given, cut))
    for cycle in mine[:1]:
        for a, b in reversed(list(itertools.pairwise(cycle))):
            yield Fix(f"Cut the edge from {a} to {b}", partial(Disconnect, source=a, target=b))


def _given(edit: ArchitectureEdit) -> Edit:
    return edit


def _connections(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """From the blocks that nobody reads, the last ones first; for an end without any, from the end of the flow."""
    readers = trace.architecture.topology.readers
    laid = [id for id in reversed(list(trace.blocks)) if trace.blocks[id].output is not None and id != traced.id]
    laid = [id for id in laid if trace.blocks[id].spec.kind != "Output" and id not in traced.sources]
    unread = [id for id in laid if not readers[id]]
    others = [] if traced.sources else [id for id in laid if readers[id]]
    for source in (*unread[:_ENOUGH], *others[:_ENOUGH], *others[-1:]):
        yield Fix(f"Connect {source} to it", partial(Connect, source=source, target=traced.id))


def _before_pooling(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """A vector where maps are needed: take back what made a vector of them."""
    if traced.spec.group in ("Dense", "Merge") or traced.inputs[0].rank:
        return
    if traced.spec.kind == "Output" and not trace.data.input_shape[:-1]:
        return
    source = traced.sources[0]
    kind = trace.blocks[source].spec.kind
    if kind == "Flatten":
        yield _remove(source)
    elif kind.startswith("Global"):
        yield _remove(source)
        yield Fix(f"Let {source} keep its axes", partial(SetParameters, id=source, values={"keepdims": True}))


def _smaller(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """What is too large for the memory: means in place of all values, or the declared sizes."""
    source = traced.sources[0]
    flat = trace.blocks[source]
    if traced.spec.kind == "Dense" and flat.spec.kind == "Flatten" and flat.inputs and 1 <= flat.inputs[0].rank <= 3:
        pool = PutBetween(specs=(spec_class("GlobalAveragePooling")(),), source=source, target=traced.id)
        moved = Together(edits=(pool, RemoveBlocks(ids=(source,))))
        yield Fix(f"Put global average pooling in place of {source}", partial(_given, moved))
    for p in traced.spec.parameters:
        if p.form in (Form.INTEGER, Form.SIZE) and getattr(traced.spec, p.name) != p.default:
            edit = partial(SetParameters, id=traced.id, values={p.name: p.default})
            yield Fix(f"Set {p.label.lower()} to {show(p.default)}", edit)


def _to_size(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    x = traced.inputs[0]
    source, wanted = traced.sources[0], trace.data.input_shape[:-1]
    if trace.data.task is Task.DETECTION:  # any size will do: a quarter, as usual for middles of objects
        wanted = tuple(max(1, n // 4) for n in wanted)
    for n, way in enumerate(ways(x.shape, wanted, None)):
        yield from _put([(way, source, x)], traced.id, trace.data)
        if n == 0:
            yield from retuned(source, x.shape, wanted, None, trace)


def _to_one_shape(traced: BlockTrace, trace: Trace) -> Iterator[Fix]:
    """Bring the inputs of a merge to the shape of one of them: rather to one that many have, then to the last's."""
    by_source = list(zip(traced.sources, traced.inputs, strict=True))
    yield from _keep_axes(traced)
    shapes = [x.shape for x in traced.inputs]
    places = {shape: n for n, shape in enumerate(shapes)}
    wanted = sorted(places, key=lambda s: (-shapes.count(s), s[-1] == 1, -_lateness(s, by_source), -places[s]))
    targets: list[tuple[Shape, int | None]] = [(s[:-1], s[-1]) for s in wanted]
    if traced.spec.kind == "Concatenate":
        targets = list(dict.fromkeys((spatial, None) for spatial, _ in targets))
        if len({x.rank for x in traced.inputs}) > 1:
            targets.append(((), None))
    for spatial, channels in dict.fromkeys(targets):
        off = [(s, x) for s, x in by_source if x.spatial != spatial or channels not in (None, x.channels)]
        found = [list(ways(x.shape, spatial, channels)) for _, x in off]
        if len(off) == 1:
            yield from retuned(off[0][0], off[0][1].shape, spatial, channels, trace)
        if not all(found):
            continue
        for n in range(max(map(len, found), default=0)):
            chosen = [(f[min(n, len(f) - 1)], s, x) for f, (s, x) in zip(found, off, strict=True)]
            yield from _put(chosen, traced.id, trace.data)


def _lateness(shape: Shape, by_source: list[tuple[str, Tensor]]) -> int:
    """How far from the Input its blocks are: a way round starts at Input or is shorter."""
    return max(0 if source == INPUT else 1 for source, x in by_source if x.shape == shape)


def _keep_axes(traced: BlockTrace) -> Iterator[Fix]:
    """A gate for Multiply: the pooled input keeps its axes."""
    ranks = {x.rank for x in traced.inputs}
    if traced.spec.kind != "Multiply" or 0 not in ranks or len(ranks) != 2:
        return
    largest = max(traced.inputs, key=lambda t: t.cells)
    for source, x in zip(traced.sources, traced.inputs, strict=True):
        if x.rank == 0 and x.channels == largest.channels:
            gate = tuple([1 for _ in largest.spatial])
            for way in ways(x.shape, gate, x.channels):
                edit = partial(PutBetween, specs=way.specs, source=source, target=traced.id)
                yield Fix(f"Put {way.words} behind {source}", edit)


def _put(chosen: list[tuple[Way, str, Tensor]], target: str, data: DataInfo) -> Iterator[Fix]:
    """The fix that puts each way, where all can be laid, between its source and `target`."""
    if not chosen or not all(_can_be_laid(way, x, data) for way, _, x in chosen):
        return
    words = " and ".join(f"{way.words} behind {source}" for way, source, _ in chosen[:3])
    edits = tuple(PutBetween(specs=way.specs, source=source, target=target) for way, source, _ in chosen)
    more = f" and {len(chosen) - 3} more" if len(chosen) > 3 else ""
    yield Fix(f"Put {words}{more}", partial(_given, edits[0] if len(edits) == 1 else Together(edits=edits)))


def _can_be_laid(way: Way, x: Tensor, data: DataInfo) -> bool:
    try:
        for spec in way.specs:
            x = spec.lay(Net("tried", data), x)
    except Refused:
        return False
    return True


def _values(traced: BlockTrace, diagnostic: Diagnostic, data: DataInfo) -> Iterator[Fix]:
    """The nearest value that the declaration allows, and its default; for Input, the samples' shape."""
    parameter = traced.spec.parameter(diagnostic.parameter)
    if parameter is None:
        return
    given = getattr(traced.spec, parameter.name)
    is_input = traced.spec.kind == "Input"
    for value in (data.input_shape,) if is_input else (_nearest(parameter, given), parameter.default):
        if value != given and parameter.problem(value) is None:
            edit = partial(SetParameters, id=traced.id, values={parameter.name: value})
            yield Fix(f"Set {parameter.label.lower()} to {show(value)}", edit)


def _nearest(parameter: Parameter, value: Any) -> Any:
    """`value` with each of its numbers brought to the bounds."""
    if isinstance(value, tuple):
        return tuple(_nearest(parameter, v) for v in value[: 6 if parameter.form is Form.SHAPE else 3])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if parameter.minimum is not None and value < parameter.minimum:
        return type(value)(parameter.minimum)
    if parameter.maximum is not None and value > parameter.maximum:
        return type(value)(parameter.maximum)
    return value
