"""Images and signals that a CSV file lists: which column is which, and the reason for each line that is not used."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.data.facts import Skipped
from cnnstudio.core.data.files import FileTable
from cnnstudio.engine.scan.file_table import scan_file_table
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.listing import ReadError, ScanError
from tests.engine.scan.pictures import picture

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Listing

NAMES = ("a.png", "sub/b.png", "c.png", "d.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with four pictures."""
    for name in NAMES:
        picture(tmp_path / name)
    return tmp_path


def scan(root: Path, text: str | bytes, **options: Any) -> Listing:
    """Of a CSV file with this text."""
    (root / "list.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return scan_file_table(FileTable(path=str(root / "list.csv"), **options), unheard)


TABLES = {
    "no names": "a.png,cat\nsub/b.png,dog\nc.png,cat\nd.png,dog\n",
    "names": "file,label\na.png,cat\nsub/b.png,dog\nc.png,cat\nd.png,dog\n",
    "label first": "cat;a.png\r\ndog;sub\\b.png\r\ncat;c.png\r\ndog;d.png\r\n",
    "numbered lines": "id\tpath\tclass\n1\ta.png\tcat\n2\tsub/b.png\tdog\n3\tc.png\tcat\n4\td.png\tdog\n",
    "numbered, unnamed": "1,a.png,cat\n2,sub/b.png,dog\n3,c.png,cat\n4,d.png,dog\n",
    "quoted": '"a.png","cat"\n"sub/b.png","dog"\n"c.png","cat"\n"d.png","dog"\n',
    "other columns": "who,file,age,species\nx,a.png,5,cat\nx,sub/b.png,6,dog\ny,c.png,5,cat\ny,d.png,6,dog\n",
    "a mark": "\ufefffile,label\na.png,cat\nsub/b.png,dog\nc.png,cat\nd.png,dog\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_columns_are_told_by_their_content(root: Path, text: str) -> None:
    found = scan(root, text)
    assert found.names == NAMES
    assert found.facts.classes == ("cat", "dog")
    assert [found.read(n).target for n in range(4)] == [0, 1, 0, 1]
    assert found.facts.shape == (6, 8, 3)
    assert found.report.skipped == ()


def test_values_are_those_of_the_files(root: Path) -> None:
    pixels = picture(root / "a.png")
    np.testing.assert_array_equal(scan(root, "a.png,cat\nc.png,dog\n").read(0).values, pixels)


def test_columns_can_be_named(root: Path) -> None:
    text = "file,mask,kind,size\na.png,c.png,cat,big\nsub/b.png,d.png,dog,small\n"
    assert scan(root, text, file="mask", label="size").report.classes == {"big": 1, "small": 1}
    with pytest.raises(ScanError) as refused:
        scan(root, text, label="kinds")
    assert str(refused.value) == '"list.csv" has no column "kinds". Did you mean "kind"?'


def test_parts_come_from_their_column(root: Path) -> None:
    text = "file,label,split\na.png,cat,Train\nsub/b.png,dog,train\nc.png,cat,val\nd.png,dog,holdout\n"
    assert scan(root, text, part="split").report.skipped == (
        Skipped("line 5", 'the part "holdout" is none of train, validation and test'),
    )
    found = scan(root, text.replace("holdout", "TEST"))
    assert found.report.splits == {"training": 2, "validation": 1, "test": 1}
    assert found.parts is not None
    assert found.parts.tolist() == [0, 0, 1, 2]


def test_several_labels_and_none(root: Path) -> None:
    text = "file,labels\na.png,cat|red\nsub/b.png,dog ; red; red\nc.png,\nd.png,cat\n"
    found = scan(root, text, task="multi-label")
    assert found.report.classes == {"cat": 2, "dog": 1, "red": 2}
    assert [np.asarray(found.read(n).target).tolist() for n in range(4)] == [[1, 0, 1], [0, 1, 1], [0, 0, 0], [1, 0, 0]]
    assert found.counts is not None
    assert found.counts.sum(0).tolist() == [2, 1, 2]
    single = scan(root, text)
    assert "Labels hold | or ;: choose the task multi-label if these divide several labels." in [
        f.message for f in single.report.diagnostics
    ]
    assert single.report.skipped == (Skipped("line 4", "no label"),)


def test_classes_that_are_numbers_come_in_their_order(root: Path) -> None:
    assert scan(root, "a.png,10\nsub/b.png,9\nc.png,1\n").facts.classes == ("1", "9", "10")


def test_signals_can_be_listed_and_do_not_mix_with_images(root: Path) -> None:
    for number in range(3):
        np.save(root / f"{number}.npy", np.arange(5.0) + number)
    found = scan(root, "0.npy,up\n1.npy,down\n2.npy,up\na.png,up\n")
    assert found.facts.shape == (5, 1)
    np.testing.assert_array_equal(found.read(2).values[:, 0], np.arange(5.0) + 2)
    assert found.report.skipped == (Skipped("a.png", "an image among signals"),)


LINES = {
    "not there": ("e.png,cat", Skipped("e.png", "named by line 4, but not there")),
    "a folder": ("sub,cat", Skipped("sub", "not a file")),
    "other ending": ("x.xyz,cat", Skipped("x.xyz", "neither an image nor a signal: unknown ending .xyz")),
    "empty": ("empty.png,cat", Skipped("empty.png", "empty file")),
    "no image": ("fake.png,cat", Skipped("fake.png", "not an image: its content is of no kind that can be read")),
    "a pipe": ("pipe.png,cat", Skipped("pipe.png", "not a file")),
    "no label": ("d.png,", Skipped("line 4", "no label")),
    "no file": (",cat", Skipped("line 4", "no file")),
    "short": ("d.png", Skipped("line 4", "too few cells: 1 of at least 2")),
    "twice": ("c.png,cat", Skipped("line 4", "c.png is named by line 3 already")),
    "long": ("d" * 5000 + ".png,cat", Skipped("line 4", "a name that no file can have")),
}


@pytest.mark.parametrize(("line", "skipped"), LINES.values(), ids=LINES.keys())
def test_a_line_that_cannot_be_used_is_left_out_alone(root: Path, line: str, skipped: Skipped) -> None:
    (root / "empty.png").touch()
    (root / "fake.png").write_bytes(b"no picture at all")
    (root / "x.xyz").write_bytes(b"x")
    os.mkfifo(root / "pipe.png")
    found = scan(root, f"a.png,cat\nsub/b.png,dog\nc.png,cat\n{line}\n")
    assert found.report.skipped == (skipped,)
    assert found.names == NAMES[:3]


TABLES_REFUSED = {
    "no files": (
        "x,cat\ny,dog\n",
        'No column of "list.csv" holds names of images or signals, such as "cat/1.png": choose the file column.',
    ),
    "no labels": (
        "file\na.png\n",
        '"list.csv" names files but no labels: a second column must hold them. Found: file.',
    ),
    "nothing there": (
        "e.png,cat\n",
        '"list.csv" names no file that can be used: e.png: named by line 1, but not there.',
    ),
    "a broken line": (
        'a.png,cat\n"sub/b.png,dog\n',
        "Line 2 of the CSV file is broken: a quote is never closed. Mend it and scan again.",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), TABLES_REFUSED.values(), ids=TABLES_REFUSED.keys())
def test_a_table_that_cannot_be_used_is_refused_with_a_sentence(root: Path, text: str, sentence: str) -> None:
    with pytest.raises(ScanError) as refused:
        scan(root, text)
    assert str(refused.value) == sentence


def test_too_many_different_labels_are_no_classes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnstudio.engine.scan.file_table.MOST_CLASSES", 1)
    picture(tmp_path / "a.png")
    picture(tmp_path / "b.png")
    with pytest.raises(ScanError) as refused:
        scan(tmp_path, "a.png,cat\nb.png,dog\n")
    assert str(refused.value) == (
        "The label column holds 2 different labels; there may be 1 classes: is it the right column?"
    )


def test_a_file_that_went_since_is_named_when_it_is_read(root: Path) -> None:
    found = scan(root, "a.png,cat\nc.png,dog\n")
    (root / "a.png").unlink()
    with pytest.raises(ReadError) as gone:
        found.read(0)
    assert str(gone.value) == '"a.png" cannot be read any more: no longer there.'
