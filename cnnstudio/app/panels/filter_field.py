"""The field above a table in which a person types what the rows should hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLineEdit
from typing_extensions import override

from cnnstudio.app.theme import Role, icon, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QWidget


class FilterField(QLineEdit):
    """Enter and Down go on to the rows; Escape empties the field, and goes on to the rows where it is empty."""

    rows_wanted = Signal()
    """The person is done with the field."""

    def __init__(self, name: str, title: str, tip: str, width: int, parent: QWidget | None = None) -> None:
        """`width`: pixels, at most."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setPlaceholderText("Filter")
        self.setClearButtonEnabled(True)
        self.setMaximumWidth(width)
        self._find = QAction(icon("search", Role.MUTED), "", self)  # made here: Qt's own can lose its wrapper
        self.addAction(self._find, QLineEdit.ActionPosition.LeadingPosition)
        self.returnPressed.connect(self.rows_wanted)
        themes.changed.connect(self._dress)

    def _dress(self) -> None:
        self._find.setIcon(icon("search", Role.MUTED))

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """See the class."""
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        elif event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Down):
            self.rows_wanted.emit()
        else:
            super().keyPressEvent(event)
