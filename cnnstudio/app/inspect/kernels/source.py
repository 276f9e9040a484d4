"""Where the kernels of the Kernels tab come from: the worker, or a moment of a timeline."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from cnnstudio.app.asking import Question
from cnnstudio.app.features.kernels import arranged
from cnnstudio.core.formats.timeline import KERNEL, TimelineError
from cnnstudio.wire.messages import GetKernels, Kernels

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.subject import Subject

NO_KERNELS = "This block slides no kernels over its input. Choose a convolution."
NOT_KEPT = "The timeline keeps no kernels of this block at this moment: they take too much room. Press Live."


@dataclass(frozen=True, eq=False)
class KernelSet:
    """The kernels of one block, (out, in, sizes...)."""

    now: Floats
    start: Floats | None
    """Before the first step; None where that is not known."""


class KernelSource(QObject):
    """Follows network, block and moment while somebody looks."""

    arrived = Signal(object)
    """KernelSet."""
    waiting = Signal(str)
    failed = Signal(str, str)

    def __init__(self, inspection: Inspection, parent: QObject) -> None:
        super().__init__(parent)
        self._inspection = inspection
        self._active = False
        self._epoch = 0
        self._question = Question(inspection.worker, "the kernels", self)
        self._question.answered.connect(self._take)
        self._question.waiting.connect(self.waiting)
        self._question.failed.connect(self.failed)
        for signal in (inspection.subject_changed, inspection.block_changed, inspection.moment_changed):
            signal.connect(self.refresh)
        inspection.run.changed.connect(self._follow_run)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see the tab."""
        self._active = active
        self._question.set_active(active)
        if active:
            self.refresh()

    def retry(self) -> None:
        """Ask again after a failure."""
        self._question.retry()

    def refresh(self) -> None:
        """Get the kernels of what is chosen now."""
        subject, block = self._inspection.subject, self._inspection.block
        if not self._active or subject is None:
            return
        if not subject.sliding_layer(block):
            self._question.forget()
            self.failed.emit(NO_KERNELS, "")
        elif self._inspection.moment is not None:
            self._question.forget()
            self._replay(self._inspection.moment)
        else:
            epoch = self._epoch if subject.active else -1
            key = (subject.key, subject.run, epoch, block)
            self._question.wish(key, functools.partial(_get_kernels, subject, block))

    def _follow_run(self) -> None:
        """While it trains, the kernels are asked for anew with each epoch."""
        epoch = len(self._inspection.run.state.history)
        if epoch != self._epoch:
            self._epoch = epoch
            if self._inspection.moment is None:
                self.refresh()

    def _take(self, event: object) -> None:
        if isinstance(event, Kernels):
            self._tell(event.kernels, event.start)

    def _replay(self, moment: int) -> None:
        now = self._kept(moment)
        if now is None:
            self.failed.emit(NOT_KEPT, "")
        else:
            self._tell(now, self._kept(0))

    def _kept(self, moment: int) -> Any:
        timeline = self._inspection.record.timeline
        try:
            found = timeline.array(moment, f"{KERNEL}/{self._inspection.block}")
        except (KeyError, IndexError, TimelineError):
            return None
        return found if found.dtype.kind == "f" and found.ndim > 2 and found.size else None

    def _tell(self, now: Any, start: Any) -> None:
        subject = self._inspection.subject
        if subject is None:
            return
        layer = subject.sliding_layer(self._inspection.block)
        kernels = arranged(np.asarray(now), layer)
        begun = None if start is None else arranged(np.asarray(start), layer)
        self.arrived.emit(KernelSet(kernels, begun if begun is not None and begun.shape == kernels.shape else None))


def _get_kernels(subject: Subject, block: str, request: int) -> GetKernels:
    return GetKernels(request=request, experiment=subject.text, directory=subject.directory, block=block)
