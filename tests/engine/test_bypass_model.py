"""Keras's model of a design with bypassed blocks: without them, and equal to the design that never had them."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.code.source import to_python
from cnnstudio.core.data.builtin import Digits
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras

Row = tuple[str, str, str, dict[str, Any]]
TAIL: tuple[Row, ...] = (("pool", "GlobalAveragePooling", "join", {}), ("output", "Output", "pool", {}))
LEFT: Row = ("left", "Convolution", "input", {"filters": 3})
RIGHT: Row = ("right", "Convolution", "input", {"filters": 5, "strides": 2})


def program(*rows: Row, bypassed: str = "") -> Any:
    """That of these blocks behind Input."""
    blocks = [Block("input", Input(shape=(8, 8, 1)))]
    for id, kind, reads, values in rows:
        blocks.append(Block(id, spec_class(kind)(**values), tuple(reads.split()), bypassed=id == bypassed))
    return trace(Architecture.of(blocks), Digits().info()).program()


def test_the_model_leaves_bypassed_blocks_and_what_only_they_read_out() -> None:
    whole = program(LEFT, RIGHT, ("join", "Add", "left right", {}), *TAIL, bypassed="join")
    without = program(LEFT, ("pool", "GlobalAveragePooling", "left", {}), TAIL[1])
    models = []
    for made in (whole, without):
        keras.utils.set_random_seed(1)
        models.append(build_keras(made))
        namespace: dict[str, Any] = {}
        exec(to_python(made), namespace)
        keras.utils.set_random_seed(1)
        models.append(namespace["build_model"]())
    names = [{layer.name for layer in model.layers} - {"input"} for model in models]
    assert all(n == {"left", "pool", "output"} for n in names), names
    sample = np.random.default_rng(0).random((2, 8, 8, 1), np.float32)
    results = [np.asarray(model(sample)) for model in models]
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])
