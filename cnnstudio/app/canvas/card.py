"""A block's card: what one sees of a block on the canvas. It paints a Face and knows its ports; it decides nothing."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap
from typing_extensions import override

from cnnstudio.app.canvas.sprite import Plate, Sprite
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import RADIUS, space
from cnnstudio.core.analysis.diagnostics import Severity
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.canvas.face import Face
    from cnnstudio.app.canvas.sprite import Album
    from cnnstudio.app.canvas.style import CanvasStyle

FAR = 0.5
"""Below this scale a card shows its title only, in large type."""
FARTHEST = 0.22
"""Below this one it is a coloured plate."""
FAR_OUTLINE = 10.0
"""Width of a plate's outline."""
STRIPE = 5.0
PORT = 4.5
PORT_REACH = 11.0
"""How near to a port's centre a press has to be, in canvas units."""
MARGIN = 9.0
THUMBNAIL = 42.0
"""Edge of the picture of a block's maps, in canvas units."""
_OFF = 0.45
"""How much is left of the colours of a bypassed block."""
_DASHES = [4.0, 3.0]
_BODY = QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)
FRAME = QRectF(CARD_WIDTH - THUMBNAIL - 5.0, 5.0, THUMBNAIL, THUMBNAIL)
_STRIPE = QRectF(0, 0, STRIPE, CARD_HEIGHT)
_AREA = _BODY.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)


def _shape() -> QPainterPath:
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    path.addRect(_BODY)
    for y in (0, CARD_HEIGHT):
        path.addEllipse(QPointF(CARD_WIDTH / 2, y), PORT_REACH, PORT_REACH)
    return path


_SHAPE = _shape()
_MARK_ROLES = {Severity.ERROR: Role.ERROR, Severity.WARNING: Role.WARNING}


class Port(enum.Enum):
    """Where edges meet a card."""

    INPUT = "input"
    OUTPUT = "output"


class Light(enum.Enum):
    """How a card shows while something is dragged over the canvas."""

    NONE = "none"
    LEGAL = "legal"
    CHOSEN = "chosen"
    REFUSED = "refused"


class Look(NamedTuple):
    """What of a card is seen from afar."""

    group: str
    severity: Severity | None
    bypassed: bool


