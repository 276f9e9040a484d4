"""Which blocks are selected. Not part of the document: shared by canvas, inspector, tables and feature maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.app.document_bridge import Change


class Selection(QObject):
    """Ids of the selected blocks; `current` is the one the inspector and the feature maps show."""

    changed = Signal()
    parameter_wanted = Signal(str)
    """Someone asks the inspector to put the cursor into this parameter of the current block."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Selected blocks, in the order of selecting."""
        return self._ids

    @property
    def current(self) -> str:
        """The block selected last, "" for none."""
        return self._ids[-1] if self._ids else ""

    def select(self, ids: Iterable[str]) -> None:
        """Select exactly these blocks."""
        chosen = tuple(dict.fromkeys(ids))
        if chosen != self._ids:
            self._ids = chosen
            self.changed.emit()

    def keep_existing(self, change: Change) -> None:
        """Forget blocks that an edit has removed; one that it has renamed stays selected."""
        old, new = change.renamed or ("", "")
        ids = (new if i == old else i for i in self._ids)
        self.select(i for i in ids if i in change.after.architecture.blocks)
