"""Which cells of the input a cell of a block's map depends on, exactly: holes, border and padding told apart.

A receptive field (`core.field`) is one stretch that holds for all cells of a map. Here one cell is followed back
through the layers, each of which says what it reads (`View.back`): dilation leaves holes, branches see different
places, and a cell at the border sees less than one in the middle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.cells import Cells, count, disjoint, joined, span
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.core.analysis.cells import Region
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Step


@dataclass(frozen=True)
class Footprint:
    """What one cell sees of the input. Positions are counted on the input's spatial axes."""

    seen: Region
    """Cells of the input that decide the cell, in disjoint boxes; () where only padding does."""
    reached: Region
    """The same with padding taken for cells, so that some lie before the first cell of an axis or behind its last."""

    @cached_property
    def outline(self) -> tuple[tuple[int, int], ...]:
        """For each axis the first position reached and one past the last, padding counted; () for none."""
        return span(self.reached)

    @property
    def sizes(self) -> tuple[int, ...]:
        """Extent of the outline along each axis."""
        return tuple(end - first for first, end in self.outline)

    @cached_property
    def count(self) -> int:
        """Cells of the input that are seen."""
        return count(self.seen)

    @cached_property
    def padding(self) -> int:
        """Cells that are reached but hold no value of the input."""
        return count(self.reached) - self.count

    @property
    def holes(self) -> int:
        """Cells inside the outline that are not reached."""
        return math.prod(self.sizes) - self.count - self.padding


class Sight:
    """What the cells of one block see. Made once for a trace and a block, then asked for cell after cell."""

    def __init__(self, trace: Trace, block: str) -> None:
        """`block` must have an output in `trace`; ValueError otherwise."""
        output = trace.blocks[block].output
        if output is None:
            raise ValueError(f'"{block}" has no output.')
        steps = {step.name: step for traced in trace.blocks.values() for step in traced.steps}
        self.shape = output.shape
        self._target = output.step
        self._shapes: dict[str, Shape] = {INPUT: trace.architecture.input_shape}
        self._shapes |= {name: step.output.shape for name, step in steps.items()}
        self._steps = _leading_to(output.step, steps)

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sizes of the block's map; () for a vector, which has one cell, ()."""
        return self.shape[:-1]

    @cached_property
    def beyond(self) -> tuple[int, ...]:
        """How many positions outside the input any cell reaches at most, for each of the input's spatial axes."""
        sizes = self._shapes[INPUT][:-1]
        ends = [self.of(cell).outline for cell in ((0,) * len(self.spatial), tuple(n - 1 for n in self.spatial))]
        return tuple(
            max([0, *(-end[axis][0] for end in ends if end), *(end[axis][1] - size for end in ends if end)])
            for axis, size in enumerate(sizes)
        )

    @property
    def middle(self) -> tuple[int, ...]:
        """The cell in the middle of the map."""
        return tuple(n // 2 for n in self.spatial)

    @cached_property
    def dilated(self) -> bool:
        """Whether a window on the way is dilated: then holes are its doing."""
        return any(_largest(step.config.get("dilation_rate", 1)) > 1 for step in self._steps)

    def of(self, cell: tuple[int, ...]) -> Footprint:
        """The footprint of that cell, one index for each spatial axis of the map."""
        seen, whole = self._walked(cell, inside=True)
        reached = seen if whole else self._walked(cell, inside=False)[0]
        return Footprint(disjoint(seen), disjoint(reached))

    def _walked(self, cell: tuple[int, ...], *, inside: bool) -> tuple[Region, bool]:
        """What is reached of the input, and whether no padding was met; with `inside`, padding ends the walk."""
        wanted: dict[str, Region] = {self._target: (tuple(Cells(place, 1) for place in cell),)}
        whole = True
        for step in self._steps:
            region = wanted.pop(step.name, ())
            if not region:
                continue
            shapes = tuple(self._shapes[source] for source in step.inputs)
            read = [step.view.back(box, shapes) for box in region]
            for source, shape, found in zip(step.inputs, shapes, zip(*read, strict=True), strict=True):
                kept = [_clipped(part, shape) for part in found] if inside else found
                whole = whole and all(a is b or a == b for a, b in zip(kept, found, strict=True))
                wanted[source] = joined(wanted.get(source, ()), *kept)
        return wanted.get(INPUT, ()), whole


def _leading_to(target: str, steps: dict[str, Step]) -> tuple[Step, ...]:
    """The steps that `target` depends on and itself, each before those that it reads."""
    needed = {target}
    found = []
    for step in reversed(steps.values()):
        if step.name in needed:
            needed.update(step.inputs)
            found.append(step)
    return tuple(found)


def _clipped(region: Region, shape: Shape) -> Region:
    boxes = (tuple([c.within(0, n) for c, n in zip(box, shape, strict=False)]) for box in region)
    return tuple(box for box in boxes if all(box))


def _largest(value: int | tuple[int, ...]) -> int:
    return value if isinstance(value, int) else max(value)
