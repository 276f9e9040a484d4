"""Layout: nobody lies on anybody, and the flow goes down."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.formats.presets import Preset, presets
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH, _beside, _meet, _Shape, arrange


@st.composite
def graphs(draw: st.DrawFn) -> Architecture:
    """Random DAGs of up to 25 blocks; what the blocks are does not matter for layout."""
    blocks = [Block("input", Input())]
    for number in range(draw(st.integers(0, 24))):
        known = [b.id for b in blocks]
        sources = draw(st.lists(st.sampled_from(known), max_size=3, unique=True))
        blocks.append(Block(f"block_{number}", Convolution(), tuple(sources)))
    return Architecture.of(blocks)


@given(graphs())
def test_cards_do_not_overlap_and_edges_go_down(architecture: Architecture) -> None:
    places = arrange(architecture)
    assert set(places) == set(architecture.blocks)
    for block in architecture.blocks.values():
        for source in block.inputs:
            assert places[source][1] + CARD_HEIGHT < places[block.id][1]
    spots = sorted(places.values(), key=lambda p: (p[1], p[0]))
    for (x1, y1), (x2, y2) in itertools.pairwise(spots):
        assert y1 != y2 or x2 - x1 >= CARD_WIDTH


def test_a_chain_is_one_column() -> None:
    blocks = [Block("input", Input())]
    for number in range(30):
        blocks.append(Block(f"block_{number}", Convolution(), (blocks[-1].id,)))
    assert {x for x, _ in arrange(Architecture.of(blocks)).values()} == {0.0}


@pytest.mark.parametrize("found", presets(), ids=lambda p: p.id)
def test_edges_of_shipped_presets_cross_no_card(found: Preset) -> None:
    """A straight line from card to card, as the eye follows it, runs through no third card."""
    assert found.experiment is not None
    blocks = found.experiment.architecture.blocks
    for block in blocks.values():
        for source in block.inputs:
            a, b = blocks[source].position, block.position
            for other in blocks.values():
                if other.id not in (source, block.id) and a[1] < other.position[1] < b[1]:
                    share = (other.position[1] - a[1]) / (b[1] - a[1])
                    x = a[0] + (b[0] - a[0]) * share
                    assert abs(x - other.position[0]) > 1 or a[0] != b[0], f"{source} -> {block.id} hides {other.id}"


def nearest(wanted: list[tuple[float, _Shape]], held: list[tuple[float, float]]) -> list[float]:
    """What `_beside` is to give, by trying every place."""
    taken, columns = list(held), list[float]()
    for wish, shape in wanted:
        tries = (wish + way * steps / 2 for steps in itertools.count() for way in (1, -1))
        column = next(t for t in tries if not any(_meet((t - shape.left, t + shape.right), span) for span in taken))
        taken.append((column - shape.left, column + shape.right))
        columns.append(column)
    return columns


WIDTHS = st.sampled_from([0.5, 0.7, 1.0, 2.25])


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.sampled_from([1, 2, 3]), WIDTHS, WIDTHS), min_size=1, max_size=12),
    st.lists(st.tuples(st.floats(-4, 4), st.floats(0.5, 3)), max_size=6),
)
def test_each_gets_the_nearest_place_clear_of_the_others(
    units: list[tuple[int, int, float, float]], held: list[tuple[float, float]]
) -> None:
    wanted = sorted((n / parts, _Shape(left, right)) for n, parts, left, right in units)
    spans = [(middle - half, middle + half) for middle, half in held]
    assert _beside(wanted, spans) == nearest(wanted, spans)
