"""The Problems tab: lists, leads to the block, mends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from cnnstudio.app.panels.problem_model import BLOCK, GIVES, NO_FIX, PROBLEM
from cnnstudio.app.panels.problems import ProblemsPanel
from cnnstudio.app.selection import Selection
from cnnstudio.core.analysis.diagnostics import Diagnostic
from cnnstudio.core.edits import AddBlock, SetParameters
from tests.helpers.designs import bridge_of, spec, undo_steps, value_of

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QPoint
    from pytestqt.qtbot import QtBot


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.bridge = bridge_of(("first", spec("Convolution", filters=8)), ("pool", spec("GlobalAveragePooling")))
        self.selection = Selection(self.bridge)
        self.panel = ProblemsPanel(self.bridge, self.selection)
        self.counts: list[tuple[int, int]] = []
        self.panel.count_changed.connect(self.count)
        self.panel.resize(800, 240)
        qtbot.addWidget(self.panel)
        self.panel.show()

    def count(self, errors: int, warnings: int) -> None:
        self.counts.append((errors, warnings))

    def breaks(self) -> None:
        """An error with a parameter, an error and a warning of a loose block."""
        self.bridge.do(AddBlock(spec=spec("Dropout"), id="loose"))
        self.bridge.do(SetParameters(id="first", values={"groups": 3}))

    def place(self, row: int, column: int) -> QPoint:
        return self.panel.view.visualRect(self.panel.model.index(row, column)).center()

    def click(self, row: int, column: int) -> None:
        viewport = self.panel.view.viewport()
        QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=self.place(row, column))

    def fix(self, row: int, number: int) -> QModelIndex:
        """The row of a fix of the problem in that row."""
        return self.panel.model.index(number, PROBLEM, self.panel.model.index(row, PROBLEM))

    def click_fix(self, row: int, number: int) -> None:
        place = self.panel.view.visualRect(self.fix(row, number)).center()
        QTest.mouseClick(self.panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)

    def row_of(self, block: str) -> int:
        texts = [self.panel.model.index(n, BLOCK).data() for n in range(self.panel.model.rowCount())]
        return texts.index(block)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def open_menu() -> QMenu:
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def test_a_clean_design_says_so(desk: Desk) -> None:
    assert desk.panel.currentWidget() is desk.panel.empty
    assert desk.panel.empty.sentence.text() == "No problems."
    assert desk.panel.counts == (0, 0)


def test_problems_are_listed_and_counted(desk: Desk) -> None:
    desk.breaks()
    assert desk.panel.currentWidget() is desk.panel.view
    assert desk.panel.model.rowCount() == len(desk.bridge.diagnostics)
    errors = sum(d.severity == "error" for d in desk.bridge.diagnostics)
    assert desk.counts[-1] == desk.panel.counts == (errors, len(desk.bridge.diagnostics) - errors)
    first = desk.panel.model.index(0, PROBLEM)
    assert first.data() == desk.bridge.diagnostics[0].message
    assert first.data(Qt.ItemDataRole.AccessibleTextRole).startswith("error: ")
    assert not first.data(Qt.ItemDataRole.DecorationRole).isNull()
    desk.bridge.undo()
    desk.bridge.undo()
    assert desk.counts[-1] == (0, 0)
    assert desk.panel.currentWidget() is desk.panel.empty


def test_a_click_leads_to_block_and_parameter(qtbot: QtBot, desk: Desk) -> None:
    desk.breaks()
    with qtbot.waitSignal(desk.selection.parameter_wanted) as wanted:
        desk.click(desk.row_of("first"), PROBLEM)
    assert wanted.args == ["groups"]
    assert desk.selection.ids == ("first",)
    desk.click(desk.row_of("loose"), BLOCK)
    assert desk.selection.ids == ("loose",)


def test_enter_leads_there_too(desk: Desk) -> None:
    desk.breaks()
    desk.panel.view.setCurrentIndex(desk.panel.model.index(desk.row_of("first"), PROBLEM))
    QTest.keyClick(desk.panel.view, Qt.Key.Key_Return)
    assert desk.selection.ids == ("first",)


def test_fixes_stand_beneath_their_problem_with_what_they_give(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="first", values={"kernel_size": 9, "padding": "valid"}))
    diagnostic = desk.bridge.diagnostics[0]
    assert len(diagnostic.fixes) > 1
    assert desk.panel.model.opened == (0,), "the ways out of the first one are in sight at once"
    rows = [desk.fix(0, n) for n in range(desk.panel.model.rowCount(desk.panel.model.index(0, PROBLEM)))]
    assert [r.data() for r in rows] == [f.label for f in diagnostic.fixes]
    assert [r.data(GIVES) for r in rows] == [f.gives for f in diagnostic.fixes]
    assert rows[0].data(GIVES) == "first gives 8 × 8 × 8 · + 656 parameters"
    assert rows[0].data(Qt.ItemDataRole.AccessibleTextRole).startswith('Fix: Set padding to "same". first gives')
    desk.click_fix(0, 0)
    assert value_of(desk.bridge, "first", "padding") == "same"
    assert undo_steps(desk.bridge) == 2
    assert desk.selection.ids == (), "mending leaves the selection alone"


def test_other_problems_show_their_fixes_when_they_are_clicked_or_unfolded(desk: Desk) -> None:
    desk.breaks()
    row = desk.row_of("loose")
    assert row not in desk.panel.model.opened
    desk.click(row, PROBLEM)
    assert row in desk.panel.model.opened
    desk.panel.view.collapse(desk.panel.model.index(row, PROBLEM))
    assert row not in desk.panel.model.opened
    QTest.keyClick(desk.panel.view, Qt.Key.Key_Right)
    assert row in desk.panel.model.opened
    assert desk.fix(row, 0).data().startswith("Connect ")


def test_a_problem_without_a_fix_says_so(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Diagnostic, "fixes", ())
    desk.breaks()
    assert desk.fix(0, 0).data() == NO_FIX
    before = undo_steps(desk.bridge)
    desk.click_fix(0, 0)
    assert undo_steps(desk.bridge) == before


def test_the_quick_fix_key_goes_from_fix_to_fix_and_enter_makes_it(qtbot: QtBot, desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="first", values={"kernel_size": 9, "padding": "valid"}))
    desk.panel.activateWindow()
    desk.panel.view.setFocus()
    qtbot.waitUntil(desk.panel.view.hasFocus)
    for wanted in (0, 1, 0):
        QTest.keyClick(desk.panel.view, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
        if wanted == 0 and len(desk.bridge.diagnostics[0].fixes) > 2:
            desk.panel.view.setCurrentIndex(desk.fix(0, 0))
        assert desk.panel.view.currentIndex() == desk.fix(0, wanted)
    QTest.keyClick(desk.panel.view, Qt.Key.Key_Return)
    assert value_of(desk.bridge, "first", "padding") == "same"


def test_a_second_click_on_a_fix_makes_no_other_one(desk: Desk) -> None:
    desk.breaks()
    desk.bridge.do(AddBlock(spec=spec("Dropout"), id="another"))
    before = undo_steps(desk.bridge)
    place = desk.panel.view.visualRect(desk.fix(0, 0)).center()
    QTest.mouseClick(desk.panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(desk.panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert undo_steps(desk.bridge) == before + 1


def test_the_context_menu_offers_everything(desk: Desk) -> None:
    desk.breaks()
    row = desk.row_of("first")
    desk.panel.view.customContextMenuRequested.emit(desk.place(row, PROBLEM))
    menu = open_menu()
    texts = [a.text() for a in menu.actions() if a.text()]
    diagnostic = desk.panel.model.diagnostic(desk.panel.model.index(row, PROBLEM))
    assert diagnostic is not None
    assert texts == [*(f"Fix: {f.label}\t{f.gives}" for f in diagnostic.fixes), "Go to block", "Copy text"]
    menu.actions()[-1].trigger()
    assert QApplication.clipboard().text() == str(diagnostic)
    menu.actions()[-2].trigger()
    menu.close()
    assert desk.selection.ids == ("first",)


def test_the_current_row_stays_while_others_come_and_go(desk: Desk) -> None:
    desk.breaks()
    row = desk.row_of("loose")
    desk.panel.view.setCurrentIndex(desk.panel.model.index(row, PROBLEM))
    before = desk.panel.current()
    desk.bridge.do(SetParameters(id="first", values={"groups": 1}))
    after = desk.panel.current()
    assert before is not None
    assert after is not None
    assert after.message == before.message
    assert desk.panel.view.currentIndex().row() != row


def test_fixes_are_those_of_the_latest_state(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="input", values={"shape": (9, 9, 1)}))
    desk.bridge.do(SetParameters(id="first", values={"filters": 5}))
    desk.click_fix(0, 0)
    assert value_of(desk.bridge, "first", "filters") == 5
    assert desk.bridge.diagnostics == ()


def test_hidden_it_still_counts_and_lists_when_shown(desk: Desk) -> None:
    desk.panel.hide()
    desk.breaks()
    assert desk.counts
    assert desk.panel.model.rowCount() == 0
    desk.panel.show()
    assert desk.panel.model.rowCount() == len(desk.bridge.diagnostics)


def test_the_whole_sentence_is_in_sight_in_a_narrow_panel(qtbot: QtBot, desk: Desk) -> None:
    desk.breaks()
    heights = [desk.panel.view.visualRect(desk.panel.model.index(0, PROBLEM)).height()]
    desk.panel.resize(420, 240)
    line = desk.panel.view.fontMetrics().lineSpacing()
    qtbot.waitUntil(
        lambda: desk.panel.view.visualRect(desk.panel.model.index(0, PROBLEM)).height() >= heights[0] + line
    )
