"""A bot of pytest-qt that holds on to the widgets it is given until they are closed, as a program holds its windows.

The usual one knows them by weak references: where a test is over and its names are gone, Python may take a widget
apart while one of its timers runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytestqt.qtbot import QtBot

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class HoldingBot(QtBot):
    """The bot of one test; pytest-qt closes the widgets before the fixture is gone."""

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.held: list[QWidget] = []
        """To be let go of when they are closed: the bot itself outlives its fixture."""

    def addWidget(self, widget: QWidget, **options: Any) -> None:
        """As QtBot has it."""
        self.held.append(widget)
        super().addWidget(widget, **options)
