"""The number field: a spin box that shows separators, takes free typing and judges nothing.

QSpinBox refuses or clamps what is out of bounds while it is typed; here the text stays as typed, so that the form can
say what is wrong with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QValidator
from PySide6.QtWidgets import QAbstractSpinBox

from cnnstudio.app import format
from cnnstudio.app.inspector import reading
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.declare import Parameter

PAUSE_MS = 700
"""Steps closer together than this are one burst, and one undo step."""


class NumberSpin(QAbstractSpinBox):
    """A field for one whole (or, with `whole` false, real) number; blank is None where that is allowed."""

    entered = Signal(object)
    """The person typed or stepped to this value, in bounds or not."""
    garbled = Signal(str)
    """The person typed this, which is no number."""
    settled = Signal()
    """A burst of typing or stepping is over."""
    dropped = Signal()
    """Escape has dropped unfinished text."""

    def __init__(self, parameter: Parameter, *, whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parameter = parameter
        self._whole = whole
        self._shown: object = None
        self._rest = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._rest.timeout.connect(self.settled)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # the default would let the wheel take the focus
        self.setKeyboardTracking(False)
        self.setAccelerated(True)
        if parameter.optional:
            self.lineEdit().setPlaceholderText(parameter.blank)
        self.indent(space(2))  # level with the text of the other fields
        self.lineEdit().textEdited.connect(self._typed)
        self.editingFinished.connect(self._finish)

    def indent(self, pixels: int) -> None:
        """Room between the frame and the number."""
        self.lineEdit().setTextMargins(pixels, 0, 0, 0)

    @property
    def shown(self) -> object:
        """The value last shown."""
        return self._shown

    def value_in_text(self) -> int | float | None:
        """The number in the field; None for no number."""
        try:
            return self._read()
        except reading.Unreadable:
            return None

    @property
    def is_pending(self) -> bool:
        """Whether the text says something else than the value last shown."""
        try:
            return not reading.same(self._read(), self._shown)
        except reading.Unreadable:
            return True

    def show_value(self, value: object) -> None:
        """Show `value`; text that says the same, and unfinished text while the value stands, are left alone."""
        if not self._whole and isinstance(value, int):
            value = float(value)
        stood = reading.same(value, self._shown)
        self._shown = value
        if not self.is_pending:
            if not self.hasFocus():
                self._write(value)
        elif not stood or not self.lineEdit().text():
            self._write(value)

    def discard(self) -> None:
        """Drop unfinished text and show the value again."""
        self._rest.stop()
        self._write(self._shown)

    def _write(self, value: object) -> None:
        text = self._text(value)
        if text != self.lineEdit().text():
            self.lineEdit().setText(text)
            if not self.hasFocus():
                self.lineEdit().setCursorPosition(0)

    def _text(self, value: object) -> str:
        if value is None:
            return ""
        if isinstance(value, int):
            return reading.whole_text(value)
        return format.number(value) if isinstance(value, float) else ""

    def _read(self) -> int | float | None:
        text = self.lineEdit().text()
        if not text.strip() and self._parameter.optional:
            return None
        return reading.read_whole(text) if self._whole else reading.read_number(text)

    def _typed(self, text: str) -> None:
        self._rest.stop()
        try:
            value = self._read()
        except reading.Unreadable:
            self.garbled.emit(text)
        else:
            self.entered.emit(value)

    def _finish(self) -> None:
        if not self.is_pending:
            self._write(self._shown)
        self._rest.stop()
        self.settled.emit()

    # What QAbstractSpinBox asks of a spin box

    def stepBy(self, steps: int) -> None:
        """Move from the number in the field, or from the one last shown when the text is no number."""
        try:
            at = self._read()
        except reading.Unreadable:
            at = self._shown if isinstance(self._shown, int | float) else None
        start = at if at is not None else 0
        moved: int | float = (
            reading.stepped_whole(int(start), steps, self._parameter)
            if self._whole
            else reading.stepped_number(float(start), steps, self._parameter)
        )
        self._rest.start()
        if not reading.same(moved, at):
            self.lineEdit().setText(self._text(moved))
            self.lineEdit().selectAll()
            self.entered.emit(moved)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Both ways: a step at a bound changes nothing."""
        return QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Everything may be typed; the form says what is wrong with it."""
        return (QValidator.State.Acceptable, text, position)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Only the focused field steps; over others the wheel scrolls the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape drops unfinished text."""
        if event.key() == Qt.Key.Key_Escape and self.is_pending:
            self.discard()
            self.dropped.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the document's, unless the text is unfinished."""
        if leaves_undo_to_window(event) and not self.is_pending:
            event.ignore()
            return False
        return super().event(event)


def leaves_undo_to_window(event: QEvent) -> bool:
    """Whether `event` asks if a field wants the undo or redo keys for its own text."""
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    return event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
