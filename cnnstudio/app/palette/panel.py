"""The palette: every block of the catalogue, found by family or by search, one double-click from the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget
from typing_extensions import override

from cnnstudio.app.palette.append import append_block
from cnnstudio.app.palette.model import KIND, PaletteModel
from cnnstudio.app.palette.own import OwnBlocks
from cnnstudio.app.palette.tree import PaletteTree
from cnnstudio.app.theme import Role, icon, mark, space, themes

if TYPE_CHECKING:
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.selection import Selection


NARROWEST = 228
"""Pixels: the longest block's name is readable, and the search field says what it is for."""


class PalettePanel(QWidget):
    """A search field over the list of blocks."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._selection = selection
        self.setObjectName("palette")
        self.setAccessibleName("Palette of blocks")
        self._search = QLineEdit(self)
        self._note = QLabel(self)
        self.own = OwnBlocks(self)
        self._undo = QToolButton(self)
        self._model = PaletteModel(self.own, self)
        self._list = PaletteTree(self._model, self)
        self._build()
        self._search.textChanged.connect(self._on_searched)
        self._search.returnPressed.connect(self._on_entered)
        self._search.installEventFilter(self)
        self._list.chosen.connect(self.append)
        self._list.typed.connect(self._on_typed)
        self._list.left_upwards.connect(self.focus_search)
        self._list.removal_wanted.connect(self.own.delete)
        self._list.file_wanted.connect(self.own.show_file)
        self._model.renamed.connect(self.own.rename, Qt.ConnectionType.QueuedConnection)  # the editor closes first
        self.own.said.connect(self._say)
        self.own.kept.connect(self._show_own)
        self.own.refused.connect(bridge.refused)
        self._undo.clicked.connect(self.own.restore)
        themes.changed.connect(self._dress)
        self._dress()

    def _build(self) -> None:
        self._search.setObjectName("palette_search")
        self._search.setAccessibleName("Search blocks")
        self._search.setPlaceholderText("Search blocks")
        self._search.setToolTip("Type a name or a purpose; Enter appends the first block found, Down goes to the list")
        self._search.setClearButtonEnabled(True)
        self._find = QAction(icon("search"), "", self._search)  # made here: the wrapper of Qt's own can get lost
        self._search.addAction(self._find, QLineEdit.ActionPosition.LeadingPosition)
        self._note.setObjectName("palette_note")
        self._note.setAccessibleName("Result of the search")
        self._note.setWordWrap(True)
        self._note.setTextFormat(Qt.TextFormat.PlainText)
        mark(self._note, tone="muted")
        self._note.hide()
        self._undo.setObjectName("palette_undo")
        self._undo.setText("Undo")
        self._undo.setAccessibleName("Undo deleting the block")
        self._undo.setToolTip("Bring the deleted block back")
        mark(self._undo, kind="flat")
        self._undo.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(space(2), space(2), space(2), space(2))
        column.setSpacing(space(2))
        column.addWidget(self._search)
        column.addWidget(self._note)
        column.addWidget(self._undo, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._list, 1)
        self.setMinimumWidth(NARROWEST)

    def _dress(self) -> None:
        self._find.setIcon(icon("search", Role.MUTED))

    @Slot()
    def focus_search(self) -> None:
        """Put the cursor into the search field, what is there selected."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    @Slot(str)
    def append(self, kind: str) -> None:
        """Put a block behind the selected one, or before the Output, and select it."""
        append_block(self._bridge, self._selection, kind)

    def _on_searched(self, text: str) -> None:
        found = self._model.search(text)
        words = ""
        if found is not None and not found.exact:
            shown = " ".join(text.split())[:40]
            words = f'No block matches "{shown}". ' + ("Closest names:" if found.shown else "Try a shorter word.")
        self._say(words, can_undo=False)
        if found is not None and found.shown:
            self._list.setCurrentIndex(self._model.first_block())

    def _say(self, words: str, can_undo: bool) -> None:
        self._note.setText(words)
        self._note.setVisible(bool(words))
        self._undo.setVisible(can_undo)

    def _show_own(self, id: str) -> None:
        """Bring a block of the person's own into sight."""
        self._search.clear()
        index = self._model.row_of(id)
        if index.isValid():
            self._list.expand(index.parent())
            self._list.setCurrentIndex(index)
            self._list.scrollTo(index)

    def _on_entered(self) -> None:
        """Enter in the search field: the first hit, and the text ready to be overwritten by the next search."""
        kind = self._model.first_block().data(KIND) if self._model.is_search else None
        if kind:
            self.append(str(kind))
            self._search.selectAll()

    def _on_typed(self, text: str) -> None:
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.setText(text)

    def _to_list(self) -> None:
        self._list.setFocus(Qt.FocusReason.TabFocusReason)
        if not self._list.currentIndex().isValid():
            self._list.setCurrentIndex(self._model.first_block())

    @override
    def eventFilter(self, watched: QObject, event: QEvent, /) -> bool:
        """Down leaves the search field for the list; Escape empties it."""
        if watched is self._search and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() == Qt.Key.Key_Down:
                self._to_list()
                return True
            if event.key() == Qt.Key.Key_Escape and self._search.text():
                self._search.clear()
                return True
        return super().eventFilter(watched, event)
