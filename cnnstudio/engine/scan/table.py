"""A CSV file that lists files and their labels: which column is which, and what its lines name."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.declare import closest
from cnnstudio.engine.scan import csv_file, image_file, signal_file
from cnnstudio.engine.scan.listing import ScanError
from cnnstudio.engine.scan.part_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cnnstudio.core.data.files import FileTable
    from cnnstudio.engine.scan.gathering import Gathered

_LOOKED_AT = 200
_MOST_LINES = 5_000_000
_LABELS = {
    "label",
    "labels",
    "class",
    "classes",
    "class_name",
    "category",
    "target",
    "tags",
    "y",
    "species",
    "diagnosis",
}
_PARTS = {"part", "split", "set", "subset", "partition", "fold", "usage"}
ENDINGS = image_file.ENDINGS | signal_file.ENDINGS
SEPARATORS = "|;"
"""Between several labels of one line."""


class Columns(NamedTuple):
    """Where a line holds what, counted from 0."""

    named: bool
    """Whether the first line holds names."""
    file: int
    label: int
    part: int
    """-1 for none."""


class Line(NamedTuple):
    """A line that names a file and its labels."""

    line: int
    file: str
    label: str
    part: int
    """Index into PARTS, -1 for none."""


def told_columns(path: Path, how: csv_file.Manner, source: FileTable) -> Columns:
    """By their names where the source gives any, or else by what they hold. Raises ScanError."""
    rows = list(itertools.islice(csv_file.rows(path, how), _LOOKED_AT))
    if not rows:
        raise ScanError(f'"{path.name}" is empty: choose a CSV file with a line for each sample.')
    head = rows[0].cells
    width = max(len(row.cells) for row in rows)
    named = bool(source.file or source.label or source.part) or not any(_is_file(c) for c in head)
    body = [row.cells for row in (rows[1:] if named else rows)]
    columns = [[row[n] if n < len(row) else "" for row in body] for n in range(width)]
    file = _column(source.file, head, path.name) if source.file else _told_file(columns, path.name)
    names = [c.lower() for c in head] if named else []
    part = _column(source.part, head, path.name) if source.part else _told_part(columns, names, file)
    label = _column(source.label, head, path.name) if source.label else _told_label(columns, names, {file, part})
    if label < 0:
        raise ScanError(
            f'"{path.name}" names files but no labels: a second column must hold them. Found: {", ".join(head[:8])}.'
        )
    return Columns(named, file, label, part)


def _is_file(cell: str) -> bool:
    return any(cell.lower().endswith(ending) for ending in ENDINGS)


def _column(name: str, head: list[str], file: str) -> int:
    if name in head:
        return head.index(name)
    raise ScanError(f'"{file}" has no column "{name}". {closest(name, head)}')


def _told_file(columns: list[list[str]], file: str) -> int:
    shares = [sum(map(_is_file, column)) for column in columns]
    if not any(shares):
        raise ScanError(
            f'No column of "{file}" holds names of images or signals, such as "cat/1.png": choose the file column.'
        )
    return shares.index(max(shares))


def _told_part(columns: list[list[str]], names: list[str], file: int) -> int:
    for number, column in enumerate(columns):
        held = [c.lower() for c in column if c]
        called = number < len(names) and names[number] in _PARTS
        if number != file and held and all(c in WORDS for c in held) and (called or len(set(held)) > 1):
            return number
    return -1


def _told_label(columns: list[list[str]], names: list[str], taken: set[int]) -> int:
    free = [n for n in range(len(columns)) if n not in taken]
    called = next((n for n in free if n < len(names) and names[n] in _LABELS), None)
    if called is not None:
        return called
    # A column that numbers the lines is no label; where all differ, the fewest different values win.
    held = [n for n in free if any(columns[n])]
    return min(held, key=lambda n: (len(set(columns[n])) == len(columns[n]) > 1, n), default=-1)


def lines(path: Path, how: csv_file.Manner, columns: Columns, gathered: Gathered, several: bool) -> Iterator[Line]:
    """The lines that name a file and a label; the others are put down with the reason. Raises ScanError."""
    rows = csv_file.rows(path, how)
    if columns.named:
        next(rows, None)
    seen: dict[str, int] = {}
    for number, row in enumerate(rows):
        if number >= _MOST_LINES:
            raise ScanError(f'"{path.name}" has more than {_MOST_LINES:,} lines: divide it.')
        found = _line(row, columns, several)
        if isinstance(found, Line) and found.file in seen:
            found = f"{found.file[:200]} is named by line {seen[found.file]:,} already"
        if isinstance(found, str):
            gathered.skip(f"line {row.line}", found)
        else:
            seen[found.file] = row.line
            yield found


def _line(row: csv_file.Row, columns: Columns, several: bool) -> Line | str:
    cells = row.cells
    wanted = max(columns.file, columns.label, columns.part) + 1
    if len(cells) < wanted:
        return f"too few cells: {len(cells):,} of at least {wanted:,}"
    file, label = cells[columns.file].replace("\\", "/"), cells[columns.label]
    if not file:
        return "no file"
    if "\0" in file or len(file) > 4096:
        return "a name that no file can have"
    if not label and not several:
        return "no label"
    part = cells[columns.part].lower() if columns.part >= 0 else ""
    if part and part not in WORDS:
        return f'the part "{cells[columns.part][:40]}" is none of train, validation and test'
    return Line(row.line, file, label, PARTS.index(WORDS[part]) if part else -1)


def labels_of(cell: str) -> tuple[str, ...]:
    """Several labels of one cell, each once; () for an empty one."""
    for sign in SEPARATORS:
        cell = cell.replace(sign, "\n")
    return tuple(dict.fromkeys(_plain(label) for label in cell.split("\n") if label.strip()))


def _plain(label: str) -> str:
    return "".join(c if c.isprintable() else " " for c in label.strip()[:200])


def label_of(cell: str) -> str:
    """The one label of a cell."""
    return _plain(cell)


def separators_in(path: Path, how: csv_file.Manner, columns: Columns) -> int:
    """How many of the first lines hold several labels."""
    rows = itertools.islice(csv_file.rows(path, how), _LOOKED_AT)
    found = Counter(len(labels_of(r.cells[columns.label])) > 1 for r in rows if columns.label < len(r.cells))
    return found[True]
