"""The drawing pad: a sample drawn by hand, with what the network says of it while the pen moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import to_unit
from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.probes.canvas import PictureCanvas, SignalCanvas
from cnnstudio.app.inspect.probes.pad_answer import PadAnswer
from cnnstudio.app.inspect.probes.pad_tools import PadTools
from cnnstudio.app.inspect.probes.sheet import Sheet
from cnnstudio.app.theme import space
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.wire.messages import FeatureMaps, Maps

if TYPE_CHECKING:
    from PySide6.QtGui import QHideEvent

    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.app.inspect.probes.canvas import Canvas
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.core.data.info import DataInfo

SMALLEST, LARGEST = 28, 64
"""Bounds of the longest edge of a picture that is drawn on. The network's own may be smaller: each of its pixels then
is the mean of several; or larger: then what is drawn is enlarged."""
NAME = "Drawing"


class DrawingPad(QDialog):
    """Draws one pin. The pin follows the pen; closing the window leaves it in the strip."""

    answered = Signal(object)
    """The network has said what it makes of a drawing, and it is shown: its Sample."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawing_pad")
        self.setWindowTitle("Draw a sample")
        self._inspection = inspection
        self._pins = inspection.pins
        self._key = -1
        """Of the pin that is drawn; -1 before the first stroke."""
        self._subject: Subject | None = None
        self._copied: Floats | None = None
        """The sample that was looked at, as a sheet could hold it."""
        self._dirty = False
        """Whether more was drawn than the network was asked about."""
        self._answer = PadAnswer(inspection)
        self.tools = PadTools(self)
        self.view = ChosenSample()
        self.canvas: Canvas | None = None
        self._told = words("pad_told", tone="muted", wrap=True)
        self._room = QVBoxLayout()
        self._arrange()
        self._answer.arrived.connect(self._show_answer)
        self._answer.told.connect(self._tell)
        self._answer.free.connect(self._go_on)
        self._answer.again.connect(self._ask_again)
        self.tools.copy_wanted.connect(self._copy_probe)
        inspection.subject_changed.connect(self._follow_subject)

    def _arrange(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(space(2))
        left.addWidget(self.tools)
        left.addLayout(self._room, 1)
        left.addWidget(self._told)
        self._across = QHBoxLayout(self)
        self._across.setContentsMargins(*[space(4)] * 4)
        self._across.setSpacing(space(4))
        self._across.addLayout(left, 3)
        self._across.addWidget(self.view, 2)
        self.view.setMinimumWidth(300)

    # Beginning and end

    def begin(self, place: int = -1) -> bool:
        """Draw a new sample, or on the drawn one at that place; False where this network's samples cannot be drawn."""
        subject = self._inspection.subject
        if subject is None or subject.info.rank not in (1, 2):
            return False
        self._subject = subject
        info = subject.info
        self._copied = self._values_of_probe(info)
        known = self._pins.drawing(place) if place >= 0 else None
        self._key = self._pins.items[place].key if place >= 0 else -1
        self._make_canvas(info, np.zeros(sheet_shape(info.input_shape), np.float32) if known is None else known)
        self._answer.forget()
        self._dirty = False
        empty = np.zeros(info.input_shape, np.float32)
        self.view.show_sample("", 0, empty, None, info, NAME)
        self._answer.set_active(True)
        if place < 0:
            self._tell("Draw: the maps of the page and the prediction follow the pen.")
        self.show()
        self.raise_()
        self.activateWindow()
        if self.canvas is not None:
            self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        if known is not None:
            self._ask()
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        """Closed: the drawing stays among the pins."""
        super().hideEvent(event)
        self._answer.set_active(False)
        if self._dirty and self._keep():  # the last strokes have not waited for the network
            self._dirty = False
        self._pins.save()
        page = self.parentWidget()
        if page is not None:
            page.window().activateWindow()  # its keys go on, also where no window manager says so

    def _follow_subject(self) -> None:
        """Another network, or the same with other weights; what is drawn stays where it fits."""
        subject = self._inspection.subject
        if not self.isVisible() or subject is None or self._subject is None:
            return
        now, before = subject.info, self._subject.info
        if (now.input_shape, now.task) != (before.input_shape, before.task):
            self.close()
            return
        self._subject = subject
        self._ask()

    def _make_canvas(self, info: DataInfo, values: Floats) -> None:
        if self.canvas is not None:
            self._room.removeWidget(self.canvas)
            self.canvas.deleteLater()
        sheet = Sheet(values)
        picture = info.rank == 2
        if picture:
            self.canvas = PictureCanvas(sheet)
        else:
            self.canvas = SignalCanvas(sheet, self._span(values))
        self._room.addWidget(self.canvas, 1)
        self.canvas.drawn.connect(self._follow_pen)
        self.tools.serve(self.canvas, can_copy=self._copied is not None)
        direction = QHBoxLayout.Direction.LeftToRight if picture else QHBoxLayout.Direction.TopToBottom
        self._across.setDirection(direction)
        self._across.setStretch(1, 2 if picture else 0)  # below a signal it takes no more than it needs
        self.resize(QSize(900, 480) if picture else QSize(800, 640))

    def _span(self, values: Floats) -> tuple[float, float]:
        known = [each for each in (self._copied, values) if each is not None and each.any()]
        reach = max((float(np.abs(each).max()) for each in known), default=1.0)
        return (-reach, reach) if any(each.min() < 0 for each in known) or not known else (0.0, reach)

    def _values_of_probe(self, info: DataInfo) -> Floats | None:
        """The sample in front as a sheet could hold it: only where its range is that of files."""
        inputs: Any = self._inspection.probe.inputs
        if inputs is None or inputs.shape != info.input_shape:
            return None
        subject = self._subject
        if subject is not None and subject.experiment.data.preparation.normalisation == "standardise":
            return None
        finer, rest = divmod(sheet_shape(info.input_shape)[0], info.input_shape[0])
        if not finer or rest:
            return None
        if info.rank == 1:
            return np.asarray(inputs, np.float32)
        return np.asarray(to_unit(inputs), np.float32).repeat(finer, axis=0).repeat(finer, axis=1)

    def _copy_probe(self) -> None:
        if self.canvas is not None and self._copied is not None:
            self.canvas.sheet.put(self._copied)
            self.canvas.tell()

    # What the network makes of it

    def _follow_pen(self) -> None:
        """Pin and network follow as fast as the network answers; without a network, the pin alone."""
        self.tools.show_state()
        self._dirty = True
        if not self._answer.is_under_way:
            self._go_on()

    def _go_on(self) -> None:
        """Ask about what is drawn now, where that is more than was asked about."""
        if self._dirty and self._keep() and self._answer.can_ask():
            self._dirty = False
            self._ask()

    def _ask_again(self) -> None:
        if self._dirty:
            self._go_on()
        else:
            self._ask()

    @property
    def _place(self) -> int:
        """Where the drawing is among the pins; -1 where it is not."""
        return next((at for at, pin in enumerate(self._pins.items) if pin.key == self._key), -1)

    def _keep(self) -> bool:
        """Let the pin have what is drawn; False where there is no room for it."""
        if self.canvas is None:
            return False
        values, place = self.canvas.sheet.values.copy(), self._place
        if place < 0:
            place = self._pins.pin_values(values, NAME)
            if place < 0:
                self._tell("No room for the drawing: remove a pin first.")
                return False
            self._key = self._pins.items[place].key
        else:
            self._pins.draw(place, values)
        self._pins.choose(place)
        return True

    def _ask(self) -> None:
        subject, place = self._subject, self._place
        if subject is not None and place >= 0:
            self._answer.ask(subject, self._pins.items[place].sample)

    def _show_answer(self, answer: Maps | FeatureMaps) -> None:
        if self._subject is None:
            return
        inputs = answer.input if isinstance(answer, Maps) else self._pins.values.inputs(answer.sample)
        if inputs is not None:
            self.view.show_sample("", 0, inputs, None, self._subject.info, NAME)
        if answer.prediction is not None:
            self.view.show_prediction(answer.prediction)
        else:
            self._tell("The design has no working Output, so there is no prediction.")
        self.answered.emit(answer.sample)

    def _tell(self, sentence: str, details: str = "") -> None:
        self._told.setText(sentence)
        self._told.setToolTip(details or sentence)


def sheet_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """What is drawn on for samples of that shape; a picture has the same proportions, a signal the same length."""
    *sizes, channels = shape
    if len(sizes) != 2:
        return shape
    finer = -(-SMALLEST // max(sizes))
    share = min(1.0, LARGEST / max(sizes))
    return (*(max(1, round(size * finer * share)) for size in sizes), channels)
