"""How a network that trains is: histograms of its weights, gradients and activations, and their norms, block by block.

The gradients are those of the loss on the same few samples of the training part each time, taken as in judging (no
dropout, statistics as they are), so that two moments differ by the weights alone and the run notices nothing.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnstudio.core.formats.vitals import BINS, HISTOGRAMS, histogram_name, norm_name
from cnnstudio.engine.backend import DEVICE_ERRORS, keras, tensorflow
from cnnstudio.engine.build import room_for
from cnnstudio.engine.looking.sketch import SketchError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.tasks import TaskKit

SAMPLES = 16
"""Of the training part, at most."""
_MOST_VALUES = 2 << 20
"""Of all results for all of them: of a larger network fewer samples are taken, so that memory is left to training."""
_MOST_COUNTED = 1 << 16
"""Of the values of a block: of more, so many that lie evenly among them tell how they spread."""
_NARROW = 1e-4
"""Of the values' size: a float32 cannot tell the edges of the parts of a narrower range from each other."""
_USUAL = (1e-30, 1e37)
"""Ranges whose parts a float32 can tell."""
_SHARE = 0.004
"""Of the time of training, at most this goes into it: it is part of what a recording may take."""
_COMPILE_SECONDS = 0.5
"""Compiling takes about as long; it is begun once so much has been earned."""
_CREDIT_SECONDS = 0.1
"""What the first looks may cost before training has earned it."""


class Network(Protocol):
    """What is measured: the network of a run."""

    program: Program
    kit: TaskKit
    data: Dataset

    def layer_of(self, step: Step) -> Any:
        """The Keras layer of a step."""

    @property
    def inputs(self) -> Any:
        """Keras's symbolic input."""


