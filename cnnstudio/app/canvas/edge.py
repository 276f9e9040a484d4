"""A connection on the canvas: a curve with the shape that flows along it."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR, FARTHEST
from cnnstudio.app.canvas.routing import Course, band
from cnnstudio.app.format import shape as shape_words
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.core.declare import Shape

REACH = 14.0
"""Width of the strip in which an edge is hit."""
HIDDEN = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents
_words = lru_cache(4096)(shape_words)
_NOWHERE = Course((0.0, 0.0), (0.0, 0.0))


class Crowd:
    """The edges of a scene as seen from afar, where they are painted together."""

    def __init__(self) -> None:
        self.is_far = False
        self._hidden: set[Edge] = set()

    def hide(self, edge: Edge) -> None:
        """It was about to paint itself."""
        self._hidden.add(edge)
        edge.setFlag(HIDDEN)

    def forget(self, edge: Edge) -> None:
        """It leaves the scene."""
        self._hidden.discard(edge)

    def show_far(self, far: bool) -> None:
        """When near, edges paint themselves again. Only those were hidden that have been in sight."""
        self.is_far = far
        for edge in () if far else self._hidden:
            edge.setFlag(HIDDEN, False)
        if not far:
            self._hidden.clear()


class Edge(QGraphicsItem):
    """What `target` reads from `source`. Its curve is made when it is needed: most edges are out of sight."""

    def __init__(self, source: str, target: str, style: CanvasStyle, crowd: Crowd) -> None:
        super().__init__()
        self.source = source
        self.target = target
        self._style = style
        self._course = _NOWHERE
        self._path: QPainterPath | None = None
        self._hit: QPainterPath | None = None
        self._chords: list[QLineF] | None = None
        self.flow: Shape = ()
        """The shape that flows along it; () while none is known."""
        self._label_box = QRectF()
        self._area = QRectF()
        self._selected = False
        self._hovered = False
        self._marked = False
        self._floating = False
        self._crowd = crowd

    @property
    def key(self) -> tuple[str, str]:
        """(source, target)."""
        return self.source, self.target

    @property
    def label(self) -> str:
        """The shape it shows, in words."""
        return _words(self.flow) if self.flow else ""

    @property
    def course(self) -> Course:
        """How it runs."""
        return self._course

    @property
    def path(self) -> QPainterPath:
        """Its curve in the scene."""
        if self._path is None:
            self._path = self._course.path()
        return self._path

    @property
    def chords(self) -> list[QLineF]:
        """The course in straight pieces, as it is drawn from afar."""
        if self._chords is None:
            places = [QPointF(*place) for place in self._course.places()]
            self._chords = [QLineF(*ends) for ends in pairwise(places)]
        return self._chords

    @property
    def words(self) -> str:
        """What it connects, and the shape that flows, as a tooltip says it."""
        return f"{self.source} to {self.target}" + (f": {self.label}" if self.flow else "")

    @property
    def is_marked(self) -> bool:
        """Whether a drop would land on it."""
        return self._marked

    @property
    def paints_itself(self) -> bool:
        """Whether it is not among those that are painted together."""
        return not self._crowd.is_far or self._selected or self._marked or self._hovered or self._floating

    def show_course(self, course: Course) -> None:
        """Take another course."""
        if course != self._course:
            self.prepareGeometryChange()
            self._course = course
            self._path = self._hit = self._chords = None
            self._measure()

    def show_flow(self, flow: Shape) -> None:
        """Show another shape."""
        self.prepareGeometryChange()
        self.flow = flow
        self._measure()
        self.update()

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self.prepareGeometryChange()
        self._style = style
        self._measure()
        self.update()

    def show_state(self, *, selected: bool, hovered: bool, marked: bool) -> None:
        """`marked`: a block would be inserted here."""
        if (selected, hovered, marked) != (self._selected, self._hovered, self._marked):
            self._selected, self._hovered, self._marked = selected, hovered, marked
            if hovered:
                self.setToolTip(self.words)
            self.setZValue(0.5 if selected or marked else 0)
            self.setFlag(HIDDEN, False)
            self.update()

    def show_floating(self, floating: bool) -> None:
        """It follows a card that is dragged, so it paints itself from however far it is seen."""
        self._floating = floating
        self.setFlag(HIDDEN, False)

    def _measure(self) -> None:
        left, top, right, bottom = self._course.area
        self._area = QRectF(left - 4, top - 4, right - left + 8, bottom - top + 8)
        if self.flow:
            width, height = self._style.caption_width(self.label) + space(3), self._style.caption_height
            x, y = self._course.label
            self._label_box = QRectF(x - width / 2 * (1 - self._course.side), y - height / 2, width, height)
            self._area = self._area.united(self._label_box)

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def shape(self) -> QPainterPath:
        if self._hit is None:
            self._hit = band(self.path, REACH)
        return self._hit

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if not self.paints_itself:
            self._crowd.hide(self)
            return
        level = option.levelOfDetailFromTransform(painter.worldTransform())
        strong = self._selected or self._marked
        role = Role.ACCENT if strong or self._hovered else Role.EDGE
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, level >= FARTHEST)
        if level < FARTHEST:
            painter.setPen(self._style.pen(role, 16.0 if strong else 6.0))
        else:
            painter.setPen(self._style.pen(role, (3.0 if strong else 1.75) * (1.0 if level >= FAR else 2.0)))
        if self._course.is_straight:
            painter.drawLine(QPointF(*self._course.start), QPointF(*self._course.end))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPath(self.path)
        if level >= FAR and self.flow:
            self._paint_label(painter, Role.ACCENT if strong else Role.MUTED)

    def _paint_label(self, painter: QPainter, role: Role) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.colors[Role.CANVAS])
        painter.drawRoundedRect(self._label_box, space(1), space(1))
        painter.setPen(self._style.colors[role])
        painter.setFont(self._style.caption)
        painter.drawText(self._label_box, Qt.AlignmentFlag.AlignCenter, self.label)
