"""What a press of the mouse can become. One gesture, one object, at most one edit when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas.card import Card, Light, Port
from cnnstudio.app.canvas.connecting import Unclear, end_of, legal_cards, refusal, replaced
from cnnstudio.app.canvas.overlays import Guide, LooseEnd, RubberBand
from cnnstudio.app.canvas.rehousing import Rehousing
from cnnstudio.app.theme import Role
from cnnstudio.core.edits import Connect, MoveBlocks
from cnnstudio.core.placing.layout import CARD_WIDTH

if TYPE_CHECKING:
    from cnnstudio.app.canvas.comment import Note
    from cnnstudio.app.canvas.frame import FrameTitle
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.core.edits import ArchitectureEdit

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
        self._kept = canvas.selected_things if start.modifiers & ADDING else ()
        self._band: RubberBand | None = None

    def _ids(self, area: QRectF) -> list[str]:
        things: list[tuple[str, Card | Note]] = [*self.board.cards.items(), *self.board.notes.items()]
        return list(dict.fromkeys([*self._kept, *(id for id, thing in things if thing.body.intersects(area))]))

    def move(self, at: Pointer) -> None:
        """Draw the band and show what it would select."""
        if self._band is None:
            if not self.has_travelled(at):
                return
            self._band = RubberBand(self.board.style_used)
            self.board.addItem(self._band)
        area = QRectF(self.start.scene, at.scene).normalized()
        self._band.setRect(area)
        self.board.show_selected(
            [block for id in self._ids(area) for block in self.board.blocks_of(id)], "", focused=False
        )

    def finish(self, at: Pointer) -> None:
        """Select what the band has caught."""
        caught = self._ids(self._band.rect()) if self._band is not None else self._kept
        self.clear()
        self.board.select_edge(None)
        self.canvas.select_things(caught)
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
    """A press on a card or a comment: a click selects, a drag moves all that is selected as one undo step."""

    def __init__(self, canvas: CanvasView, start: Pointer, thing: Card | Note, group: str = "") -> None:
        super().__init__(canvas, start)
        self._id = thing.id
        self._chosen = group or thing.id
        """What a click selects: the card, or the open group whose title was pressed."""
        self._from: dict[str, tuple[float, float]] = {}
        self._to: dict[str, tuple[float, float]] = {}
        self._columns: list[float] = []
        self._guide: Guide | None = None
        self._rehousing: Rehousing | None = None
        self._only = False
        """Whether a click without a drag narrows the selection down to this one."""
        self._select(start)

    def _select(self, start: Pointer) -> None:
        selected = self.canvas.selected_things
        self.board.select_edge(None)
        parts = {self.board.node_of(id) or id for id in self.board.blocks_of(self._chosen)}
        others = [id for id in selected if id not in parts]
        is_in = parts.issubset(selected)
        if not start.modifiers & ADDING:
            self._only = bool(others) and is_in
            self.canvas.select_things([*others, self._chosen] if self._only else [self._chosen])
        elif is_in:
            self.canvas.select_things(others)
        else:
            self.canvas.select_things([*others, self._chosen])

    def move(self, at: Pointer) -> None:
        """Show the cards under the mouse; columns of other cards attract, unless Alt is held."""
        if not self._from:
            if not self.has_travelled(at) or self._id not in self.canvas.selected_things:
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
        left, top = self._from[self._id]
        dx, dy = round(left + dx) - left, round(top + dy) - top  # the same for all: what is dragged keeps its shape
        self._to = {id: (x + dx, y + dy) for id, (x, y) in self._from.items()}
        self._show_house(at)
        self._show_guide(column)

    def _show_house(self, at: Pointer) -> None:
        """Move the cards, and show the group that a drop would put them in; Alt leaves them in theirs."""
        house, card = self._rehousing, self.board.cards.get(self._id)
        if house is None or card is None:
            self.board.move_cards(self._to)
            return
        body = card.body.translated(QPointF(*self._to[self._id]) - card.pos())
        house.move(None if at.modifiers & Qt.KeyboardModifier.AltModifier else body)
        self.board.move_cards(self._to, leaving=house.leaving)
        self.canvas.say(house.reason or house.words, at.view, Role.ERROR if house.reason else Role.TEXT)

    def _lift(self) -> None:
        cards = self.board.cards
        things: dict[str, Card | Note] = {**cards, **self.board.notes}
        self._from = {id: (things[id].x(), things[id].y()) for id in self.canvas.selected_things if id in things}
        columns = {card.x() for id, card in cards.items() if id not in self._from}
        self._columns = sorted(columns) if self._id in cards else []  # a comment stands where it likes
        self._guide = Guide(self.board.style_used)
        self.board.addItem(self._guide)
        lifted = [id for id in self._from if id in cards]
        self.board.lift(lifted)
        if lifted:
            self._rehousing = Rehousing(self.board, lifted)

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
                self.canvas.select_things([self._chosen])
            return
        if not self._to or not self.canvas.bridge.do(self._edit()):
            self.board.move_cards(self._from)
        self.board.settle()

    def _edit(self) -> ArchitectureEdit:
        places = self._places()
        other = self._rehousing.edit(places) if self._rehousing is not None else None
        return other or MoveBlocks(positions=places)

    def _places(self) -> dict[str, tuple[float, float]]:
        """Where blocks and comments are to lie; the blocks of a closed group go as far as its card."""
        places: dict[str, tuple[float, float]] = {}
        blocks = self.board.architecture.blocks
        for thing, (x, y) in self._to.items():
            dx, dy = x - self._from[thing][0], y - self._from[thing][1]
            inner = self.board.drawn.folded.nodes.get(thing, ()) if thing not in blocks else ()
            places.update({id: (blocks[id].position[0] + dx, blocks[id].position[1] + dy) for id in inner})
            if not inner:
                places[thing] = (x, y)
        return places

    def cancel(self) -> None:
        """Put the cards back."""
        self.clear()
        if self._from:
            self.board.move_cards(self._from)
            self.board.settle()

    def clear(self) -> None:
        """Take guide and hint away."""
        if self._rehousing is not None:
            self._rehousing.clear()
            self.canvas.say("", self.start.view)
        if self._guide is not None:
            self.board.removeItem(self._guide)
            self._guide = None


class Fold(Gesture):
    """A press on the button of an open group's title: let go there, it closes the group."""

    def __init__(self, canvas: CanvasView, start: Pointer, title: FrameTitle) -> None:
        super().__init__(canvas, start)
        self._id = title.id

    def finish(self, at: Pointer) -> None:
        """Close the group, if the mouse has stayed."""
        title = self.board.title_at(at.scene)
        if title is not None and title.id == self._id and title.is_button(at.scene):
            self.canvas.groups.set_closed(self._id, closed=True)


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

    @property
    def _forward(self) -> bool:
        return self._port is Port.OUTPUT

    def _pair(self, other: str) -> tuple[str, str] | str:
        """The blocks that would be connected; where a closed group leaves that open, why there is no saying."""
        architecture = self.board.architecture
        mine = end_of(architecture, self._card.id, leaving=self._forward)
        if isinstance(mine, Unclear):
            return str(mine)
        theirs = end_of(architecture, other, leaving=not self._forward)
        if isinstance(theirs, Unclear):
            return str(theirs)
        return (mine, theirs) if self._forward else (theirs, mine)

    def _begin(self) -> None:
        self._end = LooseEnd(self.board.style_used)
        self.board.addItem(self._end)
        self._legal = legal_cards(self.board.architecture, self.board.cards, self._card.id, forward=self._forward)
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
        pair = self._pair(self._over)
        reason = pair if isinstance(pair, str) else refusal(architecture, *pair)
        if isinstance(pair, str) or reason is not None:
            self.canvas.say(reason or "", at.view, Role.ERROR)
            return
        source, target = pair
        instead = replaced(architecture, target)
        words = f"Connect {source} to {target}" + (f" instead of {instead}" if instead else "")
        self.canvas.say(words, at.view)

    def finish(self, at: Pointer) -> None:
        """Connect, where it is allowed. A click on a port selects its block, as one elsewhere on the card does."""
        over = self._over
        if self._end is None:
            self.canvas.select_things([self._card.id])
        self.clear()
        pair = self._pair(over) if over is not None and over in self._legal else ""
        if not isinstance(pair, str):
            self.canvas.bridge.do(Connect(source=pair[0], target=pair[1]))

    def clear(self) -> None:
        """Take the loose end, the lights and the bubble away."""
        if self._end is not None:
            self.board.removeItem(self._end)
            self._end = None
        self._over = None
        self.board.light({})
        self.canvas.say("", self.start.view)
