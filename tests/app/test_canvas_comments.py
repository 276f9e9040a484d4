"""Comments on the canvas under mouse and keyboard: write, select, move, widen, copy, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.core.edits import AddComment, Tidy
from tests.helpers.canvas import CHAIN, Studio

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QPointF
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.canvas.comment_editor import CommentEditor
    from cnnstudio.core.architecture import Comment

CTRL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier(0)
TEXT = "Kernels of 5 x 5 see strokes, not only edges."


@pytest.fixture
def studio(qtbot: QtBot) -> Studio:
    """A chain on a canvas that has the keyboard."""
    made = Studio.shown(qtbot, *CHAIN)
    made.canvas.activateWindow()
    qtbot.waitUntil(made.canvas.hasFocus)
    return made


@pytest.fixture
def noted(studio: Studio) -> Studio:
    """The same with one comment, beside the convolution, and nothing to undo but that."""
    studio.bridge.do(AddComment(id="note", text=TEXT, position=(260.0, 112.0)))
    return studio


def comments(studio: Studio) -> Mapping[str, Comment]:
    """The document's comments."""
    return studio.bridge.experiment.architecture.comments


def texts(studio: Studio) -> list[str]:
    """What they say."""
    return [c.text for c in comments(studio).values()]


def editor(studio: Studio) -> CommentEditor:
    """The open field."""
    found = studio.canvas.writing.editor
    assert found is not None
    return found


def middle(studio: Studio, id: str = "note") -> QPoint:
    """Where a comment's centre is in the viewport."""
    return studio.at(studio.canvas.board.notes[id].body.center())


def test_a_comment_is_written_in_place_and_kept_by_control_enter(studio: Studio) -> None:
    studio.click(studio.middle("conv"))
    studio.key(Qt.Key.Key_C, CTRL | SHIFT)
    assert editor(studio).hasFocus()
    assert not studio.bridge.document.can_undo, "nothing is there before something is said"
    QTest.keyClicks(editor(studio), "Edges")
    QTest.keyClick(editor(studio), Qt.Key.Key_Return)
    QTest.keyClicks(editor(studio), "first")
    QTest.keyClick(editor(studio), Qt.Key.Key_Return, CTRL)
    assert texts(studio) == ["Edges\nfirst"]
    assert studio.steps == 1
    assert studio.canvas.hasFocus()
    assert (studio.selected, studio.selection.comments) == ([], ("comment_1",))
    body = studio.canvas.board.notes["comment_1"].body
    assert not any(body.intersects(card.body) for card in studio.canvas.board.cards.values())
    assert body.top() == studio.canvas.board.cards["conv"].body.top(), "beside the selected block"


def test_a_click_elsewhere_keeps_it_escape_and_no_words_do_not(studio: Studio) -> None:
    studio.canvas.add_comment()
    QTest.keyClicks(editor(studio), "kept")
    studio.click(QPoint(5, 5))
    studio.canvas.setFocus(Qt.FocusReason.MouseFocusReason)
    assert texts(studio) == ["kept"]
    assert studio.canvas.writing.editor is None
    studio.canvas.add_comment()
    QTest.keyClicks(editor(studio), "given up")
    QTest.keyClick(editor(studio), Qt.Key.Key_Escape)
    studio.canvas.add_comment()
    QTest.keyClick(editor(studio), Qt.Key.Key_Return, CTRL)
    assert (texts(studio), studio.steps) == (["kept"], 1)


def test_the_menu_of_the_canvas_puts_it_at_the_pointer(studio: Studio) -> None:
    at = QPoint(60, 80)
    menu = studio.canvas.menu_at(at)
    assert isinstance(menu, QMenu)
    next(a for a in menu.actions() if a.text().startswith("Add comment")).trigger()
    QTest.keyClicks(editor(studio), "here")
    QTest.keyClick(editor(studio), Qt.Key.Key_Return, CTRL)
    menu.deleteLater()
    (made,) = comments(studio).values()
    place: QPointF = studio.canvas.mapToScene(at)
    assert made.position == (place.x(), place.y())


