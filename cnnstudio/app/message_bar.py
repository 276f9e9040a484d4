"""Messages that do not interrupt: strips above the page, each with what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from cnnstudio.app.theme import Role, mark, set_icon, space

MOST = 3
"""Messages shown at once; the oldest makes room, one that asks something last."""

Slot: TypeAlias = Callable[[], object]

_TONES = {"error": Role.ERROR, "warning": Role.WARNING, "hint": Role.HINT, "ok": Role.OK}
"""The colours; each icon has the name of its tone."""


@dataclass(frozen=True)
class Choice:
    """A button of a message: what it says and the bound method it calls."""

    label: str
    slot: Slot


class MessageBar(QWidget):
    """The stack of messages. Empty, it takes no room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("message_bar")
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self._came_from: QWidget | None = None
        """Where the keys were before they came to a message."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._follow_focus)
        self.hide()

    def show_message(
        self, text: str, tone: str = "hint", choices: tuple[Choice, ...] = (), details: str = "", key: str = ""
    ) -> None:
        """Show a message; tone is "error", "warning", "hint" or "ok". One of the same `key` or text is replaced."""
        self.dismiss(key or text)
        strip = _Strip(text, tone, choices, details, key or text, self)
        self._rows.addWidget(strip)
        while len(shown := self._strips()) > MOST:
            self._drop(next((s for s in shown[:-1] if not s.asks), shown[0]))
        self.show()

    def reword(self, key: str, text: str) -> None:
        """Let the message of that key say this, in its place, if it is shown."""
        for strip in self._strips():
            if strip.key == key:
                strip.say(text)

    def dismiss(self, key: str) -> None:
        """Take the message of that key or text away, if it is shown."""
        for strip in self._strips():
            if strip.key == key:
                self._drop(strip)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is shown, the oldest first."""
        return tuple(s.text for s in self._strips())

    def _strips(self) -> list[_Strip]:
        items = (self._rows.itemAt(i) for i in range(self._rows.count()))
        return [w for item in items if item is not None and isinstance(w := item.widget(), _Strip)]

    def _follow_focus(self, old: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now) and (old is None or not self.isAncestorOf(old)):
            self._came_from = old

    def _give_focus_back(self) -> None:
        """A button that goes would leave the keys to whatever comes after it in the window."""
        if self._came_from is not None and isValid(self._came_from) and self._came_from.isVisible():
            self._came_from.setFocus()

    def _drop(self, strip: _Strip) -> None:
        self._rows.removeWidget(strip)
        if strip.isAncestorOf(QApplication.focusWidget() or self):
            self._give_focus_back()
        strip.hide()
        strip.deleteLater()
        self.setVisible(bool(self._strips()))


class _Strip(QFrame):
    """One message: icon, words, buttons and a way to put it away."""

    def __init__(
        self, text: str, tone: str, choices: tuple[Choice, ...], details: str, key: str, bar: MessageBar
    ) -> None:
        super().__init__(bar)
        self.text = ""
        self.key = key
        self.asks = bool(choices)
        self._bar = bar
        self._details = details
        mark(self, kind="message", tone=tone)
        row = QHBoxLayout(self)
        row.setContentsMargins(space(3), space(1), space(2), space(1))
        row.setSpacing(space(2))
        picture = QToolButton()
        picture.setObjectName("message_tone")
        picture.setAccessibleName(tone.capitalize())
        picture.setToolTip(tone.capitalize())
        mark(picture, kind="picture")
        picture.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        picture.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        set_icon(picture, tone, _TONES[tone])
        row.addWidget(picture)
        self._label = QLabel()
        self._label.setObjectName("message_text")
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self._label, 1)
        self._buttons: list[QPushButton] = []
        for choice in choices:
            self._add_button(row, choice.label, choice.slot, closes=True)
        if details:
            self._add_button(row, "Copy details", self._copy_details, closes=False)
        close = QToolButton()
        close.setObjectName("message_close")
        close.setAccessibleName("Close message")
        close.setToolTip("Close this message")
        mark(close, kind="flat")
        set_icon(close, "close")
        close.clicked.connect(self._close)
        row.addWidget(close)
        self.say(text)

    def say(self, text: str) -> None:
        """Say this."""
        self.text = text
        self._label.setText(text)
        for button in self._buttons:
            button.setToolTip(f"{button.text()}: {text}")

    def _add_button(self, row: QHBoxLayout, label: str, slot: Slot, *, closes: bool) -> None:
        button = QPushButton(label)
        button.setObjectName("message_" + label.lower().replace(" ", "_").replace("…", ""))
        button.setAccessibleName(label)
        self._buttons.append(button)
        if closes:
            button.clicked.connect(self._close)  # before the choice acts: it may show a message of the same key
        button.clicked.connect(slot)
        row.addWidget(button)

    def _copy_details(self) -> None:
        QApplication.clipboard().setText(f"{self.text}\n\n{self._details}")

    def _close(self) -> None:
        self._bar.dismiss(self.key)
