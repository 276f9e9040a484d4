"""Before a run: what it would need and take, asked of the worker while the recipe is in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.format import count, duration
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.memory_bar import MemoryBar
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.training.devices import device_words
from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import CancelTrial, Failed, GetPreflight, Preflight

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Command, Event

REST_MS = 500
"""After an edit the estimate is asked for once the person rests for so long."""


class PreflightPanel(QFrame):
    """Memory against what is free, the largest batch, the time of an epoch. Out of sight it asks for nothing."""

    batch_wanted = Signal(int)
    """The person wants batches of this size."""

    def __init__(self, bridge: DocumentBridge, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preflight_panel")
        mark(self, kind="card")
        self._bridge, self._worker = bridge, worker
        self._asked_for: Experiment | None = None
        """What the newest answer, or the one that is waited for, is about."""
        self._request = 0
        self._measures = False
        self._found: Preflight | None = None
        self._rest = QTimer(self, interval=REST_MS, singleShot=True)
        self._rest.timeout.connect(self._estimate)
        self._memory = words("preflight_words", wrap=True, tip="Estimated before anything is built, against what is "
                             "free now")  # fmt: skip
        self._bar = MemoryBar()
        self._problem = words("preflight_problem", tone="error", wrap=True)
        self._warning = words("preflight_warning", tone="warning", wrap=True)
        self._told = words("preflight_told", tone="muted", wrap=True)
        self._busy = QProgressBar()
        self._use = QPushButton("Use")
        self._measure = QPushButton("Measure time")
        self._cancel = QPushButton("Cancel")
        self._lay_out()
        self._use.clicked.connect(self._use_largest)
        self._measure.clicked.connect(self.measure)
        self._cancel.clicked.connect(self.cancel)
        bridge.changed.connect(self._follow)
        worker.state_changed.connect(self._follow)
        self._show()

    def _lay_out(self) -> None:
        for button, name, tip in (
            (self._use, "preflight_use", "Let the recipe have the largest batch that fits"),
            (self._measure, "preflight_measure", "Train some steps, of which nothing is kept, to tell the time (F7)"),
            (self._cancel, "preflight_cancel", "Stop measuring"),
        ):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
        self._busy.setObjectName("preflight_busy")
        self._busy.setAccessibleName("Measuring")
        self._busy.setToolTip("The worker trains some steps to tell how long an epoch takes")
        self._busy.setRange(0, 0)
        self._busy.setFixedWidth(space(20))
        bottom = QHBoxLayout()
        bottom.setSpacing(space(2))
        bottom.addWidget(self._told, 1)
        bottom.addWidget(self._busy)
        for button in (self._use, self._measure, self._cancel):
            bottom.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(2), space(2), space(2))
        column.setSpacing(space(1))
        column.addWidget(self._memory)
        column.addWidget(self._bar)
        column.addWidget(self._problem)
        column.addWidget(self._warning)
        column.addLayout(bottom)

    @property
    def stops(self) -> list[QWidget]:
        """What the Tab key reaches."""
        return [self._use, self._measure, self._cancel]

    @property
    def found(self) -> Preflight | None:
        """The newest answer; None where there is none that holds."""
        return self._found

    def showEvent(self, event: QShowEvent) -> None:
        """Somebody looks: what has changed meanwhile is asked for."""
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing is asked for."""
        super().hideEvent(event)
        self._rest.stop()

    def measure(self) -> None:
        """Ask for everything, the time of an epoch too."""
        self._ask(measure=True)

    def cancel(self) -> None:
        """Stop measuring; what was known stays."""
        if self._request:
            self._worker.send(CancelTrial(self._request))

    def _follow(self) -> None:
        """The design, the recipe or the worker is another: an answer that was right may be wrong."""
        if self._asked_for is not None and not _same(self._asked_for, self._bridge.experiment):
            if self._measures:
                self.cancel()
            self._asked_for, self._found, self._request = None, None, 0
        if self.isVisible() and self._asked_for is None and self._worker.state in ("ready", "busy"):
            self._rest.start()
        self._show()

    def _estimate(self) -> None:
        if self._asked_for is None:
            self._ask(measure=False)

    def _ask(self, *, measure: bool) -> None:
        experiment = self._bridge.experiment
        text = write_experiment(experiment)

        def made(number: int) -> Command:
            self._request = number
            return GetPreflight(number, text, measure=measure)

        self._rest.stop()
        self._asked_for, self._measures = experiment, measure
        try:
            self._worker.request(made, self._take)
        except FrameError as error:
            self._take(Failed(self._request, str(error)))
        self._show()

    def _take(self, event: Event) -> None:
        if not isinstance(event, Preflight | Failed) or event.request != self._request:
            return
        measured, self._request, self._measures = self._measures, 0, False
        if isinstance(event, Preflight):
            self._found = event
        elif not measured or self._found is None:
            self._found = Preflight(event.request, "", {}, 0, 0, event.message)
        self._show()

    def _use_largest(self) -> None:
        if self._found is not None:
            self.batch_wanted.emit(self._found.largest_batch)

    # What is shown

    def _show(self) -> None:
        found = self._found
        self._memory.setText(self._memory_words(found))
        self._bar.setVisible(found is not None and bool(found.needed))
        if found is not None:
            self._bar.show_memory(found.needed, found.free)
        problem = found.problem if found is not None else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        warning = found.warning if found is not None else ""
        self._warning.setText(warning)
        self._warning.setVisible(bool(warning))
        self._told.setText(self._time_words(found))
        self._told.setToolTip(f"How steps are computed: {found.plan}" if found is not None and found.plan else "")
        self._show_buttons(found)

    def _show_buttons(self, found: Preflight | None) -> None:
        measuring = self._measures and bool(self._request)
        self._busy.setVisible(measuring)
        self._cancel.setVisible(measuring)
        self._measure.setVisible(not measuring)
        self._measure.setEnabled(self._worker.state == "ready" and not (found is not None and found.problem))
        batch = self._bridge.experiment.training.batch_size
        largest = found.largest_batch if found is not None else 0
        self._use.setVisible(0 < largest != batch and not measuring and not _fits_whole(found))
        self._use.setText(f"Use {count(largest)}")
        self._use.setAccessibleName(f"Use batches of {count(largest)}")
        kind = "primary" if found is not None and found.problem else ""
        if self._use.property("kind") != kind:
            mark(self._use, kind=kind)

    def _memory_words(self, found: Preflight | None) -> str:
        if found is None:
            waits = self._worker.state not in ("ready", "busy")
            return "Memory: the worker is not ready yet" if waits else "Memory is being estimated…"
        if not found.needed:
            return "A run cannot start as the experiment stands"
        total = MemoryBar.total_words(found.needed, found.free)
        fits = f" · batches of up to {count(found.largest_batch)} fit" if found.largest_batch else ""
        if _fits_whole(found):
            fits = " · any batch fits"
        return f"Memory on {device_words(found.device)}: {total}{fits}"

    def _time_words(self, found: Preflight | None) -> str:
        if self._measures and self._request:
            return "Training some steps to tell the time…"
        if found is None or not found.needed:
            return ""
        if not found.seconds_per_epoch:
            return ""
        epochs = self._bridge.experiment.training.epochs
        whole = f", all {count(epochs)} about {_unbroken(found.seconds_per_epoch * epochs)}" if epochs > 1 else ""
        return f"An epoch takes about {_unbroken(found.seconds_per_epoch)}{whole}"


def _unbroken(seconds: float) -> str:
    """A stretch of time that stays on its line."""
    return duration(seconds).replace(" ", "\u00a0")


def _fits_whole(found: Preflight | None) -> bool:
    """Whether all training samples fit in one batch: more than that nobody can want, and few want as much."""
    return found is not None and 0 < found.training_samples <= found.largest_batch


def _same(one: Experiment, other: Experiment) -> bool:
    """Whether both train alike: places on the canvas, names and the like do not count."""
    if one is other:
        return True
    network = [(b.id, b.spec, b.inputs) for b in one.architecture.blocks.values()]
    others = [(b.id, b.spec, b.inputs) for b in other.architecture.blocks.values()]
    return (one.data, one.training, network) == (other.data, other.training, others)
