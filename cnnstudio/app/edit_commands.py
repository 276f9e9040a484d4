"""What the Edit menu does to the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnstudio.core.about import describes
from cnnstudio.core.edits import DescribeAll, Tidy

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.dialogs.describing import DescribingDialog
    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.about import Description


class EditCommands(QObject):
    """Undo, redo, tidy and naming; blocks are edited on the canvas."""

    def __init__(self, bridge: DocumentBridge, window: QWidget) -> None:
        super().__init__(window)
        self._bridge = bridge
        self._window = window
        self._form: DescribingDialog | None = None

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
        """Ask for name, description, tags, notes and paper."""
        from cnnstudio.app.dialogs.describing import DescribingDialog  # dialogs wait until they are wanted

        now = self._bridge.experiment
        self._form = DescribingDialog("Name and description", "Apply", describes(now, now.expected), self._window)
        self._form.described.connect(self._describe)
        self._form.open()

    def _describe(self, told: Description) -> None:
        self._bridge.do(DescribeAll(told=told))
        if self._form is not None:
            self._form.accept()
            self._form = None
