"""The studio's own reader of HDF5 files, held against the library that writes them, in every form that it writes."""

from __future__ import annotations

import io
import random
import struct
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.hdf5 import Hdf5File, damage, pieces
from tests.helpers.effort import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.formats.hdf5 import Node

FORMS: tuple[Any, ...] = (None, "earliest", "v108", ("v108", "v110"), "latest")
"""Versions of the format in which the library can be asked to write; which one it takes unasked depends on its own."""

MARKS = (b"TREE", b"HEAP", b"SNOD", b"GCOL", b"OHDR", b"FRHP", b"FHDB", b"FHIB", b"BTHD", b"BTLF", b"BTIN")
"""How kinds of pieces begin."""


def written(form: Any, groups: int, chance: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A file with so many groups of arrays, and what is in it by its place; the texts beside a group as PLACE@NAME."""
    file = io.BytesIO()
    held: dict[str, Any] = {}
    with h5py.File(file, "w", libver=form) as root:
        for number in range(groups):
            place = f"layers/{'long_' * chance.randrange(12)}kind_{number}/vars"
            group = root.create_group(place)
            group.attrs["name"] = held[f"{place}@name"] = "".join(chance.choices("abc_ÄßZ0", k=chance.randrange(1, 90)))
            if chance.random() < 0.2:
                group.attrs["fixed"] = np.bytes_(b"a text of one length")
                held[f"{place}@fixed"] = "a text of one length"
            for array in range(chance.randrange(5)):
                shape = tuple(chance.choices((1, 2, 3, 7), k=chance.randrange(4)))
                kind = chance.choice(("f4", "f4", ">f4", "f2", "f8", "i8", "u1", ">i4"))
                values = np.random.default_rng(number).integers(0, 100, shape).astype(kind)
                group[str(array)] = held[f"{place}/{array}"] = values
    return file.getvalue(), held


def walked(file: Hdf5File, at: Node, place: str = "") -> Iterator[tuple[str, Any]]:
    """All that is in a group, in the same way. A group that is damaged may lie in itself."""
    for name in ("name", "fixed"):
        if (text := file.text(at, name)) is not None:
            yield f"{place}@{name}", text
    for name in at.links or () if place.count("/") < 4 else ():
        node = file.child(at, name)
        assert node is not None
        yield from walked(file, node, f"{place}/{name}".lstrip("/"))
    if at.links is None:
        yield place, file.numbers(file.array(node=at, layer=place))


def read(data: bytes) -> dict[str, Any]:
    """All that is in a file. Raises FileError."""
    file = Hdf5File(io.BytesIO(data), "it")
    with damage("it is damaged."):
        return dict(walked(file, file.root))


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("groups", [0, 1, 9, 120])
def test_what_the_library_writes_is_read(form: Any, groups: int) -> None:
    data, wanted = written(form, groups, random.Random(groups))
    found = read(data)
    assert found.keys() == wanted.keys()
    for place, values in wanted.items():
        if isinstance(values, str):
            assert found[place] == values
        else:
            assert found[place].dtype == np.float32
            np.testing.assert_array_equal(found[place], values.astype("float32"), strict=True)


@pytest.mark.parametrize("form", ["earliest", "latest"])
@pytest.mark.parametrize("count", [40, 2_000])
def test_a_group_may_hold_thousands(form: str, count: int) -> None:
    """Its names then lie in trees of several levels, and in heaps of many blocks."""
    file = io.BytesIO()
    with h5py.File(file, "w", libver=form) as root:
        root["0"] = np.float32(3)
        for number in range(1, count):
            root[f"{'and so on ' * (number % 30)}{number}"] = root["0"]
        names = sorted(root)
    opened = Hdf5File(file, "it")
    assert list(opened.root.links or ()) == names
    assert len(set((opened.root.links or {}).values())) == 1


@pytest.mark.parametrize("form", ["earliest", "latest"])
def test_texts_beside_a_group_that_has_very_many_are_not_looked_for(form: str) -> None:
    file = io.BytesIO()
    with h5py.File(file, "w", libver=form) as root:
        for number in range(20):
            root.attrs[f"text {number}"] = str(number)
    opened = Hdf5File(file, "it")
    assert opened.text(opened.root, "text 7") == (None if form == "latest" else "7")


def test_values_that_stand_in_the_header_are_read() -> None:
    file = io.BytesIO()
    with h5py.File(file, "w") as root:
        kept = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        kept.set_layout(h5py.h5d.COMPACT)
        space = h5py.h5s.create_simple((2, 3))
        h5py.Dataset(h5py.h5d.create(root.id, b"0", h5py.h5t.IEEE_F32LE, space, kept))[...] = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(read(file.getvalue())["0"], np.arange(6).reshape(2, 3))


def test_what_leads_back_to_itself_has_an_end() -> None:
    """Trees of names, and headers that go on elsewhere."""
    data, _ = written("earliest", 3, random.Random(1))
    tree = data.index(b"TREE")
    for level, child in ((1, tree), (200, tree), (0, tree)):
        changed = bytearray(data)
        changed[tree + 5] = level
        struct.pack_into("<Q", changed, tree + 32, child)
        with pytest.raises(FileError, match=r"^it is damaged"):
            read(bytes(changed))
    header = int.from_bytes(data[64:72], "little")
    changed = bytearray(data)
    struct.pack_into("<HHB3xQQ", changed, header + 16, 0x10, 16, 0, header + 16, 24)  # in place of what it says
    with pytest.raises(FileError, match=r"^it is damaged"):
        read(bytes(changed))


def test_no_more_is_read_of_what_describes_than_a_network_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = written("earliest", 9, random.Random(1))
    monkeypatch.setattr(pieces, "_MOST_DESCRIPTION", len(data) // 4)
    with pytest.raises(FileError, match=r"^it is damaged"):
        read(data)


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """The file with faults in what describes its arrays: other numbers and places, other bytes, pieces of itself."""
    changed = bytearray(data)
    told = [place for place, value in enumerate(data) if value]
    marks = [
        place for place in told if data[place : place + 4] in (b"TREE", b"HEAP", b"SNOD", b"GCOL", b"OHDR", b"FHDB")
    ]
    for _ in range(chance.choice((1, 1, 2, 4))):
        place = min(max(0, chance.choice(told) + chance.choice((-1, 0, 0, 0, 1, 4))), len(data) - 40)
        match chance.randrange(6):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place] = chance.choice((0, 1, 2, 8, 16, 127, 128, 255))
            case 2:
                struct.pack_into("<Q", changed, place, chance.choice(marks) + chance.choice((0, 0, 8)))
            case 3:
                struct.pack_into("<Q", changed, place, chance.choice((0, 1, 2**63, 2**64 - 1, 2**64 - 16, len(data))))
            case 4:
                struct.pack_into("<I", changed, place, chance.choice((0, 1, 0xFFFF, 0x7FFF, 2**31, 2**32 - 1)))
            case _:
                other, size = chance.choice(told), chance.choice((1, 8, 40))
                piece = data[other : other + size]
                changed[place : place + len(piece)] = piece
    return bytes(changed[: len(data)])


@pytest.mark.search
@pytest.mark.parametrize("form", ["earliest", "v108", "latest"])
def test_damage_is_read_or_told(form: str) -> None:
    data, wanted = written(form, 12, random.Random(3))
    chance, told, most = random.Random(form), 0, 4 * len(data)
    for _ in range(times(300)):
        try:
            found = read(spoiled(data, chance))
        except FileError:
            told += 1
        else:
            assert sum(values.nbytes for values in found.values() if not isinstance(values, str)) < most * len(wanted)
    assert told
