"""What the heads of many pictures say: looked at by several threads, and remembered between scans.

What is remembered lies in the studio's own folder, one file for each folder of pictures. It holds for a picture as
long as its size and its time of change stay; a damaged file of it is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import msgspec

from cnnstudio.core.formats.storage import data_folder, read_capped, write_atomic
from cnnstudio.engine.scan.image_file import ImageHead, check_image
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.walk import Found, OutOfReachError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Progress

Head: TypeAlias = ImageHead | str
"""What is known of a picture, or why it cannot be used, as a clause."""
VERSION = 1
"""Raised when a head comes to mean something else."""
MOST_KEPT = 24
"""Folders that are remembered; the one scanned longest ago goes first."""
_MOST_BYTES = 1 << 28
_SETTLED = 2_000_000_000
"""Nanoseconds: a file changed later than that before the scan may change again within the same tick of its clock."""
_CHUNK = 32
"""Pictures that a thread looks at in one go, between two looks at whether the scan was ended."""


class _Memory(msgspec.Struct, array_like=True):
    """A file of what is remembered: for each picture its size, time of change and head."""

    version: int
    heads: dict[str, tuple[int, int, Head]]


class _Passing(str):
    """A reason that lies outside the file, such as a permission: it may go without a change of the file."""

    __slots__ = ()


class Heads(NamedTuple):
    """What the heads of some files say."""

    heads: list[Head]
    """In the order of the files."""
    opened: int
    """How many had to be opened: 0 when all is as it was."""


def image_heads(root: Path, files: Sequence[Found], progress: Progress) -> Heads:
    """Look at pictures below `root`. Raises what `progress` raises, without waiting for what is left."""
    memory = _recall(root)
    heads: list[Head | None] = [_still_true(memory.heads.get(file.name), file) for file in files]
    due = [number for number, head in enumerate(heads) if head is None]
    progress(len(files) - len(due), len(files))
    begun = time.time_ns()
    for number, head in _looked_at(root, files, due, progress):
        heads[number] = head
    found = [head for head in heads if head is not None]
    if due:
        if len(memory.heads) > 2 * len(files) + 1000:  # mostly of files that are gone
            memory.heads.clear()
        settled = begun - _SETTLED
        lasting = ((f, h) for f, h in zip(files, found, strict=True) if not isinstance(h, _Passing))
        fresh = {f.name: (f.size, f.changed, h) for f, h in lasting if f.changed < settled}
        _remember(root, _Memory(VERSION, memory.heads | fresh))
    return Heads(found, len(due))


def forget(root: Path) -> None:
    """The next look at these pictures opens all of them."""
    with contextlib.suppress(OSError):
        _place(root).unlink(missing_ok=True)


def _still_true(known: tuple[int, int, Head] | None, file: Found) -> Head | None:
    return known[2] if known is not None and known[:2] == (file.size, file.changed) else None


def _looked_at(root: Path, files: Sequence[Found], due: list[int], progress: Progress) -> list[tuple[int, Head]]:
    """The heads of the files with these numbers. Decompressing, hashing and reading let other threads work."""
    ended = threading.Event()
    done: list[tuple[int, Head]] = []
    waiting: deque[Future[list[tuple[int, Head]]]] = deque()
    threads = min(8, os.cpu_count() or 1)

    def look(numbers: list[int]) -> list[tuple[int, Head]]:
        return [(n, _head(root, files[n])) for n in numbers if not ended.is_set()]

    with ThreadPoolExecutor(threads, thread_name_prefix="heads") as pool:
        try:
            for first in range(0, len(due), _CHUNK):
                waiting.append(pool.submit(look, due[first : first + _CHUNK]))
                if len(waiting) > 2 * threads:
                    done += waiting.popleft().result()
                    progress(len(files) - len(due) + len(done), len(files))
            while waiting:
                done += waiting.popleft().result()
                progress(len(files) - len(due) + len(done), len(files))
        except BaseException:
            ended.set()
            pool.shutdown(cancel_futures=True)
            raise
    return done


def _head(root: Path, file: Found) -> Head:
    try:
        return check_image(os.path.join(root, file.name))
    except OutOfReachError as error:
        return _Passing(error)
    except ReadError as error:
        return str(error)


def memory_folder() -> Path:
    """Where scans are remembered."""
    return data_folder() / "scans"


def _place(root: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
    return memory_folder() / f"{name}.msgpack"


def _recall(root: Path) -> _Memory:
    try:
        memory = msgspec.msgpack.decode(read_capped(_place(root), _MOST_BYTES), type=_Memory)
        if memory.version == VERSION:
            return memory
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        pass  # never written, or damaged: all pictures are opened, and it is written anew
    return _Memory(VERSION, {})


def _remember(root: Path, memory: _Memory) -> None:
    with contextlib.suppress(OSError):  # a full disk: the next scan takes as long as this one
        write_atomic(_place(root), msgspec.msgpack.encode(memory))
        kept = sorted(memory_folder().glob("*.msgpack"), key=lambda p: p.stat().st_mtime_ns)
        for old in kept[:-MOST_KEPT]:
            old.unlink(missing_ok=True)
