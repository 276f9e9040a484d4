"""Samples varied by Keras's operations: against NumPy, with their masks and boxes, and in training."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code.augmenting import moved_boxes, transforms, varied
from cnnstudio.core.code.source import script
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.looking.showing import show_samples
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import GetSamples
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program
    from cnnstudio.wire.messages import Samples

STRONG = Augmentation(
    flip="both", rotation=60.0, shift=0.2, zoom=0.3, crop=0.3, brightness=0.2, contrast=0.5, noise=0.1, cutout=0.25
)
NAMES = ("a", "b", "c")
SIZE = (12, 16)
IMAGES = DataInfo(Task.CLASSIFICATION, (*SIZE, 3), NAMES)


def moved_by(count: int = 1, size: tuple[int, int] = SIZE, **change: Any) -> np.ndarray:
    """One transform for each of `count` samples, of which only what is given is not at rest."""
    at_rest = {"mirror": (1.0, 1.0), "turn": 0.0, "zoom": 1.0, "move": (0.0, 0.0), "kept": (1.0, 1.0), "corner": (0, 0)}
    return transforms(size, **{k: np.array([v] * count, float) for k, v in (at_rest | change).items()})


def run(inputs: np.ndarray, targets: np.ndarray, drawn: dict[str, Any], task: str, fill: str = "edge") -> Any:
    tensor = keras.ops.convert_to_tensor
    made = varied(keras.ops, tensor(inputs), tensor(targets), drawn, task, fill)
    return tuple(keras.ops.convert_to_numpy(part) for part in made)


def pictures(count: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(1).random((count, *size, 3), dtype="float32")


def masks(count: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 4, (count, *size)).astype("int32")


TURNED: dict[str, tuple[dict[str, Any], Callable[[np.ndarray], np.ndarray]]] = {
    "left and right": ({"mirror": (1, -1)}, lambda s: s[:, :, ::-1]),
    "top and bottom": ({"mirror": (-1, 1)}, lambda s: s[:, ::-1]),
    "a quarter": ({"turn": np.pi / 2}, lambda s: np.rot90(s, -1, (1, 2))),
    "a half": ({"turn": np.pi}, lambda s: np.rot90(s, 2, (1, 2))),
    "mirrored, then a quarter": ({"mirror": (1, -1), "turn": np.pi / 2}, lambda s: np.rot90(s[:, :, ::-1], -1, (1, 2))),
    "down and left": ({"move": (3, -2)}, lambda s: np.pad(s, _frame(s, 3, 2), "edge")[:, : s.shape[1], 2:]),
}


def _frame(samples: np.ndarray, above: int, right: int) -> list[tuple[int, int]]:
    return [(0, 0), (above, 0), (0, right), *[(0, 0)] * (samples.ndim - 3)]


@pytest.mark.parametrize("name", TURNED)
def test_images_and_masks_move_as_numpy_moves_them(name: str) -> None:
    change, by_numpy = TURNED[name]
    images, classes = pictures(2, (12, 12)), masks(2, (12, 12))
    drawn = {"transform": moved_by(2, (12, 12), **change)}
    moved, followed = run(images, classes, drawn, "segmentation")
    np.testing.assert_allclose(moved, by_numpy(images), atol=2e-5)
    np.testing.assert_array_equal(followed, by_numpy(classes))
    assert followed.dtype == np.int32


@pytest.mark.parametrize(("fill", "mode"), [("edge", "edge"), ("reflect", "symmetric"), ("zero", "constant")])
def test_what_comes_in_from_outside(fill: str, mode: Any) -> None:
    images = pictures(1)
    moved, _ = run(images, np.zeros(1, "int32"), {"transform": moved_by(move=(0, 5))}, "classification", fill)
    wanted = np.pad(images, [(0, 0), (0, 0), (5, 0), (0, 0)], mode)[:, :, :16]
    np.testing.assert_allclose(moved, wanted, atol=1e-6)


def test_signals_move_in_time_with_all_their_channels() -> None:
    signals = np.random.default_rng(0).random((3, 40, 2), dtype="float32")
    drawn = {"transform": moved_by(3, (1, 40), move=(0, 7)), "scale": np.array([1, 2, 0.5], "float32")}
    moved, _ = run(signals, np.zeros(3, "int32"), drawn, "classification", "zero")
    wanted = np.pad(signals, [(0, 0), (7, 0), (0, 0)])[:, :40] * np.array([1, 2, 0.5])[:, None, None]
    np.testing.assert_allclose(moved, wanted, atol=1e-6)


def test_a_crop_brings_the_rest_back_to_size() -> None:
    image = np.zeros((1, *SIZE, 1), "float32")
    image[0, 6:, 8:] = 1  # the lower right quarter
    drawn = {"transform": moved_by(kept=(0.5, 0.5), corner=(6, 8))}
    np.testing.assert_allclose(run(image, masks(1), drawn, "classification")[0][0, 1:, 1:], 1, atol=1e-6)
    drawn = {"transform": moved_by(kept=(0.5, 0.5), corner=(3, 4))}
    middle = run(image, masks(1), drawn, "classification")[0][0, :, :, 0]
    assert middle[7:, 9:].min() == 1, "what was a quarter from the middle is still one"
    assert middle[:5].max() == 0


def test_values_change_as_they_are_told() -> None:
    images = pictures(2)
    drawn = {
        "contrast": np.array([0.5, 1.5], "float32"),
        "brightness": np.array([0.3, -0.1], "float32"),
        "noise": np.full((2, *SIZE, 3), 0.01, "float32"),
        "cutout": np.array([[-2, 3, 4, 9], [0, 0, 0, 0]], "float32"),
    }
    made, labels = run(images, np.array([2, 1], "int32"), drawn, "classification")
    mean = images.mean(axis=(1, 2), keepdims=True)
    contrast, brightness = (drawn[n][:, None, None, None] for n in ("contrast", "brightness"))
    wanted = mean + (images - mean) * contrast + brightness + 0.01
    wanted[0, :4, 3:9] = 0
    np.testing.assert_allclose(made, wanted, atol=1e-6)
    assert labels.tolist() == [2, 1]


def test_a_target_to_be_given_back_is_moved_but_neither_noisy_nor_cut() -> None:
    clean = pictures(2)
    noisy = clean + np.float32(0.2) * np.random.default_rng(5).standard_normal(clean.shape, dtype="float32")
    drawn = {
        "transform": moved_by(2, mirror=(1, -1)),
        "brightness": np.array([0.3, -0.1], "float32"),
        "contrast": np.array([0.5, 1.2], "float32"),
        "noise": np.full((2, *SIZE, 3), 0.5, "float32"),
        "cutout": np.array([[0, 0, 4, 4]] * 2, "float32"),
    }
    inputs, targets = run(noisy, clean, drawn, "reconstruction")
    wanted = targets + (noisy - clean)[:, :, ::-1] * drawn["contrast"][:, None, None, None] + 0.5
    np.testing.assert_allclose(inputs[:, 4:], wanted[:, 4:], atol=1e-5)
    assert (inputs[:, :4, :4] == 0).all()
    assert (targets[:, :4, :4] != 0).all()
    tensor = keras.ops.convert_to_tensor(clean)
    of_one = [keras.ops.convert_to_numpy(p) for p in varied(keras.ops, tensor, tensor, drawn, "reconstruction")]
    np.testing.assert_allclose(of_one[0][:, 4:], of_one[1][:, 4:] + 0.5, atol=1e-5)


def blob_box(image: np.ndarray) -> np.ndarray:
    """Left, top, right, bottom of what is bright, in pixels."""
    rows, columns = np.nonzero(image[..., 0] > 0.5)
    return np.array([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1], float)


def test_boxes_follow_what_they_hold() -> None:
    """A planted block and the box that was planted with it, moved by whatever is drawn without tilting it."""
    height, width = 40, 60
    info = DataInfo(Task.DETECTION, (height, width, 1), NAMES)
    settings = Augmentation(flip="both", shift=0.2, zoom=0.2, crop=0.2, fill="zero")
    augmenter = Augmenter(settings, info, 4)
    count, rng = 60, np.random.default_rng(0)
    images, boxes = np.zeros((count, height, width, 1), "float32"), np.zeros((count, 2, 5), "float32")
    for image, box in zip(images, boxes, strict=True):
        top, left = rng.integers(12, 20), rng.integers(18, 30)
        bottom, right = top + rng.integers(6, 10), left + rng.integers(6, 14)
        image[top:bottom, left:right] = 1
        box[0] = (left / width, top / height, right / width, bottom / height, 2)
        box[1, 4] = -1
    moved, followed = augmenter.varied(images, boxes, augmenter.draws(1, np.arange(count)))
    kept = 0
    for image, (box, none) in zip(moved, followed, strict=True):
        assert none.tolist() == [0, 0, 0, 0, -1]
        if box[4] == -1:
            continue
        kept += 1
        assert box[4] == 2
        edges = box[:4] * (width, height, width, height)
        assert np.abs(edges - blob_box(image)).max() <= 1, "to a pixel"
    assert kept > count * 0.8


def test_boxes_of_turned_images_are_the_upright_ones_round_their_corners() -> None:
    box = np.array([[[0.25, 0.25, 0.5, 0.75, 1]]], "float32")
    quarter = moved_by(size=(20, 20), turn=np.pi / 2)
    followed = keras.ops.convert_to_numpy(moved_boxes(keras.ops, keras.ops.convert_to_tensor(box), quarter, (20, 20)))
    np.testing.assert_allclose(followed[0, 0], [0.25, 0.25, 0.75, 0.5, 1], atol=1e-5)
    eighth = moved_by(size=(20, 20), turn=np.pi / 4)
    followed = keras.ops.convert_to_numpy(moved_boxes(keras.ops, keras.ops.convert_to_tensor(box), eighth, (20, 20)))
    half = 0.75 / np.sqrt(2) / 2
    middle = np.array([0.5 - 0.125 / np.sqrt(2), 0.5 - 0.125 / np.sqrt(2)])
    np.testing.assert_allclose(followed[0, 0, :4], [*(middle - half), *(middle + half)], atol=1e-5)


@pytest.mark.parametrize(("moved", "stays"), [(0.0, True), (14.9, True), (15.1, False), (30.0, False)])
def test_a_box_with_too_little_left_is_no_box(moved: float, stays: bool) -> None:
    box = np.array([[[0.8, 0.2, 1.0, 0.6, 0]]], "float32")  # 20 of 100 pixels wide, at the right edge
    drawn = moved_by(size=(50, 100), move=(0, moved))
    followed = keras.ops.convert_to_numpy(moved_boxes(keras.ops, keras.ops.convert_to_tensor(box), drawn, (50, 100)))
    wanted = [0.8 + moved / 100, 0.2, 1.0, 0.6, 0] if stays else [0, 0, 0, 0, -1]
    np.testing.assert_allclose(followed[0, 0], wanted, atol=1e-5)


def test_a_mask_of_a_tilted_image_names_what_lies_there() -> None:
    """Blocks of one brightness a class: wherever the image has it purely, the mask has its class."""
    info = DataInfo(Task.SEGMENTATION, (48, 48, 1), ("ground", *NAMES))
    classes = np.kron(masks(8, (6, 6)), np.ones((8, 8), "int32"))
    images = (classes[..., np.newaxis] / 3).astype("float32")
    strong = dataclasses.replace(STRONG, brightness=0.0, contrast=0.0, noise=0.0, cutout=0.0, fill="reflect")
    augmenter = Augmenter(strong, info, 0)
    moved, followed = augmenter.varied(images, classes, augmenter.draws(3, np.arange(8)))
    brightness = moved[..., 0] * 3
    pure = np.abs(brightness - np.rint(brightness)) < 1e-3
    assert pure.mean() > 0.4
    assert (followed[pure] == np.rint(brightness)[pure]).mean() > 0.999
    assert (followed != classes).mean() > 0.3


def test_a_sample_is_varied_alike_in_any_batch_and_otherwise_in_another_epoch() -> None:
    augmenter = Augmenter(STRONG, IMAGES, 7)
    images, labels = pictures(10), np.arange(10, dtype="int32")

    def made(epoch: int, chosen: list[int]) -> np.ndarray:
        indices = np.array(chosen)
        return augmenter.varied(images[indices], labels[indices], augmenter.draws(epoch, indices))[0]

    whole, backwards = made(1, list(range(10))), made(1, list(range(9, -1, -1)))
    np.testing.assert_array_equal(whole, backwards[::-1])
    np.testing.assert_array_equal(whole[[4]], made(1, [4]))
    assert (np.abs(whole - made(2, list(range(10)))).mean(axis=(1, 2, 3)) > 0.01).all()
    assert (np.abs(whole - images).mean(axis=(1, 2, 3)) > 0.01).all()


def test_with_everything_at_rest_the_arrays_themselves_come_back() -> None:
    augmenter = Augmenter(Augmentation(fill="reflect"), IMAGES, 7)
    images, labels = pictures(3), np.arange(3, dtype="int32")
    drawn = augmenter.draws(1, np.arange(3))
    assert drawn == {}
    assert augmenter.shapes() == {}
    assert not augmenter.acts
    assert augmenter.varied(images, labels, drawn)[0] is images
    assert augmenter.vary(images, labels, drawn) == (images, labels)


def varied_digits() -> Experiment:
    """A small classifier of digits without chance in it, trained on varied samples for two epochs."""
    experiment = chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("max_pooling_1", "MaxPooling", {}),
        ("flatten_1", "Flatten", {}),
        batch_size=300,
    )
    varying = Augmentation(flip="horizontal", rotation=15.0, shift=0.1, contrast=0.2, noise=0.05, cutout=0.2)
    return dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, augmentation=varying))


def trained_weights(experiment: Experiment, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    built: list[Any] = []

    def noting(*given: Any, **named: Any) -> Any:
        built.append(build_keras(*given, **named))
        return built[-1]

    monkeypatch.setattr("cnnstudio.engine.workbench.build_keras", noting)
    assert train(experiment, folder, lambda event: None, Control()).outcome == "finished"
    weights: list[np.ndarray] = built[0].get_weights()
    return weights


def script_weights(experiment: Experiment) -> list[np.ndarray]:
    namespace: dict[str, Any] = {"__name__": "script"}
    exec(script(experiment), namespace)
    made = namespace["build_model"]()
    initial = iter([made])
    namespace["build_model"] = lambda: next(initial)
    # The weights are those of the seed, which `main` sets before it builds the model.
    keras.utils.set_random_seed(namespace["SEED"])
    made.set_weights(build_keras(model_program(experiment)).get_weights())
    namespace["main"]()
    weights: list[np.ndarray] = made.get_weights()
    return weights


def model_program(experiment: Experiment) -> Program:
    return trace(experiment.architecture, experiment.data.info()).program()


def test_the_script_comes_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = varied_digits()
    ours = trained_weights(experiment, tmp_path / "run", monkeypatch)
    theirs = script_weights(experiment)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, atol=2e-4)
    plain = dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, augmentation=Augmentation()))
    unvaried = trained_weights(plain, tmp_path / "plain", monkeypatch)
    assert max(np.abs(one - other).max() for one, other in zip(ours, unvaried, strict=True)) > 0.01


def test_the_window_is_shown_what_the_network_learns_from() -> None:
    experiment = varied_digits()
    text = write_experiment(experiment)

    def shown(part: str, epoch: int, start: int = 5, count: int = 4) -> Samples:
        return show_samples(GetSamples(1, text, part, start, count, epoch=epoch))

    plain, first, again, second = (shown("training", epoch) for epoch in (0, 1, 1, 2))
    np.testing.assert_array_equal(first.inputs, again.inputs)
    np.testing.assert_array_equal(first.targets, plain.targets)
    assert np.abs(first.inputs - plain.inputs).mean() > 0.01
    assert np.abs(first.inputs - second.inputs).mean() > 0.01
    np.testing.assert_allclose(shown("training", 1, 7, 1).inputs[0], first.inputs[2], atol=1e-6)
    augmenter = Augmenter(experiment.data.augmentation, experiment.data.info(), experiment.training.seed)
    learned, _ = augmenter.varied(plain.inputs, plain.targets, augmenter.draws(1, np.arange(5, 9)))
    np.testing.assert_allclose(first.inputs, learned, atol=1e-6)
    for part in ("validation", "test"):
        np.testing.assert_array_equal(shown(part, 3).inputs, shown(part, 0).inputs)
    assert len(shown("training", 1, 10**9).inputs) == 0
