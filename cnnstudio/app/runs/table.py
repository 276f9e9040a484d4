"""The table of runs: chosen rows, a name edited in its place, columns that can be hidden, rows copied as text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QContextMenuEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from typing_extensions import override

from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.runs.columns import CHANGES, COLUMNS, NAME, STARTED, TITLES
from cnnstudio.app.runs.model import RunTableModel
from cnnstudio.core import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.runs.library import RunLibrary

_USUAL_FONT_HEIGHT = 16
"""Pixels: widths of columns grow with the font from there."""


class RunTable(RowTable):
    """Shows a `RunTableModel`. What is chosen stays chosen by its run, whatever happens to the rows."""

    chosen_changed = Signal(tuple)
    """Names of the chosen runs, in the order of the rows."""
    opening_wanted = Signal()
    """A double click, or Enter."""

    def __init__(self, library: RunLibrary, actions: Sequence[QAction | None], parent: QWidget | None = None) -> None:
        """`actions` are what the context menu offers, None for a line; their shortcuts work in the table alone."""
        tip = "A click chooses a run, with Ctrl or Shift more; Enter opens its experiment, F2 renames it"
        super().__init__("runs_table", "Runs", tip, parent)
        self.runs = RunTableModel(library, self)
        self._wanted: tuple[str, ...] = ()
        self._current, self._row = "", 0
        self._restoring = False
        self._offered = tuple(actions)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)  # changes and names begin with what matters
        self.setModel(self.runs)
        self._set_up_header()
        self.copy_wanted.connect(self.copy_chosen)
        self.doubleClicked.connect(self._double_clicked)
        self.addActions([action for action in actions if action is not None])
        self.runs.modelAboutToBeReset.connect(self._keep_choice)
        self.runs.modelReset.connect(self._restore_choice)
        self.selectionModel().selectionChanged.connect(self._choose)
        self.itemDelegate().closeEditor.connect(self._edited)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_columns_menu)
        self.let_sort(STARTED, Qt.SortOrder.DescendingOrder)
        scale = max(1.0, self.fontMetrics().height() / _USUAL_FONT_HEIGHT)
        self._narrow = round(COLUMNS[CHANGES].width * scale)
        for number, column in enumerate(COLUMNS):
            header.resizeSection(number, round(column.width * scale))

    @override
    def resizeEvent(self, event: QResizeEvent, /) -> None:
        """Room to spare goes to the changes, which have the most to say; they give it back first."""
        super().resizeEvent(event)
        header = self.horizontalHeader()
        spare = self.viewport().width() - header.length()
        wanted = max(self._narrow, header.sectionSize(CHANGES) + spare)
        if spare > 0 or header.sectionSize(CHANGES) > self._narrow:
            header.resizeSection(CHANGES, wanted)

    # What is chosen

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the chosen runs, in the order of the rows."""
        return tuple(self.runs.shown[row].id for row in self.chosen_rows())

    def choose(self, ids: Sequence[str]) -> None:
        """Choose these runs, as far as they are shown, and bring the first into view."""
        self._wanted = tuple(ids)
        self._current = ids[0] if ids else ""
        self._restore_choice()
        self._choose()

    def _keep_choice(self) -> None:
        self._wanted = self.chosen or self._wanted
        index = self.currentIndex()
        if index.isValid():
            self._row, self._current = index.row(), self.runs.shown[index.row()].id

    def _restore_choice(self) -> None:
        """Choose what was chosen; what the filter hides is not, and comes back with it.

        Where all of it was deleted, the run that has come in its place is chosen.
        """
        flags = QItemSelectionModel.SelectionFlag
        if self._wanted and self.runs.shown and not any(map(self.runs.knows, self._wanted)):
            self._current = self.runs.shown[min(self._row, len(self.runs.shown) - 1)].id
            self._wanted = (self._current,)
        wanted = set(self._wanted)
        ranges = QItemSelection()
        for row, run in enumerate(self.runs.shown):
            if run.id in wanted:
                ranges.select(self.runs.index(row, 0), self.runs.index(row, len(COLUMNS) - 1))
        self._restoring = True
        try:
            self.selectionModel().select(ranges, flags.ClearAndSelect | flags.Rows)
            row = self.runs.row_of(self._current)
            if row >= 0:
                self.selectionModel().setCurrentIndex(self.runs.index(row, NAME), flags.NoUpdate)
                self.scrollTo(self.runs.index(row, NAME))
        finally:
            self._restoring = False
        self.chosen_changed.emit(self.chosen)

    def _choose(self) -> None:
        if not self._restoring:
            self._wanted = self.chosen
            self.chosen_changed.emit(self._wanted)

    # Editing

    def rename(self) -> None:
        """Edit the name of the chosen run in its place."""
        row = self.runs.row_of(self.chosen[0]) if self.chosen else -1
        if row >= 0:
            index = self.runs.index(row, NAME)
            self.scrollTo(index)
            self.setFocus()
            self.runs.hold(True)
            self.edit(index)

    def _edited(self) -> None:
        self.runs.hold(False)

    def _double_clicked(self) -> None:
        self.opening_wanted.emit()

    # Menus and copying

    @override
    def contextMenuEvent(self, event: QContextMenuEvent, /) -> None:
        """What can be done with the chosen runs; by the keyboard, beside the current row."""
        menu = QMenu(self)
        menu.setObjectName("runs_menu")
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for action in self._offered:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        menu.addSeparator()
        menu.addAction(self.copy)
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft())
        menu.popup(place)

    def _show_columns_menu(self, place: QPoint) -> None:
        self.columns_menu().popup(self.horizontalHeader().viewport().mapToGlobal(place))

    def columns_menu(self) -> QMenu:
        """Which columns are shown; the name always is."""
        menu = QMenu(self)
        menu.setObjectName("runs_columns_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column, title in enumerate(TITLES):
            if column == NAME:
                continue
            action = menu.addAction(title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(partial(self._show_column, column))
        return menu

    def _show_column(self, column: int, shown: bool) -> None:
        self.setColumnHidden(column, not shown)

    def layout_state(self) -> QByteArray:
        """Which columns are shown, how wide and in which order, and by what rows are sorted."""
        return self.horizontalHeader().saveState()

    def restore_layout(self, state: QByteArray) -> None:
        """Put columns as they were; a state of other columns changes nothing."""
        header = self.horizontalHeader()
        before = header.saveState()
        if state.isEmpty():
            return
        if not header.restoreState(state) or header.count() != len(COLUMNS):
            header.restoreState(before)
        self.setColumnHidden(NAME, False)

    def table(self, rows: Sequence[int], *, plain: bool = False) -> tables.Table:
        """These rows with the columns in sight, in their order there."""
        header = self.horizontalHeader()
        columns = [header.logicalIndex(n) for n in range(len(COLUMNS))]
        columns = [c for c in columns if not header.isSectionHidden(c)]
        model = self.runs
        titles = [str(model.headerData(c, Qt.Orientation.Horizontal)) for c in columns]
        return tables.Table(
            [COLUMNS[c].plain_title or title if plain else title for c, title in zip(columns, titles, strict=True)],
            [[model.text(row, c, plain=plain) for c in columns] for row in rows],
            [COLUMNS[c].is_number for c in columns],
        )

    def copy_chosen(self) -> None:
        """Put the chosen rows on the clipboard as text."""
        rows = self.chosen_rows()
        if rows:
            QApplication.clipboard().setText(tables.tabbed(self.table(rows)))

    def copy_as(self, form: tables.Form) -> None:
        """Put all rows in sight on the clipboard in this form."""
        rows = range(len(self.runs.shown))
        QApplication.clipboard().setText(form.write(self.table(rows, plain=form.plain)))
