"""Signals out of tables and folders: layouts told apart, values as NumPy reads them, bad ones named with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.io import wavfile

from cnnstudio.core.data.facts import Skipped
from cnnstudio.core.data.files import SignalFolder, SignalTable
from cnnstudio.engine.scan.gathering import unheard
from cnnstudio.engine.scan.listing import ReadError, ScanError
from cnnstudio.engine.scan.signal_table import scan_signal_table
from cnnstudio.engine.scan.signals import scan_signal_folder

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.scan.listing import Listing

VALUES = np.random.default_rng(5).normal(size=(6, 4)).astype("float32")
LABELS = [1, 2, 1, 2, 2, 1]


def table(path: Path, text: str | bytes, **options: Any) -> Listing:
    """The scan of a CSV file with this text."""
    (path / "a.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return scan_signal_table(SignalTable(path=str(path / "a.csv"), **options), unheard)


def lines(labels: list[Any] | None, first: bool = True, sign: str = ",", head: str = "") -> str:
    """The values as CSV, with labels first, last or not at all."""
    text = head
    for number, row in enumerate(VALUES):
        cells = [f"{v:.9g}" for v in row]
        if labels is not None:
            cells.insert(0 if first else len(cells), str(labels[number]))
        text += sign.join(cells) + "\n"
    return text


LAYOUTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "numbers first": (lines(LABELS), ("1", "2")),
    "numbers last, tabs": (lines(LABELS, False, "\t"), ("1", "2")),
    "UCR's floats and blanks": (lines([f"{n}.0000000e+00" for n in LABELS], True, "   "), ("1", "2")),
    "texts": (lines(["up", "down"] * 3), ("down", "up")),
    "texts last, under names": (lines(["up", "down"] * 3, False, ";", "a;b;c;d;kind\n"), ("down", "up")),
    "said by the name": (lines([0.5, 1, 2, 3, 4, 5], True, ",", "label,a,b,c,d\n"), ("0.5", "1", "2", "3", "4", "5")),
    "none": (lines(None), ()),
    "none, under names": (lines(None, head="a,b,c,d\n"), ()),
    "none, under numbers": (lines(None, head="0,1,2,3\n").replace("0,1,2,3\n", "t0,t1,t2,t3\n"), ()),
}


@pytest.mark.parametrize(("text", "classes"), LAYOUTS.values(), ids=LAYOUTS.keys())
def test_layouts_are_told_apart(tmp_path: Path, text: str, classes: tuple[str, ...]) -> None:
    found = table(tmp_path, text)
    assert found.facts.classes == classes
    assert (len(found), found.facts.shape) == (6, (4, 1))
    for number in range(6):
        np.testing.assert_array_equal(found.read(number).values[:, 0], VALUES[number])
    assert (found.read(0).target is None) == (not classes)


def test_labels_are_those_of_the_rows(tmp_path: Path) -> None:
    found = table(tmp_path, lines(LABELS))
    assert [found.read(n).target for n in range(6)] == [n - 1 for n in LABELS]
    assert found.report.classes == {"1": 3, "2": 3}
    assert found.names[:2] == ("line 1", "line 2")


def test_channels_lie_one_behind_the_other(tmp_path: Path) -> None:
    found = table(tmp_path, lines(None), channels=2, label="none")
    assert found.facts.shape == (2, 2)
    np.testing.assert_array_equal(found.read(3).values, VALUES[3].reshape(2, 2).T)


def test_decimal_commas_are_numbers(tmp_path: Path) -> None:
    found = table(tmp_path, "1,5;2,5;-3\n4;5,25;6\n0,5;1;1\n2;2;2,5\n", label="none")
    np.testing.assert_array_equal(found.read(0).values[:, 0], [1.5, 2.5, -3])


def test_what_is_no_utf8_is_read_as_latin1_and_said(tmp_path: Path) -> None:
    found = table(tmp_path, "größe,1,2\nklein,3,4\ngröße,5,6\n".encode("latin-1"))
    assert found.facts.classes == ("größe", "klein")
    assert found.report.diagnostics[0].message == (
        '"a.csv" is not UTF-8: it is read as Latin-1. If letters look wrong, save it anew.'
    )


ROWS = {
    "short": ("a,1\n", "another number of cells (2) than most lines (5)"),
    "long": ("a,1,2,3,4,5\n", "another number of cells (6) than most lines (5)"),
    "empty cell": ("a,1,,3,4\n", "value 2 is empty"),
    "text": ("a,1,2,x,4\n", 'value 3 is "x", not a number'),
    "NaN": ("a,1,2,3,nan\n", "value 4 is NaN"),
    "infinite": ("a,1,-inf,3,4\n", "value 2 is an infinite or too large number"),
    "too large": ("a,1e39,2,3,4\n", "value 1 is an infinite or too large number"),
    "no label": (",1,2,3,4\n", "no label"),
}


@pytest.mark.parametrize(("row", "reason"), ROWS.values(), ids=ROWS.keys())
def test_a_wrong_row_is_left_out_alone(tmp_path: Path, row: str, reason: str) -> None:
    found = table(tmp_path, lines(["a", "b"] * 3) + row)
    assert found.report.skipped == (Skipped("line 7", reason),)
    assert len(found) == 6


def test_tables_that_do_not_fit_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ScanError) as refused:
        table(tmp_path, lines(None), channels=3)
    assert str(refused.value) == (
        'The rows of "a.csv" hold 4 values, which cannot be divided among 3 channels: set another number of channels.'
    )
    with pytest.raises(ScanError) as refused:
        table(tmp_path, "a,b\nc,d\n", label="none")
    assert str(refused.value) == (
        '"a.csv" holds no row that can be used: line 1: value 1 is "a", not a number (and 1 more).'
    )
    with pytest.raises(ScanError) as refused:
        table(tmp_path, "".join(f"{n}.5,1\n" for n in range(10_001)), label="first")
    assert str(refused.value) == (
        'The label column of "a.csv" holds 10,001 different labels; there may be 10,000. Are they measurements? Then '
        "choose none for the label column."
    )


def folder(path: Path, task: str = "classification") -> Listing:
    """The scan of a folder of signals."""
    return scan_signal_folder(SignalFolder(path=str(path)).having("task", task), unheard)


def test_files_of_each_kind_are_signals(tmp_path: Path) -> None:
    for name in ("up", "down"):
        (tmp_path / name).mkdir()
    np.save(tmp_path / "up/a.npy", VALUES)
    np.savetxt(tmp_path / "up/b.csv", VALUES, delimiter=",", header="a,b,c,d", comments="")
    np.savetxt(tmp_path / "down/c.csv", VALUES, delimiter=";")
    wavfile.write(tmp_path / "down/d.wav", 8000, VALUES)
    (tmp_path / "down/e.mp3").write_bytes(b"x")
    found = folder(tmp_path)
    assert found.names == ("down/c.csv", "down/d.wav", "up/a.npy", "up/b.csv")
    assert found.facts.shape == (6, 4)
    assert found.facts.classes == ("down", "up")
    assert found.report.kinds == {"CSV, 4 channels": 2, "NumPy, 4 channels": 1, "WAV, 8 kHz, 4 channels": 1}
    assert found.report.skipped == (Skipped("down/e.mp3", "not a signal: unknown ending .mp3"),)
    for number, target in enumerate([0, 0, 1, 1]):
        raw = found.read(number)
        np.testing.assert_allclose(raw.values, VALUES, rtol=1e-6)
        assert raw.values.dtype == np.float32
        assert raw.target == target


def test_rates_and_channels_follow_the_stated_rules(tmp_path: Path) -> None:
    mono = (VALUES[:, 0] * 1000).astype("int16")
    for name in ("a", "b", "c"):
        wavfile.write(tmp_path / f"{name}.wav", 16000, mono)
    stereo = np.stack([mono, mono // 2], 1)
    wavfile.write(tmp_path / "stereo.wav", 16000, stereo)
    wavfile.write(tmp_path / "slow.wav", 8000, mono)
    np.save(tmp_path / "wide.npy", VALUES)
    found = folder(tmp_path, "reconstruction")
    assert found.names == ("a.wav", "b.wav", "c.wav", "stereo.wav")
    assert found.report.skipped == (
        Skipped("slow.wav", "8,000 Hz, while most files have 16,000 Hz: bring it to that rate"),
        Skipped("wide.npy", "4 channels, while most files have 1"),
    )
    assert "WAV files with several channels become their mean (1 of 4 files)." in [
        f.message for f in found.report.diagnostics
    ]
    np.testing.assert_allclose(found.read(3).values, (stereo / 2.0**15).mean(1, keepdims=True), atol=1e-7)
    assert found.read(3).target is None


def test_parts_and_lengths(tmp_path: Path) -> None:
    for number, name in enumerate(("train/up/a", "train/down/b", "test/up/c", "test/down/d")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / f"{name}.npy", np.arange(5 if number else 9, dtype="float64") + number)
    found = folder(tmp_path)
    assert found.report.splits == {"training": 2, "test": 2}
    assert (found.facts.shape, found.facts.mixed) == ((5, 1), True)
    assert found.report.sizes == {"5": 3, "9": 1}
    assert "The signals have 2 lengths: Preparation brings all to one." in [f.message for f in found.report.diagnostics]


FILES: dict[str, tuple[str, bytes, str]] = {
    "NaN": ("x.csv", b"1,2\n3,nan\n", "holds NaN at sample 1, channel 1"),
    "infinite": ("x.csv", b"1\ninf\n", "holds an infinite or too large number at sample 1"),
    "text": ("x.csv", b"1,2\n3,four\n", 'line 2: value 2 is "four", not a number'),
    "ragged": ("x.csv", b"1,2\n3\n", "line 2 has another number of cells (1) than the first (2)"),
    "names only": ("x.csv", b"a,b\n", "holds names but no numbers"),
    "bytes": ("x.csv", b"\0\0", 'not a CSV file that can be read: "x.csv" is not a text: it holds zero bytes. Choose a '
              "CSV file"),
    "no wave": ("x.wav", b"RIFF", "not a WAV file: it does not begin with RIFF and WAVE"),
    "no array": ("x.npy", b"abc", "not a NumPy file: it does not begin with NUMPY"),
    "empty": ("x.npy", b"", "empty file"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "data", "reason"), FILES.values(), ids=FILES.keys())
def test_a_bad_file_is_named_with_its_reason(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    np.save(tmp_path / "good.npy", VALUES)
    (tmp_path / name).write_bytes(data)
    found = folder(tmp_path, "reconstruction")
    assert found.report.skipped == (Skipped(name, reason),)
    assert found.names == ("good.npy",)


ARRAYS = {
    "axes": (np.zeros((2, 3, 4)), "has 3 axes: a signal has its length and, if there are several, its channels"),
    "texts": (np.asarray(["a"]), "holds text: a signal is made of numbers"),
    "lying down": (np.zeros((2, 2000)), "2,000 channels: 1,024 at most; length comes first, channels last"),
    "NaN": (np.asarray([0, np.nan]), "holds NaN at sample 1"),
    "objects": (
        np.asarray([{}]),
        "holds Python objects (a pickle), which can run programs when they are loaded: save plain numbers",
    ),
}


@pytest.mark.parametrize(("array", "reason"), ARRAYS.values(), ids=ARRAYS.keys())
def test_a_bad_array_is_named_with_its_reason(tmp_path: Path, array: np.ndarray, reason: str) -> None:
    np.save(tmp_path / "good.npy", VALUES)
    np.save(tmp_path / "x.npy", array)
    assert folder(tmp_path, "reconstruction").report.skipped == (Skipped("x.npy", reason),)


def test_folders_without_classes_and_files_that_went_are_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", VALUES)
    with pytest.raises(ScanError) as refused:
        folder(tmp_path)
    assert str(refused.value) == (
        f'"{tmp_path.name}" has signals but no folders of classes: put the signals of each class into a folder of its '
        "own, or choose the task reconstruction."
    )
    found = folder(tmp_path, "reconstruction")
    (tmp_path / "a.npy").unlink()
    with pytest.raises(ReadError) as gone:
        found.read(0)
    assert str(gone.value) == '"a.npy" cannot be read any more: no longer there.'
