"""Grad-CAM, integrated gradients and occlusion against their formulas, written out in NumPy for small networks."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import numpy as np
import pytest

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.explaining import passing
from cnnstudio.engine.explaining.aims import aim_at
from cnnstudio.engine.explaining.baselines import empty
from cnnstudio.engine.explaining.methods import explain
from cnnstudio.engine.explaining.passing import passed, plain, portions
from cnnstudio.engine.explaining.resizing import resized
from cnnstudio.engine.explaining.still import StillNetwork
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Explain, Explained, Sample
from tests.helpers.plain_network import PlainNetwork, answer_to, explained

RNG = np.random.default_rng(11)
IMAGES = RNG.random((12, 8, 6, 2), "float32")
CLASSES = DataInfo(Task.CLASSIFICATION, (8, 6, 2), ("a", "b", "c"))
CONVOLUTION: tuple[str, str, dict[str, Any]] = ("conv", "Convolution", {"filters": 4, "activation": "relu"})
POOLED: tuple[str, str, dict[str, Any]] = ("gap", "GlobalAveragePooling", {})
FLAT: tuple[str, str, dict[str, Any]] = ("flat", "Flatten", {})


def ask(method: str, index: int = 0, **other: Any) -> Explain:
    return Explain(request=7, experiment="", method=method, sample=Sample("validation", index), **other)


def softmax(scores: Any) -> Any:
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def pooled() -> PlainNetwork:
    return PlainNetwork.of(CLASSES, IMAGES, CONVOLUTION, POOLED)


@pytest.fixture(scope="module")
def flat() -> PlainNetwork:
    return PlainNetwork.of(CLASSES, IMAGES, CONVOLUTION, ("pool", "MaxPooling", {}), FLAT)


# What passes


def test_results_on_the_way_are_those_of_plain_keras(flat: PlainNetwork) -> None:
    found = passed(flat, IMAGES, ("input", "conv", "pool", "flat"))
    np.testing.assert_array_equal(plain(found.blocks["input"]), IMAGES)
    for block in ("conv", "pool", "flat"):
        np.testing.assert_allclose(plain(found.blocks[block]), flat.sub_model(block)(IMAGES), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(plain(found.output), flat.model(IMAGES), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(softmax(plain(found.scores)), plain(found.output), rtol=1e-5, atol=1e-6)
    assert abs(plain(found.scores).sum(axis=-1) - 1).min() > 1e-3  # they are not shares themselves


@pytest.mark.parametrize(
    ("task", "activation"), [(Task.SEGMENTATION, "softmax"), (Task.DETECTION, "sigmoid"), (Task.SEGMENTATION, "linear")]
)
def test_scores_of_a_convolution_lie_before_its_curve(task: Task, activation: str) -> None:
    output = ("output", "Output", {"activation": activation, "kernel_size": 3})
    network = PlainNetwork.of(DataInfo(task, (8, 6, 2), ("a", "b", "c")), IMAGES, CONVOLUTION, output)
    found = passed(network, IMAGES)
    curves: dict[str, Any] = {"softmax": softmax, "sigmoid": lambda s: 1 / (1 + np.exp(-s)), "linear": np.asarray}
    np.testing.assert_allclose(curves[activation](plain(found.scores)), network.model(IMAGES), rtol=1e-4, atol=1e-6)


def test_a_pass_to_a_block_leaves_out_what_is_behind(flat: PlainNetwork) -> None:
    found = passed(flat, IMAGES[:2], ("conv",), to_end=False)
    assert (found.scores, found.output) == (None, None)
    np.testing.assert_allclose(plain(found.blocks["conv"]), flat.sub_model("conv")(IMAGES[:2]), rtol=1e-6, atol=1e-6)


def test_portions_cover_everything_once_and_keep_to_their_share(
    flat: PlainNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    def places(count: int) -> list[int]:
        return [n for part in portions(flat.program, count) for n in range(part.start, part.stop)]

    assert places(150) == list(range(150))
    assert list(portions(flat.program, 0)) == []
    macs = sum(step.macs for step in flat.program.steps)
    monkeypatch.setattr(passing, "_MACS", 3 * macs)
    assert list(portions(flat.program, 7)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    monkeypatch.setattr(passing, "_BYTES", 1)
    assert places(3) == [0, 1, 2]
    assert len(list(portions(flat.program, 3))) == 3


def test_maps_are_resized_as_tensorflow_does() -> None:
    maps = RNG.random((3, 5), "float32")
    wanted = tensorflow.image.resize(maps[..., np.newaxis], (8, 16), method="bilinear")[..., 0]
    np.testing.assert_allclose(resized(maps, (8, 16)), wanted, atol=1e-6)
    np.testing.assert_array_equal(resized(maps, (3, 5)), maps)
    line = resized(np.arange(4.0), (8,))
    np.testing.assert_allclose(line, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    assert resized(np.ones((1, 2, 3)), (4, 4, 4)).shape == (4, 4, 4)


# Grad-CAM


@pytest.mark.parametrize("target", [-1, 0, 2])
def test_grad_cam_behind_a_mean_is_the_formula(pooled: PlainNetwork, target: int) -> None:
    """The gradient of a score on map k is the dense weight over the number of cells, everywhere."""
    answer = explained(explain(ask("grad-cam", 3, block="conv", target=target), pooled))
    maps = np.asarray(pooled.sub_model("conv")(IMAGES[3:4]))[0]
    kernel, bias = pooled.weights("output")
    scores = maps.mean(axis=(0, 1)) @ kernel + bias
    wanted_class = int(scores.argmax()) if target < 0 else target
    heat = np.maximum((maps * kernel[:, wanted_class] / 48).sum(axis=-1), 0)
    np.testing.assert_allclose(answer.picture, heat, rtol=1e-4, atol=1e-7)
    assert (answer.target, answer.block, answer.picture.dtype) == (wanted_class, "conv", np.float32)
    assert answer.numbers["score"] == pytest.approx(scores[wanted_class], rel=1e-4)
    assert answer.numbers["share"] == pytest.approx(softmax(scores)[wanted_class], rel=1e-4)
    assert heat.max() > 0 or target >= 0


def test_grad_cam_behind_a_pooling_follows_its_winners(flat: PlainNetwork) -> None:
    answer = explained(explain(ask("grad-cam", 1, block="conv", target=1), flat))
    maps = np.asarray(flat.sub_model("conv")(IMAGES[1:2]))[0]
    kernel = flat.weights("output")[0][:, 1].reshape(4, 3, 4)
    slopes = np.zeros(maps.shape)
    for row, column, channel in np.ndindex(4, 3, 4):
        window = maps[2 * row : 2 * row + 2, 2 * column : 2 * column + 2, channel]
        won = np.unravel_index(window.argmax(), window.shape)
        slopes[2 * row + won[0], 2 * column + won[1], channel] = kernel[row, column, channel]
    heat = np.maximum((maps * slopes.mean(axis=(0, 1))).sum(axis=-1), 0)
    np.testing.assert_allclose(answer.picture, heat, rtol=1e-4, atol=1e-7)
    small = explained(explain(ask("grad-cam", 1, block="pool", target=1), flat))
    assert small.picture.shape == (8, 6)  # maps of 4 x 3, brought to the input's size


def test_grad_cam_of_segmentation_explains_the_places_of_the_class() -> None:
    info = DataInfo(Task.SEGMENTATION, (8, 6, 2), ("background", "b", "c"))
    network = PlainNetwork.of(info, IMAGES, CONVOLUTION)
    maps = np.asarray(network.sub_model("conv")(IMAGES[2:3]))[0]
    kernel, bias = (w.squeeze() for w in network.weights("output"))
    given = (maps @ kernel + bias).argmax(axis=-1)
    for target in range(3):
        answer = explained(explain(ask("grad-cam", 2, block="conv", target=target), network))
        heat = np.maximum((maps * kernel[:, target] / 48).sum(axis=-1), 0)
        np.testing.assert_allclose(answer.picture, heat, rtol=1e-4, atol=1e-7)
        there = given == target
        assert answer.numbers["cells"] == there.sum()
        places = there if there.any() else np.ones_like(there)
        score = (maps @ kernel + bias)[places][:, target].mean()
        assert answer.numbers["score"] == pytest.approx(score, rel=1e-4)
    counts = np.bincount(given.ravel(), minlength=3) * [0, 1, 1]
    assert explained(explain(ask("grad-cam", 2), network)).target == counts.argmax()


def test_grad_cam_of_detection_explains_the_best_box() -> None:
    network = PlainNetwork.of(DataInfo(Task.DETECTION, (8, 6, 2), ("a", "b")), IMAGES, CONVOLUTION)
    maps = np.asarray(network.sub_model("conv")(IMAGES[4:5]))[0]
    output = np.asarray(network.model(IMAGES[4:5]))[0]
    kernel = network.weights("output")[0].squeeze()
    for target in (-1, 0, 1):
        answer = explained(explain(ask("grad-cam", 4, block="conv", target=target), network))
        classes = output[..., :2] if target < 0 else output[..., target : target + 1]
        _, column, kind = np.unravel_index(classes.argmax(), classes.shape)
        wanted = int(kind) if target < 0 else target
        assert answer.target == wanted
        assert answer.numbers["share"] == pytest.approx(float(classes.max()), rel=1e-4)
        assert 0 <= answer.numbers["left"] <= answer.numbers["right"] <= 1
        assert answer.numbers["left"] <= (column + 0.5) / 6 <= answer.numbers["right"]
        heat = np.maximum((maps * kernel[:, wanted] / 48).sum(axis=-1), 0)
        np.testing.assert_allclose(answer.picture, heat, rtol=1e-4, atol=1e-7)


def test_several_classes_and_raw_scores_name_chances() -> None:
    info = DataInfo(Task.MULTILABEL, (8, 6, 2), ("a", "b", "c"))
    for activation in ("sigmoid", "linear"):
        output = ("output", "Output", {"activation": activation})
        network = PlainNetwork.of(info, IMAGES, CONVOLUTION, POOLED, output)
        answer = explained(explain(ask("grad-cam"), network))
        scores = plain(passed(network, IMAGES[:1]).scores)[0]
        assert answer.target == scores.argmax()
        assert answer.numbers["share"] == pytest.approx(1 / (1 + np.exp(-scores.max())), rel=1e-4)


def test_without_a_block_the_last_convolution_with_places_is_taken(flat: PlainNetwork) -> None:
    assert explained(explain(ask("grad-cam"), flat)).block == "conv"


# Integrated gradients


def test_integrated_gradients_of_a_linear_network_are_input_times_weight() -> None:
    network = PlainNetwork.of(CLASSES, IMAGES, FLAT)
    answer = explained(explain(ask("integrated-gradients", 5, target=2), network))
    kernel = network.weights("output")[0][:, 2].reshape(8, 6, 2)
    np.testing.assert_allclose(answer.picture, (IMAGES[5] * kernel).sum(axis=-1), rtol=1e-3, atol=1e-5)
    assert answer.numbers["gap"] < 1e-5


@pytest.mark.parametrize("baseline", ["zero", "mean", "blurred"])
def test_integrated_gradients_are_the_integral_and_complete(flat: PlainNetwork, baseline: Any) -> None:
    """Against 2,000 even steps of a plain model's gradient; the sum is the difference of the scores to 1 %."""
    settings = {"baseline": baseline, "steps": 256}
    answer = explained(explain(ask("integrated-gradients", 1, target=1, settings=settings), flat))
    sample, start = IMAGES[1:2], empty(IMAGES[1:2], baseline)
    kernel, bias = flat.weights("output")
    before = flat.sub_model("flat")

    def scores_of(x: Any) -> Any:
        return before(x) @ kernel[:, 1:2] + bias[1]

    places = ((np.arange(2000) + 0.5) / 2000).reshape(-1, 1, 1, 1)
    x = tensorflow.constant(start + places * (sample - start), "float32")
    with tensorflow.GradientTape() as tape:
        tape.watch(x)
        score = scores_of(x)
    integral = np.asarray(tape.gradient(score, x)).mean(axis=0) * (sample - start)[0]
    wanted = integral.sum(axis=-1)
    np.testing.assert_allclose(answer.picture, wanted, atol=0.02 * abs(wanted).max())
    ends = [float(scores_of(each)[0, 0]) for each in (start, sample)]
    assert answer.numbers["gap"] <= 0.01
    assert answer.picture.sum() == pytest.approx(ends[1] - ends[0], rel=0.011)
    assert answer.numbers["baseline"] == pytest.approx(ends[0], rel=1e-3, abs=1e-5)


