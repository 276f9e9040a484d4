"""Lock files beside what several windows share: they name the process that holds them, and are void once it is gone."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QLockFile

if TYPE_CHECKING:
    from pathlib import Path


def take(path: Path) -> QLockFile | None:
    """The lock at `path`, held until it is unlocked; None where another process has it or nothing can be written."""
    lock = _lock(path)
    return lock if not is_held(path) and lock.tryLock(0) else None


def is_held(path: Path) -> bool:
    """Whether a process that runs holds the lock at `path`. One that names no process is removed.

    Such a lock is left where its process, or the computer, ended at the very moment of taking it. Qt would wait for it:
    for ever, or half a minute where it goes by age.
    """
    if not path.exists():
        return False
    probe = _lock(path)
    if probe.tryLock(0):
        probe.unlock()
        return False
    if _holder(probe):
        return True
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    return False


def _lock(path: Path) -> QLockFile:
    lock = QLockFile(str(path))
    lock.setStaleLockTime(0)  # stale only when its process is gone, however old it is
    return lock


def _holder(lock: QLockFile) -> int:
    """The number of the process that the lock file names; 0 where it names none."""
    process: int
    process, *_ = lock.getLockInfo()
    return process
