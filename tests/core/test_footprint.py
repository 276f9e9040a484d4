"""Sets of cells against plain sets of numbers, and what hovering over a map may cost."""

from __future__ import annotations

import itertools
import random
import time

import pytest

from cnnstudio.core.analysis.cells import (
    MOST_BOXES,
    NONE,
    Box,
    Cells,
    Region,
    cells_of,
    count,
    disjoint,
    joined,
    span,
    under_blend,
    under_patches,
    under_reshape,
    under_window,
    union,
)
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.program import INPUT

ROUNDS = 200


def numbers(cells: Cells) -> set[int]:
    return {i for start, end in cells.runs() for i in range(start, end)}


def some(rng: random.Random, low: int = -6, high: int = 20) -> set[int]:
    return set(rng.sample(range(low, high), rng.randint(0, min(12, high - low))))


def places(region: Region) -> set[tuple[int, ...]]:
    return {place for box in region for place in itertools.product(*map(numbers, box))}


def test_sets_of_cells_are_sets_of_numbers() -> None:
    rng = random.Random(1)
    for _ in range(ROUNDS):
        a, b = some(rng), some(rng)
        cells, other = cells_of(a), cells_of(b)
        low, by = rng.randint(-8, 12), rng.randint(-9, 9)
        assert numbers(cells) == a
        assert (cells.count, bool(cells)) == (len(a), bool(a))
        assert union(cells, other) == cells_of(a | b)
        assert cells.holds(other) == (a >= b)
        assert cells.moved(by) == cells_of({i + by for i in a})
        assert cells.within(low, low + 7) == cells_of({i for i in a if low <= i < low + 7})
        assert [i in cells for i in range(-8, 24)] == [i in a for i in range(-8, 24)]
        assert sum(end - start for start, end in cells.runs()) == len(a)


def test_windows_patches_and_blends_read_what_their_formulas_say() -> None:
    rng = random.Random(2)
    for _ in range(ROUNDS):
        wanted = some(rng)
        kernel, dilation, stride, before = (rng.randint(1, 5), rng.randint(1, 3), rng.randint(1, 4), rng.randint(0, 4))
        cells = cells_of(wanted)
        taps = {o * stride - before + i * dilation for o in wanted for i in range(kernel)}
        assert numbers(under_window(cells, kernel, dilation, stride, before)) == taps
        fed = {i for i in range(-20, 40) if wanted & {i * stride - before + j for j in range(kernel)}}
        assert numbers(under_patches(cells, kernel, stride, before)) == fed
        inside = {o for o in wanted if o >= 0}
        size = 20 // stride + 1
        mixed = set()
        for o in inside:
            twice = 2 * o + 1 - stride  # of the place between the cells, in units of half a cell of the result
            near, rest = divmod(twice, 2 * stride)
            mixed |= {min(max(near, 0), size - 1)} | ({min(near + 1, size - 1)} if rest else set())
        assert numbers(under_blend(cells_of(inside), stride, size)) == mixed


