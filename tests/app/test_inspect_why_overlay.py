"""How much places count, as colours: against plain sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from cnnstudio.app.features.colormaps import COOL_TO_WARM, MAGMA
from cnnstudio.app.inspect.why.overlay import Counting, faded, inks, levels, line_of, veil
from cnnstudio.app.inspect.why.shift_view import moved

finite = st.integers(-800, 800).map(lambda eighths: eighths / 8)


@given(arrays(np.float32, (3, 4), elements=finite))
def test_shares_keep_order_and_sign(values: Any) -> None:
    signed, unsigned = Counting(values, True).shares(), Counting(values, False).shares()
    most = np.abs(values).max()
    assert np.abs(signed).max() == pytest.approx(1.0 if most > 0 else 0.0)
    np.testing.assert_array_equal(np.sign(signed), np.sign(values) if most > 0 else 0)
    np.testing.assert_allclose(unsigned, np.clip(signed, 0, 1))


def test_the_scale_of_signed_values_has_zero_in_its_middle() -> None:
    counting = Counting(np.array([[-4.0, 1.0]], np.float32), True)
    assert counting.bounds == (-4.0, 4.0)
    assert levels(np.array([-1.0, 0.0, 1.0]), True).tolist() == [0, 128, 255]
    assert Counting(np.array([[0.5, 3.0]], np.float32), False).bounds == (0.0, 3.0)


def test_a_veil_covers_what_counts_most_and_lets_the_rest_through() -> None:
    shares = np.array([[0.0, 0.25, 1.0]])
    image = veil(shares, False, MAGMA, 0.8)
    assert [image.pixelColor(x, 0).alpha() for x in range(3)] == [0, round(255 * 0.4), round(255 * 0.8)]
    assert image.pixelColor(2, 0).rgb() & 0xFFFFFF == MAGMA.table()[255] & 0xFFFFFF
    against = veil(np.array([[-1.0, 1.0]]), True, COOL_TO_WARM, 1.0)
    low, high = against.pixelColor(0, 0), against.pixelColor(1, 0)
    assert low.blue() > low.red()
    assert high.red() > high.blue()


def test_a_sample_fades_to_its_lightness_and_no_further() -> None:
    colours = np.array([[[1.0, 0.0, 0.0], [0.2, 0.2, 0.2]]], np.float32)
    np.testing.assert_array_equal(faded(colours, 0.0), colours)
    grey = faded(colours, 1.0)
    np.testing.assert_allclose(grey[0, 0], 0.299, atol=1e-6)
    np.testing.assert_allclose(grey[0, 1], 0.2, atol=1e-6)
    np.testing.assert_array_equal(faded(colours[..., :1], 1.0), colours[..., :1])


def test_a_line_has_its_plain_ink_where_nothing_counts() -> None:
    plain = QColor(10, 20, 30)
    nothing, most = inks(np.array([0.0, 1.0]), False, MAGMA, 1.0, plain)
    assert nothing == plain
    assert most.rgb() & 0xFFFFFF == MAGMA.table()[255] & 0xFFFFFF


@given(st.integers(2, 400), st.integers(10, 60), st.integers(0, 10_000))
def test_a_signal_is_drawn_within_its_place_and_no_peak_is_lost(length: int, width: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    signal, shares = draw.random(length), draw.uniform(-1, 1, length)
    place = QRectF(5, 3, width, 40)
    lines, found = line_of(signal, shares, place, (0.0, 1.0))
    assert len(lines) == len(found) <= max(length, width)
    ends = [p for line in lines for p in (line.p1(), line.p2())]
    assert min(p.x() for p in ends) >= 5
    assert max(p.x() for p in ends) <= 5 + width
    assert min(p.y() for p in ends) == pytest.approx(43 - 40 * signal.max(), abs=0.6)
    assert max(p.y() for p in ends) == pytest.approx(43 - 40 * signal.min(), abs=0.6)
    assert np.abs(found).max() == np.abs(shares).max()


@given(arrays(np.float32, (5, 6, 2), elements=finite), st.integers(-5, 5), st.sampled_from([-2, -3]))
def test_a_moved_sample_is_rolled_with_its_edge_drawn_out(values: Any, places: int, axis: int) -> None:
    size = values.shape[axis]
    rolled = np.moveaxis(np.roll(values, places, axis), axis, 0)
    source = np.moveaxis(values, axis, 0)
    if places > 0:
        rolled[:places] = source[:1]
    elif places < 0:
        rolled[size + places :] = source[-1:]
    np.testing.assert_array_equal(moved(values, axis, places), np.moveaxis(rolled, 0, axis))
