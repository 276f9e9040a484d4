"""What the network makes of a drawing, while the pen moves: one drawing is under way to it at a time."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.asking import Question
from cnnstudio.wire.messages import FeatureMaps, GetMaps, Maps, Sample

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject

PATIENCE_MS = 500
"""So long the prediction is waited for that the maps of the page bring along."""
ENDED = "The worker has ended. The drawing stays, and the next worker is asked about it."
LOADS = "The worker is loading. It is asked about the drawing as soon as it is ready."


class PadAnswer(QObject):
    """Asks about a drawing unless another view has done so already: its answer tells the prediction, too."""

    arrived = Signal(object)
    """Maps or FeatureMaps of the drawing that was asked about."""
    told = Signal(str, str)
    """A sentence in place of an answer, and its details."""
    free = Signal()
    """Nothing is under way any more: the next drawing may go."""
    again = Signal()
    """Another worker is ready, which knows nothing of the drawing."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._subject: Subject | None = None
        self._sample: Sample | None = None
        self._active = False
        self._waits = False
        """Whether another worker is to be asked once it is ready."""
        self._question = Question(inspection.worker, "the prediction", self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._ask_alone)
        self._question.answered.connect(self._take)
        self._question.failed.connect(self._fail)
        self._question.waiting.connect(self._wait)
        inspection.worker.received.connect(self._overhear)
        inspection.worker.state_changed.connect(self._follow_worker)

    @property
    def is_under_way(self) -> bool:
        """Whether a drawing is with the network."""
        return self._sample is not None

    def set_active(self, active: bool) -> None:
        """Whether the pad is open."""
        self._active = active
        self._question.set_active(active)
        if not active:
            self.forget()

    def forget(self) -> None:
        """Nothing is asked any more."""
        self._patience.stop()
        self._question.forget()
        self._sample, self._waits = None, False

    def can_ask(self) -> bool:
        """Whether there is a worker to ask; else it is asked once there is, and that is said."""
        if self._inspection.worker.state in ("ready", "busy"):
            return True
        self._waits = True
        self.told.emit(LOADS, "")
        return False

    def ask(self, subject: Subject, sample: Sample) -> None:
        """What does this network make of that drawing?"""
        self.told.emit("", "")
        self._subject, self._sample = subject, sample
        if self._inspection.shows_maps and self._inspection.moment is None:
            self._patience.start()  # the wall has asked already, and its answer brings the prediction
        else:
            self._ask_alone()

    def _ask_alone(self) -> None:
        subject, sample = self._subject, self._sample
        if subject is not None and sample is not None:
            make = functools.partial(_getting, subject, next(reversed(subject.blocks), ""), sample)
            self._question.wish((subject.key, sample), make, at_once=True)

    def _overhear(self, event: object) -> None:
        """What another view has asked about the drawing tells the prediction, too."""
        if self._sample is not None and isinstance(event, Maps | FeatureMaps) and event.sample == self._sample:
            self._question.forget()
            self._take(event)

    def _take(self, answer: object) -> None:
        if not isinstance(answer, Maps | FeatureMaps) or self._subject is None or answer.sample != self._sample:
            return
        if isinstance(answer, Maps) and answer.prediction is None and self._subject.active:
            return  # the sample alone; the maps of the run bring the prediction
        self._patience.stop()
        self._sample = None
        self.arrived.emit(answer)
        self.free.emit()

    def _wait(self, sentence: str) -> None:
        self.told.emit(sentence, "")

    def _fail(self, sentence: str, details: str) -> None:
        self._sample = None
        self.told.emit(sentence, details)
        self.free.emit()

    def _follow_worker(self, state: str) -> None:
        """A worker that ends takes nothing of the drawing along: the next one is asked about it as it is then."""
        if not self._active:
            return
        if state == "lost":
            self.forget()
            self._waits = True
            self.told.emit(ENDED, "")
        elif state in ("ready", "busy") and self._waits:
            self._waits = False
            self.told.emit("", "")
            self.again.emit()


def _getting(subject: Subject, block: str, sample: Sample, request: int) -> GetMaps:
    return GetMaps(request, subject.text, block, sample, subject.directory)
