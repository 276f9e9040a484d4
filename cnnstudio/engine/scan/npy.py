"""NumPy's files, looked at before anything is loaded: what the head declares is held against what the file has.

The head is a Python expression in text (NEP 1, "A simple file format for NumPy arrays"). It is matched against the one
form that `numpy.save` writes, not evaluated; pickled objects are refused, and a large array is mapped into memory where
its bytes lie as they are in the file, so that it costs none. Who reads a mapped one asks `check_mapped` before:
touching what has been cut off a mapped file ends the process (SIGBUS) without a word.
"""

from __future__ import annotations

import math
import mmap
import os
import re
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.walk import denied, open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_HEAD = 4096
MOST_AXES = 8
MOST_MEMBERS = 64
MOST_UNPACKED = 4 * 1024**3
"""Bytes of a compressed array, which has to be unpacked into memory."""
MOST_READ = 1 << 24
"""Bytes of an array that is read rather than mapped: what then becomes of the file does not matter."""
_PIECE = 1 << 22
_MAGIC = b"\x93NUMPY"
_HEAD = re.compile(
    r"\{'descr': (?P<type>'[^']{1,40}'|\[[^\n]*\]), 'fortran_order': (?P<fortran>True|False), "
    r"'shape': \((?P<shape>[0-9, ]*)\),? *\}[ \n]*"
)
_TYPE = re.compile(r"[<>|=](?P<kind>[a-zA-Z])(?P<size>[0-9]{0,9})(?:\[[^\]]*\])?")
_SIZES = {"b": {1}, "i": {1, 2, 4, 8}, "u": {1, 2, 4, 8}, "f": {2, 4, 8}}
_REFUSED = {
    "O": "Python objects (a pickle), which can run programs when they are loaded: save plain numbers",
    "c": "complex numbers: save their parts as channels",
    "M": "dates: save numbers",
    "m": "durations: save numbers",
    "V": "structured records: save plain numbers",
}
BROKEN_ZIP = (
    zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, struct.error, EOFError, ValueError, KeyError,
    RuntimeError, OverflowError,
)  # fmt: skip
"""What zipfile raises for archives that are damaged, encrypted or of a kind it does not know (NotImplementedError is
a RuntimeError)."""


class Head(NamedTuple):
    """What an array's head declares."""

    dtype: np.dtype
    shape: tuple[int, ...]
    fortran: bool
    length: int
    """Bytes of the head: where the values begin."""

    @property
    def bytes(self) -> int:
        """Of the values."""
        return math.prod(self.shape) * self.dtype.itemsize


class Mapped(NamedTuple):
    """A file that is mapped into memory, as it was then."""

    path: Path
    size: int
    changed: int
    """Time of the last change, in nanoseconds."""


class Array(NamedTuple):
    """An array in a file, not loaded yet."""

    name: str
    """Member without .npy; the file's stem for a file of its own."""
    head: Head
    load: Callable[[Callable[[int], None]], np.ndarray]
    """Maps, reads or unpacks it and tells the bytes unpacked. Raises ReadError with a clause, OSError."""
    mapped: Mapped | None = None
    """The file where it is not taken into memory."""


def read_head(file: IO[bytes], size: int) -> Head:
    """The head at the beginning of `file`, which has `size` bytes. Raises ReadError with a clause."""
    start = file.read(8)
    if start[:6] != _MAGIC:
        raise ReadError("not a NumPy file: it does not begin with NUMPY")
    wide = 2 if len(start) == 8 and start[6] == 1 else 4
    counted = file.read(wide)
    if len(start) < 8 or len(counted) < wide:
        raise ReadError("truncated: it ends within its head")
    if start[6] not in (1, 2, 3):
        raise ReadError(f"a NumPy file of version {start[6]}: 1, 2 and 3 can be read")
    length = int.from_bytes(counted, "little")
    if length > MOST_HEAD:
        raise ReadError(f"a head of {length:,} bytes: {MOST_HEAD:,} at most")
    text = file.read(length)
    if len(text) < length:
        raise ReadError("truncated: it ends within its head")
    dtype, shape, fortran = _parsed(text)
    head = Head(dtype, shape, fortran, 8 + wide + length)
    there = size - head.length
    if head.bytes > there:
        raise ReadError(f"its head declares {_shown(shape)} values, {head.bytes:,} bytes, but only {there:,} are there")
    if head.bytes < there:
        raise ReadError(f"its head declares {_shown(shape)} values, {head.bytes:,} bytes, but {there:,} are there")
    return head


def _parsed(text: bytes) -> tuple[np.dtype, tuple[int, ...], bool]:
    match = _HEAD.fullmatch(text.decode("latin-1"))
    if match is None:
        raise ReadError("a head that numpy.save does not write")
    sizes = [s.strip() for s in match["shape"].split(",")]
    if sizes[-1] == "":
        sizes.pop()
    if len(sizes) > MOST_AXES or any(not s.isdecimal() or len(s) > 18 for s in sizes):
        raise ReadError(f"an absurd shape in its head: ({match['shape'][:60]})")
    if "0" in {s.lstrip("0") or "0" for s in sizes}:
        raise ReadError(f"an empty array: ({match['shape'][:60]})")
    return _type(match["type"]), tuple(map(int, sizes)), match["fortran"] == "True"


