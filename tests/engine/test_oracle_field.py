"""Receptive fields against gradients: what a cell sees is where its gradient on the input is not zero."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.program import INPUT
from cnnstudio.engine.build import build_keras, layer_names
from tests.helpers.effort import times
from tests.helpers.random_nets import CLASSES

if TYPE_CHECKING:
    from fractions import Fraction

    import keras

    from cnnstudio.core.analysis.field import Field
    from cnnstudio.core.program import Tensor

LENGTH = 64
NETS = times(40)

DOWN = ("Convolution", "DepthwiseConvolution", "AveragePooling", "ZeroPadding", "Cropping", "fork")
UP = (*DOWN, "Upsampling", "TransposedConvolution")


def _spec(rng: random.Random, kind: str) -> Any:
    stride = rng.choice((1, 1, 2))
    window = {"strides": stride, "padding": rng.choice(("same", "valid")), "activation": "none"}
    values: dict[str, dict[str, Any]] = {
        "Convolution": {
            "filters": 1, "kernel_size": rng.randint(1, 5),
            "dilation_rate": rng.randint(1, 3) if stride == 1 else 1, **window,
        },
        "DepthwiseConvolution": {"kernel_size": rng.randint(1, 4), "dilation_rate": rng.randint(1, 2), **window},
        "AveragePooling": {"pool_size": rng.randint(1, 3), "strides": stride, "padding": window["padding"]},
        "ZeroPadding": {"padding": ((rng.randint(0, 2), rng.randint(0, 2)),)},
        "Cropping": {"cropping": ((rng.randint(0, 2), rng.randint(0, 2)),)},
        "Upsampling": {"size": rng.randint(2, 3)},
        "TransposedConvolution": {"filters": 1, "kernel_size": rng.randint(2, 4), "strides": 2, "activation": "none"},
    }  # fmt: skip
    return spec_class(kind)(**values[kind])


def _signal_net(rng: random.Random, kinds: tuple[str, ...]) -> tuple[Architecture, str]:
    """A random chain over a long signal, with forks that are added up again, and the id of its last block."""
    blocks = [Block(INPUT, Input(shape=(LENGTH, 1)))]
    last = INPUT
    for number in range(rng.randint(1, 5)):
        kind = rng.choice(kinds)
        if kind != "fork":
            blocks.append(Block(f"b{number}", _spec(rng, kind), (last,)))
        else:
            strides = rng.choice((1, 2))
            for side in "xy":
                spec = Convolution(kernel_size=rng.randint(1, 7), filters=1, activation="none", strides=strides)
                blocks.append(Block(f"b{number}{side}", spec, (last,)))
            blocks.append(Block(f"b{number}", spec_class("Add")(), (f"b{number}x", f"b{number}y")))
        last = f"b{number}"
    flat, output = Block("flat", spec_class("Flatten")(), (last,)), Block("output", spec_class("Output")(), ("flat",))
    return Architecture.of([*blocks, flat, output]), last


def _of_ones(architecture: Architecture, block: str, shape: tuple[int, ...]) -> tuple[Tensor, Field, keras.Model]:
    """The block's output and field, and a model up to there with weights of 1, so that no gradient cancels out."""
    import keras

    traced = trace(architecture, DataInfo(Task.CLASSIFICATION, shape, CLASSES))
    program = traced.program()
    model = build_keras(program)
    output = traced.blocks[block].output
    assert output is not None
    part = keras.Model(model.input, model.get_layer(layer_names(program)[output.step]).output)
    part.set_weights([np.ones(w.shape, np.float32) for w in part.weights])
    return output, traced.fields[block], part


