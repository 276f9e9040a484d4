"""Drawing with the mouse or the keys: on the pixels of a picture, or along the line of a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from cnnstudio.app.inspect.probes.sheet import Sheet

_LEFT = Qt.MouseButton.LeftButton
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ARROWS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
_DRAWING_KEYS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
SIDE = 336


class Canvas(QWidget):
    """What both have in common: one sheet, strokes of the mouse, and a cursor for the keys."""

    drawn = Signal()
    """The sheet has other values."""

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sheet = sheet
        self._last: tuple[float, float] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        themes.changed.connect(self.update)

    def place(self, point: QPointF) -> tuple[float, float]:
        """Where on the sheet a point of the widget is."""
        raise NotImplementedError

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw from one place to another."""
        raise NotImplementedError

    def tell(self) -> None:
        """The sheet was changed: paint it, and say so."""
        self.update()
        self.drawn.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A stroke begins."""
        if event.button() == _LEFT:
            self.sheet.begin()
            self._last = self.place(event.position())
            self.stroke(self._last, self._last)
            self.tell()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It goes on."""
        if self._last is not None:
            here = self.place(event.position())
            self.stroke(self._last, here)
            self._last = here
            self.tell()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It is over."""
        if event.button() == _LEFT:
            self._last = None


class PictureCanvas(Canvas):
    """A picture of few pixels, each a square. Arrow keys move the cursor, Space draws there, Shift and arrows too."""

    def __init__(self, sheet: Sheet, parent: QWidget | None = None) -> None:
        super().__init__(sheet, parent)
        self.setObjectName("pad_picture")
        self.setAccessibleName("Picture to draw on")
        self.setToolTip("Draw with the mouse, or go with the arrow keys and draw with Space; with Shift arrows draw")
        self.ink: tuple[float, ...] = (1.0,) * sheet.values.shape[2]
        self.radius = 1.0
        self._cursor = (sheet.values.shape[1] // 2, sheet.values.shape[0] // 2)

    def sizeHint(self) -> QSize:
        """Large enough to hit pixels with a mouse."""
        return QSize(SIDE, SIDE)

    def minimumSizeHint(self) -> QSize:
        """Half of it."""
        return QSize(SIDE // 2, SIDE // 2)

    @property
    def cursor_place(self) -> tuple[int, int]:
        """The pixel (x, y) that the keys are at."""
        return self._cursor

    def pixels(self) -> QRectF:
        """Where the picture lies in the widget."""
        height, width = self.sheet.values.shape[:2]
        scale = min(self.width() / width, self.height() / height)
        scale = float(int(scale)) if scale >= 1 else scale
        room = QRectF(0, 0, width * scale, height * scale)
        room.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        return QRectF(round(room.x()), round(room.y()), room.width(), room.height())

    def place(self, point: QPointF) -> tuple[float, float]:
        """In pixels of the picture, from its top left corner."""
        room, (height, width) = self.pixels(), self.sheet.values.shape[:2]
        return (point.x() - room.x()) / room.width() * width, (point.y() - room.y()) / room.height() * height

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw with the pen as it is."""
        self.sheet.dab(start, end, self.radius, self.ink)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Draw without a mouse."""
        key = Qt.Key(event.key())
        x, y = self._cursor
        if key in _ARROWS:
            height, width = self.sheet.values.shape[:2]
            step = _ARROWS[key]
            self._cursor = min(max(0, x + step[0]), width - 1), min(max(0, y + step[1]), height - 1)
            if event.modifiers() & _SHIFT:
                self._draw_to((x, y))
            self.update()
        elif key in _DRAWING_KEYS:
            self._draw_to(self._cursor)
        else:
            super().keyPressEvent(event)

    def _draw_to(self, start: tuple[int, int]) -> None:
        self.sheet.begin()
        self.stroke((start[0] + 0.5, start[1] + 0.5), (self._cursor[0] + 0.5, self._cursor[1] + 0.5))
        self.tell()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The pixels, a line round them, and the cursor while the keys are here."""
        painter = QPainter(self)
        room, values = self.pixels(), self.sheet.values
        levels = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
        rgb = np.ascontiguousarray(levels[..., :3] if levels.shape[2] >= 3 else np.repeat(levels[..., :1], 3, axis=2))
        height, width = rgb.shape[:2]
        painter.drawImage(room, QImage(rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888))
        painter.setPen(QPen(theme().color(Role.ACCENT if self.hasFocus() else Role.EDGE), 1))
        painter.drawRect(room.adjusted(-1, -1, 0, 0))
        if self.hasFocus():
            cell = room.width() / width
            x, y = self._cursor
            painter.setPen(QPen(theme().color(Role.ACCENT), 2))
            painter.drawRect(QRectF(room.x() + x * cell, room.y() + y * cell, cell, cell))


