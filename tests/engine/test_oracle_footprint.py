"""Footprints against gradients: a cell sees exactly those cells of the input on which its gradient is not zero."""

from __future__ import annotations

import dataclasses
import random
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from cnnstudio.core.analysis.cells import Cells, disjoint
from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.layers.registry import Call, Outcome, known_layers, work_out
from cnnstudio.core.program import INPUT, Tensor
from cnnstudio.engine.build import build_keras, layer_names
from tests.helpers.effort import times
from tests.helpers.random_nets import CLASSES, random_call, random_net

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cnnstudio.core.analysis.cells import Region

SMOOTH = {"Maximum": "Average", "Minimum": "Average", "Subtract": "Add"} | {
    f"{scope}MaxPooling{n}D": f"{scope}AveragePooling{n}D" for scope in ("", "Global") for n in (1, 2, 3)
}
"""A maximum depends on whatever might win: its gradient shows one winner, that of a mean shows all who take part."""
DEGENERATE = {"GroupNormalization", "LayerNormalization"}
"""Their gradient is 0 where a group holds a single value, though it is seen."""
VAGUE = {"Reshape", "Permute", *DEGENERATE}
"""In networks, where channels that have become cells would have to be followed one by one."""
NETS = times(8)
CALLS = times(5)
TRIES = times(400)
LEAST = 2e-6
"""Differences below it are of rounding."""


