"""The palette's list: families with their blocks and the person's own ones, or what a search has found."""

from __future__ import annotations

import html
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel
from typing_extensions import override

from cnnstudio.app.format import counted
from cnnstudio.app.palette.append import MIME, OWN
from cnnstudio.app.palette.dots import family_icon, neutral_icon
from cnnstudio.app.palette.search import Words, find, words_of
from cnnstudio.app.theme import Role, Scale, icon, theme, themes
from cnnstudio.core.catalogue import groups
from cnnstudio.core.formats.user_blocks import UserBlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.palette.own import OwnBlocks
    from cnnstudio.core.catalogue.base import BlockSpec

KIND = Qt.ItemDataRole.UserRole + 1
"""The kind of a block's row, as it is put in; None on other rows."""
GROUP = Qt.ItemDataRole.UserRole + 2
"""The family of a family's row; None on other rows."""
FILE = Qt.ItemDataRole.UserRole + 3
"""The id of a row of the person's own blocks, broken ones too; None on other rows."""
MY_BLOCKS = "My blocks"
NONE_YET = "Save a group to keep it here"
HOW = "Select blocks on the canvas and press Ctrl+G. Then Edit > Save group as my block keeps the group here."
_TOLD = 8
"""Kinds of block named in a tooltip; more are counted."""


class Found(NamedTuple):
    """How many blocks a search shows; `exact` is False when they are only the closest there are."""

    shown: int
    exact: bool


class PaletteModel(QStandardItemModel):
    """Rows for families and blocks; blocks can be dragged, and one's own be renamed in place."""

    filled = Signal()
    """The rows are there anew: after a search, or in another theme's colours."""
    renamed = Signal(str, str)
    """An own block's id and the name that was typed for it."""

    def __init__(self, own: OwnBlocks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._own = own
        self._text = ""
        self.setColumnCount(1)
        themes.changed.connect(self._fill)
        own.changed.connect(self._fill)
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
        found = self._find() if self._text else None
        if found is None:
            for group, specs in groups().items():
                self.appendRow(_family_row(group, specs))
            own = self._own.blocks  # what a person has made stands first; how to make something, last
            self.insertRow(0 if own else self.rowCount(), _own_family(own))
        self.filled.emit()
        return found

    def _find(self) -> Found:
        known: list[tuple[Words, type[BlockSpec] | UserBlock]] = [
            *((words_of(spec), spec) for specs in groups().values() for spec in specs),
            *((_words(block), block) for block in self._own.blocks),
        ]
        blocks, exact = find(self._text, known)
        for block in blocks:
            self.appendRow(_own_row(block) if isinstance(block, UserBlock) else _block_row(block))
        return Found(len(blocks), exact)

    def first_block(self) -> QModelIndex:
        """The first block's row; invalid when nothing is shown."""
        top = self.index(0, 0)
        return top if top.data(KIND) else self.index(0, 0, top)

    def row_of(self, id: str) -> QModelIndex:
        """The row of an own block; invalid where it is not shown."""
        for row in range(self.rowCount()):
            top = self.index(row, 0)
            for index in (top, *(self.index(n, 0, top) for n in range(self.rowCount(top)))):
                if index.data(FILE) == id:
                    return index
        return QModelIndex()

    @override
    def setData(
        self, index: QModelIndex | QPersistentModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole, /
    ) -> bool:
        """A name was typed: what becomes of it is for others to say; the row follows from the file."""
        if role == Qt.ItemDataRole.EditRole and index.data(FILE):
            self.renamed.emit(str(index.data(FILE)), str(value))
            return True
        return super().setData(index, value, role)

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


_FIXED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable


def _head(name: str, tip: str) -> QStandardItem:
    row = QStandardItem(name)
    row.setData(name, GROUP)
    row.setFlags(_FIXED)
    row.setFont(theme().font(Scale.CAPTION, bold=True))
    row.setForeground(theme().color(Role.MUTED))
    row.setToolTip(tip)
    return row


def _family_row(group: str, specs: Sequence[type[BlockSpec]]) -> QStandardItem:
    row = _head(group, f"{group}: {', '.join(spec.title for spec in specs)}")
    for spec in specs:
        row.appendRow(_block_row(spec))
    return row


def _own_family(blocks: Sequence[UserBlock]) -> QStandardItem:
    row = _head(MY_BLOCKS, f"Groups that you have saved. {HOW}")
    for block in blocks:
        row.appendRow(_own_row(block))
    if not blocks:
        none = QStandardItem(NONE_YET)
        none.setFlags(_FIXED)
        none.setForeground(theme().color(Role.MUTED))
        none.setToolTip(HOW)
        none.setData(HOW, Qt.ItemDataRole.AccessibleTextRole)
        row.appendRow(none)
    return row


def _block_row(spec: type[BlockSpec]) -> QStandardItem:
    row = QStandardItem(family_icon(spec.group), spec.title)
    row.setData(spec.kind, KIND)
    row.setFlags(_FIXED | Qt.ItemFlag.ItemIsDragEnabled)
    row.setToolTip(_tool_tip(spec))
    row.setData(f"{spec.title}: {spec.summary}", Qt.ItemDataRole.AccessibleTextRole)
    return row


def _own_row(block: UserBlock) -> QStandardItem:
    """A broken one stays in sight, so that it can be looked for or deleted, and says what is wrong with it."""
    row = QStandardItem(icon("warning", Role.WARNING) if block.error else neutral_icon(), block.name)
    row.setData(block.id, FILE)
    if block.error:
        row.setFlags(_FIXED)
        row.setForeground(theme().color(Role.MUTED))
        row.setToolTip(html.escape(block.error))
        row.setData(f"{block.name}, broken: {block.error}", Qt.ItemDataRole.AccessibleTextRole)
        return row
    row.setData(OWN + block.id, KIND)
    row.setFlags(_FIXED | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsEditable)
    row.setToolTip(f"<p><b>{html.escape(block.name)}</b></p><p>{html.escape(_contents(block))}</p>")
    row.setData(f"{block.name}, own block: {_contents(block)}", Qt.ItemDataRole.AccessibleTextRole)
    return row


def _words(block: UserBlock) -> Words:
    return Words(block.name, "my own blocks group", " ".join(block.contents))


def _contents(block: UserBlock) -> str:
    """ "5 blocks: 2 convolution, max pooling, dropout, dense."."""
    kinds = Counter(title.lower() for title in block.contents)
    told = [f"{count} {title}" if count > 1 else title for title, count in kinds.items()]
    more = [f"{len(told) - _TOLD} more kinds"] if len(told) > _TOLD else []
    return f"{counted(len(block.contents), 'block')}: {', '.join([*told[:_TOLD], *more])}."


def _tool_tip(spec: type[BlockSpec]) -> str:
    """Title, what the block does, and the rest of its help, as rich text that wraps."""
    rest = spec.help[len(spec.summary) :].strip()
    paragraphs = [f"<b>{html.escape(spec.title)}</b>", html.escape(spec.summary)]
    paragraphs += [html.escape(part) for part in rest.split("\n\n") if part]
    return "".join(f"<p style='margin:2px'>{part}</p>" for part in paragraphs)
