"""What is drawn for each training sample: from seed, epoch and index alone, within what the settings allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.core.code.augmenting import draws, transforms, uniform_draws
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

IMAGE = (24, 32, 3)
SIGNAL = (50, 2)
EVERYTHING: dict[str, Any] = {
    "flip": "both", "rotation": 40.0, "shift": 0.2, "zoom": 0.3, "crop": 0.3, "brightness": 0.2, "contrast": 0.4,
    "noise": 0.1, "cutout": 0.25,
}  # fmt: skip


def same(one: Mapping[str, np.ndarray], other: Mapping[str, np.ndarray]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[name], other[name]) for name in one)


def rows(drawn: Mapping[str, np.ndarray], chosen: Any) -> dict[str, np.ndarray]:
    return {name: values[chosen] for name, values in drawn.items()}


@settings(max_examples=25)
@given(st.permutations(range(12)), st.integers(0, 2**31 - 1), st.integers(1, 100_000), st.integers(1, 12))
def test_a_draw_does_not_depend_on_the_batch_its_size_or_the_order(
    order: list[int], seed: int, epoch: int, size: int
) -> None:
    indices = np.array(order)
    whole = draws(IMAGE, seed, epoch, np.arange(12), **EVERYTHING)
    for start in range(0, 12, size):
        batch = indices[start : start + size]
        assert same(draws(IMAGE, seed, epoch, batch, **EVERYTHING), rows(whole, batch))


def test_other_epochs_seeds_and_samples_draw_otherwise() -> None:
    indices = np.arange(200)
    first = draws(IMAGE, 3, 1, indices, **EVERYTHING)
    for other in (draws(IMAGE, 3, 2, indices, **EVERYTHING), draws(IMAGE, 4, 1, indices, **EVERYTHING)):
        for name, values in first.items():
            differ = (values != other[name]).reshape(200, -1).any(axis=1)
            assert differ.mean() > 0.95, name
    for values in first.values():
        assert len(np.unique(values.reshape(200, -1), axis=0)) > 150


def test_seed_epoch_and_index_do_not_stand_for_one_another() -> None:
    told = {tuple(uniform_draws(a, b, np.array([c]), 2)[0]) for a in range(6) for b in range(6) for c in range(6)}
    assert len(told) == 216


def test_the_numbers_are_evenly_spread_and_have_nothing_to_do_with_one_another() -> None:
    numbers = uniform_draws(0, 1, np.arange(20_000), 14)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    shares = np.stack([np.histogram(column, 20, (0, 1))[0] for column in numbers.T]) / 20_000
    assert np.abs(shares - 0.05).max() < 0.008  # five standard deviations
    together = np.corrcoef(np.concatenate([numbers.T, np.roll(numbers, 1, axis=0).T]))
    assert np.abs(together - np.eye(28)).max() < 0.04


def test_changing_one_setting_leaves_the_draws_of_the_others() -> None:
    indices = np.arange(20)
    plain = draws(IMAGE, 1, 1, indices, brightness=0.2, cutout=0.25)
    more = draws(IMAGE, 1, 1, indices, rotation=20.0, noise=0.3, contrast=0.1, brightness=0.2, cutout=0.25)
    assert all(np.array_equal(values, more[name]) for name, values in plain.items())


def test_nothing_is_drawn_where_nothing_acts() -> None:
    assert draws(IMAGE, 0, 1, np.arange(5)) == {}
    for name, value in EVERYTHING.items():
        assert len(draws(IMAGE, 0, 1, np.arange(5), **{name: value})) == 1, name


def test_draws_keep_to_the_settings_and_use_their_whole_width() -> None:
    indices = np.arange(4000)
    drawn = draws(IMAGE, 9, 2, indices, **EVERYTHING)
    assert drawn["brightness"].min() == pytest.approx(-0.2, abs=0.001)
    assert drawn["brightness"].max() == pytest.approx(0.2, abs=0.001)
    assert drawn["contrast"].min() == pytest.approx(0.6, abs=0.001)
    assert drawn["contrast"].max() == pytest.approx(1.4, abs=0.001)
    assert drawn["noise"].shape == (4000, *IMAGE)
    assert drawn["noise"].std() == pytest.approx(0.1, rel=0.01)
    assert abs(drawn["noise"].mean()) < 1e-4
    top, left, bottom, right = drawn["cutout"].T
    assert set(bottom - top) == set(right - left) == {6.0}, "a quarter of the shorter side"
    assert (top.min(), bottom.max()) == (-3, 26), "its middle lies anywhere in the image"
    assert (left.min(), right.max()) == (-3, 34)


def flips(indices: np.ndarray, flip: str) -> set[tuple[float, ...]]:
    return {tuple(row) for row in draws(IMAGE, 0, 1, indices, flip=flip)["transform"].tolist()}


def test_half_are_mirrored_on_the_axes_that_are_asked_for() -> None:
    indices = np.arange(1000)
    still, across, down = (1, 0, 0, 0, 1, 0, 0, 0), (-1, 0, 31, 0, 1, 0, 0, 0), (1, 0, 0, 0, -1, 23, 0, 0)
    assert flips(indices, "horizontal") == {still, across}
    assert flips(indices, "vertical") == {still, down}
    assert flips(indices, "both") == {still, across, down, (-1, 0, 31, 0, -1, 23, 0, 0)}
    mirrored = draws(IMAGE, 0, 1, indices, flip="horizontal")["transform"][:, 0] < 0
    assert 0.45 < mirrored.mean() < 0.55


def test_signals_move_along_their_one_axis_alone() -> None:
    drawn = draws(SIGNAL, 0, 1, np.arange(500), shift=0.1, crop=0.5, scale=0.3)
    transform = drawn["transform"]
    assert (transform[:, [1, 3, 5, 6, 7]] == 0).all()
    assert (transform[:, 4] == 1).all()
    assert 0.5 <= transform[:, 0].min() < 0.51
    assert 0.7 <= drawn["scale"].min() < 0.71
    moved = draws(SIGNAL, 0, 1, np.arange(500), shift=0.1)["transform"][:, 2]
    assert 4.9 < np.abs(moved).max() <= 5.0, "a tenth of 50"


def test_a_crop_stays_within_the_sample() -> None:
    transform = draws(IMAGE, 0, 1, np.arange(2000), crop=0.5)["transform"]
    for size, scale, start in ((32, 0, 2), (24, 4, 5)):
        first = transform[:, start] + 0.5 - transform[:, scale] / 2
        assert first.min() >= -1e-4
        assert (first + size * transform[:, scale]).max() <= size + 1e-4
    assert np.allclose(transform[:, 0], transform[:, 4]), "both sides lose the same share"


def test_the_order_is_mirror_turn_zoom_move_crop() -> None:
    """Points followed forwards by hand come back through the transform."""
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 30, (2, 50))
    angle, zoom, move, kept, corner = 0.7, 1.3, np.array([2.0, -3.0]), np.array([0.8, 0.8]), np.array([1.0, 4.0])
    transform = transforms(
        (24, 32),
        mirror=np.array([[1.0, -1.0]]),
        turn=np.array([angle]),
        zoom=np.array([zoom]),
        move=move[np.newaxis],
        kept=kept[np.newaxis],
        corner=corner[np.newaxis],
    )[0]
    y, x = points[0] - 12, -(points[1] - 16)
    # Clockwise on a screen, where y points down.
    x, y = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
    y, x = y * zoom + 12 + move[0], x * zoom + 16 + move[1]
    y, x = (y - corner[0]) / kept[0], (x - corner[1]) / kept[1]
    a, b, c, d, e, f = transform[:6]
    px, py = x - 0.5, y - 0.5
    back = np.stack([d * px + e * py + f, a * px + b * py + c]) + 0.5
    np.testing.assert_allclose(back, points, atol=1e-4)


@pytest.mark.parametrize(
    ("shape", "left_out"),
    [((8, 8, 1), {"scale"}), ((64, 1), {"flip", "rotation", "zoom", "brightness", "contrast", "cutout"})],
)
def test_only_what_fits_the_data_acts(shape: tuple[int, ...], left_out: set[str]) -> None:
    info = DataInfo(Task.CLASSIFICATION, shape, ("a", "b"))
    assert set(Augmentation.names_for(info)) == {p.name for p in Augmentation.parameters} - left_out
    assert not Augmentation(fill="zero").acts_on(info)
    for parameter in Augmentation.parameters:
        if parameter.name != "fill":
            value: Any = "both" if parameter.name == "flip" else 0.1
            acts = Augmentation(**{parameter.name: value}).acts_on(info)
            assert acts == (parameter.name not in left_out), parameter.name


@pytest.mark.parametrize("shape", [(30,), (8, 8, 8, 1)])
def test_vectors_and_volumes_are_left_alone(shape: tuple[int, ...]) -> None:
    info = DataInfo(Task.CLASSIFICATION, shape, ("a", "b"))
    assert Augmentation.names_for(info) == ()
    assert not Augmentation(flip="both", noise=1.0).acts_on(info)
