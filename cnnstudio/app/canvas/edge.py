"""A connection on the canvas: a curve with the shape that flows along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR, FARTHEST
from cnnstudio.app.canvas.routing import band
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.canvas.routing import Route
    from cnnstudio.app.canvas.style import CanvasStyle

REACH = 14.0
"""Width of the strip in which an edge is hit."""


class Edge(QGraphicsItem):
    """What `target` reads from `source`."""

    def __init__(self, source: str, target: str, style: CanvasStyle) -> None:
        super().__init__()
        self.source = source
        self.target = target
        self._style = style
        self._path = QPainterPath()
        self._hit: QPainterPath | None = None
        self._label = ""
        self._label_box = QRectF()
        self._label_at = QPointF()
        self._side = 0
        self._area = QRectF()
        self._selected = False
        self._hovered = False
        self._marked = False
        self._floating = False
        self.setToolTip(f"{source} to {target}")

    @property
    def key(self) -> tuple[str, str]:
        """(source, target)."""
        return self.source, self.target

    @property
    def label(self) -> str:
        """The shape it shows."""
        return self._label

    @property
    def path(self) -> QPainterPath:
        """Its curve in the scene."""
        return self._path

    @property
    def is_marked(self) -> bool:
        """Whether a drop would land on it."""
        return self._marked

    def show_route(self, route: Route) -> None:
        """Take another course."""
        if route.path == self._path:
            return
        self.prepareGeometryChange()
        self._path = route.path
        self._label_at, self._side = route.label, route.side
        self._hit = None
        self._measure()

    def show_label(self, label: str) -> None:
        """Show another shape."""
        if label != self._label:
            self.prepareGeometryChange()
            self._label = label
            self._measure()
            self.setToolTip(f"{self.source} to {self.target}" + (f": {label}" if label else ""))

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self.prepareGeometryChange()
        self._style = style
        self._measure()

    def show_state(self, *, selected: bool, hovered: bool, marked: bool) -> None:
        """`marked`: a block would be inserted here."""
        if (selected, hovered, marked) != (self._selected, self._hovered, self._marked):
            self._selected, self._hovered, self._marked = selected, hovered, marked
            self.setZValue(0.5 if selected or marked else 0)
            self.update()

    def show_floating(self, floating: bool) -> None:
        """It follows a card that is dragged, so it paints itself from however far it is seen."""
        self._floating = floating

    def _measure(self) -> None:
        metrics = self._style.caption_metrics
        width, height = metrics.horizontalAdvance(self._label) + space(3), metrics.height()
        left = self._label_at.x() - width / 2 * (1 - self._side)
        self._label_box = QRectF(left, self._label_at.y() - height / 2, width, height)
        line = self._path.controlPointRect().adjusted(-4, -4, 4, 4)
        self._area = line.united(self._label_box) if self._label else line
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def shape(self) -> QPainterPath:
        if self._hit is None:
            self._hit = band(self._path, REACH)
        return self._hit

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        level = option.levelOfDetailFromTransform(painter.worldTransform())
        strong = self._selected or self._marked
        if level < FARTHEST and not strong and not self._floating:
            return  # FarEdges draws it
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, level >= FARTHEST)
        role = Role.ACCENT if strong or self._hovered else Role.EDGE
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if level < FARTHEST:
            painter.setPen(self._style.pen(role, 16.0 if strong else 6.0))
        else:
            painter.setPen(self._style.pen(role, (3.0 if strong else 1.75) * (1.0 if level >= FAR else 2.0)))
        painter.drawPath(self._path)
        if level < FAR or not self._label:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.colors[Role.CANVAS])
        painter.drawRoundedRect(self._label_box, space(1), space(1))
        painter.setPen(self._style.colors[Role.ACCENT if strong else Role.MUTED])
        painter.setFont(self._style.caption)
        painter.drawText(self._label_box, Qt.AlignmentFlag.AlignCenter, self._label)


class FarEdges(QGraphicsItem):
    """All edges seen from far away: straight lines in one stroke, for one call each takes too long at 1,000 blocks."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        self._style = style
        self._lines: list[QLineF] = []
        self._area = QRectF()
        self.setZValue(-1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.update()

    def show_lines(self, lines: list[QLineF], area: QRectF) -> None:
        """Draw these lines, all within `area`."""
        self.prepareGeometryChange()
        self._lines, self._area = lines, area

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def shape(self) -> QPainterPath:
        return QPainterPath()  # never under the mouse

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if not self._lines or option.levelOfDetailFromTransform(painter.worldTransform()) >= FARTHEST:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(self._style.pen(Role.EDGE, 6.0))
        painter.drawLines(self._lines)
