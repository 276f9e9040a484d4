"""Preparation of samples: sizes, colours, masks and boxes that follow, statistics, noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cnnstudio.core.code import preparing, samples

if TYPE_CHECKING:
    from collections.abc import Sequence

MODES = ("stretch", "crop", "pad")
edges = st.integers(1, 40)


@settings(max_examples=80, deadline=None)
@given(st.tuples(edges, edges), st.tuples(edges, edges), st.sampled_from(MODES), st.sampled_from([1, 3]), st.booleans())
def test_every_image_comes_to_the_shape_in_its_own_type(
    found: tuple[int, int], wanted: tuple[int, int], mode: str, channels: int, bytes: bool
) -> None:
    values = np.random.default_rng(0).integers(0, 256, (*found, channels)).astype("uint8" if bytes else "float32")
    made = preparing.prepared(values, (*wanted, channels), mode)
    assert (made.shape, made.dtype) == ((*wanted, channels), values.dtype)
    mask = preparing.prepared_mask(values[..., 0].astype("int32"), wanted, mode)
    assert mask.shape == wanted
    assert set(np.unique(mask)) <= {0, *np.unique(values[..., 0])}


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 50), st.integers(1, 50), st.sampled_from(MODES))
def test_every_signal_comes_to_the_length(found: int, wanted: int, mode: str) -> None:
    values = np.arange(found * 2, dtype="float32").reshape(found, 2) + 1
    made = preparing.prepared(values, (wanted, 2), mode)
    assert made.shape == (wanted, 2)
    if mode == "crop":
        start = (found - min(found, wanted)) // 2
        kept = made[(made != 0).any(axis=1)]
        np.testing.assert_array_equal(kept, values[start : start + min(found, wanted)])
    if mode == "pad" and found <= wanted:
        np.testing.assert_array_equal(made[(made != 0).any(axis=1)], values)


def test_stretching_is_pillows_and_crop_and_pad_keep_proportions() -> None:
    values = np.random.default_rng(1).integers(0, 256, (20, 40, 3)).astype("uint8")
    whole = np.asarray(Image.fromarray(values).resize((8, 8), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(preparing.prepared(values, (8, 8, 3), "stretch"), whole)
    centre = np.asarray(Image.fromarray(values[:, 10:30]).resize((8, 8), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(preparing.prepared(values, (8, 8, 3), "crop"), centre)
    padded = preparing.prepared(values, (8, 8, 3), "pad")
    inside = np.asarray(Image.fromarray(values).resize((8, 4), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(padded[2:6], inside)
    assert not padded[:2].any()
    assert not padded[6:].any()


def test_grey_is_pillows_and_other_colours_are_refused() -> None:
    values = np.random.default_rng(2).integers(0, 256, (6, 5, 3)).astype("uint8")
    grey = np.asarray(Image.fromarray(values).convert("L"))
    np.testing.assert_array_equal(preparing.with_channels(values, 1)[..., 0], grey)
    shares = preparing.with_channels(values.astype("float32") / 255, 1)
    np.testing.assert_allclose(shares[..., 0], grey / 255, atol=0.003)
    np.testing.assert_array_equal(preparing.with_channels(grey[..., None], 3), np.dstack([grey] * 3))
    with pytest.raises(ValueError, match="it has 4 channels, but 3 are wanted"):
        preparing.with_channels(np.zeros((2, 2, 4), "uint8"), 3)


def drawn(sizes: Sequence[int], box: Sequence[float]) -> np.ndarray:
    """A mask with the box filled."""
    height, width = sizes
    rows, columns = (np.arange(height) + 0.5) / height, (np.arange(width) + 0.5) / width
    inside = np.ix_((rows >= box[1]) & (rows <= box[3]), (columns >= box[0]) & (columns <= box[2]))
    mask = np.zeros((height, width), "uint8")
    mask[inside] = 1
    return mask


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("found", [(60, 120), (120, 60), (50, 50)])
def test_boxes_go_where_a_mask_of_the_same_place_goes(mode: str, found: tuple[int, int]) -> None:
    box = np.array([[0.3, 0.2, 0.9, 0.7, 2.0]], "float32")
    wanted = (48, 32)
    moved = preparing.prepared_boxes(box, found, wanted, mode)
    mask = preparing.prepared_mask(drawn(found, box[0]), wanted, mode)
    ours = drawn(wanted, moved[0])
    both, either = (mask & ours).sum(), (mask | ours).sum()
    assert both / either > 0.85
    assert moved[0, 4] == 2.0


def test_boxes_that_are_cut_away_are_left_out() -> None:
    boxes = np.array([[0.0, 0.1, 0.1, 0.9, 0.0], [0.4, 0.1, 0.6, 0.9, 1.0]], "float32")
    moved = preparing.prepared_boxes(boxes, (50, 200), (40, 40), "crop")
    assert moved[:, 4].tolist() == [1.0]


def test_statistics_are_those_of_all_values() -> None:
    values = np.random.default_rng(3).normal(5, 3, (40, 6, 4, 2)).astype("float32")
    values[..., 1] = 7.0
    mean, scale = preparing.channel_statistics(values)
    np.testing.assert_allclose(mean, values.mean((0, 1, 2)), rtol=1e-5)
    np.testing.assert_allclose(scale, [1 / values[..., 0].std(), 1.0], rtol=1e-4)
    rows = preparing.statistics_rows(np.arange(10_001))
    assert len(rows) <= 4096
    assert len(preparing.statistics_rows(np.arange(4096))) == 4096


def test_noise_follows_from_seed_epoch_and_sample_alone() -> None:
    rows = np.array([5, 900, 2])
    made = preparing.noise_for(rows, (8, 8, 1), 0.5, 1, 3)
    np.testing.assert_array_equal(preparing.noise_for(rows[::-1], (8, 8, 1), 0.5, 1, 3), made[::-1])
    assert not np.array_equal(made, preparing.noise_for(rows, (8, 8, 1), 0.5, 1, 4))
    assert not np.array_equal(made[0], made[1])
    many = preparing.noise_for(np.arange(500), (8, 8, 1), 0.5, 0, 0)
    assert many.std() == pytest.approx(0.5, abs=0.01)
    assert abs(many.mean()) < 0.01
    batches = [(np.zeros((2, 4), "float32"), np.zeros(2)), (np.zeros((1, 4), "float32"), np.zeros(1))]
    noisy = np.concatenate([inputs for inputs, _ in preparing.noisy_batches(batches, rows, 0.5, 1, 3)])
    np.testing.assert_array_equal(noisy, preparing.noise_for(rows, (4,), 0.5, 1, 3))


def test_eight_bits_come_to_nought_and_one_exactly() -> None:
    made = preparing.in_unit(np.arange(256, dtype="uint8"))
    assert (made[0], made[255], made.dtype) == (0.0, 1.0, np.dtype("float32"))
    np.testing.assert_allclose(made, np.arange(256) / 255, rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 200), st.floats(0.05, 0.6), st.integers(0, 5), st.integers(1, 4))
def test_what_is_drawn_and_what_is_left_are_all_there_is_with_equal_shares(
    count: int, share: float, seed: int, classes: int
) -> None:
    rows = np.arange(10, 10 + count)
    labels = np.arange(10 + count) % classes
    left, taken = samples.draw(rows, share, seed, labels)
    assert sorted([*left, *taken]) == rows.tolist()
    assert len(taken) == max(1, round(count * share))
    for label in range(classes):
        wanted = len(taken) * (labels[rows] == label).mean()
        assert abs((labels[taken] == label).sum() - wanted) <= 1.5
