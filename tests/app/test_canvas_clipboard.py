"""Cut, copy and paste on the canvas, with the keys of the platform, between windows and from text."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from cnnstudio.core.formats.fragment import MIME, Fragment, write_fragment
from tests.helpers.canvas import CHAIN, EMPTY, RESIDUAL, Studio, experiment
from tests.helpers.studio import Studio as Window

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
C, V, X = Qt.Key.Key_C, Qt.Key.Key_V, Qt.Key.Key_X


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """Every test starts with nothing on the clipboard and leaves nothing there."""
    QApplication.clipboard().clear()
    yield
    QApplication.clipboard().clear()


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    """Input, convolution, pooling, flatten, Output."""
    return Studio.shown(qtbot, *CHAIN)


def menu(studio: Studio, at: QPoint) -> QMenu:
    view = studio.canvas.viewport()
    QApplication.sendEvent(view, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, view.mapToGlobal(at)))
    popup = QApplication.activePopupWidget()
    assert isinstance(popup, QMenu)
    return popup


def choose(popup: QMenu, name: str) -> None:
    entry = next(a for a in popup.actions() if a.objectName() == f"{popup.objectName()}_{name}")
    assert entry.isEnabled()
    entry.trigger()
    popup.close()


def test_copied_blocks_are_pasted_behind_the_selected_one_and_become_the_selection(chain: Studio) -> None:
    chain.selection.select(["pool", "conv"])
    chain.key(C, _CTRL)
    assert chain.steps == 0
    chain.selection.select(["flat"])
    chain.key(V, _CTRL)
    assert chain.chain() == ["input", "conv", "pool", "flat", "convolution_1", "max_pooling_1", "output"]
    assert chain.blocks["convolution_1"].spec == chain.blocks["conv"].spec
    assert chain.selected == ["convolution_1", "max_pooling_1"]
    assert chain.bridge.document.undo_label == "Paste 2 blocks"
    chain.bridge.undo()
    assert chain.chain() == ["input", "conv", "pool", "flat", "output"]


def test_with_several_or_none_selected_they_are_placed_in_free_space_in_sight(chain: Studio) -> None:
    chain.selection.select(["conv", "pool"])
    chain.key(C, _CTRL)
    chain.key(V, _CTRL)
    chain.selection.select([])
    chain.key(V, _CTRL)
    assert chain.blocks["max_pooling_2"].inputs == ("convolution_2",)
    assert chain.blocks["convolution_1"].inputs == chain.blocks["convolution_2"].inputs == ()
    bodies = [card.sceneBoundingRect() for card in chain.canvas.board.cards.values()]
    assert not [1 for n, a in enumerate(bodies) for b in bodies[:n] if a.intersects(b)]
    assert chain.canvas.seen().contains(chain.canvas.board.cards["max_pooling_2"].body.center())


def test_cutting_heals_the_chain_and_pasting_puts_it_back(chain: Studio) -> None:
    chain.selection.select(["pool"])
    chain.key(X, _CTRL)
    assert chain.chain() == ["input", "conv", "flat", "output"]
    assert chain.bridge.document.undo_label == "Cut pool"
    assert chain.selected == ["conv"]
    chain.key(V, _CTRL)
    assert chain.chain() == ["input", "conv", "max_pooling_1", "flat", "output"]
    assert chain.steps == 2


def test_select_all_and_cut_leave_the_input(chain: Studio) -> None:
    chain.key(Qt.Key.Key_A, _CTRL)
    chain.key(X, _CTRL)
    assert list(chain.blocks) == ["input"]
    chain.key(V, _CTRL)
    assert [b.spec.kind for b in chain.blocks.values()] == [kind for _, kind, _, _ in CHAIN]
    assert chain.chain() == ["input", "convolution_1", "max_pooling_1", "flatten_1", "output"]


def test_copying_the_input_alone_leaves_the_clipboard_as_it_is(chain: Studio) -> None:
    QApplication.clipboard().setText("mine")
    chain.selection.select(["input"])
    for key in (C, X):
        chain.key(key, _CTRL)
    assert QApplication.clipboard().text() == "mine"
    assert chain.steps == 0


def test_blocks_travel_to_another_window(chain: Studio, qtbot: QtBot) -> None:
    other = Studio.shown(qtbot, *EMPTY)
    chain.selection.select(["conv", "pool", "flat"])
    chain.key(C, _CTRL)
    assert other.canvas.clipboard.can_paste
    other.selection.select(["input"])
    other.key(V, _CTRL)
    assert other.chain() == ["input", "convolution_1", "max_pooling_1", "flatten_1", "output"]
    assert other.blocks["convolution_1"].spec == chain.blocks["conv"].spec


def test_the_text_on_the_clipboard_is_the_same_and_can_be_pasted_back(chain: Studio) -> None:
    chain.selection.select(["conv"])
    chain.key(C, _CTRL)
    clipboard = QApplication.clipboard()
    text = clipboard.text()
    assert bytes(clipboard.mimeData().data(MIME).data()).decode() == text
    clipboard.setText(text.replace('"filters": 6', '"filters": 12'))
    chain.key(V, _CTRL)
    assert getattr(chain.blocks["convolution_1"].spec, "filters", None) == 12


def put_text(text: str) -> None:
    QApplication.clipboard().setText(text)


def put_broken_blocks(text: str) -> None:
    data = QMimeData()
    data.setData(MIME, text.encode())
    QApplication.clipboard().setMimeData(data)


def _copied() -> str:
    architecture = experiment(*CHAIN).architecture
    return write_fragment(Fragment.of(architecture, ["conv", "pool"]))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a shopping list", "The clipboard holds no blocks"),
        ('{"format": "cnnstudio-experiment 1.0"}', "The clipboard holds no blocks"),
        (_copied()[:-20], "The clipboard is not JSON"),
        (_copied().replace("MaxPooling", "MaxPoling"), 'Did you mean "MaxPooling"'),
        (_copied().replace("1.1", "9.0", 1), "newer CNN Studio"),
        (write_fragment(Fragment.of(experiment(*CHAIN).architecture, ["output"])), "a network has one of each"),
    ],
)
def test_anything_else_gives_one_sentence(chain: Studio, qtbot: QtBot, text: str, words: str) -> None:
    put_text(text)
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(V, _CTRL)
    assert words in refused.args[0]
    assert chain.steps == 0
    put_broken_blocks(text[1:])
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(V, _CTRL)
    assert refused.args[0].startswith("The clipboard")


def test_a_program_that_has_copied_ends_well(tmp_path: Path) -> None:
    """Data made in Python must not be what Qt takes down after Python."""
    code = (
        "from cnnstudio.app import application; from PySide6.QtCore import QTimer\n"
        "app = application.make_application(); window = application.make_window(application.Preferences())\n"
        "window.show(); window.selection.select(['convolution_1']); window.design.canvas.copy_selection()\n"
        "QTimer.singleShot(0, window.close); app.exec(); print(app.clipboard().text())"
    )
    home = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "CNNSTUDIO_HOME": str(tmp_path)}
    ended = subprocess.run([sys.executable, "-c", code], env=home, capture_output=True, text=True, check=False)
    assert (ended.returncode, "cnnstudio-blocks 1.1" in ended.stdout) == (0, True), ended.stderr


def test_what_can_be_pasted_follows_the_clipboard(chain: Studio, qtbot: QtBot) -> None:
    clipboard = QApplication.clipboard()
    assert not chain.canvas.clipboard.can_paste
    with qtbot.waitSignal(chain.canvas.clipboard.changed):
        put_text("something")
    assert chain.canvas.clipboard.can_paste
    picture = QImage(2, 2, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    clipboard.setImage(picture)
    assert not chain.canvas.clipboard.can_paste
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(V, _CTRL)
    assert "holds no blocks" in refused.args[0]


def test_the_menus_cut_copy_and_paste_here(chain: Studio) -> None:
    popup = menu(chain, chain.middle("input"))
    entries = {a.objectName().removeprefix("canvas_block_menu_"): a.isEnabled() for a in popup.actions()}
    assert not entries["cut"]
    assert not entries["copy"]
    assert not entries["paste"]
    popup.close()
    choose(menu(chain, chain.middle("pool")), "copy")
    choose(menu(chain, chain.middle("flat")), "paste")
    assert chain.chain() == ["input", "conv", "pool", "flat", "max_pooling_1", "output"]
    at = QPoint(40, 500)
    choose(menu(chain, at), "paste_here")
    assert chain.blocks["max_pooling_2"].inputs == ()
    assert chain.at(chain.canvas.board.cards["max_pooling_2"].pos()) == at
    choose(menu(chain, chain.middle("max_pooling_2")), "cut")
    assert "max_pooling_2" not in chain.blocks


def test_upstream_and_downstream_join_the_selection_and_the_current_block_stays(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *RESIDUAL)
    studio.selection.select(["left"])
    studio.key(Qt.Key.Key_Up, _CTRL | _SHIFT)
    assert studio.selected == ["input", "stem", "left"]
    studio.selection.select(["left"])
    studio.key(Qt.Key.Key_Down, _CTRL | _SHIFT)
    assert studio.selected == ["sum", "flat", "output", "left"]
    assert studio.steps == 0


# ---- in the window


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[Window]:
    """The whole window; its worker loads meanwhile and is not waited for."""
    made = Window(qtbot)
    yield made
    made.close()


def test_in_the_window_keys_belong_to_what_has_the_focus(window: Window) -> None:
    actions = window.window.actions_table
    before = window.order
    assert not any(actions[i].isEnabled() for i in ("cut", "copy", "paste", "select_upstream"))
    window.click_card(before[1])
    assert all(actions[i].isEnabled() for i in ("cut", "copy", "select_upstream"))
    window.key(C, _CTRL)
    window.until(actions["paste"].isEnabled)
    window.key(V, _CTRL)
    assert len(window.order) == len(before) + 1
    assert window.order[2] == window.window.selection.current
    search = window.find(QLineEdit, "palette_search")
    QTest.mouseClick(search, Qt.MouseButton.LeftButton)
    QTest.keyClicks(search, "dense")
    for key in (Qt.Key.Key_A, X):
        window.key(key, _CTRL)
    assert QApplication.clipboard().text() == "dense"
    assert search.text() == ""
    window.key(V, _CTRL)
    assert search.text() == "dense"
    assert len(window.order) == len(before) + 1
    window.click_card(before[1])
    window.key(V, _CTRL)
    assert [t for t in window.window.messages.texts if "The clipboard holds no blocks" in t]
    window.window.show_data()
    assert not actions["paste"].isEnabled()


def test_the_edit_menu_pastes_and_undo_says_what(window: Window) -> None:
    actions = window.window.actions_table
    second = window.order[1]
    window.click_card(second)
    actions["cut"].trigger()
    assert second not in window.architecture.blocks
    assert actions["undo"].text() == f"Undo cut {second}"
    actions["paste"].trigger()
    assert actions["undo"].text().startswith("Undo paste")
    for _ in range(2):
        actions["undo"].trigger()
    assert window.order[1] == second
