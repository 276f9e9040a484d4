"""What a press of the mouse can become. One gesture, one object, at most one edit when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas.card import Card, Light, Port
from cnnstudio.app.canvas.connecting import legal_partners, refusal, replaced
from cnnstudio.app.canvas.overlays import Guide, LooseEnd, RubberBand
from cnnstudio.app.theme import Role
from cnnstudio.core.edits import Connect, MoveBlocks
from cnnstudio.core.layout import CARD_WIDTH

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView

SNAP = 8.0
"""How near to a column a dragged card has to come to fall into it, in canvas units."""
ADDING = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier


class Pointer(NamedTuple):
    """Where the mouse is."""

    scene: QPointF
    view: QPoint
    modifiers: Qt.KeyboardModifier


class Gesture:
    """From a press to its release. `finish` may make one edit; `cancel` leaves all as it was."""

    cursor: Qt.CursorShape | None = None

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        self.canvas = canvas
        self.board = canvas.board
        self.start = start

    def move(self, at: Pointer) -> None:
        """The mouse is here now."""

    def finish(self, at: Pointer) -> None:
        """The button was let go here."""
        self.clear()

    def cancel(self) -> None:
        """Escape, or the document changed meanwhile."""
        self.clear()

    def clear(self) -> None:
        """Take down what the gesture has put on the canvas."""

    def has_travelled(self, at: Pointer) -> bool:
        """Whether the mouse has gone far enough to mean a drag."""
        return (at.view - self.start.view).manhattanLength() >= QApplication.startDragDistance()


class Pan(Gesture):
    """Move the view over the canvas."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        self._last = start.view

    def move(self, at: Pointer) -> None:
        """Scroll by as much as the mouse went."""
        step = at.view - self._last
        self._last = at.view
        self.canvas.scroll_by(-step.x(), -step.y())


class PickEdge(Gesture):
    """Select the edge under the mouse."""

    def __init__(self, canvas: CanvasView, start: Pointer, key: tuple[str, str]) -> None:
        super().__init__(canvas, start)
        canvas.pick_edge(key)


class Band(Gesture):
    """Select with a rubber band; without a drag, select nothing."""

    def __init__(self, canvas: CanvasView, start: Pointer) -> None:
        super().__init__(canvas, start)
        self._kept = canvas.selection.ids if start.modifiers & ADDING else ()
        self._band: RubberBand | None = None

    def _ids(self, area: QRectF) -> list[str]:
        caught = (id for id, card in self.board.cards.items() if card.body.intersects(area))
        return list(dict.fromkeys([*self._kept, *caught]))

    def move(self, at: Pointer) -> None:
        """Draw the band and show what it would select."""
        if self._band is None:
            if not self.has_travelled(at):
                return
            self._band = RubberBand(self.board.style_used)
            self.board.addItem(self._band)
        area = QRectF(self.start.scene, at.scene).normalized()
        self._band.setRect(area)
        self.board.show_selected(self._ids(area), "", focused=False)

    def finish(self, at: Pointer) -> None:
        """Select what the band has caught."""
        caught = self._ids(self._band.rect()) if self._band is not None else self._kept
        self.clear()
        self.board.select_edge(None)
        self.canvas.selection.select(caught)
        self.canvas.show_selection()

    def cancel(self) -> None:
        """Keep the selection as it was."""
        self.clear()
        self.canvas.show_selection()

    def clear(self) -> None:
        """Take the band away."""
        if self._band is not None:
            self.board.removeItem(self._band)
            self._band = None


