"""Small widgets that the inspector's cards are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.inspector.editors import TextLine
from cnnstudio.app.inspector.findings import Finding
from cnnstudio.app.theme import mark, set_icon, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

    from cnnstudio.app.inspector.facts import Fact
    from cnnstudio.core.analysis.diagnostics import Diagnostic


def wrapped(text: str = "", parent: QWidget | None = None, **marks: str) -> QLabel:
    """A label that wraps, takes plain text and can be copied from."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    mark(label, **marks)
    return label


def settle(widget: QWidget) -> None:
    """Lay out what is in sight within `widget` at once, from the inside out.

    By itself Qt takes a turn of the event loop for each level of nesting, and a card that changes shape flickers.
    """
    for child in widget.children():
        if isinstance(child, QWidget) and child.layout() is not None and not child.isHidden():
            settle(child)  # those without a layout hold none, and they are by far the most
    layout = widget.layout()
    if layout is not None:
        layout.activate()


class FamilyStripe(QWidget):
    """A bar in the colour of a block family."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = ""
        self.setFixedWidth(space(1))
        themes.changed.connect(self.update)

    def show_group(self, group: str) -> None:
        """Take the colour of that family."""
        self._group = group
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A rounded bar."""
        if not self._group:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().family(self._group))
        painter.drawRoundedRect(self.rect(), space(1) / 2, space(1) / 2)
        painter.end()


class Section(QWidget):
    """A heading that folds what is beneath it away. Put widgets into `body`."""

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.heading = QToolButton(self)
        self.heading.setText(title)
        self.heading.setObjectName(f"section_{name}")
        self.heading.setAccessibleName(title)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.heading.setCheckable(True)
        mark(self.heading, kind="section")
        self._content = QWidget(self)
        self.body = QVBoxLayout(self._content)
        self.body.setContentsMargins(0, space(1), 0, space(2))
        self.body.setSpacing(space(2))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.heading)
        column.addWidget(self._content)
        self.heading.toggled.connect(self._unfold)
        self.heading.setChecked(True)

    @property
    def is_open(self) -> bool:
        """Whether the content is in sight."""
        return self.heading.isChecked()

    def _unfold(self, on: bool) -> None:
        self._content.setVisible(on)
        set_icon(self.heading, "chevron-down" if on else "chevron-right")
        self.heading.setToolTip("Fold away" if on else "Unfold")


class FactTable(QWidget):
    """Names at the left, numbers at the right; updated in place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(space(2))
        self._grid.setVerticalSpacing(space(1))
        self._grid.setColumnStretch(1, 1)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show these lines and no others."""
        while len(self._lines) < len(facts):
            self._add_line()
        for (name, value), fact in zip(self._lines, facts, strict=False):
            name.setText(fact.name)
            value.setText(fact.value)
            value.setAccessibleName(f"{fact.name}: {fact.value}")
            name.setToolTip(fact.help)
            value.setToolTip(fact.help)
        for index, line in enumerate(self._lines):
            for label in line:
                label.setVisible(index < len(facts))

    def text(self, name: str) -> str:
        """The value in the line of that name, "" when there is none in sight."""
        return next((v.text() for n, v in self._lines if n.text() == name and not n.isHidden()), "")

    def _add_line(self) -> None:
        row = len(self._lines)
        name = QLabel(self)
        mark(name, tone="muted")
        value = wrapped(parent=self)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
        self._lines.append((name, value))


class FindingList(QWidget):
    """Framed findings under one another; hidden when there are none."""

    fix_wanted = Signal(object)
    fix_pointed = Signal(object, QWidget)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings: list[Finding] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space(2))
        self.hide()

    @property
    def findings(self) -> Sequence[Finding]:
        """The findings in sight."""
        return [f for f in self._findings if not f.isHidden()]

    def show_diagnostics(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Show these and no others."""
        while len(self._findings) < len(diagnostics):
            finding = Finding(self, framed=True)
            finding.fix_wanted.connect(self.fix_wanted)
            finding.fix_pointed.connect(self.fix_pointed)
            self._column.addWidget(finding)
            self._findings.append(finding)
        for finding, diagnostic in zip(self._findings, diagnostics, strict=False):
            finding.show_diagnostic(diagnostic)
        for index, finding in enumerate(self._findings):
            finding.setVisible(index < len(diagnostics))
        self.setVisible(bool(diagnostics))


class NameLine(QWidget):
    """A name that can be changed: what is typed goes out on Enter or when the field is left, if it will do."""

    named = Signal(str)
    typed = Signal(str)
    """Every change while typing, so that the owner can say beforehand what is wrong (`show_problem`)."""

    def __init__(self, name: str, label: str, help: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.line = TextLine(self)
        self.line.setObjectName(name)
        self.line.setAccessibleName(label)
        self.line.setToolTip(help)
        self.problem = Finding(self)
        self.problem.hide()
        caption = QLabel(label, self)
        caption.setBuddy(self.line)
        mark(caption, tone="muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(space(2))
        grid.setVerticalSpacing(space(1))
        grid.addWidget(caption, 0, 0)
        grid.addWidget(self.line, 0, 1)
        grid.addWidget(self.problem, 1, 1)
        self.line.textEdited.connect(self.typed)
        self.line.editingFinished.connect(self._finish)
        self.line.escaped.connect(self.discard)

    def show_name(self, name: str) -> None:
        """Show the document's name; unfinished typing stays while that name stands."""
        if name != self._shown:
            self._shown = name
            self.discard()

    def show_problem(self, sentence: str) -> None:
        """Say what is wrong with the text; "" for nothing."""
        self.problem.show_error(sentence)
        self.problem.setVisible(bool(sentence))
        mark(self.line, invalid="true" if sentence else "false")

    def discard(self) -> None:
        """Back to the document's name."""
        if self.line.text() != self._shown:
            self.line.setText(self._shown)
        if not self.problem.isHidden():
            self.show_problem("")

    def _finish(self) -> None:
        text = self.line.text()
        if text != self._shown and self.problem.isHidden():
            self.named.emit(text)
