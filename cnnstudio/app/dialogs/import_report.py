"""What an import could not carry over one to one: a sentence each, and the way to the block that it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout

from cnnstudio.app.format import counted
from cnnstudio.app.theme import Role, icon, mark, space, themes

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.importing import Told

_WIDTH, _HIGHEST = 560, 420
_AROUND, _ROW = 160, 44
"""Height of what surrounds the list, and of a sentence on two lines."""
_ROLE = Qt.ItemDataRole.UserRole
_QUOTED = re.compile(r"\"([^\"]+)\"")
_NOT_IN_IDS = re.compile(r"[^a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry: the sentence, the blocks that it is about, and whether they stand for layers that are not known."""

    text: str
    blocks: tuple[str, ...]
    unknown: bool


def findings(told: Told, ids: Collection[str]) -> list[Finding]:
    """Layers that are not known first, then all other notes; each with the blocks that its sentence names."""
    layers = dict(told.unknown)
    found = []
    for note in told.notes:
        blocks = _named(note, ids)
        unknown = [block for block in blocks if block in layers]
        if unknown and len(unknown) == len(blocks):  # a sentence names the first few of a kind: show all of them
            kinds = {layers[block] for block in unknown}
            blocks = tuple(block for block, layer in told.unknown if layer in kinds)
        found.append(Finding(note, blocks, bool(unknown)))
    said = {block for finding in found for block in finding.blocks}
    for block, layer in told.unknown:
        if block not in said:
            sentence = f'No block stands for the layer {layer}: replace or remove "{block}".'
            found.append(Finding(sentence, (block,), True))
    return [f for f in found if f.unknown] + [f for f in found if not f.unknown]


def _named(note: str, ids: Collection[str]) -> tuple[str, ...]:
    """Ids of the blocks that a sentence names by their layer's name, in quotes."""
    words = (_NOT_IN_IDS.sub("_", word.lower()).strip("_") for word in _QUOTED.findall(note))
    return tuple(dict.fromkeys(word for word in words if word in ids))


class ImportReport(QDialog):
    """Stays open beside the work. Enter, Show or a double click goes to the blocks."""

    blocks_wanted = Signal(tuple)
    """Show the blocks of these ids on the canvas."""

    def __init__(self, told: Told, ids: Collection[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("import_report")
        self.setWindowTitle("What was imported")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._found = findings(told, ids)
        self._title = QLabel(told.said)
        self._title.setObjectName("import_title")
        self._summary = QLabel(_summary(self._found))
        self._summary.setObjectName("import_summary")
        self._list = QListWidget()
        self._show = QPushButton("Show block")
        self._close = QPushButton("Close")
        self._dress()
        self._fill()
        self._lay_out()
        self._list.currentRowChanged.connect(self._update_button)
        self._list.itemActivated.connect(self._show_current)
        self._show.clicked.connect(self._show_current)
        self._close.clicked.connect(self.close)
        themes.changed.connect(self._refresh_icons)
        self._list.setCurrentRow(0)
        self._list.setFocus()
        self.resize(_WIDTH, min(_HIGHEST, _AROUND + _ROW * max(2, len(self._found))))
        if parent is not None:  # in a corner, so that the blocks it leads to stay in sight
            corner = parent.window().geometry().bottomLeft()
            self.move(corner + QPoint(space(4), -self.height() - space(16)))

    def resizeEvent(self, event: QResizeEvent, /) -> None:
        """Sentences are broken anew."""
        super().resizeEvent(event)
        self._list.doItemsLayout()

    def _dress(self) -> None:
        mark(self._title, scale="title")
        mark(self._summary, tone="muted")
        for label in (self._title, self._summary):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self._list.setObjectName("import_notes")
        self._list.setAccessibleName("What was not carried over one to one")
        self._list.setToolTip("Enter or a double click shows the block on the canvas")
        self._list.setWordWrap(True)
        self._list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setSpacing(space(1) // 2)
        self._list.setIconSize(QSize(space(4), space(4)))
        for button, name, tip in (
            (self._show, "import_show", "Select the blocks that the marked sentence is about, and go to them"),
            (self._close, "import_close", "Close this list; Problems keeps what is left to mend"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
            button.setAutoDefault(False)
        mark(self._show, kind="primary")

    def _fill(self) -> None:
        for finding in self._found:
            item = QListWidgetItem(finding.text)
            item.setData(_ROLE, finding)
            self._list.addItem(item)
        self._refresh_icons()

    def _refresh_icons(self) -> None:
        for row, finding in enumerate(self._found):
            name, role = ("error", Role.ERROR) if finding.unknown else ("hint", Role.HINT)
            self._list.item(row).setIcon(icon(name, role))

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addStretch(1)
        buttons.addWidget(self._show)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(2))
        column.addWidget(self._title)
        column.addWidget(self._summary)
        column.addWidget(self._list, 1)
        column.addLayout(buttons)

    def _update_button(self, row: int) -> None:
        blocks = self._found[row].blocks if 0 <= row < len(self._found) else ()
        self._show.setEnabled(bool(blocks))
        self._show.setText("Show block" if len(blocks) < 2 else f"Show {len(blocks):,} blocks")

    def _show_current(self) -> None:
        row = self._list.currentRow()
        if 0 <= row < len(self._found) and self._found[row].blocks:
            self.blocks_wanted.emit(self._found[row].blocks)


def _summary(found: list[Finding]) -> str:
    unknown = len({block for finding in found if finding.unknown for block in finding.blocks})
    others = sum(not finding.unknown for finding in found)
    parts = []
    if unknown:
        verb = "is" if unknown == 1 else "are"
        parts.append(f"{counted(unknown, 'layer')} {verb} not known to the studio and must be replaced before training")
    if others:
        parts.append(f"{counted(others, 'thing')} {'is' if others == 1 else 'are'} not quite as in the file")
    return "; ".join(parts) + "."
