"""A fix on trial, drawn: the canvas shows the design as it would be, with what is new or changed marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

from cnnstudio.app.canvas.overlays import Bubble
from cnnstudio.app.theme import RADIUS, Role, space, themes
from cnnstudio.core.analysis.lint import lint
from cnnstudio.core.placing.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.core.analysis.diagnostics import Fix
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace

WIDEST = 560
"""Pixels of the banner."""
_ABOVE_CARDS = 9.0
_RIM = 4.0


@dataclass(frozen=True, slots=True)
class Difference:
    """What a fix does to the cards and edges that are drawn."""

    fresh: frozenset[str]
    """Cards that come."""
    altered: frozenset[str]
    """Cards whose shape or values change; a closed group is altered when one of its blocks is, or is new."""
    wires: frozenset[tuple[str, str]]
    """Edges that come."""

    @classmethod
    def between(cls, before: Trace, after: Trace) -> Difference:
        """From the document's design to the one on trial."""
        old, new = fold(before.architecture), fold(after.architecture)
        fresh = new.nodes.keys() - old.nodes.keys()
        touched = {new.node_of[id] for id, t in after.blocks.items() if _differs(before.blocks.get(id), t)}
        return cls(frozenset(fresh), frozenset(touched - fresh), frozenset(new.edges.keys() - old.edges.keys()))


def _differs(old: BlockTrace | None, new: BlockTrace) -> bool:
    if old is None or old.bypassed != new.bypassed or old.spec != new.spec:
        return True
    shapes = [t.output.shape if t.output is not None else () for t in (old, new)]
    return shapes[0] != shapes[1]


class GhostMarks(QGraphicsItem):
    """Dashed frames round new cards, dashed lines along new edges, a ring round what changes."""

    def __init__(self) -> None:
        super().__init__()
        self._style: CanvasStyle | None = None
        self.fresh: list[QRectF] = []
        self.altered: list[QRectF] = []
        self._wires = QPainterPath()
        self._area = QRectF()
        self.setZValue(_ABOVE_CARDS)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def mark(
        self, style: CanvasStyle, fresh: list[QRectF], altered: list[QRectF], wires: Iterable[QPainterPath]
    ) -> None:
        """Draw round these bodies and along these edges."""
        self.prepareGeometryChange()
        self._style, self.fresh, self.altered = style, fresh, altered
        self._wires = QPainterPath()
        for wire in wires:
            self._wires.addPath(wire)
        self._area = self._wires.controlPointRect()
        for body in (*fresh, *altered):
            self._area = self._area.united(body)
        self._area.adjust(-2 * _RIM, -2 * _RIM, 2 * _RIM, 2 * _RIM)
        self.update()

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        self.update()

    @override
    def boundingRect(self) -> QRectF:
        return self._area

    @override
    def shape(self) -> QPainterPath:
        return QPainterPath()  # never under the mouse

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if self._style is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        level = max(option.levelOfDetailFromTransform(painter.worldTransform()), 0.1)
        broad = max(2.0, 1.5 / level)
        solid = QPen(self._style.pen(Role.ACCENT, broad))
        dashed = QPen(solid)
        dashed.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(dashed)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self._wires)
        self._frame(painter, self.fresh, dashed, 0.14)
        self._frame(painter, self.altered, solid, 0.0)

    def _frame(self, painter: QPainter, bodies: list[QRectF], pen: QPen, tint: float) -> None:
        painter.setPen(pen)
        if self._style is not None and tint:
            painter.setBrush(self._style.tint(Role.ACCENT, tint))
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        for body in bodies:
            painter.drawRoundedRect(body.adjusted(-_RIM, -_RIM, _RIM, _RIM), RADIUS + _RIM, RADIUS + _RIM)


class Ghosts(QObject):
    """Lets the canvas show the trial instead of the document while a fix is pointed at, and the document again after.

    Document, undo and selection know nothing of it; neither do other panels.
    """

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._preview = canvas.bridge.fix_preview
        self._place: tuple[int, int] | None = None
        """Where the canvas was scrolled to before it went to what changes."""
        self._shown_for: object = None
        self.banner = Bubble(canvas, "canvas_preview")
        self.marks = GhostMarks()
        self.marks.setVisible(False)
        canvas.board.addItem(self.marks)
        self._preview.changed.connect(self._turn)
        themes.changed.connect(self._restyle)

    @property
    def are_shown(self) -> bool:
        """Whether the canvas shows something else than the document."""
        return self._shown_for is not None

    def _restyle(self) -> None:
        self.marks.show_style(self._canvas.board.style_used)

    def _turn(self) -> None:
        fix = self._preview.shown
        if fix is not None and fix.after is not None and self._canvas.isVisible():
            self._show(fix, fix.after)
        elif self.are_shown:
            self._leave()

    def _show(self, fix: Fix, after: Trace) -> None:
        canvas, board = self._canvas, self._canvas.board
        if not self.are_shown:
            self._place = (canvas.horizontalScrollBar().value(), canvas.verticalScrollBar().value())
        self._shown_for = canvas.bridge.experiment.architecture
        found = Difference.between(canvas.bridge.trace, after)
        board.show(after.architecture, after, lint(after))
        canvas.show_selection()
        fresh, altered = (
            [board.cards[id].body for id in ids if id in board.cards] for ids in (found.fresh, found.altered)
        )
        wires = [board.edges[key].path for key in found.wires if key in board.edges]
        self.marks.mark(board.style_used, fresh, altered, wires)
        self.marks.setVisible(True)
        self._bring_into_sight(fresh or altered)
        self._say(fix)

    def _bring_into_sight(self, bodies: list[QRectF]) -> None:
        area = QRectF()
        for body in bodies:
            area = area.united(body)
        if area.isEmpty() or self._canvas.seen().contains(area):
            return
        self._canvas.ensureVisible(area, space(10), space(10))

    def _say(self, fix: Fix) -> None:
        words = f"Preview: {fix.label}" + (f"\n{fix.gives}" if fix.gives else "")
        inside = self._canvas.viewport().geometry()
        self.banner.say(f"{words}\nEnter applies, Esc leaves", Role.ACCENT, min(WIDEST, inside.width() - space(6)))
        self.banner.move(inside.center().x() - self.banner.width() // 2, inside.top() + space(3))

    def _leave(self) -> None:
        canvas, place = self._canvas, self._place
        is_untouched = canvas.bridge.experiment.architecture is self._shown_for
        self._shown_for = self._place = None
        self.banner.say("")
        self.marks.setVisible(False)
        canvas.show_document()
        if is_untouched and place is not None:  # after the fix was made, the eye stays where it is
            canvas.horizontalScrollBar().setValue(place[0])
            canvas.verticalScrollBar().setValue(place[1])
