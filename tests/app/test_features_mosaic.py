"""Feature maps as numbers and pictures: grids, scales, mosaics, lines and bars."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.app.features.colormaps import CLASS_COLOURS, COLOUR_MAPS, class_colour
from cnnstudio.app.features.layer_maps import LayerMaps, Scaling, number
from cnnstudio.app.features.mosaic import decode, fit, fit_bars, fit_strips, indexed, mosaic, rescaled
from cnnstudio.app.features.pictures import DOWN, UP, bars, line_place, lines
from cnnstudio.app.features.ranking import Order, ranked
from tests.helpers.recording import feature_maps

sizes = st.integers(1, 40)
rooms = st.tuples(st.integers(30, 900), st.integers(30, 900))


@given(st.integers(1, 600), st.tuples(sizes, sizes), rooms, st.integers(0, 6))
def test_every_tile_has_a_place_of_its_own_in_whole_pixels(
    count: int, shape: tuple[int, int], room: tuple[int, int], gap: int
) -> None:
    grid = fit(count, shape, room, gap)
    scale = grid.width / shape[1]
    assert grid.height == pytest.approx(shape[0] * scale, abs=max(1.0, shape[0] / shape[1]))  # whole pixels, no squeeze
    assert grid.rows * grid.columns >= count > (grid.rows - 1) * grid.columns
    for channel in {0, count // 2, count - 1}:
        left, top = grid.place(channel)
        assert grid.channel_at(left, top) == channel
        assert grid.channel_at(left + grid.width - 1, top + grid.height - 1) == channel
        assert gap == 0 or grid.channel_at(left + grid.width, top) is None
        assert left + grid.width <= max(room[0], grid.width)


def test_a_grid_takes_the_largest_scale_that_fits_without_scrolling() -> None:
    grid = fit(64, (8, 8), (800, 600), 4)
    assert grid.total_width <= 800
    assert grid.total_height <= 600
    assert grid.width % 8 == 0
    larger = grid.width + 8
    columns = (800 + 4) // (larger + 4)
    assert -(-64 // columns) * (larger + 4) - 4 > 600


@pytest.mark.parametrize(("count", "shape", "room"), [(32, (64, 64), (600, 520)), (6, (28, 28), (1200, 760))])
def test_tiles_grow_into_the_room_there_is(count: int, shape: tuple[int, int], room: tuple[int, int]) -> None:
    """Also where the next whole number of pixels for a cell is too much."""
    grid = fit(count, shape, room, 4)
    assert grid.total_width <= room[0]
    assert grid.total_height <= room[1]
    larger = round(1.2 * grid.width)
    columns = (room[0] + 4) // (larger + 4)
    assert -(-count // columns) * (larger + 4) - 4 > room[1], "tiles a fifth larger would fit, too"


@given(st.integers(1, 300), st.tuples(sizes, sizes), rooms, st.sampled_from([48, 96, 192]))
def test_tiles_of_a_chosen_size_have_it_whatever_the_room(
    count: int, shape: tuple[int, int], room: tuple[int, int], tile: int
) -> None:
    grid = fit(count, shape, room, 4, tile)
    longest = max(shape)
    assert max(grid.width, grid.height) == pytest.approx(tile, abs=longest / 2 + 1)
    assert fit_strips(count, (150, 34), room, 4, tile // 2).height == tile // 2


def test_a_crowd_is_scrolled_not_shrunk_below_what_can_be_read() -> None:
    grid = fit(512, (4, 4), (400, 300), 2)
    assert grid.height >= 20
    assert grid.total_height > 300
    assert grid.total_width <= 400


@given(st.integers(1, 600), rooms)
def test_strips_and_bars_stay_within_the_width(count: int, room: tuple[int, int]) -> None:
    strips = fit_strips(count, (150, 34), room, 4)
    assert strips.total_width <= room[0]
    assert strips.height >= 34
    columns = fit_bars(count, room, 1.0)
    assert columns.total_width <= max(room[0], columns.width)
    assert columns.rows * columns.columns >= count


@given(st.integers(1, 30), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4), st.integers(0, 3))
def test_a_mosaic_holds_every_value_of_every_map(count: int, height: int, width: int, scale: int, columns: int) -> None:
    maps = np.random.default_rng(count).integers(1, 256, (count, height, width)).astype(np.uint8)
    grid = fit(count, (height, width), (width * scale * (columns + 1) + 40, 60), 3)
    whole = mosaic(maps, grid)
    for channel in range(count):
        left, top = grid.place(channel)
        tile = whole[top : top + grid.height, left : left + grid.width]
        down, across = np.arange(grid.height) * height // grid.height, np.arange(grid.width) * width // grid.width
        assert np.array_equal(tile, maps[channel][down][:, across])
    assert np.count_nonzero(whole) == count * grid.width * grid.height
    part = mosaic(maps, grid, first_row=grid.rows - 1, rows=1)
    assert np.array_equal(part, whole[-(grid.height + grid.gap) :])


def test_an_image_keeps_its_bytes_after_the_array_is_gone() -> None:
    picture = np.arange(35, dtype=np.uint8).reshape(5, 7)
    image = indexed(picture.T.copy().T, COLOUR_MAPS["Grey"].table())
    picture[:] = 255
    assert [image.pixelIndex(x, y) for y in range(5) for x in range(7)] == list(range(35))


def test_one_scale_puts_the_same_value_at_the_same_level_in_every_channel() -> None:
    maps = np.array([[[0, 255]], [[0, 255]], [[51, 102]]], np.uint8)
    low, high = np.array([0, -1, 0], np.float32), np.array([1, 3, 5], np.float32)
    values = decode(maps, low, high)
    bottom, top = np.full(3, low.min()), np.full(3, high.max())
    levels = rescaled(maps, low, high, bottom, top)
    assert np.abs(levels / 255 * 6 - 1 - values).max() <= 6 / 255 / 2 + 1e-6
    assert levels.min() == 0
    assert levels[2].max() == round((2 + 1) / 6 * 255)


def test_a_layer_without_any_difference_has_one_level() -> None:
    flat = np.full((3, 2, 2), 7, np.uint8)
    ones = np.ones(3, np.float32)
    assert not rescaled(flat, ones, ones, ones, ones).any()


def test_layers_say_what_they_are() -> None:
    kinds = {(4,): "4 values", (4, 9): "4 signals of 9", (4, 9, 7): "4 maps of 9 × 7"}
    kinds |= {(1, 3, 5, 7): "1 volume of 3 × 5 × 7"}
    for shape, said in kinds.items():
        assert LayerMaps.of(feature_maps(np.zeros(shape, np.uint8))).words == said


def test_dead_channels_are_those_without_a_range_and_vectors_have_none() -> None:
    layer = LayerMaps.of(feature_maps(np.zeros((3, 2, 2), np.uint8), [0, 1, 2], [1, 1, 2]))
    assert layer.dead == {1, 2}
    assert LayerMaps.of(feature_maps(np.zeros(3, np.uint8), [0, 1, 2], [0, 1, 2])).dead == frozenset()


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match="2 maps need 2 ranges"):
        LayerMaps.of(feature_maps(np.zeros((2, 3, 3), np.uint8), [0], [1]))
    with pytest.raises(ValueError, match="float64"):
        LayerMaps.of(feature_maps(np.zeros((2, 3, 3))))


def test_a_channel_value_is_the_one_the_worker_encoded() -> None:
    layer = LayerMaps.of(feature_maps(np.array([[[0, 255], [51, 102]]], np.uint8), [-1], [4]))
    assert layer.value(0, (1, 0)) == pytest.approx(0.0, abs=1e-6)
    assert layer.channel(0).ravel() == pytest.approx([-1, 4, 0, 1], abs=1e-6)
    assert number(-0.25) == "−0.25"


def test_lines_run_from_bottom_to_top_and_never_break() -> None:
    ramp = np.arange(0, 256, 5, dtype=np.uint8)[np.newaxis]
    tile = lines(ramp, 100, 40)[0]
    centre = (tile.astype(float) * np.arange(40)[:, None]).sum(0) / tile.sum(0)
    assert centre[0] > 33
    assert centre[-1] < 6
    assert (np.diff(centre) < 0.5).all()
    square = np.repeat(np.array([[0, 255, 0, 255]], np.uint8), 50, axis=1)
    for width in (40, 400):
        assert (lines(square, width, 30)[0].max(axis=0) > 60).all()
        filled = lines(square, width, 30)[0] > 0
        assert (filled[:-1, 1:] | filled[1:, :-1] | filled[:-1, :-1]).any(axis=0).all()


def test_long_signals_keep_their_spikes() -> None:
    signal = np.zeros((1, 8192), np.uint8)
    signal[0, 5000] = 255
    tile = lines(signal, 128, 40)[0]
    assert tile[4, 5000 * 128 // 8192] == 255


def test_bars_reach_from_zero_to_the_value() -> None:
    tiles = bars(np.array([3.0, -1.0, 0.0], np.float32), 5, 40)
    assert (tiles[0, :30] == UP).all()
    assert not (tiles[0, 30:]).any()
    assert (tiles[1, 30:] == DOWN).all()
    assert not tiles[2].any()
    assert not bars(np.zeros(3, np.float32), 5, 40).any()


@pytest.mark.parametrize("name", ["Viridis", "Magma", "Cividis", "Grey"])
def test_colour_tables_grow_lighter_all_the_way(name: str) -> None:
    table = np.array(COLOUR_MAPS[name].table(), np.uint32)
    assert len(table) == 256
    assert ((table >> 24) == 255).all()
    light = 0.2126 * ((table >> 16) & 255) + 0.7152 * ((table >> 8) & 255) + 0.0722 * (table & 255)
    assert (np.diff(light) > -0.3).all()
    assert light[-1] - light[0] > 150


@pytest.mark.parametrize("name", ["Cool to warm", "Berlin"])
def test_diverging_tables_run_one_way_from_the_middle_to_both_ends(name: str) -> None:
    table = np.array(COLOUR_MAPS[name].table(), np.uint32)
    light = 0.2126 * ((table >> 16) & 255) + 0.7152 * ((table >> 8) & 255) + 0.0722 * (table & 255)
    sign = 1 if light[128] < light[0] else -1
    assert (np.diff(sign * light[136:]) > -0.3).all()
    assert (np.diff(sign * light[:120][::-1]) > -0.3).all()
    assert abs(light[0] - light[-1]) < 45


@pytest.mark.parametrize(
    ("name", "published"),
    [("Viridis", "viridis"), ("Magma", "magma"), ("Cividis", "cividis"), ("Cool to warm", "coolwarm"),
     ("Berlin", "berlin")],
)  # fmt: skip
def test_tables_follow_the_published_scales(name: str, published: str) -> None:
    from matplotlib import colormaps

    table = np.array(COLOUR_MAPS[name].table(), np.uint32)
    ours = np.stack([(table >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(float)
    theirs = colormaps[published](np.arange(256))[:, :3] * 255
    assert np.abs(ours - theirs).max() < 16


@pytest.mark.parametrize("whole_layer", [False, True])
def test_zero_lies_in_the_middle_of_a_centred_scale(whole_layer: bool) -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(size=(5, 6, 7)).astype(np.float32)
    values[4] = 0
    layer = LayerMaps.made_of(values)
    levels = layer.scaled(slice(None), Scaling(whole_layer), centred=True).astype(float)
    most = np.abs(values).max() if whole_layer else np.abs(values).max(axis=(1, 2), keepdims=True)
    expected = 127.5 + 127.5 * values / np.where(most > 0, most, 1)
    assert np.abs(levels - expected).max() <= 1.5


def test_only_the_channels_in_sight_are_scaled() -> None:
    layer = LayerMaps.made_of(np.random.default_rng(4).normal(size=(9, 4, 4)).astype(np.float32))
    ranks = np.array([7, 2, 5])
    whole = layer.scaled(slice(None), Scaling(whole_layer=True))
    assert np.array_equal(layer.scaled(ranks, Scaling(whole_layer=True)), whole[ranks])


def test_saturated_channels_lie_at_a_limit_of_the_curve() -> None:
    values = np.zeros((5, 10, 10), np.float32)
    values[0] = np.linspace(-0.9, 0.9, 100).reshape(10, 10)
    values[1] = np.where(np.arange(100).reshape(10, 10) % 2, 0.999, -0.999)
    values[2] = 1.0
    values[3, :] = 0.995
    values[3, 0, :6] = 0.2
    made = LayerMaps.made_of(values)
    layer = LayerMaps(made.maps, made.low, made.high, (-1.0, 1.0))
    assert layer.saturated == {1, 2}
    assert layer.dead == {4}
    assert made.saturated == frozenset()
    assert made.dead == {2, 4}


@pytest.mark.parametrize("order", list(Order))
def test_orders_are_those_of_the_values(order: Order) -> None:
    rng = np.random.default_rng(5)
    values, before = (rng.normal(size=(20, 6, 6)) * rng.uniform(0.1, 9, (20, 1, 1)) for _ in range(2))
    keys = {
        Order.CHANNEL: -np.arange(20.0),
        Order.ACTIVATION: np.abs(values).mean(axis=(1, 2)),
        Order.VARIANCE: values.var(axis=(1, 2)),
        Order.CHANGE: ((values - before) ** 2).mean(axis=(1, 2)),
    }[order]
    layer, first = (LayerMaps.made_of(v.astype(np.float32)) for v in (values, before))
    ranks = ranked(layer, order, first)
    found = range(20) if ranks is None else ranks.tolist()
    assert list(found) == np.argsort(-keys, kind="stable").tolist()


def test_colour_tables_keep_their_control_points() -> None:
    viridis = COLOUR_MAPS["Viridis"]
    assert [viridis.table()[0] & 0xFFFFFF, viridis.table()[255] & 0xFFFFFF] == [0x440154, 0xFDE725]
    assert viridis.table()[85] & 0xFFFFFF == 0x31688E


def test_classes_beyond_the_table_never_look_like_the_ground() -> None:
    ground = class_colour(0)
    assert all(class_colour(i) != ground for i in range(1, 3 * len(CLASS_COLOURS)))


def test_strips_in_columns_are_not_flat_where_there_is_room() -> None:
    grid = fit_strips(16, (150, 30), (1000, 650), 4)
    assert grid.columns == 3
    assert grid.width <= 5 * grid.height
    assert grid.total_height <= 650
    assert fit_strips(16, (1000, 30), (1000, 650), 4).columns == 1, "one column was asked for"


def test_zero_lies_where_a_line_of_zeros_would() -> None:
    """The dashed line through a strip, against the strip of a signal that is at zero."""
    low, high = -1.0, 3.0
    level = np.full((1, 60), round(255 * (0 - low) / (high - low)), np.uint8)
    tile = lines(level, 60, 44)[0].astype(float)
    centre = float((tile * np.arange(44)[:, None]).sum() / tile.sum())
    assert line_place(high / (high - low), 44) == pytest.approx(centre, abs=0.5)
