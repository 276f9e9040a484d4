"""The upper part of the Runs page: what is looked for, the table, and what is said where there is nothing in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import counted
from cnnstudio.app.panels.filter_field import FilterField
from cnnstudio.app.runs.columns import STATES
from cnnstudio.app.runs.table import RunTable
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.core import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.core.formats.run_index import RunSummary

FILTER_WIDTH = 240
GROUPS: tuple[tuple[str, tuple[Status, ...]], ...] = (
    ("All states", ()),
    ("Under way", ("RUNNING", "PAUSED")),
    *((STATES[status], (status,)) for status in ("FINISHED", "STOPPED", "INTERRUPTED", "FAILED")),
)  # fmt: skip
"""What the choice of states offers."""
ALL_TAGS = "All tags"

W = TypeVar("W", bound=QWidget)


class RunsPanel(QFrame):
    """Finds, sorts and chooses runs."""

    chosen_changed = Signal(tuple)
    """Names of the chosen runs, in the order of the rows."""

    def __init__(self, library: RunLibrary, actions: Sequence[QAction | None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs_panel")
        self._library = library
        self._tags: tuple[str, ...] = ()
        self.table = RunTable(library, actions, self)
        tip = "Show only runs that hold these words: names, tags, notes, changes, states, devices (Ctrl+F)"
        self.filter = FilterField("runs_filter", "Filter runs", tip, FILTER_WIDTH)
        self.states = _named(QComboBox(), "runs_states", "State", "Show only runs in this state")
        self.tags = _named(QComboBox(), "runs_tags", "Tag", "Show only runs with this tag")
        self.totals = words("runs_totals", tone="muted")
        self.unreadable = words("runs_unreadable", tone="warning", wrap=True)
        self.copying = _named(QToolButton(), "runs_copy", "Copy table",
                              "Copy the rows in sight as text, CSV, Markdown or LaTeX")  # fmt: skip
        self.empty = MessageView("runs_no_match")
        self._stack = QStackedWidget()
        self._lay_out()
        self._connect()
        self._refresh()

    def _lay_out(self) -> None:
        for label, states in GROUPS:
            self.states.addItem(label, states)
        self.tags.addItem(ALL_TAGS, "")
        self.tags.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.copying.setText("Copy table")
        self.copying.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copying.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(self.copying, "copy")
        self.copying.setMenu(self._copy_menu())
        bar = QHBoxLayout()
        bar.setContentsMargins(space(3), space(2), space(3), space(2))
        bar.setSpacing(space(2))
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.states)
        bar.addWidget(self.tags)
        bar.addSpacing(space(1))
        bar.addWidget(self.totals, 1)
        bar.addWidget(self.copying)
        self.empty.say("No run matches", "Other words, another state or another tag may find it.",
                       action="Show all runs", tip="Take all filters away")  # fmt: skip
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self.unreadable.setContentsMargins(space(3), space(1), space(3), space(1))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)
        column.addWidget(self.unreadable)
        mark(self, kind="panel")

    def _copy_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("runs_copy_menu")
        for form in tables.FORMS:
            menu.addAction(form.label).triggered.connect(partial(self.table.copy_as, form))
        return menu

    def _connect(self) -> None:
        self._library.changed.connect(self._refresh)
        self._library.run_changed.connect(self.table.runs.show_run)
        self._library.run_changed.connect(self._follow_run)
        self._library.compared.connect(self.table.runs.show_changes)
        self.table.chosen_changed.connect(self.chosen_changed)
        self.table.runs.shown_changed.connect(self._show_totals)
        self.filter.textChanged.connect(self._look_for)
        self.filter.rows_wanted.connect(self.table.setFocus)
        self.states.currentIndexChanged.connect(self._look_for)
        self.tags.currentIndexChanged.connect(self._look_for)
        self.empty.action.connect(self.show_all)

    # Looking for runs

    def look_for_runs(self) -> None:
        """Let the person type what to look for."""
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def show_all(self) -> None:
        """Take all filters away."""
        self.filter.clear()
        self.states.setCurrentIndex(0)
        self.tags.setCurrentIndex(0)

    def _look_for(self) -> None:
        self.table.runs.look_for(self.filter.text(), self.states.currentData() or (), self.tags.currentData() or "")
        self._show_totals()

    def _refresh(self) -> None:
        self._fill_tags()
        self.table.runs.show_runs(self._library.runs)
        self._show_unreadable()
        self._show_totals()

    def _follow_run(self, run: RunSummary) -> None:
        if not run.under_way or set(run.notes.tags) - set(self._tags):  # one that trains is told ten times a second
            self._fill_tags()

    def _fill_tags(self) -> None:
        """The tags in use; the one that is looked for stays in the list."""
        chosen = self.tags.currentData() or ""
        tags = self._library.tags
        tags = tags if chosen in ("", *tags) else tuple(sorted((*tags, chosen), key=str.casefold))
        if tags == self._tags:
            return
        self._tags = tags
        for number in reversed(range(1, self.tags.count())):
            if self.tags.itemData(number) not in tags:
                self.tags.removeItem(number)
        for number, tag in enumerate(tags, start=1):
            if self.tags.itemData(number) != tag:
                self.tags.insertItem(number, tag, tag)
        self.tags.setEnabled(self.tags.count() > 1)

    def _show_unreadable(self) -> None:
        found = self._library.unreadable
        self.unreadable.setVisible(bool(found))
        if found:
            what = "1 folder is" if len(found) == 1 else f"{len(found):,} folders are"
            self.unreadable.setText(f"{what} no readable run. {found[0].reason}")
            self.unreadable.setToolTip("\n".join(entry.reason for entry in found[:20]))

    def _show_totals(self) -> None:
        shown, total = len(self.table.runs.shown), self.table.runs.total
        said = counted(total, "run") if shown == total else f"{shown:,} of {counted(total, 'run')}"
        self.totals.setText(said if total else "")
        self.copying.setEnabled(bool(shown))
        self._stack.setCurrentWidget(self.table if shown or not total else self.empty)


def _named(widget: W, name: str, title: str, tip: str) -> W:
    widget.setObjectName(name)
    widget.setAccessibleName(title)
    widget.setToolTip(tip)
    return widget