def rising(layer: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with a curve that is flat nowhere: some are, and there the gradient would hide what is read."""
    if layer == "ReLU":
        return {}
    return dict(config) | ({"activation": "softplus"} if config.get("activation") else {})


def smooth(layer: str, config: Mapping[str, Any]) -> Any:
    """The Keras layer, or one that shows by its gradient what this one depends on."""
    return getattr(keras.layers, SMOOTH.get(layer, layer))(**rising(layer, config))


def as_mask(region: Region, shape: tuple[int, ...]) -> Any:
    """True where the region holds a cell; cells counted twice would be a fault and are refused."""
    mask = np.zeros(shape, int)
    for box in region:
        mask[np.ix_(*([i for start, end in cells.runs() for i in range(start, end)] for cells in box))] += 1
    assert mask.max(initial=0) <= 1
    return mask > 0


def make_positive(layer: Any, draw: np.random.Generator) -> None:
    """Random weights above 0, so that no gradient cancels out, that keep values at about 1."""
    for weight in layer.weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 1
        weight.assign(draw.uniform(0.5, 1.5, weight.shape) / max(1, fan_in))


def clipped(region: Region, shape: tuple[int, ...]) -> Region:
    """What lies inside a map of that shape."""
    boxes = [tuple(c.within(0, n) for c, n in zip(box, shape, strict=True)) for box in region]
    return disjoint(tuple(box for box in boxes if all(box)))


class Oracle:
    """The network of a trace, with means for maxima and positive weights, so that nothing cancels out."""

    def __init__(self, traced: Trace) -> None:
        program = traced.program()
        steps = tuple(
            dataclasses.replace(s, layer=SMOOTH.get(s.layer, s.layer), config=rising(s.layer, s.config))
            for s in program.steps
        )
        program = dataclasses.replace(program, steps=steps)
        self.model = build_keras(program)
        self._draw = np.random.default_rng(0)
        make_positive(self.model, self._draw)
        self._names, self._program, self._traced = layer_names(program), program, traced

    def blocks(self) -> list[str]:
        """Blocks of the network that compute something."""
        return [id for id, step in self._program.outputs.items() if step != INPUT]

    def seen(self, block: str, cells: list[tuple[int, ...]]) -> Any:
        """(cells, spatial sizes of the input): where the gradient of each cell is not zero."""
        shape = self._traced.architecture.input_shape
        layer = self.model.get_layer(self._names[self._program.outputs[block]])
        part = keras.Model(self.model.inputs, layer.output)
        x = tf.constant(np.repeat(self._draw.uniform(0.5, 1.5, (1, *shape)), len(cells), axis=0), tf.float32)
        weigh = tf.constant(self._draw.uniform(0.5, 1.5, layer.output.shape[-1:]), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = part(x, training=False)
            picked = tf.gather_nd(y, [(number, *cell) for number, cell in enumerate(cells)])
            value = tf.reduce_sum(picked * weigh)
        return np.abs(tape.gradient(value, x).numpy()).sum(axis=-1) > 0


def corners_and_others(rng: random.Random, spatial: tuple[int, ...], count: int) -> list[tuple[int, ...]]:
    """Cells of a map: the first, the last, and some more."""
    drawn = [tuple(rng.randrange(n) for n in spatial) for _ in range(count)]
    return list(dict.fromkeys([(0,) * len(spatial), tuple(n - 1 for n in spatial), *drawn]))


def compare(traced: Trace, cells: int = 2, blocks: Iterable[str] | None = None, seed: int = 0) -> set[str]:
    """Compare all blocks; the layers that were held to be exact."""
    oracle, rng, exact = Oracle(traced), random.Random(seed), set()
    for block in oracle.blocks() if blocks is None else blocks:
        sight = Sight(traced, block)
        chosen = corners_and_others(rng, sight.spatial, cells)
        layers = {step.layer for step in sight._steps}
        for cell, seen in zip(chosen, oracle.seen(block, chosen), strict=True):
            told = as_mask(sight.of(cell).seen, traced.architecture.input_shape[:-1])
            where = f"seed {seed}, {block}{cell}: {sorted(layers)}"
            if layers & VAGUE:
                assert not (seen & ~told).any(), where
            else:
                assert (seen == told).all(), f"{where}\n{seen.astype(int)}\n{told.astype(int)}"
                exact |= layers
    return exact


@pytest.mark.search
def test_random_networks_see_exactly_where_their_gradients_are() -> None:
    exact: set[str] = set()
    for seed in range(NETS):
        exact |= compare(random_net(seed, most_cells=6_000).trace, seed=seed)
    assert len(exact) > 20


def legal_calls(layer: str) -> Iterator[tuple[Call, Outcome]]:
    """Random calls of that layer that work."""
    rng, found = random.Random(layer), 0
    for _ in range(TRIES):
        drawn = random_call(rng, (layer,))
        call = Call(layer, drawn.config, tuple(Tensor(f"x{i}", shape) for i, shape in enumerate(drawn.shapes)))
        try:
            outcome = work_out(call)
        except Refused:
            continue
        yield call, outcome
        found += 1
        if found == CALLS:
            return


def touched(made: Any, given: list[Any], number: int, draw: np.random.Generator) -> Any:
    """(spatial sizes of that input, spatial sizes of the result): which cells of the result each cell of it changes.

    By trying each, as TensorFlow's gradients of volumes are 0 where some windows are smaller than their strides.
    """
    spatial = given[number].shape[1:-1]
    count = int(np.prod(spatial))
    batch = [np.repeat(x, count + 1, axis=0) for x in given]
    for row, place in enumerate(np.ndindex(spatial), 1):
        batch[number][(row, *place)] += draw.uniform(0.5, 1.5, given[number].shape[-1])
    y = np.asarray(made(batch if len(batch) > 1 else batch[0], training=False))
    return (np.abs(y[1:] - y[:1]) > LEAST).any(axis=-1).reshape((*spatial, *y.shape[1:-1]))


@pytest.mark.search
@pytest.mark.parametrize("layer", known_layers())
def test_every_layer_reads_exactly_what_changes_its_result(layer: str) -> None:
    rng, checked = random.Random(layer), 0
    for call, outcome in legal_calls(layer):
        draw = np.random.default_rng(checked)
        made = smooth(layer, call.config)
        given = [draw.uniform(0.5, 1.5, (1, *x.shape)).astype("float32") for x in call.inputs]
        made.build([tuple(x.shape) for x in given] if len(given) > 1 else tuple(given[0].shape))
        make_positive(made, draw)
        changed = [touched(made, given, number, draw) for number in range(len(given))]
        for cell in corners_and_others(rng, outcome.shape[:-1], 2):
            box = tuple(Cells(place, 1) for place in cell)
            told = outcome.view.back(box, tuple(x.shape for x in call.inputs))
            for x, region, by in zip(call.inputs, told, changed, strict=True):
                seen = by[(..., *cell)]
                mask = as_mask(clipped(region, x.spatial), x.spatial)
                where = f"{layer} {call.config} on {x.shape}, cell {cell}\n{seen.astype(int)}\n{mask.astype(int)}"
                assert not (seen & ~mask).any() if layer in DEGENERATE else (seen == mask).all(), where
                checked += 1
    assert checked >= CALLS, f"No call of {layer} was drawn that works."


def net_of(shape: tuple[int, ...], *blocks: tuple[str, dict[str, Any]]) -> Trace:
    """A chain of blocks b0, b1, ... and an end."""
    placed, last = [Block(INPUT, Input(shape=shape))], INPUT
    for number, (kind, values) in enumerate(blocks):
        placed.append(Block(f"b{number}", spec_class(kind)(**values), (last,)))
        last = f"b{number}"
    ends = [Block("flat", spec_class("Flatten")(), (last,)), Block("output", spec_class("Output")(), ("flat",))]
    return trace(Architecture.of([*placed, *ends]), DataInfo(Task.CLASSIFICATION, shape, CLASSES))


@pytest.mark.parametrize(
    "blocks",
    [
        (("Convolution", {"dilation_rate": 4}),),
        (("Convolution", {"dilation_rate": 2}), ("Convolution", {"dilation_rate": 3, "padding": "valid"})),
        (("DilatedPyramid", {"filters": 2, "rates": (1, 3, 5), "image_pooling": False}), ("Convolution", {})),
        (("Convolution", {"kernel_size": 1, "strides": 3}), ("Upsampling", {"size": 2, "interpolation": "bilinear"})),
        (("MaxPooling", {}), ("TransposedConvolution", {"kernel_size": 3, "strides": 2}), ("Cropping", {})),
        (("ZeroPadding", {"padding": 4}), ("Convolution", {"kernel_size": 2})),
    ],
)
def test_holes_branches_and_borders_of_images(blocks: tuple[tuple[str, dict[str, Any]], ...]) -> None:
    compare(net_of((17, 19, 2), *blocks), cells=8)


@pytest.mark.parametrize("causal", [False, True])
def test_signals_and_volumes(causal: bool) -> None:
    tcn = {"filters": 2, "dilation_rate": 4, "padding": "causal" if causal else "same"}
    compare(net_of((40, 1), ("Residual", tcn), ("Residual", tcn)), cells=6)
    compare(net_of((7, 6, 8, 1), ("Convolution", {"filters": 2, "dilation_rate": 2}), ("MaxPooling", {})), cells=6)


def test_a_cell_that_only_padding_reaches_sees_nothing() -> None:
    traced = net_of((8, 8, 1), ("ZeroPadding", {"padding": 3}))
    corner = Sight(traced, "b0").of((0, 0))
    assert (corner.seen, corner.count, corner.padding, corner.outline) == ((), 0, 1, ((-3, -2), (-3, -2)))
    assert Sight(traced, "b0").of((3, 3)).outline == ((0, 1), (0, 1))
