"""The Code tab: the Keras script of the experiment, always the one that would train."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app import format
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.panels.highlighter import PythonHighlighter
from cnnstudio.app.theme import Role, mark, set_icon, space, theme, themes
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core.diagnostics import Severity
from cnnstudio.core.source import script_with_lines
from cnnstudio.core.storage import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QFocusEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection

DEBOUNCE_MS = 150
"""Edits closer together than this are written out once."""
SAID_MS = 4000


class CodePanel(QWidget):
    """Follows every edit while it is visible; shows no code for a design that cannot be built."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self._lines: Mapping[str, tuple[int, int]] = {}
        self._marked: tuple[str, ...] = ()
        self._written: object = None
        self.code = QPlainTextEdit(self)
        self.copy = QPushButton("Copy", self)
        self.save = QPushButton("Save as .py", self)
        self.said = QLabel(self)
        self.broken = EmptyState("error", "", self)
        self._stack = QStackedWidget(self)
        self._highlighter = PythonHighlighter(self.code.document())
        self._soon = QTimer(self, interval=DEBOUNCE_MS, singleShot=True)
        self._quiet = QTimer(self, interval=SAID_MS, singleShot=True)
        self._lay_out()
        self._when_shown = WhenShown(self, self._refresh)
        self._soon.timeout.connect(self._when_shown.ask)
        self._quiet.timeout.connect(self.said.clear)
        bridge.changed.connect(self._changed)
        selection.changed.connect(self._mark_selected)
        themes.changed.connect(self._mark_selected)
        self.copy.clicked.connect(self._copy)
        self.save.clicked.connect(self._save)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The script has the keyboard, so that the Tab key goes on from it."""
        self.code.setFocus(event.reason())

    def _lay_out(self) -> None:
        self.setObjectName("code")
        self.code.setObjectName("code_text")
        self.code.setToolTip("The Keras script of this experiment; select and copy any part")
        self.code.setAccessibleName("Keras script")
        self.code.setReadOnly(True)
        self.code.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        mark(self.code, kind="code")  # the style sheet sets the font: setFont is lost when Qt moves a styled widget
        for button, icon, help in (
            (self.copy, "copy", "Copy the whole script"),
            (self.save, "save", "Save the script as a Python file"),
        ):
            set_icon(button, icon)
            button.setObjectName(f"code_{icon}")
            button.setAccessibleName(help)
            button.setToolTip(help)
        mark(self.said, tone="muted")
        note = QLabel("Runs on its own with Keras: the model that Train trains, the same data and split.", self)
        note.setWordWrap(True)  # else the page could not be made narrower than this sentence
        mark(note, tone="muted")
        bar = QHBoxLayout()
        bar.setContentsMargins(space(2), space(1), space(2), space(1))
        bar.setSpacing(space(2))
        bar.addWidget(self.copy)
        bar.addWidget(self.save)
        bar.addWidget(note, 1)
        bar.addWidget(self.said)
        self._stack.addWidget(self.code)
        self._stack.addWidget(self.broken)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)

    def _changed(self) -> None:
        self._when_shown.owe()
        if self.isVisible():
            self._soon.start()

    def _refresh(self) -> None:
        """Write the script anew, unless it is that of this experiment already."""
        self._soon.stop()
        experiment = self._bridge.experiment
        errors = [d for d in self._bridge.diagnostics if d.severity is Severity.ERROR]
        if errors:
            first = errors[0]
            place = f"{first.block}: " if first.block else ""
            self.broken.sentence.setText(
                f"No script while there {'is' if len(errors) == 1 else 'are'} {format.counted(len(errors), 'error')}.\n"
                f"{place}{first.message}"
            )
            self._show("", {})
        elif experiment is not self._written:
            self._show(*script_with_lines(experiment))
        self._written = None if errors else experiment
        self._stack.setCurrentWidget(self.broken if errors else self.code)
        self.copy.setEnabled(not errors)
        self.save.setEnabled(not errors)
        self._mark_selected()

    def _show(self, text: str, lines: Mapping[str, tuple[int, int]]) -> None:
        self._lines = lines
        if text == self.code.toPlainText():
            return
        bars = (self.code.verticalScrollBar(), self.code.horizontalScrollBar())
        places = [bar.value() for bar in bars]
        self.code.setPlainText(text)
        for bar, place in zip(bars, places, strict=True):
            bar.setValue(place)

    def _mark_selected(self) -> None:
        """Mark the lines of the selected blocks; bring those of a block that has just been selected into sight."""
        if not self.isVisible():
            return
        marks = []
        for id in self._selection.ids:
            first, last = self._lines.get(id, (1, 0))
            marks += [self._line_mark(number) for number in range(first, last + 1)]
        self.code.setExtraSelections(marks)
        if self._selection.ids != self._marked:
            self._marked = self._selection.ids
            if self._selection.current in self._lines:
                self._scroll_to(self._lines[self._selection.current][0])

    def _line_mark(self, number: int) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        made.cursor = QTextCursor(self.code.document().findBlockByNumber(number - 1))
        made.format.setBackground(QColor(theme().color(Role.SELECTION)))
        made.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return made

    def _scroll_to(self, number: int) -> None:
        bar = self.code.verticalScrollBar()  # counts lines
        if not bar.value() < number < bar.value() + bar.pageStep():
            bar.setValue(max(0, number - 1 - bar.pageStep() // 3))

    def _copy(self) -> None:
        QApplication.clipboard().setText(self.code.toPlainText())
        self._say("Copied.")

    def _save(self) -> None:
        start = str(Path.home() / f"{file_stem(self._bridge.experiment.name)}.py")
        name, _ = QFileDialog.getSaveFileName(self, "Save the script", start, "Python files (*.py)")
        if name:
            self.save_to(Path(name))

    def save_to(self, path: Path) -> None:
        """Write the script to `path`, ".py" added where it has no ending; says what became of it."""
        path = path if path.suffix else path.with_suffix(".py")
        try:
            write_atomic(path, self.code.toPlainText().encode())
        except OSError as error:
            self._say(f"{path.name} could not be saved: {error.strerror or error}.", tone="error")
        else:
            self._say(f"Saved as {path.name}.")

    def _say(self, sentence: str, tone: str = "muted") -> None:
        mark(self.said, tone=tone)
        self.said.setText(sentence)
        self._quiet.start()


def file_stem(name: str) -> str:
    """A file name that every system takes: "LeNet on digits" becomes "lenet_on_digits"."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:60] or "model"
