"""The bytes of an HDF5 file by their places: nothing beyond its end, and no more than a network's file needs."""

from __future__ import annotations

import io
from typing import IO, Any

UNDEFINED = 2**64 - 1
"""The place of what is nowhere in the file."""
_MOST_DESCRIPTION = 256 << 20
"""Bytes of what describes arrays. A layer takes about four thousand, and the largest design has some ten thousand."""


class Unsound(ValueError):
    """The file says of itself what cannot be."""


class Piece:
    """Some bytes, read from front to end. Each method raises Unsound where too few are left."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def at(self) -> int:
        """Bytes that have been read."""
        return self._at

    @property
    def left(self) -> int:
        """Bytes that have not been read."""
        return len(self._data) - self._at

    def take(self, count: int) -> bytes:
        """The next bytes."""
        if count > self.left:
            raise Unsound(f"{count} bytes are said to be where {self.left} are")
        self._at += count
        return self._data[self._at - count : self._at]

    def number(self, width: int) -> int:
        """The next `width` bytes as a number without a sign, the lowest byte first."""
        return int.from_bytes(self.take(width), "little")

    def skip(self, count: int) -> None:
        """Pass over bytes that say nothing of use."""
        self.take(count)

    def expect(self, wanted: bytes) -> None:
        """The next bytes must be these: the mark of a kind of piece, or its version."""
        if self.take(len(wanted)) != wanted:
            raise Unsound(f"{wanted!r} is not where it should be")


class Pieces:
    """The file."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises OSError."""
        self._file: Any = file  # `readinto` has no place in IO
        self._left = _MOST_DESCRIPTION
        self.size = file.seek(0, io.SEEK_END)

    def piece(self, place: int, count: int) -> Piece:
        """So many bytes from a place on. Raises Unsound and OSError."""
        self._left -= count
        if self._left < 0:
            raise Unsound("it takes more to describe its arrays than any network does")
        if place + count > self.size:
            raise Unsound(f"{count} bytes at {place} are beyond the end")
        self._file.seek(place)
        data = self._file.read(count)
        if len(data) != count:
            raise Unsound("it has become shorter")
        return Piece(data)

    def head(self, place: int, most: int) -> Piece:
        """So many bytes, or fewer where the file ends. Raises Unsound and OSError."""
        return self.piece(place, max(0, min(most, self.size - place)))

    def fill(self, place: int, buffer: memoryview) -> None:
        """Read the numbers of an array to where they belong. Raises Unsound and OSError."""
        self._file.seek(place)
        if self._file.readinto(buffer) != len(buffer):
            raise Unsound("it has become shorter")
