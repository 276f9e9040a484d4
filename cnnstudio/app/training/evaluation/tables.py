"""Numbers in a table that sorts and copies: metrics of the parts, and how each class fares."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QHeaderView, QWidget

from cnnstudio.app.format import DASH, count
from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.theme import Scale, mark, space, theme
from cnnstudio.core import tables
from cnnstudio.core.metrics import metric_title, metric_unit, metric_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.wire.messages import Evaluation

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
SORTED = Qt.ItemDataRole.UserRole
MARGINS = 6
"""Of a heading in a compact table, left and right together, in pixels."""
MOST_OF_NAME = 74
"""Pixels that a name may claim in a compact table; a longer one is shortened where there is no more room."""


@dataclass(frozen=True)
class Numbers:
    """Rows of a name and numbers; a whole number is a count, NaN stands where there is none."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    tips: tuple[str, ...] = ()
    """What each column says, for its heading's tooltip."""
    measures: tuple[str, ...] = ()
    """The metric that each row holds, or, where `by_column`, each column of numbers; "" for none."""
    by_column: bool = False

    def text(self, row: int, column: int) -> str:
        """A cell as people read it."""
        name, values = self.rows[row]
        if column == 0:
            return name
        value = values[column - 1]
        if isinstance(value, int):
            return count(value)
        if math.isnan(value):
            return DASH
        measure = self.measures[column - 1 if self.by_column else row] if self.measures else ""
        told = metric_value(measure, value)
        return told.removesuffix(f" {metric_unit(measure)}")  # the unit stands in the heading


def metric_numbers(parts: Mapping[str, Evaluation]) -> Numbers:
    """All metrics, a column for each part that was evaluated."""
    shown = [part for part in ("validation", "test") if part in parts]
    names = tuple(dict.fromkeys(name for part in shown for name in parts[part].metrics))
    rows = tuple(
        (metric_title(name), tuple(parts[part].metrics.get(name, math.nan) for part in shown)) for name in names
    )
    tips = ("What is measured", *(f"On the {part} part, after epoch {parts[part].epoch:,}" for part in shown))
    headings = ("Metric", *(part.capitalize() for part in shown))
    return Numbers(headings, rows, tips, names)


def class_numbers(names: Sequence[str], evaluation: Evaluation) -> Numbers:
    """How each class fares: what was measured of it and, where there is a confusion matrix, how often it occurs."""
    columns: list[tuple[str, str, Sequence[float]]] = []
    measures: list[str] = []
    if evaluation.confusion.size:
        truth = [int(n) for n in evaluation.confusion.sum(axis=1)]
        columns.append(("Occurs", "How often the class is the true one", truth))
        measures.append("")
    for name, values in evaluation.per_class.items():
        columns.append(
            (metric_title(name), f"{metric_title(name)} of the class; a dash where it is not defined", values)
        )
        measures.append(name)
    if not columns:
        return Numbers((), ())
    number = len(columns[0][2])
    titles = [names[i] if i < len(names) else f"class {i}" for i in range(number)]
    rows = tuple((title, tuple(column[2][i] for column in columns)) for i, title in enumerate(titles))
    headings = ("Class", *(heading for heading, _, _ in columns))
    return Numbers(headings, rows, ("The class", *(tip for _, tip, _ in columns)), tuple(measures), by_column=True)


