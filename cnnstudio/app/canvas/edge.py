"""A connection on the canvas: a curve with the shape that flows along it."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR, FARTHEST
from cnnstudio.app.canvas.routing import band, path_of
from cnnstudio.app.format import TIMES
from cnnstudio.app.format import shape as shape_words
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import space
from cnnstudio.core.placing.roads import Course

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.core.analysis.diagnostics import EdgeFault
    from cnnstudio.core.declare import Shape

REACH = 14.0
"""Width of the strip in which an edge is hit."""
MARK, FAR_MARK = 5.5, 10.0
"""Radius of the crosses of a broken edge, from near and from afar."""
_OFF_END, _OFF_BENT = 12.0, 16.0
"""From the end of an edge to its cross: two of them, with their words, fit between the rows of the layout."""
_BELOW_CARD, _ABOVE_CARD = 12.0, 15.0
"""From a card to the middle of the words below or above it; above there may be the ring of the selection."""
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
        self._fault: EdgeFault | None = None
        self._borders: tuple[float, ...] = ()
        """Heights at which it crosses the frame of a group."""
        self._is_covered = False
        """Whether what a broken edge says lies upon its label."""
        self._tags: tuple[QRectF, ...] = ()
        """Where a broken edge says what arrives, and what is needed."""
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
            self._path = path_of(self._course)
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
        ends = f"{self.source} to {self.target}"
        if self._fault is not None:
            given, wanted = self.tag_words
            return f"{ends}: {given} arrives, but {self.target} {wanted}"
        return f"{ends}: {self.label}" if self.flow else ends

    @property
    def fault(self) -> EdgeFault | None:
        """What is wrong with the shape that arrives, None for nothing."""
        return self._fault

    @property
    def tag_words(self) -> tuple[str, str]:
        """What a broken edge says at its source and at its target; "" for one that is sound."""
        if self._fault is None:
            return "", ""
        wanted = self._fault.wanted
        needed = wanted.replace(" x ", f" {TIMES} ") if isinstance(wanted, str) else _words(wanted)
        return _words(self._fault.given), f"needs {needed}"

    @property
    def tags(self) -> tuple[QRectF, ...]:
        """Where those words stand in the scene."""
        return self._tags if self._fault is not None else ()

    @property
    def is_marked(self) -> bool:
        """Whether a drop would land on it."""
        return self._marked

    @property
    def paints_itself(self) -> bool:
        """Whether it is not among those that are painted together."""
        stands_out = self._selected or self._marked or self._hovered or self._floating or self._fault is not None
        return stands_out or not self._crowd.is_far

    def show_course(self, course: Course) -> None:
        """Take another course."""
        if course != self._course:
            self.prepareGeometryChange()
            self._course = course
            self._path = self._hit = self._chords = None
            self._measure()

    def show_borders(self, borders: tuple[float, ...]) -> None:
        """It crosses frames at these heights: the label keeps clear of them."""
        if borders != self._borders:
            self.prepareGeometryChange()
            self._borders = borders
            self._measure()
            self.update()

    def cover(self, tags: Sequence[QRectF]) -> None:
        """What broken edges say there comes first: a label that lies beneath is left out."""
        width = min(self._style.caption_width(self.label) + space(3), self._style.shape_width)
        box = self._label_box(width)
        covered = any(tag.intersects(box) for tag in tags)
        if covered != self._is_covered:
            self._is_covered = covered
            self.update()

    def show_flow(self, flow: Shape) -> None:
        """Show another shape."""
        self.flow = flow
        self.update()

    def show_fault(self, fault: EdgeFault | None) -> None:
        """Say at both ends that the wrong shape arrives, or that all is well."""
        self.prepareGeometryChange()
        self._fault = fault
        self.setFlag(HIDDEN, False)
        self._rank()
        self._measure()
        self.update()

    def _rank(self) -> None:
        above = 0.6 if self._fault is not None else 0.5
        self.setZValue(above if self._selected or self._marked or self._fault is not None else 0)

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
            self._rank()
            self.setFlag(HIDDEN, False)
            self.update()

    def show_floating(self, floating: bool) -> None:
        """It follows a card that is dragged, so it paints itself from however far it is seen."""
        self._floating = floating
        self.setFlag(HIDDEN, False)

    def _measure(self) -> None:
        left, top, right, bottom = self._course.area
        self._area = QRectF(left - 4, top - 4, right - left + 8, bottom - top + 8)
        self._area = self._area.united(self._label_box(self._style.shape_width))
        if self._fault is not None:
            source, target = self._mark_places()
            if not self._course.is_straight:  # a curve hugs the cards, its words keep off them
                source.setY(self._course.start[1] + _BELOW_CARD)
                target.setY(self._course.end[1] - _ABOVE_CARD)
            given, needed = self.tag_words
            self._tags = (self._tag_box(given, source), self._tag_box(needed, target))
            self._area = (
                self._area.united(self._tags[0])
                .united(self._tags[1])
                .adjusted(-FAR_MARK, -FAR_MARK, FAR_MARK, FAR_MARK)
            )

    def _mark_places(self) -> tuple[QPointF, QPointF]:
        """Where the crosses of a broken edge stand: close to its ends."""
        if self._course.is_straight:
            (x0, y0), (x1, y1) = self._course.start, self._course.end
            return QPointF(x0, y0 + _OFF_END), QPointF(x1, y1 - _OFF_END)
        off = self.path.percentAtLength(min(_OFF_BENT, self.path.length() / 3))
        return self.path.pointAtPercent(off), self.path.pointAtPercent(1 - off)

    def _tag_box(self, words: str, mark: QPointF) -> QRectF:
        """Beside the cross; of a bent edge outside of the bend above and below, where it leaves room."""
        width, height = self._style.caption_width(words) + space(3), self._style.caption_height
        leads_right = self._course.end[0] > self._course.start[0]
        left = mark.x() - MARK - 3 - width if leads_right else mark.x() + MARK + 3
        return QRectF(left, mark.y() - height / 2, width, height)

    def _label_box(self, width: float) -> QRectF:
        """Where a label of that width stands."""
        x, y = self._course.label
        if self._borders and self._course.is_straight:
            ends = self._course.start[1], self._course.end[1]
            stops = sorted([*ends, *(b for b in self._borders if ends[0] < b < ends[1])])
            above, below = max(pairwise(stops), key=lambda stretch: stretch[1] - stretch[0])
            y = (above + below) / 2
        height = self._style.caption_height
        return QRectF(x - width / 2 * (1 - self._course.side), y - height / 2, width, height)

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
        if self._fault is not None:
            self._paint_broken(painter, level, strong=strong)
            return
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
        if level >= FAR and self.flow and not self._is_covered:
            self._paint_label(painter, Role.ACCENT if strong else Role.MUTED)

    def _paint_broken(self, painter: QPainter, level: float, *, strong: bool) -> None:
        """Red, dashed and crossed out at both ends: not told by its colour alone."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        close = level >= FAR
        pen = QPen(
            self._style.pen(Role.ERROR, (3.5 if strong else 2.25) if close else 6.0 if level >= FARTHEST else 16.0)
        )
        pen.setDashPattern([3.0, 2.5])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path)
        if level < FARTHEST:
            return
        radius = MARK if close else FAR_MARK
        for mark, box, words in zip(self._mark_places(), self._tags, self.tag_words, strict=True):
            if close:
                painter.setPen(self._style.pen(Role.ERROR))
                painter.setBrush(self._style.colors[Role.CANVAS])
                painter.drawRoundedRect(box, space(1), space(1))
                painter.setFont(self._style.caption)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._style.colors[Role.ERROR])
            painter.drawEllipse(mark, radius, radius)
            painter.setPen(QPen(self._style.card, radius / 3, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            arm = radius * 0.45
            painter.drawLine(mark + QPointF(-arm, -arm), mark + QPointF(arm, arm))
            painter.drawLine(mark + QPointF(-arm, arm), mark + QPointF(arm, -arm))

    def _paint_label(self, painter: QPainter, role: Role) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.colors[Role.CANVAS])
        box = self._label_box(min(self._style.caption_width(self.label) + space(3), self._style.shape_width))
        painter.drawRoundedRect(box, space(1), space(1))
        painter.setPen(self._style.colors[role])
        painter.setFont(self._style.caption)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.label)
