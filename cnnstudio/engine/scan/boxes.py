"""Boxes out of annotation files: brought to shares of the image, cut at its edges, refused without area."""

from __future__ import annotations

import math

import numpy as np

MOST_OF_IMAGE = 10_000
"""Boxes of one image."""
_LEAST = 1e-6
"""Share of the width or height below which a box has no area: a hundredth of a pixel in an image of 10,000."""


def cut(left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float] | str:
    """The part of the box that lies in the image, all as shares of its width and height; or why there is none."""
    if not all(map(math.isfinite, (left, top, right, bottom))):
        return "a box with a coordinate that is no finite number"
    if right - left < _LEAST or bottom - top < _LEAST:
        return "a box without area"
    inside = max(left, 0.0), max(top, 0.0), min(right, 1.0), min(bottom, 1.0)
    if inside[2] - inside[0] < _LEAST or inside[3] - inside[1] < _LEAST:
        return "a box outside the image"
    return inside


def is_cut(left: float, top: float, right: float, bottom: float) -> bool:
    """Whether a box reaches beyond the image by more than rounding does."""
    return min(left, top) < -1e-3 or max(right, bottom) > 1.001


def table(rows: list[tuple[float, float, float, float, int]]) -> np.ndarray:
    """float32 (boxes, 5) of left, top, right, bottom and class; (0, 5) for an image without objects."""
    return np.asarray(rows, "float32").reshape(-1, 5)