def test_steps_go_where_the_score_changes() -> None:
    """Behind a normalisation the score is decided in the first hundredth of the way: even steps would miss it."""
    signals = RNG.normal(size=(3, 40, 1)).astype("float32")
    blocks: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("conv", "Convolution", {"filters": 4, "activation": "none"}),
        ("norm", "LayerNormalisation", {}),
        ("gap", "GlobalMaxPooling", {}),
    )
    network = PlainNetwork.of(DataInfo(Task.CLASSIFICATION, (40, 1), ("a", "b")), signals, *blocks)
    few, many = (
        explained(explain(ask("integrated-gradients", settings={"steps": n}), network)).numbers for n in (128, 512)
    )
    assert max(few["gap"], many["gap"]) <= 0.01
    assert few["samples"] <= 128
    assert many["samples"] <= 512


def test_empty_samples() -> None:
    assert not empty(IMAGES[:1], "zero").any()
    mean = empty(IMAGES[:1], "mean")
    assert mean.shape == (1, 8, 6, 2)
    np.testing.assert_allclose(mean[0, 3, 3], IMAGES[0].mean(axis=(0, 1)), rtol=1e-6)
    even = np.full((1, 8, 6, 2), 0.25, "float32")
    np.testing.assert_allclose(empty(even, "blurred"), even, rtol=1e-6)
    blurred = empty(IMAGES[:1], "blurred")
    assert blurred[..., 0].std() < IMAGES[0, ..., 0].std() / 2
    np.testing.assert_allclose(empty(np.array([[1.0, 3.0]]), "mean"), [[2.0, 2.0]])


