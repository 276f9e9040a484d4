"""The History tab: says what was done, follows, and goes anywhere by mouse and keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from cnnstudio.app.panels.history import EMPTY, FIRST, HistoryPanel
from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.core.document import Document
from cnnstudio.core.edits import AddBlock, SetParameters
from cnnstudio.core.experiment import Experiment
from tests.helpers.designs import bridge_of, chain, spec, value_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.document_bridge import Change

KEY = Qt.Key


class Desk:
    def __init__(self, qtbot: QtBot, height: int = 240) -> None:
        self.bridge = bridge_of(("first", spec("Convolution", filters=8)))
        self.panel = HistoryPanel(self.bridge)
        self.panel.resize(600, height)
        self.changes: list[Change] = []
        self.bridge.changed.connect(self.changes.append)
        qtbot.addWidget(self.panel)
        self.panel.show()
        qtbot.waitExposed(self.panel)

    def edit(self, *filters: int) -> None:
        for value in filters:
            assert self.bridge.do(SetParameters(id="first", values={"filters": value}))

    def texts(self, role: Qt.ItemDataRole = Qt.ItemDataRole.DisplayRole) -> list[str]:
        model = self.panel.model
        return [str(model.index(row).data(role)) for row in range(model.rowCount())]

    def click(self, row: int) -> None:
        place = self.panel.view.visualRect(self.panel.model.index(row)).center()
        QTest.mouseClick(self.panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def press(self, *keys: Qt.Key) -> None:
        for key in keys:
            QTest.keyClick(self.panel.view, key)

    def filters(self) -> object:
        return value_of(self.bridge, "first", "filters")


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def test_without_edits_it_says_what_will_be_here(desk: Desk) -> None:
    assert desk.panel.currentWidget() is desk.panel.empty
    sentence = desk.panel.findChild(QLabel, "empty_state")
    assert sentence is not None
    assert sentence.isVisible()
    assert sentence.text() == EMPTY


def test_states_are_listed_in_words_with_the_current_one_marked(desk: Desk) -> None:
    desk.edit(16)
    assert desk.bridge.do(AddBlock(spec=spec("MaxPooling"), id="pool", after="first"))
    assert desk.panel.currentWidget() is desk.panel.view
    assert desk.texts() == [FIRST, desk.bridge.document.states[1].label, "Add max pooling"]
    assert desk.panel.view.currentIndex().row() == 2
    assert desk.texts(Qt.ItemDataRole.AccessibleTextRole)[2] == "Add max pooling, current"
    assert [bold(desk, row) for row in range(3)] == [False, False, True]


def bold(desk: Desk, row: int) -> bool:
    font = desk.panel.model.index(row).data(Qt.ItemDataRole.FontRole)
    assert isinstance(font, QFont)
    return font.bold()


def test_a_click_goes_there_with_one_change_and_greys_what_is_undone(desk: Desk) -> None:
    desk.edit(16, 24, 32)
    desk.changes.clear()
    desk.click(1)
    assert desk.filters() == 16
    assert len(desk.changes) == 1
    assert desk.changes[0].after is desk.bridge.experiment
    standing = desk.texts(Qt.ItemDataRole.AccessibleTextRole)
    assert [text.rpartition(", ")[2] for text in standing[1:]] == ["current", "undone", "undone"]
    colors = [desk.panel.model.index(row).data(Qt.ItemDataRole.ForegroundRole) for row in range(4)]
    assert colors == [None, None, theme().color(Role.MUTED), theme().color(Role.MUTED)]
    desk.click(3)
    assert desk.filters() == 32
    assert not desk.bridge.document.can_redo


def test_a_click_on_the_current_state_changes_nothing(desk: Desk) -> None:
    desk.edit(16, 24)
    desk.changes.clear()
    desk.click(2)
    desk.bridge.jump(99)
    desk.bridge.jump(-1)
    assert desk.changes == []
    assert desk.filters() == 24


def test_keys_move_without_going_and_enter_goes(desk: Desk) -> None:
    desk.edit(16, 24)
    desk.panel.setFocus()
    assert desk.panel.view.hasFocus()
    desk.press(KEY.Key_Up, KEY.Key_Up)
    assert desk.filters() == 24
    desk.press(KEY.Key_Return)
    assert desk.filters() == 8
    assert not desk.bridge.document.is_modified
    desk.press(KEY.Key_End, KEY.Key_Enter)
    assert desk.filters() == 24
    assert desk.panel.view.hasFocus()


def test_undo_and_an_edit_after_it_are_followed(desk: Desk) -> None:
    desk.edit(16, 24)
    desk.bridge.undo()
    assert desk.panel.view.currentIndex().row() == 1
    assert desk.panel.model.rowCount() == 3
    assert desk.bridge.do(AddBlock(spec=spec("Dropout"), id="drop", after="first"))
    assert desk.texts()[1:] == [desk.bridge.document.states[1].label, "Add dropout"]


def test_hidden_it_waits_and_catches_up_when_shown(desk: Desk) -> None:
    desk.panel.hide()
    desk.edit(16, 24)
    assert desk.panel.model.rowCount() <= 1
    desk.panel.show()
    assert desk.panel.model.rowCount() == 3


def test_another_experiment_begins_anew(desk: Desk) -> None:
    desk.edit(16)
    desk.bridge.open(Document(Experiment(name="Other", architecture=chain(("only", spec("Dropout"))))))
    assert desk.panel.currentWidget() is desk.panel.empty


def test_of_many_states_the_current_one_is_in_sight(qtbot: QtBot) -> None:
    desk = Desk(qtbot, height=120)
    desk.edit(*range(9, 60))
    view = desk.panel.view
    assert view.viewport().rect().contains(view.visualRect(view.currentIndex()).center())
    desk.bridge.jump(3)
    assert view.viewport().rect().contains(view.visualRect(desk.panel.model.index(3)).center())


def test_marks_follow_the_look(desk: Desk, qapp: QApplication) -> None:
    desk.edit(16, 24)
    desk.bridge.undo()
    seen = []
    for mode in (Mode.DARK, Mode.LIGHT):
        themes.choose(mode)
        seen.append(desk.panel.model.index(2).data(Qt.ItemDataRole.ForegroundRole).name())
    assert len(set(seen)) == 2
