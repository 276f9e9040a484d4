"""The document as Qt sees it: one signal with (before, after) for do, undo, redo, open and paste alike."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.fix_preview import FixPreview
from cnnstudio.app.probe import Probe
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.analysis.tracing import Trace, trace
from cnnstudio.core.edits import EditError
from cnnstudio.core.renaming import renamed

if TYPE_CHECKING:
    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.document import Document
    from cnnstudio.core.edits import Edit
    from cnnstudio.core.experiment import Experiment


@dataclass(frozen=True)
class Change:
    """What views repaint from: the experiment before and after, and the analysis of the one after."""

    before: Experiment
    after: Experiment
    trace: Trace
    diagnostics: tuple[Diagnostic, ...]

    @cached_property
    def renamed(self) -> tuple[str, str] | None:
        """Old and new id where a block was renamed and nothing else has changed in the architecture."""
        return renamed(self.before.architecture, self.after.architecture)


class DocumentBridge(QObject):
    """Holds the open document and its analysis. Views listen to `changed` and send edits to `do`."""

    changed = Signal(Change)
    opened = Signal(Change)
    """Sent after `changed` when another experiment has been put in place: fit the view, clear the selection."""
    refused = Signal(str)
    """An edit could not be made: the sentence to show."""
    title_changed = Signal()
    """Name, file or unsaved mark may have changed."""

    def __init__(self, document: Document, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._trace = trace(document.value.architecture, document.value.data.info())
        self._diagnostics = lint(self._trace)
        self.fix_preview = FixPreview(self)
        self.probe = Probe(self)

    @property
    def document(self) -> Document:
        """The open document."""
        return self._document

    @property
    def experiment(self) -> Experiment:
        """The experiment as it stands."""
        return self._document.value

    @property
    def trace(self) -> Trace:
        """Its trace."""
        return self._trace

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What lint says of it."""
        return self._diagnostics

    @property
    def is_sound(self) -> bool:
        """Whether lint finds no error in it, so that there is a network."""
        return all(d.severity is not Severity.ERROR for d in self._diagnostics)

    def do(self, edit: Edit) -> bool:
        """Make an edit; False (and `refused`) when it cannot be made."""
        before = self.experiment
        try:
            self._document.do(edit)
        except EditError as error:
            self.refused.emit(str(error))
            return False
        self._publish(before)
        return True

    def undo(self) -> None:
        """Back to the state before the last edit."""
        before = self.experiment
        self._document.undo()
        self._publish(before)

    def redo(self) -> None:
        """Forward again."""
        before = self.experiment
        self._document.redo()
        self._publish(before)

    def jump(self, index: int) -> None:
        """To that place in the history; the place where it stands, and places outside, change nothing."""
        before, place = self.experiment, self._document.index
        self._document.jump(index)
        if self._document.index != place:
            self._publish(before)

    def open(self, document: Document) -> None:
        """Put another document in place of this one."""
        before = self.experiment
        self._document = document
        self.opened.emit(self._publish(before))

    def mark_saved(self) -> None:
        """The state as it stands is the one on disk."""
        self._document.mark_saved()
        self.title_changed.emit()

    def _publish(self, before: Experiment) -> Change:
        after = self.experiment
        self._trace = trace(after.architecture, after.data.info(), self._trace)
        self._diagnostics = lint(self._trace)
        change = Change(before, after, self._trace, self._diagnostics)
        self.changed.emit(change)
        self.title_changed.emit()
        return change
