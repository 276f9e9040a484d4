"""The strip along the bottom of every page: what the run and the worker are doing; Train, Pause, Stop and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QToolButton

from cnnstudio.app.elided import ElidedLabel
from cnnstudio.app.format import counted, duration
from cnnstudio.app.theme import mark, set_icon, space
from cnnstudio.app.theme.colors import Role
from cnnstudio.core.metrics import VALIDATION, metric_told
from cnnstudio.core.training.devices import fitting_devices

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.messages import Hello
    from cnnstudio.wire.run_state import RunState

_PHASES = {
    "idle": ("Not trained yet", "muted"),
    "starting": ("Starting", "hint"),
    "running": ("Training", "hint"),
    "pausing": ("Pausing", "hint"),
    "paused": ("Paused", "warning"),
    "stopping": ("Stopping", "warning"),
    "finished": ("Finished", "ok"),
    "stopped": ("Stopped", "warning"),
    "failed": ("Failed", "error"),
}
_WORKER = {
    "starting": ("TensorFlow is loading…", "muted"),
    "lost": ("No worker", "error"),
    "stopped": ("No worker", "muted"),
}
_PROGRESS_STEPS = 1000
_STATE = "State of the run"
_DEVICE_TIP = "Device that the next run trains on; Auto takes a GPU where there is one"
_NAME_LETTERS = 24
"""Of the name of an experiment that is not open: the strip has much else to show."""


class RunStrip(QFrame):
    """Shows a `RunState` and the worker's state."""

    def __init__(self, run: RunController, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run = run
        self._worker = worker
        self.setObjectName("run_strip")
        self.setAccessibleName("Run")
        mark(self, kind="bar", edge="top")
        self._train = _button("train", "Train", "play", "Train the network on its data (F5)", "primary")
        self._stop = _button("stop", "Stop", "stop", "End training after the current batch; what was learned is kept "
                             "(Shift+F5)", "")  # fmt: skip
        self._pause = _pause_button()
        self._more = _more_button()
        self._phase = _label("phase", _STATE)
        self._place = _label("place", "Epoch and step")
        self._bar = _progress_bar()
        self._metrics = _label("metrics", "Latest values on the training part; after a run, on the test part too")
        self._left = _label("left", "Time left, estimated from the steps so far")
        self._device = _device_box()
        self._names: dict[str, str] = {}
        """What the worker calls its devices, by id."""
        self._worker_state = _label("worker", "State of the worker, the process that trains")
        self._lay_out()
        self._train.clicked.connect(run.start)
        self._pause.clicked.connect(run.toggle_pause)
        self._stop.clicked.connect(run.stop)
        run.device_changed.connect(self._show_device)
        self._device.activated.connect(self._choose_device)
        run.changed.connect(self.show_run)
        worker.state_changed.connect(self.show_worker)
        worker.quiet.connect(self._show_quiet)
        self._list_devices()
        self.show_run(run.state)
        self.show_worker(worker.state)

    def offer(self, actions: Iterable[QAction]) -> None:
        """Put what is done less often into the menu beside Stop."""
        self._more.menu().addActions(list(actions))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(space(2), space(1), space(3), space(1))
        row.setSpacing(space(3))
        buttons = QHBoxLayout()
        buttons.setSpacing(space(1))
        for button in (self._train, self._pause, self._stop, self._more):
            buttons.addWidget(button)
        row.addLayout(buttons)
        row.addWidget(self._phase)
        row.addWidget(self._place)
        row.addWidget(self._bar, 1)
        row.addWidget(self._metrics)
        row.addWidget(self._left)
        row.addStretch(1)
        row.addWidget(self._worker_state)
        row.addWidget(self._device)

    @Slot(object)
    def show_run(self, state: RunState) -> None:
        """Show where the run stands."""
        words, tone = phase_words(state, interrupted=self._run.was_interrupted)
        self._phase.setText(f"{words}: {self._foreign_name()}" if self._run.is_foreign else words)
        self._phase.setToolTip(
            f"State of the run of “{self._run.name}”, another experiment than the one that is open"
            if self._run.is_foreign
            else state.message or state.reason or _STATE
        )
        mark(self._phase, tone=tone)
        whole = self._phase.fontMetrics().horizontalAdvance(words)
        self._phase.setMinimumWidth(0 if self._run.is_foreign else whole)
        started = state.epochs > 0
        self._place.setText(place_words(state))
        self._place.setVisible(bool(self._place.text()))
        self._place.setMinimumWidth(self._place.fontMetrics().horizontalAdvance(widest_place(state)))
        self._bar.setVisible(started and state.phase != "finished")  # a full bar tells nothing
        self._bar.setValue(round(state.progress * _PROGRESS_STEPS))
        self._metrics.setText(result_words(state))
        self._metrics.setVisible(bool(state.metrics))
        self._left.setText(time_words(state))
        self._left.setVisible(bool(self._left.text()))
        self._show_buttons(state)
        self._device.setEnabled(not state.active)

    def _show_buttons(self, state: RunState) -> None:
        had_focus = self._train.hasFocus()
        self._stop.setEnabled(self._run.can_stop)
        held = state.phase in ("pausing", "paused")
        self._pause.setEnabled(self._run.can_pause or held)
        words = "Let the run go on (F6)" if held else "Hold the run after the current batch (F6)"
        if words != self._pause.toolTip():
            self._dress_pause(words, held=held)
        self._train.setEnabled(not state.active)
        if had_focus and self._stop.isEnabled():
            self._stop.setFocus()

    def _dress_pause(self, words: str, *, held: bool) -> None:
        """While a run is held, going on is what the strip is there for: the button says so, in the place of Train's
        colour."""
        mark(self._pause, kind="primary" if held else "")
        set_icon(self._pause, "play" if held else "pause", Role.ON_ACCENT if held else Role.TEXT)
        self._pause.setText("Continue" if held else "")
        self._pause.setFixedWidth(self._pause.sizeHint().width() if held else space(9))  # its font is bold by now
        self._pause.setToolTip(words)
        self._pause.setAccessibleName("Continue" if held else "Pause")

    def _foreign_name(self) -> str:
        name = self._run.name
        return f"“{name}”" if len(name) <= _NAME_LETTERS else f"“{name[: _NAME_LETTERS - 1].rstrip()}…”"

    @Slot(str)
    def show_worker(self, worker_state: str) -> None:
        """Show how the worker is."""
        hello = self._worker.hello
        if worker_state in ("ready", "busy") and hello is not None:
            self._names = {d.id: d.name for d in hello.devices}
            self._list_devices()
            self._say("Ready" if worker_state == "ready" else "Busy", "muted")
            doing = "is ready" if worker_state == "ready" else "is at work"
            self._worker_state.setToolTip(_versions(hello, doing))
        else:
            self._say(*_WORKER.get(worker_state, ("", "muted")))

    @Slot(str)
    def _show_quiet(self, sentence: str) -> None:
        if sentence:
            self._say("Worker does not answer", "warning")
            self._worker_state.setToolTip(sentence)
        else:
            self.show_worker(self._worker.state)

    def _say(self, words: str, tone: str) -> None:
        self._worker_state.setText(words)
        mark(self._worker_state, tone=tone)

    def _list_devices(self) -> None:
        """What the computer has; the recipe's device even where it has not."""
        offered = fitting_devices(tuple(self._names))
        wanted = self._run.device
        ids = [*offered, *([] if wanted in offered else [wanted])]
        if ids != [self._device.itemData(row) for row in range(self._device.count())]:
            self._device.clear()
            for row, id in enumerate(ids):
                self._device.addItem(_device_title(id), id)
                self._device.setItemData(row, self._names.get(id, _DEVICE_TIP), Qt.ItemDataRole.ToolTipRole)
        self._device.setCurrentIndex(ids.index(wanted))

    @Slot(str)
    def _show_device(self, device: str) -> None:
        if device != self._device.currentData():
            self._list_devices()

    @Slot(int)
    def _choose_device(self, row: int) -> None:
        self._run.choose_device(str(self._device.itemData(row)))


def phase_words(state: RunState, *, interrupted: bool = False) -> tuple[str, str]:
    """The state of the run in a word or two, and its tone, as in the table of runs. `interrupted`: its process has
    ended."""
    if interrupted:
        return "Interrupted", "warning"
    if state.ends_with_epoch and state.phase == "running":
        return "Ends with this epoch", "warning"
    return _PHASES[state.phase]


def place_words(state: RunState) -> str:
    """Epoch and step: "Epoch 3 of 15, step 12 of 40"; of a run that is over, the epochs that are whole."""
    if not state.epochs:
        return ""
    if state.phase in ("finished", "stopped", "failed"):
        whole = state.history[-1].epoch if state.history else 0
        return "" if state.epoch == 0 else f"{whole:,} of {counted(state.epochs, 'epoch')}"
    return f"Epoch {max(1, state.epoch):,} of {state.epochs:,}, step {state.step:,} of {state.steps_per_epoch:,}"


def widest_place(state: RunState) -> str:
    """The longest that `place_words` grows while the run goes on: room for it keeps the strip from shifting."""
    if not state.active or not state.epochs or state.phase == "paused":
        return ""
    steps = state.steps_per_epoch
    return f"Epoch {state.epochs:,} of {state.epochs:,}, step {steps:,} of {steps:,}"


def result_words(state: RunState) -> str:
    """The loss and the first metric, and after a run the same metric on the test part."""
    shown = []
    for name in state.shown_metrics:
        value = state.latest(name)
        if value is not None:
            shown.append(metric_told(name if name in state.metrics else VALIDATION + name, value))
    measured = next((n for n in state.shown_metrics[1:] if n in state.test), "")
    if measured:
        shown.append(f"test {metric_told(measured, state.test[measured])}")
    return "  ".join(shown)


def time_words(state: RunState) -> str:
    """Time left while it runs, time taken when it is over."""
    if state.phase in ("finished", "stopped"):
        return f"in {duration(state.seconds)}"
    left = state.seconds_left
    return "" if left is None else f"{duration(left, whole=True)} left"


def _versions(hello: Hello, doing: str) -> str:
    parts = ", ".join(f"{name} {version}" for name, version in hello.versions.items())
    return f"The worker {doing}: {parts}, process {hello.pid}"


def _button(name: str, text: str, icon: str, tip: str, kind: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(f"run_{name}")
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.setIconSize(QSize(16, 16))
    mark(button, kind=kind)
    set_icon(button, icon, Role.ON_ACCENT if kind == "primary" else Role.TEXT)
    return button


def _label(name: str, tip: str) -> QLabel:
    label = ElidedLabel()
    label.setObjectName(f"run_{name}")
    label.setAccessibleName(tip)
    label.setToolTip(tip)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def _pause_button() -> QPushButton:
    button = QPushButton()
    button.setObjectName("run_pause")
    button.setIconSize(QSize(16, 16))
    button.setFixedWidth(space(9))
    return button


def _more_button() -> QToolButton:
    button = QToolButton()
    button.setObjectName("run_more")
    button.setAccessibleName("More for this run")
    button.setToolTip("Stop after the epoch, resume, train more")
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    set_icon(button, "chevron-down")
    menu = QMenu(button)
    menu.setObjectName("run_more_menu")
    menu.setToolTipsVisible(True)
    button.setMenu(menu)
    return button


def _progress_bar() -> QProgressBar:
    bar = QProgressBar()
    bar.setObjectName("run_progress")
    bar.setAccessibleName("Progress of the run")
    bar.setToolTip("Share of the run's steps that are done")
    bar.setRange(0, _PROGRESS_STEPS)
    bar.setTextVisible(False)
    bar.setMinimumWidth(space(10))
    return bar


def _device_box() -> QComboBox:
    box = QComboBox()
    box.setObjectName("run_device")
    box.setAccessibleName("Device")
    box.setToolTip(_DEVICE_TIP)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _device_title(id: str) -> str:
    title = id.replace("gpu", "GPU").replace("cpu", "CPU").replace(":", " ")
    return title[:1].upper() + title[1:]
