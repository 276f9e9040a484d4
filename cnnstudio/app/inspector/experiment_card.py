"""The inspector's card while no block is selected: the experiment's name, description and totals."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from cnnstudio.app import format
from cnnstudio.app.inspector import facts
from cnnstudio.app.inspector.pieces import FactTable, FindingList, NameLine, Section, wrapped
from cnnstudio.app.inspector.spin import leaves_undo_to_window
from cnnstudio.app.theme import mark, space
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.edits import Describe, EditError, RenameExperiment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFocusEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.analysis.diagnostics import Diagnostic, Fix

_gestures = itertools.count(1)
DESCRIPTION_LINES = 6
HINT = (
    "Select a block to see its parameters and numbers. Double-click a block in the palette to append it, "
    "or drag it onto an edge to insert it."
)


class Description(QPlainTextEdit):
    """Free text that leaves undo to the document and Tab to the window."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(space(2) - 2)  # level with the text of line edits, less the border
        self.setPlaceholderText("What this experiment is to find out")
        self.setFixedHeight(self.fontMetrics().lineSpacing() * DESCRIPTION_LINES + space(4))

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the document's."""
        if leaves_undo_to_window(event):
            event.ignore()
            return False
        return super().event(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """A burst of typing ends here."""
        super().focusOutEvent(event)
        self.left.emit()


class ExperimentCard(QWidget):
    """Shows the bridge's experiment as a whole; edits go to the bridge."""

    def __init__(self, bridge: DocumentBridge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._gesture = ""
        self.title = QLabel("Experiment", self)
        self.name_line = NameLine("experiment_name", "Name", "Name of the experiment", self)
        self.description = Description(self)
        self.findings = FindingList(self)
        self.problems = wrapped(parent=self)
        self.table = FactTable(self)
        self.hint = wrapped(HINT, self, tone="muted")
        self._lay_out()
        self.name_line.typed.connect(self._check_name)
        self.name_line.named.connect(self._rename)
        self.description.textChanged.connect(self._describe)
        self.description.left.connect(self._end_burst)
        self.findings.fix_wanted.connect(self._fix)
        self.findings.fix_pointed.connect(bridge.fix_preview.turn_to)

    def _lay_out(self) -> None:
        mark(self.title, scale="title")
        self.hint.setObjectName("inspector_hint")
        self.description.setObjectName("experiment_description")
        self.description.setAccessibleName("Description")
        self.description.setToolTip("Description of the experiment, saved with it")
        totals = Section("Totals", "totals", self)
        totals.body.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        for widget in (self.title, self.name_line, self.description, self.problems, self.findings, totals, self.hint):
            column.addWidget(widget)

    def show_experiment(self) -> None:
        """Show the experiment as it stands."""
        experiment = self._bridge.experiment
        self.name_line.show_name(experiment.name)
        if experiment.description != self.description.toPlainText():
            self.description.setPlainText(experiment.description)
        self.findings.show_diagnostics([d for d in self._bridge.diagnostics if not d.block])
        self._show_problems([d for d in self._bridge.diagnostics if d.block])
        self.table.show_facts(facts.of_network(experiment, self._bridge.trace))

    def _show_problems(self, of_blocks: Sequence[Diagnostic]) -> None:
        errors = sum(d.severity is Severity.ERROR for d in of_blocks)
        self.problems.setVisible(errors > 0)
        self.problems.setText(f"{format.counted(errors, 'error')} in blocks: see Problems below the canvas.")
        mark(self.problems, tone="error")

    def _check_name(self, text: str) -> None:
        try:
            RenameExperiment(name=text)(self._bridge.experiment)
        except EditError as error:
            self.name_line.show_problem(str(error))
        else:
            self.name_line.show_problem("")

    def _rename(self, text: str) -> None:
        self._bridge.do(RenameExperiment(name=text))
        self.name_line.discard()  # the document may have tidied the spaces

    def _describe(self) -> None:
        text = self.description.toPlainText()
        if text == self._bridge.experiment.description:
            return
        if not self._gesture:
            self._gesture = f"describe-{next(_gestures)}"
        self._bridge.do(Describe(description=text, gesture=self._gesture))

    def _end_burst(self) -> None:
        self._gesture = ""

    def _fix(self, fix: Fix) -> None:
        self._bridge.do(fix.edit())
