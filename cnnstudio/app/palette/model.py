"""The palette's list: families with their blocks, or what a search has found."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from typing_extensions import override

from cnnstudio.app.palette.append import MIME
from cnnstudio.app.palette.dots import family_icon
from cnnstudio.app.palette.search import Found, find_blocks
from cnnstudio.app.theme import Role, Scale, theme, themes
from cnnstudio.core.catalogue import groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.catalogue.base import BlockSpec

KIND = Qt.ItemDataRole.UserRole + 1
"""The kind of a block's row; None on other rows."""
GROUP = Qt.ItemDataRole.UserRole + 2
"""The family of a family's row; None on other rows."""


class PaletteModel(QStandardItemModel):
    """Rows for families and blocks; blocks can be dragged."""

    filled = Signal()
    """The rows are there anew: after a search, or in another theme's colours."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setColumnCount(1)
        themes.changed.connect(self._fill)
        self._fill()

    @property
    def is_search(self) -> bool:
        """Whether it shows what a search has found, in place of all blocks by family."""
        return bool(self._text)

    def search(self, text: str) -> Found | None:
        """Show what matches `text`, best first; all blocks when it is empty (then None is returned)."""
        self._text = " ".join(text.split())
        return self._fill()

    def _fill(self) -> Found | None:
        self.clear()
        found: Found | None = None
        if self._text:
            found = find_blocks(self._text, [spec for specs in groups().values() for spec in specs])
            for spec in found.blocks:
                self.appendRow(_block_row(spec))
        else:
            for group, specs in groups().items():
                self.appendRow(_family_row(group, specs))
        self.filled.emit()
        return found

    def first_block(self) -> QModelIndex:
        """The first block's row; invalid when nothing is shown."""
        top = self.index(0, 0)
        return top if top.data(KIND) else self.index(0, 0, top)

    @override
    def mimeTypes(self) -> list[str]:
        return [MIME]

    @override
    def mimeData(self, indexes: Sequence[QModelIndex | QPersistentModelIndex], /) -> QMimeData:
        data = QMimeData()
        kinds = [kind for index in indexes if (kind := index.data(KIND))]
        if kinds:
            data.setData(MIME, str(kinds[0]).encode())
        return data

    @override
    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction


def _family_row(group: str, specs: Sequence[type[BlockSpec]]) -> QStandardItem:
    row = QStandardItem(group)
    row.setData(group, GROUP)
    row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
    row.setFont(theme().font(Scale.CAPTION, bold=True))
    row.setForeground(theme().color(Role.MUTED))
    row.setToolTip(f"{group}: {', '.join(spec.title for spec in specs)}")
    for spec in specs:
        row.appendRow(_block_row(spec))
    return row


def _block_row(spec: type[BlockSpec]) -> QStandardItem:
    row = QStandardItem(family_icon(spec.group), spec.title)
    row.setData(spec.kind, KIND)
    row.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled)
    row.setToolTip(_tool_tip(spec))
    row.setData(f"{spec.title}: {spec.summary}", Qt.ItemDataRole.AccessibleTextRole)
    return row


def _tool_tip(spec: type[BlockSpec]) -> str:
    """Title, what the block does, and the rest of its help, as rich text that wraps."""
    rest = spec.help[len(spec.summary) :].strip()
    paragraphs = [f"<b>{html.escape(spec.title)}</b>", html.escape(spec.summary)]
    paragraphs += [html.escape(part) for part in rest.split("\n\n") if part]
    return "".join(f"<p style='margin:2px'>{part}</p>" for part in paragraphs)
