"""Every block of the catalogue, as declared, against Keras: shapes, weights, code, names, seeds."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue, spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.code.source import to_python
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.layers.registry import known_layers
from cnnstudio.core.program import INPUT, Program
from cnnstudio.engine.build import build_keras, layer_name, layer_names
from tests.helpers.random_nets import CLASSES, random_net

SHAPES = {1: (16, 8), 2: (12, 10, 8), 3: (6, 7, 8, 8)}
KINDS = [kind for kind, cls in catalogue().items() if not cls.hidden and kind != "Output"]
NOT_FOR_VOLUMES = {"DepthwiseConvolution", "SeparableConvolution"}


def program_with(kind: str, rank: int, **parameters: Any) -> Program:
    spec = spec_class(kind)(**parameters)
    inputs = (INPUT, "other")[: spec.min_inputs]
    blocks = [
        Block(INPUT, Input(shape=SHAPES[rank])),
        Block("other", spec_class("Activation")(), (INPUT,)),
        Block("tried", spec, inputs),
        Block("flat", spec_class("Flatten")(), ("tried",)),
        Block("output", spec_class("Output")(), ("flat",)),
    ]
    return trace(Architecture.of(blocks), DataInfo(Task.CLASSIFICATION, SHAPES[rank], CLASSES)).program()


def check(program: Program) -> keras.Model:
    """Build the model and hold every step against its layer."""
    model = build_keras(program)
    names = layer_names(program)
    for step in program.steps:
        layer = model.get_layer(names[step.name])
        assert type(layer).__name__ == step.layer
        assert tuple(layer.output.shape)[1:] == step.output.shape
        assert [(w.name, w.shape, w.trainable) for w in step.weights] == [
            (w.name, tuple(w.shape), w.trainable) for w in layer.weights
        ]
    assert model.count_params() == program.params
    trainable = sum(int(np.prod(w.shape)) for w in model.trainable_weights)
    assert trainable == sum(s.trainable_params for s in program.steps)
    return model


@pytest.mark.parametrize("rank", SHAPES)
@pytest.mark.parametrize("kind", KINDS)
def test_default_block_equals_keras_and_its_own_code(kind: str, rank: int) -> None:
    if rank == 3 and kind in NOT_FOR_VOLUMES:
        pytest.skip("Keras has no such layer for volumes")
    program = program_with(kind, rank)
    model = check(program)
    room: dict[str, Any] = {}
    exec(to_python(program), room)
    written = room["build_model"]()
    inner = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    written_inner = [layer for layer in written.layers if not isinstance(layer, keras.layers.InputLayer)]
    assert [layer.get_config() for layer in written_inner] == [layer.get_config() for layer in inner]
    written.set_weights(model.get_weights())
    batch = np.random.default_rng(1).random((2, *program.input_shape), dtype=np.float32)
    np.testing.assert_array_equal(written(batch), model(batch))


@pytest.mark.parametrize("kind", KINDS)
def test_every_choice_of_every_block_builds(kind: str) -> None:
    for parameter in spec_class(kind).parameters:
        for choice in parameter.choices:
            if (kind, choice) == ("SqueezeExcite", "softmax"):
                continue  # refused: its middle layer has one value here
            rank = {"causal": 1, "third": 3}.get(choice, 2)
            check(program_with(kind, rank, **{parameter.name: choice}))


def test_every_rule_is_of_a_layer_that_keras_has() -> None:
    for layer in known_layers():
        assert issubclass(getattr(keras.layers, layer), keras.layers.Layer)


def test_every_layer_with_a_rule_is_laid_by_some_block() -> None:
    laid = {s.layer for seed in range(400) for s in random_net(seed).trace.program().steps}
    laid |= {s.layer for kind in KINDS for rank in (1, 2) for s in program_with(kind, rank).steps}
    for kind, parameter in (("Activation", "function"), ("Dropout", "variant")):
        chosen = spec_class(kind).parameter(parameter)
        assert chosen is not None
        laid |= {s.layer for choice in chosen.choices for s in program_with(kind, 2, **{parameter: choice}).steps}
    laid |= {s.layer for s in program_with("Activation", 2, max_value=6.0).steps}
    assert set(known_layers()) - laid == set()


def test_causal_padding_builds_for_signals_in_temporal_blocks() -> None:
    model = check(program_with("Residual", 1, padding="causal", dilation_rate=4, dropout=0.1))
    early, late = np.zeros((1, *SHAPES[1]), np.float32), np.zeros((1, *SHAPES[1]), np.float32)
    late[0, 10:] = 1
    watched = keras.Model(model.input, model.get_layer("tried_activation_2").output)
    np.testing.assert_array_equal(watched(early)[0, :10], watched(late)[0, :10])
    assert np.abs(np.asarray(watched(early)[0, 10:] - watched(late)[0, 10:])).max() > 0


def test_same_seed_same_weights() -> None:
    program = program_with("Residual", 2)
    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        weights.append(build_keras(program).get_weights())
    for a, b in zip(weights[0], weights[1], strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_layer_names_stay_apart() -> None:
    data = DataInfo(Task.CLASSIFICATION, (8, 8, 1), CLASSES)
    blocks = [
        Block(INPUT, Input()),
        Block("a", spec_class("Residual")(), (INPUT,)),
        Block("a_conv_1", spec_class("Flatten")(), ("a",)),
        Block("output", spec_class("Output")(), ("a_conv_1",)),
    ]
    program = trace(Architecture.of(blocks), data).program()
    model = build_keras(program, name="pair")
    names = layer_names(program)
    assert layer_name("a.conv_1") == "a_conv_1"
    assert len(set(names.values())) == len(program.steps)
    assert model.name == "pair"
    assert set(names.values()) <= {layer.name for layer in model.layers}


def test_a_chain_of_a_thousand_layers_builds() -> None:
    blocks = [Block(INPUT, Input(shape=(4, 1)))]
    for number in range(1000):
        blocks.append(Block(f"b{number}", spec_class("Activation")(), (blocks[-1].id,)))
    blocks.append(Block("flat", spec_class("Flatten")(), (blocks[-1].id,)))
    blocks.append(Block("output", spec_class("Output")(), ("flat",)))
    program = trace(Architecture.of(blocks), DataInfo(Task.CLASSIFICATION, (4, 1), CLASSES)).program()
    model = build_keras(program)
    assert len(model.layers) == 1003
    assert model.count_params() == program.params


def test_input_and_output_of_the_model() -> None:
    """The input is a float32 tensor of the program's shape, and the one output is that of Output."""
    program = program_with("Convolution", 2)
    model = build_keras(program)
    assert model.input_shape == (None, *SHAPES[2])
    assert model.input.dtype == "float32"
    assert model.output_shape == (None, len(CLASSES))
    np.testing.assert_allclose(np.sum(model(np.ones((2, *SHAPES[2]), np.float32)), axis=1), 1, rtol=1e-5)
