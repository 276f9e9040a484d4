"""Files that hold one signal: WAV, .npy and CSV, brought to (length, channels)."""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.engine.scan import csv_file
from cnnstudio.engine.scan.image_file import file_hash
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.npy import open_npy
from cnnstudio.engine.scan.walk import file_bytes
from cnnstudio.engine.scan.wav import MOST_VALUES, read_head, read_wav

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENDINGS = frozenset((".wav", ".npy", ".csv", ".tsv", ".txt"))
MOST_BYTES = 1 << 30
MOST_CHANNELS = 1024
_PLAIN = frozenset("0123456789+-.eE")


class SignalHead(NamedTuple):
    """What a scan finds in a signal file."""

    shape: tuple[int, int]
    """(length, channels)."""
    rate: int
    """Samples a second; 0 where the file does not say."""
    kind: str
    """As in ScanReport.kinds."""
    hash: int
    """First 8 bytes of the file's SHA-256."""


def check_signal(path: Path) -> SignalHead:
    """Read a signal and look at every value. Raises ReadError with the reason as a clause."""
    mark = file_hash(file_bytes(path, MOST_BYTES))
    values = read_signal(path)
    length, channels = values.shape
    if path.suffix.lower() == ".wav":
        head = read_head(path)
        return SignalHead((length, channels), head.rate, head.kind, mark)
    name = "NumPy" if path.suffix.lower() == ".npy" else "CSV"
    return SignalHead((length, channels), 0, f"{name}, {channels:,} channel" + "s" * (channels > 1), mark)


def read_signal(path: Path) -> np.ndarray:
    """float32 (length, channels). Raises ReadError with the reason as a clause, OSError."""
    ending = path.suffix.lower()
    if ending == ".wav":
        values = read_wav(path)
    elif ending == ".npy":
        values = _array(path)
    else:
        values = _table(path)
    finite = np.isfinite(values)
    if not finite.all():
        row, column = map(int, np.unravel_index(int(np.argmin(finite)), values.shape))
        value = "NaN" if np.isnan(values[row, column]) else "an infinite or too large number"
        raise ReadError(f"holds {value} at sample {row:,}" + (f", channel {column}" if values.shape[1] > 1 else ""))
    return values


def _array(path: Path) -> np.ndarray:
    array = open_npy(path)
    shape, dtype = array.head.shape, array.head.dtype
    if dtype.kind not in "buif":
        raise ReadError("holds text: a signal is made of numbers")
    if not 1 <= len(shape) <= 2:
        raise ReadError(f"has {len(shape)} axes: a signal has its length and, if there are several, its channels")
    _bounded(shape[0] * (shape[1] if len(shape) == 2 else 1), shape[1] if len(shape) == 2 else 1)
    with np.errstate(over="ignore"):
        values = np.array(array.load(_unheard), "float32")
    return values.reshape(len(values), -1)


def _unheard(done: int) -> None:
    """Nobody watches one small file."""


def _bounded(values: int, channels: int) -> None:
    if values > MOST_VALUES:
        raise ReadError(f"too long: {values:,} values; {MOST_VALUES:,} at most, cut it into pieces")
    if channels > MOST_CHANNELS:
        raise ReadError(f"{channels:,} channels: {MOST_CHANNELS:,} at most; length comes first, channels last")


def _table(path: Path) -> np.ndarray:
    """A row for each time step, a column for each channel, with or without names in the first line."""
    if path.stat().st_size > MOST_VALUES * 8:
        raise ReadError(f"too long: {path.stat().st_size:,} bytes of text, cut it into pieces")
    try:
        how = csv_file.manner(path)
        found = csv_file.rows(path, how)
        first = next(found, None)
        if first is None:
            raise ReadError("no line in it")
        named = not any(csv_file.number(c, how) is not None for c in first.cells)
        rows = found if named else itertools.chain((first,), found)
        values = [_numbers(row, len(first.cells), how) for row in rows]
    except ScanError as error:
        raise ReadError(f"not a CSV file that can be read: {str(error).rstrip('.')}") from error
    if not values:
        raise ReadError("holds names but no numbers")
    _bounded(len(values) * len(first.cells), len(first.cells))
    return np.stack(values)


def _numbers(row: csv_file.Row, count: int, how: csv_file.Manner) -> np.ndarray:
    if len(row.cells) != count:
        raise ReadError(
            f"line {row.line:,} has another number of cells ({len(row.cells):,}) than the first ({count:,})"
        )
    problem, values = numbers(row.cells, how)
    if problem:
        raise ReadError(f"line {row.line:,}: {problem}")
    return values


def numbers(cells: Iterable[str], how: csv_file.Manner) -> tuple[str, np.ndarray]:
    """(problem as a clause, "" for none; float32 values, which may be NaN where a cell says so)."""
    found = list(cells)
    if not how.decimal_comma and not set("".join(found)) - _PLAIN:
        # Nearly all rows are plain numbers: one conversion, ten times as fast as a look at each cell.
        with contextlib.suppress(ValueError), np.errstate(over="ignore"):
            return "", np.asarray([float(cell) for cell in found], "float64").astype("float32")
    values = np.empty(len(found), "float64")
    for place, cell in enumerate(found):
        value = csv_file.number(cell, how)
        if value is None:
            told = f'"{cell[:40]}", not a number' if cell else "empty"
            return f"value {place + 1:,} is {told}", np.empty(0, "float32")
        values[place] = value
    with np.errstate(over="ignore"):
        return "", values.astype("float32")
