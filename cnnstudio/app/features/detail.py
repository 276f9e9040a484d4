"""One feature map, enlarged: its picture with every value readable, its colour bar and its numbers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.colormaps import VIRIDIS, ColourMap
from cnnstudio.app.features.layer_maps import Scaling, number
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.features.pictures import ink_table, lines
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.format import share
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from cnnstudio.app.features.layer_maps import LayerMaps

BAR = 14
"""Width of the colour bar."""


class ChannelPicture(QWidget):
    """The picture of one channel in whole-number scale, with its colour bar at the right."""

    hovered = Signal(str)
    """Place and value under the mouse in words; "" outside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("feature_detail_picture")
        self.setAccessibleName("Enlarged feature map")
        self.setToolTip("Point at a place to read its value")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._layer: LayerMaps | None = None
        self._channel = 0
        self._depth = 0
        self._scaling = Scaling()
        self._colours = VIRIDIS
        self._mouse: QPointF | None = None
        themes.changed.connect(self.update)

    def show_channel(self, layer: LayerMaps, channel: int, depth: int, scaling: Scaling, colours: ColourMap) -> None:
        """Show that channel; `depth` is the slice of a volume."""
        self._layer, self._channel, self._depth = layer, channel, depth
        self._scaling, self._colours = scaling, colours
        self._tell()
        self.update()

    def sizeHint(self) -> QSize:
        """Room for a picture of some size."""
        return QSize(360, 300)

    def _size(self) -> tuple[int, int]:
        if self._layer is None:
            return 1, 1
        if self._layer.kind == "signals":
            return 1, int(self._layer.maps.shape[1])
        return int(self._layer.maps.shape[-2]), int(self._layer.maps.shape[-1])

    def picture_rect(self) -> QRect:
        """Where the picture lies, in logical pixels."""
        side = space(2) + BAR + space(2) + self.fontMetrics().horizontalAdvance("\u22120.00000")
        room = self.rect().adjusted(space(1), space(1), -side, -space(1))
        if self._layer is None or self._layer.kind == "signals":
            return QRect(room.left(), room.top(), room.width(), min(room.height(), 240))
        height, width = self._size()
        scale = max(1, min(room.width() // width, room.height() // height))
        return QRect(room.left(), room.top(), width * scale, height * scale)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Picture, frame and colour bar."""
        layer = self._layer
        if layer is None or layer.kind == "vector":
            return
        painter = QPainter(self)
        place = self.picture_rect()
        painter.drawImage(place, self._image(layer, place))
        painter.setPen(theme().color(Role.BORDER))
        painter.drawRect(QRectF(place).adjusted(-0.5, -0.5, 0.5, 0.5))
        centred = self._colours.diverging and layer.kind != "signals"
        low, high = (float(ends[self._channel]) for ends in layer.spans(self._scaling, centred))
        bar = QRect(place.right() + space(2), place.top(), BAR, place.height())
        if layer.kind != "signals":
            painter.drawImage(bar, ramp(self._colours))
            painter.drawRect(QRectF(bar).adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        left = bar.right() + space(2) if layer.kind != "signals" else bar.left()
        label = QRect(left, bar.top(), self.width() - left, bar.height())
        painter.drawText(label, Qt.AlignmentFlag.AlignTop, number(high))
        if high > low:
            painter.drawText(label, Qt.AlignmentFlag.AlignBottom, number(low))

    def _image(self, layer: LayerMaps, place: QRect) -> QImage:
        one = slice(self._channel, self._channel + 1)
        if layer.kind == "signals":
            ratio = self.devicePixelRatioF()
            maps = layer.scaled(one, self._scaling)
            strip = lines(maps, max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))[0]
            return indexed(strip, ink_table(theme().color(Role.CANVAS), theme().color(Role.CURVE_1)))
        plane = layer.planes(self._depth, one, self._scaling, centred=self._colours.diverging)[0]
        return indexed(plane, self._colours.table())

    def _tell(self) -> None:
        place, layer = self.picture_rect(), self._layer
        if self._mouse is None or layer is None or not QRectF(place).contains(self._mouse):
            self.hovered.emit("")
            return
        height, width = self._size()
        column = min(width - 1, int((self._mouse.x() - place.left()) / place.width() * width))
        row = min(height - 1, int((self._mouse.y() - place.top()) / place.height() * height))
        if layer.kind == "signals":
            self.hovered.emit(f"Position {column} · {number(layer.value(self._channel, (column,)))}")
            return
        cell = (self._depth, row, column) if layer.kind == "volumes" else (row, column)
        self.hovered.emit(f"Row {row}, column {column} · {number(layer.value(self._channel, cell))}")

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the value under the mouse."""
        self._mouse = event.position()
        self._tell()

    def event(self, event: QEvent) -> bool:
        """Over the picture no tooltip hides it: the readout says what is there."""
        if isinstance(event, QHelpEvent) and self.picture_rect().contains(event.pos()):
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._mouse = None
        self._tell()


class MapDetail(QWidget):
    """The enlarged channel with its numbers, and the way back to the wall and on to the next channel."""

    closed = Signal()
    """Back to all channels."""
    moved = Signal(int)
    """Another channel is shown."""
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("feature_detail")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Enlarged channel")
        self._layer: LayerMaps | None = None
        self._channel = 0
        self._look: tuple[int, Scaling, ColourMap] = (0, Scaling(), VIRIDIS)
        self._back = tool("feature_detail_back", "chevron-left", "Back to all channels (Esc)", text="All channels")
        self._previous = tool("feature_detail_previous", "chevron-left", "Previous channel (Left)")
        self._next = tool("feature_detail_next", "chevron-right", "Next channel (Right)")
        self._title = words("feature_detail_title", scale="title")
        self._numbers = words("feature_detail_numbers", tone="muted", wrap=True)
        self._picture = ChannelPicture()
        self._picture.hovered.connect(self.hovered)
        self._back.clicked.connect(self._close)
        self._previous.clicked.connect(self._step_back)
        self._next.clicked.connect(self._step_on)
        row = QHBoxLayout()
        row.setSpacing(space(1))
        row.addWidget(self._back)
        row.addSpacing(space(2))
        row.addWidget(self._title, 1)
        row.addWidget(self._previous)
        row.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(row)
        column.addWidget(self._numbers)
        column.addWidget(self._picture, 1)

    @property
    def channel(self) -> int:
        """The channel shown."""
        return self._channel

    @property
    def picture(self) -> ChannelPicture:
        """The picture itself."""
        return self._picture

    def show_channel(self, layer: LayerMaps, channel: int, depth: int, scaling: Scaling, colours: ColourMap) -> None:
        """Show that channel of the layer."""
        self._layer, self._look = layer, (depth, scaling, colours)
        self._channel = max(0, min(layer.count - 1, channel))
        self._title.setText(f"Channel {self._channel}")
        self._title.setToolTip(f"One of {layer.count:,} channels, counted from 0")
        self._numbers.setText(channel_words(layer, self._channel))
        self._previous.setEnabled(self._channel > 0)
        self._next.setEnabled(self._channel < layer.count - 1)
        self._picture.show_channel(layer, self._channel, *self._look)

    def _close(self) -> None:
        self.closed.emit()

    def _step_back(self) -> None:
        self._move(-1)

    def _step_on(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        if self._layer is not None and 0 <= self._channel + by < self._layer.count:
            self.show_channel(self._layer, self._channel + by, *self._look)
            self.moved.emit(self._channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right change the channel, Esc goes back to the wall."""
        key = Qt.Key(event.key())
        if key is Qt.Key.Key_Escape:
            self._close()
        elif key is Qt.Key.Key_Left:
            self._move(-1)
        elif key is Qt.Key.Key_Right:
            self._move(1)
        else:
            super().keyPressEvent(event)


def channel_words(layer: LayerMaps, channel: int) -> str:
    """The numbers of one channel: range, mean, zeros, and what is the matter with it."""
    values = layer.channel(channel)
    zeros = int((abs(values) < 1e-12).sum())
    numbers = (
        f"lowest {number(float(layer.low[channel]))}",
        f"highest {number(float(layer.high[channel]))}",
        f"mean {number(float(values.mean()))}",
        f"zero {share(zeros, values.size)}",
    )
    told = [each.replace(" ", "\u00a0") for each in numbers]  # a line ends between two numbers, not inside one
    if channel in layer.saturated:
        told.append("saturated: nearly all values lie where the curve has levelled off")
    elif channel in layer.dead:
        told.append("the same value everywhere for this sample")
    return " · ".join(told)


@functools.cache
def ramp(colours: ColourMap) -> QImage:
    """The colours from high to low, one pixel wide, for a colour bar. Not to be painted on."""
    ramp = QImage(1, 256, QImage.Format.Format_RGB32)
    for entry, colour in enumerate(colours.table()):
        ramp.setPixel(0, 255 - entry, colour)
    return ramp
