"""A question asked while a slider moves: one is open at a time, and of those that wait only the newest counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.wire.messages import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Command


class Newest(QObject):
    """Asks at once when nothing is open, else when the answer to the last has come."""

    answered = Signal(object)
    """An answer; it may be to a question before the newest, which follows."""
    failed = Signal(str, str)
    """The newest question has no answer: the sentence and the details."""

    def __init__(self, worker: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._open = 0
        self._next: Callable[[int], Command] | None = None
        worker.received.connect(self._take)
        worker.state_changed.connect(self._follow)

    def ask(self, make: Callable[[int], Command]) -> None:
        """Ask what `make` makes of a request number."""
        self._next = make
        self._send()

    def forget(self) -> None:
        """Nothing is asked any more; what is on its way is not wanted."""
        self._next, self._open = None, 0

    def _send(self) -> None:
        if self._next is None or self._open or self._worker.state not in ("ready", "busy"):
            return
        make, self._next = self._next, None
        self._open = self._worker.request(make)

    def _take(self, event: object) -> None:
        if not self._open or getattr(event, "request", 0) != self._open:
            return
        self._open = 0
        if not isinstance(event, Failed):
            self.answered.emit(event)
        elif self._next is None:
            self.failed.emit(event.message, event.details)
        self._send()

    def _follow(self, state: str) -> None:
        if state in ("lost", "stopped"):
            self._open = 0
        self._send()
