"""What is shown while files are being looked through: where, how far, and a way to stop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QPushButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.format import count, counted, share
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.data.scanning import SourceScanner

WIDTH = 420


class ScanPanel(QWidget):
    """The scan under way, in the middle of the room."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_scan")
        self.setAccessibleName("Scan")
        self._title = words("data_scan_title", scale="title")
        self._place = words("data_scan_place", tone="muted")
        self._count = words("data_scan_count")
        self._bar = QProgressBar()
        self._bar.setObjectName("data_scan_bar")
        self._bar.setAccessibleName("Progress of the scan")
        self._bar.setToolTip("Share of the files that have been looked at")
        self._cancel = QPushButton("Cancel")
        self._cancel.setObjectName("data_scan_cancel")
        self._cancel.setAccessibleName("Cancel scan")
        self._cancel.setToolTip("Stop looking through the files; the data stay as they are (Esc)")
        self._cancel.setShortcut("Esc")
        self._cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout(self)
        column.setSpacing(space(2))
        column.addStretch(2)
        for widget in (self._title, self._place, self._bar, self._count, self._cancel):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._bar.setFixedWidth(WIDTH)
        for label in (self._title, self._place, self._count):
            label.setFixedWidth(WIDTH)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)

    def show_scan(self, scanner: SourceScanner) -> None:
        """How far it is."""
        self._title.setText(f"Looking through “{Path(scanner.place).name or scanner.place}”")
        self._place.setText(scanner.place)
        self._place.setToolTip(scanner.place)
        done, total = scanner.done, scanner.total
        self._bar.setRange(0, total)  # without an end while files are being counted
        self._bar.setValue(done)
        if total:
            self._count.setText(f"{count(done)} of {counted(total, 'file')} ({share(done, total)})")
        elif scanner.is_waiting and not done:
            self._count.setText("Starting the worker that reads the files…")
        else:
            self._count.setText(f"Counting: {counted(done, 'file')}" if done else "Counting the files…")
