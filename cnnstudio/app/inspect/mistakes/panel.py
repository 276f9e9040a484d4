"""The Mistakes tab."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.parts import PartField
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import count, counted
from cnnstudio.app.inspect.mistakes.chosen_pane import ChosenPane
from cnnstudio.app.inspect.mistakes.gallery import MistakesGallery
from cnnstudio.app.inspect.mistakes.overview import Overview
from cnnstudio.app.inspect.mistakes.tally import Choice, Tally, has_matrix
from cnnstudio.app.inspect.why.network import Asked
from cnnstudio.app.inspect.why.panes import SideBySide
from cnnstudio.app.inspect.why.sentences import whose_words
from cnnstudio.app.inspect.why.work_line import WorkLine
from cnnstudio.app.theme import space
from cnnstudio.app.training.viewers.labels import USUAL
from cnnstudio.core.data.info import Task
from cnnstudio.wire.messages import GetJudgements, Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.wire.messages import ExplanationProgress, Judgements
    from cnnstudio.wire.run_state import RunState

SHARE = 0.02
"""Of the time of a run, at most this goes into judging its samples anew; asked by hand it is done at once."""
KEPT = 3
"""Judgements remembered: those of masks of many classes are large."""
TEST = "test"
FOR_THE_END = (
    "The test part is for the end only: once a choice follows from what is seen here, it no longer tells how well the "
    "network does on samples that nobody has seen."
)
_PART = "mistakes/part"
WIDTHS = (410, 290, 250)
"""Of the panes, in pixels, until the person changes them."""
_WITH_THRESHOLD = (Task.MULTILABEL, Task.DETECTION)


class MistakesPanel(QWidget):
    """Matrix and classes at the left, the samples behind them in the middle, one of them at the right.

    While the network trains the matrix is that of its last evaluation; samples are judged anew as often as costs next
    to nothing, and when the person asks for it.
    """

    maps_wanted = Signal()
    """The person wants to see the maps of the probe."""
    explanation_wanted = Signal()
    """The person wants to see the Grad-CAM of the probe."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None, *, at_once: bool = True) -> None:
        """What is not made `at_once` is by `built`."""
        super().__init__(parent)
        self.setObjectName("inspect_mistakes")
        self._inspection = inspection
        self._active = False
        self._tally: Tally | None = None
        self._asked_at, self._cost, self._answered_at = 0.0, 0.0, 0.0
        self._epochs: int | None = None
        """Of the run under way, when it was asked; None where none goes on."""
        self._judged: int | None = None
        """The same of what is shown."""
        self._asked = Asked(inspection, self)
        self.work = WorkLine("mistakes_work", "the judgements", inspection.worker, kept=KEPT)
        self.part = PartField("mistakes_part", with_test=True)
        self.part.show_part(inspection.preferences.choice(_PART))
        self._threshold = USUAL
        self._whose = words("mistakes_whose", tone="muted", scale="caption", tip="The network that is judged, and when")
        self._end = words("mistakes_for_the_end", FOR_THE_END, tone="warning", scale="caption", wrap=True)
        self._again = tool(
            "mistakes_again", "reset", "Judge the samples by the network as it is now", text="Judge again"
        )
        self.panes = SideBySide("mistakes_splitter")
        self._message = MessageView("inspect_mistakes_message")
        self._stack = QStackedWidget()
        self._arrange()
        if at_once:
            for _ in self.built():
                pass

    def built(self) -> Iterator[None]:
        """Make the panes, with a rest after each; to be gone through once, and to its end, before anyone sees them."""
        self.overview = Overview(self._inspection.preferences)
        self.panes.addWidget(self.overview)
        yield
        self.gallery = MistakesGallery(self._inspection)
        self.panes.addWidget(self.gallery)
        yield
        self.chosen = ChosenPane(self._inspection, self._asked)
        # Cells, thumbnails and masks are all better seen when large.
        self.panes.hold((self.overview, self.gallery, self.chosen), WIDTHS, grows=(0, 1, 2))
        yield
        self._connect()
        self._renew()

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(space(3))
        for widget in (self.part, self._whose, self._again):
            head.addWidget(widget, int(widget is self._whose))
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(2), 0, 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self._end)
        column.addWidget(self._stack, 1)
        self._stack.addWidget(self.panes)
        self._stack.addWidget(self._message)
        column.addWidget(self.work)
        self._again.hide()
        self._end.hide()

    def _connect(self) -> None:
        self._asked.renewed.connect(self._renew)
        self._asked.outdated.connect(self._outdate)
        self._inspection.run.changed.connect(self._follow_run)
        self.work.due.connect(self.ask)
        self.work.answered.connect(self._take)
        self.work.progressed.connect(self._grow)
        self.work.ended.connect(self._fail)
        self.part.activated.connect(self._choose_part)
        self.chosen.prediction.threshold_changed.connect(self._choose_threshold)
        self._again.clicked.connect(self.ask)
        self.overview.chosen.connect(self._choose)
        self.gallery.all_wanted.connect(self._choose_all)
        self.gallery.picked.connect(self._pick)
        for view in (self.gallery, self.chosen):
            view.maps_wanted.connect(self.maps_wanted)
            view.explanation_wanted.connect(self.explanation_wanted)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._active = active
        if active:
            self._renew()  # first, or the answer to what was asked for last would come, maybe of another network
        self.work.set_active(active)
        self.gallery.set_active(active)
        self.chosen.set_active(active)

    @property
    def tally(self) -> Tally | None:
        """What is shown, counted; None before it is known."""
        return self._tally

    @property
    def message(self) -> str:
        """What is said in place of samples; "" while there are some."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    # What is asked

    def _renew(self) -> None:
        """Maybe another network: what is shown of the same data stays until the answer comes."""
        subject = self._asked.subject
        if subject is None:
            self.work.forget()
            self._forget()
            self._message.say(*NO_NETWORK)
            return
        if self._tally is not None and self._tally.info != subject.info:
            self._forget()
        self.overview.prepare(subject.info)
        if self._tally is None:
            self._wait()
        self.ask()

    def _wait(self) -> None:
        self._message.say("One moment", f"The network answers every sample of the {self.part.part} part.")
        self._stack.setCurrentWidget(self._message)

    def ask(self) -> None:
        """Ask how the network does now."""
        subject = self._asked.subject
        if subject is None or not self._active:
            return
        part, threshold = self.part.part, self._threshold
        self._epochs, self._asked_at = self._asked.epochs, time.monotonic()
        self._again.hide()
        make = self._asked.question(GetJudgements, part=part, threshold=threshold)
        counting = threshold if subject.info.task in _WITH_THRESHOLD else 0.0
        self.work.wish((self._asked.key, part, counting), make)

    def _outdate(self) -> None:
        """Another epoch is done."""
        rested = time.monotonic() - self._answered_at
        if self.work.is_waiting:
            pass  # what comes is of the epoch in which it was asked for, and says so
        elif rested * SHARE >= self._cost * (1 - SHARE):
            self.work.outdate()
        else:
            self._again.show()
        self._say_whose()

    # What is shown

    def _take(self, judged: Judgements) -> None:
        self._answered_at = time.monotonic()
        self._cost = self._answered_at - self._asked_at
        if len(judged.losses):
            self._show(judged)
            self._again.setVisible(self._epochs is not None and (self._asked.epochs or 0) > self._epochs)
        else:
            self._forget()
            self._message.say("No samples", f"The {judged.part} part is empty. Choose another one above.")

    def _grow(self, event: ExplanationProgress) -> None:
        """More samples are judged. They are shown unless there is something whole to look at until all are."""
        if event.judged is not None and (self._tally is None or not self._tally.is_whole):
            self._show(event.judged, event.total)

    def _show(self, judged: Judgements, total: int | None = None) -> None:
        subject = self._asked.subject
        if subject is None:
            return
        self._judged = self._epochs
        self._tally = Tally(judged, subject.info, total)
        self.overview.show_tally(self._tally)
        self.gallery.show_tally(self._tally, judged.part)
        epochs = self._judged
        when = "" if epochs is None else f"After {counted(epochs, 'epoch')} \u00b7 "
        self.chosen.show_tally(self._tally, judged.part, when)
        self._stack.setCurrentWidget(self.panes)
        self._follow_run(self._inspection.run.state)
        self._say_whose()

    def _fail(self) -> None:
        if self._tally is None:
            self._message.say("The samples are not judged", self.work.text)
            self._stack.setCurrentWidget(self._message)

    def _forget(self) -> None:
        self._tally, self._judged = None, None
        self.overview.forget()
        self.gallery.choose(Choice())
        self.gallery.show_tally(None, "")
        self.chosen.show_tally(None, "")
        self._whose.clear()
        self._again.hide()
        self._stack.setCurrentWidget(self._message)

    def _follow_run(self, state: RunState) -> None:
        """The matrix is told at the end of each epoch, before any sample is judged again."""
        subject, tally = self._asked.subject, self._tally
        if not self._active or subject is None or tally is None or not subject.active or subject.run != state.run:
            return
        if not tally.is_whole:
            return  # matrix and samples grow together
        latest = state.evaluations.get(tally.judged.part)
        if latest is None or not latest.confusion.size or not has_matrix(subject.info):
            return
        if latest.epoch > (self._judged or 0):
            self.overview.show_counts(latest.confusion, tally.names, subject.info)

    def _say_whose(self) -> None:
        subject = self._asked.subject
        if subject is None or self._tally is None:
            return
        trained = bool(subject.directory or subject.run)
        told, now, tally = whose_words("", trained, self._judged), self._asked.epochs, self._tally
        if self._judged is not None and now is None:
            told = f"Samples judged after {counted(self._judged, 'epoch')}, while it trained"
        elif self._judged is not None and now is not None and now > self._judged:
            told = f"Samples judged after {counted(self._judged, 'epoch')}, {counted(now, 'epoch')} done"
        if not tally.is_whole:
            told = f"{count(tally.size)} of {counted(tally.total, 'sample')} judged so far \u00b7 {told}"
        if subject.info.task in _WITH_THRESHOLD:
            told += f" \u00b7 answers count from a score of {100 * self._threshold:.0f} %"
        self._whose.setText(told)

    # Gestures

    def _choose_part(self) -> None:
        part = self.part.part
        self._end.setVisible(part == TEST)
        if part != TEST:  # nobody comes to the test part by having been there before
            self._inspection.preferences.keep_choice(_PART, part)
        if self._tally is not None and self._tally.judged.part != part:
            self._forget()
            self._wait()
        self.ask()

    def _choose_threshold(self, share: float) -> None:
        """The slider under the sample: from there on answers count, in all samples."""
        self._threshold = share
        self.ask()

    def _choose(self, choice: Choice) -> None:
        self.gallery.choose(choice)

    def _choose_all(self) -> None:
        self.overview.choose(Choice())
        self.gallery.choose(Choice())

    def _pick(self, sample: int) -> None:
        if self._tally is not None:
            self._inspection.probe.choose(Sample(self._tally.judged.part, sample))


NO_NETWORK = (
    "Nothing to judge yet",
    "Choose a network above: the run under way, the design, or a run that is over.",
)
