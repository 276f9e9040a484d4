"""Receptive fields: which stretch of the input, axis by axis, a cell of a feature map can see.

The recurrences are those of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks"
(Distill 2019), extended to upsampling by letting the jump be a fraction. What is computed is a bound that is exact
as long as nothing is upsampled; behind upsampling, cells of one map differ in what they see, and the bound holds
for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from cnnstudio.core.analysis.cells import Cells, every, under_blend, under_patches, under_reshape

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.analysis.cells import Box, Region
    from cnnstudio.core.declare import Shape

Step: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True)
class AxisField:
    """One input axis as seen from one cell: `size` input cells, `jump` input cells from one cell to the next.

    `start` is the input index of the first cell seen by cell 0; it may be negative (padding) and, after
    upsampling, fractional. `jump` is 0 where the axis is gone (after flattening or global pooling). With
    `everywhere`, each cell sees the same stretch (a branch with global pooling was merged in); `jump` then only
    tells how far apart the cells lie.
    """

    size: Step
    jump: Step
    start: Step
    everywhere: bool = False

    @property
    def cells(self) -> int:
        """How many input cells one cell sees at most, padding counted."""
        return int(self.size)

    def span(self, cell: int) -> tuple[Step, Step]:
        """First and one past the last input position that `cell` sees; padding may lie outside the input."""
        first = self.start if self.everywhere else whole(self.start + cell * self.jump)
        return first, whole(first + self.size)


Field: TypeAlias = tuple[AxisField, ...]
"""One entry for each spatial axis of the input."""


class View(ABC):
    """What the result of a layer sees of what it reads, both ways: declared once, beside the rule of the layer.

    Layers give views and not fields, so that an edit which moves the fields of a thousand blocks behind it lays none of
    them again; `Trace.fields` and `core.footprint` follow the views when somebody looks.
    """

    @abstractmethod
    def __call__(self, fields: tuple[Field, ...]) -> Field:
        """The field of the layer's result from those of its inputs."""

    @abstractmethod
    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        """For each input, of these shapes, the cells that decide the cells `box` of the result.

        Cells outside an input are padding. All channels count as one.
        """


class Move(NamedTuple):
    """How a layer works along one axis. `ahead(axis, *arguments)` is the field of its result there; `back(cells,
    *arguments)` are the cells read for cells of the result."""

    ahead: Callable[..., AxisField]
    back: Callable[..., Cells]


class _Keep(View):
    def __call__(self, fields: tuple[Field, ...]) -> Field:
        return fields[0]

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        return ((box,),)


keep: View = _Keep()
"""The view of layers that work on each cell by itself."""


@dataclass(frozen=True, slots=True)
class _EachAxis(View):
    move: Move
    arguments: tuple[tuple[int | str, ...], ...]

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        field = fields[0]
        if len(field) != len(self.arguments):  # behind a Reshape the axes are no longer those of the input
            return field
        ahead = self.move.ahead
        return tuple([ahead(axis, *given) for axis, given in zip(field, self.arguments, strict=True)])

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        back = self.move.back
        return ((tuple([back(cells, *given) for cells, given in zip(box, self.arguments, strict=True)]),),)


def each_axis(move: Move, arguments: tuple[tuple[int | str, ...], ...]) -> View:
    """The view that moves each axis by itself, axis i with `arguments[i]`."""
    return _EachAxis(move, arguments)


@dataclass(frozen=True, slots=True)
class _Merge(View):
    spatial: tuple[int, ...]

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        return join(fields, self.spatial)

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        # An axis of one cell is stretched over the others'.
        return tuple(
            (tuple([every(1) if n == 1 else cells for cells, n in zip(box, shape[:-1], strict=True)]),)
            for shape in shapes
        )


def merge(spatial: tuple[int, ...]) -> View:
    """The view of a merge of maps of the size `spatial`."""
    return _Merge(spatial)