# Occlusion


def test_occlusion_is_the_fall_of_the_score_averaged_over_patches(flat: PlainNetwork) -> None:
    settings = {"patch": 3, "stride": 2, "fill": "zero"}
    answer, told = answer_to(explain(ask("occlusion", 2, target=0, settings=settings), flat))
    assert isinstance(answer, Explained)
    kernel, bias = flat.weights("output")
    before = flat.sub_model("flat")

    def score(x: Any) -> float:
        return float((np.asarray(before(x)) @ kernel + bias)[0, 0])

    falls, times = np.zeros((8, 6)), np.zeros((8, 6))
    for row in (0, 2, 4, 5):
        for column in (0, 2, 3):
            covered = IMAGES[2:3].copy()
            covered[0, row : row + 3, column : column + 3] = 0
            place = np.s_[row : row + 3, column : column + 3]
            falls[place] += score(IMAGES[2:3]) - score(covered)
            times[place] += 1
    assert times.min() > 0
    np.testing.assert_allclose(answer.picture, falls / times, rtol=1e-3, atol=1e-5)
    assert answer.numbers["patches"] == 12
    assert (told[-1].done, told[-1].total) == (12, 12)
    assert told[-1].picture is not None
    np.testing.assert_array_equal(told[-1].picture, answer.picture)


