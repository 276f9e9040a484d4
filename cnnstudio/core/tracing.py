"""Tracing: from an architecture to what every block yields, kept from one edit to the next.

A block is laid again only when its spec, or a tensor that reaches it, has changed; the rest is taken over from the
previous trace. That is what keeps an edit of a thousand blocks inside one frame.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.diagnostics import Diagnostic, Fix, Refused, Severity
from cnnstudio.core.field import identity
from cnnstudio.core.net import Net
from cnnstudio.core.program import INPUT, Program, Step, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.data_info import DataInfo
    from cnnstudio.core.edits import Edit


@dataclass(frozen=True, slots=True)
class BlockTrace:
    """What one block came to: its steps and output, or the diagnostics that say why it has none."""

    block: Block
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


@dataclass(frozen=True, slots=True)
class Trace:
    """All blocks of an architecture, traced, in topological order."""

    architecture: Architecture
    data: DataInfo
    blocks: Mapping[str, BlockTrace]
    """Block id -> its trace, in topological order; blocks in a cycle come last, untraced."""
    cyclic: tuple[str, ...]
    readers: Mapping[str, list[str]]

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

    def program(self) -> Program:
        """The model's program: the steps that lead to the Output block, dead ends left out.

        Raises ValueError unless the design is free of errors (see `lint`).
        """
        result = next((b.id for b in self.architecture.blocks.values() if b.spec.kind == "Output"), None)
        if result is None or self.blocks[result].output is None:
            raise ValueError("The design has errors, so there is no program; lint says which.")
        used = self.architecture.upstream(result) | {result}
        traced = [t for id, t in self.blocks.items() if id in used]
        outputs = {t.block.id: t.output.step for t in traced if t.output is not None}
        steps = tuple(s for t in traced for s in t.steps)
        return Program(self.architecture.input_shape, steps, outputs, outputs[result])


def trace(architecture: Architecture, data: DataInfo, previous: Trace | None = None) -> Trace:
    """Trace `architecture` for `data`, taking over from `previous` what has not changed."""
    if previous is not None and previous.data == data:
        known = previous.blocks
        if previous.architecture is architecture:
            return previous
    else:
        known = {}
    order, cyclic = architecture.order()
    done: dict[str, BlockTrace] = {}
    for id in order:
        block = architecture.blocks[id]
        inputs = _reaching(block, done)
        old = known.get(id)
        if old is not None and old.block.spec is block.spec and _same(old, block, inputs):
            done[id] = old if old.block is block else _moved(old, block)
            continue
        fresh = _lay(block, inputs, data)
        if old is not None and fresh.output == old.output and old.output is not None:
            fresh = _with_output(fresh, old.output)  # the same object: blocks behind it are taken over
        done[id] = fresh
    for id in cyclic:
        done[id] = BlockTrace(architecture.blocks[id], (), None)
    return Trace(architecture, data, done, tuple(cyclic), architecture.consumers())


def _reaching(block: Block, done: Mapping[str, BlockTrace]) -> tuple[Tensor, ...]:
    found = []
    for source in block.inputs:
        traced = done.get(source)
        if traced is None or traced.output is None:
            return ()
        found.append(traced.output)
    return tuple(found)


def _same(old: BlockTrace, block: Block, inputs: tuple[Tensor, ...]) -> bool:
    if old.block is not block and old.block.inputs != block.inputs:
        return False
    if len(inputs) != len(old.inputs):
        return False
    return all(a is b for a, b in zip(inputs, old.inputs, strict=True))


def _moved(old: BlockTrace, block: Block) -> BlockTrace:
    return BlockTrace(
        block, old.inputs, old.output, old.steps, old.diagnostics,
        old.params, old.trainable_params, old.macs, old.activation_bytes,
    )  # fmt: skip


def _with_output(fresh: BlockTrace, output: Tensor) -> BlockTrace:
    return BlockTrace(
        fresh.block, fresh.inputs, output, fresh.steps, fresh.diagnostics,
        fresh.params, fresh.trainable_params, fresh.macs, fresh.activation_bytes,
    )  # fmt: skip


def _lay(block: Block, inputs: tuple[Tensor, ...], data: DataInfo) -> BlockTrace:
    spec = block.spec
    problems = tuple(
        Diagnostic(Severity.ERROR, block.id, p.name, sentence)
        for p in spec.parameters
        if (sentence := p.problem(getattr(spec, p.name)))
    )
    if problems:
        return BlockTrace(block, inputs, None, diagnostics=problems)
    if isinstance(spec, Input):
        return BlockTrace(block, (), Tensor(INPUT, spec.shape, identity(spec.shape[:-1])))
    if not inputs or len(inputs) < spec.min_inputs or (spec.max_inputs and len(inputs) > spec.max_inputs):
        return BlockTrace(block, inputs, None)  # lint says what is missing: it knows the whole graph
    net = Net(block.id, data)
    try:
        output = spec.lay(net, *inputs)
    except Refused as refused:
        parameter = refused.parameter if spec.parameter(refused.parameter) else ""
        fixes = (*_fixes(block, inputs, data, refused), *refused.fixes)
        problem = Diagnostic(Severity.ERROR, block.id, parameter, refused.message, fixes)
        return BlockTrace(block, inputs, None, diagnostics=(*net.warnings, problem))
    return BlockTrace(
        block=block,
        inputs=inputs,
        output=output,
        steps=tuple(net.steps),
        diagnostics=tuple(net.warnings),
        params=sum(s.params for s in net.steps),
        trainable_params=sum(s.trainable_params for s in net.steps),
        macs=sum(s.macs for s in net.steps),
        activation_bytes=4 * sum(s.output.cells for s in net.steps),
    )


def _fixes(block: Block, inputs: tuple[Tensor, ...], data: DataInfo, refused: Refused) -> list[Fix]:
    """Fixes for those suggested values that the block has and that do mend it."""
    return [
        Fix(label, partial(_set, block.id, values))
        for label, values in refused.suggest
        if _mends(block, inputs, data, values)
    ]


def _mends(block: Block, inputs: tuple[Tensor, ...], data: DataInfo, values: Mapping[str, Any]) -> bool:
    parameters = {p.name: p for p in block.spec.parameters}
    if not all(name in parameters and not parameters[name].problem(value) for name, value in values.items()):
        return False
    try:
        dataclasses.replace(block.spec, **values).lay(Net(block.id, data), *inputs)
    except Refused:
        return False
    return True


def _set(id: str, values: Mapping[str, Any]) -> Edit:
    from cnnstudio.core.edits import SetParameters  # edits know the catalogue; a trace is made without them

    return SetParameters(id=id, values=values)
