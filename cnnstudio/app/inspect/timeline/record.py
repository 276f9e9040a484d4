"""The timeline of the run that is inspected, read from its folder, growing while the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.core.formats.timeline import Timeline, TimelineError
from cnnstudio.wire.messages import Recorded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.formats.timeline import Moment

_SETTLE_MS = 400
"""How long after a moment was kept the folder is read again: in the first second there are many."""


class Record(QObject):
    """Holds the timeline. It needs neither worker nor TensorFlow; moments are counted from 0, as in `Timeline`."""

    changed = Signal()
    """There are more moments, or others, or a `problem`."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._active = False
        self._folder = ""
        self.timeline = Timeline(Path(), ())
        """Without moments where the network is of no run, or its run has kept none."""
        self.problem = ""
        """Why it cannot be read, or why moments are missing: a sentence, or ""."""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_SETTLE_MS)
        self._later.timeout.connect(self.read)
        inspection.subject_changed.connect(self._follow)
        inspection.worker.received.connect(self._take)

    @property
    def grows(self) -> bool:
        """Whether more moments come: the run is under way."""
        subject = self._inspection.subject
        return subject is not None and subject.active

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking; the folder is read only then."""
        self._active = active
        if active:
            self.read()
        else:
            self._later.stop()

    def read(self) -> None:
        """Read the folder again. What is looked at stays the same moment, or the nearest one that is left."""
        folder = self._inspection.timeline_folder
        other, self._folder = folder != self._folder, folder
        before, problem = self.timeline.moments, "" if other else self.problem
        try:
            timeline = Timeline.open(folder) if folder else Timeline(Path(), ())
        except TimelineError as error:
            timeline, problem = Timeline(Path(), ()), str(error)
        if not other and (timeline.moments, problem) == (before, self.problem):
            return
        self.timeline, self.problem = timeline, problem
        inspection = self._inspection
        inspection.choose_moment(_again(before, inspection.moment, timeline.moments, other))
        inspection.choose_second_moment(_again(before, inspection.second_moment, timeline.moments, other))
        self.changed.emit()

    def _follow(self) -> None:
        if self._active and self._inspection.timeline_folder != self._folder:
            self.read()

    def _take(self, event: object) -> None:
        subject = self._inspection.subject
        if isinstance(event, Recorded) and subject is not None and event.run == subject.run:
            if event.problem != self.problem:
                self.problem = event.problem
                self.changed.emit()
            if self._active and not self._later.isActive():
                self._later.start()


def _again(before: Sequence[Moment], place: int | None, now: Sequence[Moment], other: bool) -> int | None:
    """Where the moment at that place is now; None in another timeline, or where none is left."""
    if place is None or other or not now or not 0 <= place < len(before):
        return None
    step = before[place].step
    return min(range(len(now)), key=lambda i: abs(now[i].step - step))