@dataclass(frozen=True, slots=True)
class _All(View):
    ahead: Callable[[AxisField, int], AxisField]
    spatial: tuple[int, ...]

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        field = fields[0]
        if len(field) != len(self.spatial):
            return field
        return tuple([self.ahead(axis, n) for axis, n in zip(field, self.spatial, strict=True)])

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        return tuple((tuple([every(n) for n in shape[:-1]]),) for shape in shapes)


@dataclass(frozen=True, slots=True)
class _LineUp(View):
    parts: tuple[tuple[int, ...], ...]
    spatial: tuple[int, ...]

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        seen = [overlook_all(sizes)((field,)) for sizes, field in zip(self.parts, fields, strict=True)]
        return join(tuple(seen), self.spatial)

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        along = next(i for i, n in enumerate(self.spatial) if n != self.parts[0][i])
        found, start = [], 0
        for sizes in self.parts:
            own = box[along].moved(-start).within(0, sizes[along])
            found.append(((*box[:along], own, *box[along + 1 :]),))
            start += sizes[along]
        return tuple(found)


def line_up(parts: tuple[tuple[int, ...], ...], spatial: tuple[int, ...]) -> View:
    """The view of maps of the sizes `parts` put end to end. Fields are bounds: each cell sees all of every part."""
    return _LineUp(parts, spatial)


def gather_all(spatial: tuple[int, ...]) -> View:
    """The view of layers that do away with the spatial axes."""
    return _All(gather, spatial)


def overlook_all(spatial: tuple[int, ...]) -> View:
    """The view of layers in which each cell depends on all others."""
    return _All(overlook, spatial)


@dataclass(frozen=True, slots=True)
class _Refold(View):
    before: Shape
    after: Shape

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        return gather_all(self.before[:-1])(fields)

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        inside = tuple([cells.within(0, n) for cells, n in zip(box, self.after, strict=False)])  # no place for padding
        return (under_reshape(inside, self.before, self.after),)


def refold(before: Shape, after: Shape) -> View:
    """The view of the same values in another shape. Fields, which are bounds, see the whole from here on."""
    return _Refold(before, after)


@dataclass(frozen=True, slots=True)
class _Turn(View):
    order: tuple[int, ...]
    spatial: tuple[int, ...]

    def __call__(self, fields: tuple[Field, ...]) -> Field:
        return gather_all(self.spatial)(fields)

    def back(self, box: Box, shapes: tuple[Shape, ...]) -> tuple[Region, ...]:
        axes = [every(n) for n in self.spatial]  # an axis that has become channels is seen whole
        for cells, axis in zip(box, self.order, strict=False):
            if axis < len(axes):
                axes[axis] = cells
        return ((tuple(axes),),)


def turn(order: tuple[int, ...], spatial: tuple[int, ...]) -> View:
    """The view of axes in another order: axis i of the result is axis `order[i]`, channels counted as the last.

    Fields, which are bounds along the axes of the input, see the whole from here on.
    """
    return _Turn(order, spatial)


