"""Bypass in the window: by key, menu, action and the inspector's switch; tables and canvas agree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.panels.layers import LayersPanel
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.document import Document
from tests.helpers.canvas import CHAIN, Studio, experiment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def bypassed(studio: Studio) -> set[str]:
    """Ids of the blocks left out."""
    return {b.id for b in studio.blocks.values() if b.bypassed}


@pytest.fixture
def studio(qtbot: QtBot) -> Studio:
    """A chain on a canvas."""
    return Studio.shown(qtbot, *CHAIN)


def test_the_key_leaves_out_all_that_is_selected_and_takes_it_in_again(studio: Studio) -> None:
    studio.click(studio.middle("conv"))
    studio.key(Qt.Key.Key_B, CTRL)
    assert bypassed(studio) == {"conv"}
    assert studio.canvas.board.cards["conv"].face.spoken.startswith("Convolution conv, bypassed")
    assert studio.canvas.board.cards["pool"].face.shape == "4 × 4 × 1", "one channel comes in, not six"
    studio.click(studio.middle("pool"), SHIFT)
    studio.key(Qt.Key.Key_B, CTRL)
    assert bypassed(studio) == {"conv", "pool"}, "of a mixed selection the rest, too"
    studio.key(Qt.Key.Key_B, CTRL)
    assert bypassed(studio) == set()
    assert studio.bridge.document.undo_label == "Use 2 blocks again"
    for _ in range(3):
        studio.bridge.undo()
    assert not studio.bridge.document.can_undo


def test_ends_of_the_network_stay(studio: Studio) -> None:
    studio.click(studio.middle("output"))
    studio.key(Qt.Key.Key_B, CTRL)
    assert not studio.canvas.can_bypass
    studio.click(studio.middle("flat"), SHIFT)
    studio.key(Qt.Key.Key_B, CTRL)
    assert bypassed(studio) == {"flat"}, "of what is selected, what can be"


def test_the_menu_says_what_it_would_do(studio: Studio) -> None:
    for words, left in (("Bypass\tCtrl+B", {"conv"}), ("Use again\tCtrl+B", set[str]())):
        menu = studio.canvas.menu_at(studio.middle("conv"))
        next(a for a in menu.actions() if a.text() == words).trigger()
        assert bypassed(studio) == left
        menu.deleteLater()


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), WorkerClient(command=(sys.executable, str(FAKE))))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.bridge.open(Document(experiment(*CHAIN)))
    yield made
    made.bridge.mark_saved()
    made.worker.stop()


def test_action_inspector_and_tables_agree(window: MainWindow, qtbot: QtBot) -> None:
    action = window.actions_table["bypass"]
    assert not action.isEnabled()
    window.selection.select(["conv"])
    switch = window.findChild(QCheckBox, "block_bypassed")
    assert switch is not None
    assert (action.isEnabled(), action.text(), switch.isChecked()) == (True, "Bypass", False)
    QTest.mouseClick(switch, Qt.MouseButton.LeftButton, pos=switch.rect().center())
    blocks = window.bridge.experiment.architecture.blocks
    assert blocks["conv"].bypassed
    assert (action.text(), switch.isChecked()) == ("Use again", True)
    assert next(str(d) for d in window.bridge.diagnostics).startswith("hint: conv: conv is bypassed")
    layers = LayersPanel(window.bridge, window.selection)
    qtbot.addWidget(layers)
    layers.show()
    row = next(n for n in range(layers.model.rowCount()) if layers.model.index(n, 0).data() == "conv")
    cells = [str(layers.model.index(row, n).data()) for n in range(layers.model.columnCount())]
    assert "Convolution (bypassed)" in cells
    assert "0" in cells, "its parameters count for nothing"
    action.trigger()
    assert not window.bridge.experiment.architecture.blocks["conv"].bypassed
    assert not switch.isChecked()
    window.selection.select(["input"])
    assert switch.isHidden()
    assert not action.isEnabled()
