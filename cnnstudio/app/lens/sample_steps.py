"""Choosing the sample under the lens: part, previous and next, with what it shows in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.parts import PartField
from cnnstudio.app.data.sample_painter import target_words
from cnnstudio.app.features.words import tool
from cnnstudio.app.theme import space
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.probe import Probe
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples


class SampleSteps(QWidget):
    """Shows the probe and chooses another; knows its values as soon as the worker has sent them."""

    chosen = Signal()
    """Another sample was chosen: see `sample`."""
    arrived = Signal()
    """The values of the chosen sample are there, or are gone: see `values`."""
    waiting = Signal(str)
    failed = Signal(str, str)
    """See SampleLoader."""

    def __init__(self, worker: WorkerClient, probe: Probe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens_sample_steps")
        self._experiment: Experiment | None = None
        self._probe = probe
        self._values: Floats | None = None
        self._total = 0
        self._loader = SampleLoader(worker, self)
        self._part = PartField("lens_part")
        self._previous = tool("lens_previous", "chevron-left", "Previous sample")
        self._next = tool("lens_next", "chevron-right", "Next sample")
        self._target = ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(1))
        for widget in (self._part, self._previous, self._next):
            row.addWidget(widget)
        self._part.currentTextChanged.connect(self._change_part)
        self._previous.clicked.connect(self._go_back)
        self._next.clicked.connect(self._go_on)
        self._loader.loading.connect(self.waiting)
        self._loader.loaded.connect(self._take)
        self._loader.failed.connect(self.failed)
        probe.changed.connect(self._follow)
        probe.known.connect(self._follow_own)
        self._part.show_part(probe.sample.part)
        self._show_ends()

    @property
    def words(self) -> str:
        """The chosen sample and what it shows: "sample 3: cat"."""
        told = self._probe.words if self._probe.is_own else f"sample {self._probe.sample.index:,}"
        return f"{told}: {self._target}" if self._target else told

    @property
    def sample(self) -> Sample:
        """The sample to look at."""
        return self._probe.sample

    @property
    def values(self) -> Floats | None:
        """Its values, float32 in the shape of the data; None until they have come."""
        return self._values

    def set_active(self, active: bool) -> None:
        """Whether the lens is in sight; only then are samples asked for."""
        self._loader.set_active(active)

    def retry(self) -> None:
        """Ask again after a failure."""
        self._loader.retry()

    def show_experiment(self, experiment: Experiment) -> None:
        """Choose from the data of this experiment; other data start at their first sample."""
        other = self._experiment is None or self._experiment.data != experiment.data
        self._experiment = experiment
        if other:
            self._total = 0
            self._load()

    def _go_to(self, index: int) -> None:
        self._probe.choose(Sample(self._part.part, index))

    def _follow(self) -> None:
        """Another sample is looked at, chosen here or elsewhere."""
        self._part.show_part(self._probe.sample.part)
        self._load()
        self.chosen.emit()

    def _load(self) -> None:
        self._values, self._target = None, ""
        if self._probe.is_own:
            self._loader.drop()
            self._values = self._probe.inputs
        elif self._experiment is not None:
            sample = self._probe.sample
            self._loader.want(Wish(self._experiment, sample.part, sample.index, 1), at_once=True)
        self._show_ends()
        self.arrived.emit()

    def _follow_own(self) -> None:
        if self._probe.is_own and self._values is not self._probe.inputs:
            self._load()

    def _take(self, samples: Samples) -> None:
        self._total = samples.total
        if self._probe.sample.index >= samples.total > 0:
            self._go_to(samples.total - 1)
            return
        if len(samples.inputs) and self._experiment is not None:
            self._values = samples.inputs[0]
            self._target = target_words(samples.targets[0], self._experiment.data.info())
        self._show_ends()
        self.arrived.emit()

    def _show_ends(self) -> None:
        index, own = self._probe.sample.index, self._probe.is_own
        self._previous.setEnabled(index > 0 and not own)
        self._next.setEnabled(index < self._total - 1 and not own)

    def _go_back(self) -> None:
        self._go_to(self._probe.sample.index - 1)

    def _go_on(self) -> None:
        self._go_to(self._probe.sample.index + 1)

    def _change_part(self) -> None:
        if self._part.part != self._probe.sample.part:
            self._total = 0
            self._go_to(0)
