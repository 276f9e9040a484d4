"""What a cell of a block's map really depends on: its absolute gradient on the input, for one sample.

After Luo, Li, Urtasun and Zemel, "Understanding the Effective Receptive Field in Deep Convolutional Neural Networks"
(NeurIPS 2016). They follow one unit; a cell here has many channels, of which each has a gradient of its own. The
absolute values are added up, as the gradient of a sum would cancel out: that of all classes of a softmax is 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine import devices
from cnnstudio.engine.backend import DEVICE_ERRORS, backend, tensorflow
from cnnstudio.engine.build import room_for
from cnnstudio.engine.looking.previews import check_that
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import EffectiveField

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Program
    from cnnstudio.engine.looking.sketch import Sketches
    from cnnstudio.wire.messages import GetEffectiveField, Sample

MOST_CHANNELS = 64
"""Of a block with more, so many are followed, evenly spread: one more changes the sum by little and costs a pass."""
_PASS_BYTES = 256 << 20
"""About what the results kept for one backward pass may take; several channels share a pass as far as they fit."""
_KEPT_PER_VALUE = 12
"""Bytes for each value of a pass: the result, its gradient, and what some layers keep besides."""


class Network(Protocol):
    """A network whose gradients can be taken: a `Sketch`, or the network of a run."""

    program: Program

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample."""

    def model_to(self, block: str) -> Any:
        """The Keras model from the input to what the block yields."""


def design_field(
    command: GetEffectiveField, sketches: Sketches, go_on: Callable[[], bool] = lambda: True
) -> EffectiveField:
    """The effective field in the network of a design. Raises SketchError, and Replaced when `go_on` says no."""
    check = check_that(go_on)
    check()
    sketch = sketches.of(command.experiment, command.directory, check)
    with devices.scope(devices.devices()[0]):  # where the sketch lies: a GPU is left to training
        return effective_field(command, sketch, trained=sketch.trained, check=check)


def effective_field(
    command: GetEffectiveField, network: Network, *, trained: bool, check: Callable[[], None] | None = None
) -> EffectiveField:
    """The effective field of the cell that is asked for. Raises SketchError. `check` is called between two passes."""
    shape = _shape_of(command.block, network.program)
    _check_cell(command, shape[:-1])
    inputs = network.sample(command.sample)
    if network.program.outputs[command.block] == INPUT:
        field = np.zeros(shape[:-1])
        field[command.cell] = 1.0
    else:
        field = _gradient(command, network, inputs, shape[-1], check)
    largest = float(field.max(initial=0.0))
    scaled = field / largest if np.isfinite(largest) and largest > 0 else np.zeros_like(field)
    return EffectiveField(command.request, command.block, command.cell, trained, scaled.astype("float32"))


def _shape_of(block: str, program: Program) -> Shape:
    if block not in program.outputs:
        raise SketchError(f'The block "{block[:64]}" has no map: it is not in the network, or has an error.')
    name = program.outputs[block]
    return next((s.output.shape for s in program.steps if s.name == name), program.input_shape)


def _check_cell(command: GetEffectiveField, spatial: tuple[int, ...]) -> None:
    cell = command.cell
    if len(cell) != len(spatial) or any(not 0 <= place < n for place, n in zip(cell, spatial, strict=True)):
        sizes = " x ".join(str(n) for n in spatial) or "no axes"
        raise SketchError(f'There is no cell {cell} in the map of "{command.block[:64]}", which has {sizes}.')


def _gradient(
    command: GetEffectiveField,
    network: Network,
    inputs: np.ndarray,
    channels: int,
    check: Callable[[], None] | None = None,
) -> np.ndarray:
    """The absolute gradient on the input's cells, float64, summed over the channels of both ends."""
    if tensorflow is None:
        raise SketchError(f"The effective field is computed with TensorFlow below Keras, but {backend} is in use.")
    values = sum(step.output.cells for step in network.program.steps) + inputs.size
    together = max(1, _PASS_BYTES // (_KEPT_PER_VALUE * values))
    followed = np.unique(np.linspace(0, channels - 1, min(channels, MOST_CHANNELS)).round().astype(int)).tolist()
    total = np.zeros(inputs.shape[1:-1])
    try:
        with room_for(len(network.program.steps)):
            model = network.model_to(command.block)
            for start in range(0, len(followed), together):
                if check is not None:
                    check()
                total += _of_channels(model, inputs, command.cell, followed[start : start + together])
    except DEVICE_ERRORS as error:
        first_line = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
        raise SketchError(f"The effective field cannot be computed: {first_line}.") from error
    return total


def _of_channels(model: Any, inputs: np.ndarray, cell: tuple[int, ...], channels: list[int]) -> np.ndarray:
    """The sum for these channels: a batch of the same sample, in which each one follows another channel."""
    x = tensorflow.constant(np.repeat(inputs, len(channels), axis=0), "float32")
    places = [(number, *cell, channel) for number, channel in enumerate(channels)]
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        followed = tensorflow.reduce_sum(tensorflow.gather_nd(model(x, training=False), places))
    gradient = tape.gradient(followed, x)
    total: np.ndarray = np.zeros(inputs.shape[1:-1])
    return total if gradient is None else total + np.abs(np.asarray(gradient, "float64")).sum(axis=(0, -1))
