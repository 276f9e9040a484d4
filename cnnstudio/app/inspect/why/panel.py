"""The Why tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection


class WhyPanel(QWidget):
    """Prediction and explanations of the chosen sample."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_why")
        self._inspection = inspection
        self._active = False
        self._message = MessageView("inspect_why_message")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._message)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._active = active