def test_typing_is_no_shortcut_of_the_canvas(noted: Studio) -> None:
    noted.click(noted.middle("conv"))
    noted.canvas.writing.edit("note")
    for key, modifier in ((Qt.Key.Key_Delete, NONE), (Qt.Key.Key_D, CTRL), (Qt.Key.Key_B, CTRL), (Qt.Key.Key_Up, NONE)):
        QTest.keyClick(editor(noted), key, modifier)
    assert noted.selected == ["conv"]
    assert noted.steps == 1
    QTest.keyClick(editor(noted), Qt.Key.Key_Escape)
    assert texts(noted) == [TEXT]


@pytest.mark.parametrize("how", ["double-click", "F2", "Return"])
def test_editing_an_old_one(noted: Studio, how: str) -> None:
    noted.click(middle(noted))
    if how == "double-click":
        QTest.mouseDClick(noted.canvas.viewport(), Qt.MouseButton.LeftButton, NONE, middle(noted))
    else:
        noted.key(Qt.Key.Key_F2 if how == "F2" else Qt.Key.Key_Return)
    assert editor(noted).toPlainText() == TEXT
    QTest.keyClicks(editor(noted), "Other words")
    QTest.keyClick(editor(noted), Qt.Key.Key_Return, CTRL)
    assert texts(noted) == ["Other words"]
    assert noted.bridge.document.undo_label == "Edit a comment"


def test_an_old_one_without_words_goes(noted: Studio) -> None:
    noted.canvas.writing.edit("note")
    QTest.keyClick(editor(noted), Qt.Key.Key_Delete)
    QTest.keyClick(editor(noted), Qt.Key.Key_Return, CTRL)
    assert texts(noted) == []
    noted.bridge.undo()
    assert texts(noted) == [TEXT]


def test_clicks_shift_and_the_rubber_band_select_it_and_escape_nothing(noted: Studio) -> None:
    noted.click(middle(noted))
    assert (noted.selected, noted.selection.comments) == ([], ("note",))
    assert noted.canvas.accessibleDescription() == f"Comment: {TEXT}"
    noted.click(noted.middle("conv"), SHIFT)
    assert (noted.selected, noted.selection.comments) == (["conv"], ("note",))
    noted.click(middle(noted), SHIFT)
    assert (noted.selected, noted.selection.comments) == (["conv"], ())
    noted.key(Qt.Key.Key_Escape)
    assert not noted.selection.things
    body = noted.canvas.board.notes["note"].body
    corner = noted.canvas.board.cards["conv"].body.topLeft()
    noted.drag(noted.at(body.bottomRight()) + QPoint(20, 20), noted.at(corner) + QPoint(4, 4))
    assert set(noted.selection.things) >= {"conv", "note"}
    noted.click(noted.middle("pool"))
    assert list(noted.selection.things) == ["pool"]


def test_a_drag_moves_it_with_selected_cards_in_one_step(noted: Studio) -> None:
    noted.click(middle(noted))
    noted.click(noted.middle("conv"), SHIFT)
    card, note = noted.blocks["conv"].position, comments(noted)["note"].position
    noted.drag(middle(noted), middle(noted) + QPoint(60, 40))
    moved = comments(noted)["note"].position
    assert (moved[0] - note[0], moved[1] - note[1]) == (60, 40)
    after = noted.blocks["conv"].position
    assert (after[0] - card[0], after[1] - card[1]) == (60, 40)
    assert noted.steps == 2
    noted.bridge.undo()
    assert (noted.blocks["conv"].position, comments(noted)["note"].position) == (card, note)
    assert noted.canvas.board.notes["note"].pos().toTuple() == note


def test_the_right_edge_drags_the_width_and_the_height_follows(noted: Studio) -> None:
    body = noted.canvas.board.notes["note"].body
    grip = noted.at(body.center()) + QPoint(int(body.width() / 2) - 2, 0)
    noted.move(grip)
    assert noted.canvas.viewport().cursor().shape() is Qt.CursorShape.SizeHorCursor
    noted.drag(grip, grip - QPoint(100, 0))
    assert comments(noted)["note"].width == 140
    assert noted.canvas.board.notes["note"].body.height() > body.height()
    assert noted.bridge.document.undo_label == "Resize a comment"
    noted.bridge.undo()
    assert noted.canvas.board.notes["note"].body == body


