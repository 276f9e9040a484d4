"""A block dragged in from the palette: where it would go, shown before the drop, and the drop itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.app.canvas.card import Light
from cnnstudio.app.canvas.overlays import Ghost
from cnnstudio.app.palette.append import OWN, append_block, insert_block, own_fragment, place_block, title_of
from cnnstudio.app.theme import Role
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.formats.strict_json import FileError
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint, QPointF

    from cnnstudio.app.canvas.view import CanvasView


@dataclass(frozen=True, slots=True)
class Place:
    """What lies under the drop: an edge, a block, or (both None) the empty canvas."""

    edge: tuple[str, str] | None = None
    block: str | None = None


class Drop:
    """One drag from the palette over the canvas."""

    def __init__(self, canvas: CanvasView, kind: str) -> None:
        self._canvas = canvas
        self._board = canvas.board
        self._kind = kind
        self._ends: tuple[str, str] | None = None
        """Where the flow enters and leaves a block of the person's own; None where that is not one place each."""
        self._refused = self._why_not()
        self._title = title_of(kind) if not self._refused else ""
        self._blocked = False
        self._ghost = Ghost(self._board.style_used)
        self._ghost.hide()
        self._board.addItem(self._ghost)

    def _why_not(self) -> str:
        if self._kind.startswith(OWN):
            try:
                self._ends = own_fragment(self._kind)[1].ends
            except FileError as error:
                return str(error)
            return ""
        blocks = self._canvas.bridge.experiment.architecture.blocks.values()
        if spec_class(self._kind).hidden:
            return f"{spec_class(self._kind).title} cannot be placed by hand."
        if self._kind == "Output" and any(b.spec.kind == "Output" for b in blocks):
            return "An architecture has one Output block, and this one has it already."
        return ""

    @property
    def allowed(self) -> bool:
        """Whether it can be dropped where it was moved to last."""
        return not self._refused and not self._blocked

    def _place(self, at: QPointF) -> Place:
        card = self._board.card_at(at)
        if card is not None:
            return Place(block=card.id)
        edge = self._board.edge_at(at) if self._takes_edge() else None
        return Place(edge=edge.key if edge is not None else None)

    def _takes_edge(self) -> bool:
        if self._kind.startswith(OWN):
            return self._ends is not None and bool(self._ends[1])
        spec = spec_class(self._kind)
        return spec.max_inputs != 0 and spec.kind != "Output"

    def move(self, at: QPointF, view: QPoint) -> None:
        """Show where a drop would put the block."""
        if self._refused:
            self._canvas.say(self._refused, view, Role.ERROR)
            return
        place = self._place(at)
        several = len(self._board.connections(place.edge)) if place.edge is not None else 1
        self._blocked = several > 1
        if self._blocked:
            self._ghost.hide()
            self._board.mark_edge(None)
            words = f"This line stands for {several:,} connections: open the group and choose one."
            self._canvas.say(words, view, Role.ERROR)
            return
        self._board.mark_edge(place.edge)
        self._board.light({place.block: Light.CHOSEN} if place.block is not None else {})
        free = place.edge is None and place.block is None
        self._ghost.setVisible(free)
        self._ghost.setPos(*_corner(at))
        self._canvas.say(self._words(place), view)

    def _words(self, place: Place) -> str:
        if place.edge is not None:
            source, target = self._board.connections(place.edge)[0]
            return f"Insert {self._title} between {source} and {target}"
        if place.block is None:
            return f"Place {self._title} here, unconnected"
        architecture = self._board.architecture
        group = architecture.groups.get(place.block)
        if group is not None:
            return f"Add {self._title} behind {group.name}"
        is_end = architecture.blocks[place.block].spec.kind == "Output"
        beside = self._kind.startswith(OWN) and self._ends is None
        return f"Add {self._title} {'beside' if beside else 'before' if is_end else 'behind'} {place.block}"

    def drop(self, at: QPointF) -> str | None:
        """Make the edit. Returns the new block's id; None when there is none."""
        place = self._place(at)
        self.clear()
        bridge, selection = self._canvas.bridge, self._canvas.selection
        if self._refused:
            return None
        if place.edge is not None:
            connections = self._board.connections(place.edge)
            return insert_block(bridge, selection, self._kind, connections[0]) if len(connections) == 1 else None
        if place.block is not None:
            return append_block(bridge, selection, self._kind, after=self._board.blocks_of(place.block)[-1])
        return place_block(bridge, selection, self._kind, _corner(at))

    def clear(self) -> None:
        """Take the indicators away."""
        if self._ghost.scene() is not None:
            self._board.removeItem(self._ghost)
        self._board.mark_edge(None)
        self._board.light({})
        self._canvas.say("", self._canvas.viewport().rect().topLeft())


def _corner(at: QPointF) -> tuple[float, float]:
    return round(at.x() - CARD_WIDTH / 2), round(at.y() - CARD_HEIGHT / 2)
