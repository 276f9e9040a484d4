"""The script in sight: it changes only where it differs, marks lines of blocks and says which lines are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from cnnstudio.app.panels.highlighter import PythonHighlighter
from cnnstudio.app.theme import Role, mark, theme

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class CodeText(QPlainTextEdit):
    """Read-only; the caret walks through it by mouse and keys."""

    chosen = Signal(tuple)
    """Ids of the blocks in whose lines the person has put the caret or a selection, the one at the caret last."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: Mapping[str, tuple[int, int]] = {}
        self._owners: dict[int, str] = {}
        self._shown: list[str] = [""]
        self._by_person = True
        self._choosing = False
        self.highlighter = PythonHighlighter(self.document())
        self.setUndoRedoEnabled(False)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        mark(self, kind="code")  # the style sheet sets the font: setFont is lost when Qt moves a styled widget
        self.cursorPositionChanged.connect(self._choose)

    def show_script(self, text: str, lines: Mapping[str, tuple[int, int]]) -> None:
        """Show `text`; `lines` has each block's first and last line, counted from 1. What stays is not touched."""
        self._lines = lines
        self._owners = {n - 1: id for id, (first, last) in lines.items() for n in range(first, last + 1)}
        new = text.split("\n")
        if new == self._shown:
            return
        self._by_person = False
        self._replace(new, text)
        self._by_person = True
        self._shown = new

    def _replace(self, new: list[str], text: str) -> None:
        old = self._shown
        same_first = _alike(zip(old, new, strict=False))
        most = min(len(old), len(new)) - same_first
        same_last = min(most, _alike(zip(reversed(old), reversed(new), strict=False)))
        if not same_last:
            self.setPlainText(text)
            return
        document = self.document()
        cursor = QTextCursor(document.findBlockByNumber(same_first))
        cursor.setPosition(document.findBlockByNumber(len(old) - same_last).position(), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText("".join(f"{line}\n" for line in new[same_first : len(new) - same_last]))

    def mark_blocks(self, ids: Iterable[str]) -> None:
        """Mark the lines of these blocks, and of no others."""
        marks = []
        for id in ids:
            first, last = self._lines.get(id, (1, 0))
            marks += [self._line_mark(number) for number in range(first - 1, last)]
        self.setExtraSelections(marks)

    def _line_mark(self, number: int) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        made.cursor = QTextCursor(self.document().findBlockByNumber(number))
        made.format.setBackground(QColor(theme().color(Role.SELECTION)))
        made.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        return made

    def go_to(self, id: str) -> None:
        """Bring the first line of that block into sight, and the caret to it, unless it was chosen here."""
        if id not in self._lines or self._choosing:
            return
        number = self._lines[id][0] - 1
        bar = self.verticalScrollBar()  # counts lines
        if not bar.value() <= number < bar.value() + bar.pageStep() - 1:
            bar.setValue(max(0, number - bar.pageStep() // 3))
        place = bar.value()
        self._by_person = False
        self.setTextCursor(QTextCursor(self.document().findBlockByNumber(number)))
        self._by_person = True
        bar.setValue(place)

    def _choose(self) -> None:
        if not self._by_person:
            return
        cursor = self.textCursor()
        document = self.document()
        first = document.findBlock(cursor.selectionStart()).blockNumber()
        end = document.findBlock(cursor.selectionEnd())
        last = end.blockNumber()
        if last > first and cursor.selectionEnd() == end.position():
            last -= 1  # nothing of this line is selected
        ids = self._in_lines(range(first, last + 1))
        if ids:
            self._choosing = True
            self.chosen.emit(tuple(ids if cursor.position() == cursor.selectionEnd() else reversed(ids)))
            self._choosing = False

    def _in_lines(self, numbers: Sequence[int]) -> list[str]:
        return list(dict.fromkeys(self._owners[n] for n in numbers if n in self._owners))


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs in a row are of equals, from the first on."""
    count = 0
    for old, new in pairs:
        if old != new:
            break
        count += 1
    return count
