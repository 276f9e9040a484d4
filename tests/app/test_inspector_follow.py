"""Following values in the inspector, with real keys and clicks: what is said, how one takes over and gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from cnnstudio.app.canvas.follow_note import FollowNote
from cnnstudio.app.canvas.view import CanvasView
from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.palette.append import append_block, insert_block
from cnnstudio.app.selection import Selection
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.edits import SetData
from cnnstudio.core.recipe import DataRecipe
from tests.helpers.designs import bridge_of, undo_steps, value_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.inspector.field_row import FieldRow


class Desk:
    """An inspector; convolution, pooling and two convolutions added as from the palette."""

    def __init__(self, qtbot: QtBot) -> None:
        self.bridge = bridge_of()
        self.selection = Selection(self.bridge)
        self.bridge.changed.connect(self.selection.keep_existing)
        for kind in ("Convolution", "MaxPooling", "Convolution", "Convolution"):
            append_block(self.bridge, self.selection, kind, "output")
        self.panel = InspectorPanel(self.bridge, self.selection)
        self.panel.resize(320, 900)
        qtbot.addWidget(self.panel)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(self.panel.isActiveWindow)

    def row(self, name: str = "filters") -> FieldRow:
        return self.panel.block_card.form.rows[name]

    @property
    def filters(self) -> list[object]:
        return [value_of(self.bridge, f"convolution_{n}", "filters") for n in (1, 2, 3)]


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def type_over(row: FieldRow, text: str) -> None:
    field: Any = row.editor.fields()[0]
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_a_row_says_what_its_value_follows(desk: Desk) -> None:
    desk.selection.select(["convolution_2"])
    row = desk.row()
    assert row.followed.isVisible()
    assert row.followed.text() == "Follows: doubled after max_pooling_1 (convolution_1 has 32)"
    assert row.follow.isVisible()
    assert row.follow.isChecked()
    assert not row.reset.isVisible()
    kernel = desk.row("kernel_size")
    assert not kernel.follow.isVisible()
    assert not kernel.followed.isVisible()


def test_typing_takes_over_and_the_button_gives_back(desk: Desk) -> None:
    desk.selection.select(["convolution_2"])
    row = desk.row()
    steps = undo_steps(desk.bridge)
    type_over(row, "48")
    assert desk.filters == [32, 48, 48]
    assert desk.bridge.document.undo_label == "Set filters of convolution_2; convolution_3 follows"
    assert undo_steps(desk.bridge) == steps + 1
    assert not row.followed.isVisible()
    assert not row.follow.isChecked()
    assert row.follow.toolTip() == "Follow again: 64, doubled after max_pooling_1 (convolution_1 has 32)"
    QTest.mouseClick(row.follow, Qt.MouseButton.LeftButton)
    assert desk.filters == [32, 64, 64]
    assert row.followed.isVisible()
    desk.bridge.undo()
    desk.bridge.undo()
    assert desk.filters == [32, 64, 64]
    assert row.follow.isChecked()


def test_by_keyboard_a_value_is_kept_as_it_is(desk: Desk) -> None:
    desk.selection.select(["convolution_2"])
    field: Any = desk.row().editor.fields()[0]
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Tab)
    button = desk.row().follow
    assert button.hasFocus()
    assert button.accessibleName() == "Filters: keep this value"
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert button.accessibleName() == "Filters: follow again"
    desk.selection.select(["convolution_1"])
    type_over(desk.row(), "8")
    assert desk.filters == [8, 64, 64]


def test_several_blocks_are_set_and_follow_again_together(desk: Desk) -> None:
    desk.selection.select(["convolution_1", "convolution_2", "convolution_3"])
    row = desk.panel.several_card.form.rows["filters"]
    assert row.followed.isVisible()
    steps = undo_steps(desk.bridge)
    type_over(row, "20")
    assert desk.filters == [20, 20, 20]
    assert undo_steps(desk.bridge) == steps + 1
    assert not row.followed.isVisible()
    QTest.mouseClick(row.follow, Qt.MouseButton.LeftButton)
    assert desk.filters == [32, 64, 64]
    QTest.mouseClick(row.follow, Qt.MouseButton.LeftButton)
    blocks = desk.bridge.experiment.architecture.blocks
    assert not any(blocks[f"convolution_{n}"].follows for n in (1, 2, 3))
    assert desk.filters == [32, 64, 64]
    assert undo_steps(desk.bridge) == steps + 3


def test_output_says_that_it_follows_the_data(desk: Desk) -> None:
    note = desk.panel.block_card.note
    desk.selection.select(["output"])
    assert note.isVisible()
    assert note.text() == "10 units, one for each class of the data."
    desk.bridge.do(SetData(recipe=DataRecipe(source=Shapes())))
    assert note.text() == "4 maps, one for each class of the data."
    desk.selection.select(["convolution_1"])
    assert not note.isVisible()


def test_the_canvas_tells_what_followed_and_stops_telling(qtbot: QtBot) -> None:
    bridge = bridge_of()
    selection = Selection(bridge)
    canvas = CanvasView(bridge, selection)
    note = FollowNote(bridge, canvas)
    qtbot.addWidget(canvas)
    canvas.resize(700, 500)
    canvas.show()
    qtbot.waitExposed(canvas)
    for kind in ("Convolution", "Convolution", "Convolution"):
        append_block(bridge, selection, kind, "output")
        assert not note.bubble.isVisible()
    insert_block(bridge, selection, "MaxPooling", ("convolution_2", "convolution_3"))
    assert note.bubble.isVisible()
    assert note.bubble.text() == "convolution_3 follows: filters 64."
    assert canvas.viewport().geometry().contains(note.bubble.geometry())
    insert_block(bridge, selection, "MaxPooling", ("input", "convolution_1"))
    assert not note.bubble.isVisible()
    insert_block(bridge, selection, "MaxPooling", ("convolution_1", "convolution_2"))
    assert note.bubble.text() == "convolution_2 and convolution_3 follow."
