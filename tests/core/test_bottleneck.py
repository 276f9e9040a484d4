"""The narrowest block that every way through a network passes."""

from __future__ import annotations

from typing import Any

import pytest

from cnnstudio.core.analysis.bottleneck import bottleneck
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.presets import preset

INFO = DataInfo(Task.RECONSTRUCTION, (8, 8, 1))


def found(*blocks: tuple[str, str, tuple[str, ...], dict[str, Any]]) -> str:
    made = [Block(id, spec_class(kind)(**values), inputs) for id, kind, inputs, values in blocks]
    start = Block("input", spec_class("Input")(shape=(8, 8, 1)), ())
    return bottleneck(trace(Architecture.of((start, *made)), INFO))


def test_the_preset_has_its_code_vector_as_bottleneck() -> None:
    experiment = preset("autoencoder").experiment
    assert experiment is not None
    traced = trace(experiment.architecture, experiment.data.info())
    block = traced.blocks[bottleneck(traced)]
    assert block.spec.kind == "Dense"
    assert block.output is not None
    assert block.output.cells == min(t.output.cells for t in traced.blocks.values() if t.output is not None)


def test_of_equally_narrow_blocks_it_is_the_last() -> None:
    assert (
        found(
            ("flat", "Flatten", ("input",), {}),
            ("code", "Dense", ("flat",), {"units": 4}),
            ("curve", "Activation", ("code",), {}),
            ("wide", "Dense", ("curve",), {"units": 64}),
            ("shaped", "Reshape", ("wide",), {"target_shape": (8, 8, 1)}),
            ("output", "Output", ("shaped",), {}),
        )
        == "curve"
    )


@pytest.mark.parametrize("pool", [2, 4])
def test_maps_count_up_to_64_values(pool: int) -> None:
    narrow = ("narrow", "MaxPooling", ("fine",), {"pool_size": pool})
    block = found(
        ("fine", "Convolution", ("input",), {"filters": 8, "kernel_size": 3, "padding": "same"}),
        narrow,
        ("up", "Upsampling", ("narrow",), {"size": pool}),
        ("output", "Output", ("up",), {}),
    )
    assert block == ("narrow" if pool == 4 else "")  # 2 x 2 x 8 = 32 values; 4 x 4 x 8 = 128 are too many


def test_a_connection_that_leads_past_a_block_makes_it_none() -> None:
    assert (
        found(
            ("flat", "Flatten", ("input",), {}),
            ("code", "Dense", ("flat",), {"units": 4}),
            ("wide", "Dense", ("code",), {"units": 64}),
            ("sum", "Add", ("wide", "flat"), {}),
            ("shaped", "Reshape", ("sum",), {"target_shape": (8, 8, 1)}),
            ("output", "Output", ("shaped",), {}),
        )
        == ""
    )
