"""The drawing pad: a sample drawn by hand, with what the network says of it while the pen moves."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from cnnstudio.app.asking import Question
from cnnstudio.app.data.sample_painter import to_unit
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.probes.canvas import PictureCanvas, SignalCanvas
from cnnstudio.app.inspect.probes.sheet import Sheet
from cnnstudio.app.theme import space
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.wire.messages import FeatureMaps, GetMaps, Maps, Sample

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
INKS = {"White": "#ffffff", "Red": "#e53935", "Yellow": "#fdd835", "Green": "#43a047", "Blue": "#1e88e5",
        "Grey": "#808080"}  # fmt: skip
"""Ink is data: it does not follow the theme."""
NAME = "Drawing"
PATIENCE_MS = 500
"""So long the prediction is waited for that the maps of the page bring along."""


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
        self._shown: Sample | None = None
        """The drawing that the network is asked about."""
        self._dirty = False
        self._question = Question(inspection.worker, "the prediction", self)
        self.view = ChosenSample()
        self.canvas: Canvas | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._told = words("pad_told", tone="muted", wrap=True)
        self._room = QVBoxLayout()
        self._tools = QHBoxLayout()
        self._make_tools()
        self._arrange()
        self._connect()

    def _make_tools(self) -> None:
        self._pen = tool("pad_pen", "pen", "Draw with ink (P)", text="Pen")
        self._eraser = tool("pad_eraser", "eraser", "Wipe off (E)", text="Eraser")
        for button in (self._pen, self._eraser):
            button.setCheckable(True)
            button.setAutoExclusive(True)
        self._pen.setChecked(True)
        self._ink = QComboBox()
        self._ink.setObjectName("pad_ink")
        self._ink.setAccessibleName("Ink")
        self._ink.setToolTip("Colour of the ink")
        for name, colour in INKS.items():
            swatch = QPixmap(14, 14)
            swatch.fill(QColor(colour))
            self._ink.addItem(QIcon(swatch), name)
        self._size = QSlider(Qt.Orientation.Horizontal)
        self._size.setObjectName("pad_size")
        self._size.setAccessibleName("Width of the pen")
        self._size.setToolTip("Width of the pen ([ and ])")
        self._size.setRange(1, 20)
        self._size.setFixedWidth(96)
        self._channel = QComboBox()
        self._channel.setObjectName("pad_channel")
        self._channel.setAccessibleName("Channel")
        self._channel.setToolTip("Which channel of the signal is drawn")
        self._smooth = tool("pad_smooth", "tidy", "Even the line out a little (S)", text="Smooth")
        self._undo = tool("pad_undo", "undo", "Take the last stroke back (Ctrl+Z)")
        self._redo = tool("pad_redo", "redo", "Make the stroke again (Ctrl+Shift+Z)")
        self._clear = tool("pad_clear", "remove", "Wipe everything off (Delete)", text="Clear")
        self._copy = tool("pad_copy", "copy", "Begin with the sample that was looked at", text="Copy the probe")
        self._size_label = QLabel("Width")
        self._size_label.setBuddy(self._size)

    def _arrange(self) -> None:
        self._tools.setSpacing(space(1))
        for widget in (self._pen, self._eraser, self._ink, self._size_label, self._size, self._channel, self._smooth):
            self._tools.addWidget(widget)
        self._tools.addStretch(1)
        for widget in (self._undo, self._redo, self._clear, self._copy):
            self._tools.addWidget(widget)
        left = QVBoxLayout()
        left.setSpacing(space(2))
        left.addLayout(self._tools)
        left.addLayout(self._room, 1)
        left.addWidget(self._told)
        self._across = QHBoxLayout(self)
        self._across.setContentsMargins(*[space(4)] * 4)
        self._across.setSpacing(space(4))
        self._across.addLayout(left, 3)
        self._across.addWidget(self.view, 2)
        self.view.setMinimumWidth(300)

    def _connect(self) -> None:
        self._pen.toggled.connect(self._choose_ink)
        self._ink.currentIndexChanged.connect(self._choose_ink)
        self._size.valueChanged.connect(self._choose_size)
        self._channel.currentIndexChanged.connect(self._choose_channel)
        self._smooth.clicked.connect(self._even_out)
        self._undo.clicked.connect(self._take_back)
        self._redo.clicked.connect(self._make_again)
        self._clear.clicked.connect(self._wipe)
        self._copy.clicked.connect(self._copy_probe)
        self._question.answered.connect(self._take)
        self._question.failed.connect(self._fail)
        self._question.waiting.connect(self._told.setText)
        self._inspection.worker.received.connect(self._overhear)
        self._patience.timeout.connect(self._ask_alone)
        self._inspection.subject_changed.connect(self._follow_subject)
        for keys, slot in (
            (QKeySequence(QKeySequence.StandardKey.Undo), self._take_back),
            (QKeySequence("Ctrl+Shift+Z"), self._make_again),
            (QKeySequence(QKeySequence.StandardKey.Delete), self._wipe),
            (QKeySequence("P"), self._pen.click),
            (QKeySequence("E"), self._eraser.click),
            (QKeySequence("S"), self._smooth.click),
            (QKeySequence("["), self._thinner),
            (QKeySequence("]"), self._thicker),
        ):
            QShortcut(keys, self).activated.connect(slot)

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
        self._copy.setVisible(self._copied is not None)
        self._question.forget()
        self._shown = None
        empty = np.zeros(info.input_shape, np.float32)
        self.view.show_sample("", 0, empty, None, info, NAME)
        self._question.set_active(True)
        self._show_state()
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
        self._question.set_active(False)
        self._pins.save()

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
        for widget in (self._pen, self._eraser, self._size, self._size_label):
            widget.setVisible(picture)
        self._ink.setVisible(picture and info.input_shape[-1] == 3)
        self._smooth.setVisible(not picture)
        self._channel.clear()
        self._channel.addItems([f"Channel {n}" for n in range(values.shape[-1])])
        self._channel.setVisible(not picture and values.shape[-1] > 1)
        self._size.setValue(max(1, round(max(sheet.values.shape[:2]) / 6.5)))
        self._choose_ink()
        self._choose_size()
        direction = QHBoxLayout.Direction.LeftToRight if picture else QHBoxLayout.Direction.TopToBottom
        self._across.setDirection(direction)
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

    # Tools

    def _choose_ink(self) -> None:
        if isinstance(self.canvas, PictureCanvas):
            channels = self.canvas.sheet.values.shape[2]
            colour = QColor(list(INKS.values())[self._ink.currentIndex()])
            red, green, blue = colour.redF(), colour.greenF(), colour.blueF()
            ink = (red, green, blue) if channels == 3 else (1.0,) * channels
            self.canvas.ink = ink if self._pen.isChecked() else (0.0,) * channels

    def _choose_size(self) -> None:
        if isinstance(self.canvas, PictureCanvas):
            self.canvas.radius = self._size.value() / 2

    def _thinner(self) -> None:
        self._size.setValue(self._size.value() - 1)

    def _thicker(self) -> None:
        self._size.setValue(self._size.value() + 1)

    def _choose_channel(self, channel: int) -> None:
        if isinstance(self.canvas, SignalCanvas):
            self.canvas.channel = max(0, channel)
            self.canvas.update()

    def _even_out(self) -> None:
        if isinstance(self.canvas, SignalCanvas):
            self.canvas.sheet.smooth(self.canvas.channel)
            self.canvas.tell()

    def _take_back(self) -> None:
        if self.canvas is not None and self.canvas.sheet.can_undo:
            self.canvas.sheet.undo()
            self.canvas.tell()

    def _make_again(self) -> None:
        if self.canvas is not None and self.canvas.sheet.can_redo:
            self.canvas.sheet.redo()
            self.canvas.tell()

    def _wipe(self) -> None:
        if self.canvas is not None and not self.canvas.sheet.is_blank:
            self.canvas.sheet.clear()
            self.canvas.tell()

    def _copy_probe(self) -> None:
        if self.canvas is not None and self._copied is not None:
            self.canvas.sheet.put(self._copied)
            self.canvas.tell()

    def _show_state(self) -> None:
        sheet = self.canvas.sheet if self.canvas is not None else None
        self._undo.setEnabled(sheet is not None and sheet.can_undo)
        self._redo.setEnabled(sheet is not None and sheet.can_redo)
        self._clear.setEnabled(sheet is not None and not sheet.is_blank)
        if sheet is not None and self._key < 0:
            self._told.setText("Draw: the maps of the page and the prediction follow the pen.")

    # What the network makes of it

    def _follow_pen(self) -> None:
        """One drawing is under way to the network at a time: the next one goes when its answer has come."""
        self._show_state()
        self._dirty = True
        if self._shown is None:
            self._send()

    def _send(self) -> None:
        if self.canvas is None or self._subject is None:
            return
        self._dirty = False
        values = self.canvas.sheet.values.copy()
        place = next((at for at, pin in enumerate(self._pins.items) if pin.key == self._key), -1)
        if place < 0:
            place = self._pins.pin_values(values, NAME)
            if place < 0:
                self._told.setText("No room for the drawing: remove a pin first.")
                return
            self._key = self._pins.items[place].key
        else:
            self._pins.draw(place, values)
        self._pins.choose(place)
        self._ask()

    def _ask(self) -> None:
        subject = self._subject
        place = next((at for at, pin in enumerate(self._pins.items) if pin.key == self._key), -1)
        if subject is None or place < 0:
            return
        self._told.setText("")
        self._shown = self._pins.items[place].sample
        if self._inspection.shows_maps and self._inspection.moment is None:
            self._patience.start()  # the wall has asked already, and its answer brings the prediction
        else:
            self._ask_alone()

    def _ask_alone(self) -> None:
        subject, shown = self._subject, self._shown
        if subject is not None and shown is not None:
            make = functools.partial(_getting, subject, next(reversed(subject.blocks), ""), shown)
            self._question.wish((subject.key, shown), make, at_once=True)

    def _overhear(self, event: object) -> None:
        """What another view has asked about the drawing tells the prediction, too."""
        if self._shown is not None and isinstance(event, Maps | FeatureMaps) and event.sample == self._shown:
            self._question.forget()
            self._take(event)

    def _take(self, answer: object) -> None:
        if not isinstance(answer, Maps | FeatureMaps) or self._subject is None or answer.sample != self._shown:
            return
        if isinstance(answer, Maps) and answer.prediction is None and self._subject.active:
            return  # the sample alone; the maps of the run bring the prediction
        self._patience.stop()
        inputs = answer.input if isinstance(answer, Maps) else self._pins.inputs(answer.sample)
        if inputs is not None:
            self.view.show_sample("", 0, inputs, None, self._subject.info, NAME)
        if answer.prediction is not None:
            self.view.show_prediction(answer.prediction)
        else:
            self._told.setText("The design has no working Output, so there is no prediction.")
        self.answered.emit(answer.sample)
        self._go_on()

    def _fail(self, sentence: str, details: str) -> None:
        self._told.setText(sentence)
        self._told.setToolTip(details)
        self._go_on()

    def _go_on(self) -> None:
        self._shown = None
        if self._dirty:
            self._send()


def sheet_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """What is drawn on for samples of that shape; a picture has the same proportions, a signal the same length."""
    *sizes, channels = shape
    if len(sizes) != 2:
        return shape
    finer = -(-SMALLEST // max(sizes))
    share = min(1.0, LARGEST / max(sizes))
    return (*(max(1, round(size * finer * share)) for size in sizes), channels)


def _getting(subject: Subject, block: str, sample: Sample, request: int) -> GetMaps:
    return GetMaps(request, subject.text, block, sample, subject.directory)