def whole(value: Step) -> Step:
    """A fraction with denominator 1 as an int, which is many times faster to compute with."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def identity(spatial: tuple[int, ...]) -> Field:
    """The field of the input itself."""
    return tuple(AxisField(1, 1, 0) for _ in spatial)


def slide(axis: AxisField, reach: int, stride: int, before: int) -> AxisField:
    """A window of `reach` cells (dilation counted in), moved by `stride`, after `before` cells of padding."""
    jump = axis.jump
    if axis.everywhere:
        return AxisField(axis.size, whole(jump * stride), axis.start, True)
    if reach == 1 and stride == 1 and before == 0:
        return axis
    size, start = axis.size + (reach - 1) * jump, axis.start - before * jump
    return AxisField(whole(size), whole(jump * stride), whole(start))


def _spread(axis: AxisField, reach: int, stride: int, before: int) -> AxisField:
    """A transposed window: output cell o is fed by the cells i with i*stride - before <= o < i*stride - before + reach.

    So (o + before - reach + 1) / stride <= i <= (o + before) / stride; how many such i there are differs from one o
    to the next, hence the fractions.
    """
    step = Fraction(axis.jump) / stride
    if axis.everywhere:
        return AxisField(axis.size, whole(step), axis.start, True)
    size, start = axis.size + (reach - 1) * step, axis.start + (before - reach + 1) * step
    return AxisField(whole(size), whole(step), whole(start))


def _repeat(axis: AxisField, times: int) -> AxisField:
    """Each cell repeated: nearest-neighbour upsampling."""
    return axis if times == 1 else _spread(axis, times, times, 0)


def _interpolate(axis: AxisField, times: int, size: int) -> AxisField:
    """Linear upsampling between cell centres: output cell o lies at (o + 1/2) / times - 1/2 and mixes two cells.

    `size` is that of the axis, at whose ends there is one cell to mix.
    """
    if times == 1:
        return axis
    step = Fraction(axis.jump) / times
    if axis.everywhere:
        return AxisField(axis.size, whole(step), axis.start, True)
    # Centres fall on odd multiples of 1/(2*times) for even factors and on multiples of 1/times for odd ones, so
    # a neighbour with a weight other than zero is at least that much nearer than one whole cell.
    least = Fraction(1, 2 * times) if times % 2 == 0 else Fraction(1, times)
    first = Fraction(1, 2 * times) - Fraction(1, 2) - 1 + least
    return AxisField(whole(axis.size + (2 - 2 * least) * axis.jump), whole(step), whole(axis.start + first * axis.jump))


def _shift(axis: AxisField, before: int) -> AxisField:
    if before == 0 or axis.everywhere:
        return axis
    return AxisField(axis.size, axis.jump, whole(axis.start - before * axis.jump))


def gather(axis: AxisField, cells: int) -> AxisField:
    """All `cells` of the axis seen at once, the axis itself gone."""
    size = axis.size if axis.everywhere else axis.size + (cells - 1) * axis.jump
    return AxisField(whole(size), 0, axis.start)


def overlook(axis: AxisField, cells: int) -> AxisField:
    """All `cells` of the axis seen from each of them: statistics over the axis, the axis kept."""
    size = axis.size if axis.everywhere else axis.size + (cells - 1) * axis.jump
    return AxisField(whole(size), axis.jump, axis.start, True)


def join(fields: tuple[Field, ...], spatial: tuple[int, ...]) -> Field:
    """What a merge of maps of the size `spatial` sees: for every cell, at least all that its branches see."""
    first = fields[0]
    if all(f is first or f == first for f in fields):
        return first
    cells = spatial if len(spatial) == len(first) else (1,) * len(first)
    return tuple(_hull(axes, n) for axes, n in zip(zip(*fields, strict=True), cells, strict=True))


def _hull(axes: tuple[AxisField, ...], cells: int) -> AxisField:
    first = axes[0]
    if all(a is first or a == first for a in axes):
        return first
    jump = max(a.jump for a in axes)
    if any(a.everywhere or a.jump == 0 for a in axes):
        seen = [overlook(a, cells) for a in axes]
        start = min(a.start for a in seen)
        end = max(a.start + a.size for a in seen)
        return AxisField(whole(end - start), jump, start, jump != 0)
    # Branches may be coarser or finer on the input; measured along the coarsest, their ends lie at cell 0 or the last.
    drift = [(a.jump - jump) * (cells - 1) for a in axes]
    start = min(a.start + min(0, d) for a, d in zip(axes, drift, strict=True))
    end = max(a.start + a.size + max(0, d) for a, d in zip(axes, drift, strict=True))
    return AxisField(whole(end - start), jump, whole(start))


def _under_repeat(cells: Cells, times: int) -> Cells:
    return under_patches(cells, times, times, 0)


def _under_shift(cells: Cells, before: int) -> Cells:
    return cells.moved(-before)


spread = Move(_spread, under_patches)
"""A transposed window. Arguments: cells of the window, stride, cells cut off before the first."""
repeat = Move(_repeat, _under_repeat)
"""Nearest-neighbour upsampling. Argument: how many times."""
interpolate = Move(_interpolate, under_blend)
"""Linear upsampling. Arguments: how many times, size of the axis."""
shift = Move(_shift, _under_shift)
"""Cells added or, below 0, cut off. Argument: how many at the start of the axis."""
