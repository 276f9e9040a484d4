"""Asking for a file to open or to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

if TYPE_CHECKING:
    from pathlib import Path

EXPERIMENTS = "CNN Studio experiments (*.json)"
OPENED = f"Experiments and Keras models (*.json *.keras);;{EXPERIMENTS}"


def ask_open(parent: QWidget | None, folder: Path, title: str = "Open experiment", kinds: str = OPENED) -> QFileDialog:
    """A dialog for a file to open; connect its `fileSelected`."""
    dialog = _dialog(parent, title, folder, kinds)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return dialog


def ask_folder(parent: QWidget | None, title: str, folder: Path) -> QFileDialog:
    """A dialog for a folder; connect its `fileSelected`."""
    dialog = _dialog(parent, title, folder, "")
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    return dialog


def ask_save(parent: QWidget, title: str, suggestion: Path, kinds: str = EXPERIMENTS) -> QFileDialog:
    """A dialog for a file to write, `suggestion` filled in; connect its `fileSelected`. It asks before replacing."""
    dialog = _dialog(parent, title, suggestion.parent, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suggestion.suffix.lstrip("."))
    dialog.selectFile(suggestion.name)
    return dialog


def _dialog(parent: QWidget | None, title: str, folder: Path, kinds: str) -> QFileDialog:
    dialog = QFileDialog(parent, title, str(folder), kinds)
    dialog.setObjectName("file_dialog")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog
