"""The form: what is typed, stepped and chosen becomes edits; nothing illegal goes out and nothing typed is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.inspector.editors import ComboEditor, FlagEditor, LineEditor, NumberEditor, SegmentEditor
from cnnstudio.app.inspector.size_editors import AxesEditor, MarginsEditor, SizeEditor
from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix, Severity
from cnnstudio.core.declare import Declared, Margins, Shape, Size, declared, param
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


@declared
class Everything(Declared):
    """One parameter of each form, and the same optional."""

    count: int = param(2000, min=1, max=9999, help="How many")
    rate: float = param(0.001, above=0.0, max=1.0, help="How fast")
    flag: bool = param(False, help="Whether")
    mode: Literal["valid", "same"] = param("same", help="Which of two")
    kind: Literal["relu", "leaky_relu", "softmax", "sigmoid", "tanh"] = param("relu", help="Which of many")
    size: Size = param(3, min=1, max=9, help="How wide")
    margins: Margins = param(1, min=0, max=9, help="How much at each side")
    shape: Shape = param((8, 8, 1), min=1, max=99, help="Sizes of one sample")
    title: str = param("", max=20, help="What it is called")
    depth: int | None = param(None, min=1, max=9, help="How deep, or not at all")
    choice: Literal["a", "b"] | None = param(None, help="One, the other or neither")
    slope: float = param(0.1, min=0.0, max=1.0, help="How steep", relevant=lambda v: v.kind == "leaky_relu")


class Held:
    """A form in a window, and a value that follows its edits as a document would."""

    def __init__(self, qtbot: QtBot, value: Any) -> None:
        self.window = QWidget()
        self.form = DeclaredForm(self.window)
        QVBoxLayout(self.window).addWidget(self.form)
        qtbot.addWidget(self.window)
        self.value = value
        self.edits: list[tuple[str, object, str]] = []
        self.form.edited.connect(self.follow)
        self.form.show_value(value)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)

    def follow(self, name: str, value: object, gesture: str) -> None:
        self.edits.append((name, value, gesture))
        self.value = type(self.value)(**{**vars(self.value), name: value})
        self.form.show_value(self.value)

    def field(self, name: str) -> Any:
        return self.form.rows[name].editor.fields()[0]

    def gestures(self) -> list[str]:
        return list(dict.fromkeys(g for _, _, g in self.edits))


@pytest.fixture
def held(qtbot: QtBot) -> Held:
    return Held(qtbot, Everything())


def type_into(field: Any, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def line_of(field: Any) -> Any:
    return field.lineEdit() if hasattr(field, "lineEdit") else field


def test_each_form_has_its_editor(held: Held) -> None:
    expected = {
        "count": NumberEditor, "rate": NumberEditor, "flag": FlagEditor, "mode": SegmentEditor, "kind": ComboEditor,
        "size": SizeEditor, "margins": MarginsEditor, "shape": LineEditor, "title": LineEditor,
        "depth": NumberEditor, "choice": SegmentEditor,
    }  # fmt: skip
    assert {n: type(held.form.rows[n].editor) for n in expected} == expected


def test_every_field_can_be_found_and_read_aloud(held: Held) -> None:
    for name, row in held.form.rows.items():
        for field in (*row.editor.fields(), row.reset):
            assert field.objectName(), name
            assert field.accessibleName(), field.objectName()
            assert field.toolTip(), field.objectName()
        assert row.editor.fields()[0].objectName() == f"field_{name}"
        assert row.label.buddy() is row.editor.fields()[0]


def test_typing_is_one_burst_and_the_cursor_stays(held: Held) -> None:
    field = held.field("count")
    assert field.lineEdit().text() == "2,000"
    type_into(field, "64")
    QTest.keyClick(field, Qt.Key.Key_Left)
    QTest.keyClicks(field, "0")
    assert [v for _, v, _ in held.edits] == [6, 64, 604]
    assert field.lineEdit().text() == "604"
    assert field.lineEdit().cursorPosition() == 2
    assert len(held.gestures()) == 1
    assert held.gestures()[0]
    QTest.keyClick(field, Qt.Key.Key_Return)
    type_into(field, "1234")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(held.gestures()) == 2
    assert field.lineEdit().text() == "1,234", "separators come when the typing is over"


def test_leaving_the_field_ends_the_burst(held: Held) -> None:
    type_into(held.field("count"), "5")
    held.field("rate").setFocus()
    type_into(held.field("count"), "6")
    assert len(held.gestures()) == 2


def test_arrows_step_in_one_burst_and_a_pause_ends_it(qtbot: QtBot, held: Held) -> None:
    field = held.field("count")
    field.setFocus()
    for _ in range(3):
        QTest.keyClick(field, Qt.Key.Key_Up)
    assert held.value.count == 2003
    with qtbot.waitSignal(field.settled, timeout=2000):
        pass
    QTest.keyClick(field, Qt.Key.Key_Down)
    assert held.value.count == 2002
    assert [len([e for e in held.edits if e[2] == g]) for g in held.gestures()] == [3, 1]


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("count", "0", "Count must be a whole number from 1 to 9,999, not 0."),
        ("count", "many", 'Count must be a whole number from 1 to 9,999, not "many".'),
        ("rate", "-1", "Rate must be a number at most 1 and above 0, not -1."),
        ("shape", "8 by 8", 'Shape must be 1 to 6 whole numbers from 1 to 99, not "8 by 8".'),
        ("size", "70", "Size must be a whole number from 1 to 9, or one such number per axis, not 70."),
    ],
)
def test_what_will_not_do_stays_in_the_field_with_the_reason(held: Held, name: str, text: str, says: str) -> None:
    before = getattr(held.value, name)
    row, field = held.form.rows[name], held.field(name)
    type_into(field, text)
    assert getattr(held.value, name) in (before, *(v for n, v, _ in held.edits if n == name))
    assert row.parameter.problem(getattr(held.value, name)) is None
    assert row.problem.isVisible()
    assert row.problem.sentence.text() == says
    assert field.property("invalid") == "true"
    held.field("title").setFocus()
    held.form.show_value(held.value)
    assert line_of(field).text() == text, "leaving the field does not lose what was typed"
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not row.problem.isVisible()
    assert field.property("invalid") == "false"
    assert line_of(field).text() != text


def test_unfinished_typing_gives_way_when_the_value_changes_or_another_thing_is_shown(held: Held) -> None:
    field = held.field("count")
    type_into(field, "none")
    held.form.show_value(Everything(count=77))
    assert field.lineEdit().text() == "77"
    assert not held.form.rows["count"].problem.isVisible()
    type_into(field, "none")
    held.form.show_value(Everything(count=77), subject="another block")
    assert field.lineEdit().text() == "77"


def test_showing_makes_no_edits_and_no_new_fields(held: Held) -> None:
    fields = [held.field(n) for n in held.form.rows]
    other = Everything(
        count=5, rate=0.5, flag=True, mode="valid", kind="tanh", size=(1, 2), margins=((1, 2), (3, 4)), shape=(9,),
        title="x", depth=3, choice="b",
    )  # fmt: skip
    held.form.show_value(other)
    assert held.edits == []
    same = [held.field(n) for n in held.form.rows if not isinstance(held.form.rows[n].editor, AxesEditor)]
    assert all(f in fields for f in same)
    assert held.field("rate").lineEdit().text() == "0.5"
    assert held.field("shape").text() == "9"


@pytest.mark.parametrize(("text", "value"), [("0.0001", 0.0001), ("1e-4", 0.0001), ("0,5", 0.5), (" 0.25 ", 0.25)])
def test_real_numbers_are_read_as_people_write_them(held: Held, text: str, value: float) -> None:
    type_into(held.field("rate"), text)
    assert held.value.rate == value


def test_a_learning_rate_steps_by_its_leading_digit(qtbot: QtBot) -> None:
    held = Held(qtbot, TrainingRecipe())
    field = held.field("learning_rate")
    field.setFocus()
    seen = []
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up):
        QTest.keyClick(field, key)
        seen.append(held.value.learning_rate)
    assert seen == [0.0009, 0.0008, 0.0009, 0.001, 0.002]
    assert not held.form.has_field("momentum")
    held.follow("optimizer", "sgd", "")
    assert held.form.has_field("momentum")
    momentum = held.field("momentum")
    momentum.setFocus()
    for _ in range(4):
        QTest.keyClick(momentum, Qt.Key.Key_Up)
    assert 0.95 < held.value.momentum < 1.0


def test_flags_and_choices_are_steps_of_their_own(held: Held) -> None:
    QTest.mouseClick(held.field("flag"), Qt.MouseButton.LeftButton, pos=QPoint(10, held.field("flag").height() // 2))
    segments = held.field("mode")
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.segment_rect(0).center().toPoint())
    QTest.keyClick(segments, Qt.Key.Key_Right)
    assert held.edits == [("flag", True, ""), ("mode", "valid", ""), ("mode", "same", "")]


def test_running_through_a_list_by_keys_is_one_burst(qtbot: QtBot, held: Held) -> None:
    combo = held.field("kind")
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert held.value.kind == "softmax"
    assert [combo.itemText(n) for n in (1, 2)] == ["leaky relu", "softmax"]
    with qtbot.waitSignal(held.form.rows["kind"].editor.settled):
        pass
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert len(held.gestures()) == 2


def test_optional_values_can_be_emptied(held: Held) -> None:
    field = held.field("depth")
    type_into(field, "4")
    assert held.value.depth == 4
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    assert held.value.depth is None
    segments = held.field("choice")
    assert segments.texts == ("none", "a", "b")
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.segment_rect(2).center().toPoint())
    QTest.mouseClick(segments, Qt.MouseButton.LeftButton, pos=segments.segment_rect(0).center().toPoint())
    assert [v for n, v, _ in held.edits if n == "choice"] == ["b", None]


def test_a_size_can_be_set_for_each_axis_and_joined_again(held: Held) -> None:
    editor: Any = held.form.rows["size"].editor
    held.form.show_value(held.value, axes=3)
    QTest.mouseClick(editor.link, Qt.MouseButton.LeftButton)
    assert held.value.size == (3, 3, 3)
    assert [s.objectName() for s in editor.spins] == ["field_size_depth", "field_size_height", "field_size_width"]
    type_into(editor.spins[1], "5")
    assert held.value.size == (3, 5, 3)
    type_into(editor.spins[1], "50")
    assert held.value.size == (3, 5, 3)
    assert held.form.rows["size"].is_invalid
    QTest.mouseClick(editor.link, Qt.MouseButton.LeftButton)
    assert held.value.size == 3
    assert editor.single.isVisible()
    assert not editor.parts.isVisible()


def test_margins_have_two_sides_for_each_axis(held: Held) -> None:
    editor: Any = held.form.rows["margins"].editor
    QTest.mouseClick(editor.link, Qt.MouseButton.LeftButton)
    assert held.value.margins == ((1, 1), (1, 1))
    type_into(editor.spins[3], "4")
    assert held.value.margins == ((1, 1), (1, 4))
    held.form.show_value(Everything(margins=(2, (0, 3))))
    assert [s.lineEdit().text() for s in editor.spins] == ["2", "2", "0", "3"]


def wheel(field: QWidget) -> QWheelEvent:
    middle = QPointF(field.rect().center())
    event = QWheelEvent(
        middle, field.mapToGlobal(middle), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(field, event)
    return event


@pytest.mark.parametrize("name", ["count", "rate", "kind", "size"])
def test_the_wheel_changes_only_the_focused_field(held: Held, name: str) -> None:
    held.field("title").setFocus()
    wheel(held.field(name))
    assert held.edits == []
    assert not held.field(name).hasFocus()
    held.field(name).setFocus()
    if name == "kind":
        held.field(name).setCurrentIndex(2)
    wheel(held.field(name))
    assert [n for n, _, _ in held.edits] == [name]


def test_a_diagnostic_marks_its_field_and_offers_its_fixes(qtbot: QtBot, held: Held) -> None:
    fix = Fix("Set count to 3", lambda: pytest.fail("the form applies no fix itself"))
    held.form.show_value(held.value, [Diagnostic(Severity.ERROR, "b", "count", "Count is odd.", (fix,))])
    row = held.form.rows["count"]
    (finding,) = row._findings
    assert finding.sentence.text() == "Count is odd."
    assert finding.isVisible()
    assert held.field("count").property("invalid") == "true"
    with qtbot.waitSignal(held.form.fix_wanted) as wanted:
        QTest.mouseClick(finding.buttons[0], Qt.MouseButton.LeftButton)
    assert wanted.args == [fix]
    held.form.show_value(held.value, [Diagnostic(Severity.WARNING, "b", "count", "Count is large.")])
    assert held.field("count").property("invalid") == "false", "a warning leaves the outline alone"
    held.form.show_value(held.value)
    assert row._findings == []


def test_a_hidden_parameter_shows_when_it_is_at_fault(held: Held) -> None:
    assert not held.form.has_field("slope")
    held.form.show_value(held.value, [Diagnostic(Severity.ERROR, "b", "slope", "Slope is wrong.")])
    assert held.form.has_field("slope")


def test_a_changed_field_can_be_reset(held: Held) -> None:
    row = held.form.rows["count"]
    assert not row.reset.isVisible()
    type_into(held.field("count"), "7")
    assert row.reset.isVisible()
    assert row.reset.toolTip() == "Reset to 2,000"
    QTest.keyClicks(held.field("count"), "x")
    QTest.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert held.value.count == 2000
    assert held.field("count").lineEdit().text() == "2,000"
    assert held.edits[-1] == ("count", 2000, "")
    assert not row.problem.isVisible()


def test_the_focused_field_is_explained(held: Held) -> None:
    help_line: Any = held.form.findChild(QWidget, "field_help")
    held.field("rate").setFocus()
    assert help_line.text() == "Rate: how fast"
    held.field("title").setFocus()
    assert help_line.text() == "Title: what it is called"
    held.field("title").clearFocus()
    assert help_line.isVisible()  # what lies below must not jump under a click
    held.form.show_value(TrainingRecipe())
    assert not help_line.isVisible()


def test_tab_goes_through_the_fields_in_their_order(held: Held) -> None:
    held.field("count").setFocus()
    seen = []
    for _ in range(6):
        QTest.keyClick(held.window.focusWidget(), Qt.Key.Key_Tab)
        seen.append(held.window.focusWidget().objectName())
    assert seen == ["field_rate", "field_flag", "field_mode", "field_kind", "field_size", "link_size"]


def test_another_class_gets_another_form(held: Held) -> None:
    held.form.show_value(TrainingRecipe())
    assert list(held.form.rows) == [p.name for p in TrainingRecipe.parameters]
    held.form.show_value(Everything(title="back"))
    assert held.field("title").text() == "back"