def test_delete_removes_comments_and_blocks_in_one_step(noted: Studio) -> None:
    noted.click(middle(noted))
    noted.click(noted.middle("pool"), SHIFT)
    noted.key(Qt.Key.Key_Delete)
    assert (texts(noted), "pool" in noted.blocks) == ([], False)
    assert noted.bridge.document.undo_label == "Remove 2 cards"
    noted.bridge.undo()
    assert (texts(noted), "pool" in noted.blocks) == ([TEXT], True)
    noted.key(Qt.Key.Key_Escape)
    noted.click(middle(noted))
    noted.key(Qt.Key.Key_Delete)
    assert noted.bridge.document.undo_label == "Remove a comment"


def test_copies_take_comments_along(noted: Studio) -> None:
    noted.click(noted.middle("conv"))
    noted.click(middle(noted), SHIFT)
    noted.key(Qt.Key.Key_C, CTRL)
    noted.click(noted.middle("flat"))
    noted.key(Qt.Key.Key_V, CTRL)
    copy = comments(noted)["comment_1"]
    assert copy.text == TEXT
    here, there = noted.blocks["conv"].position, noted.blocks["convolution_1"].position
    assert copy.position == (260.0 + there[0] - here[0], 112.0 + there[1] - here[1])
    assert (noted.selected, noted.selection.comments) == (["convolution_1"], ("comment_1",))
    noted.key(Qt.Key.Key_X, CTRL)
    assert (len(texts(noted)), "convolution_1" in noted.blocks) == (1, False)
    noted.click(middle(noted))
    noted.key(Qt.Key.Key_D, CTRL)
    assert texts(noted) == [TEXT, TEXT]
    assert noted.selection.comments != ("note",)
    QApplication.clipboard().clear()


def test_the_keyboard_reaches_it(noted: Studio) -> None:
    noted.click(noted.middle("conv"))
    noted.key(Qt.Key.Key_Right)
    assert noted.selection.things == ("note",)
    noted.key(Qt.Key.Key_Left)
    assert noted.selection.things == ("conv",)
    noted.key(Qt.Key.Key_A, CTRL)
    assert noted.selection.comments == ("note",)
    assert set(noted.selected) == set(noted.blocks)


def test_fitting_and_tidying_know_of_it(noted: Studio) -> None:
    board = noted.canvas.board
    noted.click(middle(noted))
    noted.drag(middle(noted), middle(noted) + QPoint(60, 0))
    assert board.occupied().contains(board.notes["note"].body)
    noted.click(noted.middle("conv"))
    noted.drag(noted.middle("conv"), noted.middle("conv") - QPoint(150, 0))
    noted.bridge.do(Tidy())
    gap = board.notes["note"].body.left() - board.cards["conv"].body.right()
    assert 0 <= gap < 300, "still beside its card"
    noted.canvas.zoom_fit()
    assert noted.canvas.seen().contains(board.notes["note"].body)


def test_it_is_painted_in_both_looks_and_from_afar(noted: Studio) -> None:
    viewport = noted.canvas.viewport()
    for mode in (Mode.DARK, Mode.LIGHT):
        themes.choose(mode)
        place = middle(noted)
        body = noted.canvas.board.notes["note"].body.size().toSize()
        image = viewport.grab().toImage()
        colors = {
            image.pixelColor(place + QPoint(x - body.width() // 2, 0)).lightness() for x in range(12, body.width() - 12)
        }
        text = theme().color(Role.TEXT).lightness()
        assert max(abs(c - text) for c in colors) > 120, "paper and ink are far apart"
    for zoom in (0.4, 0.1):
        noted.canvas.set_zoom(zoom)
        noted.canvas.centerOn(noted.canvas.board.notes["note"])
        image = viewport.grab().toImage()
        paper = image.pixelColor(noted.at(noted.canvas.board.notes["note"].body.center()))
        assert paper != theme().color(Role.CANVAS)
