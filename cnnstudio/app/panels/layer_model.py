"""The trace as a table: one row for each block, one column for each number."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSortFilterProxyModel, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from cnnstudio.app import format
from cnnstudio.app.theme import Role, space, theme

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QObject

    from cnnstudio.core.tracing import BlockTrace, Trace

_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
NOTHING = -1.0
"""Sorts what has no value before all that has one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: heading, what it means, its text, and the number it sorts by (None: by its text)."""

    title: str
    help: str
    text: Callable[[BlockTrace, Trace], str]
    rank: Callable[[BlockTrace, Trace], float] | None = None


def _id(traced: BlockTrace, trace: Trace) -> str:
    return traced.id


def _kind(traced: BlockTrace, trace: Trace) -> str:
    return traced.spec.title


def _shape(traced: BlockTrace, trace: Trace) -> str:
    return format.tensor_shape(traced.output)


def _cells(traced: BlockTrace, trace: Trace) -> float:
    return traced.output.cells if traced.output is not None else NOTHING


def _params(traced: BlockTrace, trace: Trace) -> str:
    return format.count(traced.params) if traced.output is not None else format.DASH


def _param_count(traced: BlockTrace, trace: Trace) -> float:
    return traced.params if traced.output is not None else NOTHING


def _share(traced: BlockTrace, trace: Trace) -> str:
    return format.share(traced.params, trace.params) if traced.output is not None else format.DASH


def _macs(traced: BlockTrace, trace: Trace) -> str:
    return format.count(traced.macs) if traced.output is not None else format.DASH


def _mac_count(traced: BlockTrace, trace: Trace) -> float:
    return traced.macs if traced.output is not None else NOTHING


def _memory(traced: BlockTrace, trace: Trace) -> str:
    return format.size_of(traced.activation_bytes) if traced.output is not None else format.DASH


def _bytes(traced: BlockTrace, trace: Trace) -> float:
    return traced.activation_bytes if traced.output is not None else NOTHING


def _field(traced: BlockTrace, trace: Trace) -> str:
    return format.receptive_field(trace.fields[traced.id]) if traced.output is not None else format.DASH


def _field_size(traced: BlockTrace, trace: Trace) -> float:
    return _product(a.size for a in trace.fields[traced.id]) if traced.output is not None else NOTHING


def _stride(traced: BlockTrace, trace: Trace) -> str:
    return format.stride(trace.fields[traced.id]) if traced.output is not None else format.DASH


def _jump(traced: BlockTrace, trace: Trace) -> float:
    return _product(a.jump for a in trace.fields[traced.id]) if traced.output is not None else NOTHING


def _padded(digits: re.Match[str]) -> str:
    return digits.group().zfill(9)


def _product(values: Any) -> float:
    product = 1.0
    for value in values:
        product *= float(value)
    return product


COLUMNS = (
    Column("Block", "Id of the block", _id),
    Column("Kind", "What kind of block it is", _kind),
    Column("Output shape", "Sizes of what goes out, channels last", _shape, _cells),
    Column("Parameters", "Weights and biases of the block", _params, _param_count),
    Column("Share", "Share of the parameters of the whole network", _share, _param_count),
    Column("Multiply-adds", "Multiplications with addition for one sample", _macs, _mac_count),
    Column("Activation memory", "Results of the block for one sample, as float32", _memory, _bytes),
    Column("Receptive field", "How much of the input one value can see, in cells of the input", _field, _field_size),
    Column("Stride", "How far the receptive field moves on the input from one value to the next", _stride, _jump),
)
FIRST_NUMBER = 2
CHIP_SCALE = 2
"""Drawn for screens of twice the density; others scale it down."""


class LayerModel(QAbstractTableModel):
    """All blocks in the order of the flow."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trace: Trace | None = None
        self._rows: list[BlockTrace] = []

    def show_trace(self, trace: Trace) -> bool:
        """Take this trace; True when blocks came, went or changed places, and not only their numbers."""
        rows = list(trace.blocks.values())
        if [r.id for r in rows] == [r.id for r in self._rows]:
            self._trace, self._rows = trace, rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return False
        self.beginResetModel()
        self._trace, self._rows = trace, rows
        self.endResetModel()
        return True

    def traced(self, row: int) -> BlockTrace:
        """The block of that row."""
        return self._rows[row]

    def row_of(self, id: str) -> int:
        """The row of that block, -1 for none."""
        return next((n for n, r in enumerate(self._rows) if r.id == id), -1)

    def rank(self, row: int, column: int) -> tuple[float, str]:
        """What that cell sorts by: its number, or its text with the numbers in it in their order."""
        traced, of = self._rows[row], COLUMNS[column]
        if self._trace is None:
            return (0.0, "")
        if of.rank is not None:
            return (of.rank(traced, self._trace), "")
        text = of.text(traced, self._trace)
        return (0.0, re.sub(r"\d+", _padded, text.lower()))

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

    def _ink(self, traced: BlockTrace, trace: Trace, column: int) -> QColor | None:
        """Red for what cannot be laid, muted for nothing, so that the numbers that matter stand out."""
        if traced.output is None:
            return theme().color(Role.ERROR)
        rank = COLUMNS[column].rank
        return theme().color(Role.MUTED) if rank is not None and rank(traced, trace) <= 0 else None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Texts, the family's colour, numbers in tabular figures at the right."""
        if self._trace is None or not index.isValid():
            return None
        traced, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[column].text(traced, self._trace)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole and column >= FIRST_NUMBER:
            return theme().font()
        if role == Qt.ItemDataRole.DecorationRole and column == 0:
            return family_chip(theme().families[traced.spec.group])
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._ink(traced, self._trace, column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{COLUMNS[column].help}: {COLUMNS[column].text(traced, self._trace)}"
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
        haystack = f"{traced.id} {traced.spec.title} {traced.spec.group}".lower()
        return all(word in haystack for word in self._words)

    def filterAcceptsRow(self, row: int, parent: _Index) -> bool:
        """By words."""
        return self.accepts(self._model.traced(row))

    def lessThan(self, left: _Index, right: _Index) -> bool:
        """By number or text; blocks that are level keep the order of the flow."""
        model = self._model
        return model.rank(left.row(), left.column()) < model.rank(right.row(), right.column())