def planted() -> PlainNetwork:
    """A network whose second class is told by the brightness at rows 2 to 4 and columns 1 to 2 alone."""
    network = PlainNetwork.of(CLASSES, np.full((1, 8, 6, 2), 0.1, "float32"), FLAT)
    weights = np.zeros((8, 6, 2, 3), "float32")
    weights[2:5, 1:3, :, 1] = 1.0
    network.layer("output").set_weights([weights.reshape(96, 3), np.zeros(3, "float32")])
    network.inputs[:, 2:5, 1:3] = 1.0
    return network


@pytest.mark.parametrize("method", ["occlusion", "integrated-gradients"])
def test_a_planted_patch_is_found(method: str) -> None:
    settings = {"patch": 1, "stride": 1} if method == "occlusion" else {"baseline": "mean"}
    answer = explained(explain(ask(method, settings=settings), planted()))
    assert answer.target == 1
    inside = np.zeros((8, 6), bool)
    inside[2:5, 1:3] = True
    assert (answer.picture[inside] > 0.5).all()
    assert np.abs(answer.picture[~inside]).max() < 1e-6


def test_a_patch_that_jumps_over_places_is_refused(flat: PlainNetwork) -> None:
    with pytest.raises(SketchError, match="leaves places that are never covered: make the stride no larger"):
        explained(explain(ask("occlusion", settings={"patch": 2, "stride": 3}), flat))


# Other ranks and tasks


@pytest.mark.parametrize("shape", [(20, 2), (6, 5, 4, 1), (9,)])
@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients", "occlusion", "activation-maximisation"])
def test_signals_volumes_and_vectors(shape: tuple[int, ...], method: str) -> None:
    inputs = RNG.normal(size=(6, *shape)).astype("float32")
    info = DataInfo(Task.CLASSIFICATION, shape, ("a", "b"))
    vectors = len(shape) == 1
    blocks = (("wide", "Dense", {"units": 5}),) if vectors else (CONVOLUTION, POOLED)
    network = PlainNetwork.of(info, inputs, *blocks)
    block = "wide" if vectors else "conv"
    question = ask(method, 1, block=block, channel=1, settings={"steps": 12} if "max" in method else {})
    if vectors and method == "grad-cam":
        with pytest.raises(SketchError, match='The block "wide" gives a vector, which has no places'):
            explained(explain(question, network))
        return
    answer = explained(explain(question, network))
    spatial = shape if vectors or method == "activation-maximisation" else shape[:-1]
    assert (answer.picture.shape, answer.picture.dtype) == (spatial, np.float32)
    assert np.isfinite(answer.picture).all()
    assert np.ptp(answer.picture) > 0


