"""The sample that was chosen: its truth, what the network says of it, and the ways to its maps and its explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.format import count
from cnnstudio.app.inspect.why.front import SampleInFront
from cnnstudio.app.theme import space
from cnnstudio.app.training.prediction import ChosenSample

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.mistakes.tally import Tally
    from cnnstudio.app.inspect.why.network import Asked

PATIENCE_MS = 250
"""How long the sample before stays in sight while another is on its way."""


class ChosenPane(QWidget):
    """Follows the probe, in the viewer of the task: bars, masks with their errors, boxes, or what comes back."""

    maps_wanted = Signal()
    """The person wants to see its maps."""
    explanation_wanted = Signal()
    """The person wants to know why the network says this."""

    def __init__(self, inspection: Inspection, asked: Asked, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mistakes_chosen")
        self._asked = asked
        self._front = SampleInFront(inspection, asked, self)
        self._tally: Tally | None = None
        self._part = self._when = ""
        self.prediction = ChosenSample()
        self._said = words("mistakes_said", tone="muted", scale="caption", wrap=True, tip="How the sample was judged")
        self._maps = tool("mistakes_maps", "image", "Show the maps of this sample (Enter in the list)", text="Maps")
        self._why = tool("mistakes_why", "lens", "Show why, by Grad-CAM (G in the list)", text="Grad-CAM")
        self._message = MessageView("mistakes_chosen_message")
        self._stack = QStackedWidget()
        self._patience = QTimer(self, singleShot=True, interval=PATIENCE_MS)
        self._patience.timeout.connect(self._wait)
        self._arrange()
        self._maps.clicked.connect(self.maps_wanted)
        self._why.clicked.connect(self.explanation_wanted)
        self._message.action.connect(self._front.retry)
        self._front.changed.connect(self._show_sample)
        self._front.predicted.connect(self._show_prediction)
        self._front.failed.connect(self._fail)

    def _arrange(self) -> None:
        ways = QHBoxLayout()
        ways.setSpacing(space(2))
        ways.addWidget(self._maps)
        ways.addWidget(self._why)
        ways.addStretch(1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addWidget(self.prediction, 1)
        column.addWidget(self._said)
        column.addLayout(ways)
        column.addStretch(0)
        self._stack.addWidget(content)
        self._stack.addWidget(self._message)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space(3), 0, 0, 0)
        whole.addWidget(self._stack)
        self._wait()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._front.set_active(active)
        if active:
            self._front.ask()

    def show_tally(self, tally: Tally | None, part: str, when: str = "") -> None:
        """How samples of that part were judged; `when` stands before it, where the network has gone on since."""
        self._tally, self._part, self._when = tally, part, when
        self._say()

    def _wait(self) -> None:
        self._message.say("One moment", "Loading the sample\u2026")
        self._stack.setCurrentWidget(self._message)

    def _show_sample(self) -> None:
        subject, front = self._asked.subject, self._front
        if subject is None or front.values is None:
            self._patience.start()  # what was shown stays for a moment: going through a list does not flicker
            return
        self._patience.stop()
        sample = front.sample
        part, index = sample.part, sample.index
        self.prediction.show_sample(part, index, front.values, front.target, subject.info, front.name)
        self._stack.setCurrentIndex(0)
        self._say()

    def _show_prediction(self) -> None:
        if self._front.values is None:
            return
        if self._front.prediction is not None:
            self.prediction.show_prediction(self._front.prediction)
        else:
            self.prediction.forget_prediction()

    def _say(self) -> None:
        sample, tally = self._front.sample, self._tally
        if tally is None or sample.part != self._part or not 0 <= sample.index < tally.size:
            self._said.clear()
            return
        place = f"place {count(tally.rank(sample.index))} of {count(tally.size)} by loss"
        self._said.setText(f"{self._when}{tally.told(sample.index)}, {place}")

    def _fail(self, sentence: str) -> None:
        if self._front.values is None:
            self._patience.stop()
            self._message.say("The sample could not be had", sentence, action="Retry", tip="Ask the worker again")
            self._stack.setCurrentWidget(self._message)
