"""What the compared runs differ in and what came of it, side by side: a column for each run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from cnnstudio.app.format import DASH, count, duration
from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.runs.columns import device_words, state_words
from cnnstudio.app.runs.comparison.swatch import swatch
from cnnstudio.app.theme import Role, space, theme
from cnnstudio.core import tables
from cnnstudio.core.differences import differences
from cnnstudio.core.metrics import higher_is_better, metric_title, metric_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.formats.run_index import RunSummary

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
UNREADABLE = "not readable"
NOTHING = "the same experiment"
_SWATCH = QSize(16, 12)
LONGEST = 32
"""Letters of a run's name above its column."""
_FIXED = 2
"""Columns before those of the runs: what kind of thing it is, and which."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing, with a value for each run."""

    section: str
    what: str
    values: tuple[str, ...]
    best: frozenset[int] = frozenset()
    """The runs that did best, where one can say so."""
    is_result: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """One run, above its column."""

    label: str
    slot: int
    tip: str = ""


def rows_of(runs: Sequence[RunSummary], experiments: Mapping[Path, Experiment | None]) -> tuple[Row, ...]:
    """What differs, then what came of it. A run whose experiment cannot be read has no say in what differs."""
    return (*_differences(runs, experiments), *_results(runs))


def _differences(runs: Sequence[RunSummary], experiments: Mapping[Path, Experiment | None]) -> Iterator[Row]:
    known = {run.folder: e for run in runs if (e := experiments.get(run.folder)) is not None}
    places = {folder: place for place, folder in enumerate(known)}
    different = differences(tuple(known.values()))
    if not different and len(known) == len(runs) > 1:
        yield Row("Differences", "None", (NOTHING,) * len(runs))
    for found in different:
        values = tuple(found.values[places[run.folder]] or DASH if run.folder in places else UNREADABLE for run in runs)
        yield Row(found.section, found.what, values)


def _results(runs: Sequence[RunSummary]) -> Iterator[Row]:
    yield _result("State", (state_words(run) for run in runs))
    yield _result("Epochs", (count(run.record.epochs_done) for run in runs))
    metrics = tuple(dict.fromkeys(name for run in runs for name in reversed(run.judges)))
    for part, value_of in (("validation", _best_value), ("test", _test_value)):
        for metric in metrics:
            values = [value_of(run, metric) for run in runs]
            if any(v is not None for v in values):
                title = f"{metric_title(metric)} on {part}"
                yield _result(title, (_number(metric, v) for v in values), _best_of(metric, values))
    yield _result("Parameters", (count(run.record.params) if run.record.params else "" for run in runs))
    yield _result("Time", (duration(run.record.seconds) if run.record.seconds else "" for run in runs))
    yield _result("Device", (device_words(run) for run in runs))


def _result(what: str, told: Iterable[str], best: frozenset[int] = frozenset()) -> Row:
    return Row("Result", what, tuple(text or DASH for text in told), best, is_result=True)


def _best_value(run: RunSummary, metric: str) -> float | None:
    return run.best_value(metric)


def _test_value(run: RunSummary, metric: str) -> float | None:
    return run.test_value(metric)


def _number(metric: str, value: float | None) -> str:
    return "" if value is None else metric_value(metric, value)


def _best_of(metric: str, values: Sequence[float | None]) -> frozenset[int]:
    """Which of several did best; of one, or of equal ones, none stands out."""
    known = [v for v in values if v is not None]
    if len(set(known)) < 2:
        return frozenset()
    best = max(known) if higher_is_better(metric) else min(known)
    return frozenset(place for place, v in enumerate(values) if v == best)


def _short(label: str) -> str:
    half = LONGEST // 2
    return label if len(label) <= LONGEST else f"{label[:half].rstrip()}…{label[-half:].lstrip()}"


