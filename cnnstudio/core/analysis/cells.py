"""Sets of cells along the axes of a map: which cells of what a layer reads decide given cells of what it yields.

A set along one axis is a whole number whose bits are cells, so that a window of any width costs a few shifts. Cells may
lie before the first cell of an axis or behind its last: that is padding. Over several axes there are boxes (one set for
each axis, every combination of them) and regions (several boxes together).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_BOXES = 16
"""A region of more is made of disjoint boxes, of which there are never more than the leading axes have places."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells of one axis: bit i of `bits` stands for cell `first` + i. Made by `cells_at`, so that equal sets are equal:
    the first bit is set, and of no cells both numbers are 0."""

    first: int
    bits: int

    def __bool__(self) -> bool:
        return self.bits != 0

    def __contains__(self, cell: int) -> bool:
        return cell >= self.first and bool(self.bits >> (cell - self.first) & 1)

    @property
    def end(self) -> int:
        """One past the last cell."""
        return self.first + self.bits.bit_length()

    @property
    def count(self) -> int:
        """How many they are."""
        return self.bits.bit_count()

    def runs(self) -> Iterator[tuple[int, int]]:
        """Stretches of neighbouring cells, each as first cell and one past the last, in order."""
        bits, at = self.bits, self.first
        while bits:
            gap = _lowest(bits)
            length = _lowest(~(bits >> gap))
            yield at + gap, at + gap + length
            bits >>= gap + length
            at += gap + length

    def holds(self, other: Cells) -> bool:
        """Whether all of `other` are among these."""
        return not other.bits or (
            other.first >= self.first and other.bits & ~(self.bits >> (other.first - self.first)) == 0
        )

    def moved(self, by: int) -> Cells:
        """These cells, each `by` further."""
        return Cells(self.first + by, self.bits) if self.bits and by else self

    def within(self, start: int, end: int) -> Cells:
        """Those from `start` to before `end`."""
        if self.first >= start and self.end <= end:
            return self
        bits = self.bits >> (start - self.first) if start > self.first else self.bits << (self.first - start)
        return cells_at(start, bits & ((1 << max(0, end - start)) - 1))


Box: TypeAlias = tuple[Cells, ...]
"""Cells for each spatial axis of a map, every combination of them; () stands for the whole of a vector."""

Region: TypeAlias = tuple[Box, ...]
"""The cells that lie in any of the boxes."""

NONE = Cells(0, 0)


def _lowest(bits: int) -> int:
    """Place of the lowest bit that is set."""
    return (bits & -bits).bit_length() - 1


def cells_at(first: int, bits: int) -> Cells:
    """The set with these bits, the lowest of which stands for cell `first`."""
    if not bits:
        return NONE
    gap = _lowest(bits)
    return Cells(first + gap, bits >> gap)


def cells_of(numbers: Iterable[int]) -> Cells:
    """The set of these cells."""
    found = set(numbers)
    first = min(found, default=0)
    bits = 0
    for number in found:
        bits |= 1 << (number - first)
    return Cells(first, bits)


def every(size: int) -> Cells:
    """All cells of an axis."""
    return Cells(0, (1 << size) - 1)


def union(*sets: Cells) -> Cells:
    """Cells that are in any of the sets."""
    found = [s for s in sets if s.bits]
    if not found:
        return NONE
    first = min(s.first for s in found)
    bits = 0
    for s in found:
        bits |= s.bits << (s.first - first)
    return Cells(first, bits)


# What a layer reads, axis by axis


def under_window(cells: Cells, kernel: int, dilation: int, stride: int, before: int) -> Cells:
    """What windows read: output cell o sees the cells o * stride - before + i * dilation, for i below `kernel`."""
    if not cells:
        return NONE
    bits = _stretched(cells.bits, stride)
    return Cells(cells.first * stride - before, _repeated(bits, kernel, dilation))


def under_patches(cells: Cells, kernel: int, stride: int, before: int) -> Cells:
    """What transposed windows read: cell i paints the output cells i * stride - before + j, for j below `kernel`."""
    if not cells:
        return NONE
    first = cells.first + before - kernel + 1
    fed = _repeated(cells.bits, kernel, 1)  # bit b stands for the place first + b, wanted where stride divides it
    start = -(-first // stride)
    return cells_at(start, _every_nth(fed >> (start * stride - first), stride))


def under_blend(cells: Cells, times: int, size: int) -> Cells:
    """What linear upsampling reads: the two cells round (o + 1/2) / times - 1/2, of which none lies outside."""
    found = []
    for phase in range(times):
        start = -(-(cells.first - phase) // times)
        near = cells_at(start, _every_nth(_from(cells, start * times + phase), times))
        found.append(near)
        if 2 * phase + 1 != times:
            found.append(near.moved(-1 if 2 * phase + 1 < times else 1))
    return union(*found).within(0, size)


def _from(cells: Cells, start: int) -> int:
    """The bits from cell `start` on, which is at or behind the first."""
    return cells.bits >> (start - cells.first)


def _stretched(bits: int, stride: int) -> int:
    """Bit i becomes bit i * stride."""
    return bits if stride == 1 else int(("0" * (stride - 1)).join(format(bits, "b")), 2)


def _every_nth(bits: int, n: int) -> int:
    """Bit i * n becomes bit i; the others are left out."""
    return bits if n == 1 else int(format(bits, "b")[::-n][::-1], 2)


def _repeated(bits: int, times: int, step: int) -> int:
    """The bits, and again `step` further, and so on: `times` copies together."""
    done = 1
    while done < times:  # doubling: a window of 255 cells takes 8 shifts
        more = min(done, times - done)
        bits |= bits << (more * step)
        done += more
    return bits


def under_reshape(box: Box, before: tuple[int, ...], after: tuple[int, ...]) -> Region:
    """What the cells `box` of a tensor of shape `after` hold of the one of shape `before`, row by row the same values.

    Both shapes have the channels last, and a cell holds all of them.
    """
    into, out = before[-1], after[-1]
    rows = [0]
    for cells, size in zip(box, after[:-1], strict=True):
        rows = [row * size + cell for row in rows for start, end in cells.runs() for cell in range(start, end)]
    numbers = {n for row in rows for n in range(row * out // into, ((row + 1) * out - 1) // into + 1)}
    if len(before) == 1:
        return ((),) if numbers else ()
    lines: dict[int, set[int]] = {}
    for number in numbers:
        line, cell = divmod(number, before[-2])
        lines.setdefault(line, set()).add(cell)
    return disjoint(tuple((*_place(line, before[:-2]), cells_of(row)) for line, row in lines.items()))


def _place(number: int, sizes: tuple[int, ...]) -> Box:
    """Where the cell of that number lies, counted row by row."""
    place = []
    for size in reversed(sizes):
        place.append(Cells(number % size, 1))
        number //= size
    return tuple(reversed(place))


# Regions


def joined(*regions: Region) -> Region:
    """All of the regions together, as few boxes as are easily found."""
    boxes = list(dict.fromkeys(box for region in regions for box in region if all(box)))
    if len(boxes) > MOST_BOXES or (len(boxes) > 1 and len(boxes[0]) == 1):
        return disjoint(tuple(boxes))
    return tuple(
        box for at, box in enumerate(boxes) if not any(_holds(other, box) for i, other in enumerate(boxes) if i != at)
    )


def _holds(box: Box, other: Box) -> bool:
    return all(a.holds(b) for a, b in zip(box, other, strict=True))


def disjoint(region: Region) -> Region:
    """The same cells in boxes of which no two share a cell, in the order of the first axis."""
    if len(region) < 2 or not region[0]:
        return region[:1] if region and not region[0] else region
    groups: list[tuple[Cells, Region]] = []  # places of the first axis, and what is wanted on the others there
    for first, *rest in region:
        left, parted = first, []
        for places, tails in groups:
            shared = _both(places, first)
            if shared:
                parted.append((shared, (*tails, tuple(rest))))
            if alone := _without(places, shared):
                parted.append((alone, tails))
            left = _without(left, shared)
        groups = [*parted, (left, (tuple(rest),))] if left else parted
    by_tail: dict[Region, Cells] = {}
    for places, tails in groups:
        tail = disjoint(tails)
        by_tail[tail] = union(by_tail.get(tail, NONE), places)
    boxes = [(places, *rest) for tail, places in by_tail.items() for rest in tail]
    return tuple(sorted(boxes, key=lambda box: tuple([(c.first, c.bits) for c in box])))


def _both(a: Cells, b: Cells) -> Cells:
    first = max(a.first, b.first)
    return cells_at(first, (a.bits >> (first - a.first)) & (b.bits >> (first - b.first)))


def _without(a: Cells, b: Cells) -> Cells:
    if not b:
        return a
    first = min(a.first, b.first)
    return cells_at(first, (a.bits << (a.first - first)) & ~(b.bits << (b.first - first)))


def count(region: Region) -> int:
    """How many cells lie in a region."""
    return sum(math.prod(c.count for c in box) for box in disjoint(region))


def span(region: Region) -> tuple[tuple[int, int], ...]:
    """For each axis the first cell and one past the last; () for no cells."""
    if not region:
        return ()
    return tuple((min(c.first for c in axis), max(c.end for c in axis)) for axis in zip(*region, strict=True))
