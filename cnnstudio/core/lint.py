"""Lint: everything there is to say about a design before Keras is asked.

What concerns one block is found while it is laid (see `layers` and the catalogue) and is kept with its trace. Here
are the rules that need the whole graph.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cnnstudio.core.diagnostics import Diagnostic, Fix, Severity
from cnnstudio.core.edits import AddBlock, Connect, RemoveBlocks, SetParameters, add_block
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.tracing import BlockTrace, Trace

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def lint(trace: Trace) -> tuple[Diagnostic, ...]:
    """All diagnostics: errors first, each severity in the order of the flow."""
    found: list[Diagnostic] = []
    leading = _leading_to_output(trace)
    for id, traced in trace.blocks.items():
        if traced.diagnostics:
            found.extend(traced.diagnostics)
        spec = traced.spec
        if traced.output is None and not traced.diagnostics and id not in trace.architecture.topology.cyclic:
            found.extend(_wiring(traced, trace))
        if id not in leading and traced.sources and spec.kind != "Output":
            found.append(_dead_end(id))
    found.extend(_cycles(trace))
    found.extend(_ends(trace))
    found.sort(key=lambda d: _RANK[d.severity])
    return tuple(found)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether anything stands in the way of building the model."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def _leading_to_output(trace: Trace) -> set[str]:
    seen: set[str] = set()
    blocks = trace.architecture.blocks
    todo = [b.id for b in blocks.values() if b.spec.kind == "Output"]
    if not todo:
        return set(blocks)  # the missing Output is one error; calling every block a dead end adds nothing
    while todo:
        at = todo.pop()
        if at not in seen and at in blocks:
            seen.add(at)
            todo.extend(blocks[at].inputs)
    return seen


def _wiring(traced: BlockTrace, trace: Trace) -> Iterator[Diagnostic]:
    """Too few inputs. A block behind a broken one says nothing: the broken one does."""
    id, title = traced.id, traced.spec.title
    have, least = len(traced.sources), traced.spec.min_inputs
    if have >= least:
        return
    if have == 0:
        message = f"{title} is not connected: draw an edge into it, or remove it."
    else:
        message = f"{title} needs at least {least} inputs, but has {have}: draw another edge into it."
    fixes = [Fix(f"Remove {id}", partial(RemoveBlocks, ids=(id,)))]
    last = _last_of_flow(trace, id) if have == 0 else None
    if last is not None:
        fixes.insert(0, Fix(f"Connect {last} to it", partial(Connect, source=last, target=id)))
    yield Diagnostic(Severity.ERROR, id, "", message, tuple(fixes))


def _last_of_flow(trace: Trace, target: str) -> str | None:
    """The block that ends the flow without being read, and does not depend on `target`."""
    for id in reversed(list(trace.blocks)):
        traced = trace.blocks[id]
        unread = not trace.architecture.topology.readers[id]
        if id != target and unread and traced.output is not None and traced.spec.kind != "Output":
            return id
    return None


def _dead_end(id: str) -> Diagnostic:
    return Diagnostic(
        Severity.WARNING,
        id,
        "",
        f"Nothing that leads to Output reads {id}, so it will not be part of the model: connect it or remove it.",
        (Fix(f"Remove {id}", partial(RemoveBlocks, ids=(id,))),),
    )


def _cycles(trace: Trace) -> Iterator[Diagnostic]:
    caught = trace.architecture.topology.cyclic
    for id in caught:
        yield Diagnostic(
            Severity.ERROR,
            id,
            "",
            f"{id} depends on its own result (cycle of {', '.join(caught[:5])}): cut one of these edges.",
        )


def _ends(trace: Trace) -> Iterator[Diagnostic]:
    architecture = trace.architecture
    outputs = [b for b in architecture.blocks.values() if b.spec.kind == "Output"]
    if not outputs:
        yield _no_output(trace)
    for extra in outputs[1:]:
        message = f"An architecture has one Output, but {extra.id} is a further one: remove it."
        fix = Fix(f"Remove {extra.id}", partial(RemoveBlocks, ids=(extra.id,)))
        yield Diagnostic(Severity.ERROR, extra.id, "", message, (fix,))
    yield from _shape_of_data(architecture, trace)


def _no_output(trace: Trace) -> Diagnostic:
    architecture = trace.architecture
    message = "The network has no Output block: add one from the palette as the last block."
    fixes: tuple[Fix, ...] = ()
    last = _last_of_flow(trace, "")
    if last is not None:
        fixes = (Fix("Add Output", partial(_add_output, architecture, last)),)
    return Diagnostic(Severity.ERROR, "", "", message, fixes)


def _add_output(architecture: Architecture, last: str) -> AddBlock:
    return add_block(architecture, "Output", last)


def _shape_of_data(architecture: Architecture, trace: Trace) -> Iterator[Diagnostic]:
    block = architecture.blocks.get(INPUT)
    if block is None:
        yield Diagnostic(
            Severity.ERROR, "", "", "The architecture has no Input block, so there is nothing to start from."
        )
        return
    wanted = trace.data.input_shape
    given = getattr(block.spec, "shape", wanted)
    if given != wanted:
        want, have = (" × ".join(map(str, s)) for s in (wanted, given))
        message = f"The samples have the shape {want}, but Input is set to {have}: set it to the samples' shape."
        fix = Fix(f"Set Input to {want}", partial(SetParameters, id=INPUT, values={"shape": wanted}))
        yield Diagnostic(Severity.ERROR, INPUT, "shape", message, (fix,))
