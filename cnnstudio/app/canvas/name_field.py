"""A field over a name on the canvas: Enter or leaving it keeps what is typed, Escape leaves the name as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from cnnstudio.app.theme import Scale, space, theme
from cnnstudio.core.formats.block_records import MAX_GROUP_NAME

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent

_NARROWEST = 160


class NameField(QLineEdit):
    """The name of a group while it is typed."""

    named = Signal(str)
    given_up = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, parent)
        self._is_over = False
        self.setObjectName("canvas_group_name")
        self.setAccessibleName("Name of the group")
        self.setToolTip(f"At most {MAX_GROUP_NAME} characters; Enter keeps the name, Escape leaves it as it was")
        self.setMaxLength(MAX_GROUP_NAME)
        self.setFont(theme().font(Scale.BODY, bold=True))
        self.setCursor(Qt.CursorShape.IBeamCursor)
        self.selectAll()

    def place(self, top_left: QPoint, bottom_right: QPoint) -> None:
        """Lie over a name that takes the room between these places of the parent, or a little more."""
        height = max(self.sizeHint().height(), space(7))
        middle = (top_left.y() + bottom_right.y()) // 2
        width = max(_NARROWEST, bottom_right.x() - top_left.x())
        self.setGeometry(top_left.x(), middle - height // 2, width, height)

    def _keep(self) -> None:
        if not self._is_over:
            self._is_over = True
            self.named.emit(self.text())

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._is_over = True
            self.given_up.emit()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):  # which QLineEdit would hand on to the canvas
            self._keep()
            return
        super().keyPressEvent(event)

    @override
    def event(self, event: QEvent, /) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:  # keys that the canvas or the window would take
            event.accept()
            return True
        return super().event(event)

    @override
    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        if event.reason() is not Qt.FocusReason.PopupFocusReason and self.isVisible():
            self._keep()
