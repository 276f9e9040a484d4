"""The field in which a part of the data is chosen, to look at its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox

from cnnstudio.app.data.loader import PARTS, TEST_TOO

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class PartField(QComboBox):
    """The parts whose samples are looked at while a network is designed and trained."""

    def __init__(self, name: str, parent: QWidget | None = None, *, with_test: bool = False) -> None:
        """`with_test`: offer the test part, too; whoever does says that it is for the end."""
        super().__init__(parent)
        self._parts = TEST_TOO if with_test else PARTS
        self.setObjectName(name)
        self.setAccessibleName("Part of the data")
        kept = "use the test part at the end only" if with_test else "the test part is kept for the one final test"
        self.setToolTip(f"Where the samples come from; {kept}")
        self.addItems(list(self._parts))

    @property
    def part(self) -> str:
        """The part that is chosen, as the worker calls it."""
        return self._parts[self.currentText()]

    def show_part(self, part: str) -> None:
        """Show that this part is chosen; one that is not offered leaves the field as it is."""
        if part in self._parts.values():
            self.setCurrentIndex(list(self._parts.values()).index(part))
