"""A finding as a person sees it: the sentence with its mark, and a button for each way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget
from typing_extensions import override

from cnnstudio.app.theme import Role, mark, pixmap, space, theme, themes
from cnnstudio.core.analysis.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QEnterEvent, QFocusEvent, QHideEvent

    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix

ROLES = {Severity.ERROR: Role.ERROR, Severity.WARNING: Role.WARNING, Severity.HINT: Role.HINT}
ICON_SIZE = 14


class Finding(QFrame):
    """One sentence with its icon, and fix buttons beneath. Set `framed` to show it as a card of its own."""

    fix_wanted = Signal(object)
    """The person chose this Fix."""
    fix_pointed = Signal(object, QWidget)
    """The person points at this Fix, or at none any more (None), in this button."""

    def __init__(self, parent: QWidget | None = None, *, framed: bool = False) -> None:
        super().__init__(parent)
        self._severity = Severity.ERROR
        self._fixes: tuple[Fix, ...] = ()
        self._buttons: list[FixButton] = []
        self._framed = framed
        self.icon = QLabel(self)
        self.icon.setFixedSize(ICON_SIZE, ICON_SIZE + space(1))
        self.sentence = QLabel(self)
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._actions = QVBoxLayout()
        self._actions.setSpacing(space(1))
        grid = QGridLayout(self)
        margin = space(2) if framed else 0
        grid.setContentsMargins(margin, margin, margin, margin)
        grid.setHorizontalSpacing(space(2) if framed else space(1))
        grid.setVerticalSpacing(space(1))
        grid.addWidget(self.icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.sentence, 0, 1)
        grid.addLayout(self._actions, 1, 1)
        grid.setColumnStretch(1, 1)
        themes.changed.connect(self._paint)
        self._paint()

    @property
    def is_error(self) -> bool:
        """Whether it stands in the way of building."""
        return self._severity is Severity.ERROR

    @property
    def buttons(self) -> Sequence[FixButton]:
        """The buttons of the fixes."""
        return self._buttons

    def show_error(self, sentence: str) -> None:
        """Show a plain error without fixes."""
        self._show(Severity.ERROR, sentence, (), "")

    def show_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Show what lint says, with its fixes."""
        self._show(diagnostic.severity, diagnostic.message, diagnostic.fixes, diagnostic.block)

    def _show(self, severity: Severity, sentence: str, fixes: tuple[Fix, ...], block: str) -> None:
        if sentence != self.sentence.text():
            self.sentence.setText(sentence)
        if severity is not self._severity:
            self._severity = severity
            self._paint()
        if [(f.label, f.gives) for f in fixes] != [(f.label, f.gives) for f in self._fixes]:
            self._rebuild(fixes, block)
        for button, fix in zip(self._buttons, fixes, strict=True):
            button.fix = fix
        self._fixes = fixes

    def _rebuild(self, fixes: tuple[Fix, ...], block: str) -> None:
        for button in self._buttons:
            self._actions.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [FixButton(fix, block, self) for fix in fixes]
        for button in self._buttons:
            self._actions.addWidget(button)
            button.wanted.connect(self.fix_wanted)
            button.pointed.connect(self.fix_pointed)

    def _paint(self) -> None:
        color = theme().color(ROLES[self._severity])
        self.icon.setPixmap(pixmap(self._severity.value, color, ICON_SIZE, self.devicePixelRatioF()))
        mark(self, kind="message" if self._framed else "", tone=self._severity.value)
        mark(self.sentence, tone="" if self._framed else self._severity.value, scale="" if self._framed else "caption")


class FixButton(QPushButton):
    """Mends a finding when pressed. It says what it does and what that gives, over as many lines as needed.

    The block of the finding is not named: the inspector is about that one.
    """

    wanted = Signal(object)
    pointed = Signal(object, QWidget)
    """The mouse or the keyboard is on it: its Fix; or no longer: None."""

    def __init__(self, fix: Fix, block: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fix = fix
        self.setObjectName("fix")
        self.setAccessibleName(f"Fix: {fix.label}")
        self.setAccessibleDescription(fix.gives)
        self.setToolTip("Make this change; Undo takes it back")
        self._words = self._line(fix.label)
        gives = fix.gives.removeprefix(f"{block} ")
        self._gives = self._line((gives[:1].upper() + gives[1:]).replace(" · ", "\n"))
        mark(self._gives, tone="muted", scale="caption")
        self._gives.setVisible(bool(fix.gives))
        column = QVBoxLayout(self)
        column.setContentsMargins(space(2), space(1), space(2), space(1))
        column.setSpacing(0)
        column.addWidget(self._words)
        column.addWidget(self._gives)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.clicked.connect(self._clicked)

    @property
    def words(self) -> str:
        """What it says it does."""
        return self._words.text()

    @property
    def gives(self) -> str:
        """What it says comes of it."""
        return self._gives.text().replace("\n", " · ")

    def _line(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        return label

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int, /) -> int:
        layout = self.layout()
        return layout.totalHeightForWidth(width) if layout is not None else super().heightForWidth(width)

    @override
    def sizeHint(self) -> QSize:
        return self._fitted(self.width())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * 12, self._fitted(self.width()).height())

    def _fitted(self, width: int) -> QSize:
        return QSize(width, self.heightForWidth(width))

    @override
    def enterEvent(self, event: QEnterEvent, /) -> None:
        super().enterEvent(event)
        self.pointed.emit(self.fix, self)

    @override
    def leaveEvent(self, event: QEvent, /) -> None:
        super().leaveEvent(event)
        if not self.hasFocus():
            self.pointed.emit(None, self)

    @override
    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.pointed.emit(self.fix, self)

    @override
    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self.pointed.emit(None, self)

    @override
    def hideEvent(self, event: QHideEvent, /) -> None:
        super().hideEvent(event)
        self.pointed.emit(None, self)

    def _clicked(self) -> None:
        self.wanted.emit(self.fix)
