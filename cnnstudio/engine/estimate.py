"""How much memory a run will need, known before anything is built: running out is a SIGKILL without a word.

What is counted follows from how TensorFlow trains on a CPU: results that the way back needs are kept, the largest layer
has its gradients beside them, convolutions lay their input out anew for their gradients, the weights of the last and
the best epoch are there beside those that learn until they are on disk, and every array of weights costs something in
the compiled graph. How much of each was measured: `python benchmarks/memory.py --presets` holds the sum against the
peak of real runs, and with the factors below it was never too low and never twice too high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.data.info import Task
from cnnstudio.core.program import INPUT
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.engine.backend import uses_onednn
from cnnstudio.engine.memory import RESIDENT_BYTES, data_bytes, readable

if TYPE_CHECKING:
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program, Step
    from cnnstudio.core.training.recipe import TrainingRecipe

_LARGEST_BATCH = 65536
_FLOAT = 4
"""Bytes of a float32."""
_ONCE = 18_000_000
"""Bytes that any run takes, its timeline and what is measured of its gradients among them."""
_ONCE_FOR_OTHER_TASKS = 18_000_000
"""Bytes more for losses and metrics that the worker has not computed before: it warms up with classification."""
_ONCE_FOR_DILATION = 20_000_000
"""Bytes more where the windows of a convolution have holes, whose gradients TensorFlow computes in another way."""
_ONCE_FOR_CONVOLUTIONS = 4_000_000
"""Bytes more where there is any convolution, whose kernels are made ready when they are first computed."""
_FOR_EACH_ARRAY = {True: 1_100_000, False: 1_370_000}
"""Bytes for each array of weights: its part of the graph that goes forth and back, and its update, fused or not."""
_OF_LONG_UPDATES = {"schedule-free": 2_800_000, "adafactor": 1_700_000}
"""The same where the update is of very many operations."""
_FOR_EACH_NORMALISATION = 6_000_000
"""Bytes for the graph of each normalisation of samples, which Keras builds of many small operations."""
_COPIES_OF_WEIGHTS = 7.5
"""The weights, their gradients and those measured, the last epoch's and the best's, and what lies between unused."""
_COPIES_OF_LARGEST = 2
"""Of the largest array: Keras copies each twice on its way into a weights file."""
_IN_STEPS = 3.5
"""Copies of the weights on the way through an update of many small operations."""
_IN_DECAY = 1.5
"""The same where a fused update has weight decay in front of it."""
_IN_CLIPPING = 1.0
"""The same for gradients that are clipped."""
_FUSED = ("adam", "adamw", "adamax", "sgd", "rmsprop", "adadelta")
"""Optimizers whose update is one operation: see `engine.learning.fused`."""
_LAYOUT_BYTES = 30 << 20
"""TensorFlow's gradients of convolutions lay out as many samples at a time as fit into this, at least one."""
_LAYOUTS = {True: 0.33, False: 1.7}
"""How much of that is held at once, by whether oneDNN computes: Eigen lays out for both gradients side by side."""
_PLAIN = ("relu", "relu6", "leaky_relu", "linear", None)
"""Curves whose gradient follows from their result alone."""
_BENT = 2.45
"""Results that other curves keep beside their own."""
_OVER_CHANNELS = 5.0
"""The same for normalisation of each sample: Keras computes it in steps, and each leaves its result."""
_NORMALISED, _DROPPED, _POOLED = 1.0, 1.35, 4.0
"""The same for normalisation over the batch, dropout and noise, and pooling, whose input is larger than its result."""
_COPIES_OF_DATA = 2.0
"""Samples that lie on the device lie in memory, too; the training part of them is there twice."""


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a network needs for each sample of a batch, in bytes, and for its arrays of weights."""

    kept: float
    largest: float
    layouts: tuple[float, ...]
    """For each convolution, its input as its gradients want it."""
    arrays: int
    largest_array: int
    """Bytes of the largest array of weights."""
    convolves: bool
    dilates: bool
    normalisations: int

    def activations(self, batch: int) -> int:
        """Bytes for a batch of that size."""
        layout = max((min(batch * each, _LAYOUT_BYTES + each) for each in self.layouts), default=0.0)
        return round(batch * (self.kept + self.largest) + _LAYOUTS[uses_onednn()] * layout)


def needed_bytes(
    experiment: Experiment, trace: Trace, free: int | None = None, batch_size: int | None = None
) -> dict[str, int]:
    """What training adds to what the process takes already, by what needs it; `batch_size` in place of the recipe's.

    "weights", "optimizer", "activations" (what a batch leaves in the network), "data" and "overhead".
    """
    return _needed(experiment, trace, _shape(trace.program()), free, batch_size or experiment.training.batch_size)


def room(needed: dict[str, int], free: int, held: int) -> int:
    """Bytes for a run that needs this: `free` ones, and of those that the process holds unused what its arrays can use.

    Samples are NumPy's at first, and so is about half of what weights take: their copies of the last and best epoch.
    """
    return free + min(held, needed["activations"] + needed["optimizer"] + needed["weights"] // 2)


def largest_batch(experiment: Experiment, trace: Trace, free: int | None, held: int = 0) -> int:
    """The largest batch that has `room`, at most the training part; 0 where not even one sample fits."""
    shape = _shape(trace.program())

    def fits(batch: int) -> bool:
        if free is None:
            return True
        needed = _needed(experiment, trace, shape, free, batch)
        return sum(needed.values()) <= room(needed, free, held)

    low, high = 0, min(_LARGEST_BATCH, training_samples(experiment)) + 1  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def problem(experiment: Experiment, trace: Trace, free: int | None, held: int = 0) -> str | None:
    """Why the run has not enough `room`, with the numbers and what to change; None when it may fit."""
    if free is None:
        return None
    needed = needed_bytes(experiment, trace, free)
    total, there = sum(needed.values()), room(needed, free, held)
    if total <= there:
        return None
    fitting = largest_batch(experiment, trace, free, held)
    batch = experiment.training.batch_size
    smaller = f"lower the batch size (now {batch:,}; {fitting:,} would fit)"
    advice = {
        "weights": "make the widest Dense or Convolution smaller",
        "optimizer": "make the widest Dense or Convolution smaller, or take an optimizer that keeps less, as sgd",
        "activations": smaller if fitting else "shrink the maps earlier, as not even one sample fits",
        "data": "use fewer or smaller samples",
        "overhead": "close other programs",
    }
    largest = max(needed, key=lambda name: needed[name])
    parts = ", ".join(f"{readable(n)} for {name}" for name, n in needed.items())
    return f"Training needs {readable(total)} of memory ({parts}), but {readable(there)} are free: {advice[largest]}."


def _needed(experiment: Experiment, trace: Trace, shape: _Shape, free: int | None, batch: int) -> dict[str, int]:
    recipe, data = experiment.training, data_bytes(experiment.data, free)
    fused = recipe.optimizer in _FUSED and not _odd(recipe)
    each = _OF_LONG_UPDATES.get(recipe.optimizer, _FOR_EACH_ARRAY[fused])
    return {
        "weights": round(_COPIES_OF_WEIGHTS * _FLOAT * trace.params + _COPIES_OF_LARGEST * shape.largest_array),
        "optimizer": round(_copies_of_optimizer(recipe, fused=fused) * _FLOAT * trace.trainable_params),
        "activations": shape.activations(min(batch, training_samples(experiment))),
        "data": round(_COPIES_OF_DATA * data) if data <= RESIDENT_BYTES else data,
        "overhead": _once(experiment, shape) + each * shape.arrays,
    }


def _once(experiment: Experiment, shape: _Shape) -> int:
    known = experiment.data.info().task is Task.CLASSIFICATION
    more = _ONCE_FOR_CONVOLUTIONS * shape.convolves + _ONCE_FOR_DILATION * shape.dilates
    more += _FOR_EACH_NORMALISATION * shape.normalisations
    return _ONCE + more + _ONCE_FOR_OTHER_TASKS * (not known)


def _odd(recipe: TrainingRecipe) -> bool:
    """Whether the optimizer keeps one array more than it usually does, and has no fused update then."""
    told = recipe.optimizer_arguments()
    return bool(told.get("amsgrad") or told.get("centered"))


def _copies_of_optimizer(recipe: TrainingRecipe, *, fused: bool) -> float:
    """How many times the weights an optimizer takes: what it keeps, and what is there while it changes them."""
    optimizer = OPTIMIZERS[recipe.optimizer]
    copies: float = optimizer.slots + _odd(recipe)
    decay = optimizer.weight_decay if recipe.weight_decay is None else recipe.weight_decay
    if not fused:
        copies += _IN_STEPS
    elif decay:
        copies += _IN_DECAY
    return copies + _IN_CLIPPING * (recipe.clipping != "none")


def _shape(program: Program) -> _Shape:
    cells = {INPUT: math.prod(program.input_shape)} | {s.name: s.output.cells for s in program.steps}
    shapes = {INPUT: program.input_shape} | {s.name: s.output.shape for s in program.steps}
    kept = sum(_kept(step) for step in program.steps)
    # On the way back there are its result's gradient, the same before its curve, and its input's.
    largest = max((2 * step.output.cells + sum(cells[i] for i in step.inputs) for step in program.steps), default=0)
    layouts = tuple(each for step in program.steps if (each := _layout(step, shapes[step.inputs[0]])))
    arrays = [_FLOAT * math.prod(weight.shape) for step in program.steps for weight in step.weights]
    convolves = any("Conv" in step.layer for step in program.steps)
    dilates = any(_dilates(step) for step in program.steps)
    normalisations = sum("Norm" in step.layer and step.layer != "BatchNormalization" for step in program.steps)
    most = max(arrays, default=0)
    return _Shape(_FLOAT * kept, _FLOAT * largest, layouts, len(arrays), most, convolves, dilates, normalisations)


def _dilates(step: Step) -> bool:
    rate = step.config.get("dilation_rate", 1)
    return any(each > 1 for each in (rate if isinstance(rate, tuple | list) else (rate,)))


def _kept(step: Step) -> float:
    """Values that a step leaves behind for the way back, for one sample."""
    times = 1.0
    if step.config.get("activation") not in _PLAIN or step.layer in ("ELU", "PReLU"):
        times += _BENT
    if "Norm" in step.layer and step.layer != "BatchNormalization":
        times += _OVER_CHANNELS
    elif "Norm" in step.layer:
        times += _NORMALISED
    elif "Dropout" in step.layer or "Noise" in step.layer:
        times += _DROPPED
    elif "Pool" in step.layer:
        times += _POOLED
    return times * step.output.cells


def _layout(step: Step, read: tuple[int, ...]) -> float:
    """Bytes of a sample's values laid out for the gradients of a convolution; 0 for what is not laid out."""
    if "Conv" not in step.layer or "Depthwise" in step.layer or "Separable" in step.layer:
        return 0
    kernel = next((weight.shape for weight in step.weights if "kernel" in weight.name), ())
    if math.prod(kernel[:-2]) <= 1:
        return 0
    # A transposed convolution goes the other way: its input is where the windows lie.
    places = read[:-1] if "Transpose" in step.layer else step.output.shape[:-1]
    return float(_FLOAT * math.prod(places) * math.prod(kernel[:-1]))


def training_samples(experiment: Experiment) -> int:
    """How many samples are learned from, about or at most; at least 1."""
    recipe = experiment.data
    if recipe.given_parts:
        return max(1, recipe.source.sample_count)
    count = recipe.source.sample_count
    return max(1, count - sum(max(1, round(count * share)) for share in (recipe.validation, recipe.test)))
