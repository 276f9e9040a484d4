"""The check for leaks tells a timer that goes on, and none that is over in the next turn of the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtTest import QSignalSpy

from tests.helpers.leaks import LeakWatch

if TYPE_CHECKING:
    import pytest


def test_a_timer_that_is_due_has_its_turn(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, timer = LeakWatch(monkeypatch), QTimer(singleShot=True, interval=0)
    rung = QSignalSpy(timer.timeout)
    timer.start()
    assert watch.complaint() == ""
    assert rung.count() == 1


def test_one_that_starts_itself_anew_is_told(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, timer = LeakWatch(monkeypatch), QTimer(singleShot=True, interval=0)
    timer.timeout.connect(timer.start)
    timer.start()
    told = watch.complaint()
    timer.stop()
    assert told.startswith("Leaked timer of nobody")


def test_one_that_rings_later_is_told(qapp: object, monkeypatch: pytest.MonkeyPatch) -> None:
    watch, timer = LeakWatch(monkeypatch), QTimer(interval=60_000)
    timer.start()
    told = watch.complaint()
    timer.stop()
    assert told.startswith("Leaked timer of nobody")
    assert "test_leaks.py" in told
