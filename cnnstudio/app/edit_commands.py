"""What the Edit menu does to the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnstudio.core.edits import Describe, RenameExperiment, Tidy

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.dialogs.naming import NamingDialog
    from cnnstudio.app.document_bridge import DocumentBridge


class EditCommands(QObject):
    """Undo, redo, tidy and naming; blocks are edited on the canvas."""

    def __init__(self, bridge: DocumentBridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._window = window
        self._naming: NamingDialog | None = None

    def undo(self) -> None:
        """Take the last edit back."""
        self._bridge.undo()

    def redo(self) -> None:
        """Make the last undone edit again."""
        self._bridge.redo()

    def tidy(self) -> None:
        """Lay the blocks out anew."""
        self._bridge.do(Tidy())

    def rename(self) -> None:
        """Ask for name and description."""
        from cnnstudio.app.dialogs.naming import NamingDialog  # dialogs wait until they are wanted

        now = self._bridge.experiment
        self._naming = NamingDialog("Name and description", "Apply", now.name, now.description, self._window)
        self._naming.named.connect(self._renamed)
        self._naming.open()

    def _renamed(self, name: str, description: str) -> None:
        self._bridge.do(RenameExperiment(name=name))
        self._bridge.do(Describe(description=description))
        if self._naming is not None:
            self._naming.accept()
            self._naming = None
