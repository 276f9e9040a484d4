"""One editor for each form of parameter. They show a value and say what the person made of it; they judge nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from cnnstudio.app.inspector import reading
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.inspector.spin import PAUSE_MS, NumberSpin, leaves_undo_to_window
from cnnstudio.core.declare import Form

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QKeyEvent, QWheelEvent

    from cnnstudio.core.declare import Parameter

NONE = "none"
"""Stands for an empty optional value in a choice."""


class Editor(QWidget):
    """Base of all editors. `field` is the widget that takes the focus."""

    entered = Signal(object)
    """The person made the value this, in bounds or not."""
    garbled = Signal(str)
    """The person typed this, which is no value of the form."""
    settled = Signal()
    """A burst of typing or stepping is over."""
    dropped = Signal()
    """Unfinished text was given up."""
    fields_changed = Signal()
    """`fields()` now gives other widgets."""

    folds: ClassVar[bool] = True
    """Whether what is entered in one burst is one undo step."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parameter = parameter
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def fields(self) -> list[QWidget]:
        """The widgets a person works with, in tab order."""
        raise NotImplementedError

    def show_value(self, value: object) -> None:
        """Show `value` in place, keeping cursor and unfinished text while the value stands."""
        raise NotImplementedError

    def set_axes(self, axes: int) -> None:
        """How many spatial axes the block's input has; only sizes and margins care."""

    def offer(self, choices: Collection[object] | None) -> None:
        """Of the choices that the declaration knows, those that fit as things stand; None: all. Only lists care."""

    def set_blank(self, text: str) -> None:
        """What stands in the field while it is empty and may be. Only numbers care."""

    def discard(self) -> None:
        """Drop unfinished text."""

    @property
    def is_pending(self) -> bool:
        """Whether unfinished text stands in the editor."""
        return False


class NumberEditor(Editor):
    """A whole or real number."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.spin = NumberSpin(parameter, whole=parameter.form is Form.INTEGER, parent=self)
        self.spin.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row.addWidget(self.spin)
        self.spin.entered.connect(self.entered)
        self.spin.garbled.connect(self.garbled)
        self.spin.settled.connect(self.settled)
        self.spin.dropped.connect(self.dropped)

    def fields(self) -> list[QWidget]:
        """The spin box."""
        return [self.spin]

    def show_value(self, value: object) -> None:
        """Numbers with separators."""
        self.spin.show_value(value)

    def set_blank(self, text: str) -> None:
        """Greyed, where a number may be left open."""
        if self.parameter.optional:
            self.spin.lineEdit().setPlaceholderText(text)

    def discard(self) -> None:
        """Show the value again."""
        self.spin.discard()

    @property
    def is_pending(self) -> bool:
        """Whether the text says something else than the value."""
        return self.spin.is_pending


class TextLine(QLineEdit):
    """A line edit that leaves undo to the document and gives its text up on Escape."""

    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the document's: its steps hold what was typed here."""
        if leaves_undo_to_window(event):
            event.ignore()
            return False
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape."""
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        super().keyPressEvent(event)


class LineEditor(Editor):
    """Text, and shapes typed as text."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._shown: object = None
        self.line = TextLine(self)
        self._row.addWidget(self.line)
        if parameter.optional or parameter.default == "":
            self.line.setPlaceholderText(parameter.blank)
        self.line.textEdited.connect(self._typed)
        self.line.editingFinished.connect(self._finish)
        self.line.escaped.connect(self._escape)

    def fields(self) -> list[QWidget]:
        """The line edit."""
        return [self.line]

    @property
    def is_pending(self) -> bool:
        """Whether the text says something else than the value last shown."""
        try:
            return not reading.same(self._read(), self._shown)
        except reading.Unreadable:
            return True

    def show_value(self, value: object) -> None:
        """Text that says the same, and unfinished text while the value stands, are left alone."""
        stood = reading.same(value, self._shown)
        self._shown = value
        unfinished = self.is_pending and stood
        being_typed = not self.is_pending and self.line.hasFocus()
        if not unfinished and not being_typed:
            self.discard()

    def discard(self) -> None:
        """Show the value again."""
        text = self._text(self._shown)
        if text != self.line.text():
            self.line.setText(text)
            if not self.line.hasFocus():
                self.line.setCursorPosition(0)  # a long text is read from its beginning

    def _read(self) -> object:
        text = self.line.text()
        if not text.strip() and self.parameter.optional:
            return None
        if self.parameter.form is Form.NUMBERS:
            return reading.read_numbers(text)
        return reading.read_shape(text) if self.parameter.form is Form.SHAPE else text

    def _text(self, value: object) -> str:
        if self.parameter.form is Form.NUMBERS and isinstance(value, float | tuple):
            return reading.numbers_text(value)
        if isinstance(value, tuple):
            return reading.shape_text(value)
        return "" if value is None else str(value)

    def _typed(self, text: str) -> None:
        try:
            value = self._read()
        except reading.Unreadable:
            self.garbled.emit(text)
        else:
            self.entered.emit(value)

    def _finish(self) -> None:
        if not self.is_pending:
            self.discard()
        self.settled.emit()

    def _escape(self) -> None:
        if self.is_pending:
            self.discard()
            self.dropped.emit()


