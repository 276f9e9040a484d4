"""What a channel looks for, the samples that excite it, and how blocks answer to a shift, held against brute force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.engine.explaining import passing
from cnnstudio.engine.explaining.exciting import exciting
from cnnstudio.engine.explaining.methods import explain
from cnnstudio.engine.explaining.shifting import shift_response, shifted
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Exciting, Explain, FindExciting, GetShiftResponse, Sample, ShiftResponse
from tests.helpers.plain_network import PlainNetwork, answer_to, explained

RNG = np.random.default_rng(3)
IMAGES = RNG.random((30, 8, 6, 2), "float32")
BLOCKS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("conv", "Convolution", {"filters": 4, "activation": "relu"}),
    ("pool", "MaxPooling", {}),
    ("gap", "GlobalAveragePooling", {}),
)


@pytest.fixture(scope="module")
def network() -> PlainNetwork:
    return PlainNetwork.of(DataInfo(Task.CLASSIFICATION, (8, 6, 2), ("a", "b", "c")), IMAGES, *BLOCKS)


# The samples that excite most


def found(network: PlainNetwork, **other: Any) -> Exciting:
    answer, _ = answer_to(exciting(FindExciting(request=3, experiment="", **other), network))
    assert isinstance(answer, Exciting)
    return answer


@pytest.mark.parametrize("block", ["conv", "gap", "output", "input"])
def test_the_most_exciting_are_those_of_a_plain_model(network: PlainNetwork, block: str) -> None:
    maps = IMAGES if block == "input" else np.asarray(network.sub_model(block)(IMAGES))
    each = maps[..., 1].reshape(30, -1)
    answer = found(network, block=block, channel=1, count=5)
    assert answer.indices.tolist() == np.argsort(-each.max(axis=1), kind="stable")[:5].tolist()
    np.testing.assert_allclose(answer.values, np.sort(each.max(axis=1))[::-1][:5], rtol=1e-4)
    np.testing.assert_array_equal(answer.inputs, IMAGES[answer.indices])
    assert answer.cells.shape == (5, maps.ndim - 2)
    for sample, cell, value in zip(answer.indices, answer.cells, answer.values, strict=True):
        assert maps[(sample, *cell, 1)] == pytest.approx(value, rel=1e-4)


def test_small_portions_find_the_same_and_tell_how_far_they_are(
    network: PlainNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = found(network, block="conv", channel=0)
    monkeypatch.setattr(passing, "_MACS", 1)
    work = exciting(FindExciting(request=3, experiment="", block="conv", channel=0), network)
    answer, told = answer_to(work)
    assert isinstance(answer, Exciting)
    assert [event.done for event in told] == list(range(1, 31))
    np.testing.assert_array_equal(answer.indices, whole.indices)
    assert len(whole.indices) == 16
    assert len(found(network, block="conv", channel=0, count=99).indices) == 30


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"block": "gone", "channel": 0}, 'The block "gone" has no output'),
        ({"block": "conv", "channel": 4}, 'There is no channel 4 in the block "conv": it has 0 to 3.'),
        (
            {"block": "conv", "channel": 0, "part": "tests"},
            'There is no part "tests" of the data. Did you mean "test"?',
        ),
    ],
)
def test_what_cannot_be_found_is_said(network: PlainNetwork, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(SketchError) as refused:
        found(network, **asked)
    assert str(refused.value).startswith(said)


# Shifts


def moved(network: PlainNetwork, index: int = 0, **other: Any) -> ShiftResponse:
    sample = Sample("validation", index)
    answer, _ = answer_to(shift_response(GetShiftResponse(request=4, experiment="", sample=sample, **other), network))
    assert isinstance(answer, ShiftResponse)
    return answer


@pytest.mark.parametrize(("axis", "of_batch"), [(-1, 2), (0, 1), (1, 2)])
def test_changes_are_those_of_a_plain_model(network: PlainNetwork, axis: int, of_batch: int) -> None:
    answer = moved(network, 2, axis=axis, most=3)
    assert answer.shifts.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert answer.blocks == ("input", "conv", "pool", "gap", "output")
    sample = IMAGES[2:3]
    padded = np.pad(sample, [(3, 3) if a == of_batch else (0, 0) for a in range(4)], mode="edge")
    size = sample.shape[of_batch]
    for column, shift in enumerate(answer.shifts):
        other = padded.take(range(3 - shift, 3 - shift + size), of_batch)
        np.testing.assert_allclose(answer.predictions[column], network.model(other)[0], rtol=1e-4, atol=1e-6)
        for row, block in enumerate(answer.blocks[1:], 1):
            still, after = (np.asarray(network.sub_model(block)(x)) for x in (sample, other))
            share = np.linalg.norm(after - still) / np.linalg.norm(still)
            assert answer.changes[row, column] == pytest.approx(share, rel=1e-3, abs=1e-5)
    assert not answer.changes[:, 3].any()


def test_a_mean_over_places_hardly_sees_what_moves_within_a_dark_edge() -> None:
    """A bright spot that keeps off the edges: maps change, their largest value does not change at all."""
    spots = np.zeros((1, 12, 12, 1), "float32")
    spots[0, 5:7, 5:7] = 1.0
    convolution: tuple[str, str, dict[str, Any]] = ("conv", "Convolution", {"filters": 3})
    info = DataInfo(Task.CLASSIFICATION, (12, 12, 1), ("a", "b"))
    network = PlainNetwork.of(info, spots, convolution, ("gap", "GlobalMaxPooling", {}))
    answer = moved(network, most=2)
    rows = dict(zip(answer.blocks, answer.changes, strict=True))
    assert (rows["conv"][[0, 1, 3, 4]] > 0.3).all()
    assert rows["gap"].max() < 1e-5
    np.testing.assert_allclose(answer.predictions, answer.predictions[[2]].repeat(5, axis=0), rtol=1e-5)


def test_shifts_repeat_the_edge() -> None:
    line = np.arange(5.0).reshape(1, 5, 1)
    assert shifted(line, 1, 2)[0, :, 0].tolist() == [0, 0, 0, 1, 2]
    assert shifted(line, 1, -1)[0, :, 0].tolist() == [1, 2, 3, 4, 4]


def test_a_sample_moves_no_further_than_its_size(network: PlainNetwork) -> None:
    assert len(moved(network, most=100).shifts) == 11
    assert len(moved(network, most=-4).shifts) == 3


def test_tasks_without_classes_for_a_sample_have_no_predictions() -> None:
    network = PlainNetwork.of(DataInfo(Task.SEGMENTATION, (8, 6, 2), ("a", "b")), IMAGES, *BLOCKS[:1])
    answer = moved(network, most=1)
    assert answer.predictions.shape == (3, 0)
    assert np.isfinite(answer.changes).all()


def test_what_cannot_move_is_said(network: PlainNetwork) -> None:
    with pytest.raises(SketchError, match="There is no axis 2 to move along: the samples have 2, counted from 0"):
        moved(network, axis=2)
    vectors = PlainNetwork.of(DataInfo(Task.CLASSIFICATION, (4,), ("a", "b")), np.ones((1, 4), "float32"))
    with pytest.raises(SketchError, match="The samples are vectors, which have no places to move along"):
        moved(vectors)


# What a channel looks for


def look(network: PlainNetwork, block: str = "conv", channel: int = 1, **settings: Any) -> Any:
    command = Explain(
        request=5, experiment="", method="activation-maximisation", sample=Sample(), block=block, channel=channel,
        settings={"steps": 40, **settings},
    )  # fmt: skip
    return explained(explain(command, network))


@pytest.mark.parametrize("block", ["conv", "pool", "gap"])
def test_what_it_looks_for_excites_it_more_than_any_sample(network: PlainNetwork, block: str) -> None:
    maps = np.asarray(network.sub_model(block)(IMAGES))[..., 1].reshape(30, -1).mean(axis=1)
    answer = look(network, block)
    itself = np.asarray(network.sub_model(block)(answer.picture[np.newaxis]))[..., 1].mean()
    assert answer.numbers["score"] == pytest.approx(float(itself), rel=1e-4)
    assert answer.numbers["score"] > max(maps.max(), answer.numbers["start"])
    assert answer.picture.shape == (8, 6, 2)
    for channel in range(2):
        seen = IMAGES[..., channel]
        assert seen.min() <= answer.picture[..., channel].min() <= answer.picture[..., channel].max() <= seen.max()


def test_a_class_is_climbed_before_its_softmax(network: PlainNetwork) -> None:
    answer = look(network, "output", 2)
    kernel, bias = network.weights("output")
    score = (np.asarray(network.sub_model("gap")(answer.picture[np.newaxis])) @ kernel + bias)[0, 2]
    assert answer.numbers["score"] == pytest.approx(float(score), rel=1e-3)


def test_the_seed_decides_and_smoothness_smooths(network: PlainNetwork) -> None:
    first, again, other, smooth = (
        look(network, **given) for given in ({}, {}, {"seed": 1}, {"smoothness": 10.0, "jitter": 0})
    )
    np.testing.assert_array_equal(first.picture, again.picture)
    assert np.abs(first.picture - other.picture).max() > 0.01
    rough, even = (np.abs(np.diff(answer.picture, axis=0)).mean() for answer in (first, smooth))
    assert even < rough / 2


def test_a_picture_grows(network: PlainNetwork) -> None:
    command = Explain(
        request=5, experiment="", method="activation-maximisation", sample=Sample(), block="conv", channel=0,
        settings={"steps": 8},
    )  # fmt: skip
    answer, told = answer_to(explain(command, network))
    assert [(event.done, event.total) for event in told] == [(n, 8) for n in range(1, 9)]
    pictures = [event.picture for event in told if event.picture is not None]
    assert len({picture.tobytes() for picture in pictures}) == 8
    np.testing.assert_array_equal(pictures[-1], getattr(answer, "picture", None))


def test_a_dead_channel_looks_for_nothing(network: PlainNetwork) -> None:
    before = network.layer("conv").get_weights()
    dead = [before[0].copy(), before[1].copy()]
    dead[0][..., 2], dead[1][2] = -1.0, -1.0
    network.layer("conv").set_weights(dead)
    try:
        with pytest.raises(SketchError, match='The channel 2 of "conv" answers the same whatever comes in: it is dead'):
            look(network, "conv", 2)
    finally:
        network.layer("conv").set_weights(before)
