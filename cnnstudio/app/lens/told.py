"""The line below the lens: what is said of a cell, in one line or in two that break where the sentence does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent


class Told(QLabel):
    """Keeps room for two lines, or the pictures above would jump."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens_words")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setFixedHeight(2 * self.fontMetrics().lineSpacing())
        self._parts = ("", "")

    @property
    def whole(self) -> str:
        """The sentence, wherever it is broken."""
        return " \u00b7 ".join(part for part in self._parts if part)

    def say(self, sentence: str, more: str) -> None:
        """Say both, the second on a line of its own where one line is too narrow."""
        self._parts = (sentence, more)
        self._break()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break it anew."""
        super().resizeEvent(event)
        self._break()

    def _break(self) -> None:
        fits = self.fontMetrics().horizontalAdvance(self.whole) < self.width()
        self.setText(self.whole if fits else "\n".join(self._parts))
