"""Arrays in HDF5 files that others may have made: the one way to them, for imported models and for weights of runs.

HDF5's own library believes what a file says of itself: one that is damaged can hold it up for ever, and one made for
that has it write past its memory. So the few kinds of pieces that Keras leaves in a file are read here, each held
against the file's end. What lies elsewhere, in links or in other files, is refused, and so is what is said to be larger
than what is stored.

Source: The HDF Group, HDF5 File Format Specification, version 3.0.
"""

from __future__ import annotations

import contextlib
from typing import IO, TYPE_CHECKING, NamedTuple

from cnnstudio.core.formats.faults import FileError
from cnnstudio.core.formats.hdf5.headers import EXTERNAL, FILTERS, Message, first, messages_at, root_of
from cnnstudio.core.formats.hdf5.links import links_of
from cnnstudio.core.formats.hdf5.pieces import UNDEFINED, Pieces, Unsound
from cnnstudio.core.formats.hdf5.values import (
    BFLOAT16,
    CONTIGUOUS,
    IN_PIECES,
    OPAQUE_PAIR,
    VIRTUAL,
    Array,
    array_of,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

__all__ = ["Array", "Hdf5File", "Node", "damage"]


class Node(NamedTuple):
    """A group or an array."""

    messages: tuple[Message, ...]
    links: Mapping[str, int | None] | None
    """Places of what is in a group, None for what lies elsewhere; None for what is no group."""


@contextlib.contextmanager
def damage(sentence: str) -> Iterator[None]:
    """Raise FileError with that sentence for whatever is wrong with a file within the block."""
    try:
        yield
    except FileError:
        raise
    except (Unsound, UnicodeDecodeError, OSError) as error:
        raise FileError(sentence) from error


class Hdf5File:
    """An HDF5 file, for reading. Whoever has opened the file closes it.

    Its methods raise FileError for what is not read, and for what is damaged Unsound, OSError or UnicodeDecodeError,
    of which `damage` makes a FileError.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        """`name` begins what is said of it. Raises FileError."""
        self._name = name
        self._nodes: dict[int, Node] = {}
        with damage(f"{name} is damaged: its weights are no HDF5 file."):
            self._pieces = Pieces(file)
            self.root = self._node(root_of(self._pieces))

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._pieces.size

    def child(self, group: Node, name: str) -> Node | None:
        """What lies under that name in a group, if there is anything."""
        if group.links is None or name not in group.links:
            return None
        place = group.links[name]
        if place is None:
            said = f'"{name[:60]}" among its weights is a link to elsewhere, which is not followed.'
            raise FileError(f"{self._name}: {said}")
        return self._node(place)

    def group(self, *path: str) -> Node | None:
        """The group at that place, if there is one."""
        at: Node | None = self.root
        for name in path:
            at = None if at is None else self.child(at, name)
        return None if at is None or at.links is None else at

    def text(self, node: Node, name: str) -> str | None:
        """What is written under that name beside a node, if it is a text."""
        return text_of(self._pieces, node.messages, name)

    def array(self, node: Node, layer: str) -> Array:
        """What should be an array of numbers; `layer` is what it belongs to, in errors."""
        said = f"{self._name}: the weights of {layer}"
        found = array_of(node.messages)
        if first(node.messages, EXTERNAL) is not None or (found is not None and found.way == VIRTUAL):
            raise FileError(f"{said} lie in another file, which is not read.")
        if found is None or not found.kind or not found.bytes:
            raise FileError(f"{said} are no numbers.")
        if found.kind == OPAQUE_PAIR and self.text(node, "dtype") != BFLOAT16:
            raise FileError(f"{said} are no numbers.")
        if found.bytes > self.size or found.place == UNDEFINED:
            raise FileError(f"{said} are said to be far larger than what is stored.")
        if found.way == IN_PIECES or first(node.messages, FILTERS) is not None:
            raise FileError(f"{said} are compressed or in pieces, as Keras leaves none.")
        stored = found.stored if isinstance(found.stored, int) else len(found.stored)
        if stored != found.bytes or (found.way == CONTIGUOUS and found.place + found.bytes > self.size):
            raise Unsound("an array is not as long as its values")
        return found

    def numbers(self, array: Array) -> np.ndarray:
        """The values of an array, float32, in its shape."""
        import numpy as np

        order, is_bfloat16 = array.kind[0], array.kind.endswith((BFLOAT16, OPAQUE_PAIR))
        values = np.empty(array.shape, f"{'>' if order == '>' else '<'}u2" if is_bfloat16 else array.kind)
        raw = values.reshape(-1).view(np.uint8)
        if isinstance(array.stored, bytes):
            raw[:] = np.frombuffer(array.stored, np.uint8)
        else:
            self._pieces.fill(array.place, raw.data)
        if is_bfloat16:
            return (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            return values.astype(np.float32, copy=False)

    def _node(self, place: int) -> Node:
        found = self._nodes.get(place)
        if found is None:
            messages = messages_at(self._pieces, place)
            found = self._nodes[place] = Node(messages, links_of(self._pieces, messages))
        return found
