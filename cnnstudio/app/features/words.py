"""Text on the pages: labels and buttons in the looks of the theme, and the message that fills an empty view."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.elided import ElidedLabel
from cnnstudio.app.theme import mark, set_icon, space

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QShowEvent

W = TypeVar("W", bound=QWidget)


def words(name: str, text: str = "", *, scale: str = "", tone: str = "", wrap: bool = False, tip: str = "") -> QLabel:
    """A label of plain text in one of the theme's sizes and tones (see `mark`)."""
    label = QLabel(text) if wrap else ElidedLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    label.setToolTip(tip)
    looks = {key: value for key, value in (("scale", scale), ("tone", tone)) if value}
    if looks:
        mark(label, **looks)
    return label


def named(widget: W, name: str, title: str, tip: str) -> W:
    """The widget, known by name to tests, to screen readers by its title, and to the pointer by its tip."""
    widget.setObjectName(name)
    widget.setAccessibleName(title)
    widget.setToolTip(tip)
    return widget


def tool(name: str, icon: str, tip: str, *, text: str = "") -> QToolButton:
    """A flat button with an icon; `tip` is also what screen readers say."""
    button = QToolButton()
    button.setObjectName(name)
    button.setAccessibleName(tip.split(" (")[0])
    button.setToolTip(tip)
    button.setText(text)
    if text:
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    mark(button, kind="flat")
    set_icon(button, icon)
    return button


class MessageView(QWidget):
    """What a view shows when it has nothing else to show: what is the matter and what to do next."""

    action = Signal()
    """The button was pressed."""

    WIDTH = 420
    NARROWEST = 160

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._title = words(f"{name}_title", scale="title", wrap=True)
        self._text = words(f"{name}_text", tone="muted", wrap=True)
        for label in (self._title, self._text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._button = QPushButton()
        self._button.setObjectName(f"{name}_action")
        self._button.clicked.connect(self._pressed)
        self._show_details = QToolButton()
        self._show_details.setText("Details")
        self._show_details.setCheckable(True)
        self._show_details.setObjectName(f"{name}_show_details")
        self._show_details.setAccessibleName("Details")
        self._show_details.setToolTip("Show the technical details, for a report")
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setObjectName(f"{name}_details")
        self._details.setAccessibleName("Technical details")
        self._details.setToolTip("The technical details; select and copy them for a report")
        self._show_details.toggled.connect(self._details.setVisible)
        self._arrange()
        self.say("", "")

    def _arrange(self) -> None:
        centre = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.setSpacing(space(2))
        column.addStretch(2)
        column.addWidget(self._title, 0, centre)
        column.addWidget(self._text, 0, centre)
        column.addSpacing(space(1))
        column.addWidget(self._button, 0, centre)
        column.addWidget(self._show_details, 0, centre)
        column.addWidget(self._details, 3)
        column.addStretch(3)

    def say(self, title: str, text: str, *, action: str = "", tip: str = "", details: str = "") -> None:
        """Show this; `action` is the text of the button, none when empty; `details` can be unfolded."""
        self._title.setText(title)
        self._text.setText(text)
        for label in (self._title, self._text):
            label.setVisible(bool(label.text()))
            if label.text():
                self._set_wrapped_size(label)
        self._button.setText(action)
        self._button.setAccessibleName(action or "Try again")
        self._button.setToolTip(tip or action or "Try again")
        self._button.setVisible(bool(action))
        self._details.setPlainText(details)
        self._show_details.setChecked(False)
        self._show_details.setVisible(bool(details))
        self._details.setVisible(False)

    def _set_wrapped_size(self, label: QLabel) -> None:
        # A centred label that wraps asks for far less width than it could use, and for too little height.
        room = self.width() - 2 * space(4) if self.isVisible() else self.WIDTH
        width = min(self.WIDTH, room, label.fontMetrics().horizontalAdvance(label.text()) + space(2))
        label.setFixedWidth(max(width, space(10)))
        label.setFixedHeight(label.heightForWidth(label.width()))

    def minimumSizeHint(self) -> QSize:
        """Lines break in a narrow view: they must not make it wider."""
        return QSize(self.NARROWEST, super().minimumSizeHint().height())

    def showEvent(self, event: QShowEvent) -> None:
        """The theme has given the labels their sizes by now."""
        super().showEvent(event)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lines break anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for label in (self._title, self._text):
            if label.text():
                self._set_wrapped_size(label)

    def _pressed(self) -> None:
        self.action.emit()

    @property
    def title(self) -> str:
        """The line in bold."""
        return self._title.text()

    @property
    def text(self) -> str:
        """The sentence below it."""
        return self._text.text()