class FlagEditor(Editor):
    """Yes or no."""

    folds = False

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.check = QCheckBox(self)
        self.check.setTristate(parameter.optional)
        self._row.addWidget(self.check)
        self._row.addStretch(1)
        self.check.clicked.connect(self._clicked)

    def fields(self) -> list[QWidget]:
        """The check box."""
        return [self.check]

    def show_value(self, value: object) -> None:
        """An empty optional value is the middle state."""
        state = Qt.CheckState.PartiallyChecked
        if value is not None:
            state = Qt.CheckState.Checked if value else Qt.CheckState.Unchecked
        if state != self.check.checkState():
            self.check.setCheckState(state)

    def _clicked(self) -> None:
        state = self.check.checkState()
        self.entered.emit(None if state is Qt.CheckState.PartiallyChecked else state is Qt.CheckState.Checked)


class CalmCombo(QComboBox):
    """A combo box that the wheel changes only while it has the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setMaxVisibleItems(20)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Over an unfocused box the wheel scrolls the panel."""
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def choice_text(value: object) -> str:
    """A choice as people read it: "leaky relu"."""
    return NONE if value is None else str(value).replace("_", " ")


class ComboEditor(Editor):
    """One of many choices."""

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self.combo = CalmCombo(self)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._values: list[object] = choices_of(parameter)
        self.combo.addItems([choice_text(v) for v in self._values])
        self._row.addWidget(self.combo)
        self._rest = QTimer(self, interval=PAUSE_MS, singleShot=True)
        self._rest.timeout.connect(self.settled)
        self.combo.activated.connect(self._activated)

    def fields(self) -> list[QWidget]:
        """The combo box."""
        return [self.combo]

    def offer(self, choices: Collection[object] | None) -> None:
        """A list of other choices begins without a value: `show_value` follows."""
        fitting = [v for v in choices_of(self.parameter) if choices is None or v in choices]
        if fitting != self._values:
            self._values = fitting
            self.combo.clear()
            self.combo.addItems([choice_text(v) for v in fitting])

    def show_value(self, value: object) -> None:
        """A value that is no choice (only a broken caller has one) leaves the box blank."""
        index = self._values.index(value) if value in self._values else -1
        if index != self.combo.currentIndex():
            self.combo.setCurrentIndex(index)

    def _activated(self, index: int) -> None:
        self._rest.start()  # arrow keys and the wheel run through the choices
        self.entered.emit(self._values[index])


class SegmentEditor(Editor):
    """One of a few short choices, all in sight."""

    folds = False

    def __init__(self, parameter: Parameter, parent: QWidget | None = None) -> None:
        super().__init__(parameter, parent)
        self._values: list[object] = choices_of(parameter)
        self.segments = Segments([choice_text(v) for v in self._values], self)
        self._row.addWidget(self.segments)
        self.segments.chosen.connect(self._chosen)

    def fields(self) -> list[QWidget]:
        """The row of buttons as one widget."""
        return [self.segments]

    def show_value(self, value: object) -> None:
        """Marks the choice."""
        self.segments.show_index(self._values.index(value) if value in self._values else -1)

    def _chosen(self, index: int) -> None:
        self.entered.emit(self._values[index])


def choices_of(parameter: Parameter) -> list[object]:
    """The choices as values, None first where the parameter may be empty."""
    return [*([None] if parameter.optional else []), *parameter.choices]


MOST_SEGMENTS = 4
MOST_LETTERS = 17
"""What fits beside a label in a panel of 280 pixels."""


def fits_segments(parameter: Parameter) -> bool:
    """Whether the choices are few and short enough to be all in sight."""
    texts = [choice_text(v) for v in choices_of(parameter)]
    return 2 <= len(texts) <= MOST_SEGMENTS and sum(len(t) for t in texts) <= MOST_LETTERS
