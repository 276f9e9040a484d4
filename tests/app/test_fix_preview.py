"""A fix that is pointed at is shown on the canvas before it is made, and nothing else knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from cnnstudio.app.canvas.thumbnails import PreviewNote
from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.inspector.findings import FixButton
from cnnstudio.app.panels.problem_model import PROBLEM
from cnnstudio.app.panels.problems import ProblemsPanel
from cnnstudio.core.edits import SetParameters
from tests.helpers.canvas import Row, Studio
from tests.helpers.designs import value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QModelIndex
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.canvas.ghost import Ghosts
    from cnnstudio.core.analysis.diagnostics import Fix

SKIP: tuple[Row, ...] = (
    ("input", "Input", "", {}),
    ("conv_1", "Convolution", "input", {"filters": 8}),
    ("conv_2", "Convolution", "conv_1", {"filters": 8}),
    ("add_1", "Add", "conv_2 input", {}),
    ("pool", "GlobalAveragePooling", "add_1", {}),
    ("output", "Output", "pool", {}),
)


class Desk(NamedTuple):
    """A canvas with Problems and inspector beneath it, in one window."""

    studio: Studio
    window: QWidget
    problems: ProblemsPanel
    inspector: InspectorPanel

    @property
    def shown(self) -> Fix | None:
        """The fix on trial."""
        return self.studio.bridge.fix_preview.shown

    @property
    def ghosts(self) -> Ghosts:
        """What the canvas draws of it."""
        return self.studio.canvas.ghosts

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The ways out of the one error."""
        return self.studio.bridge.diagnostics[0].fixes

    @property
    def cards(self) -> set[str]:
        """What is drawn."""
        return set(self.studio.canvas.board.cards)

    def row(self, number: int) -> QModelIndex:
        """The row of a fix of the first problem."""
        model = self.problems.model
        return model.index(number, PROBLEM, model.index(0, PROBLEM))

    def place(self, number: int) -> QPoint:
        """Where that row is."""
        return self.problems.view.visualRect(self.row(number)).center()

    def hover(self, number: int) -> None:
        """Move the mouse to that row."""
        viewport = self.problems.view.viewport()
        QTest.mouseMove(viewport, self.place(number) - QPoint(4, 0))
        QTest.mouseMove(viewport, self.place(number))

    def untouched(self, before: object) -> None:
        """The canvas shows the document again, and that is as it was."""
        bridge = self.studio.bridge
        assert bridge.experiment is before
        assert self.cards == set(bridge.experiment.architecture.blocks)
        assert not self.ghosts.are_shown
        assert not self.ghosts.marks.isVisible()
        assert self.ghosts.banner.isHidden()


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    studio = Studio.shown(qtbot, *SKIP)
    window = QWidget()
    column = QVBoxLayout(window)
    made = Desk(
        studio, window, ProblemsPanel(studio.bridge, studio.selection), InspectorPanel(studio.bridge, studio.selection)
    )
    column.addWidget(studio.canvas, 3)
    column.addWidget(made.problems, 1)
    column.addWidget(made.inspector, 3)
    qtbot.addWidget(window)
    window.resize(900, 1400)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    studio.canvas.setFocus()
    return made


def test_hovering_a_fix_shows_its_outcome_and_leaving_restores(qtbot: QtBot, desk: Desk) -> None:
    bridge, selection = desk.studio.bridge, desk.studio.selection
    selection.select(["conv_1"])
    before, place = bridge.experiment, desk.studio.canvas.verticalScrollBar().value()
    heard: list[object] = []
    bridge.changed.connect(heard.append)
    desk.hover(0)
    assert desk.shown is None, "a mouse that passes shows nothing"
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    assert desk.cards == {*before.architecture.blocks, "convolution_1"}
    assert [r.center() for r in desk.ghosts.marks.fresh] == [
        desk.studio.canvas.board.cards["convolution_1"].body.center()
    ]
    assert desk.studio.canvas.board.cards["add_1"].face.shape == "8 × 8 × 8"
    assert desk.studio.canvas.board.cards["add_1"].body in desk.ghosts.marks.altered, "its shape is another"
    banner = desk.ghosts.banner.text()
    assert banner.splitlines() == [
        f"Preview: {desk.fixes[0].label}",
        "add_1 gives 8 × 8 × 8 · + 16 parameters",
        "Enter applies, Esc leaves",
    ]
    assert (bridge.experiment, selection.ids, heard) == (before, ("conv_1",), [])
    assert desk.problems.model.rowCount() == 1
    QTest.mouseMove(desk.studio.canvas.viewport(), QPoint(5, 5))
    QApplication.sendEvent(desk.problems.view, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: desk.shown is None)
    desk.untouched(before)
    assert desk.studio.canvas.verticalScrollBar().value() == place
    assert not bridge.document.can_undo


def test_from_one_fix_to_the_next_the_document_is_not_shown_between(qtbot: QtBot, desk: Desk) -> None:
    seen: list[Fix | None] = []
    desk.studio.bridge.fix_preview.changed.connect(_noting(desk, seen))
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    desk.hover(1)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[1])
    assert seen == [desk.fixes[0], desk.fixes[1]]
    assert "convolution_1" not in desk.cards, "the first one's ghost is gone"
    desk.studio.bridge.fix_preview.drop()


def _noting(desk: Desk, seen: list[Fix | None]) -> Callable[[], None]:
    def note() -> None:
        seen.append(desk.shown)

    return note


