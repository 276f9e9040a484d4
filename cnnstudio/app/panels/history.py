"""The History tab: the states that the experiment went through, in words; one click goes back or forward to any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStackedWidget, QWidget
from typing_extensions import override

from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.theme import Role, Scale, icon, space, theme, themes
from cnnstudio.app.when_shown import WhenShown

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from cnnstudio.app.document_bridge import DocumentBridge

FIRST = "As opened"
EMPTY = "No edits yet. Each edit is listed here; click one to go back to it."
MARK = space(4)
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractListModel):
    """One row for each state, the oldest first. The current one is marked, undone ones are greyed."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[str, ...] = ()
        self._at = 0
        blank = QPixmap(MARK, MARK)
        blank.fill(Qt.GlobalColor.transparent)
        self._no_mark = QIcon(blank)  # keeps the words of all rows in one line

    def show_states(self, labels: tuple[str, ...], at: int) -> None:
        """Take the states' words and the place of the current one among them."""
        if labels == self._labels:
            self._at = at
            self.repaint_rows()
            return
        self.beginResetModel()
        self._labels, self._at = labels, at
        self.endResetModel()

    def repaint_rows(self) -> None:
        """The theme, or the current state, has changed."""
        if self._labels:
            self.dataChanged.emit(self.index(0), self.index(len(self._labels) - 1))

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._labels)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = index.row()
        if not 0 <= row < len(self._labels):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._labels[row]
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._labels[row] + self._standing(row)
        return self._look(row, role)

    def _standing(self, row: int) -> str:
        return ", current" if row == self._at else ", undone" if row > self._at else ""

    def _tip(self, row: int) -> str:
        if row == self._at:
            return "The experiment stands here"
        return "Undone; click to make it and the edits before it again" if row > self._at else "Click to go back here"

    def _look(self, row: int, role: int) -> Any:
        """Mark, weight and colour: what a sighted person reads the standing from."""
        if role == Qt.ItemDataRole.DecorationRole:
            if row > self._at:
                return icon("redo", Role.MUTED)
            return icon("chevron-right", Role.ACCENT) if row == self._at else self._no_mark
        if role == Qt.ItemDataRole.FontRole:
            return theme().font(Scale.BODY, bold=row == self._at)
        if role == Qt.ItemDataRole.ForegroundRole and row > self._at:
            return theme().color(Role.MUTED)
        return None


class HistoryPanel(QStackedWidget):
    """The list, or a sentence while there is nothing to go back to. A click or Enter goes to a state."""

    def __init__(self, bridge: DocumentBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.setObjectName("history")
        self.setAccessibleName("History")
        self.model = HistoryModel(self)
        self.view = QListView(self)
        self.empty = EmptyState("undo", EMPTY, self)
        self._dress_view()
        self.addWidget(self.empty)
        self.addWidget(self.view)
        self._when_shown = WhenShown(self, self._refresh)
        bridge.changed.connect(self._when_shown.ask)
        themes.changed.connect(self.model.repaint_rows)
        self.view.clicked.connect(self._go_to)
        self.view.activated.connect(self._go_to)

    def _dress_view(self) -> None:
        view = self.view
        view.setModel(self.model)
        view.setObjectName("history_list")
        view.setAccessibleName("States of the experiment, the oldest first")
        view.setToolTip("A click or Enter goes to that state")
        view.setUniformItemSizes(True)
        view.setIconSize(QSize(MARK, MARK))
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        view.setTextElideMode(Qt.TextElideMode.ElideRight)

    def _refresh(self) -> None:
        document = self._bridge.document
        labels = (FIRST, *(state.label for state in document.states[1:]))
        self.model.show_states(labels, document.index)
        here = self.model.index(document.index)
        self.view.setCurrentIndex(here)
        self.view.scrollTo(here)
        front = self.view if len(labels) > 1 else self.empty
        self.setCurrentWidget(front)
        self.setFocusProxy(front)

    def _go_to(self, index: QModelIndex) -> None:
        self._bridge.jump(index.row())
