"""What can be done with one pin: its menu, and the dialogs for its name and its place in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QInputDialog, QLineEdit, QMenu, QSpinBox

from cnnstudio.core.formats.pinned_samples import LONGEST_NAME

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.inspect.probes.pin import Pin
    from cnnstudio.app.inspect.probes.pins import Pins


class PinMenu(QMenu):
    """Of the pin at one place; each entry says that it is wanted."""

    rename_wanted = Signal(int)
    redraw_wanted = Signal(int)
    other_wanted = Signal(int)
    moved = Signal(int, int)
    """To be put so many places further right."""
    remove_wanted = Signal(int)

    def __init__(self, pins: Pins, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._place = place
        pin, last = pins.items[place], len(pins.items) - 1
        for name, text, slot, enabled in (
            ("rename", "Rename\u2026", self._rename, True),
            ("redraw", "Draw on\u2026", self._redraw, pin.is_own and pin.file.endswith(".npy")),
            ("other", "Another sample of the file\u2026", self._choose_other, pins.values.total(pin.sample) > 1),
            ("left", "Move left", self._move_left, place > 0),
            ("right", "Move right", self._move_right, place < last),
            ("remove", "Remove", self._remove, last > 0),
        ):
            action = self.addAction(text)
            action.setObjectName(f"pin_menu_{name}")
            action.setEnabled(enabled)
            action.triggered.connect(slot)

    def _rename(self) -> None:
        self.rename_wanted.emit(self._place)

    def _redraw(self) -> None:
        self.redraw_wanted.emit(self._place)

    def _choose_other(self) -> None:
        self.other_wanted.emit(self._place)

    def _move_left(self) -> None:
        self.moved.emit(self._place, -1)

    def _move_right(self) -> None:
        self.moved.emit(self._place, 1)

    def _remove(self) -> None:
        self.remove_wanted.emit(self._place)


def name_dialog(pin: Pin, parent: QWidget) -> QInputDialog:
    """Asks what the pin is to be called; `textValueSelected` says it."""
    dialog = _dialog("pin_rename", "Rename pin", "Name", parent)
    dialog.setTextValue(pin.words)
    field = dialog.findChild(QLineEdit)
    if field is not None:
        field.setObjectName("pin_name")
        field.setAccessibleName("Name")
        field.setToolTip("What the sample is called in the strip; empty: by its place in the data")
        field.setMaxLength(LONGEST_NAME)
    return dialog


def number_dialog(pin: Pin, total: int, parent: QWidget) -> QInputDialog:
    """Asks which of the `total` samples of its file is pinned; `intValueSelected` says it."""
    dialog = _dialog("pin_other", "Another sample of the file", f"Sample, 0 to {total - 1:,}", parent)
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, total - 1)
    dialog.setIntValue(pin.number)
    field = dialog.findChild(QSpinBox)
    if field is not None:
        field.setObjectName("pin_number")
        field.setAccessibleName("Sample")
        field.setToolTip("Which sample of the file is pinned, counted from 0")
    return dialog


def _dialog(name: str, title: str, label: str, parent: QWidget) -> QInputDialog:
    dialog = QInputDialog(parent)
    dialog.setObjectName(name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(title)
    dialog.setLabelText(label)
    return dialog
