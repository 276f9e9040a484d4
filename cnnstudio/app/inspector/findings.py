"""A finding as a person sees it: the sentence with its mark, and a button for each way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cnnstudio.app.theme import Role, mark, pixmap, space, theme, themes
from cnnstudio.core.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.diagnostics import Diagnostic, Fix

ROLES = {Severity.ERROR: Role.ERROR, Severity.WARNING: Role.WARNING, Severity.HINT: Role.HINT}
ICON_SIZE = 14


class Finding(QFrame):
    """One sentence with its icon, and fix buttons beneath. Set `framed` to show it as a card of its own."""

    fix_wanted = Signal(object)
    """The person chose this Fix."""

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
        self._show(Severity.ERROR, sentence, ())

    def show_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Show what lint says, with its fixes."""
        self._show(diagnostic.severity, diagnostic.message, diagnostic.fixes)

    def _show(self, severity: Severity, sentence: str, fixes: tuple[Fix, ...]) -> None:
        if sentence != self.sentence.text():
            self.sentence.setText(sentence)
        if severity is not self._severity:
            self._severity = severity
            self._paint()
        if [f.label for f in fixes] != [f.label for f in self._fixes]:
            self._rebuild(fixes)
        for button, fix in zip(self._buttons, fixes, strict=True):
            button.fix = fix
        self._fixes = fixes

    def _rebuild(self, fixes: tuple[Fix, ...]) -> None:
        for button in self._buttons:
            self._actions.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = [FixButton(fix, self) for fix in fixes]
        for button in self._buttons:
            self._actions.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
            button.wanted.connect(self.fix_wanted)

    def _paint(self) -> None:
        color = theme().color(ROLES[self._severity])
        self.icon.setPixmap(pixmap(self._severity.value, color, ICON_SIZE, self.devicePixelRatioF()))
        mark(self, kind="message" if self._framed else "", tone=self._severity.value)
        mark(self.sentence, tone="" if self._framed else self._severity.value, scale="" if self._framed else "caption")


class FixButton(QPushButton):
    """Mends a finding when pressed. A label too long for the panel is cut and whole in the tooltip."""

    wanted = Signal(object)

    def __init__(self, fix: Fix, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fix = fix
        self.setText(fix.label)
        self.setObjectName("fix")
        self.setAccessibleName(f"Fix: {fix.label}")
        self.setToolTip(f"{fix.label} (Undo takes it back)")
        self.setMinimumWidth(QFontMetrics(self.font()).averageCharWidth() * 8)
        self.clicked.connect(self._clicked)

    def _clicked(self) -> None:
        self.wanted.emit(self.fix)
