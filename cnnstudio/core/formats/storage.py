"""Where the studio keeps its files, and the one way to write them: whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cnnstudio.core.formats.parts import part_file

if TYPE_CHECKING:
    import io
    from collections.abc import Callable, Iterator

_PIECE = 4 << 20
_STRIDE = 64 << 20
_BINARY: int = getattr(os, "O_BINARY", 0)
"""Windows would turn line ends into others."""


def data_folder() -> Path:
    """The user's folder for presets, recovery and runs, by the platform's custom; CNNSTUDIO_HOME overrides it."""
    chosen = os.environ.get("CNNSTUDIO_HOME")
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "CNN Studio"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "CNN Studio"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "cnnstudio"


def runs_folder() -> Path:
    """Where runs go unless another folder is given."""
    return data_folder() / "runs"


def read_capped(path: Path, most: int) -> bytes:
    """What a file of at most that many bytes holds. Raises OSError, also for what is no file: a pipe never ends."""
    with open_regular(path) as file:
        is_larger = os.fstat(file.fileno()).st_size > most
        data = b"" if is_larger else file.read(most + 1)
    if is_larger or len(data) > most:
        raise OSError(errno.EFBIG, f"It has more than {most:,} bytes", str(path))
    return data


def open_regular(path: Path) -> io.BufferedReader:
    """The file, for reading. Raises OSError, also for what is no file: a pipe would be waited for.

    The question is put to what was opened, so nothing else can take the file's place in between.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | _BINARY)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError(errno.EINVAL, "It is not a file", str(path))
    return os.fdopen(handle, "rb")


def write_atomic(path: Path, data: bytes, *, backup: bool = False) -> None:
    """Write `data` to `path` so that a crash leaves the old file or the new one, never a part of it.

    With `backup` the old file is kept as `path` + "~". Raises OSError, the old file untouched.
    """
    with atomic_file(path, backup=backup) as file:
        file.write(data)


@contextlib.contextmanager
def atomic_file(path: Path, *, backup: bool = False) -> Iterator[BinaryIO]:
    """Like `write_atomic` for what is written piece by piece: `path` has it once the block ends without an error.

    What has been written can be read again meanwhile.
    """
    path = path.resolve() if path.is_symlink() else path  # keep the link, replace what it points to
    if path.exists() and not (path.is_file() or path.is_dir()):  # a folder is refused by the system itself
        raise OSError(errno.EINVAL, "A device or a pipe is there, which a file must not replace", str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = part_file(path)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if sys.platform != "win32":  # held until it is in its place, so that nobody takes it for left behind
                _put_in_place(part, path, backup=backup)
        if sys.platform == "win32":  # where a file that is open cannot be moved
            _put_in_place(part, path, backup=backup)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def copy_atomic(source: Path, path: Path, *, backup: bool = False, told: Callable[[int], None] | None = None) -> None:
    """Copy a file of any size, whole or not at all. `told` hears of the bytes done so far. Raises OSError."""
    with source.open("rb") as file, atomic_file(path, backup=backup) as copy:
        pour(file, copy, told)


def pour(source: BinaryIO, copy: BinaryIO, told: Callable[[int], None] | None = None) -> None:
    """Copy what is in one file to another. The system does it, where it can without a byte being moved."""
    done = 0
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # not between these file systems: byte for byte, then
            while count := os.copy_file_range(source.fileno(), copy.fileno(), _STRIDE):
                done += count
                if told is not None:
                    told(done)
    source.seek(done)
    copy.seek(done)
    while piece := source.read(_PIECE):
        copy.write(piece)
        done += len(piece)
        if told is not None:
            told(done)


def link_atomic(source: Path, path: Path) -> None:
    """Let `path` be the file `source`: a hard link, or a copy where the file system has none. Raises OSError.

    Only within the studio's own folders: a program that writes into one of the two in place changes both.
    """
    if path.exists() and path.samefile(source):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:80]}.link")
    fresh.unlink(missing_ok=True)
    try:
        os.link(source, fresh)
    except OSError:  # another disk, or a file system without hard links
        copy_atomic(source, path)
        return
    try:
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    sync_folder(path.parent)


def _put_in_place(part: Path, path: Path, *, backup: bool) -> None:
    allow_as(part, path)
    if backup and path.exists():
        _keep_backup(path)
    part.replace(path)


def _keep_backup(path: Path) -> None:
    spare = path.with_name(path.name + "~")
    fresh = path.with_name(path.name + "~new")
    fresh.unlink(missing_ok=True)
    try:
        os.link(path, fresh)
    except OSError:  # file systems without hard links
        fresh.write_bytes(path.read_bytes())
    fresh.replace(spare)
    fresh.unlink(missing_ok=True)  # it stays where both are one file already: a kill came before the new one did


def allow_as(part: Path, path: Path) -> None:
    """Let the same people read and write a fresh file as the one at `path`; as any new file where there is none."""
    part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def sync_folder(folder: Path) -> None:
    """Make the rename itself last; platforms that cannot open a folder do without."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
