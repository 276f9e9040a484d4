"""Memory that this process holds and does not use: what a run leaves is kept for the next one.

TensorFlow's allocator keeps every array's place for the next array and never gives one back to the system. (With
glibc's own, which would, each step asks the system for its pages anew: the kernel then takes nearly half as long again
as the training itself.) So what the system says is free leaves out what a run can have of its own process.
"""

from __future__ import annotations

import ctypes
import gc
import os
import platform
from dataclasses import dataclass
from pathlib import Path

from cnnstudio.engine.backend import tensorflow


@dataclass(slots=True)
class _Start:
    """What the process took before its first run."""

    resident: int | None = None


_start = _Start()


def begin() -> None:
    """From now on count what is held: everything that any run needs is loaded."""
    _start.resident = resident_bytes()


def reusable_bytes() -> int:
    """Bytes that a run on the CPU can have without asking the system: at least so many, 0 where nobody knows.

    What TensorFlow's arrays took at most, less what they take now, and no more than the process has grown by.
    """
    resident, arrays = resident_bytes(), _arrays()
    if _start.resident is None or resident is None or arrays is None:
        return 0
    now, most = arrays
    return max(0, min(most - now, resident - _start.resident - now))


def give_back() -> None:
    """Drop what nobody refers to, and give the system what is free outside TensorFlow's allocator."""
    gc.collect()  # models are full of cycles
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def resident_bytes() -> int | None:
    """Bytes of memory that the process has from the system; None where nobody knows."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):  # no Linux
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _arrays() -> tuple[int, int] | None:
    """Bytes of TensorFlow's arrays on the CPU: now, and at most so far; None where its allocator does not count."""
    if tensorflow is None:
        return None
    try:
        found = tensorflow.config.experimental.get_memory_info("CPU:0")
    except ValueError:  # another allocator than the one that `backend` asks for
        return None
    return found["current"], found["peak"]