def test_enter_makes_what_is_shown_and_escape_leaves_it_wherever_the_keyboard_is(qtbot: QtBot, desk: Desk) -> None:
    before = desk.studio.bridge.experiment
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is not None)
    QTest.keyClick(desk.studio.canvas, Qt.Key.Key_Escape)
    desk.untouched(before)
    desk.hover(1)
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    QTest.keyClick(desk.studio.canvas, Qt.Key.Key_Return)
    assert desk.shown is None
    assert "convolution_1" in desk.studio.blocks
    assert desk.studio.steps == 1
    assert desk.cards == set(desk.studio.blocks)
    desk.studio.bridge.undo()
    assert desk.studio.bridge.experiment is before


def test_typing_something_else_leaves_it_and_does_what_it_always_does(qtbot: QtBot, desk: Desk) -> None:
    desk.studio.selection.select(["pool"])
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is not None)
    QTest.keyClick(desk.studio.canvas, Qt.Key.Key_Delete)
    assert desk.shown is None
    assert "pool" not in desk.studio.blocks
    assert "convolution_1" not in desk.cards


def test_the_keyboard_goes_through_fixes_and_shows_each(qtbot: QtBot, desk: Desk) -> None:
    view = desk.problems.view
    view.setFocus()
    qtbot.waitUntil(view.hasFocus)
    QTest.keyClick(view, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    QTest.keyClick(view, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[1])
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert desk.studio.steps == 1
    assert value_of(desk.studio.bridge, "conv_2", "filters") == 1, "that was the second one"


def test_a_press_on_the_canvas_ends_it_first(qtbot: QtBot, desk: Desk) -> None:
    before = desk.studio.bridge.experiment
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is not None)
    desk.studio.click(desk.studio.middle("input"))
    desk.untouched(before)
    assert desk.studio.selected == ["input"]


def test_an_edit_from_elsewhere_ends_it(qtbot: QtBot, desk: Desk) -> None:
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is not None)
    desk.studio.key(Qt.Key.Key_Z)  # some other key
    desk.hover(1)
    desk.hover(0)
    qtbot.waitUntil(lambda: desk.shown is not None)
    desk.studio.bridge.do(SetParameters(id="conv_1", values={"filters": 4}))
    desk.untouched(desk.studio.bridge.experiment)


def test_buttons_of_the_inspector_say_what_they_give_and_show_it(qtbot: QtBot, desk: Desk) -> None:
    desk.studio.selection.select(["add_1"])
    buttons = [b for b in desk.inspector.findChildren(FixButton) if b.isVisible()]
    assert [b.words for b in buttons] == [f.label for f in desk.fixes]
    assert buttons[0].gives == "Gives 8 × 8 × 8 · + 16 parameters"  # of the block that the inspector is about
    assert [b.accessibleDescription() for b in buttons] == [f.gives for f in desk.fixes]
    assert all(b.height() >= b.heightForWidth(b.width()) for b in buttons), "no text is cut"
    buttons[0].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    buttons[1].setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[1])
    QTest.keyClick(buttons[1], Qt.Key.Key_Space)
    assert value_of(desk.studio.bridge, "conv_2", "filters") == 1
    assert desk.shown is None


@pytest.mark.parametrize("on_edge", [False, True])
def test_menus_of_bad_blocks_and_edges_list_fixes_and_show_them(qtbot: QtBot, desk: Desk, on_edge: bool) -> None:
    canvas = desk.studio.canvas
    canvas.centerOn(canvas.board.cards["add_1"])
    at = desk.studio.on_edge("conv_2", "add_1") if on_edge else desk.studio.middle("add_1")
    menu = canvas.menu_at(at)
    entries = [a.text() for a in menu.actions() if a.text().startswith("Fix: ")]
    assert entries == [f"Fix: {f.label}\t{f.gives}" for f in desk.fixes]
    menu.popup(canvas.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: desk.shown is desk.fixes[0])
    assert "convolution_1" in desk.cards
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert "convolution_1" in desk.studio.blocks
    assert desk.studio.steps == 1
    menu.deleteLater()


def test_leaving_a_menu_restores(qtbot: QtBot, desk: Desk) -> None:
    before = desk.studio.bridge.experiment
    menu = desk.studio.canvas.menu_at(desk.studio.middle("add_1"))
    assert isinstance(menu, QMenu)
    menu.popup(desk.studio.canvas.mapToGlobal(QPoint(0, 0)))
    qtbot.waitUntil(menu.isVisible)
    QTest.keyClick(menu, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: desk.shown is not None)
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: desk.shown is None)
    desk.untouched(before)
    menu.deleteLater()


def test_good_blocks_and_edges_have_no_fixes_in_their_menus(desk: Desk) -> None:
    for at in (desk.studio.middle("conv_1"), desk.studio.on_edge("input", "conv_1")):
        menu = desk.studio.canvas.menu_at(at)
        assert not [a.text() for a in menu.actions() if a.text().startswith("Fix")]
        menu.deleteLater()


def test_a_note_makes_room_for_the_banner_and_comes_back(qtbot: QtBot, desk: Desk) -> None:
    note = PreviewNote(desk.studio.canvas)
    note.explain("Live previews need the worker: Train starts a new one.")
    assert note.isVisible()
    desk.studio.bridge.fix_preview.point_at(desk.fixes[0], desk.studio.canvas)
    qtbot.waitUntil(lambda: desk.ghosts.are_shown)
    assert note.isHidden()
    desk.studio.bridge.fix_preview.drop()
    assert note.isVisible()
