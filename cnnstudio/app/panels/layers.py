"""The Layers tab: the table of all blocks with their shapes and costs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QMenu,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app import format
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.panels.filter_field import FilterField
from cnnstudio.app.panels.layer_model import LayerFilter, LayerModel
from cnnstudio.app.panels.row_table import RowTable
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core import tables
from cnnstudio.core.analysis.columns import COLUMNS, FIRST_NUMBER, GROUP, TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection

FILTER_WIDTH = 220


class LayersPanel(QWidget):
    """A sortable, searchable table; its selection is the canvas's selection."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self.model = LayerModel(self)
        self.rows = LayerFilter(self.model, self)
        self.view = RowTable(
            "layers_table", "Layers", "A click on a row selects its block, one on a heading sorts", self
        )
        self.view.setModel(self.rows)
        tip = "Show only blocks whose id, kind or family holds these words"
        self.filter = FilterField("layers_filter", "Filter blocks", tip, FILTER_WIDTH, self)
        self.totals = QLabel(self)
        self.copying = QToolButton(self)
        self.nothing = EmptyState("search", "No block matches.", self)
        self._stack = QStackedWidget(self)
        self._lay_out()
        self._when_shown = WhenShown(self, self._refresh)
        bridge.changed.connect(self._when_shown.ask)
        selection.changed.connect(self._selection_changed)
        self.filter.textChanged.connect(self._look_for)
        self.filter.rows_wanted.connect(self.view.setFocus)
        self.view.selectionModel().selectionChanged.connect(self._selected_here)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.copy_wanted.connect(self._copy_selected)
        self.copying.setMenu(self._menu())

    def _lay_out(self) -> None:
        self.setObjectName("layers")
        self._set_up_view()
        self.totals.setObjectName("layers_totals")
        self.totals.setWordWrap(True)  # else the page could not be made narrower than this line
        mark(self.totals, tone="muted")
        self.copying.setObjectName("layers_copy")
        self.copying.setText("Copy table")
        self.copying.setAccessibleName("Copy table")
        self.copying.setToolTip("Copy the rows in sight as text, CSV, Markdown or LaTeX")
        self.copying.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.copying.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        set_icon(self.copying, "copy")
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.nothing)
        bar = QHBoxLayout()
        bar.setContentsMargins(space(2), space(1), space(2), space(1))
        bar.setSpacing(space(3))
        bar.addWidget(self.filter)
        bar.addWidget(self.totals, 1)
        bar.addWidget(self.copying)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._stack, 1)

    def _set_up_view(self) -> None:
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.horizontalHeader().setSectionsMovable(True)
        self.view.let_sort()

    def shown_ids(self) -> list[str]:
        """Blocks in sight, in the order of the rows."""
        return [self._id(row) for row in range(self.rows.rowCount())]

    def _id(self, row: int) -> str:
        return self.model.traced(self.rows.mapToSource(self.rows.index(row, 0)).row()).id

    def _refresh(self) -> None:
        first = not self.model.rowCount()
        self.model.show_trace(self._bridge.trace)
        if first:
            self._fit_columns()
        self._show_columns()
        self._show_rows_or_none()
        self.view.viewport().update()  # shares change with the total, in rows that stay
        self._show_selection()
        self._show_totals()

    def _fit_columns(self) -> None:
        self.view.resizeColumnsToContents()
        header = self.view.horizontalHeader()
        for column in range(len(COLUMNS)):
            header.resizeSection(column, header.sectionSize(column) + space(2))

    def _look_for(self, text: str) -> None:
        self.rows.look_for(text)
        self._show_rows_or_none()
        self._show_selection()
        self._show_totals()

    def _show_columns(self) -> None:
        """Groups have a column while there are any."""
        self.view.setColumnHidden(GROUP, not self._bridge.experiment.architecture.groups)

    def _show_rows_or_none(self) -> None:
        self._stack.setCurrentWidget(self.view if self.rows.rowCount() else self.nothing)
        self.copying.setEnabled(self.rows.rowCount() > 0)

    def _show_totals(self) -> None:
        trace = self._bridge.trace
        shown = [t for t in trace.blocks.values() if self.rows.accepts(t)]
        params, trainable = sum(t.params for t in shown), sum(t.trainable_params for t in shown)
        blocks = format.counted(len(shown), "block")
        if len(shown) < len(trace.blocks):
            blocks = f"{len(shown):,} of {format.counted(len(trace.blocks), 'block')}"
        weights = format.counted(params, "parameter")
        if trainable < params:
            weights += f" ({format.count(trainable)} trainable)"
        parts = [
            blocks,
            weights,
            f"{format.short(sum(t.macs for t in shown))} multiply-adds",
            f"{format.size_of(sum(t.activation_bytes for t in shown))} of activations",
        ]
        unknown = sum(t.output is None for t in shown)
        if unknown:
            parts.append(f"{unknown:,} without a shape not counted")
        self.totals.setText("  \u00b7  ".join(parts))
        self.totals.setToolTip("Sums over the blocks in the table; multiply-adds and activations for one sample")

    # Selection, both ways: each side is touched only when it differs

    def _wanted(self) -> set[str]:
        known = self._bridge.trace.blocks
        return {i for i in self._selection.ids if i in known and self.rows.accepts(known[i])}

    def _selected(self) -> list[str]:
        return [self._id(row) for row in self.view.chosen_rows()]

    def _selection_changed(self) -> None:
        if self.isVisible():
            self._show_selection()
        else:
            self._when_shown.ask()

    def _show_selection(self) -> None:
        wanted = self._wanted()
        if wanted == set(self._selected()):
            return
        ranges = QItemSelection()
        current = None
        for row, id in enumerate(self.shown_ids()):
            if id in wanted:
                index = self.rows.index(row, 0)
                ranges.select(index, index)
                current = index if id == self._selection.current else current
        flags = QItemSelectionModel.SelectionFlag
        chooser = self.view.selectionModel()
        chooser.select(ranges, flags.ClearAndSelect | flags.Rows)
        if current is not None:
            chooser.setCurrentIndex(current, flags.NoUpdate)
            self.view.scrollTo(current)

    def _selected_here(self) -> None:
        chosen = self._selected()
        if set(chosen) == self._wanted():
            return
        kept = [i for i in self._selection.ids if i in chosen]
        added = [i for i in chosen if i not in kept]
        self._selection.select([*kept, *added])

    # Copying

    def table(self, rows: Sequence[int], *, plain: bool = False, sums: bool = False) -> tables.Table:
        """These rows with the columns in sight, in their order there."""
        header = self.view.horizontalHeader()
        columns = [header.logicalIndex(n) for n in range(len(COLUMNS))]
        columns = [c for c in columns if not header.isSectionHidden(c)]
        sources = [self.rows.mapToSource(self.rows.index(row, 0)).row() for row in rows]
        return tables.Table(
            [COLUMNS[c].plain_title if plain and COLUMNS[c].plain_title else COLUMNS[c].title for c in columns],
            [[self.model.text(source, c, plain=plain) for c in columns] for source in sources],
            [c >= FIRST_NUMBER for c in columns],
            self._sums(sources, columns) if sums else (),
        )

    def _sums(self, sources: Sequence[int], columns: Sequence[int]) -> list[str]:
        """The last line of a table on paper."""
        traced = [self.model.traced(source) for source in sources]
        params = sum(t.params for t in traced)
        found = {
            "Parameters": format.count(params),
            "Share": format.share(params, self._bridge.trace.params),
            "Multiply-adds": format.count(sum(t.macs for t in traced)),
            "Activation memory": format.size_of(sum(t.activation_bytes for t in traced)),
        }
        return ["Total" if n == 0 else found.get(TITLES[c], "") for n, c in enumerate(columns)]

    def _copy_selected(self) -> None:
        rows = self.view.chosen_rows()
        if rows:
            QApplication.clipboard().setText(tables.tabbed(self.table(rows)))

    def copy_as(self, form: tables.Form) -> None:
        """Put all rows in sight on the clipboard in this form."""
        table = self.table(range(self.rows.rowCount()), plain=form.plain, sums=not form.plain)
        QApplication.clipboard().setText(form.write(table))

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setObjectName("layers_menu")
        menu.addAction(self.view.copy)
        menu.addSeparator()
        for form in tables.FORMS:
            menu.addAction(form.label).triggered.connect(partial(self.copy_as, form))
        return menu

    def _show_menu(self, place: QPoint) -> None:
        self.copying.menu().popup(self.view.viewport().mapToGlobal(place))
