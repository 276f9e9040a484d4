"""The data that need no download, their split and their order: deterministic, disjoint, honest."""

from __future__ import annotations

import ast
import inspect
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.code import samples


def test_digits_are_the_real_ones() -> None:
    images, labels = samples.digits()
    assert images.shape == (1797, 8, 8, 1)
    assert images.dtype == np.float32
    assert (images.min(), images.max()) == (0.0, 1.0)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_shapes_hold_every_class_and_differ_with_the_seed() -> None:
    images, masks = samples.shapes(60, 32, 5)
    assert (images.shape, masks.shape) == ((60, 32, 32, 3), (60, 32, 32))
    assert (images.dtype, masks.dtype) == (np.dtype("f4"), np.dtype("i4"))
    assert 0.0 <= images.min() < 0.05
    assert 0.95 < images.max() <= 1.0
    shares = np.bincount(masks.ravel(), minlength=4) / masks.size
    assert len(shares) == 4
    assert shares[0] < 0.85
    assert shares[1:].min() > 0.03
    again, _ = samples.shapes(60, 32, 5)
    other, _ = samples.shapes(60, 32, 6)
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)


def test_shapes_stand_out_from_their_ground() -> None:
    images, masks = samples.shapes(40, 32, 1)
    gaps = [np.abs(i[m == 0].mean(0) - i[m > 0].mean(0)).max() for i, m in zip(images, masks, strict=True)]
    assert np.mean(np.array(gaps) > 0.1) > 0.9


def test_boxes_of_shapes_hold_what_can_be_seen_of_them() -> None:
    images, boxes = samples.shapes(60, 32, 5, "detection")
    same, masks = samples.shapes(60, 32, 5)
    np.testing.assert_array_equal(images, same)
    assert (boxes.shape, boxes.dtype) == ((60, 4, 5), np.dtype("f4"))
    there = boxes[..., 4] >= 0
    assert there.any(axis=1).all()
    assert set(boxes[there][:, 4].tolist()) == {0.0, 1.0, 2.0}
    assert (boxes[there][:, 2:4] > boxes[there][:, :2]).all()
    for mask, own in zip(masks, boxes, strict=True):
        uppermost = own[0]  # nothing lies over what was drawn last
        left, top, right, bottom = (uppermost[:4] * 32).round().astype(int)
        inside = mask[top:bottom, left:right] == uppermost[4] + 1
        for edge in (inside[0], inside[-1], inside[:, 0], inside[:, -1]):
            assert edge.any()


def test_a_shape_hidden_under_others_has_no_box() -> None:
    _, boxes = samples.shapes(400, 32, 1, "detection")
    _, masks = samples.shapes(400, 32, 1)
    for mask, own in zip(masks, boxes, strict=True):
        assert set((own[own[:, 4] >= 0, 4] + 1).tolist()) <= set(np.unique(mask).tolist())
    assert (boxes[..., 4] >= 0).sum() < 2.5 * 400  # two and a half are drawn in each on average


def test_waveforms_are_balanced_and_as_loud_as_promised() -> None:
    signals, labels = samples.waveforms(400, 128, 0.0, 3)
    assert (signals.shape, signals.dtype) == ((400, 128, 1), np.dtype("f4"))
    assert np.bincount(labels).tolist() == [100] * 4
    assert 0.9 < np.abs(signals).max() <= 1.0
    noisy, same = samples.waveforms(400, 128, 0.5, 3)
    np.testing.assert_array_equal(labels, same)
    assert (noisy - signals).std() == pytest.approx(0.5, abs=0.01)


def test_waveforms_are_told_apart_by_form_not_by_frequency() -> None:
    signals, labels = samples.waveforms(400, 128, 0.0, 3)
    peaks = np.abs(np.fft.rfft(signals[..., 0]))[:, 1:].argmax(1)
    ranges = [set(peaks[labels == k].tolist()) for k in range(3)]
    assert set.intersection(*ranges) >= {2, 3, 4, 5}


@settings(max_examples=80, deadline=None)
@given(st.integers(10, 400), st.floats(0.01, 0.45), st.floats(0.01, 0.45), st.integers(0, 2**31 - 1), st.booleans())
def test_parts_are_disjoint_complete_and_repeatable(
    count: int, validation: float, test: float, seed: int, labelled: bool
) -> None:
    labels = np.arange(count) % 3 if labelled else None
    parts = samples.split(count, validation, test, seed, labels)
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    assert all(len(p) > 0 for p in parts)
    for part, again in zip(parts, samples.split(count, validation, test, seed, labels), strict=True):
        np.testing.assert_array_equal(part, again)


def test_labelled_parts_have_the_classes_in_equal_shares() -> None:
    _, labels = samples.digits()
    shares = np.bincount(labels) / len(labels)
    for part in samples.split(len(labels), 0.15, 0.15, 0, labels):
        counts = np.bincount(labels[part], minlength=10)
        assert np.abs(counts - shares * len(part)).max() <= 1.5


def test_another_seed_draws_other_parts() -> None:
    assert not np.array_equal(samples.split(100, 0.2, 0.2, 0)[2], samples.split(100, 0.2, 0.2, 1)[2])


def test_a_split_that_leaves_nothing_to_train_on_is_refused() -> None:
    with pytest.raises(ValueError, match="none is left to train on"):
        samples.split(100, 0.5, 0.5, 0)


def test_each_epoch_has_its_own_order() -> None:
    first, second = samples.epoch_order(50, 7, 1), samples.epoch_order(50, 7, 2)
    assert sorted(first.tolist()) == list(range(50))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, samples.epoch_order(50, 7, 1))
    assert not np.array_equal(first, samples.epoch_order(50, 8, 1))


@pytest.mark.parametrize("name", ["digits", "shapes", "waveforms", "seeded_noise", "split", "epoch_order"])
def test_each_function_stands_alone_in_a_script(name: str) -> None:
    source = inspect.getsource(getattr(samples, name))
    names = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
    alone: dict[str, Any] = {"np": np}
    exec(source, alone)
    exec(inspect.getsource(samples.spread), alone)  # the one that another of them calls
    assert not names & (set(vars(samples)) - {"np", name, "spread"})
    arguments = {
        "digits": (),
        "shapes": (3, 16, 0),
        "waveforms": (8, 32, 0.1, 0),
        "seeded_noise": ("segmentation", (4, 4, 2), 3, 5, 0),
        "split": (20, 0.2, 0.2, 0),
    }
    results = alone[name](*arguments.get(name, (9, 0, 1)))
    expected = getattr(samples, name)(*arguments.get(name, (9, 0, 1)))
    for got, wanted in zip(results, expected, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_noise_has_any_shape_and_targets_of_the_task() -> None:
    inputs, targets = samples.seeded_noise("segmentation", (4, 6, 2), 1000, 50, 1)
    assert (inputs.shape, targets.shape) == ((50, 4, 6, 2), (50, 4, 6))
    assert inputs.dtype == np.float32
    assert 0 <= inputs.min() < 0.05
    assert 0.95 < inputs.max() < 1
    assert (targets.min(), targets.max()) >= (0, 900)
    assert samples.seeded_noise("classification", (5,), 3, 20, 1)[1].shape == (20,)
    assert not np.array_equal(inputs, samples.seeded_noise("segmentation", (4, 6, 2), 1000, 50, 2)[0])
