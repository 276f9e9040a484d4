"""What is shown while an export is under way, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app.dialogs.export import words as said
from cnnstudio.app.export_job import shown_path
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from cnnstudio.app.export_job import ExportJob
    from cnnstudio.core.exporting import ExportFormat
    from cnnstudio.wire.messages import Exported

RUN_FIRST = "A run is under way: the export begins when it is over."

GOES_ON = "The export goes on when this dialog is closed; the window then tells what came of it."


class ProgressView(QWidget):
    """Stage and bar of the export under way."""

    def __init__(self, job: ExportJob, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._job = job
        self._title = words("export_title", scale="title", wrap=True)
        self._stage = words("export_stage", wrap=True)
        self._bar = QProgressBar()
        self._bar.setObjectName("export_progress")
        self._bar.setAccessibleName("Progress of the export")
        self._bar.setToolTip("How far the stage has come")
        self._bar.setTextVisible(False)
        self.cancel = _button("export_cancel", "Cancel export", "Let nothing be written")
        self.hide_button = _button("export_hide", "Close", "Close this dialog; the export goes on and is told of above")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(3))
        goes_on = words("export_goes_on", GOES_ON, tone="muted", wrap=True)
        for widget in (self._title, self._stage, self._bar, goes_on):
            column.addWidget(widget)
        column.addStretch(1)
        column.addLayout(_row(self.cancel, self.hide_button))
        job.changed.connect(self.refresh)

    def refresh(self) -> None:
        """Show how far it is."""
        job = self._job
        if not job.under_way:
            return
        path, progress = shown_path(job.order), job.progress
        self._title.setText(f"Writing {path.name}")
        self.cancel.setEnabled(not job.ending)
        total = progress.total if progress is not None else 0
        self._bar.setRange(0, total)
        self._bar.setValue(progress.done if progress is not None else 0)
        if job.ending:
            words_now = "Cancelled: it ends with this stage, and nothing is written."
        elif job.waits_for_run:
            words_now = f"{RUN_FIRST} Close this dialog to go on watching it."
        elif progress is None:
            words_now = "The worker is asked…"
        elif total:
            words_now = f"{progress.stage}: {progress.done:,} of {total:,}"
        else:
            words_now = f"{progress.stage}…"
        self._stage.setText(words_now)


class ResultView(QWidget):
    """Where the file is, how it compares, what lies beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = words("export_result_title", scale="title", wrap=True)
        self._verdict = words("export_verdict", wrap=True)
        self._room = QScrollArea()
        self._room.setWidgetResizable(True)
        self._room.setObjectName("export_result")
        self._room.setAccessibleName("What was written")
        self._room.setToolTip("What was written, and how it compares with the network here")
        self._room.setFrameShape(QScrollArea.Shape.NoFrame)
        self._room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.again = _button("export_again", "Export another", "Go back to the forms")
        self.copy = _button("export_copy", "Copy path", "Copy the file's path to the clipboard")
        self.open = _button("export_open", "Open", "Open the file with the program that your system has for it")
        self.reveal = _button("export_reveal", "Show in folder", "Open the folder that the file lies in")
        self.close_button = _button("export_close", "Close", "Close this dialog")
        mark(self.close_button, kind="primary")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(3))
        column.addWidget(self._title)
        column.addWidget(self._verdict)
        column.addWidget(self._room, 1)
        column.addLayout(_row(self.again, None, self.copy, self.open, self.reveal, self.close_button))

    def show_result(self, done: Exported, form: ExportFormat) -> None:
        """Tell of this file; one that people look at, not programs, can be opened."""
        self.open.setVisible(form.kind in ("code", "picture"))
        self._title.setText(said.title_of(done))
        sentence, tone = said.verdict(done)
        self._verdict.setText(sentence)
        self._verdict.setVisible(bool(sentence))
        mark(self._verdict, tone=tone)
        card = QFrame()
        mark(card, kind="card")
        column = QVBoxLayout(card)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        rows = QFormLayout()
        rows.setHorizontalSpacing(space(4))
        rows.setVerticalSpacing(space(2))
        for name, value in said.facts(done):
            rows.addRow(words("", name, tone="muted"), _selectable(value))
        column.addLayout(rows)
        for number, note in enumerate(said.notes(done)):
            column.addWidget(_selectable(note, f"export_note_{number}"))
        content = QWidget()
        whole = QVBoxLayout(content)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(card)
        whole.addStretch(1)
        self._room.setWidget(content)

    @property
    def text(self) -> str:
        """All that is said."""
        return "\n".join(label.text() for label in self.findChildren(QLabel))


def _selectable(text: str, name: str = "export_fact") -> QLabel:
    label = words(name, text, wrap=True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    return button


def _row(*buttons: QPushButton | None) -> QHBoxLayout:
    """Buttons at the right; None stands for the room between those at the left and those at the right."""
    row = QHBoxLayout()
    row.setSpacing(space(2))
    if None not in buttons:
        row.addStretch(1)
    for button in buttons:
        if button is None:
            row.addStretch(1)
        else:
            row.addWidget(button)
    return row
