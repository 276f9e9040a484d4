"""Adds moments to the timeline of a run, within a budget of disk: when it is full, every second moment goes."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.moment_file import packed
from cnnstudio.core.formats.timeline import folder_of, moments_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.formats.timeline import Moment

BUDGET_BYTES = 200 << 20
"""Of one run."""
MOST_MOMENTS = 1000
"""More than a slider has places for."""
_LEFT_FREE = 64 << 20
"""Bytes of the disk that are never taken: checkpoints need them more."""
_PART = ".part"


class TimelineWriter:
    """The one that writes a run's timeline. Moments come in the order of their steps."""

    def __init__(self, run: Path, *, budget: int = BUDGET_BYTES, most: int = MOST_MOMENTS) -> None:
        """`run` is the run's folder; what is there stays, except what a crash has cut short. Raises OSError."""
        self._folder = folder_of(run)
        self._budget, self._most = budget, most
        for part in self._folder.glob(f"*{_PART}"):
            part.unlink(missing_ok=True)
        self._sizes = {moment: self._size(moment) for moment in moments_in(self._folder)}

    @property
    def moments(self) -> tuple[Moment, ...]:
        """In order."""
        return tuple(self._sizes)

    @property
    def last(self) -> Moment | None:
        """The latest one."""
        return next(reversed(self._sizes), None)

    @property
    def gap(self) -> int:
        """Steps that should lie between two moments from now on, so that they fill the budget evenly; 0: any."""
        steps = [moment.step for moment in self._sizes]
        crowded = 3 * sum(self._sizes.values()) > self._budget or 3 * len(steps) > self._most
        return (steps[-1] - steps[0]) // (len(steps) - 1) if crowded and len(steps) > 1 else 0

    def add(self, moment: Moment, arrays: Mapping[str, np.ndarray[Any, Any]]) -> bool:
        """Keep these arrays; whether they were kept: a moment that is not later than the last one is there already.

        Raises OSError; what was there before is then intact.
        """
        if self.last is not None and moment.step <= self.last.step:
            return False
        data = packed(arrays)
        while self._sizes and (sum(self._sizes.values()) + len(data) > self._budget or len(self._sizes) >= self._most):
            self._thin()
        self._folder.mkdir(exist_ok=True)  # not its parents: a run's folder that was deleted is not begun anew
        if shutil.disk_usage(self._folder).free < len(data) + _LEFT_FREE:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._folder))
        path = self._folder / moment.file_name
        part = path.with_name(f"{path.name}{_PART}")
        try:
            part.write_bytes(data)
            part.replace(path)  # not synchronised: a power cut may cost the last moments, which a reader cuts off
        except OSError:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        self._sizes[moment] = len(data)
        return True

    def cut(self, step: int) -> None:
        """Drop the moments after that step: a run that is resumed comes by them again. Raises OSError."""
        for moment in [m for m in self._sizes if m.step > step]:
            self._drop(moment)

    def _thin(self) -> None:
        """Drop every second moment, never the first; of two, the later one."""
        for moment in list(self._sizes)[1::2] or list(self._sizes):
            self._drop(moment)

    def _drop(self, moment: Moment) -> None:
        (self._folder / moment.file_name).unlink(missing_ok=True)
        del self._sizes[moment]

    def _size(self, moment: Moment) -> int:
        try:
            return (self._folder / moment.file_name).stat().st_size
        except OSError:
            return 0
