"""The inspector: follows selection and document, edits through real keys, one undo step a burst."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from cnnstudio.app.inspector import InspectorPanel
from cnnstudio.app.selection import Selection
from cnnstudio.core.edits import Connect, RemoveBlocks, SetParameters, group_blocks
from tests.helpers.designs import bridge_of, spec, undo_steps, value_of

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.document_bridge import DocumentBridge


class Desk:
    """An inspector on a small design: two convolutions of 8 and 16 filters, with batch normalisation between."""

    def __init__(self, qtbot: QtBot) -> None:
        self.bridge: DocumentBridge = bridge_of(
            ("first", spec("Convolution", filters=8)),
            ("norm", spec("BatchNormalisation")),
            ("second", spec("Convolution", filters=16)),
            ("pool", spec("GlobalAveragePooling")),
        )
        self.selection = Selection(self.bridge)
        self.bridge.changed.connect(self.selection.keep_existing)
        self.panel = InspectorPanel(self.bridge, self.selection)
        self.panel.resize(320, 900)
        qtbot.addWidget(self.panel)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(self.panel.isActiveWindow)

    def field(self, name: str) -> Any:
        return self.panel.block_card.form.rows[name].editor.fields()[0]

    def fact(self, name: str) -> str:
        return self.panel.block_card.table.text(name)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


def replace_text(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def test_typing_in_a_field_is_one_undo_step(desk: Desk) -> None:
    desk.selection.select(["first"])
    replace_text(desk.field("filters"), "128")
    assert value_of(desk.bridge, "first", "filters") == 128
    assert undo_steps(desk.bridge) == 1
    assert desk.bridge.document.undo_label == "Set filters of first"
    desk.bridge.undo()
    assert value_of(desk.bridge, "first", "filters") == 8
    assert desk.field("filters").lineEdit().text() == "8"
    replace_text(desk.field("filters"), "9")
    assert undo_steps(desk.bridge) == 1
    desk.bridge.undo()
    assert value_of(desk.bridge, "first", "filters") == 8


def test_two_fields_are_two_undo_steps(desk: Desk) -> None:
    desk.selection.select(["first"])
    replace_text(desk.field("filters"), "24")
    replace_text(desk.field("kernel_size"), "5")
    assert undo_steps(desk.bridge) == 2
    desk.selection.select(["second"])
    replace_text(desk.field("kernel_size"), "1")
    assert undo_steps(desk.bridge) == 3


def test_the_numbers_follow(desk: Desk) -> None:
    desk.selection.select(["first"])
    assert desk.fact("Shape in") == "H 8 × W 8 × C 1"
    assert desk.fact("Shape out") == "H 8 × W 8 × C 8"
    assert desk.fact("Parameters") == "80"
    assert desk.fact("Multiply-adds") == "4.61 k"
    assert desk.fact("Activation memory") == "2.05 kB"
    assert desk.fact("Receptive field") == "3 × 3 px"
    assert desk.fact("Stride on input") == "1 × 1 px"
    replace_text(desk.field("filters"), "1000")
    assert desk.fact("Parameters") == "10,000"
    desk.selection.select(["norm"])
    assert desk.fact("Trainable") == "2,000"
    assert desk.fact("Not trainable") == "2,000"


def test_a_convolution_says_what_a_dense_layer_would_cost(desk: Desk) -> None:
    desk.selection.select(["first"])
    text = desk.panel.block_card.dense.text()
    assert "from 64 to 512 values" in text
    assert "33.3 k parameters" in text, 64 * 512 + 512
    assert "416 times" in text
    desk.selection.select(["norm"])
    assert not desk.panel.block_card.dense.isVisible()


def test_what_is_out_of_bounds_never_reaches_the_document(desk: Desk) -> None:
    desk.selection.select(["first"])
    replace_text(desk.field("filters"), "0")
    assert value_of(desk.bridge, "first", "filters") == 8
    assert undo_steps(desk.bridge) == 0
    row = desk.panel.block_card.form.rows["filters"]
    assert row.problem.sentence.text() == "Filters must be a whole number from 1 to 65,536, not 0."
    desk.selection.select(["second"])
    assert desk.field("filters").lineEdit().text() == "16"
    assert not row.problem.isVisible()


def test_a_fix_at_its_field_mends_the_design(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="second", values={"groups": 3}))
    desk.selection.select(["second"])
    assert desk.fact("Parameters") == desk.fact("Multiply-adds") == "–"  # 0 would be a lie
    row = desk.panel.block_card.form.rows["groups"]
    (finding,) = row._findings
    assert desk.field("groups").property("invalid") == "true"
    assert finding.buttons
    QTest.mouseClick(finding.buttons[0], Qt.MouseButton.LeftButton)
    assert desk.bridge.diagnostics == ()
    assert desk.field("groups").property("invalid") == "false"
    assert row._findings == []


def test_a_finding_without_a_parameter_stands_above_the_form(desk: Desk) -> None:
    desk.bridge.do(RemoveBlocks(ids=("pool",)))
    desk.bridge.do(Connect(source="first", target="output"))
    desk.selection.select(["second"])
    (finding,) = desk.panel.block_card.findings.findings
    assert "will not be part of the model" in finding.sentence.text()
    QTest.mouseClick(finding.buttons[0], Qt.MouseButton.LeftButton)
    assert "second" not in desk.bridge.experiment.architecture.blocks
    assert desk.panel.experiment_card.isVisible()


def test_renaming_keeps_the_block_selected(desk: Desk) -> None:
    desk.selection.select(["first"])
    line = desk.panel.block_card.id_line.line
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, "stem")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert "stem" in desk.bridge.experiment.architecture.blocks
    assert desk.selection.ids == ("stem",)
    assert desk.panel.block_card.isVisible()
    assert line.text() == "stem"
    assert undo_steps(desk.bridge) == 1


@pytest.mark.parametrize(
    ("text", "says"), [("second", "is there already"), ("2nd", "starts with a letter"), ("", "id")]
)
def test_an_id_that_will_not_do_is_explained_while_typing(desk: Desk, text: str, says: str) -> None:
    desk.selection.select(["first"])
    id_line = desk.panel.block_card.id_line
    id_line.line.setFocus()
    id_line.line.selectAll()
    QTest.keyClick(id_line.line, Qt.Key.Key_Delete)
    QTest.keyClicks(id_line.line, text)
    QTest.keyClick(id_line.line, Qt.Key.Key_Return)
    assert id_line.problem.isVisible()
    assert says in id_line.problem.sentence.text()
    assert undo_steps(desk.bridge) == 0
    QTest.keyClick(id_line.line, Qt.Key.Key_Escape)
    assert id_line.line.text() == "first"
    assert not id_line.problem.isVisible()


def test_input_is_shown_but_not_edited(desk: Desk) -> None:
    desk.selection.select(["input"])
    card = desk.panel.block_card
    assert card.note.isVisible()
    assert not card.form.isEnabled()
    assert not card.id_line.isEnabled()
    assert desk.fact("Shape out") == "H 8 × W 8 × C 1"


def test_none_selected_shows_the_experiment(desk: Desk) -> None:
    card = desk.panel.experiment_card
    assert card.isVisible()
    assert "Double-click a block in the palette" in card.hint.text()
    assert card.table.text("Blocks") == "6"
    assert card.table.text("Parameters") == f"{desk.bridge.trace.params:,}"
    card.name_line.line.setFocus()
    card.name_line.line.selectAll()
    QTest.keyClicks(card.name_line.line, "  My   trial ")
    QTest.keyClick(card.name_line.line, Qt.Key.Key_Return)
    assert desk.bridge.experiment.name == "My trial"
    assert card.name_line.line.text() == "My trial"
    card.description.setFocus()
    QTest.keyClicks(card.description, "Two lines")
    assert desk.bridge.experiment.description == "Two lines"
    assert undo_steps(desk.bridge) == 2
    desk.bridge.undo()
    assert card.description.toPlainText() == ""


def test_an_experiment_without_output_offers_one(desk: Desk) -> None:
    desk.bridge.do(RemoveBlocks(ids=("output",)))
    (finding,) = desk.panel.experiment_card.findings.findings
    QTest.mouseClick(finding.buttons[0], Qt.MouseButton.LeftButton)
    assert desk.bridge.diagnostics == ()


def test_several_blocks_are_counted_and_edited_together(desk: Desk) -> None:
    desk.selection.select(["first", "second"])
    card = desk.panel.several_card
    assert card.isVisible()
    assert card.title.text() == "2 blocks selected"
    assert card.kinds.text() == "2\u00a0×\u00a0Convolution"
    blocks = desk.bridge.trace.blocks
    assert card.table.text("Parameters") == f"{blocks['first'].params + blocks['second'].params:,}"
    field: Any = card.form.rows["kernel_size"].editor.fields()[0]
    replace_text(field, "5")
    assert [value_of(desk.bridge, i, "kernel_size") for i in ("first", "second")] == [5, 5]
    assert undo_steps(desk.bridge) == 1
    use_bias: Any = card.form.rows["use_bias"].editor.fields()[0]
    QTest.mouseClick(use_bias, Qt.MouseButton.LeftButton, pos=QPoint(10, use_bias.height() // 2))
    assert [value_of(desk.bridge, i, "use_bias") for i in ("first", "second")] == [False, False]
    assert undo_steps(desk.bridge) == 2
    desk.selection.select(["first", "norm"])
    assert not card.shared.isVisible()


def test_the_blocks_of_a_group_go_by_its_name(desk: Desk) -> None:
    assert desk.bridge.do(group_blocks(desk.bridge.experiment.architecture, ("first", "second"), "Stem & <trunk>"))
    (group,) = desk.bridge.experiment.architecture.groups.values()
    desk.selection.select(group.blocks)
    card = desk.panel.several_card
    assert card.title.text() == "Stem & <trunk>"
    assert card.title.textFormat() is Qt.TextFormat.PlainText
    assert card.kinds.text().startswith(f"Group of {len(group.blocks)} blocks: ")
    desk.selection.select(["input", *group.blocks])
    assert card.title.text() == f"{len(group.blocks) + 1} blocks selected"


def test_several_blocks_can_be_duplicated_and_removed(desk: Desk) -> None:
    desk.selection.select(["first", "second"])
    card = desk.panel.several_card
    QTest.mouseClick(card.duplicate, Qt.MouseButton.LeftButton)
    assert len(desk.selection.ids) == 2
    assert set(desk.selection.ids).isdisjoint({"first", "second"})
    QTest.mouseClick(card.remove, Qt.MouseButton.LeftButton)
    assert len(desk.bridge.experiment.architecture.blocks) == 6
    assert desk.selection.current == ""
    desk.selection.select(["input", "output"])
    assert not card.duplicate.isEnabled()


def test_a_wanted_parameter_gets_the_cursor(qtbot: QtBot, desk: Desk) -> None:
    desk.panel.resize(280, 200)
    desk.selection.select(["first"])
    desk.selection.parameter_wanted.emit("groups")
    field = desk.field("groups")
    assert field.hasFocus()
    qtbot.waitUntil(lambda: field.visibleRegion().boundingRect().height() == field.height())
    desk.selection.parameter_wanted.emit("no such parameter")
    assert field.hasFocus()


def test_hidden_it_does_nothing_and_catches_up(desk: Desk) -> None:
    desk.selection.select(["first"])
    desk.panel.hide()
    desk.bridge.do(SetParameters(id="first", values={"filters": 99}))
    desk.selection.select(["second"])
    assert desk.panel.block_card.id == "first"
    assert desk.field("filters").lineEdit().text() == "8"
    desk.panel.show()
    assert desk.panel.block_card.id == "second"
    assert desk.field("filters").lineEdit().text() == "16"


def test_a_removed_block_leaves_the_card(desk: Desk) -> None:
    desk.selection.select(["norm"])
    desk.bridge.do(RemoveBlocks(ids=("norm",)))
    assert desk.panel.experiment_card.isVisible()
    assert not desk.panel.block_card.isVisible()


def test_sections_fold(desk: Desk) -> None:
    desk.selection.select(["first"])
    card = desk.panel.block_card
    assert card.summary.text() == "Slides learned kernels over the input; each kernel yields one feature map."
    assert card.flow.text() == "8 × 8 × 1 → 8 × 8 × 8"
    assert card.more.text().startswith("A kernel answers")
    assert "\n" not in card.more.text().split("\n\n")[0]
    heading: Any = desk.panel.findChild(object, "section_about")
    QTest.mouseClick(heading, Qt.MouseButton.LeftButton)
    assert not card.more.isVisible()
    desk.selection.select(["second"])
    assert not card.more.isVisible(), "folded stays folded"
    QTest.mouseClick(heading, Qt.MouseButton.LeftButton)
    assert card.more.isVisible()