class NumberModel(QAbstractTableModel):
    """Shows `Numbers`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.numbers = Numbers((), ())
        self.scale = Scale.BODY
        """Of the letters."""

    def show_numbers(self, numbers: Numbers) -> None:
        """Show these; rows that stay keep their place and their selection."""
        now, new = self.numbers, numbers
        same = now.headings == new.headings and [r[0] for r in now.rows] == [r[0] for r in new.rows]
        if same:
            self.numbers = numbers
            if numbers.rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(numbers.rows) - 1, len(numbers.headings) - 1))
            return
        self.beginResetModel()
        self.numbers = numbers
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Rows."""
        return 0 if parent.isValid() else len(self.numbers.rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """A name and its numbers."""
        return 0 if parent.isValid() else len(self.numbers.headings)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, and for sorting the name or number behind it."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.numbers.text(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == 0:
            return self.numbers.text(index.row(), 0)
        if role == SORTED:
            name, values = self.numbers.rows[index.row()]
            return name if index.column() == 0 else float(values[index.column() - 1])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if index.column() == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole:
            return theme().font(self.scale)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings, and what they mean."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self.numbers.headings):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.numbers.headings[section]
        if role == Qt.ItemDataRole.ToolTipRole and self.numbers.tips:
            return self.numbers.tips[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if section == 0 else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class NumberSorter(QSortFilterProxyModel):
    """Sorts by the numbers; what is not a number comes last in either order."""

    def lessThan(self, left: _Index, right: _Index) -> bool:
        """Names as words, numbers as numbers."""
        one, other = left.data(SORTED), right.data(SORTED)
        if isinstance(one, str):
            return one.casefold() < str(other).casefold()
        if math.isnan(one) or math.isnan(other):
            ascending = self.sortOrder() == Qt.SortOrder.AscendingOrder
            return math.isnan(other) and not math.isnan(one) if ascending else math.isnan(one) and not math.isnan(other)
        return bool(one < other)


class NumberTable(RowTable):
    """A table that sorts by a click on a heading and copies its selected rows, or all, with Ctrl+C."""

    picked = Signal(int)
    """Row of the numbers, whatever they are sorted by, that is now the current one."""

    def __init__(self, name: str, title: str, parent: QWidget | None = None) -> None:
        tip = "A click on a heading sorts; Ctrl+C copies the selected rows, or all of them"
        super().__init__(name, title, tip, parent)
        self._is_compact = False
        self._model = NumberModel(self)
        self._sorter = NumberSorter(self)
        self._sorter.setSourceModel(self._model)
        self.setModel(self._sorter)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(False)
        header.setMaximumSectionSize(16 * self.fontMetrics().height())  # a long name leaves the numbers in sight
        self.let_sort()
        self.copy_wanted.connect(self.copy_rows)
        self.selectionModel().currentRowChanged.connect(self._pick)

    def make_compact(self) -> None:
        """Give all columns their room in a narrow place: small letters, close together; names take what is left."""
        mark(self, kind="compact")
        self._model.scale = Scale.CAPTION
        self._is_compact = True
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._narrow()

    def _narrow(self) -> None:
        """As wide as its numbers need, and as a name can be told from others by."""
        header, columns = self.horizontalHeader(), self._model.columnCount()
        header.setMinimumSectionSize(space(4))
        heads = QFontMetrics(theme().font(Scale.CAPTION, bold=True))
        wanted = 0
        for column in range(columns):
            heading = heads.horizontalAdvance(self.numbers.headings[column]) + MARGINS
            widest = max(self._widest_cell(column), heading)
            if column == 0:
                widest = min(widest, MOST_OF_NAME)
                header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
            else:
                header.resizeSection(column, widest)
            wanted += widest
        self.setMinimumWidth(wanted + space(4) if columns else 0)  # of which some is the bar's, if there are many rows

    def _widest_cell(self, column: int) -> int:
        """Pixels. The view's own way asks the model some ten things of every cell, and this is told often."""
        letters = QFontMetrics(theme().font(self._model.scale))
        rows = range(self._model.rowCount())
        row = max(rows, key=lambda row: letters.horizontalAdvance(self.numbers.text(row, column)), default=None)
        if row is None:
            return 0
        return self.sizeHintForIndex(self._sorter.mapFromSource(self._model.index(row, column))).width()

    @property
    def numbers(self) -> Numbers:
        """What is shown."""
        return self._model.numbers

    def show_numbers(self, numbers: Numbers) -> None:
        """Show these."""
        self._model.show_numbers(numbers)
        if self._is_compact:
            self._narrow()

    def choose(self, row: int | None) -> None:
        """Make this row of the numbers the current one, or none."""
        if row is None:
            self.clearSelection()
            self.setCurrentIndex(QModelIndex())
        else:
            self.setCurrentIndex(self._sorter.mapFromSource(self._model.index(row, 0)))

    def _pick(self, current: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(self._sorter.mapToSource(current).row())

    def rows_in_order(self, *, selected: bool = False) -> list[list[str]]:
        """The cells as they stand, row by row."""
        chosen = self.chosen_rows()
        rows = [r for r in range(self._sorter.rowCount()) if r in chosen or not (selected and chosen)]
        return [[str(self._sorter.index(r, c).data()) for c in range(self._sorter.columnCount())] for r in rows]

    def copy_rows(self) -> None:
        """The selected rows, or all, as text with tabs."""
        numeric = [column > 0 for column in range(len(self.numbers.headings))]
        table = tables.Table(self.numbers.headings, self.rows_in_order(selected=True), numeric)
        QApplication.clipboard().setText(tables.tabbed(table))
