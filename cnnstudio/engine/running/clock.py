"""How far a run has come, and how fast it is."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRESS_SECONDS = 0.1
_SMOOTHING = 0.7
"""Weight of the past in the samples per second that are shown."""


class Clock:
    """Counts steps and samples, and the seconds of training: what was paused, or not running, is left out."""

    def __init__(self, steps: int = 0, seconds: float = 0.0) -> None:
        """`steps`, `seconds`: of the run, before now."""
        self.steps = steps
        """Of the whole run."""
        self.samples_per_second = 0.0
        now = time.perf_counter()
        self._started = now - seconds
        self._reported = now
        self._next_report = 0.0
        self._unreported = 0

    @property
    def seconds(self) -> float:
        """Time trained so far."""
        return time.perf_counter() - self._started

    @property
    def is_time_to_report(self) -> bool:
        """Whether the last report is some time ago."""
        return time.perf_counter() >= self._next_report

    def count(self, steps: int, samples: int) -> None:
        """So many steps are done, with so many samples."""
        self.steps += steps
        self._unreported += samples

    def report(self) -> None:
        """Bring the samples per second up to date; the steps counted so far are really done, not just asked for."""
        now = time.perf_counter()
        rate = self._unreported / max(1e-6, now - self._reported)
        before = self.samples_per_second
        self.samples_per_second = _SMOOTHING * before + (1 - _SMOOTHING) * rate if before else rate
        self._reported, self._unreported = now, 0
        self._next_report = now + _PROGRESS_SECONDS

    @contextlib.contextmanager
    def standing(self) -> Iterator[None]:
        """Time spent within is no time of training."""
        began = time.perf_counter()
        try:
            yield
        finally:
            waited = time.perf_counter() - began
            self._started += waited
            self._reported += waited
