"""One row of a form: label, editor, reset button, and beneath them what is wrong with the value."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.inspector import reading
from cnnstudio.app.inspector.editors import (
    ComboEditor,
    Editor,
    FlagEditor,
    LineEditor,
    NumberEditor,
    SegmentEditor,
    fits_segments,
)
from cnnstudio.app.inspector.findings import Finding
from cnnstudio.app.inspector.size_editors import SMALL_ICON, MarginsEditor, SizeEditor
from cnnstudio.app.theme import Role, mark, set_icon, space
from cnnstudio.core.declare import Form, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.declare import Parameter
    from cnnstudio.core.following import Followed

_gestures = itertools.count(1)

_EDITORS: dict[Form, type[Editor]] = {
    Form.INTEGER: NumberEditor,
    Form.NUMBER: NumberEditor,
    Form.FLAG: FlagEditor,
    Form.CHOICE: ComboEditor,
    Form.SIZE: SizeEditor,
    Form.MARGINS: MarginsEditor,
    Form.SHAPE: LineEditor,
    Form.NUMBERS: LineEditor,
    Form.TEXT: LineEditor,
}


def uncapitalised(sentence: str) -> str:
    """The sentence to follow a colon: "How many" becomes "how many", "L2 norm" stays."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


def editor_for(parameter: Parameter, parent: QWidget | None = None) -> Editor:
    """The editor that suits the parameter."""
    if parameter.form is Form.CHOICE and fits_segments(parameter):
        return SegmentEditor(parameter, parent)
    return _EDITORS[parameter.form](parameter, parent)


