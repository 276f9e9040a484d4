"""Anything, anywhere, in any order: nothing breaks, the canvas shows the document, and undo leads back to the start.

CNNSTUDIO_EFFORT asks for longer runs, CNNSTUDIO_MONKEY_SEED for others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.worker_client import WorkerClient
from tests.helpers.effort import times
from tests.helpers.monkey import Monkey, differences

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
TRICKS = times(60)
SEED = int(os.environ.get("CNNSTUDIO_MONKEY_SEED", "0"))
OFTEN = 6
"""Tricks after which the canvas is held against a scene drawn from nothing."""


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window on the default preset, as large as on a small laptop."""
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), WorkerClient(command=(sys.executable, str(FAKE))))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.bridge.mark_saved()
    made.worker.stop()
    themes.choose(Mode.LIGHT)
    QApplication.clipboard().clear()


@pytest.mark.search
@pytest.mark.parametrize("seed", [SEED, SEED + 1])
def test_anything_anywhere(qtbot: QtBot, window: MainWindow, seed: int) -> None:
    """Hundreds of mouse and key events a seed."""
    canvas, bridge = window.design.canvas, window.bridge
    first = bridge.experiment
    monkey = Monkey(window, seed)
    for number in range(TRICKS):
        with qtbot.captureExceptions() as exceptions:
            monkey.act()
            QApplication.sendPostedEvents()
            if not window.isActiveWindow():  # a menu was open: the platform has yet to come back to the window
                window.activateWindow()
                qtbot.waitUntil(window.isActiveWindow)
        last = f"seed {seed}: {monkey.done[-8:]}"
        assert not exceptions, f"{last}\n{exceptions}"
        if number % OFTEN == 0:
            _settle(window)
            assert not differences(canvas), f"{last}: {differences(canvas)}"
    _settle(window)
    assert not differences(canvas)
    last_value = bridge.experiment
    steps = bridge.document.index
    for _ in range(steps):
        QTest.keyClick(canvas, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not bridge.document.can_undo, f"{last}: {_state(window)}"
    assert bridge.experiment == first
    assert not differences(canvas)
    for _ in range(steps):
        bridge.redo()
    assert bridge.experiment == last_value
    assert not differences(canvas)


def _settle(window: MainWindow) -> None:
    """End what is under way, as a person would before looking."""
    window.bridge.fix_preview.drop()
    window.design.canvas.setFocus()


def _state(window: MainWindow) -> str:
    """What may stand in the way of a key."""
    shown = [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    undo = window.actions_table["undo"]
    parts = (shown, QApplication.focusWidget(), QApplication.activePopupWidget(), window.isActiveWindow())
    return f"{parts}, {undo.isEnabled()} {window.bridge.document.undo_label} {window.pages.name}"
