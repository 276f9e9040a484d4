"""NumPy's files: values as NumPy reads them, and the reason for each that is not opened."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnstudio.engine.scan import npy as npy_file
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.scan.npy import Array, open_npy, open_npz, read_head
from tests.helpers.effort import times

if TYPE_CHECKING:
    from pathlib import Path


def npy(head: str, values: bytes = b"", version: int = 1) -> bytes:
    """A .npy file whose head is this text, however wrong."""
    text = head.encode("latin-1") + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + values


def saved(array: np.ndarray) -> bytes:
    """As numpy.save writes it."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def loaded(array: Array) -> np.ndarray:
    """Its values."""
    return array.load(lambda done: None)


ARRAYS = {
    "plain": np.arange(24, dtype="<f4").reshape(2, 3, 4),
    "Fortran order": np.asfortranarray(np.arange(24.0).reshape(4, 6)),
    "big-endian": np.arange(6, dtype=">i4").reshape(3, 2),
    "bytes": np.arange(5, dtype="uint8"),
    "flags": np.asarray([True, False]),
    "half": np.arange(4, dtype="float16"),
    "texts": np.asarray(["cat", "häuser"]),
    "one value": np.asarray(3.5),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS.keys())
def test_values_are_those_that_numpy_reads(tmp_path: Path, array: np.ndarray) -> None:
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "stored.npz", x=array, other=array)
    np.savez_compressed(tmp_path / "packed.npz", x=array)
    stored, refused = open_npz(tmp_path / "stored.npz")
    packed, _ = open_npz(tmp_path / "packed.npz")
    assert refused == []
    assert [a.name for a in stored] == ["x", "other"]
    for found in (open_npy(tmp_path / "a.npy"), *stored, *packed):
        values = loaded(found)
        assert (found.head.shape, found.head.dtype) == (array.shape, array.dtype)
        assert values.dtype == array.dtype
        np.testing.assert_array_equal(values, np.load(tmp_path / "a.npy"))


def test_a_large_array_is_mapped_and_costs_no_memory(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((64, 1 << 17), "float32"))
    (array,), _ = open_npz(tmp_path / "a.npz")
    tracemalloc.start()
    values = loaded(array)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert values.shape == (64, 1 << 17)
    assert not values.flags.writeable
    assert most < 1 << 20


_F4 = "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }"
BAD = {
    "text": (b"hello world", "not a NumPy file: it does not begin with NUMPY"),
    "nothing": (b"", "not a NumPy file: it does not begin with NUMPY"),
    "mark only": (b"\x93NUMPY", "truncated: it ends within its head"),
    "half a head": (saved(np.zeros(3))[:40], "truncated: it ends within its head"),
    "version": (npy(_F4, bytes(8), version=9), "a NumPy file of version 9: 1, 2 and 3 can be read"),
    "endless head": (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f", "a head of 2,147,483,647 bytes: 4,096 at most"),
    "truncated": (
        saved(np.zeros((10, 10)))[:-300],
        "its head declares 10 × 10 values, 800 bytes, but only 500 are there",
    ),
    "too much": (saved(np.zeros(3)) + bytes(5), "its head declares 3 values, 24 bytes, but 29 are there"),
    "bomb": (
        npy("{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000, 100), }", bytes(8)),
        "its head declares 100,000 × 100,000 × 100 values, 8,000,000,000,000 bytes, but only 8 are there",
    ),
    "absurd sizes": (
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999999999, 2), }"),
        "an absurd shape in its head: (9999999999999999999, 2)",
    ),
    "absurd axes": (
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1, 1, 1, 1, 1, 1, 1), }", bytes(4)),
        "an absurd shape in its head: (1, 1, 1, 1, 1, 1, 1, 1, 1, 1)",
    ),
    "negative": (
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2), }"),
        "a head that numpy.save does not write",
    ),
    "a program": (
        npy("{'descr': '<f4', 'fortran_order': False, 'shape': (__import__('os').abort(), ), }"),
        "a head that numpy.save does not write",
    ),
    "nested": (npy("(" * 3000), "a head that numpy.save does not write"),
    "empty array": (saved(np.zeros((0, 3))), "an empty array: (0, 3)"),
    "pickle": (
        npy("{'descr': '|O', 'fortran_order': False, 'shape': (2,), }", b"\x80\x04N."),
        "holds Python objects (a pickle), which can run programs when they are loaded: save plain numbers",
    ),
    "complex": (saved(np.zeros(2, "c8")), "holds complex numbers: save their parts as channels"),
    "dates": (saved(np.zeros(2, "M8[s]")), "holds dates: save numbers"),
    "durations": (saved(np.zeros(2, "m8[s]")), "holds durations: save numbers"),
    "records": (saved(np.zeros(2, [("a", "f4")])), "holds structured records: save plain numbers"),
    "long double": (
        saved(np.zeros(2, "longdouble")),
        f"holds values of type '{np.dtype('longdouble').str}': whole numbers and floats of up to 8 bytes can be read",
    ),
}


@pytest.mark.parametrize(("data", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(ReadError) as refused:
        open_npy(tmp_path / "a.npy")
    assert str(refused.value) == reason
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", data)
    assert open_npz(tmp_path / "a.npz") == ([], [("x", reason)])


def test_what_would_unpack_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert npy_file.MOST_UNPACKED == 4 * 1024**3
    monkeypatch.setattr(npy_file, "MOST_UNPACKED", 1 << 20)
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((1 << 20) + 1, "uint8"))
    assert (tmp_path / "a.npz").stat().st_size < 2000
    arrays, refused = open_npz(tmp_path / "a.npz")
    assert arrays == []
    assert refused == [
        (
            "x",
            "1,048,577 bytes when unpacked, 1,048,576 at most: save it with numpy.savez or as .npy, which is read in "
            "pieces",
        )
    ]


def test_a_member_that_lies_about_its_size_is_found_when_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    head = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (500000000,), }")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", head + bytes(1000))
    data = bytearray(path.read_bytes())
    place = data.rindex(b"PK\x01\x02") + 24
    data[place : place + 4] = struct.pack("<I", len(head) + 500_000_000)
    path.write_bytes(data)
    (array,), _ = open_npz(path)
    with pytest.raises(ReadError, match=r"^(truncated|damaged) within the archive$"):
        loaded(array)


def test_archives_that_are_none_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"PK\x03\x04 nothing more")
    with pytest.raises(ReadError, match=r"^damaged: it is no whole ZIP archive, as an .npz file must be$"):
        open_npz(path)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(65):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(ReadError, match=r"^65 arrays: 64 at most$"):
        open_npz(path)


@settings(max_examples=times(40))
@given(st.data())
def test_any_change_of_any_byte_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    file = io.BytesIO()
    np.savez_compressed(file, x=np.arange(6, dtype="f4").reshape(2, 3))
    whole = bytearray(file.getvalue() if data.draw(st.booleans()) else saved(np.arange(6, dtype="i2")))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "changed.npz"
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        arrays = [open_npy(path)] if whole[0] == 0x93 else open_npz(path)[0]
        for array in arrays:
            assert loaded(array).nbytes == array.head.bytes
    except ReadError:
        pass


@given(st.text(max_size=80))
@settings(max_examples=times(30))
def test_any_head_is_read_or_refused(text: str) -> None:
    data = npy("{'descr': " + text.encode("ascii", "ignore").decode())
    with pytest.raises(ReadError):
        read_head(io.BytesIO(data), len(data))
