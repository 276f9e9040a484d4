"""The canvas as a surface: zoom, scrolling, the grid and the focus frame. It knows nothing of blocks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QFrame, QGraphicsScene, QGraphicsView, QWidget
from typing_extensions import override

from cnnstudio.app.theme import Role, space, theme, themes

if TYPE_CHECKING:
    from cnnstudio.app.canvas.sprite import Album, Sprite

STEP = 1.2
SMALLEST, LARGEST = 0.05, 3.0
GRID = 20
GRID_FROM = 0.5
"""Below this scale the dots would be noise."""
FRAME = 1
REST = 120
"""Milliseconds without a change of scale after which pictures are painted anew at the scale that it has come to."""


class Viewport(QGraphicsView):
    """A view that zooms about the mouse and shows the keyboard focus at its rim."""

    zoomed = Signal(float)
    """The new scale; 1 is natural size."""

    def __init__(self, scene: QGraphicsScene, album: Album, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._album = album
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._come_to_rest)
        self._owed: tuple[Sprite, ...] = ()
        self._catch_up = QTimer(self)
        self._catch_up.setSingleShot(True)
        self._catch_up.setInterval(0)
        self._catch_up.timeout.connect(self._paint_owed)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportMargins(FRAME, FRAME, FRAME, FRAME)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        themes.changed.connect(self._restyle)

    def _restyle(self) -> None:
        self.resetCachedContent()
        self.viewport().update()
        self.update()

    @property
    def zoom(self) -> float:
        """Screen pixels per canvas unit."""
        return self.transform().m11()

    def seen(self) -> QRectF:
        """The part of the scene in view."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    @Slot()
    def zoom_in(self) -> None:
        """One step larger, about the centre."""
        self.zoom_by(STEP)

    @Slot()
    def zoom_out(self) -> None:
        """One step smaller, about the centre."""
        self.zoom_by(1 / STEP)

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Scale, keeping the place under `about` (viewport coordinates; None for the centre) where it is."""
        fixed = about if about is not None else QPointF(self.viewport().rect().center())
        place = self.mapToScene(fixed.toPoint())
        target = min(max(self.zoom * factor, SMALLEST), LARGEST)
        self._album.is_moving = self.isVisible()
        self._rest.start()
        self.set_zoom(target)
        drift = self.mapFromScene(place) - fixed.toPoint()
        self.scroll_by(drift.x(), drift.y())

    def set_zoom(self, zoom: float) -> None:
        """Scale to exactly this, about the scene's origin."""
        if not math.isclose(zoom, self.zoom):
            self.resetTransform()
            self.scale(zoom, zoom)
            self.zoomed.emit(self.zoom)

    def _come_to_rest(self) -> None:
        self._album.is_moving = False
        self._catch_up.start()

    def _paint_owed(self) -> None:
        owed, self._owed = self._owed, ()
        for sprite in owed:
            sprite.update()

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        self._album.begin_frame(self.devicePixelRatioF())
        super().paintEvent(event)
        self._owed = tuple({**dict.fromkeys(self._owed), **dict.fromkeys(self._album.end_frame())})
        if self._owed and not self._album.is_moving:
            self._catch_up.start()

    def fit(self, area: QRectF, least: float = SMALLEST) -> None:
        """Show `area` whole, at natural size at most; where that needs less than `least`, show its upper part."""
        margin = space(8)
        room = self.viewport().size()
        across = (room.width() - 2 * margin) / max(area.width(), 1.0)
        down = (room.height() - 2 * margin) / max(area.height(), 1.0)
        self.set_zoom(min(max(min(across, down), least, SMALLEST), 1.0))
        self.centerOn(area.center())
        hidden = self.seen().top() - (area.top() - margin / self.zoom)
        if hidden > 0:
            self.scroll_by(0, -round(hidden * self.zoom))

    def scroll_by(self, dx: int, dy: int) -> None:
        """Scroll by so many pixels; sideways from right to left where the layout runs so."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + (-dx if self.isRightToLeft() else dx))
        down.setValue(down.value() + dy)

    def draw_near(self, at: QPoint) -> None:
        """While something is dragged to the rim: scroll on in that direction."""
        rim = self.viewport().rect().adjusted(space(6), space(6), -space(6), -space(6))
        dx = min(0, at.x() - rim.left()) + max(0, at.x() - rim.right())
        dy = min(0, at.y() - rim.top()) + max(0, at.y() - rim.bottom())
        if dx or dy:
            self.scroll_by(dx, dy)

    @override
    def wheelEvent(self, event: QWheelEvent, /) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            turned = event.angleDelta().y() or event.angleDelta().x()
            self.zoom_by(STEP ** (turned / 120), event.position())
            event.accept()
            return
        super().wheelEvent(event)

    @override
    def drawBackground(self, painter: QPainter, rect: QRectF | QRect, /) -> None:
        painter.fillRect(rect, theme().color(Role.CANVAS))
        if self.zoom < GRID_FROM:
            return
        step = GRID * self.zoom
        painter.save()
        origin = painter.worldTransform().map(QPointF(0, 0))
        seen = painter.worldTransform().mapRect(QRectF(rect))
        painter.resetTransform()
        first, last = math.floor((seen.left() - origin.x()) / step), math.ceil((seen.right() - origin.x()) / step)
        row = self._row_of_dots(last - first + 1, step)
        left = origin.x() + first * step - 1
        top, bottom = math.floor((seen.top() - origin.y()) / step), math.ceil((seen.bottom() - origin.y()) / step)
        for line in range(top, bottom + 1):
            painter.drawPixmap(QPoint(round(left), round(origin.y() + line * step) - 1), row)
        painter.restore()

    def _row_of_dots(self, count: int, step: float) -> QPixmap:
        """A row of the grid: copied from line to line, which costs far less than thousands of dots."""
        ratio = self.devicePixelRatioF()
        row = QPixmap(math.ceil((count * step + 2) * ratio), math.ceil(2 * ratio))
        row.setDevicePixelRatio(ratio)
        row.fill(theme().color(Role.CANVAS))
        painter = QPainter(row)
        color = theme().color(Role.GRID)
        for n in range(count):
            painter.fillRect(QRect(round(n * step), 0, 2, 2), color)
        painter.end()
        return row

    @override
    def event(self, event: QEvent, /) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Paint:
            painter = QPainter(self)
            painter.setPen(QPen(theme().color(Role.ACCENT if self.hasFocus() else Role.BORDER), FRAME))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            painter.end()
        return handled
