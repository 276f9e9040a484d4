"""Comments on the canvas: notes in the flow's margin, under the cards, as high as their text needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.card import FAR, FARTHEST
from cnnstudio.app.theme import RADIUS, Role
from cnnstudio.app.theme.theme import space

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from PySide6.QtGui import QFont
    from PySide6.QtWidgets import QGraphicsScene

    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.core.architecture import Comment

PADDING = 10.0
GRIP = 6.0
"""How near to the right edge a press has to be to drag it, in canvas units."""
_RIM = 6.0
_PAPER, _EDGE = 0.13, 0.5
"""How much of the ink colour paper and outline take."""
INK = Role.CURVE_2
"""A warm colour that neither a family nor a finding has."""


class Note(QGraphicsItem):
    """One comment. It is painted from lines that were broken once; from far away they are bars."""

    def __init__(self, comment: Comment, style: CanvasStyle) -> None:
        super().__init__()
        self._comment = comment
        self._style = style
        self._width = comment.width
        self._selected = False
        self._focused = False
        self._hovered = False
        self._edited = False
        self.setZValue(-0.5)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._break_lines()
        self._tell()

    @property
    def id(self) -> str:
        """Id of its comment."""
        return self._comment.id

    @property
    def text(self) -> str:
        """What it says."""
        return self._comment.text

    @property
    def width(self) -> float:
        """In canvas units; while its edge is dragged, not the document's."""
        return self._width

    @property
    def body(self) -> QRectF:
        """Its rectangle in the scene."""
        return self._body.translated(self.pos())

    @property
    def spoken(self) -> str:
        """The comment for a screen reader."""
        return f"Comment: {self.text}"

    def show_comment(self, comment: Comment) -> None:
        """Show other words or another width; nothing happens when all is the same."""
        if comment.text != self._comment.text or comment.width != self._width:
            self._comment = comment
            self.show_width(comment.width)
            self._tell()
        self._comment = comment

    def show_width(self, width: float) -> None:
        """Break the text anew."""
        self.prepareGeometryChange()
        self._width = width
        self._break_lines()
        self.update()

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.show_width(self._width)

    def show_selected(self, selected: bool, focused: bool) -> None:
        """`focused`: the current thing while the canvas has the keyboard."""
        if (selected, focused) != (self._selected, self._focused):
            self._selected, self._focused = selected, focused
            self.update()

    def show_hovered(self, hovered: bool) -> None:
        """The pointer is over it."""
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def show_edited(self, edited: bool) -> None:
        """Its text stands in a field over it."""
        self._edited = edited
        self.update()

    def has_grip(self, at: QPointF) -> bool:
        """Whether a press there drags the right edge."""
        right = self.body.right()
        return right - GRIP <= at.x() <= right + GRIP / 2

    def _tell(self) -> None:
        self.setToolTip("Double-click or F2 edits this comment; drag its right edge for another width")

    def _break_lines(self) -> None:
        self._lines, height = lines(self._comment.text, self._style.body, self._width - 2 * PADDING)
        self._body = QRectF(0, 0, self._width, max(height, self._style.caption_metrics.height()) + 2 * PADDING)

    @override
    def boundingRect(self) -> QRectF:
        return self._body.adjusted(-_RIM, -_RIM, _RIM, _RIM)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if self._edited:
            return  # the field stands in its place
        level = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, level >= FARTHEST)
        self._paint_paper(painter, level)
        if level < FARTHEST:
            return
        if level < FAR:
            self._paint_bars(painter)
            return
        painter.setPen(self._style.colors[Role.TEXT])
        self._lines.draw(painter, QPointF(PADDING, PADDING))
        if self._hovered or self._selected:
            self._paint_grip(painter)

    def _paint_paper(self, painter: QPainter, level: float) -> None:
        style, pen_width = self._style, 1.0 if level >= FAR else 2.0
        if self._focused:
            painter.setPen(style.pen(Role.ACCENT, 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(self._body.adjusted(-4, -4, 4, 4), RADIUS + 4, RADIUS + 4)
        outline = QPen(style.pen(Role.ACCENT, 2.0)) if self._selected else QPen(style.tint(INK, _EDGE), pen_width)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(style.colors[Role.CANVAS])
        painter.drawRoundedRect(self._body, RADIUS, RADIUS)
        painter.setBrush(style.tint(INK, _PAPER + (0.05 if self._hovered else 0.0)))
        painter.setPen(outline)
        painter.drawRoundedRect(self._body, RADIUS, RADIUS)

    def _paint_bars(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._style.tint(Role.MUTED, 0.6))
        for number in range(self._lines.lineCount()):
            line = self._lines.lineAt(number)
            height = line.height()
            painter.drawRect(QRectF(PADDING, PADDING + line.y() + height / 4, line.naturalTextWidth(), height / 2))

    def _paint_grip(self, painter: QPainter) -> None:
        painter.setPen(self._style.pen(Role.EDGE, 2.0))
        x, middle = self._body.right() - 3.5, self._body.center().y()
        painter.drawLine(QPointF(x, middle - space(2)), QPointF(x, middle + space(2)))


def lines(text: str, font: QFont, width: float) -> tuple[QTextLayout, float]:
    """The text broken at that width, and its height."""
    layout = QTextLayout(text.replace("\n", "\N{LINE SEPARATOR}"), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.setCacheEnabled(True)
    layout.beginLayout()
    height = 0.0
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        line.setPosition(QPointF(0, height))
        height += line.height()
    layout.endLayout()
    return layout, height


class Notes:
    """All comments of a scene, by id."""

    def __init__(self, scene: QGraphicsScene, style: CanvasStyle) -> None:
        self.notes: dict[str, Note] = {}
        self._scene = scene
        self._style = style
        self._hovered: Note | None = None

    def show(self, comments: Mapping[str, Comment]) -> bool:
        """Have exactly these. Returns whether one is new, gone or elsewhere."""
        changed = False
        for id in [id for id in self.notes if id not in comments]:
            self._drop(id)
            changed = True
        for comment in comments.values():
            note = self.notes.get(comment.id)
            if note is None:
                note = self.notes[comment.id] = Note(comment, self._style)
                self._scene.addItem(note)
                changed = True
            note.show_comment(comment)
            place = QPointF(*comment.position)
            if note.pos() != place:
                note.setPos(place)
                changed = True
        return changed

    def _drop(self, id: str) -> None:
        note = self.notes.pop(id)
        if self._hovered is note:
            self._hovered = None
        self._scene.removeItem(note)

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        for note in self.notes.values():
            note.show_style(style)

    def show_selected(self, ids: Collection[str], current: str) -> None:
        """Mark these; `current` wears the focus ring, "" none."""
        for id, note in self.notes.items():
            note.show_selected(id in ids, id == current)

    def at(self, place: QPointF) -> Note | None:
        """The note at that place; the one that lies on top."""
        found = [n for n in self.notes.values() if n.body.adjusted(0, 0, GRIP / 2, 0).contains(place)]
        return found[-1] if found else None

    def hover(self, note: Note | None) -> None:
        """The pointer is over this one, or over none."""
        old, self._hovered = self._hovered, note
        if old is not None and old is not note:
            old.show_hovered(False)
        if note is not None:
            note.show_hovered(True)
