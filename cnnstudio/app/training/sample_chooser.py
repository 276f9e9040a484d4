"""Choosing the sample whose feature maps are watched: part, strip of thumbnails, previous, next, random."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.parts import PartField
from cnnstudio.app.data.sample_list import SampleList
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import space
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from cnnstudio.app.probe import Probe
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

PAGE = 48
SIDE = 48


class SampleChooser(QWidget):
    """Shows the probe and chooses another. The strip is a page of the part around it."""

    chosen = Signal()
    """Another sample is to be watched: see `sample`."""

    def __init__(self, worker: WorkerClient, probe: Probe, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_chooser")
        self._experiment: Experiment | None = None
        self._probe = probe
        self._total = 0
        self._samples: Samples | None = None
        self._loader = SampleLoader(worker, self)
        self._part = PartField("sample_part")
        self._previous = tool("sample_previous", "chevron-left", "Previous sample")
        self._next = tool("sample_next", "chevron-right", "Next sample")
        self._random = tool("sample_random", "shuffle", "Random sample")
        self._state = words("sample_state", tone="muted", wrap=True)
        self._retry = tool("sample_retry", "reset", "Ask for the samples again", text="Retry")
        self._strip = SampleList("sample_strip", SIDE, strip=True)
        self._strip.setToolTip("Samples of the part: choose the one whose feature maps are shown")
        self._strip.setFixedHeight(SIDE + self._strip.fontMetrics().height() + space(9))
        self.view = ChosenSample()
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        self.buttons = QHBoxLayout()
        self.buttons.setSpacing(space(1))
        for widget in (self._part, self._previous, self._next, self._random):
            self.buttons.addWidget(widget)
        waiting = QWidget()
        line = QHBoxLayout(waiting)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self._state, 1)
        line.addWidget(self._retry)
        self._stack = QStackedWidget()
        self._stack.setFixedHeight(self._strip.height())
        self._stack.addWidget(waiting)
        self._stack.addWidget(self._strip)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, space(2))
        column.setSpacing(space(2))
        column.addWidget(self._stack)
        column.addWidget(self.view, 1)
        self._say("Loading the samples\u2026")

    def _connect(self) -> None:
        self._loader.loading.connect(self._say)
        self._loader.loaded.connect(self._fill)
        self._loader.failed.connect(self._fail)
        self._part.currentTextChanged.connect(self._change_part)
        self._previous.clicked.connect(self._go_back)
        self._next.clicked.connect(self._go_on)
        self._random.clicked.connect(self._go_anywhere)
        self._retry.clicked.connect(self._loader.retry)
        self._strip.picked.connect(self._pick)
        self._probe.changed.connect(self._follow)
        self._probe.known.connect(self._show)
        self._part.show_part(self._probe.sample.part)

    @property
    def sample(self) -> Sample:
        """The sample to watch."""
        return self._probe.sample

    @property
    def strip(self) -> SampleList:
        """The thumbnails."""
        return self._strip

    @property
    def state_text(self) -> str:
        """What is said in place of thumbnails; "" while they are shown."""
        return self._state.text() if self._stack.currentIndex() == 0 else ""

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight; only then are samples asked for."""
        self._loader.set_active(active)

    def show_experiment(self, experiment: Experiment) -> None:
        """Choose from the data of this experiment; other data start at their first sample."""
        other = self._experiment is None or self._experiment.data != experiment.data
        self._experiment = experiment
        if other:
            self._total, self._samples = 0, None  # those of the data before are no samples of these
        self._load()

    def _load(self) -> None:
        if self._experiment is not None:
            start = 0 if self._probe.is_own else self._probe.sample.index // PAGE * PAGE
            self._loader.want(Wish(self._experiment, self._part.part, start, PAGE), at_once=True)

    def _fill(self, samples: Samples) -> None:
        if self._experiment is None:
            return
        self._samples, self._total = samples, samples.total
        self._strip.put(samples, self._experiment.data.info())
        self._stack.setCurrentWidget(self._strip)
        if self._probe.sample.index >= samples.total and not self._probe.is_own:
            self._go_to(max(0, samples.total - 1))
        self._show()

    def _show(self) -> None:
        if self._probe.is_own:
            self._show_own()
            return
        samples, row = self._samples, self._row()
        if samples is None or row is None or self._experiment is None:
            return
        self._strip.select_row(row)
        self._previous.setEnabled(self._probe.sample.index > 0)
        self._next.setEnabled(self._probe.sample.index < self._total - 1)
        info = self._experiment.data.info()
        self.view.show_sample(
            self._probe.sample.part, self._probe.sample.index, samples.inputs[row], samples.targets[row], info
        )

    def _show_own(self) -> None:
        """A pinned sample is not in the strip, and nobody knows its truth."""
        self._strip.clearSelection()
        self._strip.setCurrentIndex(QModelIndex())
        for button in (self._previous, self._next):
            button.setEnabled(False)
        if self._experiment is not None and self._probe.inputs is not None:
            sample, info = self._probe.sample, self._experiment.data.info()
            self.view.show_sample(sample.part, sample.index, self._probe.inputs, None, info, self._probe.words)

    def _row(self) -> int | None:
        """The chosen sample's place in the strip; None while the strip shows others."""
        samples = self._samples
        if samples is None or samples.part != self._probe.sample.part:
            return None
        row = self._probe.sample.index - samples.start
        return row if 0 <= row < len(samples.inputs) else None

    def _go_to(self, index: int) -> None:
        self._probe.choose(Sample(self._part.part, index))

    def _follow(self) -> None:
        """Another sample is looked at, chosen here or elsewhere."""
        self._part.show_part(self._probe.sample.part)
        if self._row() is None and not (self._probe.is_own and self._samples is not None):
            self._load()
        else:
            self._show()
        self.chosen.emit()

    def _move_to(self, index: int) -> None:
        if 0 <= index < self._total:
            self._go_to(index)

    def _pick(self, row: int) -> None:
        if self._samples is not None and self._samples.start + row != self._probe.sample.index:
            self._move_to(self._samples.start + row)

    def _go_back(self) -> None:
        self._move_to(self._probe.sample.index - 1)

    def _go_on(self) -> None:
        self._move_to(self._probe.sample.index + 1)

    def _go_anywhere(self) -> None:
        if self._total > 1:
            step = random.randrange(1, self._total)
            before = 0 if self._probe.is_own else self._probe.sample.index
            self._move_to((before + step) % self._total)

    def _change_part(self) -> None:
        if self._probe.is_own or self._part.part != self._probe.sample.part:
            self._total = 0
            self._go_to(0)

    def _say(self, text: str) -> None:
        self._state.setText(text)
        self._retry.setVisible(False)
        self._stack.setCurrentIndex(0)

    def _fail(self, sentence: str, details: str) -> None:
        self._say(sentence)
        self._state.setToolTip(details)
        self._retry.setVisible(True)
