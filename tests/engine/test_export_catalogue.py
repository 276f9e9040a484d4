"""Every block of the catalogue, with each value of its parameters that matters, in each form of others: the same
answers, by the layer itself or by an exact equivalent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import catalogue, spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.program import INPUT
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine.exporting.desk import export
from cnnstudio.engine.exporting.errors import ExportError
from cnnstudio.engine.exporting.material import of_experiment
from cnnstudio.engine.exporting.stages import finished
from tests.helpers.effort import EFFORT, LATER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.engine.exporting.material import Material

pytestmark = list(LATER)
SHAPES = {1: (12, 4), 2: (9, 8, 4), 3: (5, 6, 7, 4)}
KINDS = [kind for kind, cls in catalogue().items() if not cls.hidden and kind != "Output"]
FORMS = ("litert", "onnx", "openvino")
IS_WHOLE = EFFORT > 6
"""Whether each form is given all (CNNSTUDIO_EFFORT=12); else each value in one, and every block for images in all."""
TOGETHER = 20
"""Blocks that stand side by side in one network: a conversion costs more than a block."""
CLOSE = 1e-4
"""As a share of the largest answer: each block adds its own to all of them."""

Tried = tuple[str, dict[str, Any]]
_CONVOLUTIONS: list[dict[str, Any]] = [
    {"groups": 2}, {"groups": 4, "filters": 8, "strides": 2}, {"groups": 4, "filters": 4, "dilation_rate": 2},
    {"strides": 2, "kernel_size": 2}, {"strides": 3}, {"dilation_rate": 2}, {"dilation_rate": 2, "padding": "valid"},
    {"kernel_size": 1, "strides": 2}, {"kernel_size": 4, "padding": "valid"},
]  # fmt: skip
_CHANNELWISE: list[dict[str, Any]] = [
    {"depth_multiplier": 2}, {"dilation_rate": 2}, {"dilation_rate": 2, "padding": "valid"},
    {"dilation_rate": 2, "strides": 2}, {"strides": 2, "kernel_size": 4},
]  # fmt: skip
_POOLINGS: list[dict[str, Any]] = [
    {"pool_size": 3, "strides": strides, "padding": padding}
    for strides in (None, 1, 2)
    for padding in ("same", "valid")
] + [{"pool_size": 1, "strides": 2, "padding": "same"}]
_MORE: dict[str, list[dict[str, Any]]] = {
    "Convolution": _CONVOLUTIONS,
    "ConvNormActivation": _CONVOLUTIONS,
    "DepthwiseConvolution": _CHANNELWISE,
    "SeparableConvolution": _CHANNELWISE,
    "TransposedConvolution": [
        {"kernel_size": kernel, "strides": strides, "padding": padding, "output_padding": extra}
        for kernel in (1, 2, 3) for strides in (1, 2, 3) for padding in ("same", "valid") for extra in (None, 1)
    ],
    "MaxPooling": _POOLINGS,
    "AveragePooling": _POOLINGS,
    "GlobalAveragePooling": [{"keepdims": True}],
    "GlobalMaxPooling": [{"keepdims": True}],
    "Residual": [{"strides": 2, "filters": 8}, {"dilation_rate": 2}, {"dropout": 0.2}],
    "Activation": [{"max_value": 0.4}, {"function": "leaky_relu", "max_value": 0.4, "threshold": 0.2}],
    "Upsampling": [{"size": 3}],
    "ZeroPadding": [{"padding": 2}],
    "LayerNormalisation": [{"center": False, "scale": False}],
    "GroupNormalisation": [{"groups": 1}],
}  # fmt: skip


def tried(rank: int) -> Iterator[Tried]:
    """Each block as declared, with each of its choices, and with what else is known to matter."""
    for kind in KINDS:
        yield kind, {}
        for parameter in spec_class(kind).parameters:
            if parameter.name != "activation" or kind in ("Convolution", "TransposedConvolution"):
                yield from ((kind, {parameter.name: choice}) for choice in parameter.choices)
        yield from ((kind, parameters) for parameters in _MORE.get(kind, ()))


def network(rank: int, blocks: list[Tried]) -> Experiment:
    """All of them behind the input, their answers side by side."""
    shape = SHAPES[rank]
    placed = [Block(INPUT, Input(shape=shape)), Block("other", spec_class("Activation")(), (INPUT,))]
    for number, (kind, parameters) in enumerate(blocks):
        spec = spec_class(kind)(**parameters)
        placed.append(Block(f"tried_{number}", spec, (INPUT, "other")[: spec.min_inputs]))
        placed.append(Block(f"flat_{number}", spec_class("Flatten")(), (f"tried_{number}",)))
    flat = tuple(f"flat_{number}" for number in range(len(blocks)))
    placed.append(Block("all", spec_class("Concatenate" if len(flat) > 1 else "Flatten")(), flat))
    placed.append(Block("output", spec_class("Output")(activation="linear"), ("all",)))
    data = DataRecipe(source=Noise(shape=shape, count=20))
    return Experiment("Many", "", (), Architecture.of(placed), data, TrainingRecipe(seed=3))


def is_sound(rank: int, block: Tried) -> bool:
    """Keras has no such layer for every rank, and not every value fits."""
    try:
        experiment = network(rank, [block])
        trace(experiment.architecture, experiment.data.info()).program()
    except (TypeError, ValueError):
        return False
    return True


def stirred(material: Material) -> Material:
    rng = np.random.default_rng(1)
    weights = [w + rng.uniform(0.05, 0.2, w.shape) if w.ndim else w for w in material.model.get_weights()]
    material.model.set_weights(weights)
    return material


def largest(material: Material) -> float:
    asked = next(iter(material.samples()))
    return max(1.0, float(np.abs(material.model.predict_on_batch(asked.inputs)).max()))


def batches(rank: int, form: str) -> list[list[Tried]]:
    sound = [block for block in tried(rank) if is_sound(rank, block)]
    if not IS_WHOLE:
        firsts = {kind: number for number, (kind, _) in reversed([*enumerate(sound)])}
        kept = {number for number in range(len(sound)) if number % len(FORMS) == FORMS.index(form)}
        kept |= set(firsts.values()) if rank == 2 else set()
        sound = [sound[number] for number in sorted(kept)]
    return [sound[start : start + TOGETHER] for start in range(0, len(sound), TOGETHER)]


def refused_of(wish: Wish, rank: int, blocks: list[Tried]) -> list[Tried]:
    """Those of `blocks` that the form refuses by name; the others are written with the same answers."""
    left, refused = list(blocks), []
    while left:
        material = stirred(of_experiment(network(rank, left)))

        def gathered(made: Material = material) -> Material:
            return made

        try:
            done = finished(export(wish, gathered))
        except ExportError as error:
            number = re.search(r'block "tried_(\d+)"', str(error))
            if number is None:
                raise
            refused.append(left.pop(int(number[1])))
            continue
        assert done.compared is not None
        assert done.compared.max_abs_difference < CLOSE * largest(material), left
        break
    return refused


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rank", SHAPES)
def test_every_block_is_written_exactly(form: str, rank: int, tmp_path: Path) -> None:
    wish = Wish(form, tmp_path / f"net{FORMATS[form].endings[0]}", example=False)
    assert [block for blocks in batches(rank, form) for block in refused_of(wish, rank, blocks)] == []
