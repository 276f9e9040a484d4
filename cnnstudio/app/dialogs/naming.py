"""Name and description: of the experiment, or of a preset that is to be kept."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
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

from cnnstudio.app.theme import mark, space

LONGEST_NAME = 200

W = TypeVar("W", bound=QWidget)


class NamingDialog(QDialog):
    """Asks for a name and a description. `named` is sent with both; the dialog stays until `accept`.

    So the receiver can refuse: `complain` shows why, and with `replacing` the button then says Replace.
    """

    named = Signal(str, str, bool)
    """Name, description, and whether an existing one may be replaced."""

    def __init__(self, title: str, button: str, name: str, description: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("naming_dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(480, 280)
        self._button = button
        self._replacing = False
        self._name = _named(QLineEdit(name), "naming_name", "Name", f"At most {LONGEST_NAME} characters")
        self._name.setMaxLength(LONGEST_NAME)
        self._name.selectAll()
        self._description = _named(QPlainTextEdit(description), "naming_description", "Description",
                                   "What it is for, in a sentence or two")  # fmt: skip
        self._description.setTabChangesFocus(True)
        self._problem = QLabel()
        self._problem.setObjectName("naming_problem")
        self._problem.setWordWrap(True)
        mark(self._problem, tone="error")
        self._ok = _named(QPushButton(button), "naming_ok", button, title)
        mark(self._ok, kind="primary")
        self._cancel = _named(QPushButton("Cancel"), "naming_cancel", "Cancel", "Change nothing")
        self._lay_out()
        self._ok.setDefault(True)
        self._ok.clicked.connect(self._send)
        self._cancel.clicked.connect(self.reject)
        self._name.textChanged.connect(self._check)
        self._check()

    def complain(self, sentence: str, *, replacing: bool = False) -> None:
        """Show why the name cannot be taken; with `replacing`, pressing the button again replaces what has it."""
        self._problem.setText(sentence)
        self._replacing = replacing
        self._ok.setText("Replace" if replacing else self._button)
        self._name.setFocus()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(space(2))
        form.addRow("Name", self._name)
        form.addRow("Description", self._description)
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

    def _check(self) -> None:
        self._ok.setEnabled(bool(self._name.text().strip()))
        self._problem.clear()
        self._replacing = False
        self._ok.setText(self._button)

    def _send(self) -> None:
        self.named.emit(self._name.text().strip(), self._description.toPlainText().strip(), self._replacing)


def _named(widget: W, name: str, words: str, tip: str) -> W:
    widget.setObjectName(name)
    widget.setAccessibleName(words)
    widget.setToolTip(tip)
    return widget
