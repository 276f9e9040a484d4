"""Asked where there is no trash: whether runs may be deleted for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from cnnstudio.app.format import counted
from cnnstudio.app.theme import mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.formats.run_index import RunSummary


class DeleteQuestion(QMessageBox):
    """Delete for good, or keep."""

    delete_wanted = Signal()

    def __init__(self, runs: Sequence[RunSummary], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("delete_question")
        self.setIcon(QMessageBox.Icon.NoIcon)
        self.setWindowTitle("Delete runs")
        what = f"“{runs[0].title}”" if len(runs) == 1 else counted(len(runs), "run")
        self.setText(f"Delete {what} for good?")
        self.setInformativeText("The trash of this computer does not take them: weights, metrics and notes are lost.")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._delete = self.addButton("Delete for good", QMessageBox.ButtonRole.DestructiveRole)
        keep = self.addButton("Keep", QMessageBox.ButtonRole.RejectRole)
        for button, id, tip in (
            (self._delete, "delete", "Delete the folders; they cannot be brought back"),
            (keep, "keep", "Leave everything as it is"),
        ):
            button.setObjectName(f"delete_question_{id}")
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        mark(self._delete, kind="danger")
        self.setDefaultButton(keep)
        self.setEscapeButton(keep)
        self.buttonClicked.connect(self._answered)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _answered(self) -> None:
        if self.clickedButton() is self._delete:
            self.delete_wanted.emit()
