"""Weights files: named arrays in the safetensors format, read strictly and never executed.

Layout: 8 bytes with the length of the header (little-endian), the header (JSON: for each name its `dtype`, `shape` and
`data_offsets`), then the values, little-endian and without gaps.
"""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.weights_store import WeightsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

MAX_HEADER = 16 << 20
"""Bytes of a header: some 100,000 names."""
MAX_AXES = 8
_LENGTH = struct.Struct("<Q")
_TYPES: dict[str, type[np.floating[Any]]] = {"F16": np.float16, "F32": np.float32, "F64": np.float64}
_PIECE = 4 << 20


@dataclass(frozen=True, slots=True)
class _Entry:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int
    """First byte, counted from the start of the file."""


class WeightsFile:
    """The arrays of a file. Shapes are known at once; values are read when they are asked for."""

    def __init__(self, path: Path) -> None:
        """Read the header. Raises WeightsError, whose sentence names the file."""
        self._path = path
        try:
            with path.open("rb") as file:
                self._entries = _read_header(file, path.stat().st_size, path.name)
        except OSError as error:
            raise _unreadable(path, error) from error

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of each array by its name."""
        return {name: entry.shape for name, entry in self._entries.items()}

    def read(self, name: str) -> np.ndarray[Any, Any]:
        """One array: float16, float32 or float64, of its shape. Raises WeightsError."""
        entry = self._entries[name]
        count = math.prod(entry.shape)
        try:
            with self._path.open("rb") as file:
                file.seek(entry.start)
                values = np.fromfile(file, entry.dtype, count)
        except OSError as error:
            raise _unreadable(self._path, error) from error
        if len(values) != count:
            raise WeightsError(f"{self._path.name} became shorter while it was read.")
        return values.reshape(entry.shape)


def pieces(arrays: Mapping[str, np.ndarray[Any, Any]]) -> Iterator[bytes | memoryview]:
    """The bytes of a file with these arrays, piece by piece: the same arrays give the same bytes, in any order.

    Raises WeightsError for arrays of other types than float16, float32 and float64.
    """
    codes = {np.dtype(kind): code for code, kind in _TYPES.items()}
    header: dict[str, dict[str, Any]] = {}
    laid: list[np.ndarray[Any, Any]] = []
    offset = 0
    for name in sorted(arrays):
        array = np.asarray(arrays[name])
        dtype = array.dtype.newbyteorder("=")
        if dtype not in codes:
            raise WeightsError(f'The weights "{name[:80]}" are {array.dtype}; a weights file holds float16 to float64.')
        header[name] = {
            "dtype": codes[dtype],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
        laid.append(array)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    yield _LENGTH.pack(len(text)) + text
    for array in laid:
        values = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
        for at in range(0, len(values), _PIECE):
            yield values[at : at + _PIECE]


def _read_header(file: BinaryIO, size: int, place: str) -> dict[str, _Entry]:
    head = file.read(_LENGTH.size)
    length = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
    if not 2 <= length <= size - _LENGTH.size:
        raise WeightsError(f"{place} is no weights file, or the end of it is missing.")
    if length > MAX_HEADER:
        raise WeightsError(f"{place} has a header of {length:,} bytes; the most is {MAX_HEADER:,}.")
    try:
        header = json.loads(file.read(length), object_pairs_hook=_without_doubles, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WeightsError(f"{place} is no weights file: its header is not plain JSON ({str(error)[:80]}).") from error
    if not isinstance(header, dict):
        raise WeightsError(f"{place} is no weights file: its header is a {type(header).__name__}, not an object.")
    first = _LENGTH.size + length
    entries = {name: _entry(name, value, first, place) for name, value in header.items() if name != "__metadata__"}
    _check_gapless(entries, first, size, place)
    return entries


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an entry stands twice")
    return found


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _entry(name: str, value: Any, first: int, place: str) -> _Entry:
    where = f'{place}: the array "{name[:80]}"'
    if not isinstance(value, dict) or value.keys() != {"dtype", "shape", "data_offsets"}:
        raise WeightsError(f"{where} must have dtype, shape and data_offsets, and nothing else.")
    kind = _TYPES.get(value["dtype"]) if isinstance(value["dtype"], str) else None
    if kind is None:
        known = ", ".join(_TYPES)
        raise WeightsError(f"{where} is of type {str(value['dtype'])[:20]}; the studio reads {known}.")
    dtype: np.dtype[Any] = np.dtype(kind).newbyteorder("<")
    shape, offsets = value["shape"], value["data_offsets"]
    if not _are_counts(shape) or len(shape) > MAX_AXES:
        raise WeightsError(f"{where} has the shape {str(shape)[:60]}; a shape is up to {MAX_AXES} whole numbers.")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise WeightsError(f"{where} has the data_offsets {str(offsets)[:60]}, which are not two whole numbers.")
    needed = math.prod(shape) * dtype.itemsize
    if offsets[1] - offsets[0] != needed:
        given = offsets[1] - offsets[0]
        raise WeightsError(f"{where} needs {needed:,} bytes for its shape, but has {given:,}.")
    return _Entry(dtype, tuple(shape), first + offsets[0])


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)


def _check_gapless(entries: Mapping[str, _Entry], first: int, size: int, place: str) -> None:
    """Arrays lie one behind the other to the end of the file: none overlaps another, and nothing hides between."""
    at = first
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].start, math.prod(item[1].shape))):
        if entry.start != at:
            how = "overlaps the one before it" if entry.start < at else "leaves a gap before it"
            raise WeightsError(f'{place} is damaged: the array "{name[:80]}" {how}.')
        at += math.prod(entry.shape) * entry.dtype.itemsize
    if at != size:
        how = "shorter" if size < at else "longer"
        raise WeightsError(f"{place} is {how} than its header says ({size:,} bytes, not {at:,}).")


def _unreadable(path: Path, error: OSError) -> WeightsError:
    return WeightsError(f"{path} cannot be read: {(error.strerror or str(error)).lower()}.")
