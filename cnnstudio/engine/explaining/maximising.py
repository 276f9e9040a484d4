"""Activation maximisation: a sample made to excite a channel as much as it can.

After Erhan, Bengio, Courville and Vincent, "Visualizing Higher-Layer Features of a Deep Network" (2009): gradient
ascent on the sample. The sample is moved at random before each step, as Mordvintsev, Olah and Tyka do ("Inceptionism",
2015), and neighbouring cells are held together, so that it shows shapes and not the noise that networks also answer to.
It keeps the brightness of training samples: most channels are excited by an even white, which says little of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.data import DataError
from cnnstudio.engine.explaining.passing import passed, plain, require_gradients, shape_of
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Explained, ExplanationProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.explaining import ActivationMaximisation
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain

_LOOKED_AT = 64
"""Training samples by which the range of values is told."""
_STARTS = 8
"""Starts that are tried where the channel does not answer at all."""
_SPREAD = 0.1
"""Standard deviation of the start, as a share of the range."""


def activation_maximisation(command: Explain, network: Network, settings: ActivationMaximisation) -> Answering:
    """The picture is a sample, float32 with the input's shape, within the range of the training samples.

    Numbers: "score", the mean of the channel for it, before the last curve if the block is the output; "start", that of
    the sample that it was made from.
    """
    require_gradients("What a channel looks for")
    shape = shape_of(command.block, network.program)
    if not 0 <= command.channel < shape[-1]:
        raise SketchError(
            f'There is no channel {command.channel} in the block "{command.block[:64]}": it has 0 to {shape[-1] - 1}.'
        )
    climb = _Climb(network, command.block, command.channel, settings)
    yield None
    for _ in climb.starts():
        yield None
    first = climb.score
    for step in range(settings.steps):
        climb.step()
        yield ExplanationProgress(command.request, step + 1, settings.steps, climb.sample)
    numbers = {"score": climb.judged(), "start": first}
    return Explained(command.request, command.method, command.block, -1, network.trained, climb.sample, numbers)


class _Climb:
    """A sample on its way up."""

    def __init__(self, network: Network, block: str, channel: int, settings: ActivationMaximisation) -> None:
        self._settings = settings
        self._block, self._channel = block, channel
        self._random = np.random.Generator(np.random.PCG64(settings.seed))
        self._shape = network.program.input_shape
        self._low, self._high, self._mean = _range(network)
        self._slope = _compiled(network, block, channel)
        self._x = np.zeros(self._shape, "float32")
        self.score = 0.0

    @property
    def sample(self) -> np.ndarray:
        """As it is now, float32 with the input's shape."""
        return self._x.copy()

    def starts(self) -> Any:
        """Draw starts until the channel answers to one. Raises SketchError where it answers to none."""
        span = self._high - self._low
        for trial in range(_STARTS):
            noise = self._random.standard_normal(self._shape) * _SPREAD * (1 + trial)
            self._x = (self._mean + span * noise).clip(self._low, self._high).astype("float32")
            self.score, slope = self._slope(self._x)
            yield
            if slope.any():
                return
        raise SketchError(
            f'The channel {self._channel} of "{self._block[:64]}" answers the same whatever comes in: it is dead, and '
            "looks for nothing."
        )

    def step(self) -> None:
        """One step up, moved at random, then neighbours are brought closer to each other."""
        most = self._settings.jitter
        axes = tuple(range(len(self._shape) - 1))
        moves = tuple(int(self._random.integers(-min(most, n - 1), min(most, n - 1) + 1)) for n in self._shape[:-1])
        _, slope = self._slope(np.roll(self._x, moves, axes))
        slope = np.roll(slope, tuple(-move for move in moves), axes)
        power = float(np.sqrt(np.mean(slope.astype("float64") ** 2)))
        if power > 0:
            self._x += (self._settings.rate * (self._high - self._low) * slope / power).astype("float32")
        hold = self._settings.smoothness / (1 + self._settings.smoothness)
        self._x += np.float32(hold) * (_neighbours(self._x) - self._x)
        if axes:
            self._x += self._mean - self._x.mean(axis=axes)
        self._x = self._x.clip(self._low, self._high).astype("float32")

    def judged(self) -> float:
        """The channel's mean for the sample as it is now."""
        self.score, _ = self._slope(self._x)
        return self.score


def _compiled(network: Network, block: str, channel: int) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Sample (...) -> mean of the channel, and its gradient: the same pass many times, so it is compiled once."""
    program = network.program
    is_end = network.predicts and program.outputs[block] == program.result

    def climb(x: Any) -> Any:
        with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(x)
            found = passed(network, x, (block,), to_end=is_end).blocks[block]
            score = keras.ops.mean(found[..., channel])
        slope = tape.gradient(score, x)
        return score, keras.ops.zeros_like(x) if slope is None else slope

    compiled = tensorflow.function(climb, autograph=False)

    def slope_at(sample: np.ndarray) -> tuple[float, np.ndarray]:
        score, slope = compiled(tensorflow.constant(sample[np.newaxis], "float32"))
        return float(score), plain(slope)[0]

    return slope_at


def _range(network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Least, largest and mean value of each channel (of each place of a vector) in training samples."""
    try:
        inputs, _ = network.data.training.batch(slice(0, _LOOKED_AT))
    except DataError as error:
        raise SketchError(str(error)) from error
    axes = tuple(range(inputs.ndim - 1))
    low, high = inputs.min(axis=axes), inputs.max(axis=axes)
    flat = high <= low
    return np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high), inputs.mean(axis=axes)


def _neighbours(values: np.ndarray) -> np.ndarray:
    """The mean of each cell's neighbours along all spatial axes; beyond an edge it is the edge's own value."""
    spatial = values.ndim - 1
    if spatial == 0:
        return values
    total = np.zeros_like(values)
    for axis in range(spatial):
        padded = np.pad(values, [(1, 1) if a == axis else (0, 0) for a in range(values.ndim)], mode="edge")
        size = values.shape[axis]
        total += padded.take(range(size), axis) + padded.take(range(2, size + 2), axis)
    return total / (2 * spatial)
