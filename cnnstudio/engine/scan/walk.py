"""Every file below a folder, in an order that does not depend on the file system, and what is passed over with why.

Nothing is opened here. Links are followed unless they lead back into a folder above; devices and pipes, which may never
answer, are told by their kind alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, NamedTuple

from cnnstudio.core.data.facts import MOST_LISTED, Skipped
from cnnstudio.engine.scan.listing import ReadError, ScanError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Progress

MOST_FILES = 2_000_000
MOST_DEPTH = 32
"""Folders within folders."""
_TOLD = 500
"""Files between two calls of progress."""
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISFIFO, "a pipe (FIFO), not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)


class OutOfReachError(ReadError):
    """The system does not let a file be read, whatever is in it."""


class Found(NamedTuple):
    """A file that can be opened."""

    name: str
    """Path relative to the root, with "/" between folders on every system."""
    size: int
    """In bytes."""
    changed: int
    """Time of the last change, in nanoseconds since 1970."""

    @property
    def ending(self) -> str:
        """In small letters with its full stop, "" without one."""
        last = self.name.rpartition("/")[2]
        stem, dot, ending = last.rpartition(".")
        return dot + ending.lower() if stem else ""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders between the root and the file."""
        return tuple(self.name.split("/")[:-1])


@dataclass
class SkippedFiles:
    """Files that are not used, each with its reason. All are counted, MOST_LISTED of them listed."""

    all: list[Skipped] = field(default_factory=list)

    def add(self, file: str, reason: str) -> None:
        """`reason` as in Skipped; of a `file` what cannot be written is escaped."""
        self.all.append(Skipped(writable(file), reason))

    def listed(self) -> tuple[Skipped, ...]:
        """In the order of their names, so that two scans say the same."""
        return tuple(sorted(self.all, key=lambda s: (s.file, s.reason))[:MOST_LISTED])

    def __len__(self) -> int:
        return len(self.all)


@dataclass
class Walked:
    """What lies below a folder."""

    root: Path
    files: list[Found]
    """Sorted by folders and names."""
    folders: tuple[str, ...]
    """Relative as in Found, sorted; empty ones, too; without the root and those passed over."""
    skipped: SkippedFiles


def writable(name: str) -> str:
    """`name` with bytes that are no text, and signs that would break a line, escaped: "caf\\xe9.png"."""
    plain = os.fsencode(name).decode("utf-8", "backslashreplace") if _is_undecodable(name) else name
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in plain)


def _is_undecodable(name: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in name)


def walk(root: Path, progress: Progress, skipped: SkippedFiles | None = None) -> Walked:
    """Look through the folder. Raises ScanError when it is not there, may not be read or holds far too much."""
    try:
        if not stat.S_ISDIR(root.stat().st_mode):
            raise ScanError(f'"{root}" is not a folder: choose the folder that the files lie in.')
        with os.scandir(root):
            pass
    except ScanError:
        raise
    except (OSError, ValueError) as error:
        raise ScanError(missing(root, error)) from error
    walker = _Walker(root, progress, SkippedFiles() if skipped is None else skipped)
    walker.all()
    walker.files.sort(key=lambda f: f.name.split("/"))
    return Walked(root, walker.files, tuple(sorted(walker.folders, key=lambda f: f.split("/"))), walker.skipped)


def missing(path: Path, error: OSError | ValueError) -> str:
    """Why a place that was chosen cannot be looked into, as a sentence."""
    match error:
        case FileNotFoundError():
            return f'"{path}" is not there: choose where the files lie now.'
        case PermissionError():
            return f'"{path}" may not be read: allow it in the settings of the file or folder, or choose another.'
        case OSError() if error.strerror:
            return f'"{path}" cannot be read ({error.strerror.lower()}): choose another place.'
    return f'"{writable(str(path))}" is not a path that can be opened: choose another place.'