def _seen(model: keras.Model, cell: tuple[int, ...], shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Per axis, the first input cell with a gradient and one past the last, for one cell of the model's output."""
    x = tf.ones((1, *shape))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(model(x, training=False)[(0, *cell)])
    gradient = np.abs(tape.gradient(value, x).numpy()[0]).sum(axis=-1)
    hit = np.nonzero(gradient > 0)
    return [(int(axis.min()), int(axis.max()) + 1) for axis in hit]


def _inside(span: tuple[int | Fraction, int | Fraction], size: int) -> bool:
    return span[0] >= 12 and span[1] <= size - 12  # 12: more than all the padding and cropping of one net


@pytest.mark.search
def test_without_upsampling_the_field_is_exactly_where_the_gradient_is() -> None:
    checked = 0
    for seed in range(NETS):
        architecture, last = _signal_net(random.Random(seed), DOWN)
        output, seen, model = _of_ones(architecture, last, (LENGTH, 1))
        cell = output.spatial[0] // 2
        span = seen[0].span(cell)
        if _inside(span, LENGTH):
            assert _seen(model, (cell,), (LENGTH, 1)) == [span], f"seed {seed}"
            checked += 1
    assert checked > NETS // 2


@pytest.mark.search
def test_behind_upsampling_no_cell_s_gradient_reaches_beyond_the_field() -> None:
    checked = 0
    for seed in range(NETS):
        architecture, last = _signal_net(random.Random(10_000 + seed), UP)
        output, seen, model = _of_ones(architecture, last, (LENGTH, 1))
        field = seen[0]
        middle = output.spatial[0] // 2
        for cell in range(middle, min(middle + 3, output.spatial[0])):
            first, end = field.span(cell)
            if _inside((first, end), LENGTH):
                [(seen_first, seen_end)] = _seen(model, (cell,), (LENGTH, 1))
                assert first <= seen_first < seen_end <= end, f"seed {seed}, cell {cell}"
                assert seen_end - seen_first <= field.cells, f"seed {seed}, cell {cell}"
                checked += 1
    assert checked > NETS


@pytest.mark.parametrize(
    ("blocks", "size"),
    [
        ((("Upsampling", {"size": 2}), ("Convolution", {"kernel_size": 3})), 2),
        ((("Upsampling", {"size": 2, "interpolation": "bilinear"}),), 2),
        ((("Upsampling", {"size": 3, "interpolation": "bilinear"}),), 2),
        ((("Upsampling", {"size": 2, "interpolation": "bilinear"}), ("Convolution", {"kernel_size": 3})), 3),
        ((("TransposedConvolution", {"kernel_size": 4, "strides": 2}),), 2),
        ((("TransposedConvolution", {"kernel_size": 2, "strides": 2}), ("Convolution", {"kernel_size": 5})), 3),
    ],
)  # fmt: skip
def test_field_of_images_behind_upsampling(blocks: tuple[tuple[str, dict[str, Any]], ...], size: int) -> None:
    shape = (24, 24, 1)
    placed, last = [Block(INPUT, Input(shape=shape))], INPUT
    for number, (kind, values) in enumerate(blocks):
        linear = {} if kind == "Upsampling" else {"filters": 1, "activation": "none"}
        placed.append(Block(f"b{number}", spec_class(kind)(**values, **linear), (last,)))
        last = f"b{number}"
    ends = [Block("flat", spec_class("Flatten")(), (last,)), Block("output", spec_class("Output")(), ("flat",))]
    output, seen, model = _of_ones(Architecture.of([*placed, *ends]), last, shape)
    assert [axis.cells for axis in seen] == [size, size]
    most = 0
    for cell in range(output.spatial[0] // 2, output.spatial[0] // 2 + 4):
        (top, bottom), (left, right) = _seen(model, (cell, cell), shape)
        first, end = seen[0].span(cell)
        assert first <= top < bottom <= end
        assert (top, bottom) == (left, right)
        most = max(most, bottom - top)
    assert most == size


@pytest.mark.parametrize(
    "kind", ["SqueezeExcite", "GroupNormalisation", "DilatedPyramid", "GlobalAveragePooling", "Flatten"]
)
def test_blocks_that_look_at_everything_see_everything(kind: str) -> None:
    shape = (16, 16, 2)
    values = {"groups": 1} if kind == "GroupNormalisation" else {}
    last = [] if kind in ("GlobalAveragePooling", "Flatten") else [Block("flat", spec_class("Flatten")(), ("b",))]
    blocks = [
        Block(INPUT, Input(shape=shape)),
        Block("b", spec_class(kind)(**values), (INPUT,)),
        *last,
        Block("output", spec_class("Output")(), (last[0].id if last else "b",)),
    ]
    traced = trace(Architecture.of(blocks), DataInfo(Task.CLASSIFICATION, shape, CLASSES))
    seen = traced.fields["b"]
    for axis in seen:
        first, end = axis.span(0)
        assert first <= 0
        assert end >= 16
        assert axis.span(7) == axis.span(0)
    gone = kind in ("GlobalAveragePooling", "Flatten")
    assert [axis.jump for axis in seen] == ([0, 0] if gone else [1, 1])
