"""The presets that are looked for, as rows of a list."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from cnnstudio.app.dialogs.presets.facts import spoken
from cnnstudio.core.formats.preset_filter import PresetFilter

if TYPE_CHECKING:
    from cnnstudio.app.dialogs.presets.shelf import PresetShelf
    from cnnstudio.core.formats.presets import Preset

_Index = QModelIndex | QPersistentModelIndex
PRESET = Qt.ItemDataRole.UserRole


class PresetModel(QAbstractListModel):
    """Rows for the presets on the shelf that match what is wanted, in the shelf's order."""

    looks_changed = Signal()
    """More is known of presets in the list; the rows are the same."""

    def __init__(self, shelf: PresetShelf) -> None:
        super().__init__(shelf)
        self._shelf = shelf
        self._wanted = PresetFilter()
        self._rows: list[Preset] = []
        shelf.changed.connect(self._sift)
        shelf.read.connect(self._follow)

    @property
    def rows(self) -> tuple[Preset, ...]:
        """What is listed."""
        return tuple(self._rows)

    @property
    def wanted(self) -> PresetFilter:
        """What is looked for."""
        return self._wanted

    def want(self, wanted: PresetFilter) -> None:
        """Look for this."""
        if wanted != self._wanted:
            self._wanted = wanted
            self._sift()

    def row_of(self, id: str) -> int:
        """The row of that preset; -1 where it is not listed."""
        return next((row for row, preset in enumerate(self._rows) if preset.id == id), -1)

    def rowCount(self, parent: _Index | None = None) -> int:
        """As many as match."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The preset itself, its name, and what is told of it."""
        if not 0 <= index.row() < len(self._rows):
            return None
        preset = self._rows[index.row()]
        if role == PRESET:
            return preset
        if role == Qt.ItemDataRole.DisplayRole:
            return preset.name
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p>{escape(spoken(preset))}</p>"  # else Qt guesses whether a file's words are markup
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(preset)
        return None

    def _sift(self) -> None:
        found = [p for p in self._shelf.presets if self._wanted.matches(p)]
        if len(found) == len(self._rows) and all(a is b for a, b in zip(found, self._rows, strict=True)):
            self.looks_changed.emit()
            return
        self.beginResetModel()
        self._rows = found
        self.endResetModel()

    def _follow(self) -> None:
        if self._wanted.params is not None:
            self._sift()
        else:
            self.looks_changed.emit()