def test_reshaped_cells_hold_the_same_values() -> None:
    before, after = (4, 6, 5), (10, 3, 4)
    for cell in itertools.product(range(10), range(3)):
        box = tuple(Cells(place, 1) for place in cell)
        first = (cell[0] * 3 + cell[1]) * 4
        wanted = {divmod(value // 5, 6) for value in range(first, first + 4)}
        assert places(under_reshape(box, before, after)) == wanted
    assert under_reshape((Cells(1, 1),), (12,), (6, 2)) == ((),)


def random_box(rng: random.Random, rank: int) -> Box:
    return tuple(cells_of(some(rng, 0, 9) or {3}) for _ in range(rank))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_regions_keep_their_cells_however_they_are_put_together(rank: int) -> None:
    rng = random.Random(rank)
    for _ in range(40):
        boxes = [random_box(rng, rank) for _ in range(rng.randint(0, 6))]
        region: Region = ()
        for box in boxes:
            region = joined(region, (box,))
        apart = disjoint(tuple(boxes))
        wanted = places(tuple(boxes))
        assert places(region) == places(apart) == wanted
        assert count(region) == len(wanted) == sum(len(places((box,))) for box in apart)
        ends = tuple((min(axis), max(axis) + 1) for axis in zip(*wanted, strict=True)) if wanted else ()
        assert span(region) == ends


def test_many_branches_do_not_make_many_boxes() -> None:
    rng = random.Random(5)
    region: Region = ()
    for _ in range(200):
        region = joined(region, (random_box(rng, 2),))
        assert len(region) <= max(MOST_BOXES, 9)
    assert joined(region, ((NONE, Cells(0, 1)),)) == region


def chain(shape: tuple[int, ...], *blocks: Block) -> Trace:
    return trace(Architecture.of([Block(INPUT, Input(shape=shape)), *blocks]), DataInfo(Task.CLASSIFICATION, shape))


def vgg(shape: tuple[int, ...]) -> Trace:
    blocks, last = [], INPUT
    for stage, convolutions in enumerate((2, 2, 3, 3, 3)):
        for number in range(convolutions):
            name = f"conv{stage}_{number}"
            blocks.append(Block(name, spec_class("Convolution")(filters=8), (last,)))
            last = name
        blocks.append(Block(f"pool{stage}", spec_class("MaxPooling")(), (last,)))
        last = f"pool{stage}"
    return chain(shape, *blocks)


def pyramids(shape: tuple[int, ...]) -> Trace:
    """Branches whose places do not hold one another, again and again: the worst that boxes can meet."""
    spec = spec_class("DilatedPyramid")(filters=4, rates=(1, 2, 3, 5, 7), image_pooling=False)
    return chain(shape, *(Block(f"p{i}", spec, (f"p{i - 1}" if i else INPUT,)) for i in range(4)))


@pytest.mark.parametrize(
    ("traced", "block", "most_ms"),
    [
        (vgg((64, 64, 3)), "pool4", 10),
        (vgg((224, 224, 3)), "pool4", 20),
        (pyramids((64, 64, 3)), "p3", 300),
        (pyramids((4096, 1)), "p3", 50),
    ],
)
def test_hovering_costs_a_few_milliseconds(traced: Trace, block: str, most_ms: float) -> None:
    """Three times what it takes, of this thread's own time; the pyramids are a case far beyond any network in use."""
    sight = Sight(traced, block)
    spent = []
    for _ in range(5):
        start = time.thread_time()
        footprint = sight.of(sight.middle)
        spent.append(time.thread_time() - start)
    assert footprint.count > 50
    assert min(spent) * 1000 < most_ms


def test_dilation_widens_what_is_seen_and_leaves_holes() -> None:
    for rate, size in ((1, 3), (2, 5), (3, 7), (4, 9)):
        traced = chain((32, 32, 1), Block("conv", spec_class("Convolution")(filters=4, dilation_rate=rate), (INPUT,)))
        sight = Sight(traced, "conv")
        seen = sight.of((16, 16))
        assert (seen.sizes, seen.count, seen.holes, seen.padding) == ((size, size), 9, size * size - 9, 0)
        assert sight.dilated == (rate > 1)
        assert traced.params == 40
        corner = sight.of((0, 0))
        assert (corner.outline, corner.count, corner.padding) == (((-rate, rate + 1),) * 2, 4, 5)


def test_a_bypassed_block_and_the_input_itself() -> None:
    blocks = (
        Block("conv", spec_class("Convolution")(), (INPUT,), bypassed=True),
        Block("pool", spec_class("MaxPooling")(), ("conv",)),
    )
    traced = chain((8, 8, 1), *blocks)
    assert Sight(traced, INPUT).of((2, 3)).outline == ((2, 3), (3, 4))
    assert Sight(traced, "conv").of((2, 3)).outline == ((2, 3), (3, 4))
    assert Sight(traced, "pool").of((2, 3)).outline == ((4, 6), (6, 8))
    with pytest.raises(ValueError, match="no output"):
        Sight(chain((8, 8, 1), Block("lost", spec_class("Convolution")(), ())), "lost")
