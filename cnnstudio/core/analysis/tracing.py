"""Tracing: from an architecture to what every block yields, kept from one edit to the next.

A block is laid again only when its spec, or a tensor that reaches it, has changed; the rest is taken over from the
previous trace. That is what keeps an edit of a thousand blocks inside one frame.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnstudio.core.analysis.diagnostics import Diagnostic, EdgeFault, Fix, Refused, Severity
from cnnstudio.core.analysis.field import identity
from cnnstudio.core.analysis.net import Net
from cnnstudio.core.analysis.patterns import Costs, Laid, Patterns
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.program import INPUT, Program, Step, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnnstudio.core.analysis.field import Field
    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.catalogue import BlockSpec
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.edits import Edit


@dataclass(frozen=True, slots=True)
class BlockTrace:
    """What one block came to: its steps and output, or the diagnostics that say why it has none."""

    id: str
    spec: BlockSpec
    sources: tuple[str, ...]
    """Ids of the blocks it reads."""
    inputs: tuple[Tensor, ...]
    """Tensors that reach it; empty while a source is missing or broken."""
    output: Tensor | None
    steps: tuple[Step, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    params: int = 0
    trainable_params: int = 0
    macs: int = 0
    activation_bytes: int = 0
    """Bytes of float32 results of all its steps for one sample."""
    bypassed: bool = False
    """Left out of the network: `output` is what it reads first."""

    @property
    def stands_in(self) -> bool:
        """Whether it stands for an unknown layer: it says what would come out, but no layer computes it."""
        return self.output is not None and any(d.severity is Severity.ERROR for d in self.diagnostics)


@dataclass(frozen=True)
class Trace:
    """All blocks of an architecture, traced, in topological order."""

    architecture: Architecture
    data: DataInfo
    blocks: Mapping[str, BlockTrace]
    """Block id -> its trace, in topological order; blocks in a cycle come last, untraced."""

    @property
    def params(self) -> int:
        """Weights of all blocks."""
        return sum(b.params for b in self.blocks.values())

    @property
    def trainable_params(self) -> int:
        """Weights that training changes."""
        return sum(b.trainable_params for b in self.blocks.values())

    @property
    def macs(self) -> int:
        """Multiply-adds of the whole network for one sample."""
        return sum(b.macs for b in self.blocks.values())

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        """Receptive field of each block that has an output, on the Input's spatial axes."""
        return Fields(self)

    def program(self) -> Program:
        """The model's program: the steps that lead to the Output block, dead ends left out.

        Raises ValueError unless the design is free of errors (see `lint`).
        """
        result = self._result
        if result is None or self.blocks[result].output is None:
            raise ValueError("The design has errors, so there is no program; lint says which.")
        used = self.architecture.feeding(result) | {result}
        traced = [t for id, t in self.blocks.items() if id in used]
        if any(t.stands_in for t in traced):
            raise ValueError("The design has errors, so there is no program; lint says which.")
        return self._program_of(traced, result)

    def whole_program(self) -> Program:
        """All that can be computed of a design, which may have errors and dead ends.

        The steps of `program` come first and in its order, then those of every other block that has an output. The
        result is the Output's; where that has none, the last block's. Raises ValueError where nothing can be computed.
        """
        result = self._result
        used = self.architecture.feeding(result) | {result} if result is not None else set()
        lost = {id for id, t in self.blocks.items() if t.stands_in}
        lost |= {reader for id in lost for reader in self.architecture.downstream(id)}
        known = [t for id, t in self.blocks.items() if t.output is not None and id not in lost]
        if not known:
            raise ValueError("The Input has errors, so nothing can be computed; lint says which.")
        ordered = [*(t for t in known if t.id in used), *(t for t in known if t.id not in used)]
        reached = result is not None and result not in lost and self.blocks[result].output is not None
        return self._program_of(ordered, result if reached and result is not None else known[-1].id)

    @property
    def _result(self) -> str | None:
        return next((b.id for b in self.architecture.blocks.values() if b.spec.kind == "Output"), None)

    def _program_of(self, traced: Sequence[BlockTrace], result: str) -> Program:
        outputs = {t.id: t.output.step for t in traced if t.output is not None}
        steps = tuple(s for t in traced for s in t.steps)
        return Program(self.architecture.input_shape, steps, outputs, outputs[result])


