"""What is drawn on: values of a picture or a signal, changed stroke by stroke, each of which can be taken back."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.features.mosaic import Floats

KEPT = 200
"""Strokes that can be taken back."""


class Sheet:
    """The values as they stand, float32 (..., channels), and those before each stroke."""

    def __init__(self, values: Floats) -> None:
        self._blank = np.zeros_like(np.asarray(values, np.float32))
        self._values = np.array(values, np.float32)
        self._before: deque[Floats] = deque(maxlen=KEPT)
        self._after: list[Floats] = []
        self._ground = self._values.copy()
        self._covered = np.zeros(self._values.shape[:-1], np.float32)
        """How much of the ground the stroke has covered: where the pen goes twice, its soft edge does not grow."""

    @property
    def values(self) -> Floats:
        """As they stand; not to be changed from outside."""
        return self._values

    @property
    def is_blank(self) -> bool:
        """Whether nothing is drawn."""
        return not self._values.any()

    @property
    def can_undo(self) -> bool:
        """Whether a stroke can be taken back."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a stroke that was taken back can be made again."""
        return bool(self._after)

    def begin(self) -> None:
        """A stroke begins: until the next one, what changes is taken back together."""
        self._ground = self._values.copy()
        self._before.append(self._ground)
        self._after.clear()
        self._covered[:] = 0

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._before:
            self._after.append(self._values)
            self._values = self._before.pop()

    def redo(self) -> None:
        """Make the last stroke that was taken back again."""
        if self._after:
            self._before.append(self._values)
            self._values = self._after.pop()

    def clear(self) -> None:
        """Wipe everything off, as a stroke of its own."""
        self.put(self._blank)

    def put(self, values: Floats) -> None:
        """Other values of the same shape, as a stroke of its own."""
        self.begin()
        self._values = np.array(values, np.float32).reshape(self._values.shape)

    def dab(self, start: tuple[float, float], end: tuple[float, float], radius: float, ink: Sequence[float]) -> None:
        """Draw a line of round ends on a picture, places as (x, y) in pixels; `ink` has a value for each channel.

        Its edge is soft: a pixel takes as much of the ink as the pen has covered of it in this stroke.
        """
        height, width = self._values.shape[:2]
        pad = radius + 1.5
        left, right = _span(min(start[0], end[0]) - pad, max(start[0], end[0]) + pad, width)
        top, bottom = _span(min(start[1], end[1]) - pad, max(start[1], end[1]) + pad, height)
        if left >= right or top >= bottom:
            return
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32) + 0.5
        away = _distance(x, y, start, end)
        region = np.s_[top:bottom, left:right]
        self._covered[region] = np.maximum(self._covered[region], np.clip(radius + 0.5 - away, 0, 1))
        share = self._covered[region][..., np.newaxis]
        self._values[region] = self._ground[region] * (1 - share) + np.asarray(ink, np.float32) * share

    def bend(self, start: tuple[float, float], end: tuple[float, float], channel: int) -> None:
        """Let a signal's channel run straight between two points: places as (point of time, value)."""
        (t0, v0), (t1, v1) = sorted((start, end))
        length = len(self._values)
        if t1 < -0.5 or t0 > length - 0.5:
            return
        times = np.arange(max(0, math.ceil(t0)), min(length - 1, math.floor(t1)) + 1)
        self._values[times, channel] = np.interp(times, [t0, t1], [v0, v1])
        if not len(times):  # both between the same two points of time: the nearer one is meant
            time, value = end
            self._values[min(max(0, round(time)), length - 1), channel] = value

    def smooth(self, channel: int) -> None:
        """Even a signal's channel out a little, as a stroke of its own: means of five, ends kept."""
        self.begin()
        line = np.pad(self._values[:, channel], 2, mode="edge")
        self._values[:, channel] = np.convolve(line, np.full(5, 0.2, np.float32), mode="valid")


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    return max(0, int(np.floor(low))), min(size, int(np.ceil(high)))


def _distance(x: Any, y: Any, start: tuple[float, float], end: tuple[float, float]) -> Any:
    """Of each place from the line between two points."""
    (x0, y0), (x1, y1) = start, end
    square = (x1 - x0) ** 2 + (y1 - y0) ** 2
    along = np.zeros_like(x) if square == 0 else np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / square, 0, 1)
    return np.hypot(x - x0 - along * (x1 - x0), y - y0 - along * (y1 - y0))
