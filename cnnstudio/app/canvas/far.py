"""What is seen from afar: all plates and edges in a few strokes, as a call for each takes too long at 1,000 blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR_OUTLINE, FARTHEST
from cnnstudio.app.theme import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnnstudio.app.canvas.sprite import Plate
    from cnnstudio.app.canvas.style import CanvasStyle


class Sheet(QGraphicsItem):
    """An item over the whole canvas that never lies under the mouse."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        self._style = style
        self._area = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setVisible(False)

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.update()

    def spread(self, area: QRectF) -> None:
        """Everything it paints lies within `area`."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def shape(self) -> QPainterPath:
        return QPainterPath()


class PlateSheet(Sheet):
    """The plates of all items that do not paint themselves."""

    def __init__(self, style: CanvasStyle, plates: Callable[[], Iterable[Plate]]) -> None:
        super().__init__(style)
        self._plates = plates
        self._bodies: list[tuple[QColor, list[QRectF]]] = []
        self._outlines: list[tuple[Role, list[QRectF]]] = []
        self._is_stale = True
        self.setZValue(0.9)

    def change(self) -> None:
        """Plates have changed, come or gone; they are collected when they are painted."""
        if not self._is_stale:
            self._is_stale = True
            self.update()

    def _collect(self) -> None:
        bodies: dict[int, tuple[QColor, list[QRectF]]] = {}
        outlines: dict[Role, list[QRectF]] = {}
        for area, color, outline in self._plates():
            bodies.setdefault(color.rgba(), (color, []))[1].append(area)
            if outline is not None:
                outlines.setdefault(outline, []).append(area)
        self._bodies, self._outlines = list(bodies.values()), list(outlines.items())
        self._is_stale = False

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if self._is_stale:
            self._collect()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for color, areas in self._bodies:
            painter.setBrush(color)
            painter.drawRects(areas)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for role, areas in self._outlines:
            painter.setPen(self._style.pen(role, FAR_OUTLINE))
            painter.drawRects(areas)


class EdgeSheet(Sheet):
    """All edges that do not paint themselves."""

    def __init__(self, style: CanvasStyle, edges: Callable[[], list[QLineF]]) -> None:
        super().__init__(style)
        self._edges = edges
        self._lines: list[QLineF] = []
        self._is_stale = True
        self.setZValue(-1)

    def change(self) -> None:
        """Edges have changed, come or gone; they are collected when they are painted."""
        if not self._is_stale:
            self._is_stale = True
            self.update()

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if self._is_stale:
            self._lines, self._is_stale = self._edges(), False
        close = option.levelOfDetailFromTransform(painter.worldTransform()) >= FARTHEST
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, close)
        painter.setPen(self._style.pen(Role.EDGE, 3.5 if close else 6.0))
        painter.drawLines(self._lines)
