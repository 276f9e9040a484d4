"""One line that says what the lens waits for and what failed, with a button to ask again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel


class Status(QWidget):
    """Several things are asked for at once; a failure is shown before what is still on its way."""

    retry = Signal()
    """The person wants what failed to be tried again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: dict[str, tuple[str, bool]] = {}
        self._label: QLabel = words("lens_state", tone="muted")
        self._button = tool("lens_retry", "reset", "Ask the worker again", text="Retry")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        row.addWidget(self._label, 1)
        row.addWidget(self._button)
        self._button.clicked.connect(self._pressed)
        self._show()

    @property
    def text(self) -> str:
        """What is said; "" while there is nothing to say."""
        return self._label.text()

    def wait(self, what: str, sentence: str) -> None:
        """Say that `what` is on its way."""
        self._said[what] = (sentence, False)
        self._show()

    def fail(self, what: str, sentence: str, details: str = "") -> None:
        """Say that `what` did not come."""
        self._said[what] = (sentence, True)
        self._show(details)

    def clear(self, what: str) -> None:
        """`what` has come, or is not wanted any more."""
        if self._said.pop(what, None) is not None:
            self._show()

    def _show(self, details: str = "") -> None:
        said = sorted(self._said.values(), key=_failures_first)
        sentence, failed = said[0] if said else ("", False)
        self._label.setText(sentence)
        self._label.setToolTip("\n".join(t for t in (sentence, details) if t))
        mark(self._label, tone="warning" if failed else "muted")
        self._button.setVisible(failed)
        self.setVisible(bool(sentence))

    def _pressed(self) -> None:
        self._said.clear()
        self._show()
        self.retry.emit()


def _failures_first(said: tuple[str, bool]) -> bool:
    return not said[1]
