"""Diagnostics as a tree: the sentence with its mark and the block; beneath it its fixes and what they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from typing_extensions import override

from cnnstudio.app.inspector.findings import ROLES
from cnnstudio.app.theme import Role, icon, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix

HEADINGS = ("Problem", "Block")
PROBLEM, BLOCK = range(2)
GIVES = Qt.ItemDataRole.UserRole + 1
"""What a fix gives; None for rows that are no fix."""
NO_FIX = "No fix is known: change the block or its connections."
_ROOT = QModelIndex()
_TOP = 0
"""Internal id of the rows of diagnostics; that of a fix is one more than the row of its diagnostic."""
_Index = QModelIndex | QPersistentModelIndex


class ProblemModel(QAbstractItemModel):
    """The diagnostics of the design, errors first, as lint sorts them.

    Fixes cost a trial each, so they are worked out for open diagnostics only.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._diagnostics: tuple[Diagnostic, ...] = ()
        self._open: dict[int, tuple[Fix, ...]] = {}
        self._owed: tuple[int, ...] = ()

    def show_diagnostics(self, diagnostics: Sequence[Diagnostic]) -> bool:
        """Take these; False when they read the same, so that selection, open rows and scroll place can stay.

        The fixes of open rows stay those of the design before until `catch_up`.
        """
        fresh = tuple(diagnostics)
        if [_key(d) for d in fresh] == [_key(d) for d in self._diagnostics]:
            self._diagnostics, self._owed = fresh, tuple(self._open)
            return False
        self.beginResetModel()
        self._diagnostics, self._open, self._owed = fresh, {}, ()
        self.endResetModel()
        return True

    def catch_up(self) -> None:
        """Work out the fixes of open rows for the design as it is now."""
        owed, self._owed = self._owed, ()
        for row in owed:
            if row in self._open:
                self._show_fixes(row, self._diagnostics[row].fixes)

    def open(self, row: int) -> None:
        """Work out the fixes of that diagnostic, and show them from now on."""
        if row not in self._open and 0 <= row < len(self._diagnostics):
            fixes = self._diagnostics[row].fixes
            self.beginInsertRows(self.index(row, PROBLEM), 0, max(len(fixes), 1) - 1)
            self._open[row] = fixes
            self.endInsertRows()

    def close(self, row: int) -> None:
        """Forget the fixes of that diagnostic."""
        if row in self._open:
            self.beginRemoveRows(self.index(row, PROBLEM), 0, self._count(row) - 1)
            del self._open[row]
            self.endRemoveRows()

    @property
    def opened(self) -> tuple[int, ...]:
        """Rows of the diagnostics whose fixes are shown."""
        return tuple(self._open)

    def _show_fixes(self, row: int, fixes: tuple[Fix, ...]) -> None:
        parent, before, after = self.index(row, PROBLEM), self._count(row), max(len(fixes), 1)
        if after > before:
            self.beginInsertRows(parent, before, after - 1)
            self._open[row] = fixes
            self.endInsertRows()
        elif after < before:
            self.beginRemoveRows(parent, after, before - 1)
            self._open[row] = fixes
            self.endRemoveRows()
        self._open[row] = fixes
        self.dataChanged.emit(self.index(0, PROBLEM, parent), self.index(after - 1, BLOCK, parent))

    def _count(self, row: int) -> int:
        """Rows beneath a diagnostic: one that says so where it has no fixes."""
        return max(len(self._open[row]), 1) if row in self._open else 0

    def diagnostic(self, index: _Index) -> Diagnostic | None:
        """The diagnostic of that row, or the one that the fix of that row is for."""
        row = index.row() if index.internalId() == _TOP else index.internalId() - 1
        return self._diagnostics[row] if index.isValid() and 0 <= row < len(self._diagnostics) else None

    def fix(self, index: _Index) -> Fix | None:
        """The fix of that row for the design as it is now; None where it is no fix's, or no fix any more."""
        if not index.isValid() or index.internalId() == _TOP:
            return None
        row = index.internalId() - 1
        known = self._fix_at(row, index.row())
        if row in self._owed:
            self.catch_up()
        fix = self._fix_at(row, index.row())
        return fix if known is not None and fix is not None and fix.label == known.label else None

    def _fix_at(self, row: int, place: int) -> Fix | None:
        fixes = self._open.get(row, ())
        return fixes[place] if place < len(fixes) else None

    def row_like(self, wanted: Diagnostic | None) -> int:
        """The row that says the same as `wanted`, -1 for none."""
        keys = [_key(d) for d in self._diagnostics]
        return keys.index(_key(wanted)) if wanted is not None and _key(wanted) in keys else -1

    def refresh_icons(self) -> None:
        """The theme has changed."""
        if self._diagnostics:
            self.dataChanged.emit(self.index(0, PROBLEM), self.index(len(self._diagnostics) - 1, BLOCK))

    @override
    def index(self, row: int, column: int, parent: _Index = _ROOT) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _TOP)

    @override
    def parent(self, index: _Index = _ROOT) -> Any:
        # Without an index Qt asks for the parent of the object itself.
        if not index.isValid() or index.internalId() == _TOP:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, PROBLEM, _TOP)

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        if not parent.isValid():
            return len(self._diagnostics)
        return self._count(parent.row()) if parent.internalId() == _TOP and parent.column() == PROBLEM else 0

    @override
    def hasChildren(self, parent: _Index = _ROOT) -> bool:
        return not parent.isValid() or (parent.internalId() == _TOP and parent.column() == PROBLEM)

    @override
    def columnCount(self, parent: _Index = _ROOT) -> int:
        return len(HEADINGS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        diagnostic = self.diagnostic(index)
        if diagnostic is None:
            return None
        if index.internalId() != _TOP:
            return _of_fix(self._fix_at(index.internalId() - 1, index.row()), index.column(), role)
        return _of_diagnostic(diagnostic, index.column(), role)


def _of_diagnostic(diagnostic: Diagnostic, column: int, role: int) -> Any:
    text = diagnostic.message if column == PROBLEM else diagnostic.block
    if role == Qt.ItemDataRole.DisplayRole:
        return text
    if role == Qt.ItemDataRole.ToolTipRole:
        return diagnostic.message
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"{diagnostic.severity}: {diagnostic.message}" if column == PROBLEM else text
    if role == Qt.ItemDataRole.DecorationRole and column == PROBLEM:
        return icon(diagnostic.severity.value, ROLES[diagnostic.severity])
    if role == Qt.ItemDataRole.ForegroundRole and column == BLOCK:
        return theme().color(Role.MUTED)
    return None


def _of_fix(fix: Fix | None, column: int, role: int) -> Any:
    if column != PROBLEM:
        return None
    if role == Qt.ItemDataRole.DisplayRole:
        return fix.label if fix is not None else NO_FIX
    if role == GIVES:
        return fix.gives if fix is not None else None
    if role == Qt.ItemDataRole.ToolTipRole:
        return "Click to make this change; Undo takes it back" if fix is not None else None
    if role == Qt.ItemDataRole.AccessibleTextRole:
        return f"Fix: {fix.label}. {fix.gives}".rstrip(". ") if fix is not None else NO_FIX
    if role == Qt.ItemDataRole.DecorationRole and fix is not None:
        return icon("fix", Role.ACCENT)
    if role == Qt.ItemDataRole.ForegroundRole:
        return theme().color(Role.ACCENT if fix is not None else Role.MUTED)
    return None


def _key(diagnostic: Diagnostic) -> tuple[str, str, str, str]:
    return (diagnostic.severity.value, diagnostic.block, diagnostic.parameter, diagnostic.message)
