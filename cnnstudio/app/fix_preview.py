"""A fix on trial: pointed at for a moment, it is shown on the canvas before it is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.analysis.diagnostics import Fix

MOMENT = 300
"""Milliseconds that a fix is pointed at before it is shown: less would flash under a mouse that only passes."""
GRACE = 120
"""Milliseconds that it stays afterwards, so that from one fix to the next nothing else is shown between."""
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_KEEPING = frozenset(
    {
        Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_Tab, Qt.Key.Key_Backtab,
        Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End,
        Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Space,
    }
)  # fmt: skip
"""Keys that do not end a preview: they go from fix to fix, or press the button of one."""


class FixPreview(QObject):
    """Knows which fix is shown. The document is not touched until `apply`.

    While one is shown Enter applies it and Escape leaves it, wherever the keyboard is; menus and the command palette
    have these keys for themselves. Any other key leaves it and does what it always does.
    """

    changed = Signal()
    """Another fix is `shown`, or none."""

    def __init__(self, bridge: DocumentBridge) -> None:
        super().__init__(bridge)
        self._bridge = bridge
        self._shown: Fix | None = None
        self._next: Fix | None = None
        self._owner: QWidget | None = None
        self._takes_keys = True
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._turn)
        bridge.changed.connect(self.drop)

    @property
    def shown(self) -> Fix | None:
        """The fix that the canvas is to show the outcome of."""
        return self._shown

    def point_at(self, fix: Fix, owner: QWidget, *, takes_keys: bool = True) -> None:
        """A person points at `fix` in `owner`, with the mouse or the keyboard. It is shown after a moment.

        `takes_keys` is False where `owner` itself makes of Enter and Escape what they mean for a preview.
        """
        self._owner, self._takes_keys = owner, takes_keys
        if fix is self._shown:
            self._timer.stop()
        elif fix is not self._next or not self._timer.isActive():
            self._timer.start(GRACE // 2 if self._shown is not None else MOMENT)
        self._next = fix

    def leave(self, owner: QWidget) -> None:
        """Nobody points at a fix of `owner` any more."""
        if owner is self._owner:
            self._next = None
            if self._shown is not None:
                self._timer.start(GRACE)
            else:
                self._timer.stop()

    def turn_to(self, fix: Fix | None, owner: QWidget) -> None:
        """`point_at`, or `leave` where `fix` is None: for signals that say both."""
        if fix is None:
            self.leave(owner)
        else:
            self.point_at(fix, owner)

    def drop(self) -> None:
        """Show the document again, at once."""
        self._timer.stop()
        self._next = None
        self._show(None)

    def apply(self) -> None:
        """Make the fix that is shown: one edit, one undo step."""
        if self._shown is not None and not self._bridge.do(self._shown.edit()):
            self.drop()  # refused; else the change of the document has done so

    def _turn(self) -> None:
        self._show(self._next)

    def _show(self, fix: Fix | None) -> None:
        if fix is None or fix.after is None:
            fix = None
        if fix is self._shown:
            return
        application = QApplication.instance()
        if application is not None and (fix is None) != (self._shown is None):
            if fix is None:
                application.removeEventFilter(self)
            else:
                application.installEventFilter(self)
        self._shown = fix
        self.changed.emit()

    @override
    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Keys, while something is shown; and the window going to the back."""
        if event.type() == QEvent.Type.ApplicationDeactivate:
            self.drop()
        if (
            event.type() not in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
            or not isinstance(event, QKeyEvent)
            or not isinstance(watched, QWidget)
            or not self._takes_keys
            or QApplication.activePopupWidget() is not None
        ):
            return False
        return self._takes(event)

    def _takes(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ours = plain and (key in _ENTER or key == Qt.Key.Key_Escape)
        if event.type() == QEvent.Type.ShortcutOverride:
            if ours:
                event.accept()
            return ours
        if not ours:
            if key not in _KEEPING:
                self.drop()
            return False
        if key in _ENTER:
            self.apply()
        else:
            self.drop()
        return True
