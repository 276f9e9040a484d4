"""The sample in front: its values, its truth where the data know it, and what the network says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from cnnstudio.app.asking import Question
from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.wire.messages import PINNED, GetMaps, Maps

if TYPE_CHECKING:
    from collections.abc import Hashable

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.why.network import Asked
    from cnnstudio.wire.messages import Sample, Samples


class SampleInFront(QObject):
    """Gets what is known of the sample. A pinned one comes from the worker that holds it, without a truth."""

    changed = Signal()
    """Another sample, or its values or its truth have come: see `values` and `target`."""
    predicted = Signal()
    """What the network says has come, or is gone: see `prediction`."""
    failed = Signal(str)
    waiting = Signal()
    """It is asked for, for the first time or again."""
    """The sample could not be had: the sentence."""

    def __init__(self, inspection: Inspection, asked: Asked, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection, self._asked = inspection, asked
        self._loader = SampleLoader(inspection.worker, self)
        self._maps = Question(inspection.worker, "the prediction", self)
        self._key: Hashable = None
        self.values: Any = None
        """float32 with the input's shape; None until they have come."""
        self.target: Any = None
        """As in wire.messages.Samples.targets; None while, or where, nobody knows it."""
        self.prediction: Any = None
        """As in wire.messages.FeatureMaps.prediction; None until it has come."""
        self._loader.loaded.connect(self._take_sample)
        self._loader.failed.connect(self._fail)
        self._maps.answered.connect(self._take_maps)
        self._maps.failed.connect(self._fail)
        self._maps.waiting.connect(self._wait)
        inspection.sample_changed.connect(self.ask)
        asked.renewed.connect(self.ask)
        asked.outdated.connect(self.ask)

    @property
    def sample(self) -> Sample:
        """The sample."""
        return self._inspection.sample

    @property
    def words(self) -> str:
        """What it is called in a line."""
        return self._inspection.probe.words

    @property
    def name(self) -> str:
        """What one of the person's own is called; "" for one of the data, which goes by its place."""
        return self.words if self.sample.part == PINNED else ""

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking; only then is anything asked for."""
        self._loader.set_active(active)
        self._maps.set_active(active)

    def retry(self) -> None:
        """Ask again after a failure."""
        self._key = None
        if self.sample.part != PINNED:
            self._loader.retry()
        self._maps.retry()
        self.ask()

    def ask(self) -> None:
        """Ask for what is not known of the sample in front."""
        subject, sample = self._inspection.subject, self.sample
        if subject is None:
            self._maps.forget()
            self._loader.drop()
            return
        key = (subject.experiment.data, sample)
        if key != self._key:
            self._key, self.values, self.target, self.prediction = key, None, None, None
            self.changed.emit()
            self.predicted.emit()
        if sample.part == PINNED:
            self._loader.drop()
        else:
            self._loader.want(Wish(subject.experiment, sample.part, sample.index, 1), at_once=True)
        block = next(reversed(subject.blocks), "")
        if not block:
            self._maps.forget()
            return
        text, directory = subject.text, subject.directory

        def made(request: int) -> GetMaps:
            return GetMaps(request, text, block, sample, directory)

        self._maps.wish((self._asked.key, sample), made)

    def _take_sample(self, samples: Samples) -> None:
        if len(samples.inputs) and (samples.part, samples.start) == (self.sample.part, self.sample.index):
            self.values, self.target = samples.inputs[0], samples.targets[0]
            self.changed.emit()
            self.predicted.emit()

    def _take_maps(self, event: Maps) -> None:
        if self.values is None:
            self.values = event.input
            self.changed.emit()
        self.prediction = event.prediction
        self.predicted.emit()

    def _wait(self, _sentence: str) -> None:
        self.waiting.emit()

    def _fail(self, sentence: str, details: str) -> None:
        self.failed.emit(sentence)
