"""Answers to GetDecoded: what a network makes of values that are put in place of one block's own.

The part behind the block becomes a model of its own, which shares the layers: it is compiled once, and always has the
weights of the moment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import DEVICE_ERRORS
from cnnstudio.engine.looking.previews import check_that
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Decoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.program import Program
    from cnnstudio.engine.looking.sketch import Sketches
    from cnnstudio.wire.messages import GetDecoded


class Decoder(Protocol):
    """A network that can be entered at one of its blocks: a `Sketch`, or the network of a run."""

    program: Program

    def model_from(self, block: str) -> Any:
        """The Keras model from what `block` yields to the output. Raises SketchError."""


def design_decoded(command: GetDecoded, sketches: Sketches, go_on: Callable[[], bool] = lambda: True) -> Decoded:
    """What the network of a run folder makes of the values. Raises SketchError, and Replaced when `go_on` says no."""
    check = check_that(go_on)
    check()
    return decoded(command, sketches.of(command.experiment, command.directory, check))


def decoded(command: GetDecoded, network: Decoder) -> Decoded:
    """What a network makes of the values. Raises SketchError."""
    program, block = network.program, command.block
    if block == INPUT or block not in program.outputs:
        raise SketchError(f'The network cannot be entered at the block "{block[:64]}": it is not in it, or its input.')
    shape = next(s.output.shape for s in program.steps if s.name == program.outputs[block])
    values = np.asarray(command.values, "float32")
    if values.shape != shape:
        raise SketchError(f'The block "{block[:64]}" gives {_times(shape)} values, but {_times(values.shape)} came.')
    if not np.isfinite(values).all():
        raise SketchError(f'The values for the block "{block[:64]}" are not all finite numbers: reset them.')
    try:
        output = network.model_from(block).predict_on_batch(values[np.newaxis])
    except DEVICE_ERRORS as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise SketchError(f"The output cannot be computed on this device ({first}).") from error
    return Decoded(command.request, np.asarray(output, "float32")[0])


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(str(n) for n in shape) or "no"