@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients", "occlusion"])
def test_an_autoencoder_is_explained_by_its_whole_output(method: str) -> None:
    network = PlainNetwork.of(DataInfo(Task.RECONSTRUCTION, (8, 6, 2)), IMAGES, CONVOLUTION)
    answer = explained(explain(ask(method, block="conv"), network))
    assert (answer.target, answer.numbers["score"], answer.picture.shape) == (-1, 1.0, (8, 6))
    aim = aim_at(-1, network, IMAGES[:1])
    assert float(aim(passed(network, IMAGES[:1]))[0]) == pytest.approx(1.0, rel=1e-5)
    with pytest.raises(SketchError, match="There is no class 0 to explain: the network gives back samples"):
        explained(explain(ask(method, block="conv", target=0), network))


# What cannot be


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (ask("grad-kam"), 'There is no method "grad-kam". Did you mean "grad-cam"?'),
        (ask("grad-cam", block="gone"), 'The block "gone" has no output: it is not in the network, or has an error.'),
        (ask("grad-cam", block="flat"), 'The block "flat" gives a vector, which has no places'),
        (ask("grad-cam", target=3), "There is no class 3: the network knows classes 0 to 2."),
        (ask("occlusion", settings={"patches": 3}), 'Occlusion has no parameter "patches". Did you mean "patch"?'),
        (
            ask("occlusion", settings={"patch": -1}),
            "Occlusion: Patch must be a whole number from 1 to 512 or empty, not -1.",
        ),
        (ask("occlusion", settings={"fill": "red"}), "Occlusion: Fill (fill) must be one of mean, zero, not"),
        (ask("activation-maximisation", block="conv", channel=4), 'There is no channel 4 in the block "conv": it has'),
    ],
)
def test_what_cannot_be_explained_is_said(flat: PlainNetwork, question: Explain, said: str) -> None:
    with pytest.raises(SketchError) as refused:
        explained(explain(question, flat))
    assert str(refused.value).startswith(said)


def test_a_block_that_the_answer_does_not_follow_from_is_said(flat: PlainNetwork) -> None:
    side = dataclasses.replace(flat.program.steps[0], name="side", block="side")
    outputs = {**flat.program.outputs, "side": "side"}
    program = dataclasses.replace(flat.program, steps=(*flat.program.steps, side), outputs=outputs)
    network = dataclasses.replace(flat, program=program, layers={**flat.layers, "side": flat.layer("conv")})
    with pytest.raises(SketchError, match='What the network answers does not depend on the block "side"'):
        explained(explain(ask("grad-cam", block="side"), network))


def test_other_libraries_below_keras_have_no_gradients_here(
    flat: PlainNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passing, "tensorflow", None)
    monkeypatch.setattr(passing, "backend", "jax")
    with pytest.raises(SketchError, match="Grad-CAM needs the gradients of TensorFlow below Keras, but jax is in use"):
        explained(explain(ask("grad-cam"), flat))
    assert explained(explain(ask("occlusion"), flat)).picture.any()


def test_what_a_device_cannot_do_is_said(flat: PlainNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: object) -> None:
        raise tensorflow.errors.ResourceExhaustedError(None, None, "out of memory.\nmore")

    monkeypatch.setattr(keras.layers.Conv2D, "call", full)
    with pytest.raises(SketchError, match=r"^Occlusion cannot be computed: .*out of memory"):
        explained(explain(ask("occlusion"), flat))


# While it trains


def test_a_still_network_is_that_of_the_moment(flat: PlainNetwork) -> None:
    before = flat.model.get_weights()
    drawn = random.getstate()
    still = StillNetwork(flat)
    assert random.getstate() == drawn  # a run draws from it, and would go on otherwise
    answered = np.asarray(flat.model(IMAGES))
    try:
        flat.model.set_weights([weight + 1 for weight in before])
        np.testing.assert_allclose(plain(passed(still, IMAGES).output), answered, rtol=1e-5, atol=1e-6)
        for block, values in still.values(IMAGES[:1]):
            np.testing.assert_allclose(values, np.asarray(still.model_to(block)(IMAGES[:1]))[0], rtol=1e-5, atol=1e-6)
        maps = still.model_to("conv")(IMAGES[:1])
        np.testing.assert_allclose(still.model_from("conv")(maps), answered[:1], rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(still.weights("conv")[0], before[0])
        np.testing.assert_array_equal(still.weights_before("conv")[0], before[0] + 1)  # what the other says
        assert (still.still(), still.trained, still.predicts) == (still, False, True)
    finally:
        flat.model.set_weights(before)