class DifferenceModel(QAbstractTableModel):
    """Shows rows under the runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[Row, ...] = ()
        self.heads: tuple[Head, ...] = ()

    def show_rows(self, rows: tuple[Row, ...], heads: tuple[Head, ...]) -> None:
        """Show these; the selection stays while there are as many."""
        if (rows, heads) == (self.rows, self.heads):
            return
        same = [(r.section, r.what) for r in rows] == [(r.section, r.what) for r in self.rows]
        if same and heads == self.heads:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, _FIXED + len(heads) - 1))
            return
        self.beginResetModel()
        self.rows, self.heads = rows, heads
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """A row for each thing."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """A column for each run beside what it is about."""
        return 0 if parent.isValid() else _FIXED + len(self.heads)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and its look: what did best is bold, what is as in the first run is muted."""
        row, place = self.rows[index.row()], index.column() - _FIXED
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.text(index.row(), index.column(), repeated=role != Qt.ItemDataRole.DisplayRole)
        if role == Qt.ItemDataRole.FontRole:
            return theme().font(bold=place in row.best)
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme().color(Role.MUTED if self._is_muted(row, place) else Role.TEXT)
        return None

    def _is_muted(self, row: Row, place: int) -> bool:
        if place < 0:
            return place == -_FIXED
        as_first = place > 0 and row.values[place] == row.values[0]
        return row.values[place] in (DASH, UNREADABLE) or (as_first and not row.is_result)

    def text(self, row: int, column: int, *, repeated: bool = True) -> str:
        """A cell. Unless `repeated`, a section is named in its first row alone."""
        shown = self.rows[row]
        if column == 0:
            again = row > 0 and self.rows[row - 1].section == shown.section
            return "" if again and not repeated else shown.section
        return shown.what if column == 1 else shown.values[column - _FIXED]

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The runs, each with its colour."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        if section < _FIXED:
            return ("", "")[section] if role == Qt.ItemDataRole.DisplayRole else None
        head = self.heads[section - _FIXED]
        if role == Qt.ItemDataRole.DisplayRole:
            return _short(head.label)  # under a style sheet Qt leaves no room for icon and padding when it elides
        if role == Qt.ItemDataRole.ToolTipRole:
            return head.tip
        if role == Qt.ItemDataRole.DecorationRole:
            return swatch(head.slot, _SWATCH, 2.0, margin=space(1))
        return None


class DifferenceTable(RowTable):
    """Copies its selected cells, or all, with Ctrl+C; in other forms by `copy_as`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        tip = "All that is not the same in the runs, and what they came to; Ctrl+C copies"
        super().__init__("comparison_table", "Differences and results of the chosen runs", tip, parent)
        self.rows = DifferenceModel(self)
        self.setModel(self.rows)
        self.horizontalHeader().setSectionsClickable(False)
        self.copy_wanted.connect(self.copy_rows)

    def show_rows(self, rows: tuple[Row, ...], heads: tuple[Head, ...]) -> None:
        """Show these; columns are as wide as they need when other runs come."""
        others = heads != self.rows.heads
        self.rows.show_rows(rows, heads)
        if others:
            self._fit_columns()

    def _fit_columns(self) -> None:
        self.resizeColumnsToContents()
        header, most = self.horizontalHeader(), 20 * self.fontMetrics().height()
        for column in range(self.rows.columnCount()):
            header.resizeSection(column, min(most, header.sectionSize(column) + space(4)))

    def copy_menu(self) -> QMenu:
        """The forms in which the table can be copied."""
        menu = QMenu(self)
        menu.setObjectName("comparison_copy_menu")
        menu.addAction(self.copy)
        menu.addSeparator()
        for form in tables.FORMS:
            menu.addAction(form.label).triggered.connect(partial(self.copy_as, form))
        return menu

    def table(self, rows: Sequence[int]) -> tables.Table:
        """These rows with all columns."""
        columns = range(self.rows.columnCount())
        headings = ["Section", "What", *(head.label for head in self.rows.heads)]
        return tables.Table(
            headings, [[self.rows.text(row, c) for c in columns] for row in rows], [False] * len(headings)
        )

    def copy_rows(self) -> None:
        """The selected rows, or all, as text with tabs."""
        rows = self.chosen_rows() or range(self.rows.rowCount())
        QApplication.clipboard().setText(tables.tabbed(self.table(rows)))

    def copy_as(self, form: tables.Form) -> None:
        """All rows in this form."""
        QApplication.clipboard().setText(form.write(self.table(range(self.rows.rowCount()))))