class Drag(Gesture):
    """A press on a card: a click selects, a drag moves all selected cards as one undo step."""

    def __init__(self, canvas: CanvasView, start: Pointer, card: Card) -> None:
        super().__init__(canvas, start)
        self._id = card.id
        self._from: dict[str, tuple[float, float]] = {}
        self._to: dict[str, tuple[float, float]] = {}
        self._columns: list[float] = []
        self._guide: Guide | None = None
        self._only = False
        """Whether a click without a drag narrows the selection down to this card."""
        self._select(start)

    def _select(self, start: Pointer) -> None:
        selection = self.canvas.selection
        self.board.select_edge(None)
        others = [id for id in selection.ids if id != self._id]
        if not start.modifiers & ADDING:
            self._only = bool(others) and self._id in selection.ids
            selection.select([*others, self._id] if self._only else [self._id])
        elif self._id in selection.ids:
            selection.select(others)
        else:
            selection.select([*others, self._id])

    def move(self, at: Pointer) -> None:
        """Show the cards under the mouse; columns of other cards attract, unless Alt is held."""
        if not self._from:
            if not self.has_travelled(at) or self._id not in self.canvas.selection.ids:
                return
            self._lift()
        step = at.scene - self.start.scene
        dx, dy = step.x(), step.y()
        x = self._from[self._id][0] + dx
        column = None
        if not at.modifiers & Qt.KeyboardModifier.AltModifier:
            column = min((c for c in self._columns if abs(c - x) <= SNAP), key=lambda c: abs(c - x), default=None)
            if column is not None:
                dx += column - x
        self._to = {id: (round(left + dx), round(top + dy)) for id, (left, top) in self._from.items()}
        self.board.move_cards(self._to)
        self._show_guide(column)

    def _lift(self) -> None:
        cards = self.board.cards
        self._from = {id: (cards[id].x(), cards[id].y()) for id in self.canvas.selection.ids if id in cards}
        self._columns = sorted({card.x() for id, card in cards.items() if id not in self._from})
        self._guide = Guide(self.board.style_used)
        self.board.addItem(self._guide)
        self.board.lift(self._from)

    def _show_guide(self, column: float | None) -> None:
        path = QPainterPath()
        if column is not None:
            seen = self.canvas.seen()
            path.moveTo(column + CARD_WIDTH / 2, seen.top())
            path.lineTo(column + CARD_WIDTH / 2, seen.bottom())
        if self._guide is not None:
            self._guide.setPath(path)

    def finish(self, at: Pointer) -> None:
        """Tell the document where the cards lie now."""
        self.clear()
        if not self._from:
            if self._only:
                self.canvas.selection.select([self._id])
            return
        if not self._to or not self.canvas.bridge.do(MoveBlocks(positions=self._to)):
            self.board.move_cards(self._from)
        self.board.settle()

    def cancel(self) -> None:
        """Put the cards back."""
        self.clear()
        if self._from:
            self.board.move_cards({id: at for id, at in self._from.items() if id in self.board.cards})
            self.board.settle()

    def clear(self) -> None:
        """Take the guide away."""
        if self._guide is not None:
            self.board.removeItem(self._guide)
            self._guide = None


class Wire(Gesture):
    """Draw a connection from a port; legal partners light up, others say why not before the drop."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: CanvasView, start: Pointer, card: Card, port: Port) -> None:
        super().__init__(canvas, start)
        self._card = card
        self._port = port
        self._end: LooseEnd | None = None
        self._legal: frozenset[str] = frozenset()
        self._over: str | None = None

    def _pair(self, other: str) -> tuple[str, str]:
        return (self._card.id, other) if self._port is Port.OUTPUT else (other, self._card.id)

    def _begin(self) -> None:
        self._end = LooseEnd(self.board.style_used)
        self.board.addItem(self._end)
        architecture = self.canvas.bridge.experiment.architecture
        self._legal = legal_partners(architecture, self._card.id, forward=self._port is Port.OUTPUT)
        self._light()

    def _light(self) -> None:
        lights = {id: Light.LEGAL if id in self._legal else Light.REFUSED for id in self.board.cards}
        lights[self._card.id] = Light.NONE
        if self._over in self._legal:
            lights[self._over] = Light.CHOSEN
        self.board.light(lights)

    def move(self, at: Pointer) -> None:
        """Lead the loose end to the mouse, or to the port of a legal partner under it."""
        if self._end is None:
            if not self.has_travelled(at):
                return
            self._begin()
        card = self.board.card_at(at.scene)
        over = card.id if card is not None and card is not self._card else None
        if over != self._over:
            self._over = over
            self._light()
        self._lead(at, card if over is not None else None)
        self._speak(at)

    def _lead(self, at: Pointer, card: Card | None) -> None:
        if self._end is None:
            return
        role, end = Role.ACCENT, at.scene
        if card is not None and card.id in self._legal:
            end = card.port(Port.INPUT if self._port is Port.OUTPUT else Port.OUTPUT)
        elif card is not None:
            role = Role.ERROR
        mine = self._card.port(self._port)
        self._end.lead(*((mine, end) if self._port is Port.OUTPUT else (end, mine)), role)

    def _speak(self, at: Pointer) -> None:
        if self._over is None:
            self.canvas.say("", at.view)
            return
        architecture = self.canvas.bridge.experiment.architecture
        reason = refusal(architecture, *self._pair(self._over))
        if reason is not None:
            self.canvas.say(reason, at.view, Role.ERROR)
            return
        source, target = self._pair(self._over)
        instead = replaced(architecture, target)
        words = f"Connect {source} to {target}" + (f" instead of {instead}" if instead else "")
        self.canvas.say(words, at.view)

    def finish(self, at: Pointer) -> None:
        """Connect, where it is allowed. A click on a port selects its block, as one elsewhere on the card does."""
        over = self._over
        if self._end is None:
            self.canvas.selection.select([self._card.id])
        self.clear()
        if over is not None and over in self._legal:
            source, target = self._pair(over)
            self.canvas.bridge.do(Connect(source=source, target=target))

    def clear(self) -> None:
        """Take the loose end, the lights and the bubble away."""
        if self._end is not None:
            self.board.removeItem(self._end)
            self._end = None
        self._over = None
        self.board.light({})
        self.canvas.say("", self.start.view)
