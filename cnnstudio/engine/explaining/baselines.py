"""Empty samples: what a sample is compared with, and what covers a part of it."""

from __future__ import annotations

from typing import Literal

import numpy as np

_BLUR = 6
"""The blur's deviation is this share of an axis: what a sample shows is gone, its rough brightness stays."""


def empty(inputs: np.ndarray, kind: Literal["zero", "mean", "blurred"]) -> np.ndarray:
    """An empty sample beside `inputs` (1, ..., channels), float32 of the same shape.

    "zero" is 0 as the network sees it; "mean" the sample's own mean, of each channel, or of all values of a vector;
    "blurred" the sample without what is finer than about a sixth of it.
    """
    if kind == "zero":
        return np.zeros_like(inputs, "float32")
    axes = tuple(range(1, inputs.ndim - 1)) or (1,)
    if kind == "mean" or inputs.ndim < 3:
        return np.broadcast_to(inputs.mean(axis=axes, keepdims=True), inputs.shape).astype("float32")
    made = inputs.astype("float64")
    for axis in axes:
        made = _blurred(made, axis)
    return made.astype("float32")


def _blurred(values: np.ndarray, axis: int) -> np.ndarray:
    """By a Gaussian along one axis; what lies beyond an edge counts for nothing, and the rest for more."""
    size = values.shape[axis]
    apart = np.arange(size)[:, np.newaxis] - np.arange(size)
    weights = np.exp(-((apart / max(1.0, size / _BLUR)) ** 2) / 2)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.moveaxis(np.tensordot(weights, values, axes=(1, axis)), 0, axis)
