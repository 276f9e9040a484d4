"""Small pictures of every block's maps, for the list of blocks: sent by the run while it trains, else asked for."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.asking import Question
from cnnstudio.app.canvas.thumbnails import ink_for, painted
from cnnstudio.app.inspect.block_model import PICTURE
from cnnstudio.app.theme import themes
from cnnstudio.wire.messages import GetPreviews, Previews, WatchPreviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPixmap

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.core.program import Tensor
    from cnnstudio.wire.messages import Command, Sample

HERTZ = 1.0
VIEW = 1
"""Number of its pictures; those of the canvas are 0."""
SIZE = 2 * PICTURE
"""Pixels: twice as fine as a row shows them, for dense screens."""
SETTLE_MS = 100
"""Moments and samples that follow each other faster are not asked for one by one."""


class BlockPictures(QObject):
    """Asks while anyone looks; the pictures of a network stay until there are others of it."""

    changed = Signal()
    """`pictures` are others."""

    def __init__(self, inspection: Inspection) -> None:
        super().__init__(inspection)
        self._inspection = inspection
        self._active = False
        self.pictures: Mapping[str, QPixmap] = {}
        """By block; none while none have come."""
        self._watched: WatchPreviews | None = None
        self._latest: Previews | None = None
        self._of: Subject | None = None
        """The network that the pictures are of."""
        self._question = Question(inspection.worker, "pictures of the blocks", self)
        self._question.answered.connect(self._show)
        self._later = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._later.timeout.connect(self._refresh)
        inspection.subject_changed.connect(self._follow)
        inspection.sample_changed.connect(self._later.start)
        inspection.worker.received.connect(self._take)
        inspection.worker.state_changed.connect(self._follow_worker)
        themes.changed.connect(self._paint)

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._active = active
        self._question.set_active(active)
        self._refresh()

    def _follow(self) -> None:
        subject = self._inspection.subject
        if subject is None or self._of is None or not subject.continues(self._of):
            self._latest = None
            self._paint()
        self._later.start()

    def _follow_worker(self, state: str) -> None:
        if state in ("starting", "lost", "stopped"):
            self._watched = None  # a new worker knows of no watch
        else:
            self._refresh()

    def _refresh(self) -> None:
        subject, sample = self._inspection.subject, self._inspection.sample
        live = self._active and subject is not None and subject.active
        self._watch(WatchPreviews(sample, HERTZ, SIZE, VIEW) if live else None)
        if subject is None or live or not self._active:
            self._question.forget()
            return
        self._question.wish((subject.key, sample), functools.partial(_asked, subject, sample))

    def _watch(self, wanted: WatchPreviews | None) -> None:
        if wanted == self._watched or self._inspection.worker.state not in ("ready", "busy"):
            return
        self._watched = wanted
        self._inspection.worker.send(wanted or WatchPreviews(self._inspection.sample, 0.0, SIZE, VIEW))

    def _take(self, event: object) -> None:
        subject = self._inspection.subject
        if self._watched is None or subject is None or not isinstance(event, Previews):
            return
        if event.request == 0 and event.run == subject.run:
            self._show(event)

    def _show(self, event: object) -> None:
        if isinstance(event, Previews):
            self._latest, self._of = event, self._inspection.subject
            self._paint()

    def _paint(self) -> None:
        latest, subject = self._latest, self._inspection.subject
        pictures: dict[str, QPixmap] = {}
        if latest is not None and subject is not None:
            size = int(latest.pictures.shape[-1])
            traced = subject.trace.blocks
            outputs: dict[str, Tensor] = {id: b.output for id, b in traced.items() if b.output is not None}
            for id, levels in zip(latest.blocks, latest.pictures, strict=True):
                if id in outputs:
                    pictures[id] = painted(levels.tobytes(), size, ink_for(id, outputs[id]))
        self.pictures = pictures
        self.changed.emit()


def _asked(subject: Subject, sample: Sample, request: int) -> Command:
    return GetPreviews(request, subject.text, sample, subject.directory, SIZE, VIEW)
