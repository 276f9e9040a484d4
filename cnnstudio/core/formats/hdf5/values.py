"""What the headers of an HDF5 file say of an array and of a text beside it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.formats.hdf5.headers import ATTRIBUTE, LAYOUT, SPACE, TYPE, first
from cnnstudio.core.formats.hdf5.pieces import Piece, Unsound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.declare import Shape
    from cnnstudio.core.formats.hdf5.headers import Message
    from cnnstudio.core.formats.hdf5.pieces import Pieces

_INTEGER, _FLOAT, _TEXT, _OPAQUE, _ANY_LENGTH = 0, 1, 3, 5, 9
"""Classes of types."""
BFLOAT16, OPAQUE_PAIR = "bfloat16", "two bytes"
"""The upper half of float32; and as what the library for Python keeps it."""
_FLOATS = {(2, 5, 10, 15): "f2", (4, 8, 23, 127): "f4", (8, 11, 52, 1023): "f8", (2, 8, 7, 127): BFLOAT16}
"""By bytes, bits of the exponent and of the fraction, and what is added to the exponent."""
COMPACT, CONTIGUOUS, IN_PIECES, VIRTUAL = range(4)
_MOST_DIMENSIONS = 32
_LONGEST_TEXT = 4096
_LARGEST_HEAP = 1 << 20
"""Bytes. The library begins another heap of texts after 64 KiB."""


class Array(NamedTuple):
    """An array as its header tells it."""

    shape: Shape
    kind: str
    """As numpy names it, or OPAQUE_PAIR, "<bfloat16" or ">bfloat16"; "" for what is no number."""
    width: int
    """Bytes of one value."""
    way: int
    """How the values are kept: COMPACT, CONTIGUOUS, ..."""
    place: int
    """Of the values in the file; 0 where they stand in the header."""
    stored: bytes | int
    """The values, where they stand in the header, or how many bytes they are said to take."""

    @property
    def bytes(self) -> int:
        """That its values take."""
        return math.prod(self.shape) * self.width


def array_of(messages: Sequence[Message]) -> Array | None:
    """What is said of an array; None for what is none, or has no values. Raises Unsound."""
    space, type_, layout = (first(messages, kind) for kind in (SPACE, TYPE, LAYOUT))
    if space is None or type_ is None or layout is None or (shape := _shape(space)) is None:
        return None
    kind, width = _type(type_)
    version, way = layout.number(1), layout.number(1)
    if version not in (3, 4, 5):
        raise Unsound(f"version {version} of how arrays are laid out is not known")
    if way == COMPACT:
        return Array(shape, kind, width, way, 0, layout.take(layout.number(2)))
    if way == CONTIGUOUS:
        return Array(shape, kind, width, way, layout.number(8), layout.number(8))
    return Array(shape, kind, width, way, 0, 0)


def _shape(space: Piece) -> Shape | None:
    version, count, _ = space.number(1), space.number(1), space.number(1)
    if version not in (1, 2) or count > _MOST_DIMENSIONS:
        raise Unsound("an array has no sizes")
    if version == 1:
        space.skip(5)
    elif space.number(1) == 2:  # no values at all
        return None
    return tuple(space.number(8) for _ in range(count))


def _type(told: Piece) -> tuple[str, int]:
    """What a type of numbers is called, "" for others, and its bytes."""
    kind, bits, width = told.number(1) & 15, told.number(3), told.number(4)
    order = ">" if bits & 1 else "<"
    if kind == _INTEGER and width in (1, 2, 4, 8):
        told.expect(b"\0\0")
        is_whole = told.number(2) == 8 * width
        return (f"{order}{'i' if bits & 8 else 'u'}{width}" if is_whole else ""), width
    if kind == _FLOAT and not bits & 0x40:
        told.expect(b"\0\0")
        told.skip(3)
        exponent, _, fraction, bias = told.number(1), told.number(1), told.number(1), told.number(4)
        found = _FLOATS.get((width, exponent, fraction, bias), "")
        return (f"{order}{found}" if found else ""), width
    return (OPAQUE_PAIR if kind == _OPAQUE and width == 2 else ""), width


def text_of(pieces: Pieces, messages: Sequence[Message], name: str) -> str | None:
    """The text of that name beside a group or an array; None where there is none, or something else.

    Raises Unsound, OSError and UnicodeDecodeError.
    """
    for message in messages:
        if message.kind == ATTRIBUTE:
            called, type_, shape, value = _attribute(Piece(message.data))
            if called == name.encode():
                return _text(pieces, type_, value).decode() if shape == () and _is_text(type_) else None
    return None


def _attribute(piece: Piece) -> tuple[bytes, bytes, Shape | None, Piece]:
    """Name, type, shape and value."""
    version, flags = piece.number(1), piece.number(1)
    if version not in (1, 2, 3):
        raise Unsound(f"version {version} of what stands beside an array is not known")
    if version > 1 and flags:  # its type stands elsewhere, which Keras has no use for
        return b"", b"", None, piece
    sizes = [piece.number(2) for _ in range(3)]
    piece.skip(1 if version == 3 else 0)
    name, type_, space = (_padded(piece, size) if version == 1 else piece.take(size) for size in sizes)
    return name.rstrip(b"\0"), type_, _shape(Piece(space)), piece


def _padded(piece: Piece, size: int) -> bytes:
    """So many bytes, and what fills them up to eights."""
    return piece.take(-(-size // 8) * 8)[:size]


def _is_text(type_: bytes) -> bool:
    kind = type_[0] & 15 if len(type_) >= 8 else -1
    return kind == _TEXT or (kind == _ANY_LENGTH and type_[1] & 15 == 1)


def _text(pieces: Pieces, type_: bytes, value: Piece) -> bytes:
    if type_[0] & 15 == _TEXT:
        return value.take(int.from_bytes(type_[4:8], "little")).rstrip(b"\0")
    length, heap, number = value.number(4), value.number(8), value.number(4)
    return _from_heap(pieces, heap, number, length)


def _from_heap(pieces: Pieces, place: int, number: int, length: int) -> bytes:
    """A text of any length, from the heap that is there."""
    head = pieces.piece(place, 16)
    head.expect(b"GCOL\x01")
    head.skip(3)
    size = head.number(8)
    if not 16 <= size <= _LARGEST_HEAP or length > _LONGEST_TEXT:
        raise Unsound("a text is longer than names are")
    heap = pieces.piece(place + 16, size - 16)
    while heap.left >= 16:
        found = heap.number(2)
        heap.skip(6)
        taken = heap.number(8)
        if not found:  # the room that is left
            break
        text = _padded(heap, taken)
        if found == number and length <= taken:
            return text[:length]
    raise Unsound("a text is missing")
