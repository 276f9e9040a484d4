"""The trace as a table: one row for each block, one column for each number."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from cnnstudio.app import format
from cnnstudio.app.theme import Role, space, theme
from cnnstudio.core.analysis.columns import COLUMNS, FIELD, FIRST_NUMBER, GROUP, STRIDE, Design

if TYPE_CHECKING:
    from PySide6.QtCore import QObject

    from cnnstudio.core.analysis.tracing import BlockTrace, Trace

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_ANSWERED = frozenset(
    (
        Qt.ItemDataRole.DisplayRole,
        Qt.ItemDataRole.TextAlignmentRole,
        Qt.ItemDataRole.FontRole,
        Qt.ItemDataRole.DecorationRole,
        Qt.ItemDataRole.ForegroundRole,
        Qt.ItemDataRole.ToolTipRole,
    )
)
"""A view asks for many roles of each cell; most have no answer here."""
CHIP_SCALE = 2
"""Drawn for screens of twice the density; others scale it down."""


class LayerModel(QAbstractTableModel):
    """All blocks in the order of the flow."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._design: Design | None = None
        self._rows: list[BlockTrace] = []
        self._ranks: dict[tuple[int, int], tuple[float, str]] = {}
        self._figures = theme().font()

    @property
    def design(self) -> Design | None:
        """What is shown."""
        return self._design

    def show_trace(self, trace: Trace) -> bool:
        """Take this trace; True when blocks came, went or changed places, and not only their numbers."""
        rows = list(trace.blocks.values())
        self._ranks = {}
        self._figures = theme().font()
        old, shown = self._rows, self._design
        if [r.id for r in rows] == [r.id for r in old]:
            self._design, self._rows = Design(trace), rows
            changed = [n for n, (before, now) in enumerate(zip(old, rows, strict=True)) if before is not now]
            self._tell(changed, 0, len(COLUMNS) - 1)
            if changed:  # what lies behind sees another part of the input; totals alone change no order
                self.dataChanged.emit(self.index(changed[0], FIELD), self.index(len(rows) - 1, STRIDE))
            if rows and shown is not None and shown.trace.architecture.groups != trace.architecture.groups:
                self.dataChanged.emit(self.index(0, GROUP), self.index(len(rows) - 1, GROUP))
            return False
        self.beginResetModel()
        self._design, self._rows = Design(trace), rows
        self.endResetModel()
        return True

    def _tell(self, changed: list[int], first: int, last: int) -> None:
        """Send `dataChanged` for stretches of rows: who sorts puts each row in its place anew."""
        start = 0
        for n in range(1, len(changed) + 1):
            if n == len(changed) or changed[n] != changed[n - 1] + 1:
                self.dataChanged.emit(self.index(changed[start], first), self.index(changed[n - 1], last))
                start = n

    def traced(self, row: int) -> BlockTrace:
        """The block of that row."""
        return self._rows[row]

    def text(self, row: int, column: int, *, plain: bool = False) -> str:
        """What stands in that cell; `plain` for other programs to count with."""
        if self._design is None:
            return ""
        of = COLUMNS[column]
        return (of.plain if plain and of.plain is not None else of.text)(self._rows[row], self._design)

    def rank(self, row: int, column: int) -> tuple[float, str]:
        """What that cell sorts by: its number, or its text with the numbers in it in their order."""
        known = self._ranks.get((row, column))
        if known is None and self._design is not None:
            traced, of = self._rows[row], COLUMNS[column]
            if of.rank is not None:
                known = (of.rank(traced, self._design), "")
            else:
                known = (0.0, format.sortable(of.text(traced, self._design)))
            self._ranks[row, column] = known
        return known or (0.0, "")

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """One for each block."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """One for each of COLUMNS."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Headings, over numbers at the right as the numbers are."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return COLUMNS[section].help
        return _alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def _ink(self, traced: BlockTrace, design: Design, column: int) -> QColor | None:
        """Red for what cannot be laid, muted for nothing, so that the numbers that matter stand out."""
        if traced.bypassed:
            return theme().color(Role.MUTED)
        if traced.output is None:
            return theme().color(Role.ERROR)
        rank = COLUMNS[column].rank
        return theme().color(Role.MUTED) if rank is not None and rank(traced, design) <= 0 else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, the family's colour, numbers in tabular figures at the right."""
        if role not in _ANSWERED or self._design is None or not index.isValid():
            return None
        traced, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[column].text(traced, self._design)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole:
            return self._figures if column >= FIRST_NUMBER else None
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return family_chip(theme().families[traced.spec.group])
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(traced, self._design, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{COLUMNS[column].help}: {COLUMNS[column].text(traced, self._design)}"
        return None


@functools.cache
def family_chip(color: str) -> QPixmap:
    """A bar of that colour, as on the left of a block's card."""
    chip = QPixmap(space(3) * CHIP_SCALE, space(4) * CHIP_SCALE)
    chip.setDevicePixelRatio(CHIP_SCALE)
    chip.fill(Qt.GlobalColor.transparent)
    painter = QPainter(chip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawRoundedRect(QRectF(space(1), 0, space(1), space(4)), space(1) / 2, space(1) / 2)
    painter.end()
    return chip


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column >= FIRST_NUMBER else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class LayerFilter(QSortFilterProxyModel):
    """Rows whose block or kind holds the words looked for, sorted by number where there is one."""

    def __init__(self, model: LayerModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._words: tuple[str, ...] = ()
        self.setSourceModel(model)

    def look_for(self, text: str) -> None:
        """Keep rows that hold all of these words."""
        self._words = tuple(text.lower().split())
        self.invalidate()

    def accepts(self, traced: BlockTrace) -> bool:
        """Whether that block is kept."""
        if not self._words:
            return True
        design = self._model.design
        group = design.groups.get(traced.id, "") if design is not None else ""
        bypassed = "bypassed" if traced.bypassed else ""
        haystack = f"{traced.id} {traced.spec.title} {traced.spec.group} {group} {bypassed}".lower()
        return all(word in haystack for word in self._words)

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        """By words."""
        return self.accepts(self._model.traced(row))

    def lessThan(self, left: _Index, right: _Index) -> bool:
        """By number or text; blocks that are level keep the order of the flow."""
        model = self._model
        return model.rank(left.row(), left.column()) < model.rank(right.row(), right.column())
