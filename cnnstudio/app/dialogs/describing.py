"""What a person says of an experiment or a preset: name, description, tags, notes, paper and what to expect of it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.features.words import named
from cnnstudio.app.theme import mark, space
from cnnstudio.core.about import LONGEST_NAME, LONGEST_NOTES, Description, Paper
from cnnstudio.core.formats.run_notes import tags_in
from cnnstudio.core.metrics import metric_told

if TYPE_CHECKING:
    from cnnstudio.core.about import Expected

_LINES = 3
"""Of text that are in sight at least."""
_TOLD = 2
"""Metrics of the expected result that are named."""


class DescribingDialog(QDialog):
    """Asks for all of it. `described` is sent with the answers; the dialog stays until `accept`.

    So the receiver can refuse: `complain` shows why, and with `replacing` the button then says Replace.
    """

    described = Signal(Description, bool)
    """What the person says, and whether something of that name may be replaced."""

    def __init__(self, title: str, button: str, known: Description, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("naming_dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 480)
        self._known = known
        self._button = button
        self._replacing = False
        self._make_fields()
        self._problem = QLabel()
        self._problem.setObjectName("naming_problem")
        self._problem.setWordWrap(True)
        self._problem.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._problem, tone="error")
        self._ok = named(QPushButton(button), "naming_ok", button, title)
        mark(self._ok, kind="primary")
        self._cancel = named(QPushButton("Cancel"), "naming_cancel", "Cancel", "Change nothing")
        self._lay_out()
        self._ok.setDefault(True)
        self._ok.clicked.connect(self._send)
        self._cancel.clicked.connect(self.reject)
        for field in (self._name, self._paper, self._link):
            field.textChanged.connect(self._check)
        self._check()
        QWidget.setTabOrder(self._link, self._expected)  # which was made with a parent, and so came first of all
        self._name.setFocus()

    def _make_fields(self) -> None:
        known = self._known
        paper = known.papers[0] if known.papers else Paper("")
        self._name = named(QLineEdit(known.name), "naming_name", "Name", f"At most {LONGEST_NAME} characters")
        self._name.setMaxLength(LONGEST_NAME)
        self._name.selectAll()
        self._description = _text(known.description, "naming_description", "Description",
                                  "What it is for, in a sentence or two")  # fmt: skip
        self._tags = named(QLineEdit(", ".join(known.tags)), "naming_tags", "Tags",
                           "Words to find it by, with commas between them")  # fmt: skip
        self._tags.setPlaceholderText("images, residual, small")
        self._notes = _text(known.notes, "naming_notes", "Notes", "What you want to remember about it")
        self._paper = named(QLineEdit(paper.title), "naming_paper", "Paper",
                            "Title of the paper that the design follows, if any")  # fmt: skip
        self._link = named(QLineEdit(paper.link), "naming_link", "Link", "Where the paper can be read")
        self._link.setPlaceholderText("https://")
        self._expected = named(QCheckBox(_promise(known.expected), self), "naming_expected", "Expected result",
                               "Say what it came to on the test part, until it is changed")  # fmt: skip
        self._expected.setChecked(bool(known.expected))

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(space(2))
        for label, field in (
            ("Name", self._name), ("Description", self._description), ("Tags", self._tags), ("Notes", self._notes),
            ("Paper", self._paper), ("Link", self._link),
        ):  # fmt: skip
            form.addRow(label, field)
        if self._known.expected:
            form.addRow("Result", self._expected)
        else:
            self._expected.hide()
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addStretch(1)
        buttons.addWidget(self._ok)  # in the order of the other dialogs, whose boxes Qt lays out
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addLayout(form, 1)
        column.addWidget(self._problem)
        column.addLayout(buttons)

    def complain(self, sentence: str, *, replacing: bool = False) -> None:
        """Show why the answers cannot be taken; with `replacing`, pressing the button again replaces what is there."""
        self._problem.setText(sentence)
        self._problem.show()
        self._replacing = replacing
        self._ok.setText("Replace" if replacing else self._button)

    def _check(self) -> None:
        self._ok.setEnabled(bool(self._name.text().strip()))
        self._problem.clear()
        self._problem.hide()
        self._replacing = False
        self._ok.setText(self._button)

    def _send(self) -> None:
        papers = self._papers()
        if papers and (problem := papers[0].problem):
            self.complain(f"{problem[:1].upper()}{problem[1:]}")
            self._link.setFocus()
            return
        told = Description(
            name=self._name.text().strip(),
            description=self._description.toPlainText().strip()[:LONGEST_NOTES],
            tags=tags_in(self._tags.text()),
            notes=self._notes.toPlainText().strip()[:LONGEST_NOTES],
            papers=papers,
            expected=self._known.expected if self._expected.isChecked() else (),
        )
        self.described.emit(told, self._replacing)

    def _papers(self) -> tuple[Paper, ...]:
        """The first paper as it stands in the fields; its authors stay with its title. Others stay as they are."""
        title, link = self._paper.text().strip(), self._link.text().strip()
        others = self._known.papers[1:]
        if not title and not link:
            return others
        before = self._known.papers[0] if self._known.papers else Paper("")
        if title == before.title:
            return (dataclasses.replace(before, link=link), *others)
        return (Paper(title, link=link), *others)


def _text(text: str, name: str, title: str, tip: str) -> QPlainTextEdit:
    field = named(QPlainTextEdit(text), name, title, tip)
    field.setTabChangesFocus(True)
    field.setMinimumHeight((_LINES + 1) * field.fontMetrics().lineSpacing())
    return field


def _promise(expected: Expected) -> str:
    told = ", ".join(metric_told(name, value) for name, value in expected[:_TOLD])
    return f"{told[:1].upper()}{told[1:]} on the test part"
