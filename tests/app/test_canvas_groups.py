"""Groups on the canvas: opened, closed, named, moved, wired and taken apart with real mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QMenu, QStyleOptionGraphicsItem

from cnnstudio.app.canvas.card import Light, Port
from cnnstudio.app.canvas.group_card import GroupCard
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.edits import (
    AddComment,
    EditComment,
    GroupBlocks,
    SetGroupClosed,
    SetParameters,
    Tidy,
    group_blocks,
)
from cnnstudio.core.placing.layout import FRAME_HEAD, ROW
from tests.helpers.canvas import CHAIN, RESIDUAL, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtCore import QRectF
    from pytestqt.qtbot import QtBot

    from cnnstudio.core.architecture import Group

CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture(autouse=True)
def empty_clipboard(qapp: QApplication) -> Iterator[None]:
    """What is copied here is not left for the next test, nor for the end of the program."""
    yield
    QApplication.clipboard().clear()


def group(studio: Studio, *ids: str, name: str = "Stem", closed: bool = False) -> str:
    """Make a group; its id."""
    edit = group_blocks(studio.bridge.experiment.architecture, ids, name)
    assert studio.bridge.do(edit)
    if closed:
        studio.bridge.do(SetGroupClosed(id=edit.id, closed=True))
    return edit.id


def groups(studio: Studio) -> list[Group]:
    return list(studio.bridge.experiment.architecture.groups.values())


def title(studio: Studio, id: str) -> QPoint:
    """The middle of an open group's name."""
    return studio.at(studio.canvas.board.frames[id].body.center() + QPointF(8, 0))


def frame(studio: Studio, id: str) -> QRectF:
    return studio.canvas.board._frames.frames[id].area


def double_click(studio: Studio, at: QPoint) -> None:
    QTest.mouseDClick(studio.canvas.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, at)


def said(studio: Studio) -> str:
    bubble = studio.canvas.findChild(QLabel, "canvas_bubble")
    assert bubble is not None
    return bubble.text() if bubble.isVisible() else ""


def test_the_room_follows_frames_and_comments_that_change_without_any_card(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *CHAIN)
    board = studio.canvas.board
    studio.bridge.do(AddComment(id="comment_1", text="Short", position=(900.0, 0.0)))
    studio.bridge.do(EditComment(id="comment_1", text="Long\n" * 60))
    assert board.extent == board.occupied()
    studio.bridge.undo()
    assert board.extent == board.occupied()


def field(studio: Studio) -> QLineEdit:
    found = studio.canvas.groups.field
    assert found is not None
    assert found.isVisible()
    return found


@pytest.fixture
def chain(qtbot: QtBot) -> Studio:
    return Studio.shown(qtbot, *CHAIN)


@pytest.fixture
def residual(qtbot: QtBot) -> Studio:
    return Studio.shown(qtbot, *RESIDUAL)


def test_ctrl_g_groups_the_selection_and_asks_for_its_name_in_place(chain: Studio) -> None:
    chain.click(chain.middle("conv"))
    chain.click(chain.middle("pool"), CTRL)
    chain.key(Qt.Key.Key_G, CTRL)
    (made,) = groups(chain)
    assert (made.name, made.blocks, made.closed) == ("Group 1", frozenset({"conv", "pool"}), False)
    name = field(chain)
    assert name.hasFocus()
    assert name.selectedText() == "Group 1"
    QTest.keyClicks(name, "Feature stem")
    QTest.keyClick(name, Qt.Key.Key_Return)
    assert groups(chain)[0].name == "Feature stem"
    assert chain.canvas.groups.field is None
    assert chain.canvas.hasFocus()
    assert sorted(chain.selected) == ["conv", "pool"]
    assert chain.bridge.document.undo_label == 'Group 2 blocks as "Feature stem"'
    assert chain.steps == 1  # grouping and naming are one thing to a person
    chain.canvas.groups.rename()
    QTest.keyClicks(field(chain), "Another")
    QTest.keyClick(field(chain), Qt.Key.Key_Return)
    assert chain.steps == 2
    assert frame(chain, made.id).contains(chain.canvas.board.cards["conv"].body)
    assert not frame(chain, made.id).intersects(chain.canvas.board.cards["flat"].body)


