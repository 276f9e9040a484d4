"""The tools of the drawing pad: what is drawn with, and what can be done with the drawing as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QKeySequence, QPixmap, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSlider, QWidget

from cnnstudio.app.features.words import tool
from cnnstudio.app.inspect.probes.canvas import PictureCanvas, SignalCanvas
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.inspect.probes.canvas import Canvas

INKS = {"White": "#ffffff", "Red": "#e53935", "Yellow": "#fdd835", "Green": "#43a047", "Blue": "#1e88e5",
        "Grey": "#808080"}  # fmt: skip
"""Ink is data: it does not follow the theme."""


class PadTools(QWidget):
    """A row of tools for the canvas that it serves; their keys work anywhere in the window."""

    copy_wanted = Signal()
    """Begin with the sample that was looked at."""

    def __init__(self, parent: QWidget) -> None:
        """The keys are those of `parent`."""
        super().__init__(parent)
        self._canvas: Canvas | None = None
        self._make()
        self._arrange()
        self._connect(parent)

    def _make(self) -> None:
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
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(1))
        for widget in (self._pen, self._eraser, self._ink, self._size_label, self._size, self._channel, self._smooth):
            row.addWidget(widget)
        row.addStretch(1)
        for widget in (self._undo, self._redo, self._clear, self._copy):
            row.addWidget(widget)

    def _connect(self, window: QWidget) -> None:
        self._pen.toggled.connect(self._choose_ink)
        self._ink.currentIndexChanged.connect(self._choose_ink)
        self._size.valueChanged.connect(self._choose_size)
        self._channel.currentIndexChanged.connect(self._choose_channel)
        self._smooth.clicked.connect(self._even_out)
        self._undo.clicked.connect(self._take_back)
        self._redo.clicked.connect(self._make_again)
        self._clear.clicked.connect(self._wipe)
        self._copy.clicked.connect(self.copy_wanted)
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
            QShortcut(keys, window).activated.connect(slot)

    def serve(self, canvas: Canvas, *, can_copy: bool) -> None:
        """Work on this canvas; `can_copy`: there is a sample to begin with."""
        self._canvas = canvas
        picture = isinstance(canvas, PictureCanvas)
        values = canvas.sheet.values
        for widget in (self._pen, self._eraser, self._size, self._size_label):
            widget.setVisible(picture)
        self._ink.setVisible(picture and values.shape[-1] == 3)
        self._smooth.setVisible(not picture)
        self._channel.clear()
        self._channel.addItems([f"Channel {n}" for n in range(values.shape[-1])])
        self._channel.setVisible(not picture and values.shape[-1] > 1)
        self._copy.setVisible(can_copy)
        self._size.setValue(max(1, round(max(values.shape[:2]) / 6.5)))
        self._choose_ink()
        self._choose_size()
        self.show_state()

    def show_state(self) -> None:
        """What can be done with the drawing as it is."""
        sheet = None if self._canvas is None else self._canvas.sheet
        self._undo.setEnabled(sheet is not None and sheet.can_undo)
        self._redo.setEnabled(sheet is not None and sheet.can_redo)
        self._clear.setEnabled(sheet is not None and not sheet.is_blank)

    def _choose_ink(self) -> None:
        if isinstance(self._canvas, PictureCanvas):
            channels = self._canvas.sheet.values.shape[2]
            colour = QColor(list(INKS.values())[self._ink.currentIndex()])
            red, green, blue = colour.redF(), colour.greenF(), colour.blueF()
            ink = (red, green, blue) if channels == 3 else (1.0,) * channels
            self._canvas.ink = ink if self._pen.isChecked() else (0.0,) * channels

    def _choose_size(self) -> None:
        if isinstance(self._canvas, PictureCanvas):
            self._canvas.radius = self._size.value() / 2

    def _thinner(self) -> None:
        self._size.setValue(self._size.value() - 1)

    def _thicker(self) -> None:
        self._size.setValue(self._size.value() + 1)

    def _choose_channel(self, channel: int) -> None:
        if isinstance(self._canvas, SignalCanvas):
            self._canvas.channel = max(0, channel)
            self._canvas.update()

    def _even_out(self) -> None:
        if isinstance(self._canvas, SignalCanvas):
            self._canvas.sheet.smooth(self._canvas.channel)
            self._canvas.tell()

    def _take_back(self) -> None:
        if self._canvas is not None and self._canvas.sheet.can_undo:
            self._canvas.sheet.undo()
            self._canvas.tell()

    def _make_again(self) -> None:
        if self._canvas is not None and self._canvas.sheet.can_redo:
            self._canvas.sheet.redo()
            self._canvas.tell()

    def _wipe(self) -> None:
        if self._canvas is not None and not self._canvas.sheet.is_blank:
            self._canvas.sheet.clear()
            self._canvas.tell()
