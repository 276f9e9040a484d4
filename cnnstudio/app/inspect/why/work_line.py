"""One line for a question that takes time: what is being done, how far it is, cancel, and what failed with a retry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from cnnstudio.app.asking import KEPT, Question
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Command, ExplanationProgress

PATIENCE_MS = 250
"""Answers that come sooner need no bar."""
BAR_WIDTH = 120


class WorkLine(QWidget):
    """Puts questions of one sort and shows how they get on. Keeps its height, so that nothing below jumps, but for a
    reason that takes more than a line."""

    answered = Signal(object)
    """The answer to what is wished now."""
    progressed = Signal(object)
    """The ExplanationProgress of it."""
    began = Signal()
    """The work on what is wished begins: the answer before it does not hold."""
    ended = Signal()
    """It failed or was cancelled."""
    due = Signal()
    """What is known is out of date, and nothing is being worked on: ask again."""

    def __init__(
        self, name: str, what: str, worker: WorkerClient, parent: QWidget | None = None, *, kept: int = KEPT
    ) -> None:
        """`what` is computed, in words: "the explanation"; `kept` answers are remembered."""
        super().__init__(parent)
        self.setObjectName(name)
        self._what = what
        self._question = Question(worker, what, self, kept=kept)
        self._key: Hashable = None
        self._is_waiting = self._is_late = False
        self._said = words(f"{name}_words", tone="muted", wrap=True)
        self._bar = QProgressBar()
        self._bar.setObjectName(f"{name}_progress")
        self._bar.setAccessibleName(f"Progress of {what}")
        self._bar.setToolTip("Share of the work that is done")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(BAR_WIDTH)
        self._cancel = tool(f"{name}_cancel", "close", f"Cancel {what}", text="Cancel")
        self._retry = tool(f"{name}_retry", "reset", f"Ask for {what} again", text="Retry")
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._arrange()
        self._patience.timeout.connect(self._show_work)
        self._cancel.clicked.connect(self._question.cancel)
        self._retry.clicked.connect(self._question.retry)
        self._question.waiting.connect(self._wait)
        self._question.progressed.connect(self._progress)
        self._question.answered.connect(self._take)
        self._question.failed.connect(self._fail)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        row.addWidget(self._said, 1)
        for widget in (self._bar, self._cancel, self._retry):
            row.addWidget(widget)
            widget.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self.setMinimumHeight(self._cancel.sizeHint().height())

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._is_waiting

    @property
    def text(self) -> str:
        """What is said of the work, or why there is no answer; "" once there is one."""
        return self._said.text()

    def wish(self, key: Hashable, make: Callable[[int], Command]) -> None:
        """Ask for this, in place of what is being worked on."""
        if self._is_waiting and key != self._key:
            self._question.cancel()
        self._key, self._is_late = key, False
        self._question.wish(key, make)

    def outdate(self) -> None:
        """The network has trained on. What is being worked on comes to its end first, or nothing ever would."""
        self._is_late = self._is_waiting
        if self._key is not None and not self._is_late:
            self.due.emit()

    def forget(self) -> None:
        """Nothing is wished."""
        if self._is_waiting:
            self._question.cancel()
        self._key, self._is_late = None, False
        self._question.forget()
        self._end("")

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._question.set_active(active)

    def _wait(self, sentence: str) -> None:
        if not self._is_waiting:
            self._is_waiting = True
            self._bar.setRange(0, 0)
            self._patience.start()
        self._said.setText(sentence)
        self._said.setToolTip("")
        mark(self._said, tone="muted")
        self._retry.hide()
        self.began.emit()

    def _show_work(self) -> None:
        self._bar.show()
        self._cancel.show()

    def _progress(self, event: ExplanationProgress) -> None:
        self._bar.setRange(0, event.total)
        self._bar.setValue(event.done)
        self._said.setText(f"{event.done:,} of {event.total:,}")
        self._said.setToolTip(f"Computing {self._what}")
        self.progressed.emit(event)

    def _take(self, event: object) -> None:
        self._end("")
        self.answered.emit(event)
        if self._is_late:
            self.due.emit()

    def _fail(self, sentence: str, details: str) -> None:
        had_focus = self._cancel.hasFocus()
        self._end(sentence)
        self._said.setToolTip("\n".join(t for t in (sentence, details) if t))
        mark(self._said, tone="warning")
        self._retry.show()
        if had_focus:
            self._retry.setFocus()
        self.ended.emit()

    def _end(self, sentence: str) -> None:
        self._is_waiting = False
        self._patience.stop()
        self._said.setText(sentence)
        self._retry.hide()
        self._bar.hide()
        self._cancel.hide()
