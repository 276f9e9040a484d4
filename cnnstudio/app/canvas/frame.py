"""An open group on the canvas: a frame behind its members, and a title that folds it, names it and moves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR, FARTHEST
from cnnstudio.app.theme import Role, pixmap
from cnnstudio.app.theme.theme import RADIUS, space
from cnnstudio.core.placing.layout import FRAME_HEAD

if TYPE_CHECKING:
    from cnnstudio.app.canvas.group_face import Title
    from cnnstudio.app.canvas.style import CanvasStyle

_LOWEST = -10.0
_TITLE = 0.8
"""Above edges, so that a line beneath a name does not cross it out; below cards."""
_INSET = 5.0
_ICON = 16.0


class Frame(QGraphicsItem):
    """The room of an open group. The mouse goes through it: between its cards is canvas."""

    def __init__(self, style: CanvasStyle) -> None:
        super().__init__()
        self._style = style
        self._area = QRectF()
        self._selected = False
        self._chosen = False
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def area(self) -> QRectF:
        """Its rectangle in the scene."""
        return self._area

    def show_depth(self, depth: int) -> None:
        """So many frames lie beneath it at most."""
        self.setZValue(_LOWEST + depth * 0.001)

    def show_area(self, area: QRectF) -> None:
        """Lie elsewhere."""
        if area != self._area:
            self.prepareGeometryChange()
            self._area = area

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.update()

    def show_selected(self, selected: bool) -> None:
        """All its members are selected."""
        if selected != self._selected:
            self._selected = selected
            self.update()

    def show_chosen(self, chosen: bool) -> None:
        """A drop would put cards in it."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._area.adjusted(-2, -2, 2, 2)

    @override
    def shape(self) -> QPainterPath:
        return QPainterPath()  # never under the mouse

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        level = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, level >= FARTHEST)
        wide = 1.0 if level >= FAR else 1.0 / max(level, 0.05)
        loud = self._selected or self._chosen
        role = Role.ACCENT if loud else Role.EDGE
        painter.setPen(self._style.pen(role, round(wide * (1.5 if loud else 1.0), 1)))
        painter.setBrush(self._style.tint(Role.ACCENT if loud else Role.MUTED, 0.14 if self._chosen else 0.07))
        painter.drawRoundedRect(self._area, RADIUS * 1.5, RADIUS * 1.5)


class FrameTitle(QGraphicsItem):
    """The title at the upper left of a frame: a button that closes the group, its name, how many blocks it holds."""

    def __init__(self, title: Title, style: CanvasStyle) -> None:
        super().__init__()
        self._title = title
        self._style = style
        self._room = 0.0
        self._width = 0.0
        self._words = ""
        self._count = ""
        self._hovered = False
        self._on_button = False
        self._focused = False
        self.setZValue(_TITLE)
        self.setToolTip(title.tool_tip)

    @property
    def id(self) -> str:
        """Id of its group."""
        return self._title.id

    @property
    def body(self) -> QRectF:
        """Its rectangle in the scene."""
        return self._box.translated(self.pos())

    @property
    def button(self) -> QRectF:
        """The part of it that closes the group, in the scene."""
        return QRectF(self.pos(), self._box.size()).adjusted(0, 0, _ICON + space(2) - self._width, 0)

    def is_button(self, at: QPointF) -> bool:
        """Whether that place in the scene is on the button."""
        return self.button.contains(at)

    def show_title(self, title: Title) -> None:
        """Show another name or number."""
        if title != self._title:
            self._title = title
            self.setToolTip(title.tool_tip)
            self._measure()

    def show_area(self, area: QRectF) -> None:
        """Its frame lies there now."""
        self.setPos(area.topLeft() + QPointF(_INSET, _INSET))
        if area.width() != self._room:
            self._room = area.width()
            self._measure()

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self._measure()

    def show_hovered(self, at: QPointF | None) -> None:
        """The pointer is there, or has left it."""
        looks = (at is not None, at is not None and self.is_button(at))
        if looks != (self._hovered, self._on_button):
            self._hovered, self._on_button = looks
            self.update()

    def show_focused(self, focused: bool) -> None:
        """All its members are selected while the canvas has the keyboard."""
        if focused != self._focused:
            self._focused = focused
            self.update()

    def _measure(self) -> None:
        self.prepareGeometryChange()
        style = self._style
        room = max(self._room - 2 * _INSET - _ICON - space(4), space(8))
        count = style.caption_width(self._title.count) + space(2)
        self._words = style.title_metrics.elidedText(self._title.name, Qt.TextElideMode.ElideRight, room)
        words = style.title_metrics.horizontalAdvance(self._words)
        self._count = self._title.count if words + count <= room else ""
        self._width = _ICON + space(4) + words + (count if self._count else 0)
        self.update()

    @property
    def _box(self) -> QRectF:
        return QRectF(0, 0, self._width, FRAME_HEAD - 2 * _INSET)

    @override
    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, max(self._width, self._room - 2 * _INSET), self._box.height()).adjusted(-2, -2, 2, 2)

    @override
    def shape(self) -> QPainterPath:
        path = QPainterPath()
        path.addRect(self._box)
        return path

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        level = option.levelOfDetailFromTransform(painter.worldTransform())
        if level < FARTHEST:
            return
        style, box = self._style, self._box
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if level < FAR:
            self._paint_far(painter, box.height())
            return
        painter.setPen(style.pen(Role.ACCENT, 1.5) if self._focused else Qt.PenStyle.NoPen)
        painter.setBrush(style.card if self._hovered else style.colors[Role.CANVAS])
        painter.drawRoundedRect(box, RADIUS, RADIUS)
        if self._on_button:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(style.colors[Role.HOVER])
            painter.drawRoundedRect(QRectF(0, 0, _ICON + space(2), box.height()), RADIUS, RADIUS)
        self._paint_icon(painter, box, level)
        words = box.adjusted(_ICON + space(2), 0, -space(1), 0)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.setFont(style.title)
        painter.setPen(style.colors[Role.TEXT])
        painter.drawText(words, flags | Qt.AlignmentFlag.AlignLeft, self._words)
        painter.setFont(style.caption)
        painter.setPen(style.colors[Role.MUTED])
        painter.drawText(words, flags | Qt.AlignmentFlag.AlignRight, self._count)

    def _paint_far(self, painter: QPainter, height: float) -> None:
        """The name alone, in large type, on a plate of its own: an edge beneath would cross it out."""
        style = self._style
        metrics = QFontMetricsF(style.far)
        room = self._room - 2 * _INSET
        name = metrics.elidedText(self._title.name, Qt.TextElideMode.ElideRight, room)
        painter.fillRect(
            QRectF(0, 0, min(metrics.horizontalAdvance(name) + space(1), room), height), style.colors[Role.CANVAS]
        )
        painter.setFont(style.far)
        painter.setPen(style.colors[Role.ACCENT if self._focused else Role.TEXT])
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine
        painter.drawText(QRectF(0, 0, room, height), flags, name)

    def _paint_icon(self, painter: QPainter, box: QRectF, level: float) -> None:
        finer = max(1.0, level)  # stretched it would be coarse
        drawn: QPixmap = pixmap(
            "chevron-down", self._style.colors[Role.MUTED], round(_ICON), finer * painter.device().devicePixelRatio()
        )
        painter.drawPixmap(QPointF(space(1), (box.height() - _ICON) / 2), drawn)
