"""CSV files as people have them: any of the usual delimiters and encodings, with or without names in the first line."""

from __future__ import annotations

import csv
import io
import re
from typing import IO, TYPE_CHECKING, NamedTuple

from cnnstudio.engine.scan.listing import ScanError
from cnnstudio.engine.scan.walk import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MOST_BYTES = 1 << 30
MOST_CELL = 1 << 17
"""Characters; Python's csv has the same."""
_LOOKED_AT = 1 << 16
_LINES = 20
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = "\t,;|"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?|[+-]?(?:nan|inf|infinity)", re.ASCII | re.I)
_COMMA_NUMBER = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d{1,4})?", re.ASCII)
_ENCODING_NAMES = {"latin-1": "Latin-1", "utf-16": "UTF-16", "utf-8": "UTF-8", "utf-8-sig": "UTF-8"}


class Manner(NamedTuple):
    """How a CSV file is written."""

    encoding: str
    delimiter: str
    """One character; " " stands for any number of blanks."""
    decimal_comma: bool

    @property
    def encoding_name(self) -> str:
        """As people write it."""
        return _ENCODING_NAMES[self.encoding]


class Row(NamedTuple):
    """One line (with quoted line ends: several)."""

    line: int
    """Of the file, from 1: where the row ends."""
    cells: list[str]


def manner(path: Path) -> Manner:
    """Encoding and delimiter, told from the whole file's bytes and its first lines. Raises ScanError, OSError."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ScanError(f'"{path.name}" has {size:,} bytes; a CSV file may have {MOST_BYTES:,}: divide it.')
    with open_file(path) as file:
        head = file.read(_LOOKED_AT)
        encoding = _encoding(file, head)
    if encoding != "utf-16" and b"\0" in head:
        raise ScanError(f'"{path.name}" is not a text: it holds zero bytes. Choose a CSV file.')
    # The last line of the piece may be cut anywhere, also within a character.
    text = head.decode(encoding, errors="replace")
    lines = [line for line in text.splitlines()[: _LINES + 1] if line.strip()]
    if len(head) == _LOOKED_AT and len(lines) > 1:
        lines.pop()
    if not lines:
        raise ScanError(f'"{path.name}" is empty: choose a CSV file with a line for each sample.')
    return Manner(encoding, *_delimiter(lines[:_LINES]))


def rows(path: Path, how: Manner, told: Callable[[int], None] | None = None) -> Iterator[Row]:
    """The rows that are not empty; `told` hears the bytes read. Raises ScanError at the first broken one, OSError."""
    try:
        with open_file(path) as binary:
            text = io.TextIOWrapper(binary, encoding=how.encoding, newline="")
            for number, row in enumerate(_split(text, how)):
                if told is not None and number % 1000 == 0:
                    told(binary.tell())
                if any(row.cells):
                    yield row
    except UnicodeDecodeError as error:
        raise ScanError(f'"{path.name}" is not a whole {how.encoding_name} text: save it as UTF-8.') from error


def _split(text: IO[str], how: Manner) -> Iterator[Row]:
    if how.delimiter == " ":
        for number, line in enumerate(_lines(text), 1):
            yield Row(number, line.split())
        return
    reader = csv.reader(_lines(text), delimiter=how.delimiter, skipinitialspace=True, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise ScanError(
                f"Line {reader.line_num:,} of the CSV file is broken: {_why(error)}. Mend it and scan again."
            ) from error
        yield Row(reader.line_num, [c.strip() for c in cells])


def _lines(text: IO[str]) -> Iterator[str]:
    """Lines of bounded length, so that a file of one endless line costs no memory."""
    limit = 1 << 24
    while line := text.readline(limit):
        if len(line) == limit:
            raise ScanError(f"The CSV file has a line of more than {limit:,} characters: it has no line ends.")
        if "\0" in line:
            raise ScanError("The CSV file holds zero bytes: it is not a text, or damaged.")
        yield line


def _why(error: csv.Error) -> str:
    said = str(error)
    if "field larger" in said:
        return f"a cell of more than {MOST_CELL:,} characters, most likely a quote that is never closed"
    if "end of data" in said:
        return "a quote is never closed"
    return "a quote stands within a cell" if "expected after" in said else "it cannot be divided into cells"


def _encoding(file: IO[bytes], head: bytes) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        while text.read(1 << 20):
            pass
    except UnicodeDecodeError:
        return "latin-1"
    finally:
        text.detach()
    return "utf-8"


def _delimiter(lines: list[str]) -> tuple[str, bool]:
    """The delimiter that divides most lines into the same number of cells, and whether numbers have decimal commas."""
    best, best_share = "", 0.0
    for sign in _DELIMITERS:
        counts = [len(_cells(line, sign)) - 1 for line in lines]
        usual = max(set(counts), key=lambda n: (counts.count(n), n))
        share = counts.count(usual) / len(counts)
        if usual and share > best_share:
            best, best_share = sign, share
    if best != "|":
        for sign in ";\t":
            cells = [c for line in lines[1:] or lines for c in _cells(line, sign)]
            commas = sum(bool(_COMMA_NUMBER.fullmatch(c)) for c in cells)
            texts = sum(not _COMMA_NUMBER.fullmatch(c) and not is_number(c) for c in cells)
            if commas > texts and all(sign in line for line in lines):
                return sign, True
    if best:
        return best, False
    by_blanks = all(len(line.split()) > 1 and all(map(is_number, line.split())) for line in lines[1:] or lines)
    return (" " if by_blanks else ","), False


def _cells(line: str, sign: str) -> list[str]:
    """Roughly, for counting: what is in quotes does not count."""
    return [c.strip() for c in re.sub(r'"[^"]*"', "", line).split(sign)]


def is_number(cell: str) -> bool:
    """Whether a cell is a number as CSV files write them; also "nan" and "inf"."""
    return _NUMBER.fullmatch(cell) is not None


def number(cell: str, how: Manner) -> float | None:
    """The number in a cell; None where there is none."""
    if how.decimal_comma:
        cell = cell.replace(",", ".")
    return float(cell) if is_number(cell) else None
