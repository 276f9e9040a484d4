"""How much memory a run will need, known before anything is built: running out is a SIGKILL without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.engine.memory import RESIDENT_BYTES, data_bytes, readable

if TYPE_CHECKING:
    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment

_COPIES_OF_WEIGHTS = 3
"""The weights, their gradients, and the copy of the last finite ones."""
_LARGEST_BATCH = 65536


def needed_bytes(
    experiment: Experiment, trace: Trace, free: int | None = None, batch_size: int | None = None
) -> dict[str, int]:
    """What training adds to what the process takes already, by what needs it; `batch_size` in place of the recipe's."""
    activations = sum(b.activation_bytes for b in trace.blocks.values())
    data = data_bytes(experiment.data, free)
    return {
        "weights": 4 * trace.params * _COPIES_OF_WEIGHTS,
        "optimizer": 4 * trace.trainable_params * OPTIMIZERS[experiment.training.optimizer].slots,
        "activations": activations * _batch(experiment, batch_size),
        "data": 2 * data if data <= RESIDENT_BYTES else data,
    }


def largest_batch(experiment: Experiment, trace: Trace, free: int | None) -> int:
    """The largest batch that fits into `free` bytes, at most the training part; 0 where not even one sample fits."""

    def fits(batch: int) -> bool:
        return free is None or sum(needed_bytes(experiment, trace, free, batch).values()) <= free

    most = min(_LARGEST_BATCH, _training_samples(experiment))
    low, high = 0, most + 1  # low fits, high does not
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def problem(experiment: Experiment, trace: Trace, free: int | None) -> str | None:
    """Why the run cannot fit into `free` bytes, with the numbers and what to change; None when it may fit."""
    needed = needed_bytes(experiment, trace, free)
    total = sum(needed.values())
    if free is None or total <= free:
        return None
    fitting = largest_batch(experiment, trace, free)
    batch = _batch(experiment)
    advice = {
        "weights": "make the widest Dense or Convolution smaller",
        "optimizer": "make the widest Dense or Convolution smaller, or take an optimizer that keeps less, as sgd",
        "activations": f"lower the batch size ({batch:,}; {fitting:,} would fit)"
        if fitting
        else "shrink the maps earlier, as not even one sample fits",
        "data": "use fewer or smaller samples",
    }
    largest = max(needed, key=lambda name: needed[name])
    parts = ", ".join(f"{readable(n)} for {name}" for name, n in needed.items())
    return f"Training needs {readable(total)} of memory ({parts}), but {readable(free)} are free: {advice[largest]}."


def _batch(experiment: Experiment, batch_size: int | None = None) -> int:
    """Samples of the largest batch that there will be."""
    return max(1, min(batch_size or experiment.training.batch_size, _training_samples(experiment)))


def _training_samples(experiment: Experiment) -> int:
    """How many samples are learned from, about or at most; at least 1."""
    recipe = experiment.data
    if recipe.given_parts:
        return max(1, recipe.source.sample_count)
    count = recipe.source.sample_count
    return max(1, count - sum(max(1, round(count * share)) for share in (recipe.validation, recipe.test)))
