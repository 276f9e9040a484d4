"""Maps brought to the size of the input, along any number of axes."""

from __future__ import annotations

import numpy as np


def resized(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Maps (sizes...) in another size, linear between the middles of their cells, float32; edges go on as they are."""
    made = values.astype("float64")
    for axis, size in enumerate(shape):
        if made.shape[axis] != size:
            made = _along(made, axis, size)
    return made.astype("float32")


def _along(values: np.ndarray, axis: int, size: int) -> np.ndarray:
    count = values.shape[axis]
    place = ((np.arange(size) + 0.5) * count / size - 0.5).clip(0, count - 1)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, count - 1)
    share = (place - before).reshape([-1 if a == axis else 1 for a in range(values.ndim)])
    made: np.ndarray = values.take(before, axis) * (1 - share) + values.take(after, axis) * share
    return made