class Vitals:
    """Measures the network of one run, on the thread that trains, when it has the time."""

    def __init__(self, network: Network, now: Callable[[], float] = time.perf_counter) -> None:
        self._network, self._now = network, now
        self._began: float | None = None
        self._spent = 0.0
        self._batch: tuple[Any, Any] | None = None
        self._way: Any = None
        self._compiled: Any = None
        self._blocks: dict[str, Step] = {}
        self._weights: dict[str, list[Any]] = {}
        self._spread: dict[str, list[int]] = {}
        """Which of a block's weights its histograms are of."""

    def __call__(self, force: bool) -> Iterator[tuple[str, np.ndarray]]:
        """As a `Reading` of the recorder: nothing while it is not time yet, unless by `force`. Raises SketchError.

        The arrays are those of `core.formats.vitals`.
        """
        start = self._now()
        if self._began is None:
            self._began = start
        has_time = self._spent <= _SHARE * (start - self._began) + _CREDIT_SECONDS
        if tensorflow is None or not (has_time or force):
            return
        is_first = self._batch is None  # what is made once is not made up for
        try:
            with room_for(len(self._network.program.steps)):
                found = self._measured()
        except DEVICE_ERRORS as error:
            raise SketchError(f"Gradients cannot be measured on this device ({str(error)[:200]}).") from error
        finally:
            self._spent += 0.0 if is_first else self._now() - start
        yield from found.items()

    def _prepare(self) -> None:
        program, part = self._network.program, self._network.data.training
        values = sum(step.output.cells for step in program.steps)
        count = max(1, min(SAMPLES, len(part), _MOST_VALUES // max(1, values)))
        self._batch = part.batch(slice(0, count))
        steps = {step.name: step for step in program.steps}
        self._blocks = {block: steps[name] for block, name in program.outputs.items() if name in steps}
        results = [self._network.layer_of(step).output for step in self._blocks.values()]
        last = self._network.layer_of(steps[program.result]).output
        self._way = keras.Function(self._network.inputs, [*results, last])
        for step in program.steps:
            trainable = [w for w in self._network.layer_of(step).weights if w.trainable]
            if trainable:
                self._weights.setdefault(step.block, []).extend(trainable)
        self._spread = {block: told_weights(weights) for block, weights in self._weights.items()}

    def _taken(self, inputs: Any, targets: Any) -> tuple[list[Any], dict[str, list[Any]]]:
        """Results of the blocks and gradients of the loss; operation by operation, or compiled in a long run."""
        assert self._began is not None
        # Never the first time, which may be with weights that are only lent to the network.
        if self._compiled is None and _SHARE * (self._now() - self._began) > _COMPILE_SECONDS:
            self._compiled = tensorflow.function(self._tape, autograph=False)
        taken: tuple[list[Any], dict[str, list[Any]]] = (self._compiled or self._tape)(inputs, targets)
        return taken

    def _tape(self, inputs: Any, targets: Any) -> tuple[list[Any], dict[str, list[Any]]]:
        variables = {block: [w.value for w in weights] for block, weights in self._weights.items()}
        with tensorflow.GradientTape() as tape:
            tape.watch(variables)  # weights that are lent are no variables
            *results, outputs = self._way(inputs)
            loss = self._network.kit.loss()(targets, outputs)
        return results, tape.gradient(loss, variables)

    def _measured(self) -> dict[str, np.ndarray]:
        if self._batch is None:
            self._prepare()
        assert self._batch is not None
        inputs, targets = self._batch
        variables = {block: [w.value for w in weights] for block, weights in self._weights.items()}
        results, gradients = self._taken(tensorflow.constant(inputs, "float32"), targets)
        found: dict[str, np.ndarray] = {}
        for block, result in zip(self._blocks, results, strict=True):
            activations = _flat([result])
            weights, slopes = variables.get(block, []), gradients.get(block, [])
            lengths = _norm(_flat(slopes)), _norm(_flat(weights))
            size = _norm(activations) / max(1.0, np.sqrt(activations.size))
            found[norm_name(block)] = np.array([*lengths, size, _zeros(result)], "float32")
            told = [_flat([each[n] for n in self._spread.get(block, [])]) for each in (weights, slopes)]
            for what, values in zip(HISTOGRAMS, (*told, activations), strict=True):
                if values.size:
                    found[histogram_name(what, block)] = histogram(values)
        return found


def histogram(values: np.ndarray) -> np.ndarray:
    """float32 (2 + BINS,): the lowest and highest finite value, then how many lie in each part between them.

    Of very many values some are counted, evenly chosen.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.zeros(2 + BINS, "float32")
    low, high = float(finite.min()), float(finite.max())
    finite = finite[:: -(-finite.size // _MOST_COUNTED)]
    if high - low < _NARROW * max(-low, high) or not _USUAL[0] < high - low < _USUAL[1]:
        finite = finite.astype("float64")
    beside = 0.0 if high > low else max(0.5, abs(low) / 2)
    counts, _ = np.histogram(finite, BINS, (low - beside, high + beside))
    return np.concatenate([[low, high], counts]).astype("float32")


def told_weights(weights: list[Any]) -> list[int]:
    """The places of those that histograms are of: of the kernels, or of all weights where there is no kernel.

    Scales of normalisation layers lie about 1 and biases about 0: among the many values of kernels, they would only
    stretch the range and hide how the kernels develop.
    """
    kernels = [n for n, weight in enumerate(weights) if weight.name.endswith("kernel")]
    return kernels or list(range(len(weights)))


def _flat(tensors: list[Any]) -> np.ndarray:
    arrays = [np.asarray(tensorflow.cast(t, "float32")).reshape(-1) for t in tensors if t is not None]
    return np.concatenate(arrays) if arrays else np.zeros(0, "float32")


def _norm(values: np.ndarray) -> float:
    pieces = np.array_split(values, max(1, values.size >> 16))  # in float64, and so not all at once
    return float(np.sqrt(sum(np.square(piece, dtype="float64").sum() for piece in pieces)))


def _zeros(result: Any) -> float:
    """The share of channels that are 0 for every sample and place."""
    values = np.asarray(tensorflow.cast(result, "float32"))
    return float((values.reshape(-1, values.shape[-1]) == 0).all(axis=0).mean())
