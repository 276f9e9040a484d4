"""CSV files as people have them: told apart by encoding and delimiter; broken ones refused with the line."""

from __future__ import annotations

import contextlib
import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.engine.scan.csv_file import Manner, manner, number, rows
from cnnstudio.engine.scan.listing import ScanError
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path

MANNERS: dict[str, tuple[bytes, Manner, list[list[str]]]] = {
    "commas": (b"a.png,cat\nb.png,dog\n", Manner("utf-8", ",", False), [["a.png", "cat"], ["b.png", "dog"]]),
    "semicolons": (b"a.png;cat\r\nb.png;dog", Manner("utf-8", ";", False), [["a.png", "cat"], ["b.png", "dog"]]),
    "tabs": (b"a b\tc d\n", Manner("utf-8", "\t", False), [["a b", "c d"]]),
    "bars": (b"a|b\nc|d\n", Manner("utf-8", "|", False), [["a", "b"], ["c", "d"]]),
    "several labels": (
        b"file,label\na.png,cat;dog\nb.png,dog\n",
        Manner("utf-8", ",", False),
        [["file", "label"], ["a.png", "cat;dog"], ["b.png", "dog"]],
    ),
    "quotes": (b'"a,b.png", "say ""so"""\n', Manner("utf-8", ",", False), [["a,b.png", 'say "so"']]),
    "a line end in quotes": (b'a,"b\nc"\nd,e\n', Manner("utf-8", ",", False), [["a", "b\nc"], ["d", "e"]]),
    "decimal commas": (b"1,5;2,25\n3,5;4,0\n", Manner("utf-8", ";", True), [["1,5", "2,25"], ["3,5", "4,0"]]),
    "blanks": (b" 1.0   2.0\n 3.0   4.0\n", Manner("utf-8", " ", False), [["1.0", "2.0"], ["3.0", "4.0"]]),
    "one column": (b"a\nb\n", Manner("utf-8", ",", False), [["a"], ["b"]]),
    "empty lines": (b"\n\na,b\n\n,\n", Manner("utf-8", ",", False), [["a", "b"]]),
    "a mark": ("\ufeffh\xe4user,b\n".encode(), Manner("utf-8-sig", ",", False), [["h\xe4user", "b"]]),
    "Latin-1": ("h\xe4user,b\n".encode("latin-1"), Manner("latin-1", ",", False), [["h\xe4user", "b"]]),
    "UTF-16": ("h\xe4user,b\n".encode("utf-16"), Manner("utf-16", ",", False), [["h\xe4user", "b"]]),
}


@pytest.mark.parametrize(("data", "how", "cells"), MANNERS.values(), ids=MANNERS.keys())
def test_encoding_and_delimiter_are_told(tmp_path: Path, data: bytes, how: Manner, cells: list[list[str]]) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert manner(tmp_path / "a.csv") == how
    assert [row.cells for row in rows(tmp_path / "a.csv", how)] == cells


def test_rows_know_their_lines(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'a,b\n\n"c\nc",d\ne,f\n')
    assert [row.line for row in rows(tmp_path / "a.csv", manner(tmp_path / "a.csv"))] == [1, 4, 5]


BAD = {
    "empty": (b"", '"a.csv" is empty: choose a CSV file with a line for each sample.'),
    "blank": (b"\n \n", '"a.csv" is empty: choose a CSV file with a line for each sample.'),
    "an image": (b"\x89PNG\r\n\0\0\0", '"a.csv" is not a text: it holds zero bytes. Choose a CSV file.'),
    "open quote": (
        b'a,b\nc,"d\ne,f\n',
        "Line 3 of the CSV file is broken: a quote is never closed. Mend it and scan again.",
    ),
    "quote within": (
        b'a,"b"c\n',
        "Line 1 of the CSV file is broken: a quote stands within a cell. Mend it and scan again.",
    ),
    "half a sign": ("a,b\n".encode("utf-16") + b"\0", '"a.csv" is not a whole UTF-16 text: save it as UTF-8.'),
    "huge cell": (
        b'a,"' + b"x" * 200_000,
        "Line 1 of the CSV file is broken: a cell of more than 131,072 characters, most likely a quote that is never "
        "closed. Mend it and scan again.",
    ),
    "late zero": (
        b"a,b\n" * 20_000 + b"\0",
        "The CSV file holds zero bytes: it is not a text, or damaged.",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_a_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    with pytest.raises(ScanError) as refused:
        list(rows(tmp_path / "a.csv", manner(tmp_path / "a.csv")))
    assert str(refused.value) == sentence


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("wb") as file:
        file.truncate((1 << 30) + 1)
    with pytest.raises(ScanError, match=r'^"a.csv" has 1,073,741,825 bytes; a CSV file may have 1,073,741,824: divide'):
        manner(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1", 1.0), ("-2.5e3", -2500.0), (".5", 0.5), ("1_000", None), ("\u0661", None), ("", None), ("0x10", None)],
)
def test_numbers_are_those_that_csv_files_write(cell: str, value: float | None) -> None:
    assert number(cell, Manner("utf-8", ",", False)) == value


@settings(max_examples=times(60))
@given(st.binary(max_size=200))
def test_any_bytes_are_rows_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_bytes(data)
    with contextlib.suppress(ScanError):
        assert all(row.cells for row in rows(path, manner(path)))


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@settings(max_examples=times(40))
@given(st.lists(st.tuples(_CELLS, _CELLS), min_size=1, max_size=6), st.sampled_from([",", ";", "\t"]))
def test_what_python_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, table: list[tuple[str, str]], delimiter: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    how = Manner("utf-8", delimiter, False)
    assert [tuple(row.cells) for row in rows(path, how)] == table
    assert manner(path).encoding == "utf-8"
