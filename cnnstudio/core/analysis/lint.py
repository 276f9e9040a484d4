"""Lint: everything there is to say about a design before Keras is asked.

What concerns one block is found while it is laid (see `layers` and the catalogue) and is kept with its trace. Here
are the rules that need the whole graph.
"""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix, Severity
from cnnstudio.core.edits import BypassBlocks, RemoveBlocks, SetParameters
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace
    from cnnstudio.core.architecture import Architecture

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def lint(trace: Trace) -> tuple[Diagnostic, ...]:
    """All diagnostics: errors first, each severity in the order of the flow."""
    found: list[Diagnostic] = []
    leading = _leading_to_output(trace)
    for id, traced in trace.blocks.items():
        if traced.diagnostics:
            found.extend(traced.diagnostics)
        spec = traced.spec
        if traced.bypassed:
            found.append(_bypassed(traced, trace))
            continue
        if len(traced.sources) < spec.min_inputs and not traced.diagnostics:
            found.append(_wiring(traced))
        if id not in leading and traced.sources and spec.kind != "Output":
            found.append(_dead_end(id))
    found.extend(_cycles(trace))
    found.extend(_ends(trace))
    found.sort(key=lambda d: _RANK[d.severity])
    offer = partial(_offer, trace)
    return tuple([dataclasses.replace(d, offer=offer) for d in found])


def _offer(trace: Trace, diagnostic: Diagnostic) -> tuple[Fix, ...]:
    from cnnstudio.core.fixes.offers import offers  # which tries fixes out, and so calls lint

    return offers(trace, diagnostic)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Whether anything stands in the way of building the model."""
    return any(d.severity is Severity.ERROR for d in diagnostics)


def _leading_to_output(trace: Trace) -> set[str]:
    seen: set[str] = set()
    architecture = trace.architecture
    todo = [b.id for b in architecture.blocks.values() if b.spec.kind == "Output"]
    if not todo:
        return set(architecture.blocks)  # the missing Output is one error; calling every block a dead end adds nothing
    for id in todo:
        if id not in seen:
            seen |= {id, *architecture.feeding(id)}
    return seen


def _wiring(traced: BlockTrace) -> Diagnostic:
    """Too few inputs. A block behind a broken one says nothing: the broken one does."""
    id, title, least = traced.id, traced.spec.title, traced.spec.min_inputs
    if not traced.sources:
        message = f"{title} is not connected: draw an edge into it, or remove it."
        return Diagnostic(Severity.ERROR, id, "", message)
    message = (
        f"{title} brings at least {least} branches together, but has {len(traced.sources)} input, which it only "
        "passes on: draw another edge into it, or remove it."
    )
    return Diagnostic(Severity.WARNING, id, "", message)


def _bypassed(traced: BlockTrace, trace: Trace) -> Diagnostic:
    """A bypassed block is as it was meant; but what reads it wants something to pass."""
    id = traced.id
    if not traced.sources and trace.architecture.topology.readers[id]:
        message = f"{id} is bypassed and not connected, so there is nothing to pass on: draw an edge into it."
        return Diagnostic(Severity.ERROR, id, "", message)
    if not traced.sources:
        message = f"{id} is bypassed: it takes no part in the network."
    elif len(traced.sources) == 1:
        message = f"{id} is bypassed: what it reads passes unchanged."
    else:
        message = f"{id} is bypassed: what it reads from {traced.sources[0]} passes unchanged."
    fix = Fix("Use it again", partial(BypassBlocks, ids=(id,), bypassed=False))
    return Diagnostic(Severity.HINT, id, "", message, (fix,))


def _dead_end(id: str) -> Diagnostic:
    message = f"Nothing that leads to Output reads {id}, so it will not be part of the model: connect it or remove it."
    return Diagnostic(Severity.WARNING, id, "", message)


def _cycles(trace: Trace) -> Iterator[Diagnostic]:
    cycles = trace.architecture.cycles() if trace.architecture.topology.cyclic else ()
    told: set[str] = set()
    for cycle in cycles:
        names = f"{', '.join(cycle[:5])}{' ...' if len(cycle) > 5 else ''}"
        for id in cycle:
            if id not in told:
                told.add(id)
                message = (
                    f"A network runs one way, but {id} depends on its own result (cycle of {names}): "
                    "cut one of these edges."
                )
                yield Diagnostic(Severity.ERROR, id, "", message)


def _ends(trace: Trace) -> Iterator[Diagnostic]:
    architecture = trace.architecture
    outputs = [b for b in architecture.blocks.values() if b.spec.kind == "Output"]
    if not outputs:
        message = "The network has no Output block: add one from the palette as the last block."
        yield Diagnostic(Severity.ERROR, "", "", message)
    for extra in outputs[1:]:
        message = f"An architecture has one Output, but {extra.id} is a further one: remove it."
        fix = Fix(f"Remove {extra.id}", partial(RemoveBlocks, ids=(extra.id,)))
        yield Diagnostic(Severity.ERROR, extra.id, "", message, (fix,))
    yield from _shape_of_data(architecture, trace)


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
