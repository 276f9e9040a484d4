"""Keyboard shortcuts and About."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import PySide6
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.actions import TABLE, Actions
from cnnstudio.app.theme import app_icon, mark, space

if TYPE_CHECKING:
    from cnnstudio.wire.messages import Hello

CANVAS_KEYS = (
    ("Arrow keys", "Go to the neighbouring block, group or comment"),
    ("Shift+Arrow keys", "The same, and keep what was selected"),
    ("Alt+Up, Alt+Down", "Move the block along the flow"),
    ("Return", "Edit the block's parameters or the comment, open the group"),
    ("F2", "Write the comment anew, or rename the group"),
    ("Ctrl+Return, Esc", "In a comment: keep what is written, or give it up"),
    ("Home, End", "Go to the first or last block"),
    ("Esc", "Call off a drag, leave a preview, else select nothing"),
    ("Menu key", "All that can be done with the block, its fixes first"),
    ("Space and drag, middle button", "Move the canvas"),
    ("Ctrl and wheel, +, -", "Zoom"),
    ("Alt while dragging", "Fall into no column and leave cards in their groups"),
)


class ShortcutsDialog(QDialog):
    """Every shortcut of the action table, then those of the canvas."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts_dialog")
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(560, 600)
        native = QKeySequence.SequenceFormat.NativeText
        rows = [
            (actions[s.id].shortcut().toString(native), s.text.rstrip("…"), "Runs" if s.on_runs else s.menu)
            for s in TABLE
            if not actions[s.id].shortcut().isEmpty()
        ]
        rows += [(keys, what, "Canvas") for keys, what in CANVAS_KEYS]
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(_table(rows))
        column.addLayout(_close_row(self))


class AboutDialog(QDialog):
    """Version, licence, and what a report should name."""

    def __init__(self, hello: Hello | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("about_dialog")
        self.setWindowTitle("About CNN Studio")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._facts = about_words(hello)
        picture = QLabel()
        picture.setPixmap(app_icon().pixmap(QSize(64, 64), self.devicePixelRatioF()))
        picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        title = QLabel("CNN Studio")
        mark(title, scale="page")
        what = QLabel("Design, train and understand convolutional networks on a canvas.")
        facts = QLabel(self._facts)
        facts.setObjectName("about_facts")
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        mark(facts, tone="muted")
        words = QVBoxLayout()
        words.setSpacing(space(2))
        for label in (title, what, facts):
            words.addWidget(label)
        row = QHBoxLayout()
        row.setSpacing(space(4))
        row.addWidget(picture)
        row.addLayout(words, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(6)] * 4)
        column.setSpacing(space(4))
        column.addLayout(row)
        buttons = _close_row(self)
        copy = QPushButton("Copy versions")
        copy.setObjectName("about_copy")
        copy.setAccessibleName(copy.text())
        copy.setToolTip("Copy the versions to the clipboard, for a report")
        copy.clicked.connect(self._copy)
        buttons.insertWidget(1, copy)
        column.addLayout(buttons)

    def _copy(self) -> None:
        QApplication.clipboard().setText(self._facts)


def about_words(hello: Hello | None) -> str:
    """Versions of the studio, Python, Qt and of what the worker runs on, a line each."""
    lines = [
        f"CNN Studio {_version()}, MIT licence",
        f"Python {platform.python_version()}, PySide6 {PySide6.__version__}",
    ]
    if hello is None:
        lines.append("The worker is not ready yet.")
    else:
        lines.append(", ".join(f"{name} {version}" for name, version in hello.versions.items()))
        lines.append("Devices: " + ", ".join(f"{d.id} ({d.name})" for d in hello.devices))
    return "\n".join(lines)


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("cnnstudio")
    except metadata.PackageNotFoundError:
        return "from a checkout"


def _table(rows: list[tuple[str, str, str]]) -> QTableWidget:
    table = QTableWidget(len(rows), 3)
    table.setObjectName("shortcuts_table")
    table.setAccessibleName("Keyboard shortcuts")
    table.setToolTip("Keys, what they do, and where they are found")
    table.setHorizontalHeaderLabels(["Keys", "What they do", "Where"])
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    header = table.horizontalHeader()
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            table.setItem(y, x, QTableWidgetItem(text))
    return table


def _close_row(dialog: QDialog) -> QHBoxLayout:
    close = QPushButton("Close")
    close.setObjectName("help_close")
    close.setAccessibleName(close.text())
    close.setToolTip("Close this dialog")
    close.clicked.connect(dialog.close)
    close.setDefault(True)
    close.setFocus()
    row = QHBoxLayout()
    row.setSpacing(space(2))
    row.addStretch(1)
    row.addWidget(close)
    return row
