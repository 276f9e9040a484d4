"""Looking for a learning rate: the worker tries rising rates, the dialog draws the loss and marks what it suggests."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout

from cnnstudio.app.features.words import words
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.rate_plot import RatePlot, two_figures
from cnnstudio.core.declare import Declared, declared, param
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import CancelTrial, Failed, FindRate, RateFound, RatesTried

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Command, Event

FORM_WIDTH = 220
WHAT = (
    "The rate rises with each step on a fresh network of which nothing is kept. A good rate lies where the loss falls "
    "fastest, well before it rises again."
)


@declared
class RateTest(Declared):
    """Which rates are tried."""

    low: float = param(1e-6, above=0.0, max=1.0, label="From", help="The lowest rate, with which the test begins")
    high: float = param(1.0, above=0.0, max=100.0, label="To", help="The highest rate, if the loss does not grow first")
    steps: int = param(100, min=20, max=5000, help="How many batches the test takes; more give a smoother curve")


class RateDialog(QDialog):
    """Starts a test at once; another one with other bounds can follow. What is used is one edit of the recipe."""

    def __init__(self, bridge: DocumentBridge, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rate_dialog")
        self.setWindowTitle("Find learning rate")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._bridge, self._worker = bridge, worker
        self._test = RateTest()
        self._bounds = (self._test.low, self._test.high)
        """Of the test that is drawn."""
        self._request = 0
        self._form = DeclaredForm(self)
        self._form.setObjectName("rate_form")
        self._form.setFixedWidth(FORM_WIDTH)
        self._plot = RatePlot(self)
        self._said = words("rate_said", wrap=True)
        self._bar = QProgressBar()
        self._again = QPushButton("Test again")
        self._cancel = QPushButton("Cancel test")
        self._use = QPushButton("Use")
        self._close = QPushButton("Close")
        self._lay_out()
        self._form.edited.connect(self._edit)
        self._plot.chosen.connect(self._offer)
        self._again.clicked.connect(self.begin)
        self._cancel.clicked.connect(self.cancel)
        self._use.clicked.connect(self._use_rate)
        self._close.clicked.connect(self.close)
        worker.received.connect(self._hear)
        self._form.show_value(self._test)
        self.begin()

    def _lay_out(self) -> None:
        for button, name, tip in (
            (self._again, "rate_again", "Test once more, with the bounds at the left"),
            (self._cancel, "rate_cancel", "End the test; what has been drawn stays"),
            (self._use, "rate_use", "Let the recipe have the rate that is marked"),
            (self._close, "rate_close", "Close this dialog; the recipe stays as it is"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        mark(self._use, kind="primary")
        self._use.setDefault(True)
        self._bar.setObjectName("rate_progress")
        self._bar.setAccessibleName("Progress of the test")
        self._bar.setToolTip("Share of the test's steps that are done")
        self._bar.setTextVisible(False)
        left = QVBoxLayout()
        left.setSpacing(space(3))
        left.addWidget(self._form)
        for button in (self._again, self._cancel):
            left.addWidget(button)
        left.addWidget(self._bar)
        left.addStretch(1)
        across = QHBoxLayout()
        across.setSpacing(space(4))
        across.addLayout(left)
        across.addWidget(self._plot, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(2))
        buttons.addWidget(self._said, 1)
        buttons.addWidget(self._use)
        buttons.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addWidget(words("rate_what", WHAT, tone="muted", wrap=True))
        column.addLayout(across, 1)
        column.addLayout(buttons)
        self.resize(920, 520)

    @property
    def plot(self) -> RatePlot:
        """The curve."""
        return self._plot

    def begin(self) -> None:
        """Start a test, in place of the one that is going on."""
        self.cancel()
        problem = self._problem()
        if problem:
            self._say(problem, "error")
            self._show_buttons()
            return
        test, text = self._test, write_experiment(self._bridge.experiment)

        def made(number: int) -> Command:
            self._request = number
            return FindRate(number, text, test.low, test.high, test.steps)

        self._bounds = (test.low, test.high)
        self._plot.choose(0.0)
        self._plot.show_test(np.zeros(0, np.float32), np.zeros(0, np.float32), self._bounds)
        self._bar.setRange(0, 0)
        self._say("The network is being built…", "muted")
        try:
            self._worker.request(made, self._take)
        except FrameError as error:
            self._take(Failed(self._request, str(error)))
        self._show_buttons()

    def cancel(self) -> None:
        """End the test that is going on; what it has drawn stays."""
        if self._request:
            request, self._request = self._request, 0
            self._worker.send(CancelTrial(request))
            self._say("The test was ended.", "muted")
            self._show_buttons()

    def done(self, result: int) -> None:
        """However it is closed, a test that nobody waits for ends."""
        self.cancel()
        super().done(result)

    def _problem(self) -> str:
        if self._test.low >= self._test.high:
            return f"The lowest rate ({self._test.low:g}) must be below the highest ({self._test.high:g})."
        return ""

    def _edit(self, name: str, value: Any, gesture: str) -> None:
        self._test = dataclasses.replace(self._test, **{name: value})
        self._form.show_value(self._test)
        problem = self._problem()
        if problem or self._said.text().startswith("The lowest rate"):
            self._say(problem, "error")
        self._show_buttons()

    # Answers

    def _hear(self, event: object) -> None:
        if isinstance(event, RatesTried) and event.request == self._request:
            self._bar.setRange(0, event.steps)
            self._bar.setValue(len(event.rates))
            self._say(f"Tried {len(event.rates):,} of {event.steps:,} rates", "muted")
            self._plot.show_test(event.rates, event.losses, self._bounds)

    def _take(self, event: Event) -> None:
        if not isinstance(event, RateFound | Failed) or event.request != self._request:
            return
        self._request = 0
        if isinstance(event, Failed):
            self._say(event.message, "error")
        else:
            self._show_found(event)
        self._show_buttons()
        if self._use.isEnabled():
            self._use.setFocus()

    def _show_found(self, found: RateFound) -> None:
        self._plot.show_test(found.rates, found.losses, self._bounds)
        suggestion = two_figures(found.suggestion)
        self._plot.choose(suggestion)
        if found.message:
            self._say(found.message, "warning")
        elif suggestion:
            self._say(f"The loss falls fastest at {suggestion:g}.", "")
        else:
            self._say("The loss never falls: no rate can be suggested.", "warning")

    def _offer(self, rate: float) -> None:
        self._say(f"You chose {rate:g}.", "")
        self._show_buttons()

    def _use_rate(self) -> None:
        recipe = self._bridge.experiment.training.having("learning_rate", self._plot.rate)
        self._bridge.do(SetTraining(recipe=recipe))
        self.close()

    def _show_buttons(self) -> None:
        under_way, rate = bool(self._request), self._plot.rate
        self._bar.setVisible(under_way)
        self._cancel.setVisible(under_way)
        self._again.setVisible(not under_way)
        self._again.setEnabled(not self._problem())
        self._use.setEnabled(bool(rate) and not under_way)
        self._use.setText(f"Use {rate:g}" if rate else "Use")
        self._use.setAccessibleName(f"Use learning rate {rate:g}" if rate else "Use learning rate")

    def _say(self, sentence: str, tone: str) -> None:
        self._said.setText(sentence)
        mark(self._said, tone=tone)
