"""The top of the Train page: which experiment is trained, how it went, and where the result is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
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
)

if TYPE_CHECKING:
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.run_state import RunState


class RunHeader(QFrame):
    """States the run in words; offers its folder and its model once there is one."""

    export_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("run_header")
        mark(self, kind="bar", edge="bottom")
        self._directory = ""
        self._headline = words("run_headline", scale="title")
        self._facts = words("run_facts", tone="muted")
        self._result = words("run_result", scale="title")
        self._changed = words("run_changed", tone="warning", wrap=True)
        self._failure = words("run_failure", tone="error", wrap=True)
        self._folder = tool("run_folder", "open", "Open the folder of this run", text="Run folder")
        self._export = QPushButton("Export\u2026")
        self._export.setObjectName("run_export")
        self._export.setAccessibleName("Export the trained model")
        self._export.setToolTip("Write the trained model to a file that other programs can load")
        set_icon(self._export, "export")
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
        told = QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._headline)
        told.addWidget(self._facts)
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addLayout(told, 1)
        top.addWidget(self._result)
        top.addSpacing(space(2))
        top.addWidget(self._folder)
        top.addWidget(self._export)
        failed = QHBoxLayout()
        failed.addWidget(self._failure, 1)
        failed.addWidget(self._show_details)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(4), space(2), space(4), space(2))
        column.setSpacing(space(1))
        column.addLayout(top)
        column.addWidget(self._changed)
        column.addLayout(failed)
        column.addWidget(self._details)
        for part in (self._changed, self._failure, self._show_details, self._details):
            part.setVisible(False)

    def show_state(self, state: RunState, frozen: Experiment | None, now: Experiment, *, foreign: bool = False) -> None:
        """Say how the run stands; `frozen` is what it trains, `now` the design as it is, `foreign` if of another."""
        self._headline.setText(headline(state))
        told = facts(state)
        self._facts.setText(told)
        self._facts.setVisible(bool(told))
        self._result.setText(result(state.test))
        mark(self._result, tone=result_tone(state.test))
        self._result.setToolTip(all_results(state.test) if state.test else "")
        self._result.setVisible(bool(state.test))
        changed = ""
        if frozen is not None and foreign:
            changed = foreign_words(frozen.name, now.name, state.active)
        elif frozen is not None:
            changed = changed_words(frozen, now, state.active)
        self._changed.setText(changed)
        self._changed.setVisible(bool(changed))
        self._show_failure(state)
        over = state.phase in ("finished", "stopped")
        self._directory = state.directory
        self._folder.setVisible(bool(state.directory) and (over or state.phase == "failed"))
        self._folder.setToolTip(f"Open the folder of this run: {state.directory}")
        self._export.setVisible(over)

    def _show_failure(self, state: RunState) -> None:
        failed = state.phase == "failed"
        self._failure.setText(failure(state) if failed else "")
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
