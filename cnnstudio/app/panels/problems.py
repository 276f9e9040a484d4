"""The Problems tab: everything lint says of the design, with ways out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QApplication, QHeaderView, QMenu, QStackedWidget, QWidget

from cnnstudio.app.fix_menu import add_fixes
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.panels.problem_model import BLOCK, PROBLEM, ProblemModel
from cnnstudio.app.panels.problem_view import ProblemView
from cnnstudio.app.theme import space, themes
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core.analysis.diagnostics import Severity

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection
    from cnnstudio.core.analysis.diagnostics import Diagnostic

MANY, LATER = 150, 150
"""In a design of more blocks trying fixes takes longer than a frame: they follow so many milliseconds after an edit."""
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
        self._to_open: tuple[int, ...] = ()
        self._later = QTimer(self, singleShot=True, interval=LATER)
        self._later.timeout.connect(self._work_out)
        self._when_shown = WhenShown(self, self._refresh)
        bridge.changed.connect(self._changed)
        themes.changed.connect(self.model.refresh_icons)
        self.view.pressed_at.connect(self._pressed)
        self.view.pointed_at.connect(self._pointed)
        self.view.activated.connect(self._activated)
        self.view.expanded.connect(self._expanded)
        self.view.collapsed.connect(self._collapsed)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self._quick_fix = QAction("Go to the fixes", self.view, shortcut=QUICK_FIX)
        self._quick_fix.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._quick_fix.triggered.connect(self._go_to_fixes)
        self.view.addAction(self._quick_fix)
        self._changed()

    def _lay_out(self) -> None:
        self.view.setObjectName("problems_list")
        self.view.setAccessibleName("Problems")
        self.view.setToolTip("Point at a fix to see on the canvas what it gives; click or Enter makes it")
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(space(16))
        header.setSectionResizeMode(PROBLEM, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(BLOCK, QHeaderView.ResizeMode.ResizeToContents)

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
                self.view.setCurrentIndex(self._index(row))
            self._to_open = (row, 0)  # the ways out of the worst one are in sight, too
        self.setCurrentWidget(self.view if self.model.rowCount() else self.empty)
        if len(self._bridge.trace.blocks) > MANY:
            self._later.start()
        else:
            self._work_out()

    def _work_out(self) -> None:
        """Find the fixes of the problems that are open: each is tried on the whole design."""
        self._later.stop()
        rows, self._to_open = self._to_open, ()
        for row in rows:
            if row >= 0:
                self._open(row)
        self.model.catch_up()

    def _index(self, row: int) -> QModelIndex:
        return self.model.index(row, PROBLEM)

    def _open(self, row: int) -> None:
        """Show the fixes of that problem."""
        self.model.open(row)
        self.view.expand(self._index(row))
        self._span(row)

    def _span(self, row: int) -> None:
        """Fixes have both columns."""
        parent = self._index(row)
        for child in range(self.model.rowCount(parent)):
            self.view.setFirstColumnSpanned(child, parent, True)

    def _expanded(self, index: QModelIndex) -> None:
        self.model.open(index.row())
        self._span(index.row())

    def _collapsed(self, index: QModelIndex) -> None:
        self.model.close(index.row())

    def current(self) -> Diagnostic | None:
        """The diagnostic under the cursor, or whose fix is."""
        return self.model.diagnostic(self.view.currentIndex())

    def _pointed(self, index: QModelIndex) -> None:
        self._bridge.fix_preview.turn_to(self.model.fix(index), self.view)

    def _pressed(self, index: QModelIndex) -> None:
        if not self._mend(index):
            self._go_to(index)

    def _activated(self, index: QModelIndex) -> None:
        self._pressed(index)

    def _mend(self, index: QModelIndex) -> bool:
        """Make the fix of that row; False where it is the row of no fix."""
        fix = self.model.fix(index)
        if fix is not None:
            self._bridge.do(fix.edit())
        return fix is not None

    def _go_to(self, index: QModelIndex) -> None:
        """Select the block, ask for its parameter and show the ways out."""
        diagnostic = self.model.diagnostic(index)
        if diagnostic is None:
            return
        if not index.parent().isValid():
            self._open(index.row())
        if diagnostic.block:
            self._selection.select([diagnostic.block])
            self._selection.parameter_wanted.emit(diagnostic.parameter)

    def _go_to_fixes(self) -> None:
        """From a problem to its first fix, from a fix to the next one, round and round."""
        index = self.view.currentIndex()
        top = index.parent() if index.parent().isValid() else index
        if not top.isValid():
            top = self._index(0)
        self._open(top.row())
        row = index.row() + 1 if index.parent().isValid() else 0
        following = self.model.index(row % max(1, self.model.rowCount(top)), PROBLEM, top)
        if following.isValid():
            self.view.setCurrentIndex(following)
            self.view.scrollTo(following)
            self.view.point_at_current()

    def _show_menu(self, place: QPoint) -> None:
        index = self.view.indexAt(place)
        diagnostic = self.model.diagnostic(index)
        if diagnostic is None:
            return
        menu = QMenu(self.view)
        menu.setObjectName("problem_menu")
        menu.setAccessibleName("Actions on the problem")
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if add_fixes(menu, (diagnostic,), self._bridge):
            menu.addSeparator()
        if diagnostic.block:
            menu.addAction("Go to block").triggered.connect(partial(self._go_to, index.siblingAtColumn(PROBLEM)))
        menu.addAction("Copy text").triggered.connect(partial(_copy, str(diagnostic)))
        menu.popup(self.view.viewport().mapToGlobal(place))


def _copy(text: str) -> None:
    QApplication.clipboard().setText(text)
