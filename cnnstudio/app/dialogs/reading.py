"""While a large file is read: what is being done, how far it is, and a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout

from cnnstudio.app.model_reader import ModelReader
from cnnstudio.app.theme import mark, space
from cnnstudio.core.importing import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

_STEPS = 1000


class ReadingDialog(QDialog):
    """Has a file read and closes by itself. Cancel, Esc and closing it give the reading up."""

    read = Signal(Told)
    """What came of it; sent after the dialog has closed."""
    failed = Signal(str)
    """Nothing came of it: the sentence why; sent after the dialog has closed."""

    def __init__(self, title: str, name: str, arguments: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("reading_dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(420)
        self._arguments = tuple(arguments)
        self._reader = ModelReader(name, self)
        self._doing = QLabel(f"Reading {name}")
        self._doing.setObjectName("reading_doing")
        self._doing.setTextFormat(Qt.TextFormat.PlainText)
        self._doing.setWordWrap(True)
        mark(self._doing, scale="title")
        self._bar = QProgressBar()
        self._bar.setObjectName("reading_progress")
        self._bar.setAccessibleName("How far the file has been read")
        self._bar.setToolTip("How far the file has been read")
        self._bar.setRange(0, 0)
        self._bar.setTextVisible(False)
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("reading_cancel")
        self._cancel.setAccessibleName("Cancel")
        self._cancel.setToolTip("Stop reading and keep the experiment that is open")
        self._lay_out()
        self._cancel.clicked.connect(self.reject)
        self._reader.progressed.connect(self._show_progress)
        self._reader.done.connect(self._end_well)
        self._reader.failed.connect(self._end_badly)

    def explain_cancel(self, tip: str) -> None:
        """What giving up comes to, where that is not an experiment that stays open."""
        self._cancel.setToolTip(tip)

    def begin(self) -> None:
        """Show the dialog and start to read."""
        self.open()
        self._reader.start(self._arguments)

    def reject(self) -> None:
        """Give the reading up."""
        self._reader.cancel()
        super().reject()

    def _show_progress(self, doing: str, share: float) -> None:
        self._doing.setText(doing)
        if share < 0:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, _STEPS)
            self._bar.setValue(round(share * _STEPS))

    def _end_well(self, told: Told) -> None:
        self.accept()
        self.read.emit(told)

    def _end_badly(self, sentence: str) -> None:
        self.accept()
        self.failed.emit(sentence)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(self._doing)
        column.addWidget(self._bar)
        column.addLayout(buttons)
