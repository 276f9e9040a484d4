"""The Runs page as the window knows it; its content needs matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.late_page import LatePage

if TYPE_CHECKING:
    from collections.abc import Generator

    from PySide6.QtGui import QFocusEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.actions import Actions
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.runs.commands import RunCommands
    from cnnstudio.app.runs.view import RunsView


class RunsPage(LatePage["RunsView"]):
    """The table of all runs above, the comparison of those that are chosen below."""

    def __init__(
        self,
        commands: RunCommands,
        actions: Actions,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__("runs_page", "Runs", parent)
        self._commands, self._actions, self._preferences = commands, actions, preferences

    def built(self) -> Generator[None, None, RunsView]:
        """The content; it looks for new runs while it is in sight."""
        from cnnstudio.app.runs.view import RunsView

        yield
        view = RunsView(self._commands, self._actions, self._preferences, self)
        yield from view.built()
        return view

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Whoever comes to the page goes on in its table."""
        super().focusInEvent(event)
        if self.view is not None:
            self.view.setFocus()

    def keep(self) -> None:
        """The window closes: keep what has been typed and how columns lie."""
        if self.view is not None:
            self.view.keep()
