"""One moment of a timeline on disk: named arrays in NumPy's .npz form, which any program reads.

Written whole; read with a mistrust that a file of a stranger deserves: nothing in it is run, no array takes more
memory than its file says and this module allows, and damage is one sentence that names the file.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.storage import open_regular

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MOST_FILE_BYTES = 256 << 20
MOST_ARRAY_BYTES = 64 << 20
MOST_ARRAYS = 20_000
_MOST_DIRECTORY_BYTES = 8 << 20
_MOST_HEAD_BYTES = 10_000
_KINDS = frozenset("biuf")
_COMPRESSION = 1
"""Of zlib's nine: half the size at a tenth of the time of the best."""
_END = struct.Struct("<4s4H2LH")
"""The record that ends a ZIP file: signature, disk numbers, entries on the disk and in all, bytes and place of the
directory, length of a comment."""
_END_MARK = b"PK\5\6"
_LONG_MARK = b"PK\6\7"
"""Before the end, it would say that the directory is elsewhere (ZIP64); no moment is that large."""
_LONG_BYTES = 20
_SUFFIX = ".npy"
_MAGIC = b"\x93NUMPY\x01\x00"
_HEAD = re.compile(
    rb"\{'descr': '([<>|][biuf][1248])', 'fortran_order': (False|True), "
    rb"'shape': \(((?:\d{1,18}, ?){0,32}\d{0,18})\), \}\s*"
)
"""What NumPy writes for such arrays. Its own reader evaluates the text as Python."""
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # a compression that this Python does not know
    RuntimeError,  # encrypted
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    RecursionError,
    MemoryError,
)


class TimelineError(FileError):
    """A timeline, or a moment of it, cannot be read; one sentence names the file."""


def packed(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """The bytes of a file with these arrays. Raises ValueError for an array of objects or one that is too large."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as file:
        for name, array in arrays.items():
            if array.dtype.kind not in _KINDS or array.nbytes > MOST_ARRAY_BYTES:
                raise ValueError(f"{name} cannot be kept: {array.dtype}, {array.nbytes:,} bytes.")
            one = io.BytesIO()
            np.lib.format.write_array(one, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}{_SUFFIX}")  # without the time: equal arrays are equal files
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, one.getbuffer())
    return whole.getvalue()


class MomentFile:
    """The arrays of one file. Names are read at once, values when they are asked for; the file is not held open."""

    def __init__(self, path: Path) -> None:
        """Raises TimelineError."""
        self._path = path
        try:
            with open_regular(path) as file:
                _check_end(file)
                with zipfile.ZipFile(file) as archive:
                    entries = archive.infolist()
        except OSError as error:
            raise self._unreadable(error) from error
        except _DAMAGE as error:
            raise self._damaged(error) from error
        self._entries = {e.filename.removesuffix(_SUFFIX): e for e in entries if e.filename.endswith(_SUFFIX)}

    @property
    def names(self) -> tuple[str, ...]:
        """Of the arrays, in the order of the file."""
        return tuple(self._entries)

    def array(self, name: str) -> np.ndarray[Any, Any]:
        """The array of that name; nobody may change it. Raises TimelineError, KeyError for a name that is not there."""
        entry = self._entries[name]
        try:
            if entry.file_size > MOST_ARRAY_BYTES + _MOST_HEAD_BYTES:
                raise ValueError(
                    f"{name[:80]} has {entry.file_size:,} bytes, and at most {MOST_ARRAY_BYTES:,} are read"
                )
            with open_regular(self._path) as file:
                _check_end(file)
                with zipfile.ZipFile(file) as archive, archive.open(entry) as values:
                    return array_of(values.read(entry.file_size), name)
        except OSError as error:
            raise self._unreadable(error) from error
        except _DAMAGE as error:
            raise self._damaged(error) from error

    def _unreadable(self, error: OSError) -> TimelineError:
        if isinstance(error, FileNotFoundError):
            return TimelineError(f"{self._path} is no longer there: the timeline was thinned out, or the run deleted.")
        return TimelineError(f"{self._path} cannot be read: {(error.strerror or str(error)).lower()}.")

    def _damaged(self, error: BaseException) -> TimelineError:
        why = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
        return TimelineError(f"{self._path} is no moment of a timeline, or it is damaged: {why}.")


def _check_end(file: io.BufferedReader) -> None:
    """Refuse a directory that would take much memory before the ZIP library reads it. Raises ValueError."""
    size = file.seek(0, io.SEEK_END)
    if size > MOST_FILE_BYTES:
        raise ValueError(f"it has {size:,} bytes, and at most {MOST_FILE_BYTES:,} are read")
    file.seek(max(0, size - _END.size - _LONG_BYTES))
    tail = file.read(_END.size + _LONG_BYTES)
    if len(tail) < _END.size or tail[-_END.size :][:4] != _END_MARK:
        raise ValueError("its end is missing")
    _, _, _, _, entries, directory, place, _ = _END.unpack(tail[-_END.size :])
    if tail[: -_END.size][:4] == _LONG_MARK or directory > _MOST_DIRECTORY_BYTES or entries > MOST_ARRAYS:
        raise ValueError(f"it lists more than {MOST_ARRAYS:,} arrays")
    if place + directory + _END.size != size:
        raise ValueError("its list of arrays is not where it says")
    file.seek(0)


def array_of(data: bytes, name: str) -> np.ndarray[Any, Any]:
    """An array in NumPy's .npy form, version 1.0, of plain numbers. Raises ValueError, which names it as `name`.

    It takes no memory beside the data: what a head declares and the file does not hold is refused.
    """
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError(f"{name[:80]} is no array, or of another version of the .npy form")
    (length,) = struct.unpack_from("<H", data, len(_MAGIC))
    start = len(_MAGIC) + 2 + length
    head = _HEAD.fullmatch(data[len(_MAGIC) + 2 : start])
    if head is None:
        raise ValueError(f"{name[:80]} holds values that are no plain numbers")
    dtype = np.dtype(head[1].decode())
    shape = tuple(int(n) for n in head[3].split(b",") if n.strip())
    if math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ValueError(f"the shape of {name[:80]} does not fit its {len(data) - start:,} bytes")
    return np.frombuffer(data, dtype, offset=start).reshape(shape, order="F" if head[2] == b"True" else "C")
