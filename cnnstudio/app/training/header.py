"""The top of the Train page: which experiment is trained, how it goes, where the result is, and how it can go on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.run_controller import MORE_EPOCHS
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.app.training.sentences import (
    all_results,
    changed_words,
    facts,
    failure,
    foreign_words,
    headline,
    result,
    result_tone,
    standing,
    waiting_words,
)

if TYPE_CHECKING:
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.run_state import RunState

PLAN_TIP = (
    "Last is how steps are computed: batches whole or in halves, one for each core; how many steps before the "
    "window hears of them. The run tried what is fastest here."
)


class RunHeader(QFrame):
    """States the run in words; offers to let it go on, its folder and its model once it is over."""

    export_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_header")
        mark(self, kind="bar", edge="bottom")
        self._directory = ""
        self._headline = words("run_headline", scale="title")
        self._facts = words("run_facts", tone="muted")
        self._result = words("run_result", scale="title")
        self._state = words("run_state", tone="muted", tip="Learning rate, speed and what is kept of the run so far")
        self._reason = words("run_reason", tone="muted", wrap=True)
        self._changed = words("run_changed", tone="warning", wrap=True)
        self._failure = words("run_failure", tone="error", wrap=True)
        self._folder = tool("run_folder", "open", "Open the folder of this run", text="Run folder")
        self._export = _button("run_export", "Export\u2026", "export",
                               "Write the trained model to a file that other programs can load")  # fmt: skip
        self.resume = _button("run_resume", "Resume", "redo", "Let the run go on from its last checkpoint (Shift+F6)")
        self.more = _button("run_more_epochs", f"Train {MORE_EPOCHS} more", "add",
                            f"Let the run go on for {MORE_EPOCHS} more epochs (Ctrl+F5)")  # fmt: skip
        self._show_details = self._details_button()
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setObjectName("run_failure_details")
        self._details.setAccessibleName("Details of the failure")
        self._details.setToolTip("The technical details; select and copy them for a report")
        self._details.setMaximumHeight(160)
        self._folder.clicked.connect(self._open_folder)
        self._export.clicked.connect(self._ask_export)
        self._show_details.toggled.connect(self._details.setVisible)
        self._arrange()

    def _details_button(self) -> QToolButton:
        button = tool("run_failure_show_details", "chevron-right", "Show the technical details", text="Details")
        button.setCheckable(True)
        button.toggled.connect(self._turn_chevron)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addWidget(self._headline, 1)
        top.addWidget(self._result)
        top.addSpacing(space(2))
        for button in (self.resume, self.more):
            top.addWidget(button)
            button.setVisible(False)
        top.addWidget(self._folder)
        top.addWidget(self._export)
        failed = QHBoxLayout()
        failed.addWidget(self._failure, 1)
        failed.addWidget(self._show_details)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(2), space(4), space(2))
        column.setSpacing(space(1))
        told = QVBoxLayout()  # beneath the buttons, so that they leave room for it
        told.setSpacing(0)
        told.addWidget(self._facts)
        told.addWidget(self._state)
        column.addLayout(top)
        column.addLayout(told)
        column.addWidget(self._reason)
        column.addWidget(self._changed)
        column.addLayout(failed)
        column.addWidget(self._details)
        for part in (self._reason, self._changed, self._failure, self._show_details, self._details):
            part.setVisible(False)

    def show_run(self, run: RunController, now: Experiment) -> None:
        """Say how the run stands; `now` is the design as it is."""
        state = run.state
        self._headline.setText(headline(state, run.name, interrupted=run.was_interrupted))
        known = facts(state) or waiting_words(state, now.training)
        for label, text in ((self._facts, known), (self._state, standing(state))):
            label.setText(text)
            label.setToolTip(text)
            label.setVisible(bool(text))
        if state.plan and self._state.isVisibleTo(self):
            self._state.setToolTip(f"{self._state.text()}\n{PLAN_TIP}")
        self._result.setText(result(state.test))
        mark(self._result, tone=result_tone(state.test))
        self._result.setToolTip(all_results(state.test) if state.test else "")
        self._result.setVisible(bool(state.test))
        self._reason.setText(state.reason)
        self._reason.setVisible(bool(state.reason))
        self._changed.setText(_changed(run, now))
        self._changed.setVisible(bool(self._changed.text()))
        self._show_failure(state, can_resume=run.can_resume)
        over = state.phase in ("finished", "stopped")
        self._directory = state.directory
        left = over or (state.phase == "failed" and Path(state.directory).is_dir())  # it may have failed before
        self._folder.setVisible(bool(state.directory) and left)
        self._folder.setToolTip(f"Open the folder of this run: {state.directory}")
        self._export.setVisible(over)
        self.resume.setVisible(run.can_resume)
        self.more.setVisible(run.can_extend)

    def _show_failure(self, state: RunState, *, can_resume: bool) -> None:
        failed = state.phase == "failed"
        self._failure.setText(failure(state, can_resume=can_resume) if failed else "")
        self._failure.setVisible(failed)
        details = "\n\n".join(part for part in (state.message, state.details) if part) if failed else ""
        if details != self._details.toPlainText():
            self._details.setPlainText(details)
        self._show_details.setVisible(bool(details))
        if not details:
            self._show_details.setChecked(False)

    def _turn_chevron(self, open_: bool) -> None:
        set_icon(self._show_details, "chevron-down" if open_ else "chevron-right")

    def _open_folder(self) -> None:
        if Path(self._directory).is_dir():
            QDesktopServices.openUrl(QUrl.fromLocalFile(self._directory))

    def _ask_export(self) -> None:
        self.export_wanted.emit(self._directory)


def _changed(run: RunController, now: Experiment) -> str:
    """In what the run differs from the design as it is; "" where it does not."""
    if run.experiment is None:
        return ""
    if run.is_foreign:
        return foreign_words(run.experiment.name, now.name, run.state.active)
    return changed_words(run.experiment, now, run.state.active)


def _button(name: str, text: str, icon: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(tip.split(" (")[0])
    button.setToolTip(tip)
    set_icon(button, icon)
    return button
