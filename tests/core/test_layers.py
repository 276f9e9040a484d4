"""The rules of Keras's layers where no oracle speaks: multiply-adds, fields, and the speed of tracing."""

from __future__ import annotations

import itertools
import math
import time
from typing import Any

import pytest

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import AxisField, identity
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.layers.registry import Call, Outcome, known_layers, work_out
from cnnstudio.core.program import INPUT, Tensor


def call(layer: str, shape: tuple[int, ...], **config: Any) -> Outcome:
    return work_out(Call(layer, config, (Tensor("input", shape),)))


def count_by_loops(spatial: tuple[int, ...], taps: tuple[int, ...], inputs: int, outputs: int) -> int:
    """Multiply-adds of sliding windows, counted one by one."""
    cells = itertools.product(*map(range, spatial))
    return sum(1 for _ in itertools.product(cells, *map(range, taps), range(inputs), range(outputs)))


@pytest.mark.parametrize(
    ("layer", "config", "shape", "macs"),
    [
        ("Conv2D", {"filters": 3, "kernel_size": 3}, (6, 5, 2), count_by_loops((4, 3), (3, 3), 2, 3)),
        ("Conv1D", {"filters": 4, "kernel_size": 5, "padding": "same"}, (9, 2), count_by_loops((9,), (5,), 2, 4)),
        ("Conv1D", {"filters": 4, "kernel_size": 3, "groups": 2}, (9, 6), 2 * count_by_loops((7,), (3,), 3, 2)),
        (
            "Conv3D",
            {"filters": 2, "kernel_size": 2, "strides": 2},
            (4, 4, 4, 3),
            count_by_loops((2, 2, 2), (2,) * 3, 3, 2),
        ),
        (
            "DepthwiseConv2D",
            {"kernel_size": 3, "depth_multiplier": 2},
            (5, 5, 3),
            3 * count_by_loops((3, 3), (3, 3), 1, 2),
        ),
        (
            "SeparableConv1D",
            {"filters": 7, "kernel_size": 3},
            (8, 4),
            4 * count_by_loops((6,), (3,), 1, 1) + count_by_loops((6,), (1,), 4, 7),
        ),
        (
            "Conv2DTranspose",
            {"filters": 5, "kernel_size": 2, "strides": 2},
            (3, 4, 6),
            count_by_loops((3, 4), (2, 2), 6, 5),
        ),
        ("Dense", {"units": 10}, (784,), 7840),
        ("Dense", {"units": 10}, (4, 4, 8), 16 * 80),
        ("MaxPooling2D", {"pool_size": 2}, (8, 8, 4), 0),
        ("BatchNormalization", {}, (8, 8, 4), 0),
    ],
)
def test_multiply_adds(layer: str, config: dict[str, Any], shape: tuple[int, ...], macs: int) -> None:
    assert call(layer, shape, **config).macs == macs


def test_vgg_field() -> None:
    """Stacked 3 x 3 convolutions and 2 x 2 pools: the field of VGG-16's last pool is 212 wide, as in the literature."""
    x, field = Tensor("input", (224, 224, 3)), identity((224, 224))
    for filters, number in ((8, 2), (8, 2), (8, 3), (8, 3), (8, 3)):
        for _ in range(number):
            out = work_out(Call("Conv2D", {"filters": filters, "kernel_size": 3, "padding": "same"}, (x,)))
            x, field = Tensor("x", out.shape), out.view((field,))
        out = work_out(Call("MaxPooling2D", {"pool_size": 2}, (x,)))
        x, field = Tensor("x", out.shape), out.view((field,))
    assert x.spatial == (7, 7)
    assert field == (AxisField(212, 32, -90),) * 2


def test_field_after_flatten_and_global_pooling_is_the_whole() -> None:
    conv = call("Conv2D", (8, 9, 1), filters=2, kernel_size=3)
    x, field = Tensor("x", conv.shape), conv.view((identity((8, 9)),))
    for layer in ("Flatten", "GlobalAveragePooling2D"):
        assert work_out(Call(layer, {}, (x,))).view((field,)) == (AxisField(8, 0, 0), AxisField(9, 0, 0))


def test_reshape_to_the_same_shape_keeps_the_field() -> None:
    x, field = Tensor("x", (8, 4)), (AxisField(3, 1, -1),)
    assert work_out(Call("Reshape", {"target_shape": (8, -1)}, (x,))).view((field,)) == field
    assert work_out(Call("Reshape", {"target_shape": (4, 8)}, (x,))).view((field,)) == (AxisField(10, 0, -1),)


def test_fields_survive_axes_that_are_not_the_input_s() -> None:
    """Behind a Reshape to other axes every rule still works, and the field stays the whole."""
    x, field = Tensor("x", (4, 4, 4)), (AxisField(8, 0, 0),)
    for layer, config in (
        ("Conv2D", {"filters": 2, "kernel_size": 3}),
        ("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}),
        ("MaxPooling2D", {"pool_size": 2}),
        ("UpSampling2D", {"size": 2}),
        ("ZeroPadding2D", {"padding": 1}),
        ("Cropping2D", {"cropping": 1}),
        ("GlobalMaxPooling2D", {}),
        ("GroupNormalization", {"groups": 2}),
        ("Flatten", {}),
    ):
        assert work_out(Call(layer, config, (x,))).view((field,)) == field, layer


def test_wrong_number_of_axes_is_refused_for_every_layer_with_a_rank() -> None:
    for layer in known_layers():
        if any(c in layer for c in "123"):
            with pytest.raises(Refused, match="needs a"):
                call(layer, (5,), filters=1, units=1, kernel_size=1, pool_size=1, rate=0.1)


def chain(length: int) -> tuple[Architecture, DataInfo]:
    blocks = [Block(INPUT, Input(shape=(64, 64, 3)))]
    cycle = ("Convolution", "BatchNormalisation", "Activation", "Dropout")
    for number in range(length):
        blocks.append(Block(f"b{number}", spec_class(cycle[number % 4])(), (blocks[-1].id,)))
    return Architecture.of(blocks), DataInfo(Task.CLASSIFICATION, (64, 64, 3), ("a", "b"))


def test_tracing_a_thousand_blocks_is_quick() -> None:
    """The bound is loose, for busy machines; `benchmarks/` measures. 13 ms was seen."""
    architecture, data = chain(1000)
    fastest = math.inf
    for _ in range(3):
        begun = time.thread_time()
        traced = trace(architecture, data)
        fastest = min(fastest, time.thread_time() - begun)
    assert traced.blocks["b999"].output is not None
    assert fastest < 0.15
