"""Diagnostics as a table: the sentence with its mark, the block, and the first way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from cnnstudio.app.inspector.findings import ROLES
from cnnstudio.app.theme import Role, icon, theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QObject

    from cnnstudio.core.diagnostics import Diagnostic

HEADINGS = ("Problem", "Block", "Fix")
PROBLEM, BLOCK, FIX = range(3)
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex


class ProblemModel(QAbstractTableModel):
    """The diagnostics of the design, errors first, as lint sorts them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._diagnostics: tuple[Diagnostic, ...] = ()

    def show_diagnostics(self, diagnostics: Sequence[Diagnostic]) -> bool:
        """Take these; False when they read the same, so that selection and scroll place can stay."""
        fresh = tuple(diagnostics)
        if [_key(d) for d in fresh] == [_key(d) for d in self._diagnostics]:
            self._diagnostics = fresh
            if fresh:  # their fixes may be others, which only what is in sight needs to know: each costs a trial
                self.dataChanged.emit(self.index(0, FIX), self.index(len(fresh) - 1, FIX))
            return False
        self.beginResetModel()
        self._diagnostics = fresh
        self.endResetModel()
        return True

    def diagnostic(self, row: int) -> Diagnostic | None:
        """The diagnostic of that row."""
        return self._diagnostics[row] if 0 <= row < len(self._diagnostics) else None

    def row_like(self, wanted: Diagnostic | None) -> int:
        """The row that says the same as `wanted`, -1 for none."""
        keys = [_key(d) for d in self._diagnostics]
        return keys.index(_key(wanted)) if wanted is not None and _key(wanted) in keys else -1

    def refresh_icons(self) -> None:
        """The theme has changed."""
        if self._diagnostics:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._diagnostics) - 1, FIX))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each diagnostic."""
        return 0 if parent.isValid() else len(self._diagnostics)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Problem, block, fix."""
        return 0 if parent.isValid() else len(HEADINGS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, the severity's icon, the colour of a fix."""
        diagnostic = self.diagnostic(index.row())
        if diagnostic is None:
            return None
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return _texts(diagnostic)[column]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tool_tip(diagnostic, column)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{diagnostic.severity}: {diagnostic.message}" if column == PROBLEM else _texts(diagnostic)[column]
        if role == Qt.ItemDataRole.DecorationRole and column == PROBLEM:
            return icon(diagnostic.severity.value, ROLES[diagnostic.severity])
        if role == Qt.ItemDataRole.ForegroundRole and column != PROBLEM:
            return theme().color(Role.ACCENT if column == FIX else Role.MUTED)
        return None


def _texts(diagnostic: Diagnostic) -> tuple[str, str, str]:
    fixes = diagnostic.fixes
    more = f" (+{len(fixes) - 1})" if len(fixes) > 1 else ""
    return (diagnostic.message, diagnostic.block, fixes[0].label + more if fixes else "")


def _tool_tip(diagnostic: Diagnostic, column: int) -> str:
    if column == FIX and diagnostic.fixes:
        if len(diagnostic.fixes) == 1:
            return f"Click to do it: {diagnostic.fixes[0].label}"
        return "Click to choose: " + "; ".join(f.label for f in diagnostic.fixes)
    return diagnostic.message


def _key(diagnostic: Diagnostic) -> tuple[str, str, str, str]:
    return (diagnostic.severity.value, diagnostic.block, diagnostic.parameter, diagnostic.message)
