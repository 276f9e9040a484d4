"""How much memory there is, and how much samples take of it."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.packaged import KerasDataset, PackageData

if TYPE_CHECKING:
    from cnnstudio.core.recipe import DataRecipe

RESIDENT_BYTES = 1 << 30
"""Samples of up to this size, as they are kept, lie on the device that trains; more are brought there by batches."""
_SHARE_FOR_SAMPLES = 0.4
"""Of the free memory, at most this is taken by samples read from files; those beyond it are read again each epoch."""
_UNKNOWN_ROOM = 1 << 30
_CONTROL_GROUP = Path("/sys/fs/cgroup")


def data_bytes(recipe: DataRecipe, free: int | None = None) -> int:
    """Bytes of the samples and their targets that are kept; of files, no more than there is room for."""
    info, source = recipe.info(), recipe.source
    cells = math.prod(info.input_shape)
    targets = {Task.MULTILABEL: info.classes, Task.SEGMENTATION: cells // info.input_shape[-1], Task.RECONSTRUCTION: 0}
    goal = targets.get(info.task, 1)
    eight_bits = info.rank == 2 and isinstance(source, FileSource | KerasDataset | PackageData)  # most images are
    size = source.sample_count * (cells + goal) * (1 if eight_bits else 4)
    return min(size, room_for_samples(free)) if isinstance(source, FileSource) else size


def room_for_samples(free: int | None) -> int:
    """Bytes of samples read from files that may be kept; `free` as `free_bytes` says."""
    return _UNKNOWN_ROOM if free is None else int(free * _SHARE_FOR_SAMPLES)


def free_bytes() -> int | None:
    """Bytes that can still be taken: of the computer, or of the container if that has less; None: unknown."""
    known = [n for n in (_of_computer(), _of_container()) if n is not None]
    return min(known) if known else None


def data_problem(recipe: DataRecipe, free: int | None) -> str | None:
    """Why the recipe's samples cannot be loaded into `free` bytes; None when they may fit."""
    from_files = isinstance(recipe.source, FileSource)
    needed = data_bytes(recipe, free) * (1 if from_files else 2)  # while arrays are made there are two
    if free is None or needed <= free:
        return None
    numbers = f"needs {readable(needed)} of memory, but {readable(free)} are free"
    return f"Loading the data {numbers}: use fewer or smaller samples."


def readable(size: int) -> str:
    """A size for people: "3.2 GB"."""
    value = float(size)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit in ("bytes", "kB") else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"


def _of_computer() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    except (ValueError, OSError, AttributeError):  # no POSIX
        return None


def _of_container() -> int | None:
    try:
        limit = (_CONTROL_GROUP / "memory.max").read_text(encoding="ascii").strip()
        used = int((_CONTROL_GROUP / "memory.current").read_text(encoding="ascii"))
        cached = _reclaimable((_CONTROL_GROUP / "memory.stat").read_text(encoding="ascii"))
        return None if limit == "max" else max(0, int(limit) - used + cached)
    except (OSError, ValueError):
        return None


def _reclaimable(statistics: str) -> int:
    values = dict(line.split() for line in statistics.splitlines())
    return int(values.get("inactive_file", 0)) + int(values.get("active_file", 0))
