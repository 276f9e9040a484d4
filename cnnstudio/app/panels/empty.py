"""What a panel shows when it has nothing to show: a mark and a sentence that says so, or what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from cnnstudio.app.theme import Role, mark, pixmap, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Mapping

ICON_SIZE = 24
ROLES: Mapping[str, Role] = {
    "ok": Role.OK,
    "error": Role.ERROR,
    "hint": Role.HINT,
    "search": Role.MUTED,
    "undo": Role.MUTED,
}


class EmptyState(QWidget):
    """An icon above a sentence, in the middle of the room."""

    def __init__(self, icon: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = icon
        self._icon = QLabel(self)
        self._icon.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence = QLabel(text, self)
        self.sentence.setObjectName("empty_state")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        mark(self.sentence, tone="muted")
        column = QVBoxLayout(self)
        column.setSpacing(space(2))
        column.addStretch(1)
        column.addWidget(self._icon)
        column.addWidget(self.sentence)
        column.addStretch(1)
        themes.changed.connect(self._paint)
        self._paint()

    def _paint(self) -> None:
        color = theme().color(ROLES[self._name])
        self._icon.setPixmap(pixmap(self._name, color, ICON_SIZE, self.devicePixelRatioF()))
