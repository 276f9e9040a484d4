"""What all tables of the window have in common: rows are chosen whole, keys go from row to row, Ctrl+C copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView
from typing_extensions import override

from cnnstudio.app.theme import space, themes

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

_Move = QAbstractItemView.CursorAction
_SIDEWAYS = {_Move.MoveLeft: -1, _Move.MoveRight: 1}


class RowTable(QTableView):
    """A table without a grid. Home and End go to the first and the last row, Left and Right bring columns into view."""

    copy_wanted = Signal()
    """Ctrl+C in the table, or the action `copy` from a menu."""

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # names of a kind differ at their ends
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + space(3))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.copy = QAction("Copy selected rows", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        self.copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.copy.triggered.connect(self.copy_wanted)
        self.addAction(self.copy)
        themes.changed.connect(self.viewport().update)

    def let_sort(self, column: int = -1, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """A click on a heading sorts, the third one brings the model's own order back. Sorted at first as given."""
        header = self.horizontalHeader()
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(column, order)
        self.setSortingEnabled(True)

    def chosen_rows(self) -> list[int]:
        """The rows that are chosen, from the top. `selectedRows` asks the model about every cell of them."""
        chosen = self.selectionModel().selection()
        ranges = [chosen.at(n) for n in range(chosen.count())]
        return sorted({row for block in ranges for row in range(block.top(), block.bottom() + 1)})

    @override
    def moveCursor(
        self, cursorAction: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier, /
    ) -> QModelIndex:
        """Rows are chosen whole: no key moves between the cells of one."""
        current, model = self.currentIndex(), self.model()
        if cursorAction in _SIDEWAYS:
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() + _SIDEWAYS[cursorAction] * bar.singleStep())
            return current
        if cursorAction in (_Move.MoveHome, _Move.MoveEnd) and model is not None and model.rowCount():
            row = 0 if cursorAction == _Move.MoveHome else model.rowCount() - 1
            return model.index(row, max(0, current.column()))
        return super().moveCursor(cursorAction, modifiers)
