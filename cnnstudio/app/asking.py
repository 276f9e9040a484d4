"""A question that a view puts to the worker again and again: the latest one counts, and answers are kept."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.wire.messages import CancelQuestion, ExplanationProgress, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Command

SETTLE_MS = 150
"""Wait this long after a change, so that a mouse on its way asks nothing."""
KEPT = 64
"""Answers kept: going back to a cell shows it at once."""
KEPT_BYTES = 64 << 20
"""Of their arrays together: maps and kernels of large networks would fill the memory else. The latest always stays."""
AGAIN = "It is asked once more as soon as another worker is ready."
ENDED = "The worker has ended. Ask again to start another one."


class Question(QObject):
    """Asks while somebody looks. One request is open at a time; what was wished meanwhile is asked after it."""

    answered = Signal(object)
    """The answer to what is wished now."""
    waiting = Signal(str)
    """The answer is on its way: what is being waited for."""
    progressed = Signal(object)
    """The ExplanationProgress of what is wished now."""
    failed = Signal(str, str)
    """There will be no answer: the sentence and the details."""

    def __init__(self, worker: WorkerClient, what: str, parent: QObject | None = None, *, kept: int = KEPT) -> None:
        """`what` is computed, in words; `kept` answers are remembered: fewer where they are large."""
        super().__init__(parent)
        self._most = kept
        self._worker = worker
        self._what = what
        self._active = False
        self._key: Hashable = None
        self._make: Callable[[int], Command] | None = None
        self._asked: tuple[int, Hashable] | None = None
        self._failure: tuple[str, str] | None = None
        self._again = False
        """Whether the failure is the end of a worker, over which another one is asked."""
        self._deadly: Hashable = None
        """What was asked when a worker ended. One more may die of it, not one after the other."""
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self._ask)
        worker.received.connect(self._take)
        worker.state_changed.connect(self._follow)

    def wish(self, key: Hashable, make: Callable[[int], Command], *, at_once: bool = False) -> None:
        """Wish for the answer to what `make` makes; equal keys have equal answers.

        What is known of it is said at once. What has failed is asked again only by `retry`. `at_once`: do not wait for
        the wishes to settle, and do not say that one is waited for: for a drawing, which changes many times a second.
        """
        if key != self._key:
            self._failure, self._again = None, False
        self._key, self._make = key, make
        self._begin(at_once=at_once)

    def forget(self) -> None:
        """Nothing is wished any more."""
        self._key = self._make = self._failure = None
        self._again = False
        self._settle.stop()

    def cancel(self) -> None:
        """End the work on what is wished now; `failed` says so, and `retry` asks again."""
        self._settle.stop()
        if self._asked is not None:
            self._worker.send(CancelQuestion(self._asked[0]))
        elif self._make is not None and self._failure is None:
            self._fail("The work was cancelled.", "")

    def retry(self) -> None:
        """Ask again after a failure, of a new worker if the last one has ended."""
        if self._worker.state in ("lost", "stopped"):
            self._worker.start()
        self._failure, self._again, self._deadly = None, False, None
        self._begin()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        if active == self._active:
            return
        self._active = active
        if active:
            self._begin()
        else:
            self._settle.stop()

    def _begin(self, *, at_once: bool = False) -> None:
        if self._make is None or not self._active:
            return
        can_ask = self._worker.state in ("ready", "busy")
        if self._again and can_ask:
            self._failure, self._again = None, False
        if self._failure is not None:
            self.failed.emit(*self._failure)
            return
        known = self._kept.get(self._key)
        if known is not None:
            self._settle.stop()
            self._kept.move_to_end(self._key)
            self.answered.emit(known)
            return
        if at_once and can_ask:
            self._settle.stop()
            self._ask()
            return
        if self._worker.state == "lost" and not self._worker.will_restart:
            self._fail(ENDED, "")
            return
        self.waiting.emit(f"Computing {self._what}\u2026" if can_ask else "Starting the worker\u2026")
        self._settle.start()

    def _ask(self) -> None:
        can_ask = self._worker.state in ("ready", "busy")
        if self._make is None or self._asked is not None or self._key in self._kept or not can_ask:
            return
        self._asked = (self._worker.request(self._make), self._key)

    def _take(self, event: object) -> None:
        if self._asked is None or getattr(event, "request", 0) != self._asked[0]:
            return
        if isinstance(event, ExplanationProgress):
            if self._active and self._asked[1] == self._key:
                self.progressed.emit(event)
            return
        key, self._asked = self._asked[1], None
        if not isinstance(event, Failed):
            self._keep(key, event)
        if key != self._key:
            self._ask()
        elif isinstance(event, Failed):
            self._take_failure(event)
        elif self._active:
            self._deadly = None
            self.answered.emit(event)

    def _take_failure(self, failed: Failed) -> None:
        if self._worker.state != "lost":
            self._fail(failed.message, failed.details)
            return
        self._again = self._worker.will_restart and self._key != self._deadly
        self._deadly = self._key
        self._fail(f"{failed.message} {AGAIN}" if self._again else failed.message, failed.details)

    def _keep(self, key: Hashable, event: object) -> None:
        self._kept[key] = event
        held = sum(map(_bytes, self._kept.values()))
        while len(self._kept) > 1 and (len(self._kept) > self._most or held > KEPT_BYTES):
            held -= _bytes(self._kept.popitem(last=False)[1])

    def _fail(self, sentence: str, details: str) -> None:
        self._failure = sentence, details
        if self._active:
            self.failed.emit(sentence, details)

    def _follow(self, state: str) -> None:
        if self._make is None or not self._active or self._asked is not None:
            return  # a worker that dies over a request answers it with Failed
        can_ask = state in ("ready", "busy")
        gone = state == "stopped" or (state == "lost" and not self._worker.will_restart)
        if self._failure is not None and not (self._again and (can_ask or gone)):
            return  # asking once more is for the person
        if self._key in self._kept:
            return
        if can_ask or state == "starting":
            self._begin()
        elif gone:
            self._again = False
            self._fail(ENDED, "")


def _bytes(event: object) -> int:
    fields: tuple[str, ...] = getattr(event, "__struct_fields__", ())
    return sum(getattr(getattr(event, field), "nbytes", 0) for field in fields)
