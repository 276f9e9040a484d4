"""What lies in a group of an HDF5 file, in each of the three ways in which the file may tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.core.formats.hdf5.headers import LINK, LINKS, TABLE, first
from cnnstudio.core.formats.hdf5.pieces import UNDEFINED, Piece, Unsound

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cnnstudio.core.formats.hdf5.headers import Message
    from cnnstudio.core.formats.hdf5.pieces import Pieces

_SOFT = 2
_DEEPEST = 20
"""Levels of a tree; each multiplies what it can hold by eight at least."""


def links_of(pieces: Pieces, messages: Sequence[Message]) -> dict[str, int | None] | None:
    """Places of headers by name, None for what lies elsewhere; None for what is no group.

    Raises Unsound, OSError and UnicodeDecodeError.
    """
    if (table := first(messages, TABLE)) is not None:
        return _by_name(_in_table(pieces, table.number(8), table.number(8)))
    if (info := first(messages, LINKS)) is None:
        return None
    info.expect(b"\x00")
    info.skip(8 if info.number(1) & 1 else 0)
    heap, tree = info.number(8), info.number(8)
    there = (message.data for message in messages if message.kind == LINK)
    return _by_name(map(_link, there if heap == UNDEFINED else _in_heap(pieces, heap, tree)))


def _by_name(links: Iterable[tuple[str, int | None]]) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for name, place in links:
        if name in found:
            raise Unsound("a group has two of one name")
        found[name] = place
    return dict(sorted(found.items()))


def _link(data: bytes) -> tuple[str, int | None]:
    """A link as it stands for itself."""
    piece = Piece(data)
    piece.expect(b"\x01")
    form = piece.number(1)
    is_hard = not form & 0x08 or piece.number(1) == 0
    piece.skip((8 if form & 0x04 else 0) + (1 if form & 0x10 else 0))
    name = piece.take(piece.number(1 << (form & 3))).decode()
    return name, piece.number(8) if is_hard else None


# A table of names: the first version of groups


def _in_table(pieces: Pieces, tree: int, heap: int) -> Iterator[tuple[str, int | None]]:
    head = pieces.piece(heap, 32)
    head.expect(b"HEAP\0")
    head.skip(3)
    size = head.number(8)
    head.skip(8)
    names = pieces.piece(head.number(8), size).take(size)
    for place in _leaves(pieces, tree):
        node = pieces.piece(place, 8)
        node.expect(b"SNOD\x01\0")
        count = node.number(2)
        entries = pieces.piece(place + 8, 40 * count)
        for _ in range(count):
            start, header, kind = entries.number(8), entries.number(8), entries.number(4)
            entries.skip(20)
            end = names.find(b"\0", start)
            if end <= start:
                raise Unsound("something has no name")
            yield names[start:end].decode(), None if kind == _SOFT else header


def _leaves(pieces: Pieces, tree: int) -> Iterator[int]:
    """Where the nodes below the lowest level of a tree are."""
    todo, seen = [(tree, -1)], set()
    while todo:
        place, wanted = todo.pop()
        node = pieces.piece(place, 24)
        node.expect(b"TREE\0")
        level, count = node.number(1), node.number(2)
        if place in seen or level > _DEEPEST or wanted not in (-1, level):
            raise Unsound("a tree leads back to itself")
        seen.add(place)
        children = pieces.piece(place + 24, 16 * count)
        for _ in range(count):
            children.skip(8)
            if level:
                todo.append((children.number(8), level - 1))
            else:
                yield children.number(8)


# A heap of links, and a tree that knows them: the second version, for groups of more than a few


class _Heap(NamedTuple):
    """Blocks of doubling sizes, in rows. The rows of small ones hold what is kept, the others lead to more rows."""

    pieces: Pieces
    place_width: int
    width: int
    """Blocks in a row."""
    smallest: int
    largest: int
    """Sizes of blocks that hold what is kept."""
    root: int
    rows: int
    """0: the root is the only block."""

    def object(self, key: bytes) -> bytes:
        piece = Piece(key)
        if piece.number(1):
            raise Unsound("a link lies outside its heap")
        at = piece.number(self.place_width)
        length = piece.number(piece.left)
        place, within, size = (self.root, at, self.smallest) if not self.rows else self._block(at)
        if within + length > size:
            raise Unsound("a link ends beyond its block")
        return self.pieces.piece(place + within, length).take(length)

    def _block(self, at: int) -> tuple[int, int, int]:
        """The block of that place in the heap, the place within it, and its size."""
        place, rows = self.root, self.rows
        for _ in range(_DEEPEST):
            row, size, before = 0, self.smallest, 0
            while at >= before + self.width * size:
                before += self.width * size
                row += 1
                size = self.smallest << max(0, row - 1)
                if row >= rows:
                    raise Unsound("a link lies beyond its heap")
            number, within = divmod(at - before, size)
            entry = 13 + self.place_width + 8 * (row * self.width + number)
            self.pieces.piece(place, 4).expect(b"FHIB")
            place = self.pieces.piece(place + entry, 8).number(8)
            if size <= self.largest:
                return place, within, size
            at, rows = within, (size // (self.smallest * self.width)).bit_length()
        raise Unsound("a heap leads back to itself")


def _in_heap(pieces: Pieces, heap: int, tree: int) -> Iterator[bytes]:
    head = pieces.head(heap, 146)
    head.expect(b"FRHP\0")
    key_size = head.number(2)
    head.expect(b"\0\0")  # nothing is compressed
    head.skip(101)
    width, smallest, largest, bits = head.number(2), head.number(8), head.number(8), head.number(2)
    head.skip(2)
    root, rows = head.number(8), head.number(2)
    place_width = (bits + 7) // 8
    if not width or not smallest or largest < smallest or bits > 64 or not place_width < key_size <= 64:
        raise Unsound("a heap has blocks of no size")
    found = _Heap(pieces, place_width, width, smallest, largest, root, rows)
    for key in _keys(pieces, tree, key_size):
        yield found.object(key)


def _keys(pieces: Pieces, tree: int, key_size: int) -> Iterator[bytes]:
    """What a tree of the second version knows links by."""
    head = pieces.piece(tree, 34)
    head.expect(b"BTHD\0\x05")  # by the names
    node_size, record, depth = head.number(4), head.number(2), head.number(2)
    head.skip(2)
    root, count = head.number(8), head.number(2)
    if record != 4 + key_size or node_size < 64 or depth > _DEEPEST:
        raise Unsound("a tree has nodes of no size")
    widths = _widths(node_size, record, depth)
    todo, seen = [(root, count, depth)] if count else [], set()
    while todo:
        place, count, level = todo.pop()
        if place in seen:
            raise Unsound("a tree leads back to itself")
        seen.add(place)
        node = pieces.piece(place, node_size)
        node.expect(b"BTIN\0\x05" if level else b"BTLF\0\x05")
        for _ in range(count):
            node.skip(4)
            yield node.take(key_size)
        for _ in range(count + 1 if level else 0):
            todo.append((node.number(8), node.number(widths[0]), level - 1))
            node.skip(widths[level - 1] if level > 1 else 0)


def _widths(node_size: int, record: int, depth: int) -> list[int]:
    """Bytes of a count: first of the records in one node, then of those in and below a node of level 1, 2, ..."""
    most = (node_size - 10) // record
    widths, below = [_bytes_for(most)], most
    for level in range(1, depth):
        pointer = 8 + widths[0] + (widths[level - 1] if level > 1 else 0)
        most = (node_size - 10 - pointer) // (record + pointer)
        below = (most + 1) * below + most
        widths.append(_bytes_for(below))
    return widths


def _bytes_for(number: int) -> int:
    return (max(1, number).bit_length() - 1) // 8 + 1
