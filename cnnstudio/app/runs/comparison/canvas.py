"""The curves of a comparison under mouse and keys: read out, zoomed and moved."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPen

from cnnstudio.app.runs.comparison import readout
from cnnstudio.app.runs.comparison.lines import Against, Drawing
from cnnstudio.app.runs.comparison.plot import ComparisonPlot, Frame, box
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QWheelEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.runs.comparison.lines import Line
    from cnnstudio.app.runs.comparison.readout import Reading
    from cnnstudio.app.runs.comparison.span import Span

REDRAW_MS = 25
STEP = 1.25
"""Factor of one step of zooming."""
MOVE = 0.15
"""Share of the view that an arrow key moves it by."""
NEAR = 24.0
"""Pixels within which the mouse points at a line."""
LEAST_BOX = 6.0
"""Pixels: a smaller box was a click."""
HINT = (
    "Point to read values. The wheel zooms (with Shift only across, with Ctrl only up and down), dragging moves, "
    "dragging with Shift zooms to a box, a double click shows all. Left and Right walk along, with Shift they move, "
    "+ and - zoom, 0 shows all"
)


class ComparisonCanvas(DrawnPlot):
    """Draws a `Drawing`; the view is that of the person until `fit`."""

    view_changed = Signal()
    """Another piece of the plane is shown."""
    pointed = Signal(object)
    """The run whose line the mouse is near to, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("comparison_curves")
        self.setAccessibleName("Curves of the chosen runs")
        self.setToolTip(HINT)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._plot = ComparisonPlot()
        self._drawing = Drawing()
        self._hidden: frozenset[Path] = frozenset()
        self._brought_out: Path | None = None
        self._whole = self._drawing.whole()
        self._x: Span | None = None
        self._y: Span | None = None
        self._place: float | None = None
        """Where values are read, on the axis."""
        self._mouse: QPointF | None = None
        self._drag: tuple[QPointF, Span, Span] | None = None
        self._box: QRectF | None = None

    # What is shown

    @property
    def plot(self) -> ComparisonPlot:
        """The figure."""
        return self._plot

    @property
    def frame(self) -> Frame:
        """All that the picture depends on."""
        x, y = self.view
        return Frame(self._drawing, x, y, self._hidden, self._brought_out)

    @property
    def view(self) -> tuple[Span, Span]:
        """The piece of the plane that is shown."""
        return self._x or self._whole[0], self._y or self._whole[1]

    @property
    def is_fitted(self) -> bool:
        """Whether everything is shown."""
        return self._x is None and self._y is None

    def show_drawing(self, drawing: Drawing, hidden: Iterable[Path] = ()) -> None:
        """Show these lines; the person's view stays as far as its axes mean the same."""
        old, new = self._drawing, drawing
        if (old.choice.against, old.unit, old.choice.log_x) != (new.choice.against, new.unit, new.choice.log_x):
            self._x, self._place = None, None
        if (old.choice.metric, old.choice.log_y) != (new.choice.metric, new.choice.log_y):
            self._y = None
        self._drawing, self._hidden = drawing, frozenset(hidden)
        self._whole = drawing.whole(self._hidden)
        self.setAccessibleDescription(self.reading)
        self.view_changed.emit()
        self.refresh()

    def bring_out(self, run: Path | None) -> None:
        """Draw that run above the others, and stronger."""
        if run != self._brought_out:
            self._brought_out = run
            self.refresh()

    def sizeHint(self) -> QSize:
        """Room to tell lines apart."""
        return QSize(640, 320)

    def drawn(self) -> QImage:
        """The lines as they stand."""
        return self._plot.image(self.frame, theme(), (self.width(), self.height()), self.devicePixelRatioF())

    # The view

    @property
    def room(self) -> QRectF:
        """Where the axes lie."""
        return box(self.width(), self.height())

    def point(self, x: float, y: float) -> QPointF:
        """Where a place of the plane lies on the widget."""
        across, up = self.view
        room = self.room
        return QPointF(room.left() + across.share(x) * room.width(), room.bottom() - up.share(y) * room.height())

    def shares(self, point: QPointF) -> tuple[float, float]:
        """Where a point of the widget lies on the axes: 0 to 1 within them."""
        room = self.room
        return (point.x() - room.left()) / room.width(), (room.bottom() - point.y()) / room.height()

    def look_at(self, x: Span | None, y: Span | None) -> None:
        """Show that piece; None for an axis with everything."""
        if (x, y) != (self._x, self._y):
            self._x, self._y = x, y
            self.view_changed.emit()
            self.refresh()
            self.update()

    def fit(self) -> None:
        """Show everything."""
        self.look_at(None, None)

    def zoom_by(
        self, steps: float, around: tuple[float, float] = (0.5, 0.5), *, across: bool = True, up: bool = True
    ) -> None:
        """Nearer, or with negative steps farther; what lies at these shares of the axes stays where it is."""
        (x, y), (whole_x, whole_y) = self.view, self._whole
        factor = STEP**-steps
        self.look_at(
            x.zoomed(factor, around[0], whole_x) if across else self._x,
            y.zoomed(factor, around[1], whole_y) if up else self._y,
        )

    def zoom_in(self) -> None:
        """One step nearer."""
        self.zoom_by(1)

    def zoom_out(self) -> None:
        """One step farther."""
        self.zoom_by(-1)

    def move_by(self, across: float, up: float) -> None:
        """Show what lies by these shares of the view further on."""
        x, y = self.view
        self.look_at(x.moved(across) if across else self._x, y.moved(up) if up else self._y)

    # Values

    @property
    def place(self) -> float | None:
        """Where values are read, on the axis."""
        return self._place

    @property
    def readings(self) -> list[Reading]:
        """The values there, best first."""
        return [] if self._place is None else readout.readings(self._drawing, self._place, self._hidden)

    @property
    def reading(self) -> str:
        """The values there in a sentence; "" while no place is pointed at."""
        return "" if self._place is None else readout.words(self._drawing, self._place, self.readings)

    def _read_at(self, place: float | None) -> None:
        if place is not None and self._drawing.choice.against is Against.EPOCHS:
            place = float(max(1, round(place)))
        self._place = place
        self.setAccessibleDescription(self.reading)
        self.update()

    def _nearest(self) -> Line | None:
        """The line that the mouse points at."""
        if self._mouse is None:
            return None
        near = min(self.readings, key=self._distance, default=None)
        return near.line if near is not None and self._distance(near) <= NEAR else None

    def _distance(self, reading: Reading) -> float:
        if self._mouse is None:
            return math.inf
        point = self.point(reading.line.x[reading.at], reading.value)
        return abs(point.y() - self._mouse.y()) if math.isfinite(point.y()) else math.inf

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move, or with Shift to draw a box."""
        if event.button() is not Qt.MouseButton.LeftButton or not self.room.contains(event.position()):
            super().mousePressEvent(event)
            return
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._box = QRectF(event.position(), event.position())
            self._read_at(None)  # the values would lie over the box
            return
        self._drag = (event.position(), *self.view)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move, grow the box, or read values."""
        at = event.position()
        if self._box is not None:
            self._box.setBottomRight(at)
            self.update()
        elif self._drag is not None:
            self._move_with(at)
        else:
            self._mouse = at if self.room.adjusted(-4, -4, 4, 4).contains(at) else None
            self._read_at(None if self._mouse is None else self.view[0].at(self.shares(at)[0]))
            nearest = self._nearest()
            self.pointed.emit(None if nearest is None else nearest.run)
            self.setCursor(Qt.CursorShape.CrossCursor if self._mouse is not None else Qt.CursorShape.ArrowCursor)

    def _move_with(self, at: QPointF) -> None:
        if self._drag is None:
            return
        start, x, y = self._drag
        room = self.room
        across, up = (start.x() - at.x()) / room.width(), (at.y() - start.y()) / room.height()
        if (at - start).manhattanLength() >= LEAST_BOX or not self.is_fitted:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._read_at(None)
            self.look_at(x.moved(across), y.moved(up))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The end of the gesture."""
        drawn, self._box, self._drag = self._box, None, None
        if drawn is not None:
            self._zoom_to(drawn.normalized().intersected(self.room))
            self.update()
        self.setCursor(Qt.CursorShape.CrossCursor)
        super().mouseReleaseEvent(event)

    def _zoom_to(self, part: QRectF) -> None:
        if part.width() < LEAST_BOX or part.height() < LEAST_BOX:
            return
        x, y = self.view
        (left, low), (right, high) = self.shares(part.bottomLeft()), self.shares(part.topRight())
        self.look_at(x.piece(left, right), y.piece(low, high))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything again."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom round the mouse; over the numbers of an axis along that axis alone."""
        turned = event.angleDelta()
        steps = (turned.y() or turned.x()) / 120
        keys = event.modifiers()
        across, up = self.shares(event.position())
        only_across = bool(keys & Qt.KeyboardModifier.ShiftModifier) or up < 0
        only_up = bool(keys & Qt.KeyboardModifier.ControlModifier) or across < 0
        around = min(1.0, max(0.0, across)), min(1.0, max(0.0, up))
        self.zoom_by(steps, around, across=not only_up or only_across, up=not only_across or only_up)
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Over the axes no tooltip hides the curves: the values there are shown."""
        if isinstance(event, QHelpEvent) and self._place is not None:
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._mouse = None
        self._read_at(None)
        self.pointed.emit(None)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk along the curves, move, zoom, show all."""
        key, held = Qt.Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        arrows = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        if key in arrows and held in (Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier):
            across, up = arrows[key]
            if held == Qt.KeyboardModifier.ShiftModifier or up:
                self.move_by(MOVE * across, MOVE * up)
            else:
                self._walk(across)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        elif key == Qt.Key.Key_0:
            self.fit()
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            places = self._places()
            self._go_to(places[0 if key == Qt.Key.Key_Home else -1] if places else None)
        elif key == Qt.Key.Key_Escape and self._place is not None:
            self._read_at(None)
        else:
            super().keyPressEvent(event)

    def _places(self) -> list[float]:
        """Where there are values, in order."""
        return sorted({x for line in self._drawing.lines if line.run not in self._hidden for x in line.x})

    def _walk(self, way: int) -> None:
        """To the next place with values; from none to the first in sight."""
        places = self._places()
        low = self.view[0].low
        if self._place is None:
            first = next((x for x in places if x >= low), None)
            self._go_to(first)
            return
        here = self._place
        on = [x for x in places if (x > here if way > 0 else x < here)]
        if on:
            self._go_to(on[0] if way > 0 else on[-1])

    def _go_to(self, place: float | None) -> None:
        """Read there; what is out of sight is brought into it."""
        self._mouse = None
        self._read_at(place)
        if self._place is not None:
            share = self.view[0].share(self._place)
            if not 0 <= share <= 1:
                self.move_by(share - 0.5, 0.0)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture; over it the place with its values, the box that is drawn, and the focus ring."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        found = self.readings
        if self._place is not None and found:
            points = [self.point(r.line.x[r.at], r.value) for r in found]
            x = self.point(self._place, 1.0).x()
            readout.paint_place(painter, found, points, x, self.room)
            at = QPointF(x, self.room.center().y() if self._mouse is None else self._mouse.y())
            readout.paint(painter, self._drawing, found, self._place, at, self.room, self._nearest())
        if self._box is not None:
            ground = theme().color(Role.ACCENT)
            painter.setPen(QPen(ground, 1))
            ground.setAlphaF(0.15)
            painter.setBrush(ground)
            painter.drawRect(self._box.normalized().intersected(self.room))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(theme().color(Role.ACCENT))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