class FieldRow(QWidget):
    """Shows one parameter and reports what the person makes of it. Only values the declaration allows go out."""

    edited = Signal(str, object, str)
    """Name, value, gesture ("" for an edit that is an undo step of its own)."""
    fix_wanted = Signal(object)
    fix_pointed = Signal(object, QWidget)
    follow_wanted = Signal(str, bool)
    """Name, and whether its value is to follow the design or to stay as it is."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self._value: object = parameter.default
        self._typed_problem = ""
        self._gesture = ""
        self._findings: list[Finding] = []
        self.label = QLabel(parameter.label + (f" ({parameter.unit})" if parameter.unit else ""), self)
        self.editor = editor_for(parameter, self)
        self.reset = QToolButton(self)
        self.follow = QToolButton(self)
        self.followed = QLabel(self)
        self._problem: Finding | None = None
        self._notes = QVBoxLayout()
        self._lay_out()
        self._name_fields()
        self.editor.entered.connect(self._entered)
        self.editor.garbled.connect(self._garbled)
        self.editor.settled.connect(self._settled)
        self.editor.dropped.connect(self._dropped)
        self.editor.fields_changed.connect(self._name_fields)
        self.reset.clicked.connect(self._reset)
        self.follow.clicked.connect(self._ask_to_follow)

    def _lay_out(self) -> None:
        self.label.setWordWrap(True)
        self.label.setContentsMargins(0, 0, space(1), 0)
        self.label.setToolTip(self.parameter.help)
        line = self.editor.fields()[0].sizeHint().height()
        self.label.setMinimumHeight(line)
        mark(self.label, tone="muted")
        self._set_up_buttons(line)
        self.followed.setObjectName(f"followed_{self.parameter.name}")
        self.followed.setWordWrap(True)
        self.followed.setTextFormat(Qt.TextFormat.PlainText)
        mark(self.followed, tone="muted", scale="caption")
        self.followed.hide()
        self.editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._notes.setContentsMargins(0, 0, 0, 0)
        self._notes.setSpacing(space(1))
        self._notes.addWidget(self.followed)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space(1))
        grid.setVerticalSpacing(space(1))
        grid.addWidget(self.label, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.editor, 0, 1)
        grid.addWidget(self.reset, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.follow, 0, 2, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(self._notes, 1, 1, 1, 2)
        grid.setColumnStretch(1, 1)

    def _set_up_buttons(self, height: int) -> None:
        set_icon(self.reset, "reset", Role.MUTED)
        self.reset.setObjectName(f"reset_{self.parameter.name}")
        self.reset.setAccessibleName(f"Reset {self.parameter.label.lower()}")
        self.reset.setToolTip(f"Reset to {show(self.parameter.default)}")
        self.follow.setObjectName(f"follow_{self.parameter.name}")
        self.follow.setCheckable(True)
        self.follow.setToolTip(f"{self.parameter.label} follows nothing here")
        self.follow.setAccessibleName(f"{self.parameter.label}: follow again")
        self.follow.hide()
        for button in (self.reset, self.follow):
            button.setMinimumHeight(height)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setIconSize(SMALL_ICON)
            mark(button, kind="flat")
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)

    def _name_fields(self) -> None:
        fields = self.editor.fields()
        fields[0].setObjectName(fields[0].objectName() or f"field_{self.parameter.name}")
        self.label.setBuddy(fields[0])
        for field in fields:
            if not field.accessibleName():
                field.setAccessibleName(self.parameter.label)
            if not field.toolTip():
                field.setToolTip(self.parameter.help)

    @property
    def problem(self) -> Finding:
        """What is wrong with what was typed; made when it is needed first, as most fields never need it."""
        if self._problem is None:
            self._problem = Finding(self)
            self._problem.hide()
            self._notes.insertWidget(1, self._problem)
        return self._problem

    def show_value(self, value: object, diagnostics: Sequence[Diagnostic]) -> None:
        """Show the document's value and what lint says of it."""
        self._value = value
        self.editor.show_value(value)
        if not self.editor.is_pending:
            self._typed_problem = ""
        self.reset.setVisible(self.follow.isHidden() and not reading.same(value, self.parameter.default))
        self._show_diagnostics(diagnostics)
        self._show_problem()

    def show_following(self, would_be: Followed | None, *, follows: bool) -> None:
        """Say what the value follows or would follow: `would_be` is None where it can follow nothing."""
        self.follow.setVisible(would_be is not None)
        self.followed.setVisible(would_be is not None and follows)
        if would_be is None:
            return
        self.reset.hide()
        self.follow.setChecked(follows)
        set_icon(self.follow, "follow", Role.ACCENT if follows else Role.MUTED)
        if follows:
            stands = reading.same(would_be.value, self._value)
            later = f"from the next edit before it on, as {show(would_be.value)}"
            self.followed.setText(f"Follows: {would_be.reason if stands else later}")
            self.follow.setToolTip(
                f"{self.parameter.label}: follows the design. Click to keep this value, or type another one"
            )
            self.follow.setAccessibleName(f"{self.parameter.label}: keep this value")
        else:
            self.follow.setToolTip(f"Follow again: {show(would_be.value)}, {would_be.reason}")
            self.follow.setAccessibleName(f"{self.parameter.label}: follow again")

    def set_label_width(self, width: int) -> None:
        """So that the editors of a form stand in one column."""
        self.label.setFixedWidth(width)

    def give_up(self) -> None:
        """Drop unfinished text and end the burst: another thing is about to be shown."""
        self.editor.discard()
        self._gesture = ""
        self._typed_problem = ""

    def focus(self) -> None:
        """Put the cursor into the field, its text selected."""
        field = self.editor.fields()[0]
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        select = getattr(field, "selectAll", None)
        if callable(select):
            select()

    @property
    def is_invalid(self) -> bool:
        """Whether the row marks its field as wrong."""
        return bool(self._typed_problem) or any(f.is_error for f in self._findings)

    @property
    def help(self) -> str:
        """What the field is for, in a line of its own."""
        return f"{self.parameter.label}: {uncapitalised(self.parameter.help)}"

    def _show_diagnostics(self, diagnostics: Sequence[Diagnostic]) -> None:
        while len(self._findings) > len(diagnostics):
            surplus = self._findings.pop()
            self._notes.removeWidget(surplus)
            surplus.hide()
            surplus.deleteLater()
        while len(self._findings) < len(diagnostics):
            finding = Finding(self)
            finding.fix_wanted.connect(self.fix_wanted)
            finding.fix_pointed.connect(self.fix_pointed)
            self._notes.addWidget(finding)
            self._findings.append(finding)
        for finding, diagnostic in zip(self._findings, diagnostics, strict=True):
            finding.show_diagnostic(diagnostic)
            finding.setVisible(not self._typed_problem)

    def _show_problem(self) -> None:
        if self._typed_problem or self._problem is not None:
            self.problem.show_error(self._typed_problem)
            self.problem.setVisible(bool(self._typed_problem))
        for finding in self._findings:
            finding.setVisible(not self._typed_problem)
        invalid = "true" if self.is_invalid else "false"
        for field in self.editor.fields():
            if (field.property("invalid") or "false") != invalid:
                mark(field, invalid=invalid)
                field.update()

    def _entered(self, value: object) -> None:
        problem = self.parameter.problem(value)
        self._typed_problem = problem or ""
        self._show_problem()
        if problem is not None or reading.same(value, self._value):
            return
        if self.editor.folds and not self._gesture:
            self._gesture = f"form-{next(_gestures)}"
        self.edited.emit(self.parameter.name, value, self._gesture)

    def _garbled(self, text: str) -> None:
        shown = f'"{text.strip()[:40]}"' if text.strip() else "empty"
        self._typed_problem = f"{self.parameter.label} must be {self.parameter.rule}, not {shown}."
        self._show_problem()

    def _settled(self) -> None:
        self._gesture = ""

    def _dropped(self) -> None:
        self._typed_problem = ""
        self._show_problem()

    def _ask_to_follow(self, on: bool) -> None:
        self.give_up()
        self._show_problem()
        self.follow_wanted.emit(self.parameter.name, on)

    def _reset(self) -> None:
        self.give_up()
        self._show_problem()
        self.edited.emit(self.parameter.name, self.parameter.default, "")
        self.focus()
