"""Imported models against Keras, the oracle: saved by Keras, read by us, rebuilt, and the same answers to 1e-5.

CNNSTUDIO_IMPORT_NETWORKS names networks of keras.applications, CNNSTUDIO_IMPORT_SIZE sets the size of their images in
pixels (Keras asks for at least 71 for Xception and 75 for InceptionV3).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import keras
import numpy as np
import pytest
from keras import layers

from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.catalogue.unknown import Opaque
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import Task
from cnnstudio.core.keras_import import read_model, read_model_file
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import load
from tests.helpers.effort import EFFORT, times
from tests.helpers.random_nets import random_net

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.keras_import import Imported

NETWORKS = os.environ.get("CNNSTUDIO_IMPORT_NETWORKS", "MobileNetV2" if EFFORT == 1 else "VGG16,ResNet50").split(",")
SIZE = int(os.environ.get("CNNSTUDIO_IMPORT_SIZE", "32"))
NETS = times(12)
CLASSES = 7


def stirred(model: keras.Model) -> keras.Model:
    """The model with biases, scales and statistics that are not those it started with, so that a mix-up shows."""
    rng = np.random.default_rng(5)
    for weight in model.weights:
        if len(weight.shape) == 1 and weight.dtype == "float32":
            drawn = rng.uniform(0.02, 0.2, weight.shape).astype("float32")
            weight.assign(drawn + 1.0 if weight.name in ("gamma", "moving_variance") else drawn)
    return model


def saved(model: keras.Model, folder: Path) -> Imported:
    """The model saved by Keras and read by us."""
    path = folder / "model.keras"
    model.save(path)
    return read_model_file(path)


def rebuilt(experiment: Experiment, weights: Mapping[str, np.ndarray]) -> keras.Model:
    """The model that the studio builds for the design, with every weight from the file."""
    program = trace(experiment.architecture, experiment.data.info()).program()
    model = build_keras(program)
    names = layer_names(program)
    for step in program.steps:
        for weight, variable in zip(step.weights, model.get_layer(names[step.name]).weights, strict=True):
            variable.assign(weights[f"{step.name}/{weight.name}"])
    return model


def assert_same(model: keras.Model, imported: Imported) -> None:
    experiment = imported.experiment
    batch = np.random.default_rng(2).random((3, *experiment.architecture.input_shape), np.float32)
    expected = model(batch, training=False)
    expected = expected[0] if isinstance(expected, list) else expected
    np.testing.assert_allclose(rebuilt(experiment, imported.weights)(batch, training=False), expected, atol=1e-5)


def errors(experiment: Experiment) -> list[str]:
    traced = trace(experiment.architecture, experiment.data.info())
    return [d.message for d in lint(traced) if d.severity is Severity.ERROR]


@pytest.mark.search
@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_keras_come_out_equal(name: str, tmp_path: Path) -> None:
    make = getattr(keras.applications, name)
    model = stirred(make(weights=None, input_shape=(SIZE, SIZE, 3), classes=CLASSES))
    imported = saved(model, tmp_path)
    assert errors(imported.experiment) == []
    info = imported.experiment.data.info()
    assert (info.task, info.classes) == (Task.CLASSIFICATION, CLASSES)
    assert len(imported.weights) == len([w for w in model.weights if w.dtype == "float32"])
    assert_same(model, imported)


@pytest.mark.search
def test_random_networks_come_out_equal_as_file_and_as_text(tmp_path: Path) -> None:
    for seed in range(NETS):
        program = random_net(seed, blocks=6, most_cells=5_000).trace.program()
        model = stirred(build_keras(program, name="drawn"))
        imported = saved(model, tmp_path)
        assert errors(imported.experiment) == [], f"seed {seed}"
        assert_same(model, imported)
        read = read_model(model.to_json().encode(), "model.json")
        assert read.experiment.architecture == imported.experiment.architecture, f"seed {seed}"


def every_layer() -> keras.Model:
    """A chain of all that one input can go through, with arguments that are not the defaults."""
    curves = (
        "relu6",
        "hard_swish",
        "gelu",
        "leaky_relu",
        "elu",
        "log_softmax",
        "linear",
        "tanh_shrink",
        "celu",
        "mish",
    )
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Rescaling([0.5, 2.0], offset=0.1),
            *(layers.Activation(name) for name in curves),
            layers.ReLU(3.0, 0.1, 0.05),
            layers.ELU(0.5),
            layers.PReLU(),
            layers.AlphaDropout(0.2),
            layers.GaussianDropout(0.1),
            layers.GaussianNoise(0.2),
            layers.SpatialDropout2D(0.3),
            layers.ZeroPadding2D(((0, 1), (2, 0))),
            layers.Cropping2D(((1, 0), (0, 1))),
            layers.LayerNormalization(axis=[1, 2, 3], epsilon=1e-2),
            layers.GroupNormalization(-1),
            layers.UpSampling2D((2, 1), interpolation="bilinear"),
            layers.SeparableConv2D(3, 3, depth_multiplier=2, activation=layers.LeakyReLU(0.3)),
            layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2, padding="same", activation="exponential"),
            layers.Conv2D(6, (1, 2), dilation_rate=(2, 1), groups=2, activation=layers.PReLU(shared_axes=[1, 2])),
            layers.Conv2DTranspose(4, 3, strides=2, output_padding=1, padding="same", activation="swish"),
            layers.BatchNormalization(momentum=0.8, epsilon=1e-2, scale=False),
            layers.AveragePooling2D(2, 1, "same"),
            layers.MaxPooling2D((2, 1)),
            layers.Permute((2, 1, 3)),
            layers.GlobalAveragePooling2D(keepdims=True),
            layers.Reshape((-1, 2)),
            layers.Conv1D(3, 2, padding="causal"),
            layers.Flatten(),
            layers.Dense(3, use_bias=False),
            layers.Softmax(),
        ]
    )


def test_every_argument_that_changes_the_answer_is_carried(tmp_path: Path) -> None:
    model = every_layer()
    model(np.zeros((1, 6, 6, 2), "float32"))  # only now the layer within a layer has weights
    model = stirred(model)
    imported = saved(model, tmp_path)
    assert errors(imported.experiment) == []
    assert imported.notes == ()
    assert_same(model, imported)


def test_signs_between_tensors_and_numbers_are_blocks_too(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(3, 3, padding="same")(images) + images
    x = 1.0 - (x * 0.5 - 0.25) / 3
    x = keras.ops.relu(layers.Add()([x, x]))
    x = layers.Subtract()([layers.Minimum()([x, images]), images])
    x = layers.Cropping2D(((0, 8), (0, 0)))(layers.Concatenate(axis=1)([x, images]))
    model = stirred(keras.Model(images, layers.Conv2D(4, 3, padding="same", activation="softmax")(x)))
    imported = saved(model, tmp_path)
    assert errors(imported.experiment) == []
    assert imported.experiment.data.info().task is Task.SEGMENTATION
    assert_same(model, imported)


def test_statistics_of_the_data_become_parameters(tmp_path: Path) -> None:
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(0).normal(3, 2, (50, 8, 8, 3)).astype("float32"))
    model = keras.Sequential([keras.Input((8, 8, 3)), adapted, layers.Flatten(), layers.Dense(3, activation="softmax")])
    imported = saved(model, tmp_path)
    mean = vars(imported.experiment.architecture.blocks[adapted.name].spec)["mean"]
    assert all(abs(value - 3) < 0.2 for value in mean)
    assert_same(model, imported)


def test_a_network_within_a_network_is_a_group_with_its_weights(tmp_path: Path) -> None:
    inner = keras.Sequential([layers.Conv2D(4, 3), keras.Sequential([layers.Dense(4), layers.ReLU()], name="deep")])
    images = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(inner(images))
    model = stirred(keras.Model(images, [layers.Dense(3, activation="softmax")(x), layers.Dense(1, name="side")(x)]))
    imported = saved(model, tmp_path)
    groups = imported.experiment.architecture.groups.values()
    assert sorted(len(g.blocks) for g in groups) == [2, 3]
    assert errors(imported.experiment) == []
    assert any('"side"' in note for note in imported.notes)
    assert_same(model, imported)


def test_a_head_of_one_cell_becomes_output(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    x = layers.Conv2D(5, 1, name="scores")(layers.GlobalAveragePooling2D(keepdims=True)(images))
    model = stirred(keras.Model(images, layers.Activation("softmax")(layers.Reshape((5,))(x))))
    imported = saved(model, tmp_path)
    assert imported.experiment.architecture.blocks["scores"].spec.kind == "Output"
    assert errors(imported.experiment) == []
    assert_same(model, imported)


def test_what_has_no_block_is_named_exactly(tmp_path: Path) -> None:
    images = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    own = type("Halve", (layers.Layer,), {"call": lambda self, inputs: inputs / 2})
    x = own(name="mine")(shared(shared(images)))
    x = layers.Lambda(lambda tensor: tensor * 2, output_shape=(8, 8, 3), name="twist")(x)
    x = layers.LSTM(4, name="memory")(layers.Reshape((8, 24))(x))
    model = keras.Model(images, layers.Dense(3, activation="softmax", name="answer")(x))
    imported = saved(model, tmp_path)
    blocks = imported.experiment.architecture.blocks
    found = {b.id: (b.spec.layer, b.spec.output_shape) for b in blocks.values() if isinstance(b.spec, Opaque)}
    assert found == {
        "shared_2": ("Conv2D", (8, 8, 3)),
        "mine": ("Halve", (8, 8, 3)),
        "twist": ("Lambda", (8, 8, 3)),
        "memory": ("LSTM", (4,)),
    }
    assert len(errors(imported.experiment)) == len(found)
    assert "answer/kernel" in imported.weights
    assert [name for name in ("Halve", "Lambda", "LSTM") if not any(name in note for note in imported.notes)] == []


def test_data_that_stand_in_can_be_loaded_for_every_task() -> None:
    shapes = {
        Task.CLASSIFICATION: (),
        Task.MULTILABEL: (1000,),
        Task.SEGMENTATION: (6, 4),
        Task.RECONSTRUCTION: (6, 4, 2),
        Task.DETECTION: (1, 5),
    }
    for task in Task:
        loaded = load(DataRecipe(source=Noise(task=task.value, shape=(6, 4, 2), classes=1000, count=20)))
        parts = list(loaded.parts.values())
        assert sum(map(len, parts)) == 20
        assert all(len(part) for part in parts)
        assert loaded.training.batch(slice(0, 1))[1].shape[1:] == shapes[task]
        assert loaded.info.classes == (0 if task is Task.RECONSTRUCTION else 1000)
