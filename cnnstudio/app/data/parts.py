"""The field in which a part of the data is chosen, to look at its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from cnnstudio.app.data.loader import PARTS

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class PartField(QComboBox):
    """The parts whose samples are looked at while a network is designed and trained."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Part of the data")
        self.setToolTip("Where the sample comes from; the test part is kept for the one final test")
        self.addItems(list(PARTS))

    @property
    def part(self) -> str:
        """The part that is chosen, as the worker calls it."""
        return PARTS[self.currentText()]

    def show_part(self, part: str) -> None:
        """Show that this part is chosen; one that is not offered leaves the field as it is."""
        if part in PARTS.values():
            self.setCurrentIndex(list(PARTS.values()).index(part))