class SignalCanvas(Canvas):
    """A signal's line. Left and Right move along it, Up and Down bend it there; with Shift in larger steps."""

    def __init__(self, sheet: Sheet, span: tuple[float, float], parent: QWidget | None = None) -> None:
        super().__init__(sheet, parent)
        self.setObjectName("pad_signal")
        self.setAccessibleName("Signal to draw")
        self.setToolTip("Draw the line with the mouse, or go with Left and Right and bend it with Up and Down")
        self.channel = 0
        self._span = span
        self._cursor = 0

    def sizeHint(self) -> QSize:
        """Wide enough to see a period."""
        return QSize(2 * SIDE, SIDE // 2)

    def minimumSizeHint(self) -> QSize:
        """Half of it."""
        return QSize(SIDE, SIDE // 3)

    @property
    def span(self) -> tuple[float, float]:
        """Values at the lower and the upper edge."""
        return self._span

    def place(self, point: QPointF) -> tuple[float, float]:
        """As (point of time, value)."""
        low, high = self._span
        time = point.x() / max(1, self.width() - 1) * (len(self.sheet.values) - 1)
        share = min(max(0.0, 1 - point.y() / max(1, self.height() - 1)), 1.0)
        return time, low + share * (high - low)

    def stroke(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Let the line run there."""
        self.sheet.bend(start, end, self.channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Draw without a mouse."""
        key, large = Qt.Key(event.key()), bool(event.modifiers() & _SHIFT)
        if key not in _ARROWS:
            super().keyPressEvent(event)
            return
        along, down = _ARROWS[key]
        last = len(self.sheet.values) - 1
        self._cursor = min(max(0, self._cursor + along * (max(1, last // 16) if large else 1)), last)
        if down:
            low, high = self._span
            value = float(self.sheet.values[self._cursor, self.channel]) - down * (high - low) / (10 if large else 50)
            here = (float(self._cursor), min(max(low, value), high))
            self.sheet.begin()
            self.stroke(here, here)
            self.tell()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """All channels, the one that is drawn on top, the zero line, and the cursor while the keys are here."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme().color(Role.CANVAS))
        low, high = self._span
        if low < 0 < high:
            painter.setPen(QPen(theme().color(Role.GRID), 1))
            painter.drawLine(QPointF(0, self._y(0)), QPointF(self.width(), self._y(0)))
        channels = self.sheet.values.shape[1]
        for channel in [c for c in range(channels) if c != self.channel] + [self.channel]:
            role = Role.CURVE_1 if channel == self.channel else Role.EDGE
            painter.setPen(QPen(theme().color(role), 1.6 if channel == self.channel else 1))
            painter.drawPolyline(self._line(channel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(theme().color(Role.ACCENT if self.hasFocus() else Role.EDGE), 1))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self.hasFocus():
            x = self._x(self._cursor)
            painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))

    def _x(self, time: float) -> float:
        return time / max(1, len(self.sheet.values) - 1) * (self.width() - 1)

    def _y(self, value: float) -> float:
        low, high = self._span
        return (1 - (value - low) / (high - low)) * (self.height() - 1)

    def _line(self, channel: int) -> QPolygonF:
        return QPolygonF(
            [QPointF(self._x(t), self._y(v)) for t, v in enumerate(self.sheet.values[:, channel].tolist())]
        )
