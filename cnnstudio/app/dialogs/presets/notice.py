"""The line below the cards: what was done or could not be, and the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from cnnstudio.app.features.words import named, tool, words
from cnnstudio.app.theme import mark, space


class Notice(QFrame):
    """Hidden while there is nothing to say."""

    undo_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preset_notice")
        self._text = words("preset_notice_text", wrap=True)
        self._undo = named(QPushButton("Bring back"), "preset_undo", "Bring back", "Undo: bring the preset back")
        self._undo.setAutoDefault(False)
        self._close = tool("preset_notice_close", "close", "Close this message")
        row = QHBoxLayout(self)
        row.setContentsMargins(space(3), space(2), space(2), space(2))
        row.setSpacing(space(2))
        row.addWidget(self._text, 1)
        row.addWidget(self._undo)
        row.addWidget(self._close)
        self._undo.clicked.connect(self.undo_wanted)
        self._close.clicked.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What is said; "" while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def say(self, sentence: str, can_undo: bool) -> None:
        """Say what was done."""
        self._show(sentence, "ok", can_undo)

    def complain(self, sentence: str) -> None:
        """Say why something could not be done."""
        self._show(sentence, "error", can_undo=False)

    def _show(self, sentence: str, tone: str, can_undo: bool) -> None:
        mark(self, kind="message", tone=tone)
        self._text.setText(sentence)
        self._undo.setVisible(can_undo)
        self.show()
