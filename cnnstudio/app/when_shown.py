"""Hidden panels do nothing: what they missed is made up for when they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget


class WhenShown(QObject):
    """Calls `refresh` when asked while `widget` is visible, and else once, as soon as it is shown."""

    def __init__(self, widget: QWidget, refresh: Callable[[], None]) -> None:
        super().__init__(widget)
        self._widget = widget
        self._refresh = refresh
        self._stale = True
        widget.installEventFilter(self)

    def ask(self) -> None:
        """Refresh now or when shown. A slot for any signal: arguments are not taken."""
        self._stale = True
        if self._widget.isVisible():
            self._catch_up()

    def owe(self) -> None:
        """Something has changed that will be asked for soon; a show before that catches up at once."""
        self._stale = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Catch up on show."""
        if event.type() == QEvent.Type.Show and watched is self._widget:
            self._catch_up()
        return super().eventFilter(watched, event)

    def _catch_up(self) -> None:
        if self._stale:
            self._stale = False
            self._refresh()
