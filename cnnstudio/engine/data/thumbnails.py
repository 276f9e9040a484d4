"""Images small enough for a gallery of many."""

from __future__ import annotations

import numpy as np

from cnnstudio.core.code.preparing import prepared_mask, scaled
from cnnstudio.core.data.info import Task


def shrunk_shape(shape: tuple[int, ...], edge: int) -> tuple[int, ...]:
    """The shape of an image whose longer edge is at most `edge` (0: any); other samples keep theirs."""
    longest = max(shape[:2])
    if len(shape) != 3 or edge <= 0 or longest <= edge:
        return shape
    height, width = (max(1, round(size * edge / longest)) for size in shape[:2])
    return height, width, shape[2]


def shrunk(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Samples (n, ...) in that shape; the same object where they have it."""
    if values.shape[1:] == shape:
        return values
    return np.stack([scaled(v, shape[:2]) for v in values]) if len(values) else np.empty((0, *shape), values.dtype)


def shrunk_targets(targets: np.ndarray, shape: tuple[int, ...], task: Task) -> np.ndarray:
    """Targets that go with samples of that shape: masks and clean samples are made smaller, too."""
    if task is Task.RECONSTRUCTION:
        return shrunk(targets, shape)
    if task is not Task.SEGMENTATION or targets.shape[1:] == shape[:-1] or not len(targets):
        return targets
    return np.stack([prepared_mask(mask, shape[:-1], "stretch") for mask in targets])