def _type(written: str) -> np.dtype:
    if written.startswith("["):
        raise ReadError(f"holds {_REFUSED['V']}")
    match = _TYPE.fullmatch(written[1:-1])
    kind = match["kind"] if match else ""
    if kind in _REFUSED:
        raise ReadError(f"holds {_REFUSED[kind]}")
    size = int(match["size"] or 0) if match else 0
    if kind in _SIZES and size in _SIZES[kind]:
        return np.dtype(written[1:-1])
    if kind in ("U", "S") and 1 <= size <= 1000:
        return np.dtype(written[1:-1])
    raise ReadError(f"holds values of type {written[:40]}: whole numbers and floats of up to 8 bytes can be read")


def _shown(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{n:,}" for n in shape) or "1"


def open_npy(path: Path) -> Array:
    """The array of a .npy file. Raises ReadError with a clause, OSError."""
    with open_file(path) as file:
        head = read_head(file, os.fstat(file.fileno()).st_size)

    def load(told: Callable[[int], None]) -> np.ndarray:
        return _stored(path, head, head.length)

    return Array(path.stem, head, load, _mapping(path, head))


def open_npz(path: Path) -> tuple[list[Array], list[tuple[str, str]]]:
    """The arrays of an archive, and what is in it that cannot be used as (member, reason).

    Raises ReadError with a clause, OSError.
    """
    try:
        with open_file(path) as whole, zipfile.ZipFile(whole) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise ReadError(f"{len(members):,} arrays: {MOST_MEMBERS} at most")
            if len({m.filename for m in members}) < len(members):
                raise ReadError("two arrays of one name")
            return _arrays(path, archive, members)
    except BROKEN_ZIP as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError("damaged: it is no whole ZIP archive, as an .npz file must be") from error


def _arrays(
    path: Path, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]
) -> tuple[list[Array], list[tuple[str, str]]]:
    arrays, refused = [], []
    for member in members:
        name = member.filename.removesuffix(".npy")
        try:
            arrays.append(_member(path, archive, member, name))
        except ReadError as error:
            refused.append((name, str(error)))
        except BROKEN_ZIP:
            refused.append((name, "damaged within the archive"))
    return arrays, refused


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Array:
    with archive.open(member) as file:
        head = read_head(file, member.file_size)
    if member.compress_type == zipfile.ZIP_STORED:
        if member.compress_size != member.file_size:
            raise ReadError("damaged within the archive")
        start, mapped = _offset(path, member) + head.length, _mapping(path, head)

        def load(told: Callable[[int], None]) -> np.ndarray:
            return _stored(path, head, start)

    else:
        mapped = None
        if head.bytes > MOST_UNPACKED:
            raise ReadError(
                f"{head.bytes:,} bytes when unpacked, {MOST_UNPACKED:,} at most: save it with numpy.savez or as .npy, "
                "which is read in pieces"
            )

        def load(told: Callable[[int], None]) -> np.ndarray:
            return _unpacked(path, member, head, told)

    return Array(name, head, load, mapped)


def _offset(path: Path, member: zipfile.ZipInfo) -> int:
    """Where a stored member's bytes begin: behind its local head, whose two lengths the directory does not repeat."""
    with open_file(path) as file:
        file.seek(member.header_offset)
        local = file.read(30)
    if len(local) < 30 or local[:4] != b"PK\x03\x04":
        raise ReadError("damaged within the archive")
    name, extra = struct.unpack("<HH", local[26:30])
    return member.header_offset + 30 + int(name) + int(extra)


def check_mapped(file: Mapped) -> None:
    """Raise ReadError, in a sentence, when the file is no longer as it was when it was mapped."""
    try:
        status = file.path.stat()
    except OSError as error:
        raise ReadError(f'"{file.path.name}" cannot be read any more: {denied(error)}.') from error
    if (status.st_size, status.st_mtime_ns) != (file.size, file.changed):
        raise ReadError(f'"{file.path.name}" has changed since it was scanned.')


def _mapping(path: Path, head: Head) -> Mapped | None:
    if head.bytes <= MOST_READ:
        return None
    status = path.stat()
    return Mapped(path, status.st_size, status.st_mtime_ns)


def _stored(path: Path, head: Head, start: int) -> np.ndarray:
    """The values that lie in the file as they are, read or mapped."""
    view: bytes | mmap.mmap
    with open_file(path) as file:
        if start + head.bytes > os.fstat(file.fileno()).st_size:
            raise ReadError("truncated since it was scanned")
        if head.bytes <= MOST_READ:
            file.seek(start)
            view, start = file.read(head.bytes), 0
            if len(view) < head.bytes:
                raise ReadError("truncated since it was scanned")
        else:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    flat = np.frombuffer(view, head.dtype, math.prod(head.shape), start)
    return flat.reshape(head.shape, order="F" if head.fortran else "C")


def _unpacked(path: Path, member: zipfile.ZipInfo, head: Head, told: Callable[[int], None]) -> np.ndarray:
    data = np.empty(head.bytes, "uint8")
    try:
        with open_file(path) as whole, zipfile.ZipFile(whole) as archive, archive.open(member) as file:
            file.read(head.length)
            done = 0
            while done < head.bytes:
                piece = file.read(min(_PIECE, head.bytes - done))
                if not piece:
                    raise ReadError("truncated within the archive")
                data[done : done + len(piece)] = np.frombuffer(piece, "uint8")
                done += len(piece)
                told(done)
            file.read(1)  # at the end the archive's checksum is held against what was read
    except BROKEN_ZIP as error:
        if isinstance(error, ReadError):
            raise
        raise ReadError("damaged within the archive") from error
    return data.view(head.dtype).reshape(head.shape, order="F" if head.fortran else "C")
