"""The scene: cards and edges kept in step with the document. It repaints what has changed and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from cnnstudio.app.canvas.card import FAR, FARTHEST, Card, Light, Port
from cnnstudio.app.canvas.edge import Edge
from cnnstudio.app.canvas.edge_layer import EdgeLayer
from cnnstudio.app.canvas.face import face_of
from cnnstudio.app.canvas.far import PlateSheet
from cnnstudio.app.canvas.sprite import Album
from cnnstudio.app.canvas.style import CanvasStyle
from cnnstudio.app.format import shape
from cnnstudio.app.theme import theme, themes
from cnnstudio.core.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from PySide6.QtGui import QPixmap

    from cnnstudio.app.canvas.sprite import Plate
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
        self.style_used = CanvasStyle.of(theme())
        self._shown: dict[str, _Shown] = {}
        self._rank = 2
        self._is_far = False
        self._lifted: frozenset[str] = frozenset()
        self.album = Album()
        self._thumbnails: Mapping[str, QPixmap] = {}
        self._has_frames = False
        self._edges = EdgeLayer(self, self.style_used)
        self._plates = PlateSheet(self.style_used, self._far_plates)
        self.addItem(self._plates)
        self._hovered: Card | None = None
        themes.changed.connect(self.restyle)

    @property
    def edges(self) -> Mapping[tuple[str, str], Edge]:
        """Edges by (source, target)."""
        return self._edges.edges

    def restyle(self) -> None:
        """Take over the theme that is on."""
        self.style_used = CanvasStyle.of(theme())
        for card in self.cards.values():
            card.show_style(self.style_used)
        self._edges.show_style(self.style_used)
        self._plates.show_style(self.style_used)
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
        rewired = self._show_edges(architecture, trace)
        if moved or rewired:
            self.settle()

    def _show_block(self, block: Block, traced: BlockTrace | None, found: tuple[Diagnostic, ...]) -> bool:
        """Whether its card is new or lies elsewhere now."""
        shown = (traced, found)
        card = self.cards.get(block.id)
        fresh = card is None
        if card is None:
            card = Card(face_of(block, traced, found, self._rank), self.style_used, self.album)
            card.show_thumbnail(self._thumbnails.get(block.id), framed=self._has_frames)
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
        self._edges.place(block.id, card.body)
        return True

    def _drop_card(self, id: str) -> None:
        card = self.cards.pop(id)
        del self._shown[id]
        if self._hovered is card:
            self._hovered = None
        self.album.forget(card)
        self._edges.take_away(id)
        self.removeItem(card)

    def _show_edges(self, architecture: Architecture, trace: Trace) -> bool:
        labels = {}
        for block in architecture.blocks.values():
            for source in block.inputs:
                if source in self.cards:
                    traced = trace.blocks.get(source)
                    output = traced.output if traced is not None else None
                    labels[source, block.id] = shape(output.shape) if output is not None else ""
        return self._edges.show(labels)

    def settle(self) -> None:
        """The cards lie where they are to stay: lead the edges to them, and take in the room."""
        self.setSceneRect(self.occupied().adjusted(-_BESIDE, -_BEYOND, _BESIDE, _BEYOND))
        self._edges.settle()
        for id in self._lifted & self.cards.keys():
            self.cards[id].show_floating(False)
        self._lifted = frozenset()
        self._plates.spread(self.sceneRect())
        self._plates.change()

    def show_thumbnails(self, pictures: Mapping[str, QPixmap], *, framed: bool) -> None:
        """Show these pictures of blocks' maps, by block id; `framed` keeps their place free on every card."""
        self._thumbnails, self._has_frames = pictures, framed
        for id, card in self.cards.items():
            card.show_thumbnail(pictures.get(id), framed=framed)

    def show_scale(self, scale: float) -> None:
        """From how far the scene is seen: what is small is painted simply, and all of its kind together."""
        far = scale < FARTHEST
        if far != self._is_far:
            self._is_far = far
            if far:
                self.album.far_changed = self._plates.change
            else:
                self.album.come_near()
            self._plates.setVisible(far)
            self._plates.change()
        self._edges.show_far(scale < FAR)

    def _far_plates(self) -> list[Plate]:
        return [card.plate() for card in self.cards.values() if card.is_far]

    def lift(self, ids: Collection[str]) -> None:
        """Before a drag: these cards stop being in the way of edges, so that each frame looks at few cards."""
        self._lifted = frozenset(ids)
        for id in ids:
            self.cards[id].show_floating(True)
        self._plates.change()
        self._edges.lift(ids)

    def move_cards(self, positions: Mapping[str, tuple[float, float]]) -> None:
        """Show lifted cards elsewhere; the document does not know of it yet."""
        for id, place in positions.items():
            self.cards[id].setPos(*place)
        self._edges.move({id: self.cards[id].body for id in positions})

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
        return self._edges.selected

    def select_edge(self, key: tuple[str, str] | None) -> None:
        """Select an edge, or none."""
        self._edges.select(key)

    def mark_edge(self, key: tuple[str, str] | None) -> None:
        """Show that a drop would land on this edge, or on none."""
        self._edges.mark(key)

    def hover(self, at: QPointF | None) -> Port | None:
        """Show what lies under the pointer (None: the pointer has left); returns the port it is over."""
        card = self.card_at(at) if at is not None else None
        edge = self.edge_at(at) if at is not None and card is None else None
        port = card.port_at(at) if at is not None and card is not None else None
        old, self._hovered = self._hovered, card
        if old is not None and old is not card:
            old.show_hovered(False)
        if card is not None:
            card.show_hovered(port or True)
        self._edges.hover(edge)
        return port

    def light(self, lights: Mapping[str, Light]) -> None:
        """Show what a drop on each card would come to; cards not named go back to normal."""
        for id, card in self.cards.items():
            card.show_light(lights.get(id, Light.NONE))
