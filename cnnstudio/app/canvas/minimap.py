"""The overview in the canvas's corner: all cards in small, what is in sight, and a way to anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from cnnstudio.app.canvas.overlays import paint_plate
from cnnstudio.app.canvas.viewport import STEP
from cnnstudio.app.theme import Role, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint

    from cnnstudio.app.canvas.view import CanvasView

LARGEST = QSize(168, 136)
"""Pixels that it takes at most; on a small canvas a third of the width and two fifths of the height."""
LEAST = 44
"""Pixels across that it takes at least, or it could not be hit."""
_STRETCH = 2.0
"""How many times wider than it is a long chain may be drawn, as it would be a hair otherwise."""
_ENOUGH = 0.6
"""With this share of the architecture in sight the way to the rest is short: no card is covered for it."""
_DOT = 2.0
"""Smallest size of a card, in pixels."""
_VIEW = 6.0
"""Smallest size of what is in sight, in pixels."""
_LATER = 200
"""Milliseconds after a change until the cards are painted anew: the edit's own frame comes first."""


class Minimap(QWidget):
    """Shows itself when the architecture does not fit into view. A press or drag goes there, the wheel zooms."""

    changed = Signal()
    """It was turned on or off."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._enabled = True
        self._place: tuple[int, int, int] | None = None
        """Its lower right corner, and the height of what it stands in."""
        self._area = QRectF()
        self._shown = QRectF()
        self._picture: QPixmap | None = None
        self._later = QTimer(self, singleShot=True, interval=_LATER)
        self._later.timeout.connect(self._paint_cards)
        self.setObjectName("canvas_minimap")
        self.setAccessibleName("Overview of the architecture")
        self.setToolTip("Click or drag to go there; the wheel zooms")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the canvas has keys for all of it
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hide()
        for signal in (canvas.bridge.changed, canvas.selection.changed, themes.changed):
            signal.connect(self._refresh)
        for bar in (canvas.horizontalScrollBar(), canvas.verticalScrollBar()):
            bar.valueChanged.connect(self._follow)
            bar.rangeChanged.connect(self._follow)
        canvas.zoomed.connect(self._follow)

    @property
    def enabled(self) -> bool:
        """Whether it may show itself."""
        return self._enabled

    def turn(self, on: bool) -> None:
        """Let it show itself, or not."""
        if on != self._enabled:
            self._enabled = on
            self._follow()
            self.changed.emit()

    def place(self, corner: QPoint) -> None:
        """Have its lower right corner there, in the canvas's coordinates."""
        place = (corner.x(), corner.y(), self._canvas.viewport().height())
        if place != self._place:
            self._place = place
            self._area = QRectF()  # has it measured anew
        self._follow()

    @property
    def seen(self) -> QRectF:
        """What is in sight of the canvas, in pixels of the overview."""
        found = self._mapped(self._canvas.seen())
        least = max(0.0, _VIEW - found.width()) / 2, max(0.0, _VIEW - found.height()) / 2
        found.adjust(-least[0], -least[1], *least)
        return found.intersected(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))

    def _follow(self) -> None:
        """The canvas was scrolled, scaled or resized."""
        extent = self._canvas.board.extent
        wanted = self._enabled and self._place is not None and self._share_in_sight(extent) < _ENOUGH
        if wanted and (not self.isVisible() or extent != self._area):
            self._area = extent
            self._fit()
            self._ask()
        if wanted != self.isVisible():
            self.setVisible(wanted)
        if wanted and self.seen != self._shown:
            self._shown = self.seen
            self.update()

    def _share_in_sight(self, extent: QRectF) -> float:
        """How much of the architecture's area is in sight, 0 to 1."""
        seen = self._canvas.seen().intersected(extent)
        return seen.width() * seen.height() / max(extent.width() * extent.height(), 1.0)

    def _refresh(self) -> None:
        """Cards have changed."""
        self._follow()
        if self.isVisible():
            self._ask()

    def _ask(self) -> None:
        if not self._later.isActive():  # a canvas that keeps moving does not put it off
            self._later.start()

    def _fit(self) -> None:
        room, margin = self._canvas.viewport().size(), 2 * space(1)
        most = QSize(min(LARGEST.width(), room.width() // 3), min(LARGEST.height(), room.height() * 2 // 5))
        across, down = self._scales(most.width() - margin, most.height() - margin)
        width = max(LEAST, round(self._area.width() * across) + margin)
        height = max(LEAST, round(self._area.height() * down) + margin)
        self.resize(width, height)
        if self._place is not None:
            self.move(self._place[0] - width, self._place[1] - height)
        self._picture = None

    def _scales(self, width: int, height: int) -> tuple[float, float]:
        """Pixels per canvas unit, across and down."""
        across, down = width / max(self._area.width(), 1.0), height / max(self._area.height(), 1.0)
        return min(across, down * _STRETCH), min(down, across * _STRETCH)

    def _mapped(self, area: QRectF) -> QRectF:
        margin = space(1)
        inside = QRectF(self.rect()).adjusted(margin, margin, -margin, -margin)
        across, down = inside.width() / max(self._area.width(), 1.0), inside.height() / max(self._area.height(), 1.0)
        left = inside.left() + (area.left() - self._area.left()) * across
        top = inside.top() + (area.top() - self._area.top()) * down
        return QRectF(left, top, area.width() * across, area.height() * down)

    def _paint_cards(self) -> None:
        """All cards into one picture, which is copied while the canvas moves."""
        if not self.isVisible():
            return
        ratio = self.devicePixelRatioF()
        self._picture = QPixmap(self.size() * ratio)
        self._picture.setDevicePixelRatio(ratio)
        self._picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self._picture)
        loud: list[tuple[QRectF, Role]] = []
        inside = self._mapped(self._area)
        left, top = self._area.left(), self._area.top()
        across, down = inside.width() / max(self._area.width(), 1.0), inside.height() / max(self._area.height(), 1.0)
        for area, color, outline in self._canvas.board.plates():
            x, y = inside.left() + (area.left() - left) * across, inside.top() + (area.top() - top) * down
            body = QRectF(x, y, max(area.width() * across, _DOT), max(area.height() * down, _DOT))
            painter.fillRect(body, color)
            if outline is not None:
                loud.append((body, outline))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for body, role in loud:  # over all others, as each may be one of a thousand
            painter.setPen(QPen(theme().color(role), 2))
            painter.drawRect(body.adjusted(-1, -1, 1, 1))
            if role is Role.ERROR:  # told from a selected card without colours, too
                painter.drawLine(body.topLeft(), body.bottomRight())
                painter.drawLine(body.topRight(), body.bottomLeft())
        painter.end()
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        paint_plate(painter, self)
        if self._picture is None:
            self._ask()
        else:
            painter.drawPixmap(0, 0, self._picture)
        self._veil(painter)

    def _veil(self, painter: QPainter) -> None:
        """What is out of sight stands back behind what is in sight."""
        seen = self.seen
        inside = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        ground = theme().color(Role.SURFACE)
        ground.setAlphaF(0.6)
        beside = QRectF(inside.left(), seen.top(), inside.width(), seen.height())
        for area in (
            QRectF(inside.topLeft(), QPointF(inside.right(), seen.top())),
            QRectF(QPointF(inside.left(), seen.bottom()), inside.bottomRight()),
            QRectF(beside.topLeft(), QPointF(seen.left(), beside.bottom())),
            QRectF(QPointF(seen.right(), beside.top()), beside.bottomRight()),
        ):
            painter.fillRect(area, ground)
        painter.setPen(QPen(theme().color(Role.TEXT), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(seen)

    def _go_to(self, at: QPointF) -> None:
        inside = self._mapped(self._area)
        x = self._area.left() + (at.x() - inside.left()) / inside.width() * self._area.width()
        y = self._area.top() + (at.y() - inside.top()) / inside.height() * self._area.height()
        self._canvas.centerOn(QPointF(x, y))

    @override
    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._go_to(event.position())
        event.accept()  # nothing of it reaches the canvas beneath

    @override
    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position())
        event.accept()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        event.accept()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        event.accept()

    @override
    def wheelEvent(self, event: QWheelEvent, /) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        self._canvas.zoom_by(STEP ** (turned / 120))
        event.accept()
