"""The legend of a comparison: a row for each run with its colour, name and result; a click hides it or shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtWidgets import QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from cnnstudio.app.runs.comparison.swatch import swatch
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QAction, QFocusEvent, QKeyEvent, QMouseEvent, QPainter

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
VALUE = Qt.ItemDataRole.UserRole
SLOT = VALUE + 1
SWATCH = QSize(22, 14)


@dataclass(frozen=True, slots=True)
class Entry:
    """One run in the legend."""

    run: Path
    slot: int
    label: str
    value: str
    """What stands at the right: the value at the best epoch, or why there is none."""
    tip: str = ""


class LegendModel(QAbstractListModel):
    """The entries, and which of them are hidden."""

    toggled = Signal()
    """Another set of runs is hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._hidden: frozenset[Path] = frozenset()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All of them, from the top."""
        return self._entries

    @property
    def hidden(self) -> frozenset[Path]:
        """The runs that are not drawn."""
        return self._hidden

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show these. A run that has gone is forgotten, so that it is drawn when it comes again."""
        new = tuple(entries)
        if new == self._entries:
            return
        if [e.run for e in new] == [e.run for e in self._entries]:
            self._entries = new
            self._repaint()
            return
        self.beginResetModel()
        self._entries = new
        self._hidden &= {entry.run for entry in new}
        self.endResetModel()

    def hide_only(self, runs: frozenset[Path]) -> None:
        """Draw all but these."""
        known = runs & {entry.run for entry in self._entries}
        if known != self._hidden:
            self._hidden = known
            self._repaint()
            self.toggled.emit()

    def toggle(self, row: int) -> None:
        """Hide the run of that row, or show it again."""
        self.hide_only(self._hidden ^ {self._entries[row].run})

    def only(self, row: int) -> None:
        """Hide all others; all are shown again where they were hidden already."""
        others = frozenset(e.run for e in self._entries if e is not self._entries[row])
        self.hide_only(frozenset() if others == self._hidden else others)

    def _repaint(self) -> None:
        if self._entries:
            self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """A row for each run."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Name, value, colour, and whether it is drawn."""
        entry = self._entries[index.row()]
        drawn = entry.run not in self._hidden
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.label
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{entry.tip}\nClick to {'hide' if drawn else 'show'} it, double-click to see it alone"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.label}, {entry.value}, {'shown' if drawn else 'hidden'}"
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if drawn else Qt.CheckState.Unchecked
        return {VALUE: entry.value, SLOT: entry.slot}.get(role)


class _Row(QStyledItemDelegate):
    """Paints colour, name and value; what is hidden is greyed and its name struck out."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """One row."""
        drawn = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) is Qt.CheckState.Checked
        style = option.widget.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget)
        room = option.rect.adjusted(space(2), 0, -space(2), 0)
        picture = swatch(index.data(SLOT), SWATCH, option.widget.devicePixelRatioF(), on=drawn)
        painter.drawPixmap(room.left(), room.center().y() - SWATCH.height() // 2, picture)
        room.setLeft(room.left() + SWATCH.width() + space(2))
        value = str(index.data(VALUE)) if drawn else "hidden"
        font = theme().font(Scale.CAPTION)
        painter.setFont(font)
        painter.setPen(theme().color(Role.TEXT if drawn else Role.MUTED))
        painter.drawText(
            room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value if drawn else "hidden"
        )
        taken = painter.fontMetrics().horizontalAdvance(value) + space(2)
        body = theme().font()
        body.setStrikeOut(not drawn)
        painter.setFont(body)
        name = QRect(room.left(), room.top(), max(0, room.width() - taken), room.height())
        shown = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideMiddle, name.width())
        painter.drawText(name, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """As high as the rows of tables."""
        return QSize(120, option.fontMetrics.height() + space(3))


class Legend(QListView):
    """A click or Space hides a run or shows it; a double click or Enter shows it alone."""

    pointed = Signal(object)
    """The run under the mouse, or at which the keys are, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison_legend")
        self.setAccessibleName("Legend")
        self.setToolTip("A click or Space hides a run or shows it again; a double click or Enter shows it alone")
        self.rows = LegendModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_Row(self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(160)
        self._pressed = -1
        self._menu = QMenu(self)
        self._menu.setObjectName("comparison_legend_menu")
        self._only = self._menu.addAction("Show only this run")
        self._all = self._menu.addAction("Show all runs")
        self._only.triggered.connect(self._show_only)
        self._all.triggered.connect(self.show_all)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._show_menu)
        themes.changed.connect(self.viewport().update)

    @property
    def actions_offered(self) -> tuple[QAction, QAction]:
        """Of the context menu."""
        return self._only, self._all

    def show_all(self) -> None:
        """Draw every run."""
        self.rows.hide_only(frozenset())

    def _show_only(self) -> None:
        if self.currentIndex().isValid():
            others = {entry.run for row, entry in enumerate(self.rows.entries) if row != self.currentIndex().row()}
            self.rows.hide_only(frozenset(others))

    def _show_menu(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if index.isValid():
            self.setCurrentIndex(index)
        self._only.setEnabled(self.currentIndex().isValid())
        self._all.setEnabled(bool(self.rows.hidden))
        self._menu.popup(self.viewport().mapToGlobal(at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where: a click counts where it begins and ends on one row."""
        super().mousePressEvent(event)
        left = event.button() is Qt.MouseButton.LeftButton
        self._pressed = self.indexAt(event.position().toPoint()).row() if left else -1

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Hide the run or show it."""
        super().mouseReleaseEvent(event)
        row, self._pressed = self._pressed, -1
        if row >= 0 and self.indexAt(event.position().toPoint()).row() == row:
            self.rows.toggle(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the run alone. The click before has hidden it already, which does not matter here."""
        row = self.indexAt(event.position().toPoint()).row()
        if event.button() is Qt.MouseButton.LeftButton and row >= 0:
            self._pressed = -1
            self._without_first_click(row)

    def _without_first_click(self, row: int) -> None:
        self.rows.toggle(row)
        self.rows.only(row)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The run that is pointed at is brought out."""
        super().mouseMoveEvent(event)
        self._point_at(self.indexAt(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """None is."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter act on the row at which the keys are."""
        row = self.currentIndex().row()
        if row >= 0 and event.key() == Qt.Key.Key_Space:
            self.rows.toggle(row)
        elif row >= 0 and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.rows.only(row)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The run at which the keys are is brought out."""
        super().focusInEvent(event)
        self._point_at(self.currentIndex())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """None is."""
        super().focusOutEvent(event)
        self.pointed.emit(None)

    def currentChanged(self, current: _Index, previous: _Index) -> None:
        """Keys have come to another row."""
        super().currentChanged(current, previous)
        if self.hasFocus():
            self._point_at(current)

    def _point_at(self, index: _Index) -> None:
        self.pointed.emit(self.rows.entries[index.row()].run if index.isValid() else None)
