"""The Problems tab: everything lint says of the design, with ways out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCursor, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QMenu,
    QStackedWidget,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.panels.problem_model import BLOCK, FIX, PROBLEM, ProblemModel
from cnnstudio.app.theme import space, themes
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core.diagnostics import Severity

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.core.diagnostics import Diagnostic, Fix

BESIDE_TEXT = space(6)
"""Pixels of a cell's width that neither icon nor text takes: padding and the gaps of the style."""
LARGEST = 10_000
QUICK_FIX = QKeySequence("Ctrl+.")


class ProblemsPanel(QStackedWidget):
    """A list of diagnostics: a click selects the block and asks for its parameter, the last column mends."""

    count_changed = Signal(int, int)
    """How many errors and warnings there are; sent at once, also while the panel is hidden, for the tab's title."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self._counts = (0, 0)
        self.model = ProblemModel(self)
        self.view = ProblemView(self)
        self.view.setModel(self.model)
        self.empty = EmptyState("ok", "No problems.", self)
        self.setObjectName("problems")
        self.addWidget(self.empty)
        self.addWidget(self.view)
        self._lay_out()
        self._when_shown = WhenShown(self, self._refresh)
        bridge.changed.connect(self._changed)
        themes.changed.connect(self.model.refresh_icons)
        self.view.pressed_at.connect(self._pressed)
        self.view.activated.connect(self._go_to)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self._quick_fix = QAction("Fix", self.view, shortcut=QUICK_FIX)
        self._quick_fix.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._quick_fix.triggered.connect(self._fix_current)
        self.view.addAction(self._quick_fix)
        self._changed()

    def _lay_out(self) -> None:
        self.view.setObjectName("problems_list")
        self.view.setAccessibleName("Problems")
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(space(16))
        header.setSectionResizeMode(PROBLEM, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(BLOCK, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(FIX, QHeaderView.ResizeMode.ResizeToContents)
        header.setResizeContentsPrecision(0)  # only rows in sight are measured: fixes are worked out when read

    @property
    def counts(self) -> tuple[int, int]:
        """Errors and warnings now."""
        return self._counts

    def _changed(self) -> None:
        severities = [d.severity for d in self._bridge.diagnostics]
        counts = (severities.count(Severity.ERROR), severities.count(Severity.WARNING))
        if counts != self._counts:
            self._counts = counts
            self.count_changed.emit(*counts)
        self._when_shown.ask()

    def _refresh(self) -> None:
        current = self.current()
        if self.model.show_diagnostics(self._bridge.diagnostics):
            row = self.model.row_like(current)
            if row >= 0:
                self.view.setCurrentIndex(self.model.index(row, PROBLEM))
        self.setCurrentWidget(self.view if self.model.rowCount() else self.empty)

    def current(self) -> Diagnostic | None:
        """The diagnostic under the cursor."""
        return self.model.diagnostic(self.view.currentIndex().row())

    def _pressed(self, index: QModelIndex) -> None:
        diagnostic = self.model.diagnostic(index.row())
        if diagnostic is None:
            return
        if index.column() == FIX and diagnostic.fixes:
            self._mend(diagnostic)
        else:
            self._go_to(index)

    def _go_to(self, index: QModelIndex) -> None:
        diagnostic = self.model.diagnostic(index.row())
        if diagnostic is not None and diagnostic.block:
            self._selection.select([diagnostic.block])
            self._selection.parameter_wanted.emit(diagnostic.parameter)

    def _fix_current(self) -> None:
        diagnostic = self.current()
        if diagnostic is not None and diagnostic.fixes:
            self._mend(diagnostic)

    def _mend(self, diagnostic: Diagnostic) -> None:
        """One fix is made at once; of several the person chooses."""
        if len(diagnostic.fixes) == 1:
            self._make(diagnostic.fixes[0])
            return
        menu = self._menu()
        self._add_fixes(menu, diagnostic)
        menu.popup(QCursor.pos())

    def _make(self, fix: Fix) -> None:
        self._bridge.do(fix.edit())

    def _menu(self) -> QMenu:
        menu = QMenu(self.view)
        menu.setObjectName("problem_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _add_fixes(self, menu: QMenu, diagnostic: Diagnostic) -> None:
        for fix in diagnostic.fixes:
            menu.addAction(fix.label).triggered.connect(partial(self._make, fix))

    def _show_menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        diagnostic = self.model.diagnostic(index.row())
        if diagnostic is None:
            return
        menu = self._menu()
        self._add_fixes(menu, diagnostic)
        if diagnostic.fixes:
            menu.addSeparator()
        if diagnostic.block:
            menu.addAction("Go to block").triggered.connect(partial(self._go_to, index))
        menu.addAction("Copy text").triggered.connect(partial(_copy, str(diagnostic)))
        menu.popup(self.view.viewport().mapToGlobal(place))


def _copy(text: str) -> None:
    QApplication.clipboard().setText(text)


class Sentences(QStyledItemDelegate):
    """Gives a row the height of its whole sentence; under a style sheet Qt counts one line."""

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As wide as the column, as high as the sentence broken into that width."""
        hint = super().sizeHint(option, index)
        beside = self._view.iconSize().width() + BESIDE_TEXT
        room = QRect(0, 0, max(1, self._view.columnWidth(PROBLEM) - beside), LARGEST)
        text = self._view.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, str(index.data()))
        return QSize(hint.width(), max(hint.height(), text.height() + space(3)))


class ProblemView(QTreeView):
    """The list itself: sentences over as many lines as they need, a pointing hand over fixes."""

    pressed_at = Signal(QModelIndex)
    """A row was clicked with the left button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRootIsDecorated(False)
        self.setIconSize(QSize(space(4), space(4)))
        self.setItemDelegateForColumn(PROBLEM, Sentences(self))
        self.setWordWrap(True)  # the end of the sentence says what to do
        self.setAllColumnsShowFocus(True)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self.pressed_at)
        self.header().sectionResized.connect(self.scheduleDelayedItemsLayout)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A fix looks like the link it is."""
        index = self.indexAt(event.position().toPoint())
        over_fix = index.column() == FIX and bool(index.data())
        shape = Qt.CursorShape.PointingHandCursor if over_fix else Qt.CursorShape.ArrowCursor
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)
        super().mouseMoveEvent(event)
