"""What lies over the cards: hints, the drop ghost, the loose end of a new connection, the rubber band, zoom buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QGraphicsPathItem,
    QGraphicsRectItem,
    QHBoxLayout,
    QLabel,
    QToolButton,
    QWidget,
)
from typing_extensions import override

from cnnstudio.app.canvas.routing import curve
from cnnstudio.app.theme import RADIUS, Role, Scale, mark, set_icon, space, theme, themes
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from cnnstudio.app.canvas.style import CanvasStyle

_ON_TOP = 10
_WRAPPED = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)


def paint_plate(painter: QPainter, overlay: QWidget) -> None:
    """The ground on which what lies over the canvas is painted: a surface with a border."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color(Role.BORDER), 1))
    painter.setBrush(theme().color(Role.SURFACE))
    painter.drawRoundedRect(QRectF(overlay.rect()).adjusted(0.5, 0.5, -0.5, -0.5), RADIUS, RADIUS)


class Bubble(QLabel):
    """A sentence on a plate over the canvas. Lets the mouse through."""

    scale = Scale.BODY
    """How large it is written."""

    def __init__(self, parent: QWidget, name: str) -> None:
        super().__init__(parent)
        self._over = parent
        self._role = Role.TEXT
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setContentsMargins(space(3), space(2), space(3), space(2))
        self.hide()
        themes.changed.connect(self._dress)
        self._dress()

    def say(self, text: str, role: Role = Role.TEXT, width: int = 320) -> None:
        """Show this sentence in the colour of `role`; "" hides the bubble."""
        if not text:
            self.hide()
            return
        self._role = role
        self._dress()
        self.setText(text)
        around = self.contentsMargins()
        sides, ends = around.left() + around.right(), around.top() + around.bottom()
        room = QRect(0, 0, width - sides, 10 * width)
        needed = self.fontMetrics().boundingRect(room, _WRAPPED, text)
        self.setFixedSize(needed.width() + sides + 2, needed.height() + ends)
        self.show()
        self.raise_()

    def say_beside(self, text: str, at: QPointF, role: Role = Role.TEXT) -> None:
        """Show the sentence beside a place of the parent and inside it; "" hides the bubble."""
        self.say(text, role)
        if not text:
            return
        within = self._over.rect()
        x = min(at.x() + space(5), within.width() - self.width() - space(1))
        y = min(at.y() + space(5), within.height() - self.height() - space(1))
        self.move(int(max(x, space(1))), int(max(y, space(1))))

    def _dress(self) -> None:
        colors = self.palette()
        colors.setColor(self.foregroundRole(), theme().color(self._role))
        self.setPalette(colors)
        self.setFont(theme().font(self.scale))
        self.update()

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        paint_plate(painter, self)
        painter.setPen(theme().color(self._role))
        painter.setFont(self.font())
        painter.drawText(self.contentsRect(), _WRAPPED, self.text())


class ZoomBar(QWidget):
    """Smaller, the scale itself, larger: at the canvas's corner."""

    smaller = Signal()
    larger = Signal()
    fit = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("canvas_zoom")
        self.setAccessibleName("Zoom of the canvas")
        row = QHBoxLayout(self)
        row.setContentsMargins(space(1), space(1), space(1), space(1))
        row.setSpacing(0)
        self._scale = QToolButton(self)
        out = self._button("zoom-out", "canvas_zoom_out", "Zoom out", "Zoom out (Ctrl+wheel or -)")
        out.clicked.connect(self.smaller)
        self._scale.setObjectName("canvas_zoom_fit")
        self._scale.setAccessibleName("Fit the architecture into view")
        self._scale.setToolTip("Fit the architecture into view (Ctrl+0)")
        mark(self._scale, kind="flat")
        self._scale.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scale.clicked.connect(self.fit)
        larger = self._button("zoom-in", "canvas_zoom_in", "Zoom in", "Zoom in (Ctrl+wheel or +)")
        larger.clicked.connect(self.larger)
        for button in (out, self._scale, larger):
            row.addWidget(button)
        themes.changed.connect(self._dress)
        self._dress()

    def _button(self, picture: str, name: str, label: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        set_icon(button, picture)
        button.setObjectName(name)
        button.setAccessibleName(label)
        button.setToolTip(tip)
        mark(button, kind="flat")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the canvas has keys for it
        return button

    def _dress(self) -> None:
        font = theme().font(Scale.CAPTION)
        self._scale.setFont(font)
        self._scale.setFixedWidth(QFontMetrics(font).horizontalAdvance("000 %") + space(5))
        self.update()

    def show_scale(self, scale: float) -> None:
        """Show the scale, in per cent."""
        self._scale.setText(f"{round(scale * 100)} %")
        self.adjustSize()

    @override
    def paintEvent(self, event: QPaintEvent, /) -> None:
        painter = QPainter(self)
        paint_plate(painter, self)


class Ghost(QGraphicsRectItem):
    """Where a dragged block would come to lie."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__(0, 0, CARD_WIDTH, CARD_HEIGHT)
        pen = QPen(style.pen(Role.ACCENT, 1.5))
        pen.setStyle(Qt.PenStyle.DashLine)
        self.setPen(pen)
        self.setBrush(style.tint(Role.ACCENT, 0.12))
        self.setZValue(_ON_TOP)


class LooseEnd(QGraphicsPathItem):
    """The curve of a connection being drawn."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        self._style = style
        self.setZValue(_ON_TOP)

    def lead(self, start: QPointF, end: QPointF, role: Role) -> None:
        """Draw it from output port to input port in the colour of `role`."""
        pen = QPen(self._style.pen(role, 2.5))
        if role is not Role.ACCENT:
            pen.setStyle(Qt.PenStyle.DashLine)
        self.setPen(pen)
        self.setPath(curve(start, end))


class RubberBand(QGraphicsRectItem):
    """The rectangle that selects."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        pen = QPen(style.pen(Role.ACCENT, 1))
        pen.setCosmetic(True)
        self.setPen(pen)
        self.setBrush(style.tint(Role.ACCENT, 0.12))
        self.setZValue(_ON_TOP)


class Guide(QGraphicsPathItem):
    """The line that says in which column a dragged card has snapped."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        pen = QPen(style.pen(Role.ACCENT, 1))
        pen.setStyle(Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self.setPen(pen)
        self.setZValue(_ON_TOP)
