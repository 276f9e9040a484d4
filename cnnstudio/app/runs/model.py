"""The runs as a table that sorts and filters itself: a thousand rows in a few milliseconds.

Qt's own proxy asks Python for each comparison; here each run is asked once for what it sorts by.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from typing_extensions import override

from cnnstudio.app.runs.columns import BEST, CHANGES, COLUMNS, NAME, STARTED, STATE, Cells, heading, judge_of
from cnnstudio.app.runs.hints import tool_tip
from cnnstudio.app.theme import Role, icon, theme
from cnnstudio.core.changes import summary
from cnnstudio.core.formats.run_notes import LONGEST_TITLE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PySide6.QtCore import QObject

    from cnnstudio.app.runs.library import RunLibrary
    from cnnstudio.core.changes import Change
    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.core.formats.run_index import RunSummary

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_Roles = Qt.ItemDataRole
SIGNS: dict[Status, tuple[str, Role]] = {
    "RUNNING": ("play", Role.ACCENT),
    "PAUSED": ("pause", Role.WARNING),
    "FINISHED": ("ok", Role.OK),
    "STOPPED": ("stop", Role.MUTED),
    "INTERRUPTED": ("warning", Role.WARNING),
    "FAILED": ("error", Role.ERROR),
}
"""Icon and colour of each state."""


class RunTableModel(QAbstractTableModel):
    """The runs that pass the filter, in the order that was asked for; the newest first at the beginning."""

    renamed = Signal(object, str)
    """The person typed this title for the run."""
    shown_changed = Signal()
    """Other runs are shown than before, or in another order."""

    def __init__(self, library: RunLibrary, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._library = library
        self._all: dict[str, RunSummary] = {}
        self._shown: list[RunSummary] = []
        self._cells = Cells(library)
        self._column, self._order = STARTED, Qt.SortOrder.DescendingOrder
        self._words: tuple[str, ...] = ()
        self._states: Collection[Status] = ()
        self._tag = ""
        self._texts: dict[str, tuple[RunSummary, tuple[Change, ...] | None, str]] = {}
        self._held = False
        self._late = False
        self._figures = theme().font()

    # What is shown

    @property
    def shown(self) -> Sequence[RunSummary]:
        """The runs of the rows."""
        return self._shown

    @property
    def total(self) -> int:
        """How many runs there are, shown or not."""
        return len(self._all)

    def knows(self, id: str) -> bool:
        """Whether there is a run of that name, shown or not."""
        return id in self._all

    def row_of(self, id: str) -> int:
        """The row of a run; -1 where it is not shown."""
        return next((n for n, run in enumerate(self._shown) if run.id == id), -1)

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Take these runs, the newest first."""
        self._all = {run.id: run for run in runs}
        self._figures = theme().font()
        self._refresh()

    def show_run(self, run: RunSummary) -> None:
        """One of them is another than before."""
        if run.id not in self._all:
            return
        self._all[run.id] = run
        row = self.row_of(run.id)
        if row >= 0 and self._accepts(run) and self._stays(self._shown[row], run):
            self._shown[row] = run
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))
            return
        self._refresh()

    def show_changes(self) -> None:
        """More is known of what runs change: rows that are found or sorted by it are put in place at the end."""
        if not self._library.is_comparing and (self._words or self._column == CHANGES):
            self._refresh()
        elif self._shown:
            self.dataChanged.emit(self.index(0, CHANGES), self.index(len(self._shown) - 1, CHANGES))

    def _stays(self, before: RunSummary, run: RunSummary) -> bool:
        """Whether a run that has changed keeps its place, and the headings their words."""
        return before.judges == run.judges and self._column != CHANGES and self._key(run) == self._key(before)

    def look_for(self, text: str, states: Collection[Status] = (), tag: str = "") -> None:
        """Keep runs that hold all of these words, are in one of these states (or any), and have this tag (or any)."""
        self._words, self._states, self._tag = tuple(text.casefold().split()), states, tag
        self._refresh()

    @override
    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column < 0:
            column, order = STARTED, Qt.SortOrder.DescendingOrder
        if (column, order) == (self._column, self._order):
            return
        self._column, self._order = column, order
        self._refresh()

    def hold(self, held: bool) -> None:
        """Leave rows where they are while one of them is edited."""
        self._held = held
        if not held and self._late:
            self._refresh()

    def _refresh(self) -> None:
        if self._held:
            self._late = True
            return
        self._late = False
        judge = judge_of(self._all.values())
        if judge != self._cells.judge:
            self._cells = Cells(self._library, judge)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, BEST, BEST)
        runs = self._sorted([run for run in self._all.values() if self._accepts(run)])
        before = [run.id for run in self._shown]
        now = [run.id for run in runs]
        if now == before:
            self._shown = runs
            if runs:
                self.dataChanged.emit(self.index(0, 0), self.index(len(runs) - 1, len(COLUMNS) - 1))
            return
        if len(now) == len(before) and set(now) == set(before):
            self._reorder(runs)
        else:
            self.beginResetModel()
            self._shown = runs
            self.endResetModel()
        self.shown_changed.emit()

    def _reorder(self, runs: list[RunSummary]) -> None:
        """The same runs in another order: what is selected stays selected."""
        self.layoutAboutToBeChanged.emit()
        ids = [run.id for run in self._shown]
        places = {run.id: n for n, run in enumerate(runs)}
        self._shown = runs
        old = self.persistentIndexList()
        self.changePersistentIndexList(old, [self.index(places[ids[i.row()]], i.column()) for i in old])
        self.layoutChanged.emit()

    def _key(self, run: RunSummary) -> tuple[int, str, float]:
        return COLUMNS[self._column].rank(run, self._cells)

    def _sorted(self, runs: list[RunSummary]) -> list[RunSummary]:
        """What has nothing to sort by is last in either order; what is level stays newest first."""
        keyed = [(self._key(run), run) for run in runs]
        known = [pair for pair in keyed if pair[0][0] == 0]
        known.sort(key=_first, reverse=self._order is Qt.SortOrder.DescendingOrder)
        return [run for _, run in known] + [run for key, run in keyed if key[0] != 0]

    def _accepts(self, run: RunSummary) -> bool:
        if self._states and run.status not in self._states:
            return False
        if self._tag and self._tag not in run.notes.tags:
            return False
        if not self._words:
            return True
        text = self._text_of(run)
        return all(word in text for word in self._words)

    def _text_of(self, run: RunSummary) -> str:
        """All that is written of a run, for the search; kept until it is another."""
        found = self._library.changes(run)
        known = self._texts.get(run.id)
        if known is None or known[0] is not run or known[1] is not found:
            known = self._texts[run.id] = (run, found, self._written(run, found))
        return known[2]

    def _written(self, run: RunSummary, found: tuple[Change, ...] | None) -> str:
        notes, record = run.notes, run.record
        parts = (run.id, run.title, record.name, notes.note, *notes.tags, record.device, summary(found or ()))
        return " ".join((*parts, COLUMNS[STATE].text(run, self._cells), record.message)).casefold()

    # Qt

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    @override
    def columnCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Roles.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == _Roles.DisplayRole:
            return heading(section, self._cells.judge)
        if role == _Roles.ToolTipRole:
            return f"{COLUMNS[section].help}. A click sorts; the menu chooses columns"
        return _alignment(section) if role == _Roles.TextAlignmentRole else None

    @override
    def flags(self, index: _Index) -> Qt.ItemFlag:
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsEditable if index.column() == NAME else found

    @override
    def data(self, index: _Index, role: int = _Roles.DisplayRole) -> Any:
        if not index.isValid():
            return None
        run, column = self._shown[index.row()], index.column()
        if role == _Roles.DisplayRole:
            return COLUMNS[column].text(run, self._cells)
        if role == _Roles.EditRole:
            return run.title
        if role == _Roles.TextAlignmentRole:
            return _alignment(column)
        if role == _Roles.DecorationRole and column == NAME:
            return icon(*SIGNS[run.status])
        if role == _Roles.FontRole:
            return self._figures if COLUMNS[column].is_number or column == STARTED else None
        if role == _Roles.ForegroundRole:
            return self._ink(run, column)
        return tool_tip(run, column, self._library) if role == _Roles.ToolTipRole else None

    def _ink(self, run: RunSummary, column: int) -> Any:
        """The state in its colour; muted where there is nothing to see."""
        if column == STATE:
            return theme().color(SIGNS[run.status][1])
        quiet = column == CHANGES and not self._library.changes(run)
        return theme().color(Role.MUTED) if quiet or COLUMNS[column].rank(run, self._cells)[0] else None

    @override
    def setData(self, index: _Index, value: Any, role: int = _Roles.EditRole) -> bool:
        """A name that was typed. The run is told once it has been written."""
        if role != _Roles.EditRole or not index.isValid():
            return False
        run = self._shown[index.row()]
        title = re.sub(r"\s+", " ", str(value)).strip()[:LONGEST_TITLE]
        if title != run.title:
            self.renamed.emit(run, title)
        return True

    def text(self, row: int, column: int, *, plain: bool = False) -> str:
        """What stands in that cell; `plain` for other programs to count with."""
        of = COLUMNS[column]
        return (of.plain if plain and of.plain is not None else of.text)(self._shown[row], self._cells)


def _first(pair: tuple[tuple[int, str, float], RunSummary]) -> tuple[int, str, float]:
    return pair[0]


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if COLUMNS[column].is_number else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
