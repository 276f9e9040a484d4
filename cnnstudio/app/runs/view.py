"""The content of the Runs page: table and details above, the comparison below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView
from cnnstudio.app.runs.comparison.lines import choice_from
from cnnstudio.app.runs.comparison.panel import ComparisonPanel
from cnnstudio.app.runs.details import RunDetails
from cnnstudio.app.runs.panel import RunsPanel
from cnnstudio.app.theme import mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QFocusEvent

    from cnnstudio.app.actions import Actions
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.runs.commands import RunCommands

MENU = (
    "run_open", "run_inspect", "run_export", None, "run_resume", "run_more", None, "run_rename", "run_tags", "run_note",
    None, "run_copy_name", "run_reveal", None, "run_delete",
)  # fmt: skip
"""Actions of the table's context menu, None for a line."""
COLUMNS = "runs"
TABLE_WIDTH, DETAILS_WIDTH = 900, 300
ABOVE, BELOW = 380, 360
SETTLE_MS = 60
"""Curves are read and drawn once the choice has rested for so long: arrows held down pass many runs."""


class RunsView(QFrame):
    """Forwards and listens: the commands know the runs, the table which of them are chosen."""

    def __init__(
        self,
        commands: RunCommands,
        actions: Actions,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        """An empty frame, which `built` fills."""
        super().__init__(parent)
        mark(self, kind="panel")
        self._commands, self._actions = commands, actions
        self._preferences = preferences
        self._stack = QStackedWidget()
        self._compared: tuple[tuple[object, ...], ...] = ()
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self._compare)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    def built(self) -> Iterator[None]:
        """Make the parts, with rests; to be gone through once, and to its end, before anyone sees them."""
        both, above = QSplitter(Qt.Orientation.Vertical), QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("runs_splitter")
        above.setObjectName("runs_table_splitter")
        self._stack.addWidget(both)
        both.addWidget(above)
        menu = [None if id is None else self._actions[id] for id in MENU]
        self.panel = RunsPanel(self._commands.library, menu, above)
        above.addWidget(self.panel)
        yield
        self.details = RunDetails(self._commands, self._actions, above)
        above.addWidget(self.details)
        above.setChildrenCollapsible(False)
        above.setStretchFactor(0, 1)
        above.setSizes([TABLE_WIDTH, DETAILS_WIDTH])
        yield
        self.comparison = ComparisonPanel(both)
        both.addWidget(self.comparison)
        both.setChildrenCollapsible(False)
        both.setStretchFactor(0, 1)
        both.setStretchFactor(1, 1)
        both.setSizes([ABOVE, BELOW])
        yield
        self.empty = MessageView("runs_empty")
        self._stack.addWidget(self.empty)
        self._connect()
        self.panel.table.restore_layout(self._preferences.columns(COLUMNS))
        self.comparison.controls.restore(choice_from(self._preferences.comparison))

    def _connect(self) -> None:
        commands, table = self._commands, self.panel.table
        self.panel.chosen_changed.connect(commands.choose)
        table.opening_wanted.connect(commands.open_experiment)
        table.runs.renamed.connect(commands.give_title)
        commands.choice_wanted.connect(table.choose)
        commands.rename_wanted.connect(table.rename)
        commands.chosen_changed.connect(self._compare_soon)
        commands.find_wanted.connect(self.panel.look_for_runs)
        commands.library.changed.connect(self._show_or_explain)
        self._show_or_explain()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Keys are for the table; before there are runs they wait for it here."""
        super().focusInEvent(event)
        if self.panel.table.isVisible():
            self.panel.table.setFocus()

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight. Out of sight it looks at no folder and draws nothing."""
        self._commands.library.set_active(active)
        if active:
            self._show_or_explain()
            self._settling.start()
        else:
            self._settling.stop()
            self.details.keep_note()

    def keep(self) -> None:
        """Keep what has been typed, how columns lie, and how runs are compared."""
        self.details.keep_note()
        self._preferences.keep_columns(COLUMNS, self.panel.table.layout_state())
        self._preferences.comparison = self.comparison.controls.remembered.plain()

    def _compare_soon(self) -> None:
        """A run under way is told ten times a second; its curves are another with each epoch."""
        now = tuple((run.id, run.title, run.status, run.record.epochs_done) for run in self._commands.chosen)
        if now != self._compared:
            self._compared = now
            self._settling.start()

    def _compare(self) -> None:
        self.comparison.show_runs(self._commands.chosen)

    def _show_or_explain(self) -> None:
        library = self._commands.library
        is_empty = not library.runs and not library.unreadable
        if is_empty and library.has_looked:
            self.empty.say(
                "No run yet",
                "Press Train (F5). Each run is kept here, with its curves, its weights and what you note about it.",
            )
        elif is_empty:
            self.empty.say("Looking through your runs", "")
        self._stack.setCurrentIndex(1 if is_empty else 0)
        if self.hasFocus() and not is_empty:
            self.panel.table.setFocus()
        first = library.runs[0].id if library.runs else ""
        if first and not self._commands.chosen and not self.panel.table.chosen:
            self.panel.table.choose([first])
