"""Where a block's curve levels off, as Keras computes it."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import numpy as np
import pytest

from cnnstudio.core.analysis.limits import limits
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.activation import Activation
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.engine.backend import keras

FUNCTIONS = tuple(get_args(get_type_hints(Activation)["function"]))
DATA = DataInfo(Task.CLASSIFICATION, (8, 8, 1), ("no", "yes"))
FAR = (1e6, 2e6)
SHARES = ("softmax", "log_softmax")
"""Of all channels of a place: what one of them says does not level off by itself."""


def found(**parameters: Any) -> tuple[float, ...]:
    """The limits of an Activation block with these parameters."""
    blocks = (
        Block("input", spec_class("Input")(), ()),
        Block("bend", spec_class("Activation")(**parameters), ("input",)),
        Block("flat", spec_class("Flatten")(), ("bend",)),
        Block("output", spec_class("Output")(), ("flat",)),
    )
    return limits(trace(Architecture.of(blocks), DATA), "bend")


@pytest.mark.parametrize("name", [f for f in FUNCTIONS if f not in (*SHARES, "prelu")])
def test_limits_are_where_the_curve_no_longer_moves(name: str) -> None:
    far = np.array([-FAR[1], -FAR[0], FAR[0], FAR[1]], np.float32)
    low, low_again, high_again, high = np.asarray(keras.activations.get(name)(far)).tolist()
    ends = [(low, low_again), (high, high_again)]
    flat = [a for a, b in ends if np.isfinite(a) and abs(a - b) < 1e-3]
    both = len(flat) == 2 and name != "relu6"  # the zeros of a ReLU are not counted
    expected = flat if both else [end for end in flat if abs(end) > 1e-3]
    assert found(function=name) == pytest.approx(tuple(sorted(expected)), abs=1e-3)


def test_parameters_of_the_curve_move_its_limit() -> None:
    assert found(function="elu", alpha=0.5) == (-0.5,)
    assert found(function="relu", max_value=3.0) == (3.0,)
    assert found(function="relu") == ()


def test_shares_and_blocks_that_are_not_there_have_none() -> None:
    assert all(found(function=name) == () for name in SHARES)
    blocks = (Block("input", spec_class("Input")(), ()),)
    assert limits(trace(Architecture.of(blocks), DATA), "nowhere") == ()
