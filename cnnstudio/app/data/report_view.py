"""The Files tab: what a scan found in a person's files, and every file that is not used, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import count, counted, share, size_of
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.data.facts import ScanReport, Skipped

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
HEADINGS = ("File", "Reason")
MOST_LINES = 6
"""Kinds and sizes that are listed; the rest is counted."""


class SkippedModel(QAbstractTableModel):
    """Files that are not used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files: tuple[Skipped, ...] = ()

    def show_files(self, files: tuple[Skipped, ...]) -> None:
        """Show these."""
        self.beginResetModel()
        self._files = files
        self.endResetModel()

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """A row for each file."""
        return 0 if parent.isValid() else len(self._files)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """File and reason."""
        return len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """File and reason."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words; the tooltip has them in full."""
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        skipped = self._files[index.row()]
        return skipped.file if index.column() == 0 else skipped.reason


class ReasonDelegate(QStyledItemDelegate):
    """A sentence loses its end where there is no room, a file's name its middle."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index) -> None:
        """See the class."""
        super().initStyleOption(option, index)
        option.textElideMode = Qt.TextElideMode.ElideRight


class SkippedTable(RowTable):
    """The table; Copy gives the selected rows, or all that match the search."""

    def __init__(self, model: QSortFilterProxyModel, parent: QWidget | None = None) -> None:
        super().__init__("data_skipped", "Files that are not used", "Files that are not used, and why", parent)
        self.setModel(model)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.setItemDelegateForColumn(1, ReasonDelegate(self))
        self.copy_wanted.connect(self.copy_rows)

    def text(self) -> str:
        """The selected rows, or all of them: file, tab, reason on each line."""
        model = self.model()
        rows = self.chosen_rows() or range(model.rowCount())
        return "\n".join("\t".join(str(model.index(row, c).data()) for c in range(len(HEADINGS))) for row in rows)

    def copy_rows(self) -> None:
        """To the clipboard."""
        QApplication.clipboard().setText(self.text())


class ReportView(QWidget):
    """Totals, kinds and sizes of the files, and those that are not used."""

    scan_wanted = Signal()
    """The person asks for a scan."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_report")
        self._total = 0
        self._message = MessageView("data_report_message")
        self._message.action.connect(self.scan_wanted)
        self._summary = words("data_report_summary", wrap=True)
        self._kinds = words("data_report_kinds", wrap=True)
        self._sizes = words("data_report_sizes", wrap=True)
        self._title = words("data_skipped_title", scale="title")
        self._files = SkippedModel(self)
        self._matching = QSortFilterProxyModel(self)
        self._matching.setSourceModel(self._files)
        self._matching.setFilterKeyColumn(-1)
        self._matching.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._search = QLineEdit()
        self._search.setObjectName("data_skipped_search")
        self._search.setAccessibleName("Search files that are not used")
        self._search.setToolTip("Show only files whose name or reason has these letters")
        self._search.setPlaceholderText("Search files and reasons")
        self._search.setClearButtonEnabled(True)
        self._search.textChanged.connect(self._find)
        self.table = SkippedTable(self._matching)
        self._copy = QPushButton("Copy list")
        self._copy.setObjectName("data_skipped_copy")
        self._copy.setAccessibleName("Copy list")
        self._copy.setToolTip("Copy the selected rows, or all that are shown, to the clipboard")
        self._copy.clicked.connect(self.table.copy_rows)
        self._all_used = EmptyState("ok", "Every file is used.")
        self._nothing_found = EmptyState("search", "No file that is not used matches the search.")
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        grid = QGridLayout()
        grid.setHorizontalSpacing(space(6))
        grid.setVerticalSpacing(space(1))
        for column, (name, title, label) in enumerate(
            (("kinds", "Kinds of file", self._kinds), ("sizes", "Sizes", self._sizes))
        ):
            grid.addWidget(words(f"data_report_{name}_title", title, scale="title"), 0, column)
            grid.addWidget(label, 1, column, Qt.AlignmentFlag.AlignTop)
            grid.setColumnStretch(column, 1)
        tools = QHBoxLayout()
        tools.addWidget(self._search, 1)
        tools.addWidget(self._copy)
        self._below = QStackedWidget()
        for page in (self.table, self._all_used, self._nothing_found):
            self._below.addWidget(page)
        column_ = QVBoxLayout(inside)
        column_.setContentsMargins(space(4), space(3), space(4), space(2))
        column_.setSpacing(space(2))
        column_.addWidget(self._summary)
        column_.addLayout(grid)
        column_.addSpacing(space(1))
        column_.addWidget(self._title)
        column_.addLayout(tools)
        column_.addWidget(self._below, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def show_nothing(self, title: str, text: str, action: str = "") -> None:
        """There is no report: say why, and what to do."""
        self._message.say(title, text, action=action, tip="Look through the files")
        self._stack.setCurrentIndex(0)

    def show_report(self, report: ScanReport) -> None:
        """What a scan found."""
        told = f"{counted(report.samples, 'sample')} in {size_of(report.bytes)}, "
        told += "as an earlier scan found them." if report.cached else f"looked through in {_seconds(report.seconds)}."
        self._summary.setText(told)
        self._kinds.setText(_lines(report.kinds, report.samples))
        self._sizes.setText(_lines(report.sizes, report.samples))
        self._total = report.skipped_total
        self._files.show_files(report.skipped)
        listed = len(report.skipped)
        more = f", the first {count(listed)} listed" if listed < self._total else ""
        self._title.setText(f"Not used: {counted(self._total, 'file')}{more}")
        self._title.setVisible(self._total > 0)
        self._search.setVisible(self._total > 0)
        self._copy.setVisible(self._total > 0)
        self._find(self._search.text())
        self._stack.setCurrentIndex(1)

    def _find(self, text: str) -> None:
        self._matching.setFilterFixedString(text.strip())
        if not self._total:
            self._below.setCurrentWidget(self._all_used)
        else:
            self._below.setCurrentWidget(self.table if self._matching.rowCount() else self._nothing_found)
        self._copy.setEnabled(self._matching.rowCount() > 0)


def _seconds(seconds: float) -> str:
    return "less than a second" if seconds < 1 else f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _lines(counts: Mapping[str, int], whole: int) -> str:
    shown = [f"{name}:  {count(n)}  ({share(n, whole)})" for name, n in list(counts.items())[:MOST_LINES]]
    if len(counts) > MOST_LINES:
        shown.append(f"and {count(len(counts) - MOST_LINES)} more")
    return "\n".join(shown) or "–"
