"""Choosing samples of the data to pin: a page of thumbnails at a time, of either part that may be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.parts import PartField
from cnnstudio.app.data.sample_list import SampleList
from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.theme import mark, space
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent, QShowEvent

    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

PAGE = 120
SIDE = 56


class SamplePicker(QDialog):
    """Stays open while samples are pinned, so that several can be."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sample_picker")
        self.setWindowTitle("Pin samples of the data")
        self.resize(QSize(720, 480))
        self._pins = inspection.pins
        self._experiment: Experiment | None = None
        self._start = 0
        self._samples: Samples | None = None
        self._loader = SampleLoader(inspection.worker, self)
        self._part = PartField("picker_part")
        self._previous = tool("picker_previous", "chevron-left", "Samples before these (Page up)")
        self._next = tool("picker_next", "chevron-right", "Samples behind these (Page down)")
        self._place = words("picker_place", tone="muted")
        self.list = SampleList("picker_samples", SIDE)
        self.list.setToolTip("Press Enter or click twice to pin a sample")
        self._message = MessageView("picker_message")
        self._stack = QStackedWidget()
        self._told = words("picker_told", tone="muted")
        self._pin = QPushButton("Pin")
        self._pin.setObjectName("picker_pin")
        self._pin.setAccessibleName("Pin the chosen sample")
        self._pin.setToolTip("Pin the chosen sample (Enter)")
        mark(self._pin, kind="primary")
        self._close = QPushButton("Close")
        self._close.setObjectName("picker_close")
        self._close.setAccessibleName("Close")
        self._close.setToolTip("Back to the pins (Esc)")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(2))
        for widget in (self._part, self._previous, self._next, self._place):
            top.addWidget(widget)
        top.addStretch(1)
        self._stack.addWidget(self._message)
        self._stack.addWidget(self.list)
        bottom = QHBoxLayout()
        bottom.setSpacing(space(2))
        bottom.addWidget(self._told, 1)
        bottom.addWidget(self._pin)
        bottom.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[space(4)] * 4)
        column.setSpacing(space(3))
        column.addLayout(top)
        column.addWidget(self._stack, 1)
        column.addLayout(bottom)

    def _connect(self) -> None:
        self._part.currentTextChanged.connect(self._change_part)
        self._previous.clicked.connect(self._go_back)
        self._next.clicked.connect(self._go_on)
        self._pin.clicked.connect(self._pin_current)
        self._close.clicked.connect(self.close)
        self.list.activated.connect(self._activate)
        self.list.picked.connect(self._show_room)
        self._loader.loading.connect(self._wait)
        self._loader.loaded.connect(self._fill)
        self._loader.failed.connect(self._fail)
        self._message.action.connect(self._loader.retry)
        self._pins.changed.connect(self._show_room)

    def begin(self, experiment: Experiment) -> None:
        """Show the samples of this experiment's data; the same page as before where the data are the same."""
        if self._experiment is None or self._experiment.data != experiment.data:
            self._start = 0
        self._experiment = experiment
        self._told.setText("")
        self.show()
        self.raise_()
        self.activateWindow()
        self._load()

    def showEvent(self, event: QShowEvent) -> None:
        """Samples are asked for while somebody looks."""
        super().showEvent(event)
        self._loader.set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        super().hideEvent(event)
        self._loader.set_active(False)

    def _load(self) -> None:
        if self._experiment is not None:
            self._loader.want(Wish(self._experiment, self._part.part, self._start, PAGE, edge=2 * SIDE), at_once=True)

    def _wait(self, sentence: str) -> None:
        self._message.say("", sentence)
        self._stack.setCurrentWidget(self._message)
        self._show_room()

    def _fail(self, sentence: str, details: str) -> None:
        self._message.say("No samples", sentence, action="Retry", tip="Ask for the samples again", details=details)
        self._stack.setCurrentWidget(self._message)

    def _fill(self, samples: Samples) -> None:
        if self._experiment is None:
            return
        self._samples = samples
        self.list.put(samples, self._experiment.data.info())
        self._stack.setCurrentWidget(self.list)
        last = samples.start + len(samples.inputs)
        self._place.setText(f"{samples.start:,} to {max(samples.start, last - 1):,} of {samples.total:,}")
        self._previous.setEnabled(samples.start > 0)
        self._next.setEnabled(last < samples.total)
        self.list.select_row(0)
        self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_room()

    def _show_room(self) -> None:
        shown = self._stack.currentWidget() is self.list and self.list.currentIndex().isValid()
        self._pin.setEnabled(shown and not self._pins.is_full)
        full = "No room for another: remove a pin first" if self._pins.is_full else "Pin the chosen sample (Enter)"
        self._pin.setToolTip(full)

    def _change_part(self) -> None:
        self._start = 0
        self._load()

    def _go_back(self) -> None:
        self._start = max(0, self._start - PAGE)
        self._load()

    def _go_on(self) -> None:
        self._start += PAGE
        self._load()

    def _activate(self, index: QModelIndex) -> None:
        self._pin_row(index.row())

    def _pin_current(self) -> None:
        self._pin_row(self.list.currentIndex().row())

    def _pin_row(self, row: int) -> None:
        if self._samples is None or row < 0:
            return
        sample = Sample(self._samples.part, self._samples.start + row)
        before = len(self._pins.items)
        if not self._pins.pin(sample):
            self._told.setText("No room for another: remove a pin first.")
        elif len(self._pins.items) == before:
            self._told.setText(f"{sample.part.capitalize()} sample {sample.index:,} is pinned already.")
        else:
            self._told.setText(f"Pinned {sample.part} sample {sample.index:,}.")
