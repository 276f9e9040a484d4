"""The scene: cards and edges kept in step with the document. It repaints what has changed and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from cnnstudio.app.canvas.card import Card, Light, Port
from cnnstudio.app.canvas.edge import Edge, FarEdges
from cnnstudio.app.canvas.face import face_of
from cnnstudio.app.canvas.routing import Roads
from cnnstudio.app.canvas.style import CanvasStyle
from cnnstudio.app.format import shape
from cnnstudio.app.theme import theme, themes
from cnnstudio.core.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cnnstudio.core.architecture import Architecture, Block
    from cnnstudio.core.diagnostics import Diagnostic
    from cnnstudio.core.tracing import BlockTrace, Trace

_BESIDE, _BEYOND = 1200.0, 800.0
"""Free canvas round the cards, so that one can be put beyond them. More than a window shows: a scene smaller than its
view is centred in it, and then all cards would jump whenever one is put outside the others."""
_Shown = tuple["BlockTrace | None", "tuple[Diagnostic, ...]"]


class CanvasScene(QGraphicsScene):
    """Cards by block id and edges by (source, target)."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, Card] = {}
        self.edges: dict[tuple[str, str], Edge] = {}
        self.style_used = CanvasStyle.of(theme())
        self._shown: dict[str, _Shown] = {}
        self._roads = Roads({})
        self._rank = 2
        self._is_far = False
        self._floating: list[Edge] = []
        self._far_edges = FarEdges(self.style_used)
        self.addItem(self._far_edges)
        self._selected_edge: tuple[str, str] | None = None
        self._hovered: Card | Edge | None = None
        self._marked: tuple[str, str] | None = None
        themes.changed.connect(self.restyle)

    def restyle(self) -> None:
        """Take over the theme that is on."""
        self.style_used = CanvasStyle.of(theme())
        for card in self.cards.values():
            card.show_style(self.style_used)
        for edge in self.edges.values():
            edge.show_style(self.style_used)
        self._far_edges.show_style(self.style_used)
        self.update()

    def show(self, architecture: Architecture, trace: Trace, diagnostics: Sequence[Diagnostic]) -> None:
        """Bring cards and edges in step with `architecture`; what is already right is left untouched."""
        by_block: dict[str, tuple[Diagnostic, ...]] = {}
        for d in diagnostics:
            by_block[d.block] = (*by_block.get(d.block, ()), d)
        for id in [id for id in self.cards if id not in architecture.blocks]:
            self._drop_card(id)
        moved = False
        self._rank = len(trace.data.input_shape) - 1
        for block in architecture.blocks.values():
            moved |= self._show_block(block, trace.blocks.get(block.id), by_block.get(block.id, ()))
        rewired = self._show_edges(architecture)
        self._label_edges(trace)
        if moved or rewired:
            self.settle()

    def _show_block(self, block: Block, traced: BlockTrace | None, found: tuple[Diagnostic, ...]) -> bool:
        """Whether its card is new or lies elsewhere now."""
        shown = (traced, found)
        card = self.cards.get(block.id)
        fresh = card is None
        if card is None:
            card = Card(face_of(block, traced, found, self._rank), self.style_used)
            card.show_far(self._is_far)
            self.cards[block.id] = card
            self.addItem(card)
        else:
            known = self._shown[block.id]
            if known[0] is not traced or known[1] != found:
                card.show_face(face_of(block, traced, found, self._rank))
        self._shown[block.id] = shown
        place = QPointF(*block.position)
        if not fresh and card.pos() == place:
            return False
        card.setPos(place)
        return True

    def _drop_card(self, id: str) -> None:
        card = self.cards.pop(id)
        del self._shown[id]
        if self._hovered is card:
            self._hovered = None
        self.removeItem(card)

    def _show_edges(self, architecture: Architecture) -> bool:
        wanted = {(s, b.id): None for b in architecture.blocks.values() for s in b.inputs if s in self.cards}
        if wanted.keys() == self.edges.keys():
            return False
        for key in [key for key in self.edges if key not in wanted]:
            edge = self.edges.pop(key)
            if self._hovered is edge:
                self._hovered = None
            if self._selected_edge == key:
                self._selected_edge = None
            self.removeItem(edge)
        for key in wanted:
            if key not in self.edges:
                self.edges[key] = Edge(*key, self.style_used)
                self.addItem(self.edges[key])
        return True

    def _label_edges(self, trace: Trace) -> None:
        for edge in self.edges.values():
            traced = trace.blocks.get(edge.source)
            output = traced.output if traced is not None else None
            edge.show_label(shape(output.shape) if output is not None else "")

    def settle(self) -> None:
        """The cards lie where they are to stay: lead all edges anew, short ones first, and take in the room."""
        self.setSceneRect(self.occupied().adjusted(-_BESIDE, -_BEYOND, _BESIDE, _BEYOND))
        self._roads = Roads({id: card.body for id, card in self.cards.items()})
        for edge in self._floating:
            edge.show_floating(False)
        self._floating = []
        for edge in sorted(self.edges.values(), key=self._drop):
            edge.show_route(self._roads.route(edge.source, edge.target))

        self._show_far_edges()

    def show_far(self, far: bool) -> None:
        """Whether the cards are seen from so far away that plates and straight lines do."""
        if far != self._is_far:
            self._is_far = far
            for card in self.cards.values():
                card.show_far(far)
            self._show_far_edges()

    def _show_far_edges(self) -> None:
        lines, area = [], QRectF()
        if self._is_far:
            area = self.sceneRect()
            floating = {edge.key for edge in self._floating}
            for source, target in self.edges.keys() - floating:
                foot, head = self.cards[source].port(Port.OUTPUT), self.cards[target].port(Port.INPUT)
                lines.append(QLineF(foot, head))
        self._far_edges.show_lines(lines, area)

    def _drop(self, edge: Edge) -> float:
        return self.cards[edge.target].y() - self.cards[edge.source].y()

    def lift(self, ids: Collection[str]) -> None:
        """Before a drag: these cards stop being in the way of edges, so that each frame looks at few cards."""
        self._roads = Roads({id: card.body for id, card in self.cards.items()}, floating=frozenset(ids))
        self._floating = [edge for edge in self.edges.values() if edge.source in ids or edge.target in ids]
        for edge in self._floating:
            edge.show_floating(True)
        self._show_far_edges()

    def move_cards(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Show lifted cards elsewhere; the document does not know of it yet."""
        for id, place in positions.items():
            card = self.cards[id]
            card.setPos(*place)
            self._roads.bodies[id] = card.body
        self._roads.lanes.clear()
        for edge in self._floating:
            edge.show_route(self._roads.route(edge.source, edge.target))

    def occupied(self, ids: Iterable[str] | None = None) -> QRectF:
        """The rectangle round these cards, or round all; one empty card's room when there are none."""
        area = QRectF()
        for id in self.cards if ids is None else ids:
            area = area.united(self.cards[id].body)
        return area if not area.isEmpty() else QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)

    def card_at(self, at: QPointF) -> Card | None:
        """The topmost card, ports included, at that place."""
        return next((item for item in self.items(at) if isinstance(item, Card)), None)

    def edge_at(self, at: QPointF) -> Edge | None:
        """The edge at that place, unless a card covers it."""
        found = self.items(at)
        if any(isinstance(item, Card) for item in found):
            return None
        return next((item for item in found if isinstance(item, Edge)), None)

    def show_selected(self, ids: Collection[str], current: str, *, focused: bool) -> None:
        """Mark these blocks as selected; `current` wears the focus ring while the canvas has the keyboard."""
        for id, card in self.cards.items():
            card.show_selected(id in ids, focused and id == current)

    @property
    def selected_edge(self) -> tuple[str, str] | None:
        """The selected edge; blocks and an edge are never selected together."""
        return self._selected_edge

    def select_edge(self, key: tuple[str, str] | None) -> None:
        """Select an edge, or none."""
        self._selected_edge, old = key, self._selected_edge
        self._refresh_edge(old)
        self._refresh_edge(key)

    def mark_edge(self, key: tuple[str, str] | None) -> None:
        """Show that a drop would land on this edge, or on none."""
        self._marked, old = key, self._marked
        self._refresh_edge(old)
        self._refresh_edge(key)

    def _refresh_edge(self, key: tuple[str, str] | None) -> None:
        edge = self.edges.get(key) if key is not None else None
        if edge is not None:
            edge.show_state(
                selected=key == self._selected_edge, hovered=edge is self._hovered, marked=key == self._marked
            )

    def hover(self, at: QPointF | None) -> Port | None:
        """Show what lies under the pointer (None: the pointer has left); returns the port it is over."""
        card = self.card_at(at) if at is not None else None
        edge = self.edge_at(at) if at is not None and card is None else None
        port = card.port_at(at) if at is not None and card is not None else None
        old, self._hovered = self._hovered, card or edge
        if isinstance(old, Card) and old is not card:
            old.show_hovered(False)
        if isinstance(old, Edge):
            self._refresh_edge(old.key)
        if card is not None:
            card.show_hovered(port or True)
        if edge is not None:
            self._refresh_edge(edge.key)
        return port

    def light(self, lights: Mapping[str, Light]) -> None:
        """Show what a drop on each card would come to; cards not named go back to normal."""
        for id, card in self.cards.items():
            card.show_light(lights.get(id, Light.NONE))
