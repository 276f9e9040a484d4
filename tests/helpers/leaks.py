"""Leak checks for Qt tests: what a test leaves behind is named, with the place where it was started."""

from __future__ import annotations

import gc
import threading
import traceback
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    import pytest


_MOST_TURNS = 50
"""More than a page of thumbnails takes."""


class LeakWatch:
    """Compares what is alive after a test with what was alive before it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._windows = {id(w) for w in _windows()}
        self._threads = set(threading.enumerate())
        self._timers: list[tuple[QTimer, str]] = []
        self._watch_timers(monkeypatch)

    def complaint(self) -> str:
        """What has leaked, one line each; "" when nothing has."""
        _delete_what_waits_for_it()
        if self._left():
            gc.collect()
            _delete_what_waits_for_it()
        self._let_ring()
        return "\n".join(self._left())

    def _let_ring(self) -> None:
        """Give what is due in the next turn of the event loop its turn; what goes on for ever is told all the same."""
        for _ in range(_MOST_TURNS):
            if not any(isValid(t) and t.isActive() and _is_due(t) for t, _ in self._timers):
                break
            QTest.qWait(0)

    def _left(self) -> list[str]:
        windows = [w for w in _windows() if id(w) not in self._windows]
        threads = [t for t in threading.enumerate() if t not in self._threads and not t.daemon]
        timers = [(t, place) for t, place in self._timers if isValid(t) and t.isActive()]
        return [
            *(f"Leaked window: {_name(w)}" for w in windows),
            *(f"Leaked thread: {t.name}" for t in threads),
            *(f"Leaked timer of {_name(t.parent())}, started at {place}" for t, place in timers),
        ]

    def _watch_timers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        start = QTimer.start
        timers = self._timers

        def watched(timer: QTimer, *args: Any) -> None:
            timers.append((timer, _caller()))
            start(timer, *args)

        monkeypatch.setattr(QTimer, "start", watched)


def _windows() -> list[QWidget]:
    return QApplication.topLevelWidgets() if isinstance(QApplication.instance(), QApplication) else []


def _is_due(timer: QTimer) -> bool:
    """Whether it rings once, in the next turn of the event loop."""
    return timer.isSingleShot() and timer.interval() == 0


def _delete_what_waits_for_it() -> None:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def _name(thing: object) -> str:
    if thing is None:
        return "nobody"
    name = thing.objectName() if isinstance(thing, QWidget) else ""
    return f"{type(thing).__module__}.{type(thing).__qualname__}" + (f' "{name}"' if name else "")


def _caller() -> str:
    frame = traceback.extract_stack(limit=3)[0]
    return f"{frame.filename}:{frame.lineno}"