class _Walker:
    def __init__(self, root: Path, progress: Progress, skipped: SkippedFiles) -> None:
        self.root = root
        self.files: list[Found] = []
        self.folders: list[str] = []
        self.skipped = skipped
        self._progress = progress
        self._entered: set[tuple[int, int]] = set()
        """Device and number of each folder."""
        self._linked: list[str] = []
        """Links to folders: followed last, so that a folder goes by its own name where it lies below the root, too."""

    def all(self) -> None:
        self._enter("")
        for name in self._linked:  # grows while links lead to further links
            self._enter(name)

    def _enter(self, folder: str) -> None:
        place = os.path.join(self.root, folder)
        try:
            status = os.stat(place)
            if (status.st_dev, status.st_ino) in self._entered:
                self.skipped.add(f"{folder}/", "a link to a folder that is looked at already")
                return
            with os.scandir(place) as entries:
                within = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            self.skipped.add(f"{folder}/", denied(error))
            return
        self._entered.add((status.st_dev, status.st_ino))
        if folder:
            self.folders.append(folder)
        for entry in within:
            self._take(entry, f"{folder}/{entry.name}" if folder else entry.name)

    def _take(self, entry: os.DirEntry[str], name: str) -> None:
        try:
            status = entry.stat()
        except OSError as error:
            broken = entry.is_symlink() and isinstance(error, FileNotFoundError)
            self.skipped.add(name, "a link to a file that is not there" if broken else denied(error))
            return
        is_folder = stat.S_ISDIR(status.st_mode)
        if reason := _passed_over(entry.name, status, name.count("/")):
            self.skipped.add(name + "/" * is_folder, reason)
        elif not is_folder:
            self._keep(Found(name, status.st_size, status.st_mtime_ns))
        elif entry.is_symlink():
            self._linked.append(name)
        else:
            self._enter(name)

    def _keep(self, file: Found) -> None:
        self.files.append(file)
        if len(self.files) > MOST_FILES:
            raise ScanError(
                f'"{self.root}" holds more than {MOST_FILES:,} files: choose the folder of the data within it.'
            )
        if len(self.files) % _TOLD == 0:
            self._progress(len(self.files), 0)


def _passed_over(name: str, status: os.stat_result, depth: int) -> str:
    """Why what lies there is not looked at; "" when it is."""
    is_folder = stat.S_ISDIR(status.st_mode)
    if _is_undecodable(name):
        return "its name is not text in the system's encoding: rename it"
    if name == "__MACOSX":
        return "added by the Mac's archiver, holds no data"
    if name.startswith("."):
        return "hidden folder" if is_folder else "hidden file"
    if is_folder:
        return f"more than {MOST_DEPTH} folders deep" if depth >= MOST_DEPTH else ""
    if stat.S_ISREG(status.st_mode):
        return "empty file" if status.st_size == 0 else ""
    return next((reason for tells, reason in _KINDS if tells(status.st_mode)), "not a file")


def denied(error: OSError) -> str:
    """Why the system does not let a file or folder be read, as a clause."""
    if isinstance(error, PermissionError):
        return "may not be read: no permission"
    if isinstance(error, FileNotFoundError):
        return "no longer there"
    if error.errno == errno.ELOOP:
        return "a link that leads to itself"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"


def file_bytes(path: Path | str, most: int) -> bytes:
    """All bytes of a file. Never waits for a pipe or a device. Raises ReadError with the reason as a clause,
    OutOfReachError where the system is in the way.
    """
    with _held(path) as (handle, size):
        if size > most:
            raise ReadError(f"too large: {size:,} bytes, {most:,} at most")
        return _all(handle, size)


def file_start(path: Path | str, count: int) -> bytes:
    """The first `count` bytes of a file. As `file_bytes`."""
    with _held(path) as (handle, size):
        return _all(handle, min(size, count))


def open_file(path: Path | str) -> IO[bytes]:
    """A file to read. Never waits for a pipe or a device: raises ReadError for what is no file, OSError."""
    handle = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ReadError("not a file")
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


@contextlib.contextmanager
def _held(path: Path | str) -> Iterator[tuple[int, int]]:
    """Descriptor and size of a file that is open for reading."""
    try:
        handle = os.open(path, _FLAGS)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise ReadError("not a file")
            yield handle, status.st_size
        finally:
            os.close(handle)
    except OSError as error:
        raise OutOfReachError(denied(error)) from error


def _all(handle: int, size: int) -> bytes:
    """What the system gives in one go is all of most files; a large or a remote one comes in pieces."""
    data = os.read(handle, size)
    if len(data) == size or not data:
        return data
    pieces = [data]
    while (left := size - sum(map(len, pieces))) > 0 and (piece := os.read(handle, left)):
        pieces.append(piece)
    return b"".join(pieces)
