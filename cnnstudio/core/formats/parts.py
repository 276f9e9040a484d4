"""What is being written and not whole yet: held while its writer lives, and swept away once nobody holds it.

A process that is killed leaves its part behind. The system lets go of what the process had locked, so the next one that
writes to the same place knows the part for what it is, however new it looks and whichever computer it was written on.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLD_SECONDS = 24 * 3600
"""Where nothing can be locked, a part of this age is nobody's."""
_RANDOM = r"[a-z0-9_]{8}"
"""As `tempfile` makes names differ."""
_LONGEST = 80
_PART = ".part"


def part_file(path: Path) -> tuple[int, Path]:
    """A new file beside `path` to write it in: its descriptor, which holds it as long as it is open, and its path.

    What others have left of `path` is removed. Raises OSError.
    """
    head = sweep_parts_of(path)
    while True:
        handle, name = tempfile.mkstemp(prefix=head, suffix=_PART, dir=path.parent)
        try:
            if _hold(handle):
                return handle, Path(name)
        except BaseException:
            os.close(handle)
            os.unlink(name)
            raise
        os.close(handle)


def sweep_parts_of(path: Path) -> str:
    """Remove what others have left of `path`; how the names of its parts begin."""
    head = f".{path.name[:_LONGEST]}."
    sweep(path.parent, head, _PART)
    return head


@contextlib.contextmanager
def part_folder(folder: Path, head: str, tail: str = "") -> Iterator[Path]:
    """A new folder in `folder` to write something in, gone when the block ends; its name begins and ends like that.

    Those of the same kind that others have left are removed. Raises OSError.
    """
    sweep(folder, head, tail)
    room, handle = _held_folder(folder, head, tail)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def _held_folder(folder: Path, head: str, tail: str) -> tuple[Path, int | None]:
    while True:
        room = Path(tempfile.mkdtemp(prefix=head, suffix=tail, dir=folder))
        if sys.platform == "win32":  # folders cannot be opened there, so these go by their age
            return room, None
        handle = os.open(room, os.O_RDONLY | os.O_CLOEXEC)
        if _hold(handle):
            return room, handle
        os.close(handle)


def _hold(handle: int) -> bool:
    """Lock what is open. Whether it is still there: somebody may have swept it up a moment before."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_SH)
        return os.fstat(handle).st_nlink > 0
    return True


def sweep(folder: Path, head: str, tail: str) -> None:
    """Remove what nobody holds any more. What cannot be looked at or removed stays."""
    form = re.compile(f"{re.escape(head)}{_RANDOM}{re.escape(tail)}")
    try:
        with os.scandir(folder) as entries:
            found = [Path(entry.path) for entry in entries if form.fullmatch(entry.name)]
    except OSError:  # not there yet
        return
    for part in found:
        with contextlib.suppress(OSError):
            _remove_if_left(part)


def _remove_if_left(part: Path) -> None:
    status = part.lstat()
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        return  # nothing of ours
    if sys.platform == "win32":
        if time.time() - status.st_mtime > _OLD_SECONDS:
            _remove(part)
        return
    handle = os.open(part, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if _is_left(handle, status.st_mtime):
            _remove(part)
    finally:
        os.close(handle)


if sys.platform != "win32":

    def _is_left(handle: int, changed: float) -> bool:
        """Whether nobody else holds what is open; from then on it is held here."""
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return time.time() - changed > _OLD_SECONDS
        return True


def _remove(part: Path) -> None:
    if part.is_dir():
        shutil.rmtree(part, ignore_errors=True)
    else:
        part.unlink()
