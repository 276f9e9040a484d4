"""Questions before work could be lost."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from cnnstudio.app.theme import mark


class UnsavedQuestion(QMessageBox):
    """Save, don't save, or cancel."""

    save_wanted = Signal()
    discard_wanted = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("unsaved_question")
        self.setIcon(QMessageBox.Icon.NoIcon)
        self.setWindowTitle("Unsaved changes")
        self.setText(f"Save the changes to “{name}”?")
        self.setInformativeText("Without saving, they are lost.")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._save = self.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
        self._discard = self.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
        cancel = self.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        for button, id, tip in (
            (self._save, "save", "Save the experiment and go on"),
            (self._discard, "discard", "Go on without saving"),
            (cancel, "cancel", "Go back to the experiment"),
        ):
            button.setObjectName(f"unsaved_{id}")
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        mark(self._save, kind="primary")
        self.setDefaultButton(self._save)
        self.setEscapeButton(cancel)
        self.buttonClicked.connect(self._answered)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _answered(self) -> None:
        if self.clickedButton() is self._save:
            self.save_wanted.emit()
        elif self.clickedButton() is self._discard:
            self.discard_wanted.emit()


class ReplaceQuestion(QMessageBox):
    """A block of the person's own has that name already: replace it, or go back."""

    replace_wanted = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("replace_question")
        self.setIcon(QMessageBox.Icon.NoIcon)
        self.setWindowTitle("Save group as my block")
        self.setText(f"You have a block “{name}” already. Replace it?")
        self.setInformativeText("Designs in which it was used stay as they are.")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._replace = self.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
        cancel = self.addButton("Cancel", QMessageBox.ButtonRole.RejectRole)
        for button, id, tip in (
            (self._replace, "replace", "Keep the group in place of the block of that name"),
            (cancel, "cancel", "Keep the block that is there"),
        ):
            button.setObjectName(f"replace_{id}")
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        mark(self._replace, kind="primary")
        self.setDefaultButton(cancel)
        self.setEscapeButton(cancel)
        self.buttonClicked.connect(self._answered)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _answered(self) -> None:
        if self.clickedButton() is self._replace:
            self.replace_wanted.emit()


class StopQuestion(QMessageBox):
    """A run is going on: stop it and close, or go back."""

    stop_wanted = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("stop_question")
        self.setWindowTitle("Training is going on")
        self.setText("Stop training and close?")
        self.setInformativeText(
            "The run ends after the current batch. What has been learned is kept, and it can go on at the next start."
        )
        self._stop = self.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        back = self.addButton("Go on training", QMessageBox.ButtonRole.RejectRole)
        self._stop.setObjectName("stop_and_close")
        back.setObjectName("go_on_training")
        for button in (self._stop, back):
            button.setAccessibleName(button.text())
        self._stop.setToolTip("End the run and close the window")
        back.setToolTip("Leave the window open")
        self.setDefaultButton(back)
        self.setEscapeButton(back)
        self.buttonClicked.connect(self._answered)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _answered(self) -> None:
        if self.clickedButton() is self._stop:
            self.stop_wanted.emit()
