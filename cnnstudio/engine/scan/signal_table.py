"""A CSV file with one signal a row, its label first, last or nowhere."""

from __future__ import annotations

import itertools
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.core.data.facts import MOST_CLASSES
from cnnstudio.engine.scan import csv_file
from cnnstudio.engine.scan.gathering import Gathered, found, tally
from cnnstudio.engine.scan.image_file import file_hash
from cnnstudio.engine.scan.listing import Raw, ScanError
from cnnstudio.engine.scan.remarks import in_order, remark_on_classes, remark_on_copies
from cnnstudio.engine.scan.signal_file import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.data.files import SignalTable
    from cnnstudio.engine.scan.listing import Listing, Progress

_LOOKED_AT = 200
"""Rows that the manner of a file is told from."""
_FEW = 50
"""Different whole numbers that may be class labels rather than measurements."""
_LABELS = {"label", "labels", "class", "classes", "target", "category", "y"}
MOST_VALUES = 1 << 28
"""Of the whole file: a gigabyte in memory."""


class Layout(NamedTuple):
    """How a table of signals is laid out."""

    named: bool
    """Whether the first line holds names."""
    label: str
    """"first", "last" or "none"."""
    cells: int
    """Of most rows."""


def scan_signal_table(source: SignalTable, progress: Progress) -> Listing:
    """Read every row. Raises ScanError."""
    path = Path(source.path)
    gathered = Gathered(path)
    file = found(path)
    gathered.used(file)
    how = opened(path, gathered)
    layout = told_layout(path, how, source.label)
    count = layout.cells - (layout.label != "none")
    if count < 1 or count % source.channels:
        raise ScanError(
            f'The rows of "{path.name}" hold {count:,} values, which cannot be divided among {source.channels:,} '
            "channels: set another number of channels."
        )

    def told(done: int) -> None:
        progress(min(done, file.size), file.size)

    kept = _rows(csv_file.rows(path, how, told), layout, how, gathered)
    if not kept:
        raise gathered.nothing(f'"{path.name}" holds no row that can be used')
    values = np.stack([row.values for row in kept])
    names = tuple(sorted({row.label for row in kept} - {""}, key=in_order))
    if len(names) > MOST_CLASSES:
        raise ScanError(
            f'The label column of "{path.name}" holds {len(names):,} different labels; there may be {MOST_CLASSES:,}. '
            "Are they measurements? Then choose none for the label column."
        )
    index = {name: n for n, name in enumerate(names)}
    labels = np.asarray([index[row.label] for row in kept], "int32") if names else None
    shape = (count // source.channels, source.channels)
    gathered.kind(f"CSV, {source.channels:,} channel" + "s" * (source.channels > 1), len(kept))
    gathered.size(shape, len(kept))

    lines = tuple(f"line {row.line}" for row in kept)
    hashes = np.asarray([file_hash(row.values.tobytes()) for row in kept], "uint64")
    if labels is not None:
        remark_on_classes(names, labels, None, gathered, "signal")
    remark_on_copies(hashes, lines, gathered, labels=labels)

    def read(index: int) -> Raw:
        # A row holds one channel behind the other; samples have their channels last.
        signal = np.ascontiguousarray(values[index].reshape(source.channels, -1).T)
        return Raw(signal, int(labels[index]) if labels is not None else None)

    return gathered.listing(
        source,
        names=lines,
        read=read,
        classes=tally(names, labels),
        labels=labels,
        hashes=hashes,
    )


def opened(path: Path, gathered: Gathered) -> csv_file.Manner:
    """How the CSV file is written; an encoding that had to be guessed is put down. Raises ScanError."""
    how = csv_file.manner(path)
    if how.encoding == "latin-1":
        gathered.find(
            "note", f'"{path.name}" is not UTF-8: it is read as Latin-1. If letters look wrong, save it anew.'
        )
    return how


def told_layout(path: Path, how: csv_file.Manner, label: str = "auto") -> Layout:
    """Names, label column and length, from the first rows. Raises ScanError.

    The label is in the first or the last column when that holds texts, or when its name says so; else in the first or
    last when it holds few different whole numbers and the other columns do not.
    """
    rows = list(itertools.islice(csv_file.rows(path, how), _LOOKED_AT))
    if not rows:
        raise ScanError(f'"{path.name}" is empty: choose a CSV file with a signal on each line.')
    named = len(rows) > 1 and _texts(rows[0].cells, how) > max(1, _texts(rows[1].cells, how))
    body = rows[1:] if named else rows
    cells = Counter(len(row.cells) for row in body).most_common(1)[0][0]
    usual = [row.cells for row in body if len(row.cells) == cells]
    if label == "auto":
        label = _told_label(rows[0].cells if named else [], usual, how)
    return Layout(named, label, cells)


def _texts(cells: list[str], how: csv_file.Manner) -> int:
    return sum(csv_file.number(c, how) is None for c in cells)


def _told_label(head: list[str], rows: list[list[str]], how: csv_file.Manner) -> str:
    columns = {"first": [r[0] for r in rows], "last": [r[-1] for r in rows]}
    for where, column in columns.items():
        if column[0] and sum(csv_file.number(c, how) is None for c in column) * 2 > len(column):
            return where
    for where, name in (("first", head[:1]), ("last", head[-1:])):
        if name and name[0].lower() in _LABELS:
            return where
    if len(rows[0]) > 2 and len(rows) > 3:
        whole = {where: _few_whole(column, how) for where, column in columns.items()}
        middle = [_few_whole([r[i] for r in rows], how) for i in range(1, min(len(rows[0]) - 1, 20))]
        for where in ("first", "last"):
            if whole[where] and not all(middle):
                return where
    return "none"


def _few_whole(column: list[str], how: csv_file.Manner) -> bool:
    values = [csv_file.number(c, how) for c in column]
    whole = all(v is not None and v == v and abs(v) < 1e6 and v == int(v) for v in values)
    return whole and len(set(values)) <= min(_FEW, max(2, len(values) // 2))


class _Kept(NamedTuple):
    line: int
    values: np.ndarray
    label: str


def _rows(rows: Iterator[csv_file.Row], layout: Layout, how: csv_file.Manner, gathered: Gathered) -> list[_Kept]:
    kept: list[_Kept] = []
    if layout.named:
        next(rows, None)
    total = 0
    for row in rows:
        total += len(row.cells)
        if total > MOST_VALUES:
            raise ScanError(
                f"The file holds more than {MOST_VALUES:,} values: save them as .npy, which is read in pieces."
            )
        result = _row(row, layout, how)
        if isinstance(result, str):
            gathered.skip(f"line {row.line}", result)
        else:
            kept.append(result)
    return kept


def _row(row: csv_file.Row, layout: Layout, how: csv_file.Manner) -> _Kept | str:
    if len(row.cells) != layout.cells:
        return f"another number of cells ({len(row.cells):,}) than most lines ({layout.cells:,})"
    cells, label = row.cells, ""
    if layout.label != "none":
        at = 0 if layout.label == "first" else -1
        label = _plain_label(cells[at])
        cells = cells[1:] if at == 0 else cells[:-1]
        if not label:
            return "no label"
    problem, values = numbers(cells, how)
    if problem:
        return problem
    finite = np.isfinite(values)
    if not finite.all():
        place = int(np.argmin(finite))
        return f"value {place + 1:,} is " + ("NaN" if np.isnan(values[place]) else "an infinite or too large number")
    return _Kept(row.line, values, label)


def _plain_label(cell: str) -> str:
    """1.0 and 1.0000000e+00 are class 1, as in the files of the UCR archive."""
    if csv_file.is_number(cell):
        value = float(cell)
        if abs(value) < 1e15 and value == int(value):
            return str(int(value))
    return "".join(c if c.isprintable() else " " for c in cell[:200]).strip()
