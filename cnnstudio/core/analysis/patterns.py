"""How blocks were laid, remembered apart from their names.

Networks repeat themselves, and an edit at the head of one changes all shapes behind it. What a block lays depends on
its spec, the shapes that reach it and the data, and on nothing else: so a block like one that was laid before is a
copy of the steps of that one under names of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.program import Step, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.catalogue import BlockSpec
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.declare import Shape

_MOST = 5_000
"""Patterns that are kept; more than any one design needs."""

Costs = tuple[int, int, int, int]
"""Parameters, trainable ones, multiply-adds and bytes of float32 results."""


@dataclass(frozen=True, slots=True)
class Laid:
    """The steps of one block, its output and what they cost."""

    steps: tuple[Step, ...]
    output: Tensor
    costs: Costs


@dataclass(frozen=True, slots=True)
class _Part:
    """One step: what its name adds to the block's id, and what it reads: inputs from 0 on, steps before it from -1."""

    suffix: str
    step: Step
    reads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Pattern:
    parts: tuple[_Part, ...]
    result: int
    costs: Costs

    def under(self, id: str, inputs: Sequence[Tensor]) -> Laid:
        """The same steps for the block `id`."""
        names = [id + part.suffix for part in self.parts]
        steps = []
        for name, part in zip(names, self.parts, strict=True):
            reads = tuple([inputs[at].step if at >= 0 else names[-1 - at] for at in part.reads])
            like = part.step
            output = Tensor(name, like.output.shape)
            steps.append(Step(name, like.layer, like.config, reads, id, output, like.view, like.weights, like.macs))
        return Laid(tuple(steps), steps[self.result].output, self.costs)


class Patterns:
    """The patterns of blocks on one kind of data."""

    def __init__(self) -> None:
        self._data: DataInfo | None = None
        self._known: dict[tuple[BlockSpec, tuple[Shape, ...]], _Pattern] = {}

    def like(self, id: str, spec: BlockSpec, inputs: tuple[Tensor, ...], data: DataInfo) -> Laid | None:
        """What the block `id` lays, if one like it was laid before."""
        if data is not self._data and data != self._data:
            self._known.clear()
            self._data = data
        try:
            known = self._known.get((spec, tuple([x.shape for x in inputs])))
        except TypeError:  # a spec that keeps what it was read from, which can be no key
            return None
        return known.under(id, inputs) if known is not None else None

    def keep(self, id: str, spec: BlockSpec, inputs: tuple[Tensor, ...], laid: Laid) -> None:
        """Remember what the block `id` has laid. Call `like` first: it settles which data this is about."""
        names = {x.step: at for at, x in enumerate(inputs)}
        if len(names) < len(inputs):  # beside a bypassed block: which of the two a step reads cannot be told
            return
        names |= {step.name: -1 - at for at, step in enumerate(laid.steps)}
        known = all(read in names for step in laid.steps for read in step.inputs)
        result = -1 - names.get(laid.output.step, 0)
        if not known or result < 0 or not all(step.name.startswith(id) for step in laid.steps):
            return
        parts = tuple(
            _Part(step.name.removeprefix(id), step, tuple(names[read] for read in step.inputs)) for step in laid.steps
        )
        if len(self._known) >= _MOST:
            self._known.clear()
        try:
            self._known[spec, tuple([x.shape for x in inputs])] = _Pattern(parts, result, laid.costs)
        except TypeError:
            return
