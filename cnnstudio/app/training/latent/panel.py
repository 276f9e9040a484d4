"""The Bottleneck tab: what the network makes of the values that a person sets between encoder and decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.mosaic import decode
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import count
from cnnstudio.app.probe import sample_words
from cnnstudio.app.theme import space
from cnnstudio.app.training.latent.newest import Newest
from cnnstudio.app.training.latent.sliders import MOST, ValueSliders
from cnnstudio.app.training.viewers.pictures import Picture, PictureRow, bounds_of, grey_or_colour, image_of, plane
from cnnstudio.core.analysis.bottleneck import bottleneck
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.wire.messages import Decoded, GetDecoded, GetMaps, Maps, Sample

if TYPE_CHECKING:
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.run_state import RunState

LEAST_REACH = 1.0
BEYOND = 1.5
"""Sliders reach so much further than the values that samples have been seen to give."""


class LatentPanel(QWidget):
    """Starts from the encoding of the shown sample; while nothing was moved it follows sample and training."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("latent_panel")
        self._experiment: Experiment | None = None
        self._text = ""
        self._block = ""
        self._info: DataInfo | None = None
        self._state: RunState | None = None
        self._sample = Sample()
        self._asked: tuple[object, ...] = ()
        self._input: Any = None
        self._encoding: Any = None
        self._output: Any = None
        self._seen = (0.0, 0.0)
        self._moved = False
        self._encodings = Newest(worker, self)
        self._outputs = Newest(worker, self)
        self._message = MessageView("latent_message")
        self._told = words("latent_told", tone="muted", scale="caption")
        self._reset = tool("latent_reset", "reset", "Back to the values of the sample", text="Reset")
        self._randomise = tool("latent_randomise", "shuffle", "Draw all values that have a slider", text="Randomise")
        self._pictures = PictureRow("latent_pictures", "The sample, and what the network makes of the values")
        self.sliders = ValueSliders()
        self._arrange()
        self._reset.clicked.connect(self.reset)
        self._randomise.clicked.connect(self.sliders.randomise)
        self.sliders.moved.connect(self._follow_sliders)
        self._encodings.answered.connect(self._take_encoding)
        self._encodings.failed.connect(self._fail)
        self._outputs.answered.connect(self._take_output)
        self._outputs.failed.connect(self._fail)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(1))
        top.addWidget(self._told, 1)
        top.addWidget(self._reset)
        top.addWidget(self._randomise)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setObjectName("latent_splitter")
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._pictures)
        parts.addWidget(self.sliders)
        parts.setStretchFactor(0, 3)
        parts.setStretchFactor(1, 2)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(parts, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, space(2), 0, 0)
        whole.addWidget(self._stack)

    # What others look at

    @property
    def block(self) -> str:
        """The bottleneck; "" where there is none."""
        return self._block

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The sample and the output."""
        return self._pictures.pictures

    @property
    def message(self) -> str:
        """What is said in place of sliders; "" while there are some."""
        if self._stack.currentIndex():
            return ""
        return f"{self._message.title}: {self._message.text}"

    def follow(self, state: RunState, experiment: Experiment, sample: Sample) -> bool:
        """Take in run, what it trains and the shown sample; True where the task has use for this panel."""
        if experiment is not self._experiment:
            self._learn(experiment)
        if self._state is None or state.run != self._state.run:
            self._forget_values()
        if sample != self._sample:
            self._moved = False
        self._state, self._sample = state, sample
        if self.isVisible():
            self._refresh()
        return self._info is not None and self._info.task is Task.RECONSTRUCTION

    def showEvent(self, event: object) -> None:
        """Catch up with what happened while it was hidden."""
        self._refresh()

    def reset(self) -> None:
        """Back to the encoding of the sample."""
        self._moved = False
        if self._encoding is not None:
            self._show_encoding()

    def _learn(self, experiment: Experiment) -> None:
        same = self._experiment is not None and (experiment.architecture, experiment.data) == (
            self._experiment.architecture,
            self._experiment.data,
        )
        self._experiment = experiment
        if same:
            return
        self._info = experiment.data.info()
        traced = trace(experiment.architecture, self._info)
        self._block = bottleneck(traced) if self._info.task is Task.RECONSTRUCTION else ""
        self._forget_values()

    def _forget_values(self) -> None:
        self._encodings.forget()
        self._outputs.forget()
        self._asked, self._encoding, self._output, self._input = (), None, None, None
        self._seen, self._moved = (0.0, 0.0), False

    # Asking

    def _refresh(self) -> None:
        state = self._state
        if state is None or self._experiment is None:
            return
        if nothing := self._nothing(state):
            self._message.say(*nothing)
            self._stack.setCurrentIndex(0)
            return
        wanted = (state.run, self._sample, len(state.history), state.active)
        if wanted == self._asked:
            return
        self._asked = wanted
        self._text = write_experiment(self._experiment)
        if self._encoding is None:
            self._message.say("One moment", "The sample is on its way through the encoder.")
            self._stack.setCurrentIndex(0)
        self._encodings.ask(self._question)
        if self._moved:
            self._decode()

    def _nothing(self, state: RunState) -> tuple[str, str] | None:
        if not self._block:
            return "No bottleneck", (
                "Put a narrow block between Input and Output, such as a Dense with 16 units, and let no connection "
                "lead past it: its values appear here as sliders."
            )
        if not state.run or state.phase == "starting":
            return "Nothing to decode yet", f"Press Train (F5): the values of {self._block} appear here as sliders."
        if state.phase == "failed":
            return "Nothing to decode", "The run failed. Mend it and press Train (F5)."
        return None

    def _question(self, request: int) -> GetMaps:
        return GetMaps(request, self._text, self._block, self._sample, self._directory, predict=False)

    @property
    def _directory(self) -> str:
        return "" if self._state is None else self._state.directory

    def _take_encoding(self, event: object) -> None:
        if not isinstance(event, Maps) or event.block != self._block:
            return
        values = decode(event.maps, event.low, event.high)
        self._encoding = np.moveaxis(values, 0, -1)
        self._input = event.input
        low, high = float(self._encoding.min()), float(self._encoding.max())
        self._seen = min(self._seen[0], low), max(self._seen[1], high)
        self._stack.setCurrentIndex(1)
        if self._moved:
            self._paint()
        else:
            self._show_encoding()

    def _show_encoding(self) -> None:
        reach = max(LEAST_REACH, BEYOND * max(-self._seen[0], self._seen[1]))
        low = 0.0 if self._seen[0] >= 0 else -reach
        self.sliders.show_values(self._encoding.ravel(), low, reach)
        number = self._encoding.size
        shown = f"the first {MOST} of {count(number)} values" if number > MOST else f"{count(number)} values"
        self._told.setText(f"{self._block}: {shown} of {sample_words(self._sample)}")
        self._decode()

    def _follow_sliders(self) -> None:
        self._moved = True
        self._told.setText(f"{self._block}: values moved away from those of {sample_words(self._sample)}")
        self._decode()

    def _decode(self) -> None:
        self._outputs.ask(self._decoding)

    def _decoding(self, request: int) -> GetDecoded:
        values = np.array(self.sliders.values).reshape(self._encoding.shape)
        return GetDecoded(request, self._text, self._directory, self._block, values)

    def _take_output(self, event: object) -> None:
        if isinstance(event, Decoded):
            self._output = np.asarray(event.output)
            self._paint()

    def _fail(self, sentence: str, details: str) -> None:
        self._message.say("The network cannot be asked", sentence, details=details)
        self._stack.setCurrentIndex(0)
        self._encoding = None

    def _paint(self) -> None:
        if self._input is None or self._info is None:
            return
        bounds = bounds_of(self._input)
        shown = [self._picture("Sample", self._input, bounds)]
        title = "What the values give" if self._moved else "What its values give"
        shown.append(Picture(title) if self._output is None else self._picture(title, self._output, bounds))
        if self._info.rank <= 1 and self._output is None:
            shown.pop()
        self._pictures.show_pictures(shown)

    def _picture(self, title: str, values: Any, bounds: tuple[float, float]) -> Picture:
        assert self._info is not None
        if self._info.rank <= 1:
            return Picture(title, signal=values if values.ndim == 2 else values[:, np.newaxis], bounds=bounds)
        return Picture(title, image_of(grey_or_colour(plane(values, self._info.rank), bounds)))
