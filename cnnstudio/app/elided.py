"""A label that gives way in a narrow window: its end becomes an ellipsis instead of pushing the window wider."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel
from typing_extensions import override

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

_FEWEST = 4
"""Letters that stay in any case."""


class ElidedLabel(QLabel):
    """One line of plain text. `text` is always the whole of it."""

    @override
    def minimumSizeHint(self) -> QSize:
        whole = super().minimumSizeHint()
        least = self.fontMetrics().averageCharWidth() * _FEWEST
        return QSize(min(whole.width(), least), whole.height())

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        room = self.contentsRect()
        # Sizes are whole pixels, rounded down too: a text that lacks a part of a pixel is shown whole.
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width() + 1)
        if shown == self.text():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        self.style().drawItemText(
            painter, room, self.alignment().value, self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )
