"""What is known and noted about the chosen run: tags, a note, what it changes, its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import counted
from cnnstudio.app.runs.facts import changes_lines, facts, headline, said
from cnnstudio.app.theme import mark, space
from cnnstudio.core.formats.run_notes import LONGEST_NOTE, tags_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QAction, QKeyEvent

    from cnnstudio.app.actions import Actions
    from cnnstudio.app.runs.commands import RunCommands
    from cnnstudio.core.formats.run_index import RunSummary

NONE = "Its numbers, what it changes and your notes are here. Choose several to compare them."
SETTLE_MS = 800
"""A note that is being typed is kept after this long, and at once when the field is left."""
NOTE_LINES = 4

W = TypeVar("W", bound=QWidget)


class RunDetails(QStackedWidget):
    """Follows what is chosen. What is typed here goes to the run it was typed for, wherever the choice has gone."""

    def __init__(self, commands: RunCommands, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_details")
        self.setAccessibleName("Details of the run")
        self._commands = commands
        self._shown: tuple[RunSummary, ...] = ()
        self._title = words("details_title", scale="title", wrap=True)
        self._said = words("details_said", tone="muted", wrap=True)
        self._message = words("details_message", wrap=True)
        self.tags = _named(QLineEdit(), "details_tags", "Tags", "Words to find the run by, with commas between them")
        self.note = _named(QPlainTextEdit(), "details_note", "Note", "What you want to remember about the run")
        self._changes_title = words("details_changes_title", "Changes", scale="caption", tone="muted", wrap=True)
        self._changes = words("details_changes", wrap=True)
        self._facts = QGridLayout()
        self._fact_labels: list[tuple[QLabel, QLabel]] = []
        self._buttons: list[QToolButton] = []
        self._typing = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._typing.timeout.connect(self.keep_note)
        self._lay_out([actions[id] for id in ("run_open", "run_inspect", "run_resume")])
        commands.chosen_changed.connect(self._follow)
        commands.tags_wanted.connect(self._edit_tags)
        commands.note_wanted.connect(self._edit_note)
        self.tags.editingFinished.connect(self._keep_tags)
        self.note.textChanged.connect(self._note_typed)
        self.note.installEventFilter(self)
        self._show()

    def _lay_out(self, actions: Sequence[QAction]) -> None:
        self.tags.setPlaceholderText("Add tags")
        self.note.setPlaceholderText("Write a note")
        self.note.setTabChangesFocus(True)
        self.note.document().setDocumentMargin(space(2))  # its words stand beneath those of the tags
        self.note.setFixedHeight(self.note.fontMetrics().lineSpacing() * NOTE_LINES + space(5))
        self._facts.setHorizontalSpacing(space(3))
        self._facts.setVerticalSpacing(space(1))
        self._facts.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        for action in actions:
            button = _button(action)
            buttons.addWidget(button)
            self._buttons.append(button)
        buttons.addStretch(1)
        inside = QFrame()
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(3), space(4), space(4))
        column.setSpacing(space(1))
        for label in (self._title, self._said, self._message):
            column.addWidget(label)
        column.addSpacing(space(1))
        column.addLayout(buttons)
        fields: tuple[tuple[str, QWidget], ...] = (("Tags", self.tags), ("Note", self.note))
        for title, field in fields:
            column.addSpacing(space(2))
            column.addWidget(words(f"details_{title.lower()}_title", title, scale="caption", tone="muted"))
            column.addWidget(field)
        column.addSpacing(space(2))
        column.addWidget(self._changes_title)
        column.addWidget(self._changes)
        column.addSpacing(space(2))
        column.addLayout(self._facts)
        column.addStretch(1)
        mark(inside, kind="panel")
        scrolled = QScrollArea()
        scrolled.setObjectName("details_frame")
        scrolled.setWidgetResizable(True)
        scrolled.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)  # all that is long is wrapped
        scrolled.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scrolled.setWidget(inside)
        nothing = MessageView("details_none")
        nothing.say("Choose a run", NONE)
        self.addWidget(scrolled)
        self.addWidget(nothing)

    # What is shown

    def _follow(self) -> None:
        chosen = self._commands.chosen
        if [run.id for run in chosen] != [run.id for run in self._shown]:
            self.keep_note()
            self._keep_tags()
        self._shown = self._commands.chosen
        self._show()

    def _show(self) -> None:
        runs = self._shown
        self.setCurrentIndex(0 if runs else 1)
        if not runs:
            return
        single = runs[0] if len(runs) == 1 else None
        self._title.setText(single.title if single is not None else counted(len(runs), "run"))
        self._said.setText(headline(single) if single is not None else "Their curves and differences are below.")
        message, tone = said(single) if single is not None else ("", "muted")
        self._message.setText(message)
        self._message.setVisible(bool(message))
        mark(self._message, tone=tone)
        if not self.tags.hasFocus():
            self._show_tags()
        if not self._typing.isActive():
            self._show_note(single)
        lines = changes_lines(single, self._commands.library) if single is not None else ("", "")
        for label, text in zip((self._changes_title, self._changes), lines, strict=True):
            label.setText(text)
            label.setVisible(bool(text))
        for button in self._buttons:
            button.setVisible(button.isEnabled() or button is self._buttons[0])
        self._show_facts(facts(single) if single is not None else ())

    def _show_tags(self) -> None:
        self.tags.setText(", ".join(_common(self._shown)))
        completer = self.tags.completer()
        if completer is None or completer.property("tags") != list(self._commands.library.tags):
            completer = QCompleter(list(self._commands.library.tags), self.tags)
            completer.setProperty("tags", list(self._commands.library.tags))
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            self.tags.setCompleter(completer)

    def _show_note(self, single: RunSummary | None) -> None:
        self.note.setEnabled(single is not None)
        text = single.notes.note if single is not None else ""
        if self.note.toPlainText().strip() != text:
            self.note.setPlainText(text)
            self._typing.stop()
        self.note.setPlaceholderText("Write a note" if single is not None else "Choose one run to write about it")

    def _show_facts(self, told: Sequence[tuple[str, str, str]]) -> None:
        """Labels are made where there are more facts than ever before, and else written anew."""
        while len(self._fact_labels) < len(told):
            row = len(self._fact_labels)
            name, value = words(f"details_fact_{row}", tone="muted"), words(f"details_fact_{row}_value", wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, row, 1)
            self._fact_labels.append((name, value))
        for row, labels in enumerate(self._fact_labels):
            *texts, tip = told[row] if row < len(told) else ("", "", "")
            for label, text in zip(labels, texts, strict=True):
                label.setText(text)
                label.setToolTip(tip)
                label.setVisible(bool(text))

    # What is typed

    def _edit_tags(self) -> None:
        self.tags.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.tags.end(False)

    def _edit_note(self) -> None:
        self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _keep_tags(self) -> None:
        typed, common = tags_in(self.tags.text()), _common(self._shown)
        if self._shown and typed != common:
            known = {run.id for run in self._shown}
            runs = [run for run in self._commands.library.runs if run.id in known]
            self._commands.give_tags(runs, set(typed) - set(common), set(common) - set(typed))

    def _note_typed(self) -> None:
        if self.note.isEnabled() and len(self._shown) == 1:
            self._typing.start()

    def keep_note(self) -> None:
        """Write the note that is in the field, if it is another than the run's."""
        self._typing.stop()
        if len(self._shown) != 1:
            return
        run = self._commands.library.get(self._shown[0].id)
        text = self.note.toPlainText().strip()[:LONGEST_NOTE]
        if run is not None and text != run.notes.note:
            self._commands.give_note(run, text)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The note is kept when its field is left."""
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.keep_note()
        return super().eventFilter(watched, event)

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        """Escape goes back to what the field held before."""
        if event.key() == Qt.Key.Key_Escape and self.tags.hasFocus():
            self._show_tags()
            return
        super().keyPressEvent(event)


def _common(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """Tags that all of these have."""
    if not runs:
        return ()
    return tuple(tag for tag in runs[0].notes.tags if all(tag in run.notes.tags for run in runs[1:]))


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setObjectName(action.objectName().replace("action_", "details_"))
    button.setAccessibleName(action.text())
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


def _named(widget: W, name: str, title: str, tip: str) -> W:
    widget.setObjectName(name)
    widget.setAccessibleName(title)
    widget.setToolTip(tip)
    return widget
