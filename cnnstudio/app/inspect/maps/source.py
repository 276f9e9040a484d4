"""Where the maps of one wall come from: the run that trains, a network that is asked, or a moment of a timeline."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.asking import Question
from cnnstudio.app.features.layer_maps import LayerMaps
from cnnstudio.app.format import counted
from cnnstudio.app.training.watcher import Watcher
from cnnstudio.core.analysis.limits import limits
from cnnstudio.core.formats.timeline import Timeline, pin_of
from cnnstudio.core.program import INPUT
from cnnstudio.wire.messages import PINNED, FeatureMaps, GetMaps, Maps, Sample, WatchFailed

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.app.worker_client import WorkerClient

HERTZ = 11.0
"""Looks a second at most: ten are to be left, and each costs the window some milliseconds beside the training."""


@dataclass(frozen=True)
class Wanted:
    """What a wall shows."""

    subject: Subject
    block: str
    sample: Sample
    moment: int | None = None
    """Of the run's timeline; None for the network as it is now."""
    timeline: Timeline | None = None
    """Where the moment is of; None for the network as it is now."""


@dataclass(frozen=True, eq=False)
class Shown:
    """Maps that have come."""

    layer: LayerMaps
    words: str
    """Of which weights."""


class MapSource(QObject):
    """Gets the maps of what is wanted, and the sample that they are of. Out of sight it asks for nothing."""

    arrived = Signal(object)
    """Shown: new maps of what is wanted."""
    sampled = Signal(object)
    """The sample itself, float32 as the network sees it; None while it is not known."""
    waiting = Signal(str)
    failed = Signal(str, str)
    """There are no maps: the sentence and the details."""

    def __init__(self, worker: WorkerClient, view: int, parent: QObject | None = None) -> None:
        """`view`: the number of its watch, see `Watch`."""
        super().__init__(parent)
        self._worker = worker
        self._wanted: Wanted | None = None
        self._active = False
        self._limits: tuple[float, ...] = ()
        self._watcher = Watcher(worker, self, view=view, hertz=HERTZ)
        self._maps = Question(worker, "the feature maps", self)
        self._sample = Question(worker, "the sample", self)
        worker.received.connect(self._take_live)
        self._maps.answered.connect(self._take)
        self._maps.waiting.connect(self.waiting)
        self._maps.failed.connect(self.failed)
        self._sample.answered.connect(self._take_sample)

    @property
    def wanted(self) -> Wanted | None:
        """What the maps are of."""
        return self._wanted

    @property
    def is_live(self) -> bool:
        """Whether the maps follow a run that the worker holds."""
        wanted = self._wanted
        return wanted is not None and wanted.moment is None and bool(wanted.subject.run)

    def want(self, wanted: Wanted | None) -> None:
        """Show this from now on; None for nothing."""
        if wanted == self._wanted:
            return
        is_other = wanted is not None and (self._wanted is None or wanted.sample != self._wanted.sample)
        if is_other and not _is_own(wanted):
            self.sampled.emit(None)
        goes_on = self._is_followed_already(wanted)
        self._wanted = wanted
        if goes_on:
            return
        self._limits = () if wanted is None else limits(wanted.subject.trace, wanted.block)
        self._begin()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._active = active
        for part in (self._watcher, self._maps, self._sample):
            part.set_active(active)

    def retry(self) -> None:
        """Ask again after a failure."""
        if self._wanted is not None and self._wanted.moment is not None:
            self._begin()
            return
        self._maps.retry()
        self._sample.retry()

    def tell_again(self) -> None:
        """A run has begun: say once more what is watched, so that nothing depends on what the worker kept."""
        self._watcher.tell_again()

    def _is_followed_already(self, wanted: Wanted | None) -> bool:
        """Whether the same watch serves it: a run that has ended is the same network."""
        last = self._wanted
        if wanted is None or last is None or not self.is_live or wanted.moment is not None:
            return False
        here = (wanted.subject.run, wanted.block, wanted.sample)
        return bool(wanted.subject.run) and here == (last.subject.run, last.block, last.sample)

    def _begin(self) -> None:
        wanted = self._wanted
        live = self.is_live
        self._watcher.watch(wanted.block if wanted and live else "", wanted.sample if wanted and live else Sample())
        if wanted is None or live or wanted.moment is not None:
            self._maps.forget()
        if wanted is None:
            self._sample.forget()
        elif wanted.moment is not None:
            self._sample.forget()
            self._replay(wanted, wanted.moment)
        elif live:
            if not _is_own(wanted):
                self.waiting.emit("Waiting for the maps of the run\u2026")
            self._wish(self._sample, wanted, INPUT, predict=False)
        else:
            self._wish(self._maps, wanted, wanted.block)

    def _wish(self, question: Question, wanted: Wanted, block: str, *, predict: bool = True) -> None:
        key = (wanted.subject.key, wanted.subject.run, block, wanted.sample)
        make = functools.partial(_get_maps, wanted.subject, block, wanted.sample, predict)
        question.wish(key, make, at_once=_is_own(wanted))

    # What comes

    def _take_live(self, event: object) -> None:
        wanted = self._wanted
        if wanted is None or not self._active or not self.is_live:
            return
        if not isinstance(event, FeatureMaps | WatchFailed):
            return
        if (event.run, event.block) != (wanted.subject.run, wanted.block):
            return
        if isinstance(event, WatchFailed):
            self.failed.emit(event.message, "")
        elif event.sample == wanted.sample:
            self._show(LayerMaps.of(event, self._limits), _when(event.epoch, event.step))

    def _take(self, event: object) -> None:
        if isinstance(event, Maps):
            self.sampled.emit(event.input)
            self._show(LayerMaps.of(event, self._limits), "trained" if event.trained else "untrained")

    def _take_sample(self, event: object) -> None:
        if isinstance(event, Maps):
            self.sampled.emit(event.input)

    def _replay(self, wanted: Wanted, number: int) -> None:
        try:
            timeline = wanted.timeline or Timeline(Path(), ())
            pin = pin_of(wanted.sample.part, wanted.sample.index)
            found = timeline.layer(number, pin, wanted.block) if 0 <= number < len(timeline) else None
            layer = None if found is None else LayerMaps.checked(found.maps, found.low, found.high, self._limits)
        except ValueError as error:  # TimelineError, or arrays that are no maps
            self.failed.emit(str(error), "")
            return
        if found is None or layer is None:
            sentence = f"The timeline has no maps of {wanted.block} for this probe at this moment. Choose another probe"
            self.failed.emit(f"{sentence}, or press Live in the timeline.", "")
            return
        sample: Floats | None = found.input
        self.sampled.emit(sample)
        moment = timeline.moments[number]
        self._show(layer, _when(moment.epoch, moment.step))

    def _show(self, layer: LayerMaps, words: str) -> None:
        self.arrived.emit(Shown(layer, words))


def _is_own(wanted: Wanted | None) -> bool:
    """Whether the sample may be a drawing that is being drawn: its maps follow the pen, and nothing flickers."""
    return wanted is not None and wanted.sample.part == PINNED


def _when(epoch: int, step: int) -> str:
    return f"epoch {epoch:,}, {counted(step, 'step')}" if step else "untrained"


def _get_maps(subject: Subject, block: str, sample: Sample, predict: bool, request: int) -> GetMaps:
    return GetMaps(request, subject.text, block, sample, subject.directory, predict)
