"""Which blocks and comments are selected. Not part of the document: shared by canvas, inspector, tables and maps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.app.document_bridge import Change


class Selection(QObject):
    """Ids of the selected blocks; `current` is the one the inspector and the feature maps show.

    Comments can be selected beside them. Who cares for blocks alone reads `ids` and never hears of comments.
    """

    changed = Signal()
    parameter_wanted = Signal(str)
    """Someone asks the inspector to put the cursor into this parameter of the current block."""
    lens_wanted = Signal()
    """Someone asks what the current block sees of the input."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: tuple[str, ...] = ()
        self._comments: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Selected blocks, in the order of selecting."""
        return self._ids

    @property
    def comments(self) -> tuple[str, ...]:
        """Selected comments, in the order of selecting."""
        return self._comments

    @property
    def things(self) -> tuple[str, ...]:
        """All that is selected on the canvas: blocks, then comments."""
        return (*self._ids, *self._comments)

    @property
    def current(self) -> str:
        """The block selected last, "" for none."""
        return self._ids[-1] if self._ids else ""

    def select(self, ids: Iterable[str], comments: Iterable[str] = ()) -> None:
        """Select exactly these blocks and comments."""
        chosen, notes = tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(comments))
        if (chosen, notes) != (self._ids, self._comments):
            self._ids, self._comments = chosen, notes
            self.changed.emit()

    def keep_existing(self, change: Change) -> None:
        """Forget blocks and comments that an edit has removed; one that it has renamed stays selected."""
        old, new = change.renamed or ("", "")
        ids = (new if i == old else i for i in self._ids)
        after = change.after.architecture
        self.select((i for i in ids if i in after.blocks), (c for c in self._comments if c in after.comments))