class Fields(Mapping[str, "Field"]):
    """The receptive fields of a trace by block id, each worked out when it is asked for.

    What was worked out for the trace before holds as long as the steps of a block and what they see stay the same.
    """

    def __init__(self, trace: Trace) -> None:
        self._blocks = trace.blocks
        self._found: dict[str, Field] = {}
        self._origin = identity(trace.architecture.input_shape[:-1])
        self._known: dict[str, _Seen] = trace.__dict__.setdefault("_seen", {})

    def __getitem__(self, id: str) -> Field:
        if self._blocks[id].output is None:
            raise KeyError(id)
        todo = [id]
        while todo:
            traced = self._blocks[todo[-1]]
            missing = [source for source in traced.sources if source not in self._found] if traced.inputs else []
            if missing:
                todo += missing
            else:
                todo.pop()
                if traced.id not in self._found:
                    self._found[traced.id] = self._field(traced)
        return self._found[id]

    def _field(self, traced: BlockTrace) -> Field:
        reaching = [self._found[source] for source in traced.sources] if traced.inputs else []
        known = self._known.get(traced.id)
        if known is not None and known.traced is traced and known.reaching == reaching:
            return known.field
        of_step = {x.step: field for x, field in zip(traced.inputs, reaching, strict=True)} or {INPUT: self._origin}
        for step in traced.steps:
            of_step[step.name] = step.view(tuple([of_step[i] for i in step.inputs]))
        field = of_step[traced.output.step] if traced.output is not None else self._origin
        self._known[traced.id] = _Seen(traced, reaching, field)
        return field

    def __iter__(self) -> Iterator[str]:
        return (id for id, traced in self._blocks.items() if traced.output is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Seen(NamedTuple):
    """A receptive field, and what it was worked out from."""

    traced: BlockTrace
    reaching: list[Field]
    field: Field


def trace(architecture: Architecture, data: DataInfo, previous: Trace | None = None) -> Trace:
    """Trace `architecture` for `data`, taking over from `previous` what has not changed."""
    known: Mapping[str, BlockTrace] = {}
    if previous is not None and previous.data == data:
        known = previous.blocks
        if previous.architecture is architecture:
            return previous
    topology = architecture.topology
    blocks = architecture.blocks
    done: dict[str, BlockTrace] = {}
    changed: set[str] = set()  # blocks whose output is not the one of the previous trace
    for id in topology.order:
        block, old = blocks[id], known.get(id)
        if (
            old is not None
            and old.spec is block.spec
            and old.sources == block.inputs
            and old.bypassed == block.bypassed
            and changed.isdisjoint(block.inputs)
        ):
            done[id] = old
            continue
        known_good = old is not None and old.spec is block.spec and old.output is not None and not old.bypassed
        fresh = _lay(block, _reaching(block, done), data, known_good=known_good)
        if old is not None and old.output is not None and fresh.output == old.output:
            # The same object again, so that what lies behind is taken over.
            fresh = dataclasses.replace(fresh, output=old.output)
        else:
            changed.add(id)
        done[id] = fresh
    for id in topology.cyclic:
        done[id] = BlockTrace(id, blocks[id].spec, blocks[id].inputs, (), None, bypassed=blocks[id].bypassed)
    made = Trace(architecture, data, done)
    if previous is not None and "_seen" in previous.__dict__:
        made.__dict__["_seen"] = previous.__dict__["_seen"]
    return made


def same_results(now: Trace, then: Trace, named: Callable[[str], str]) -> dict[str, str]:
    """Blocks of `now` that compute from a sample what a block of `then` does -> the id of that block.

    `named` gives the id that a block of `now` had then. A block counts if it and all that leads to it are the same.
    """
    found: dict[str, str] = {}
    for id, block in now.blocks.items():
        other = then.blocks.get(named(id))
        if block.output is None or other is None or other.output is None:
            continue
        if (block.spec, block.bypassed) != (other.spec, other.bypassed):
            continue
        if tuple(found.get(source) for source in block.sources) == other.sources:
            found[id] = other.id
    return found


def _reaching(block: Block, done: Mapping[str, BlockTrace]) -> tuple[Tensor, ...]:
    found = []
    for source in block.inputs:
        traced = done.get(source)
        if traced is None or traced.output is None:
            return ()
        found.append(traced.output)
    return tuple(found)


def _lay(block: Block, inputs: tuple[Tensor, ...], data: DataInfo, *, known_good: bool) -> BlockTrace:
    """Lay one block; `known_good` says that its parameters were held to their bounds before."""
    id, spec, sources = block.id, block.spec, block.inputs
    if block.bypassed:
        return BlockTrace(id, spec, sources, inputs, inputs[0] if inputs else None, bypassed=True)
    problems = () if known_good else _problems(id, spec)
    if problems:
        return BlockTrace(id, spec, sources, inputs, None, diagnostics=problems)
    if isinstance(spec, Input):
        return BlockTrace(id, spec, sources, (), Tensor(INPUT, spec.shape))
    if not inputs or (spec.max_inputs and len(inputs) > spec.max_inputs):
        return BlockTrace(id, spec, sources, inputs, None)  # lint says what is missing: it knows the whole graph
    laid = _patterns.like(id, spec, inputs, data)
    if laid is not None:
        return BlockTrace(id, spec, sources, inputs, laid.output, laid.steps, (), *laid.costs)
    net = Net(id, data, {x.step: source for x, source in zip(inputs, sources, strict=True)})
    try:
        if len(inputs) < spec.min_inputs:  # a merge of one branch, which lint warns of: it passes on what it gets
            output = net.layer("Activation", *inputs, activation="linear")
        else:
            output = spec.lay(net, *inputs)
    except Refused as refused:
        parameter = refused.parameter if spec.parameter(refused.parameter) else ""
        fixes = (*_fixes(block, inputs, data, refused), *refused.fixes)
        edges = tuple(
            EdgeFault(source, id, x.shape, refused.wanted[x.step])
            for x, source in zip(inputs, sources, strict=True)
            if x.step in refused.wanted
        )
        problem = Diagnostic(Severity.ERROR, id, parameter, refused.message, fixes, edges=edges)
        return BlockTrace(id, spec, sources, inputs, None, diagnostics=(*net.warnings, problem))
    laid = Laid(tuple(net.steps), output, _costs(net.steps))
    if not net.warnings:
        _patterns.keep(id, spec, inputs, laid)
    return BlockTrace(id, spec, sources, inputs, output, laid.steps, tuple(net.warnings), *laid.costs)


_patterns = Patterns()


def _problems(id: str, spec: BlockSpec) -> tuple[Diagnostic, ...]:
    return tuple(
        Diagnostic(Severity.ERROR, id, p.name, sentence)
        for p in spec.parameters
        if (sentence := p.problem(getattr(spec, p.name)))
    )


def _costs(steps: list[Step]) -> Costs:
    """Parameters, trainable ones, multiply-adds and bytes of float32 results."""
    params = trainable = macs = cells = 0
    for step in steps:
        for weight in step.weights:
            params += weight.count
            trainable += weight.count if weight.trainable else 0
        macs += step.macs
        cells += step.output.cells
    return params, trainable, macs, 4 * cells


def _fixes(block: Block, inputs: tuple[Tensor, ...], data: DataInfo, refused: Refused) -> list[Fix]:
    """Fixes for those suggested values that the block has and that mend it; if none does alone, for all it has."""
    known = [(label, values) for label, values in refused.suggest if _allowed(block.spec, values)]
    mending = [(label, values) for label, values in known if _mends(block, inputs, data, values)]
    return [Fix(label, partial(_set, block.id, values)) for label, values in mending or known]


def _allowed(spec: BlockSpec, values: Mapping[str, Any]) -> bool:
    parameters = {p.name: p for p in spec.parameters}
    return all(name in parameters and not parameters[name].problem(value) for name, value in values.items())


def _mends(block: Block, inputs: tuple[Tensor, ...], data: DataInfo, values: Mapping[str, Any]) -> bool:
    try:
        dataclasses.replace(block.spec, **values).lay(Net(block.id, data), *inputs)
    except Refused:
        return False
    return True


def _set(id: str, values: Mapping[str, Any]) -> Edit:
    from cnnstudio.core.edits import SetParameters  # edits know the catalogue; a trace is made without them

    return SetParameters(id=id, values=values)