def test_escape_and_leaving_the_field_keep_the_old_name_or_the_new_one(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    chain.click(chain.middle("conv"))
    chain.key(Qt.Key.Key_F2)
    QTest.keyClicks(field(chain), "Other")
    QTest.keyClick(field(chain), Qt.Key.Key_Escape)
    assert (groups(chain)[0].name, chain.canvas.groups.field, chain.canvas.hasFocus()) == ("Stem", None, True)
    chain.key(Qt.Key.Key_F2)
    QTest.keyClicks(field(chain), "  ")
    QTest.keyClick(field(chain), Qt.Key.Key_Return)
    assert groups(chain)[0].name == "Stem"
    chain.key(Qt.Key.Key_F2)
    QTest.keyClicks(field(chain), "Head")
    field(chain).clearFocus()
    assert groups(chain)[0].name == "Head"
    chain.canvas.setFocus()
    chain.bridge.do(SetGroupClosed(id=id, closed=True))
    chain.key(Qt.Key.Key_F2)
    QTest.keyClicks(field(chain), "Tail")
    chain.bridge.undo()  # the card that was being named is gone
    assert chain.canvas.groups.field is None


def test_blocks_between_the_selected_ones_come_along(chain: Studio) -> None:
    chain.click(chain.middle("conv"))
    chain.click(chain.middle("flat"), CTRL)
    chain.key(Qt.Key.Key_G, CTRL)
    assert groups(chain)[0].blocks == {"conv", "pool", "flat"}
    assert sorted(chain.selected) == ["conv", "flat", "pool"]
    assert chain.bridge.document.undo_label == "Group 3 blocks, 1 of them in between"


def test_a_group_that_cannot_be_is_refused_in_words(chain: Studio, qtbot: QtBot) -> None:
    chain.click(chain.middle("input"))
    assert not chain.canvas.groups.can_group
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(Qt.Key.Key_G, CTRL)
    assert "nothing to group" in refused.args[0]
    group(chain, "conv", "pool")
    chain.selection.select(["pool", "flat"])
    with qtbot.waitSignal(chain.bridge.refused) as refused:
        chain.key(Qt.Key.Key_G, CTRL)
    assert "would be cut in two" in refused.args[0]


def test_double_click_opens_and_closes_and_what_lies_below_follows(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    opened = {k: b.position for k, b in chain.blocks.items()}
    double_click(chain, title(chain, id))
    board = chain.canvas.board
    assert groups(chain)[0].closed
    assert set(board.cards) == {"input", id, "flat", "output"}
    assert set(board.edges) == {("input", id), (id, "flat"), ("flat", "output")}
    assert board.frames == {}
    assert isinstance(board.cards[id], GroupCard)
    assert board.cards["flat"].y() == board.cards[id].y() + ROW
    assert chain.selected == ["conv", "pool"]
    assert board.cards[id].is_selected
    double_click(chain, chain.middle(id))
    assert not groups(chain)[0].closed
    assert {k: b.position for k, b in chain.blocks.items()} == opened
    assert set(board.cards) == {"input", "conv", "pool", "flat", "output"}
    chain.bridge.undo()
    assert set(board.cards) == {"input", id, "flat", "output"}


def test_the_button_of_the_title_closes_only_where_it_is_let_go(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    button = chain.at(chain.canvas.board.frames[id].button.center())
    chain.press(button)
    chain.release(button + QPoint(0, 200))
    assert not groups(chain)[0].closed
    chain.move(button)
    chain.click(button)
    assert groups(chain)[0].closed


def test_keys_open_and_close(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    chain.click(chain.middle("pool"))
    chain.key(Qt.Key.Key_Return, CTRL)
    assert groups(chain)[0].closed
    chain.key(Qt.Key.Key_Return)
    assert not groups(chain)[0].closed
    assert sorted(chain.selected) == ["conv", "pool"]
    chain.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert groups(chain) == []
    assert sorted(chain.selected) == ["conv", "pool"]
    assert id not in chain.canvas.board.frames


def test_a_closed_group_says_what_is_in_it(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    face = chain.canvas.board.cards[id].face
    assert (face.title, face.parameters, face.shape, face.count) == ("Stem", "2 blocks", "4 × 4 × 6", "156 parameters")
    assert (face.severity, face.takes_input, face.takes_many, face.gives_output) == (None, True, False, True)
    chain.bridge.do(SetParameters(id="pool", values={"pool_size": 64}))
    face = chain.canvas.board.cards[id].face
    assert face.severity is Severity.ERROR
    assert any(sentence.startswith("pool: ") for sentence in face.sentences)
    assert "Double-click opens" in face.tool_tip
    chain.click(chain.middle(id))
    assert chain.canvas.accessibleDescription().startswith("Group Stem, closed, 2 blocks")


def test_a_closed_group_is_moved_copied_bypassed_and_removed_as_one(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    before = {k: b.position for k, b in chain.blocks.items()}
    chain.drag(chain.middle(id), chain.middle(id) + QPoint(180, 33))
    after = {k: b.position for k, b in chain.blocks.items()}
    steps = {k: (after[k][0] - before[k][0], after[k][1] - before[k][1]) for k in before}
    assert steps["conv"] == steps["pool"] == (180, 33)
    assert steps["flat"] == steps["output"] == (0, 0)
    chain.bridge.undo()
    assert {k: b.position for k, b in chain.blocks.items()} == before
    chain.click(chain.middle(id))
    chain.key(Qt.Key.Key_C, CTRL)
    chain.click(chain.middle("flat"))
    chain.key(Qt.Key.Key_V, CTRL)
    assert [(g.name, g.closed, len(g.blocks)) for g in groups(chain)] == [("Stem", True, 2)] * 2
    assert chain.chain() == ["input", "conv", "pool", "flat", "convolution_1", "max_pooling_1", "output"]
    assert chain.canvas.selected_things == (groups(chain)[1].id,)
    chain.key(Qt.Key.Key_D, CTRL)
    assert len(groups(chain)) == 3
    chain.key(Qt.Key.Key_Delete)
    chain.click(chain.middle(id))
    chain.key(Qt.Key.Key_B, CTRL)
    assert chain.blocks["conv"].bypassed
    assert chain.blocks["pool"].bypassed
    assert chain.canvas.board.cards[id].face.bypassed
    chain.key(Qt.Key.Key_Delete)
    assert chain.chain() == ["input", "flat", "convolution_1", "max_pooling_1", "output"]
    assert chain.selected == ["input"]


def test_dragging_the_title_moves_all_members_and_the_frame_follows_a_single_one(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    home = frame(chain, id)
    start = title(chain, id)
    chain.press(start)
    chain.move(start + QPoint(100, 20))
    assert frame(chain, id) == home.translated(100, 20)  # while it is dragged
    chain.release(start + QPoint(100, 20))
    assert frame(chain, id) == home.translated(100, 20)
    assert chain.bridge.document.undo_label == "Move 2 cards"
    assert chain.selected == ["conv", "pool"]
    chain.bridge.undo()
    assert frame(chain, id) == home
    chain.click(chain.middle("output"))
    at = chain.middle("pool")
    chain.press(at)
    chain.move(at + QPoint(150, 40))
    assert frame(chain, id) == home.adjusted(0, 0, 150, 40)
    chain.key(Qt.Key.Key_Escape)
    assert frame(chain, id) == home
    assert chain.blocks["pool"].position == (0, 2 * ROW + FRAME_HEAD)


def test_shift_click_adds_a_whole_group_and_takes_it_away(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    chain.click(chain.middle("flat"))
    chain.click(title(chain, id), SHIFT)
    assert sorted(chain.selected) == ["conv", "flat", "pool"]
    chain.click(title(chain, id), SHIFT)
    assert chain.selected == ["flat"]
    chain.bridge.do(SetGroupClosed(id=id, closed=True))
    chain.click(chain.middle(id), CTRL)
    assert chain.selected == ["flat", "conv", "pool"]
    chain.click(chain.middle(id))
    assert chain.selected == ["conv", "pool"]


def test_a_rubber_band_takes_a_closed_group_with_all_its_blocks(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    body = chain.canvas.board.cards[id].body
    chain.drag(chain.at(body.topLeft() - QPointF(20, 12)), chain.at(body.center()))
    assert chain.selected == ["conv", "pool"]
    assert chain.canvas.board.cards[id].is_selected


def test_arrow_keys_go_from_card_to_card_and_alt_moves_a_closed_group(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    chain.click(chain.middle("input"))
    chain.key(Qt.Key.Key_Down)
    assert chain.selected == ["conv", "pool"]
    chain.key(Qt.Key.Key_Down)
    assert chain.selected == ["flat"]
    chain.key(Qt.Key.Key_Up, SHIFT)
    assert chain.selected == ["flat", "conv", "pool"]
    chain.key(Qt.Key.Key_Home)
    assert chain.selected == ["input"]
    chain.key(Qt.Key.Key_Down)
    chain.key(Qt.Key.Key_Down, ALT)
    assert chain.chain() == ["input", "flat", "conv", "pool", "output"]
    assert chain.canvas.board.cards[id].y() == 2 * ROW
    chain.key(Qt.Key.Key_A, CTRL)
    assert len(chain.selected) == 5


def test_wiring_to_and_from_a_closed_group_where_it_has_one_end(residual: Studio) -> None:
    id = group(residual, "left", closed=True)
    other = group(residual, "right", "sum", name="Join", closed=True)
    residual.press(residual.port("input", Port.OUTPUT))
    residual.move(residual.port("input", Port.OUTPUT) + QPoint(9, 9))
    residual.move(residual.port(id, Port.INPUT))
    assert residual.canvas.board.cards[id].light is Light.CHOSEN
    assert said(residual) == "Connect input to left instead of stem"
    residual.release(residual.port(id, Port.INPUT))
    assert residual.blocks["left"].inputs == ("input",)
    residual.press(residual.port("input", Port.OUTPUT))
    residual.move(residual.port("input", Port.OUTPUT) + QPoint(9, 9))
    residual.move(residual.port(other, Port.INPUT))
    assert residual.canvas.board.cards[other].light is Light.REFUSED
    assert said(residual) == 'The flow enters "Join" at 2 blocks: open the group and choose a block.'
    steps = residual.steps
    residual.release(residual.port(other, Port.INPUT))
    assert residual.steps == steps
    residual.drag(residual.port(other, Port.OUTPUT), residual.port("output", Port.INPUT))
    assert residual.blocks["output"].inputs == ("sum",)


def test_a_line_of_several_connections_is_cut_whole_and_takes_no_drop(residual: Studio) -> None:
    id = group(residual, "left", "right", "sum", name="Block", closed=True)
    board = residual.canvas.board
    assert board.connections(("stem", id)) == (("stem", "left"), ("stem", "right"))
    assert not residual.carry("Dropout", residual.on_edge("stem", id), drop=False)
    assert said(residual) == "This line stands for 2 connections: open the group and choose one."
    residual.leave()
    assert residual.carry("Dropout", residual.on_edge(id, "flat"))
    assert residual.blocks["flat"].inputs == ("dropout_1",)
    assert residual.blocks["dropout_1"].inputs == ("sum",)
    assert residual.canvas.board.cards[id].face.shape == "8 × 8 × 8"
    residual.click(residual.on_edge("stem", id))
    residual.key(Qt.Key.Key_Delete)
    assert not residual.blocks["left"].inputs + residual.blocks["right"].inputs
    residual.bridge.undo()
    assert residual.blocks["left"].inputs == residual.blocks["right"].inputs == ("stem",)


def test_drops_on_a_closed_group_go_behind_it_and_into_an_open_frame_join_it(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    assert chain.carry("Dropout", chain.middle(id), drop=False)
    assert said(chain) == "Add dropout behind Stem"
    assert chain.carry("Dropout", chain.middle(id))
    assert chain.blocks["dropout_1"].inputs == ("pool",)
    assert groups(chain)[0].blocks == {"conv", "pool"}
    chain.bridge.do(SetGroupClosed(id=id, closed=False))
    assert chain.carry("Dropout", chain.on_edge("conv", "pool"))
    assert groups(chain)[0].blocks == {"conv", "pool", "dropout_2"}


def test_a_block_of_a_closed_group_selected_elsewhere_shows_its_card_and_a_jump_opens_it(chain: Studio) -> None:
    inner = group(chain, "pool", name="Inner", closed=True)
    id = group(chain, "conv", "pool", closed=True)
    chain.selection.select(["pool"])
    assert chain.canvas.board.cards[id].is_selected
    assert chain.canvas.accessibleDescription().startswith("Group Stem")
    steps = chain.steps
    chain.selection.parameter_wanted.emit("pool_size")
    assert [g.closed for g in groups(chain)] == [False, False]
    assert chain.canvas.board.cards["pool"].is_selected
    assert chain.steps == steps + 1
    chain.bridge.undo()
    assert chain.bridge.experiment.architecture.groups[inner].closed


def test_nested_groups_are_frames_in_frames(residual: Studio) -> None:
    inner = group(residual, "left", name="Inner")
    outer = group(residual, "left", "right", "sum", name="Outer")
    behind = residual.canvas.board._frames.frames
    assert behind[outer].zValue() < behind[inner].zValue()
    assert frame(residual, outer).contains(frame(residual, inner))
    double_click(residual, title(residual, inner))
    assert frame(residual, outer).contains(residual.canvas.board.cards[inner].body)
    residual.click(title(residual, outer))
    assert sorted(residual.selected) == ["left", "right", "sum"]
    residual.key(Qt.Key.Key_Return, CTRL)
    assert set(residual.canvas.board.cards) == {"input", "stem", outer, "flat", "output"}


def test_menus_of_groups_do_what_they_say(chain: Studio) -> None:
    id = group(chain, "conv", "pool")

    def choose(menu: QMenu, words: str) -> None:
        entry = next(a for a in menu.actions() if a.text().split("\t")[0] == words)
        assert entry.isEnabled()
        entry.trigger()
        menu.deleteLater()

    choose(chain.canvas.menu_at(title(chain, id)), "Close")
    assert groups(chain)[0].closed
    choose(chain.canvas.menu_at(chain.middle(id)), "Move down")
    assert chain.chain() == ["input", "flat", "conv", "pool", "output"]
    choose(chain.canvas.menu_at(chain.middle(id)), "Rename")
    QTest.keyClicks(field(chain), "Tail")
    QTest.keyClick(field(chain), Qt.Key.Key_Return)
    assert groups(chain)[0].name == "Tail"
    choose(chain.canvas.menu_at(chain.middle(id)), "Open")
    choose(chain.canvas.menu_at(chain.middle("conv")), "Ungroup")
    assert groups(chain) == []
    chain.click(chain.middle("conv"))
    choose(chain.canvas.menu_at(chain.middle("conv")), "Group")
    assert groups(chain)[0].blocks == {"conv"}


def test_the_name_field_keeps_keys_for_itself_and_stays_over_its_name(chain: Studio) -> None:
    id = group(chain, "conv", "pool", closed=True)
    chain.click(chain.middle(id))
    chain.key(Qt.Key.Key_F2)
    name = field(chain)
    QTest.keyClick(name, Qt.Key.Key_Delete)
    QTest.keyClick(name, Qt.Key.Key_A, CTRL)
    QTest.keyClicks(name, "+-")
    assert chain.blocks.keys() >= {"conv", "pool"}
    assert name.text() == "+-"
    before = name.pos()
    chain.canvas.scroll_by(0, 30)
    assert name.pos() == before - QPoint(0, 30)
    assert QApplication.focusWidget() is name


def test_undo_past_a_group_whose_id_a_block_takes(chain: Studio) -> None:
    chain.bridge.do(GroupBlocks(ids=frozenset({"conv"}), name="A", id="thing"))
    chain.bridge.do(SetGroupClosed(id="thing", closed=True))
    assert isinstance(chain.canvas.board.cards["thing"], GroupCard)
    chain.bridge.jump(0)
    assert set(chain.canvas.board.cards) == {"input", "conv", "pool", "flat", "output"}
    assert chain.canvas.board.frames == {}


def test_a_group_that_several_edges_leave_says_so(residual: Studio) -> None:
    id = group(residual, "stem", "left", closed=True)
    residual.bridge.do(SetParameters(id="left", values={"strides": 2}))
    assert residual.canvas.board.cards[id].face.shape == "2 shapes"
    labels = {key: edge.label for key, edge in residual.canvas.board.edges.items()}
    assert labels[id, "right"] == "8 × 8 × 8"
    assert labels[id, "sum"] == "4 × 4 × 8"
    residual.drag(residual.port(id, Port.OUTPUT), residual.port("flat", Port.INPUT))
    assert residual.blocks["flat"].inputs == ("sum",)


@pytest.mark.parametrize("places", ["tidied", "as they were"])
def test_shapes_at_the_frames_of_groups_stand_clear_of_their_borders(qtbot: QtBot, places: str) -> None:
    studio = Studio.shown(qtbot, *CHAIN)
    inner = group(studio, "pool", name="Inner")
    outer = group(studio, "conv", "pool", name="Outer")
    if places == "tidied":
        assert studio.bridge.do(Tidy())
    lines = [y for id in (inner, outer) for y in (frame(studio, id).top(), frame(studio, id).bottom())]
    labelled = [edge for edge in studio.canvas.board.edges.values() if edge.label and edge.course.is_straight]
    assert len(labelled) == 4
    for edge in labelled:
        box = edge._label_box(40)
        assert not any(box.top() < y < box.bottom() for y in lines), edge.key
        assert edge.course.start[1] < box.center().y() < edge.course.end[1]


def test_a_card_dropped_in_a_frame_joins_and_one_dragged_out_leaves(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    board = chain.canvas.board
    before, steps = groups(chain)[0].blocks, chain.steps
    at = chain.middle("flat")
    chain.press(at)
    chain.move(at + QPoint(30, 0))
    assert said(chain) == ""
    inside = chain.at(frame(chain, id).center())
    chain.move(inside)
    assert said(chain) == "Put flat into Stem"
    chain.release(inside)
    assert said(chain) == ""
    assert groups(chain)[0].blocks == before | {"flat"}
    assert chain.steps == steps + 1
    assert chain.bridge.document.undo_label == 'Move flat into "Stem"'
    assert frame(chain, id).contains(board.cards["flat"].body)

    far = chain.at(frame(chain, id).topRight() + QPointF(190, 60))
    start = chain.middle("flat")
    chain.press(start)
    chain.move(start + QPoint(20, 5))
    assert said(chain) == ""  # still over its frame
    chain.move(far)
    assert said(chain) == "Take flat out of Stem"
    assert not frame(chain, id).intersects(board.cards["flat"].body)
    chain.release(far)
    assert groups(chain)[0].blocks == before
    assert chain.bridge.document.undo_label == 'Move flat out of "Stem"'
    chain.key(Qt.Key.Key_Z, CTRL)
    chain.bridge.undo()
    assert groups(chain)[0].blocks == before | {"flat"}


def test_what_would_break_a_group_says_why_and_only_moves(chain: Studio) -> None:
    id = group(chain, "conv", "pool", "flat")
    start, out = chain.middle("pool"), chain.at(frame(chain, id).topRight() + QPointF(190, 60))
    chain.press(start)
    chain.move(start + QPoint(9, 9))
    chain.move(out)
    assert said(chain) == 'pool lies between the blocks of "Stem": it stays in one piece.'
    chain.release(out)
    assert groups(chain)[0].blocks == {"conv", "pool", "flat"}
    assert chain.bridge.document.undo_label == "Move pool"
    end = chain.middle("output")
    chain.drag(end, chain.at(frame(chain, id).center()))
    assert groups(chain)[0].blocks == {"conv", "pool", "flat"}


def test_escape_and_alt_leave_the_group_as_it_is(chain: Studio) -> None:
    id = group(chain, "conv", "pool")
    home, start = frame(chain, id), chain.middle("pool")
    out = chain.at(home.topRight() + QPointF(190, 60))
    chain.press(start)
    chain.move(start + QPoint(9, 9))
    chain.move(out)
    assert said(chain) == "Take pool out of Stem"
    chain.key(Qt.Key.Key_Escape)
    assert said(chain) == ""
    assert frame(chain, id) == home
    chain.release(out)
    steps = chain.steps
    chain.press(start)
    chain.move(start + QPoint(9, 9))
    chain.canvas.mouseMoveEvent(moved(chain, out, ALT))
    assert said(chain) == ""
    chain.release(out)
    assert groups(chain)[0].blocks == {"conv", "pool"}
    assert chain.steps == steps + 1


def moved(studio: Studio, at: QPoint, held: Qt.KeyboardModifier) -> QMouseEvent:
    place = QPointF(at)
    everywhere = QPointF(studio.canvas.viewport().mapToGlobal(at))
    return QMouseEvent(QEvent.Type.MouseMove, place, everywhere, Qt.MouseButton.NoButton, LEFT, held)


def test_from_afar_a_long_name_ends_within_its_frame(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, *CHAIN)
    id = group(studio, "conv", name="Merkmalsextraktionsschichten der ersten Stufe")
    studio.canvas.set_zoom(0.3)
    item = studio.canvas.board.frames[id]
    image = QImage(300, 40, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.translate(20, 4)
    painter.scale(0.3, 0.3)
    item.paint(painter, QStyleOptionGraphicsItem())
    painter.end()
    inked = [x for x in range(300) if any(image.pixelColor(x, y).alpha() for y in range(40))]
    room = frame(studio, id).width() * 0.3
    assert inked
    assert inked[0] >= 19
    assert 20 + room * 0.7 < inked[-1] <= 20 + room
