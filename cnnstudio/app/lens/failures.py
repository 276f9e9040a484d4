"""One line that says what the worker could not give the lens, with a button to ask again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import space


class Failures(QWidget):
    """Several things are asked for at once, and most often fail for one reason: the latest sentence is shown."""

    retry = Signal()
    """The person wants what failed to be tried again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: dict[str, tuple[str, str]] = {}
        self._label = words("lens_failure", tone="warning")
        button = tool("lens_retry", "reset", "Ask the worker again", text="Retry")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        row.addWidget(self._label, 1)
        row.addWidget(button)
        button.clicked.connect(self._pressed)
        self._show()

    @property
    def text(self) -> str:
        """What is said; "" while nothing has failed."""
        return self._label.text()

    def say(self, what: str, sentence: str, details: str = "") -> None:
        """Say that `what` did not come, and why."""
        self._said.pop(what, None)
        self._said[what] = (sentence, details)
        self._show()

    def clear(self, what: str) -> None:
        """`what` has come, or is not wanted any more."""
        if self._said.pop(what, None) is not None:
            self._show()

    def _show(self) -> None:
        sentence, details = next(reversed(self._said.values()), ("", ""))
        self._label.setText(sentence)
        self._label.setToolTip("\n".join(t for t in (sentence, details) if t))
        self.setVisible(bool(sentence))

    def _pressed(self) -> None:
        self._said.clear()
        self._show()
        self.retry.emit()
