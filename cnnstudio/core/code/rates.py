"""The learning rate at every step of a run. `cnnstudio code` copies these functions into the scripts it writes: they
need Python's `math` and nothing else. Lines keep to the 88 columns of generated code.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def scheduled_rate(
    step: int,
    steps_per_epoch: int,
    epochs: int,
    schedule: str,
    learning_rate: float,
    warmup_epochs: float = 0.0,
    decay: float = 0.5,
    decay_epochs: float = 5.0,
    final_share: float = 0.01,
    peak_at: float = 0.3,
) -> float:
    """The rate of a step, counted from 0 over the run; beyond the last the final one.

    Warm-up rises in a line. Cosine after Loshchilov and Hutter (2016), one-cycle after
    Smith and Topin (2017): from a 25th up, and down to the final share.
    """
    total = max(1, steps_per_epoch * epochs)
    warm = 0.0 if schedule == "one-cycle" else warmup_epochs * steps_per_epoch
    if step < warm:
        return learning_rate * min(1.0, (step + 1) / warm)
    gone = (step - warm) / max(1.0, decay_epochs * steps_per_epoch)
    share = min(1.0, (step - warm) / max(1.0, total - 1 - warm))
    if schedule == "step":
        return learning_rate * math.pow(decay, math.floor(gone))
    if schedule == "exponential":
        return learning_rate * math.pow(decay, gone)
    if schedule == "cosine":
        return between(learning_rate, learning_rate * final_share, share)
    if schedule == "one-cycle":
        if share < peak_at:
            return between(learning_rate / 25, learning_rate, share / peak_at)
        fallen = (share - peak_at) / max(1e-9, 1 - peak_at)
        return between(learning_rate, learning_rate * final_share, fallen)
    return learning_rate


def between(first: float, last: float, share: float) -> float:
    """From the first value to the last along half a cosine."""
    return last + (first - last) * 0.5 * (1 + math.cos(math.pi * share))


def rate_setter(optimizer: Any, rates: Sequence[float]) -> Callable[..., None]:
    """For Keras's LambdaCallback: sets the rate of each step before it."""

    def set_rate(batch: int, logs: dict[str, float] | None = None) -> None:
        optimizer.learning_rate = rates[batch]

    return set_rate
