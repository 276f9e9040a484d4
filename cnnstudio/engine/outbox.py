"""What the worker sends: one queue, one thread that writes. Training puts a message here and never waits.

Of a lossy message only the newest of its type and lane is kept while the pipe is full, so a window that is slow or
hangs sees less, not later. All others wait their turn and arrive in order.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, TypeAlias

from cnnstudio.wire.framing import pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.wire.messages import Event

_Key: TypeAlias = tuple[object, str]


class Outbox:
    """Events on their way to the window, through file descriptor `fd`."""

    def __init__(self, fd: int, lost: Callable[[], None]) -> None:
        """`lost` is called, from the writing thread, when nobody reads any more."""
        self._fd = fd
        self._lost = lost
        self._waiting: dict[_Key, Event] = {}
        """In order of sending. A number as the key's first half keeps a message that must arrive apart."""
        self._changed = threading.Condition()
        self._sent = 0
        self._closed = False
        self._thread = threading.Thread(target=self._write, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, event: Event) -> None:
        """Send `event` soon. From any thread; never waits for the pipe."""
        with self._changed:
            if self._closed:
                return
            self._sent += 1
            key: _Key = (type(event), event.lane) if event.lossy else (self._sent, "")
            self._waiting.pop(key, None)  # and to the end: a live value may not overtake an epoch's end
            self._waiting[key] = event
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Take nothing more, and wait until all is written, but no longer than `seconds`."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(seconds)

    def _next(self) -> Event | None:
        with self._changed:
            while not self._waiting and not self._closed:
                self._changed.wait()
            if not self._waiting:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def _write(self) -> None:
        while (event := self._next()) is not None:
            try:
                for part in pieces(event):
                    _write_all(self._fd, part)
            except OSError:  # the window is gone
                with self._changed:
                    self._closed = True
                    self._waiting.clear()
                self._lost()
                return


def _write_all(fd: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
