"""The narrow bar at the left: one button for each page, in the order of the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from cnnstudio.app.theme import mark, set_icon, space

if TYPE_CHECKING:
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

WIDTH = 64


class ActivityBar(QFrame):
    """Buttons of the page actions, which hold words, icon, shortcut and whether the page is on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity_bar")
        self.setAccessibleName("Pages")
        mark(self, kind="bar", edge="right")
        self.setFixedWidth(WIDTH)
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
        button.setIconSize(QSize(20, 20))
        button.setFixedSize(WIDTH - 2 * space(1), 52)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        mark(button, kind="page")
        set_icon(action, icon)
        self._column.insertWidget(self._column.count() - 1, button)
