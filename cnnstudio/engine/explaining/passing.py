"""Several samples through a network at once, with what lies on the way: results of blocks, and raw scores.

`flow` shows one sample and keeps nothing; here what passes can be differentiated, and the last layer's curve is taken
apart from its sum, since the gradient behind a softmax that is sure of itself is next to nothing.
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import DEVICE_ERRORS, backend, keras, tensorflow
from cnnstudio.engine.looking.flow import leading_to
from cnnstudio.engine.looking.sketch import SketchError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.explaining.network import Network

_MACS = 200_000_000
"""Multiply-adds of one portion: some 20 ms on two cores, after which something else may be done."""
_BYTES = 256 << 20
"""About what the results of one portion may take."""
_KEPT_PER_VALUE = 12
"""Bytes for each value where gradients are taken: the result, its gradient, and what some layers keep besides."""
_CURVES = ("softmax", "sigmoid", "linear")


@dataclass(frozen=True, slots=True)
class Passed:
    """What came of samples; tensors of the library below Keras, float32."""

    blocks: Mapping[str, Any]
    """Block -> (n, ..., channels), those that were wanted."""
    scores: Any = None
    """(n, ...): what the network answers before its last curve, where that is a softmax or a sigmoid."""
    output: Any = None
    """(n, ...): what the network answers."""


def passed(network: Network, inputs: Any, wanted: Collection[str] = (), *, to_end: bool = True) -> Passed:
    """Lead samples (n, ...) through the network as it answers, without dropout and the like.

    The result of the last block is its raw scores, as `Passed.scores`, if the pass goes `to_end`; else the pass stops
    at the blocks that are wanted, and theirs are the results that others read.
    """
    program = network.program
    names = {program.outputs[block] for block in wanted} | ({program.result} if to_end else set())
    held: dict[str, Any] = {INPUT: keras.ops.convert_to_tensor(inputs, "float32")}
    scores = None
    for step in leading_to(program, names):
        given = [held[name] for name in step.inputs]
        layer = network.layer_of(step)
        if to_end and step.name == program.result and _has_scores(step):
            scores = _sum_of(layer, given[0])
            held[step.name] = layer.activation(scores)
        else:
            held[step.name] = layer(given if len(given) > 1 else given[0], training=False)
    found = {block: _exact(held[program.outputs[block]]) for block in wanted}
    if not to_end:
        return Passed(found)
    output = _exact(held[program.result])
    scores = output if scores is None else _exact(scores)
    ends = {block: scores for block in wanted if program.outputs[block] == program.result}
    return Passed(found | ends, scores, output)


def _has_scores(step: Step) -> bool:
    return (step.layer == "Dense" or step.layer in ("Conv1D", "Conv2D", "Conv3D")) and (
        step.config.get("activation") in _CURVES
    )


def _sum_of(layer: Any, given: Any) -> Any:
    """What a dense layer or a convolution gives before its curve."""
    given = keras.ops.cast(given, layer.compute_dtype)
    dense = isinstance(layer, keras.layers.Dense)
    made = keras.ops.matmul(given, layer.kernel) if dense else layer.convolution_op(given, layer.kernel)
    return made + layer.bias if layer.use_bias else made


def _exact(values: Any) -> Any:
    return keras.ops.cast(values, "float32")


def plain(values: Any) -> np.ndarray:
    """A tensor as float32 array."""
    return np.asarray(keras.ops.convert_to_numpy(values), "float32")


def portions(program: Program, count: int, most: int = 64) -> Iterator[slice]:
    """So many samples in portions, each of which takes little time and memory."""
    macs = max(1, sum(step.macs for step in program.steps))
    values = sum(step.output.cells for step in program.steps) + math.prod(program.input_shape)
    size = max(1, min(most, _MACS // macs, _BYTES // (_KEPT_PER_VALUE * values)))
    for start in range(0, count, size):
        yield slice(start, min(count, start + size))


def shape_of(block: str, program: Program) -> Shape:
    """What a block yields for one sample (..., channels). Raises SketchError where it yields nothing."""
    if block not in program.outputs:
        raise SketchError(f'The block "{block[:64]}" has no output: it is not in the network, or has an error.')
    name = program.outputs[block]
    return next((step.output.shape for step in program.steps if step.name == name), program.input_shape)


def require_gradients(what: str) -> None:
    """Raise SketchError where the library below Keras is one whose gradients are not asked for here."""
    if tensorflow is None:
        raise SketchError(f"{what} needs the gradients of TensorFlow below Keras, but {backend} is in use.")


def gradient(of: Any, on: Any, tape: Any) -> np.ndarray | None:
    """The gradient of a tape's value on a tensor, float32; None where the one does not depend on the other."""
    found = tape.gradient(of, on)
    return None if found is None else plain(found)


@contextmanager
def on_device(what: str) -> Iterator[None]:
    """Turn what a device raises that cannot compute it into a sentence."""
    try:
        yield
    except DEVICE_ERRORS as error:
        raise SketchError(f"{what} cannot be computed: {device_reason(error)}.") from error


def device_reason(error: Exception) -> str:
    """What the device said: Keras puts a line of its own before it, and makes it bold."""
    told = [line.strip() for line in re.sub(r"\x1b\[\d*m", "", str(error)).splitlines() if line.strip()]
    said = [line for line in told if not line.startswith("Exception encountered when calling")]
    return (said[0] if said else type(error).__name__)[:200].rstrip(".")
