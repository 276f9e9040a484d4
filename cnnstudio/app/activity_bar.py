"""The narrow bar at the left: one button for each page, in the order of the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from cnnstudio.app.theme import mark, set_icon, space

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

WIDTH, BUTTON_HEIGHT = 64, 52
"""Pixels; more where the font is large."""
ICON = 20


class ActivityBar(QFrame):
    """Buttons of the page actions, which hold words, icon, shortcut and whether the page is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity_bar")
        self.setAccessibleName("Pages")
        mark(self, kind="bar", edge="right")
        self._buttons: list[QToolButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(space(1), space(2), space(1), space(2))
        self._column.setSpacing(space(1))
        self._column.addStretch(1)

    def add_page(self, action: QAction, icon: str) -> None:
        """Add a button below those that are there."""
        button = QToolButton(self)
        button.setObjectName(action.objectName().replace("action_", "activity_"))
        button.setDefaultAction(action)
        button.setAccessibleName(action.text())
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setIconSize(QSize(ICON, ICON))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        mark(button, kind="page")
        set_icon(action, icon)
        self._column.insertWidget(self._column.count() - 1, button)
        self._buttons.append(button)
        self._make_room()

    def changeEvent(self, event: QEvent, /) -> None:
        """Another font wants other room."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._make_room()

    def _make_room(self) -> None:
        """All buttons as wide as the widest word wants."""
        bold = self.font()
        bold.setBold(True)  # as the page that is on is written
        metrics = QFontMetrics(bold)
        words = max((metrics.horizontalAdvance(b.text()) for b in self._buttons), default=0)
        width = max(WIDTH - 2 * space(1), words + space(2))
        for button in self._buttons:
            button.setFixedSize(width, max(BUTTON_HEIGHT, ICON + metrics.height() + space(4)))
        self.setFixedWidth(width + 2 * space(1))
