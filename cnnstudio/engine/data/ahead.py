"""Batches read ahead of the loop that learns from them, so that decoding and learning go on side by side.

Threads of our own and not tf.data: they serve every backend of Keras, read every format by the rules of the scan, share
what is kept with the window's gallery and name the file that cannot be read. tf.data decodes a JPEG of 256 pixels to 64
in 0.9 ms of processor time, we do in 1.4 (`python benchmarks/data.py`); from the second epoch on, samples come from
memory, 25 times faster than either.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from cnnstudio.engine.data.stores import pool

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    import numpy as np

T = TypeVar("T")

_AHEAD = 64
"""Batches that are under way or wait at most, where they are small."""
_AHEAD_BYTES = 256 << 20
"""What they may take together; one is made ahead however large it is."""


def most_ahead(batch_bytes: int) -> int:
    """Batches that one call may take, each of about that size, while as many are made for the next one."""
    return max(1, _most(batch_bytes) // 2)


def _most(batch_bytes: int) -> int:
    return max(1, min(_AHEAD, _AHEAD_BYTES // max(1, batch_bytes)))


class Ahead(Generic[T]):
    """Gives what `fetch` makes of one batch after the other, made in other threads before it is asked for."""

    def __init__(self, fetch: Callable[[np.ndarray], T], batches: Sequence[np.ndarray], batch_bytes: int) -> None:
        """`batches` come in this order; `batch_bytes` is about what one takes."""
        self._fetch = fetch
        self._batches = batches
        self._next = 0
        self._most = _most(batch_bytes)
        self._coming: deque[tuple[np.ndarray, Future[T]]] = deque()
        self._fill()

    def take(self, indices: np.ndarray) -> T:
        """What was made of this batch: one of `batches`, in their order; any other is made at once."""
        if not self._coming or self._coming[0][0] is not indices:
            return self._fetch(indices)
        _, future = self._coming.popleft()
        self._fill()
        return future.result()

    def close(self) -> None:
        """Nothing more is wanted."""
        self._next = len(self._batches)
        while self._coming:
            self._coming.pop()[1].cancel()

    def _fill(self) -> None:
        while len(self._coming) < self._most and self._next < len(self._batches):
            batch = self._batches[self._next]
            self._coming.append((batch, pool.submit(self._fetch, batch)))
            self._next += 1