class Card(Sprite):
    """One block."""

    def __init__(self, face: Face, style: CanvasStyle, album: Album) -> None:
        super().__init__(album)
        self._face = face
        self._look = Look(face.group, face.severity, face.bypassed)
        self._due: Callable[[], Face] | None = None
        self._style = style
        self._selected = False
        self._focused = False
        self._hovered: Port | bool = False
        self._light = Light.NONE
        self._thumbnail: QPixmap | None = None
        self._has_frame = False
        self.setZValue(1)

    @property
    def id(self) -> str:
        """Id of its block."""
        return self._face.id

    @property
    def face(self) -> Face:
        """What it shows."""
        if self._due is not None:
            make, self._due = self._due, None
            self._face = make()
        return self._face

    @property
    def is_selected(self) -> bool:
        """Whether its block is selected."""
        return self._selected

    @property
    def light(self) -> Light:
        """How it shows during a drag."""
        return self._light

    @property
    def body(self) -> QRectF:
        """Its rectangle in the scene, without ports and rings."""
        return _BODY.translated(self.pos())

    def port(self, port: Port) -> QPointF:
        """Centre of a port in the scene."""
        return self.pos() + QPointF(CARD_WIDTH / 2, CARD_HEIGHT if port is Port.OUTPUT else 0)

    def port_at(self, at: QPointF) -> Port | None:
        """The port under a place in the scene."""
        for port, there in ((Port.INPUT, self.face.takes_input), (Port.OUTPUT, self.face.gives_output)):
            distance = at - self.port(port)
            if there and QPointF.dotProduct(distance, distance) <= PORT_REACH**2:
                return port
        return None

    def show_face(self, face: Face) -> None:
        """Show other words; nothing happens when they are the same."""
        self._due = None
        if face != self._face:
            self._face = face
            self._look = Look(face.group, face.severity, face.bypassed)
            self.repaint()

    def show_face_later(self, make: Callable[[], Face], look: Look) -> None:
        """Show other words, made when somebody looks: after an edit most cards are out of sight.

        `look` is what of it is seen from afar.
        """
        self._due, self._look = make, look
        self.repaint()

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.drop_picture()  # a picture in the other theme's colours will not do for a moment
        self.repaint()

    @property
    def thumbnail(self) -> QPixmap | None:
        """The picture of its block's maps, if it shows one."""
        return self._thumbnail if self._has_frame and self.face.shape else None

    def show_thumbnail(self, picture: QPixmap | None, *, framed: bool) -> None:
        """Show a picture of the block's maps; `framed` keeps its place free where there is none yet."""
        if picture is not self._thumbnail or framed != self._has_frame:
            self._thumbnail, self._has_frame = picture, framed
            self.repaint()

    def thumbnail_at(self, at: QPointF) -> bool:
        """Whether a place in the scene lies on its picture."""
        return self.thumbnail is not None and FRAME.contains(at - self.pos())

    def show_selected(self, selected: bool, focused: bool) -> None:
        """`focused`: the current block while the canvas has the keyboard."""
        if (selected, focused) != (self._selected, self._focused):
            self._selected, self._focused = selected, focused
            self.setZValue(2 if selected else 1)
            self.repaint()

    def show_hovered(self, hovered: Port | bool) -> None:
        """The pointer is over the card or one of its ports."""
        if hovered != self._hovered:
            self._hovered = hovered
            if hovered:
                self.setToolTip(self.face.tool_tip)
            self.repaint()

    def show_light(self, light: Light) -> None:
        """Say what a drop here would come to."""
        if light is not self._light:
            plain = (Light.NONE, Light.REFUSED)
            looks_else = not (light in plain and self._light in plain)
            self._light = light
            self.setOpacity(0.45 if light is Light.REFUSED else 1.0)
            if looks_else or self.is_far:
                self.repaint()

    @override
    def boundingRect(self) -> QRectF:
        return _AREA

    @override
    def shape(self) -> QPainterPath:
        return _SHAPE

    @override
    def draw(self, painter: QPainter, level: float) -> None:
        if level < FARTHEST:
            plate = self.plate()
            painter.fillRect(_BODY, plate.color)
            if plate.outline is not None:
                painter.setPen(self._style.pen(plate.outline, FAR_OUTLINE))
                painter.drawRect(_BODY)
            return
        self._paint_body(painter)
        if level < FAR:
            self._paint_far(painter)
        else:
            if self._has_frame:
                self._paint_thumbnail(painter)
            self._paint_words(painter)
            self._paint_ports(painter)
        self._paint_mark(painter, 2.0 if level < FAR else 1.0)

    @override
    def draw_rough(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.fillRect(_BODY, self._style.card)
        painter.fillRect(_STRIPE, self._style.families[self._look.group])

    @override
    def plate(self) -> Plate:
        role = self._outline()
        color = self._style.families[self._look.group]
        if self._look.bypassed or (self._light is Light.REFUSED and self.is_far):
            color = QColor(color)
            color.setAlphaF(_OFF)
        return Plate(self.body, color, role if role is not Role.BORDER else None)

    def _outline(self) -> Role:
        if self._light in (Light.CHOSEN, Light.LEGAL):
            return Role.ACCENT
        if self._look.severity is Severity.ERROR:
            return Role.ERROR
        return Role.ACCENT if self._selected else Role.BORDER

    def _paint_body(self, painter: QPainter) -> None:
        style = self._style
        outline = self._outline()
        if self._focused or (self._selected and outline is Role.ERROR):
            painter.setPen(style.pen(Role.ACCENT, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(_BODY.adjusted(-4, -4, 4, 4), RADIUS + 4, RADIUS + 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._family())
        painter.drawRoundedRect(_BODY, RADIUS, RADIUS)
        path = QPainterPath()
        path.addRoundedRect(_BODY, RADIUS, RADIUS)
        painter.save()
        painter.setClipRect(_BODY.adjusted(STRIPE, 0, 0, 0), Qt.ClipOperation.IntersectClip)
        painter.fillPath(path, style.card)
        if self._light is Light.CHOSEN:
            painter.fillPath(path, style.tint(Role.ACCENT, 0.18))
        elif self._hovered or self._selected:
            painter.fillPath(path, style.tint(Role.ACCENT, 0.10 if self._selected else 0.05))
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = style.pen(outline, 1.0 if outline is Role.BORDER else 2.0)
        if self.face.bypassed:
            pen = QPen(style.pen(Role.MUTED if outline is Role.BORDER else outline, pen.widthF()))
            pen.setDashPattern(_DASHES)
        painter.setPen(pen)
        painter.drawRoundedRect(_BODY, RADIUS, RADIUS)

    def _family(self) -> QColor:
        color = self._style.families[self.face.group]
        if self.face.bypassed:
            color = QColor(color)
            color.setAlphaF(_OFF)
        return color

    def _paint_far(self, painter: QPainter) -> None:
        painter.setFont(self._style.far)
        painter.setPen(self._style.colors[Role.TEXT])
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        right = space(9) if self.face.severity in _MARK_ROLES else space(2)
        painter.drawText(_BODY.adjusted(STRIPE + space(3), 2, -right, -2), flags, self.face.title)

    def _paint_thumbnail(self, painter: QPainter) -> None:
        """Without a picture its room stays empty: words do not jump when it comes, and nothing looks broken before."""
        if self.thumbnail is None:
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setOpacity(_OFF if self.face.bypassed else 1.0)
        painter.drawPixmap(FRAME, self.thumbnail, QRectF(self.thumbnail.rect()))
        painter.setOpacity(1.0)

    def _paint_words(self, painter: QPainter) -> None:
        style, face = self._style, self.face
        left, right = STRIPE + space(2), CARD_WIDTH - space(2)
        row = (CARD_HEIGHT - space(3)) / 3
        rows = [QRectF(left, space(3) / 2 + i * row, right - left, row) for i in range(3)]
        if self._has_frame:
            for row_beside in rows[:2]:
                row_beside.setRight(FRAME.left() - space(2))
        loud = Role.MUTED if face.bypassed else Role.TEXT
        marked = face.severity in _MARK_ROLES and not self._has_frame
        free = rows[0].width() - (space(5) if marked else 0)
        title = style.title_metrics.elidedText(face.title, Qt.TextElideMode.ElideRight, free)
        self._text(painter, rows[0], title, loud, bold=True)
        if face.is_summary and style.caption_metrics.horizontalAdvance(face.parameters) > rows[1].width():
            # Half a sentence says nothing; the tooltip has the whole.
            whole = style.caption_metrics.horizontalAdvance(face.id) <= rows[1].width()
            self._pair(painter, rows[1], face.id if whole else face.short_id, "", Role.MUTED, 0)
            self._paint_numbers(painter, rows[2], loud)
            return
        beside = free - style.title_metrics.horizontalAdvance(title) - space(2)
        spare = rows[1].width() - style.caption_metrics.horizontalAdvance(face.parameters) - space(2)
        name, above = self._placed_id(beside, spare)
        if above:
            rows[0].setWidth(free)
            self._pair(painter, rows[0], "", name, Role.MUTED, beside)
            self._pair(painter, rows[1], face.parameters, "", Role.MUTED, 0)
        else:
            self._pair(painter, rows[1], face.parameters, name, Role.MUTED, max(spare, space(16)))
        self._paint_numbers(painter, rows[2], loud)

    def _placed_id(self, beside: float, spare: float) -> tuple[str, bool]:
        """How to write the id, and whether beside the title or beside the parameters, with so much room there.

        Whole if that is possible; never left out, as without it a block cannot be told from others of its kind.
        """
        width = self._style.caption_metrics.horizontalAdvance
        for name in (self.face.id, self.face.short_id):
            if width(name) <= max(beside, spare):
                return name, width(name) <= beside
        return self.face.short_id, beside >= space(14)

    def _paint_numbers(self, painter: QPainter, row: QRectF, loud: Role) -> None:
        style, face = self._style, self.face
        shape = face.shape or "no shape yet"
        self._pair(painter, row, shape, "", loud if face.shape else Role.MUTED, 0)
        room = row.width() - style.caption_metrics.horizontalAdvance(shape) - space(2)
        told = ("bypassed",) if face.bypassed else (face.count, *face.short_counts)
        self._text(
            painter,
            row,
            next((t for t in told if style.caption_metrics.horizontalAdvance(t) <= room), ""),
            Role.MUTED,
            right=True,
        )

    def _pair(self, painter: QPainter, row: QRectF, left: str, right: str, role: Role, room: float) -> None:
        """Words at both ends of a row; `right` takes `room` at most, `left` the rest."""
        metrics = self._style.caption_metrics
        end = metrics.elidedText(right, Qt.TextElideMode.ElideMiddle, room)
        taken = metrics.horizontalAdvance(end) + space(2) if end else 0
        start = self._shortened(left, row.width() - taken)
        self._text(painter, row, start, role)
        self._text(painter, row, end, Role.MUTED, right=True)

    def _shortened(self, text: str, room: float) -> str:
        """As many of the parts as there is room for: a value that is cut off could be taken for another."""
        metrics = self._style.caption_metrics
        parts = text.split(" · ")
        for kept in range(len(parts), 0, -1):
            told = " · ".join(parts[:kept]) + (" …" if kept < len(parts) else "")
            if metrics.horizontalAdvance(told) <= room:
                return told
        return metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)

    def _text(
        self, painter: QPainter, where: QRectF, text: str, role: Role, *, bold: bool = False, right: bool = False
    ) -> None:
        painter.setFont(self._style.title if bold else self._style.caption)
        painter.setPen(self._style.colors[role])
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        painter.drawText(where, side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)

    def _paint_ports(self, painter: QPainter) -> None:
        if self.face.takes_input:
            self._paint_port(painter, Port.INPUT, wide=self.face.takes_many)
        if self.face.gives_output:
            self._paint_port(painter, Port.OUTPUT, wide=False)

    def _paint_port(self, painter: QPainter, port: Port, *, wide: bool) -> None:
        style = self._style
        lit = self._hovered is port or (port is Port.INPUT and self._light in (Light.LEGAL, Light.CHOSEN))
        centre = QPointF(CARD_WIDTH / 2, CARD_HEIGHT if port is Port.OUTPUT else 0)
        size = PORT + (2 if lit else 0)
        half = size + (space(3) if wide else 0)
        painter.setPen(QPen(style.colors[Role.ACCENT if lit else Role.EDGE], 1.5))
        painter.setBrush(style.colors[Role.ACCENT] if lit else style.card)
        painter.drawRoundedRect(QRectF(centre.x() - half, centre.y() - size, 2 * half, 2 * size), size, size)

    def _paint_mark(self, painter: QPainter, scale: float) -> None:
        role = _MARK_ROLES.get(self.face.severity) if self.face.severity is not None else None
        if role is None:
            return
        style = self._style
        painter.save()
        on_edge = self._has_frame and scale == 1  # a picture has the corner's place: the mark sits on the card's edge
        inset = 3.0 if on_edge else space(4) * scale
        painter.translate(CARD_WIDTH - inset, inset)
        painter.scale(scale, scale)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colors[role])
        if role is Role.ERROR:
            painter.drawEllipse(QPointF(0, 0), 8, 8)
        else:  # another form than the error's, for those who do not tell the colours apart
            painter.drawPolygon([QPointF(0, -8), QPointF(9, 7), QPointF(-9, 7)])
        painter.setPen(QPen(style.card, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        top = -4.0 if role is Role.ERROR else -3.0
        painter.drawLine(QPointF(0, top), QPointF(0, top + 4.5))
        painter.drawPoint(QPointF(0, top + 8))
        painter.restore()
