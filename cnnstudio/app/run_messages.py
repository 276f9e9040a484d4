"""What the message bar says of runs and of the worker, and what can be done about it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.interrupted import Interrupted, find_interrupted
from cnnstudio.app.message_bar import Choice
from cnnstudio.core.formats.run_index import RunIndex

if TYPE_CHECKING:
    from cnnstudio.app.message_bar import MessageBar
    from cnnstudio.app.preferences import Preferences
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.run_state import RunState

RUN, WORKER, QUIET, HELD, BROKEN_OFF = "run", "worker", "quiet", "held", "interrupted"
"""Keys of the messages: a newer one of the same kind takes its place."""


class RunMessages(QObject):
    """Listens to the run and the worker. Once the worker is ready it offers to resume what was interrupted before."""

    mending_wanted = Signal()
    """Training was refused for a fault of the design: the person wants to see it."""
    opening_wanted = Signal(str)
    """A run in this folder goes on: its experiment should be in front, if nothing stands in the way."""

    def __init__(
        self,
        run: RunController,
        worker: WorkerClient,
        messages: MessageBar,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._run, self._worker, self._messages, self._preferences = run, worker, messages, preferences
        self._was_active = False
        self._held_for = ""
        self._lost_worker = ""
        """Why the last worker ended."""
        self._has_looked = False
        self._offered: Interrupted | None = None
        run.refused.connect(self._show_refused)
        run.unable.connect(self._show_unable)
        run.failed.connect(self._show_failed)
        run.changed.connect(self._follow_run)
        worker.lost.connect(self._show_lost_worker)
        worker.quiet.connect(self._show_quiet_worker)
        worker.state_changed.connect(self._follow_worker)

    def forget(self) -> None:
        """Another experiment is open: what was said of the one before does not matter any more."""
        self._messages.dismiss(RUN)

    def _show_refused(self, sentence: str) -> None:
        self.mending_wanted.emit()
        self._messages.show_message(sentence, "error", key=RUN)

    def _show_unable(self, sentence: str) -> None:
        self._messages.show_message(sentence, "error", key=RUN)

    def _show_failed(self, sentence: str, details: str) -> None:
        if self._run.is_foreign:
            sentence = f"The run of “{self._run.name}” failed. {sentence}"
        self._messages.show_message(sentence, "error", self._ways_on(), details=details, key=RUN)

    def _ways_on(self) -> tuple[Choice, ...]:
        return (Choice("Resume", self._run.resume),) if self._run.can_resume else ()

    def _show_lost_worker(self, sentence: str) -> None:
        self._messages.dismiss(RUN)  # said once: a run that was going on has failed for this reason
        self._lost_worker = sentence
        if not self._worker.is_outdated:
            after = "A new one is starting" if self._worker.will_restart else "Train starts a new one"
            sentence = self._safe_after(after)
        ways = self._ways_on()
        self._messages.show_message(sentence, "error", ways, details=self._worker.details, key=WORKER)

    def _safe_after(self, after: str) -> str:
        kept = ", and the run can go on from its last checkpoint" if self._run.can_resume else ""
        return f"{self._lost_worker} {after}; your design is safe{kept}."

    def _show_quiet_worker(self, sentence: str) -> None:
        if not sentence:
            self._messages.dismiss(QUIET)
            return
        if self._run.state.active:
            sentence = f"{sentence} If you end it, the run can go on from its last checkpoint."
        self._messages.show_message(sentence, "warning", (Choice("End worker", self._worker.end),), key=QUIET)

    def _follow_run(self, state: RunState) -> None:
        if state.active and not self._was_active:
            for key in (RUN, WORKER, BROKEN_OFF):
                self._messages.dismiss(key)
        self._was_active = state.active
        held_for = state.message if state.phase == "paused" else ""
        if held_for != self._held_for:
            self._held_for = held_for
            self._messages.dismiss(HELD)
            if held_for:
                choices = (Choice("Continue", self._run.go_on), Choice("Stop", self._run.stop))
                self._messages.show_message(held_for, "warning", choices, key=HELD)

    # What was interrupted before

    def _follow_worker(self, state: str) -> None:
        if state == "ready":
            self._messages.reword(WORKER, self._safe_after("A new one is ready"))
        if state == "ready" and not self._has_looked:
            self._has_looked = True  # by now a worker that was left alone has ended, too
            self._offer_interrupted()

    def _offer_interrupted(self) -> None:
        index = RunIndex()
        index.refresh()
        self._offered = find_interrupted(index.runs, self._preferences.declined_runs)
        if self._offered is not None:
            choices = (Choice("Resume", self._resume_offered), Choice("Leave it", self._decline))
            self._messages.show_message(str(self._offered), "hint", choices, key=BROKEN_OFF)

    def _resume_offered(self) -> None:
        if self._offered is not None:
            directory, self._offered = str(self._offered.run.folder), None
            self.opening_wanted.emit(directory)
            self._run.resume_folder(directory)

    def _decline(self) -> None:
        if self._offered is not None:
            self._preferences.decline_run(self._offered.run.id)
        self._offer_interrupted()
