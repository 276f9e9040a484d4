"""Writing a weights file of Keras: whole or not at all, and without a copy of the weights in memory."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from cnnstudio.core.formats.storage import atomic_file
from cnnstudio.engine.learning.states import tensor_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    import numpy as np

_LARGE = 1 << 18
"""Bytes from which on HDF5 writes the values of an array; what describes arrays comes in smaller pieces."""


def save_weights(model: Any, path: Path, weights: Sequence[np.ndarray] = ()) -> None:
    """Write the model's weights, whole or not at all: Keras itself would write over the good file. Raises OSError.

    `weights`: others than those that the model has, in their order.
    """
    with atomic_file(path) as file, _having(model, weights):
        poured = _Poured(file)
        try:
            model.save_weights(poured)
        finally:
            poured.finish()


@contextlib.contextmanager
def _having(model: Any, weights: Sequence[np.ndarray]) -> Iterator[None]:
    """Let the model have these weights meanwhile, if any. Its own are kept where they lie, not copied."""
    if not weights:
        yield
        return
    before = [tensor_of(variable) for variable in model.weights]
    try:
        model.set_weights(weights)
        yield
    finally:
        for variable, values in zip(model.weights, before, strict=True):
            variable.assign(values)


class _Poured(io.BytesIO):
    """The file as HDF5 sees it: arrays go through to the disk, and what describes them is written at the end.

    HDF5 hears of no failure: where it cannot write it keeps the file open and ends the process with SIGSEGV later on.
    `finish` raises what has happened. As a BytesIO, and with a weights file's name as its text, Keras writes into it.
    """

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._at = self._end = 0
        self._pieces: dict[tuple[int, int], bytes] = {}
        """What is not on the disk yet, by its place and length, the latest last."""
        self._trouble: OSError | None = None

    def __str__(self) -> str:
        return "poured.weights.h5"

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """See io.BytesIO."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        return self._at

    def tell(self) -> int:
        """See io.BytesIO."""
        return self._at

    def write(self, data: Any, /) -> int:
        """See io.BytesIO."""
        view = memoryview(data).cast("B")
        place = self._at, len(view)
        if len(view) < _LARGE:
            self._pieces.pop(place, None)
            self._pieces[place] = bytes(view)
        else:
            for below in [each for each in self._pieces if _meet(each, place)]:
                self._put(below[0], self._pieces.pop(below))
            self._put(self._at, view)
        self._at += len(view)
        self._end = max(self._end, self._at)
        return len(view)

    def readinto(self, buffer: Any, /) -> int:
        """See io.BytesIO. HDF5 reads what describes arrays again, where there are very many."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), self._end - self._at))
        self._file.seek(self._at)
        found = bytearray(self._file.read(count).ljust(count, b"\0"))
        for (at, length), piece in self._pieces.items():
            first, last = max(at, self._at), min(at + length, self._at + count)
            if first < last:
                found[first - self._at : last - self._at] = piece[first - at : last - at]
        view[:count] = found
        self._at += count
        return count

    def truncate(self, size: int | None = None, /) -> int:
        """See io.BytesIO."""
        self._end = self._at if size is None else size
        return self._end

    def finish(self) -> None:
        """Write the rest. Raises OSError, also what has happened before."""
        for (at, _), piece in self._pieces.items():
            self._put(at, piece)
        if self._trouble is not None:
            raise self._trouble
        self._file.truncate(self._end)

    def _put(self, at: int, data: memoryview | bytes) -> None:
        if self._trouble is not None:
            return
        try:
            self._file.seek(at)
            self._file.write(data)
        except OSError as error:
            self._trouble = error


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[0] + other[1] and other[0] < one[0] + one[1]
