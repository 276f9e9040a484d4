"""Where an HDF5 file begins, and the headers of its groups and arrays: messages of some kinds, in blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.formats.hdf5.pieces import Piece, Unsound

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cnnstudio.core.formats.hdf5.pieces import Pieces

SPACE, LINKS, TYPE, EXTERNAL, LINK, LAYOUT, FILTERS, ATTRIBUTE, TABLE = (
    0x01, 0x02, 0x03, 0x07, 0x06, 0x08, 0x0B, 0x0C, 0x11,
)  # fmt: skip
"""Kinds of messages."""
_CONTINUATION = 0x10
_SHARED = 0x02
"""What the message says stands elsewhere, which Keras has no use for."""
_MOST_BLOCKS = 1000
_MARK = b"\x89HDF\r\n\x1a\n"


class Message(NamedTuple):
    """A fact of a group or an array."""

    kind: int
    data: bytes


def first(messages: Iterable[Message], kind: int) -> Piece | None:
    """The first message of that kind."""
    return next((Piece(message.data) for message in messages if message.kind == kind), None)


def root_of(pieces: Pieces) -> int:
    """The place of the first group's header. Raises Unsound and OSError."""
    head = pieces.head(0, 96)
    head.expect(_MARK)
    version = head.number(1)
    if version < 2:
        head.skip(4)
        head.expect(b"\x08\x08")  # bytes that places and lengths take
        head.skip(9 if version == 0 else 13)
    elif version < 4:
        head.expect(b"\x08\x08")
        head.skip(1)
    else:
        raise Unsound(f"version {version} of the format is not known")
    head.expect(bytes(8))  # nothing else stands before it
    head.skip(8)
    if head.number(8) > pieces.size:
        raise Unsound("its end is missing")
    head.skip(0 if version >= 2 else 16)
    return head.number(8)


def messages_at(pieces: Pieces, place: int) -> tuple[Message, ...]:
    """What the header at that place says. Raises Unsound and OSError."""
    head = pieces.head(place, 34)
    if head.take(4) == b"OHDR":
        return _later(pieces, place, head)
    head = pieces.head(place, 16)
    head.expect(b"\x01")
    head.skip(7)
    blocks = [(place + 16, head.number(4))]
    found: list[Message] = []
    for start, size in _each(blocks):
        block = pieces.piece(start, size)
        while block.left >= 8:
            kind, length, flags = block.number(2), block.number(2), block.number(1)
            block.skip(3)
            _add(kind, flags, block.take(length), found, blocks)
    return tuple(found)


def _later(pieces: Pieces, place: int, head: Piece) -> tuple[Message, ...]:
    """The same in the second version of headers."""
    head.expect(b"\x02")
    form = head.number(1)
    head.skip((16 if form & 0x20 else 0) + (4 if form & 0x10 else 0))
    size = head.number(1 << (form & 3))
    blocks = [(place + head.at, size + 4)]
    found: list[Message] = []
    for number, (start, taken) in enumerate(_each(blocks)):
        block = pieces.piece(start, taken)
        if number:
            block.expect(b"OCHK")
        before = 6 if form & 0x04 else 4
        while block.left >= before + 4:  # a checksum ends it
            kind, length, flags = block.number(1), block.number(2), block.number(1)
            block.skip(before - 4)
            _add(kind, flags, block.take(length), found, blocks)
    return tuple(found)


def _each(blocks: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """The blocks, also those that come to light on the way, each once."""
    for number, block in enumerate(blocks):
        if number >= _MOST_BLOCKS or block in blocks[:number]:
            raise Unsound("a header leads back to itself")
        yield block


def _add(kind: int, flags: int, data: bytes, found: list[Message], blocks: list[tuple[int, int]]) -> None:
    if kind == _CONTINUATION:
        piece = Piece(data)
        blocks.append((piece.number(8), piece.number(8)))
    elif not flags & _SHARED:
        found.append(Message(kind, data))
