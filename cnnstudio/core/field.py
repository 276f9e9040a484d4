"""Receptive fields: which stretch of the input, axis by axis, a cell of a feature map can see.

The recurrences are those of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks"
(Distill 2019), extended to upsampling layers by letting the jump be a fraction.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

Step: TypeAlias = int | Fraction


@dataclass(frozen=True, slots=True)
class AxisField:
    """One input axis as seen from one cell: `size` input cells, `jump` input cells from one cell to the next.

    `start` is the input index of the first cell seen by cell 0; it may be negative (padding) and, after
    upsampling, fractional. `jump` is 0 where the axis is gone (after flattening or global pooling).
    """

    size: Step
    jump: Step
    start: Step


Field: TypeAlias = tuple[AxisField, ...]
"""One entry for each spatial axis of the input."""


def whole(value: Step) -> Step:
    """A fraction with denominator 1 as an int, which is many times faster to compute with."""
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else value


def identity(spatial: tuple[int, ...]) -> Field:
    """The field of the input itself."""
    return tuple(AxisField(1, 1, 0) for _ in spatial)


def slide(axis: AxisField, reach: int, stride: int, before: int) -> AxisField:
    """A window of `reach` cells (dilation counted in), moved by `stride`, after `before` cells of padding."""
    jump = axis.jump
    return AxisField(axis.size + (reach - 1) * jump, jump * stride, axis.start - before * jump)


def spread(axis: AxisField, reach: int, stride: int, before: int) -> AxisField:
    """A transposed window: an output cell o is fed by the input cells i with i*stride - before <= o < ... + reach."""
    jump = axis.jump
    seen = max(1, -(-reach // stride))
    first = Fraction(before - (reach - 1), stride)
    first_cell = -((-first.numerator) // first.denominator)
    return AxisField(axis.size + (seen - 1) * jump, whole(Fraction(jump) / stride), axis.start + first_cell * jump)


def shift(axis: AxisField, before: int) -> AxisField:
    """Cells added (`before` > 0) or cut off (`before` < 0) at the start of the axis."""
    return AxisField(axis.size, axis.jump, axis.start - before * axis.jump)


def gather(axis: AxisField, cells: int) -> AxisField:
    """All `cells` of the axis seen at once, the axis itself gone."""
    return AxisField(whole(axis.size + (cells - 1) * axis.jump), 0, axis.start)


def join(fields: tuple[Field, ...]) -> Field:
    """The hull of several fields, as a merge sees it; the jump is that of a branch that still has the axis."""
    if len(fields) == 1:
        return fields[0]
    return tuple(_hull(axes) for axes in zip(*fields, strict=True))


def _hull(axes: tuple[AxisField, ...]) -> AxisField:
    first = axes[0]
    if all(a is first or a == first for a in axes):
        return first
    start = min(a.start for a in axes)
    end = max(a.start + a.size for a in axes)
    return AxisField(whole(end - start), max(a.jump for a in axes), start)
