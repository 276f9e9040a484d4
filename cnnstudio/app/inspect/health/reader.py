"""Reads what a timeline tells of the blocks' health, some moments at a time, and keeps what it has read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.inspect.health.history import History, Vital
from cnnstudio.core.formats.timeline import TimelineError
from cnnstudio.core.formats.vitals import BINS, HISTOGRAMS, NORMS, histogram_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.app.inspect.inspection import Inspection

SLICE = 0.006
"""Seconds of reading between two looks at what else there is to do."""
_NORM = "norm/"


class HealthReader(QObject):
    """Follows the timeline of the network that is inspected, while somebody looks."""

    changed = Signal()
    """`history` holds more, or that of another run."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._active = False
        self._folder = ""
        self._read: dict[int, Mapping[str, Vital]] = {}
        """Step -> what was measured then; {} where nothing was."""
        self.history = History()
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._go_on)
        inspection.record.changed.connect(self._begin)
        inspection.subject_changed.connect(self._begin)

    @property
    def reading(self) -> bool:
        """Whether more is being read."""
        return self._slices.isActive()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._active = active
        if active:
            self._begin()
        else:
            self._slices.stop()

    def _begin(self) -> None:
        if not self._active:
            return
        if self._inspection.timeline_folder != self._folder:
            self._folder = self._inspection.timeline_folder
            self._read.clear()
            self._tell()
        self._slices.start()

    def _go_on(self) -> None:
        timeline = self._inspection.record.timeline
        until = time.perf_counter() + SLICE
        for place, moment in enumerate(timeline.moments):
            if moment.step in self._read:
                continue
            try:
                self._read[moment.step] = self._measured(place)
            except TimelineError:  # dropped meanwhile, or damaged: the others tell enough
                self._read[moment.step] = {}
            if time.perf_counter() >= until:
                return
        self._slices.stop()
        self._tell()

    def _measured(self, place: int) -> Mapping[str, Vital]:
        timeline = self._inspection.record.timeline
        names = frozenset(timeline.names(place))
        found = {}
        for name in names:
            if not name.startswith(_NORM):
                continue
            block, norms = name.removeprefix(_NORM), _checked(timeline.array(place, name), len(NORMS))
            wanted = {what: histogram_name(what, block) for what in HISTOGRAMS}
            histograms = {
                what: _checked(timeline.array(place, each), 2 + BINS) for what, each in wanted.items() if each in names
            }
            if norms is not None:
                found[block] = Vital(norms, {what: h for what, h in histograms.items() if h is not None})
        return found

    def _tell(self) -> None:
        subject = self._inspection.subject
        steps = sorted(step for step, found in self._read.items() if found)
        known = {block for step in steps for block in self._read[step]}
        blocks = () if subject is None else tuple(b for b in subject.blocks if b in known)
        self.history = History(tuple(steps), blocks, tuple(self._read[step] for step in steps))
        self.changed.emit()


def _checked(values: Any, size: int) -> Any:
    """The array if it is what it should be: a file of somebody else may hold anything."""
    array = np.asarray(values)
    return array.astype(np.float32) if array.shape == (size,) and array.dtype.kind == "f" else None
