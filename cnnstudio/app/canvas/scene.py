"""The scene: cards and edges kept in step with the document. It repaints what has changed and nothing else."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtWidgets import QGraphicsScene

from cnnstudio.app.canvas.card import FAR, FARTHEST, Card, Light, Look, Port
from cnnstudio.app.canvas.comment import Note, Notes
from cnnstudio.app.canvas.edge import Edge
from cnnstudio.app.canvas.edge_layer import EdgeLayer
from cnnstudio.app.canvas.face import face_of, worst
from cnnstudio.app.canvas.far import PlateSheet
from cnnstudio.app.canvas.frame import FrameTitle
from cnnstudio.app.canvas.frame_layer import FrameLayer
from cnnstudio.app.canvas.group_card import GroupCard
from cnnstudio.app.canvas.group_face import face_of_group
from cnnstudio.app.canvas.sprite import Album
from cnnstudio.app.canvas.style import CanvasStyle
from cnnstudio.app.theme import theme, themes
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.placing.folding import flow_of
from cnnstudio.core.placing.frames import Plan, borders, plan
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from PySide6.QtGui import QPixmap

    from cnnstudio.app.canvas.sprite import Plate
    from cnnstudio.core.analysis.diagnostics import Diagnostic
    from cnnstudio.core.analysis.tracing import BlockTrace, Trace

_BESIDE, _BEYOND = 1200.0, 800.0
"""Free canvas round the cards, so that one can be put beyond them. More than a window shows: a scene smaller than its
view is centred in it, and then all cards would jump whenever one is put outside the others."""
_Shown = tuple["Block", "BlockTrace | None", "tuple[Diagnostic, ...]"]


class CanvasScene(QGraphicsScene):
    """Cards by node, which is a block or a closed group, edges by (node, node), and frames by open group."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: dict[str, Card] = {}
        self.architecture = Architecture()
        """What is drawn."""
        self.drawn: Plan = plan(self.architecture)
        self.style_used = CanvasStyle.of(theme())
        self._shown: dict[str, _Shown] = {}
        self._placed: set[str] = set()
        self._marks: dict[str, tuple[bool, bool]] = {}
        """Selected cards, and whether each wears the focus ring."""
        self._rank = 2
        self._is_far = False
        self._lifted: frozenset[str] = frozenset()
        self.extent = QRectF()
        """What all that is drawn took up when it last lay still."""
        self.album = Album()
        self._thumbnails: Mapping[str, QPixmap] = {}
        self._has_frames = False
        self._edges = EdgeLayer(self, self.style_used)
        self._frames = FrameLayer(self, self.style_used)
        self._notes = Notes(self, self.style_used)
        self._plates = PlateSheet(self.style_used, self._far_plates)
        self.addItem(self._plates)
        self._hovered: Card | None = None
        themes.changed.connect(self.restyle)

    @property
    def edges(self) -> Mapping[tuple[str, str], Edge]:
        """Edges by (source, target)."""
        return self._edges.edges

    @property
    def frames(self) -> Mapping[str, FrameTitle]:
        """Titles of the open groups in sight."""
        return self._frames.titles

    def blocks_of(self, node: str) -> tuple[str, ...]:
        """The blocks that a card or a frame stands for, along the flow; the last one is where the flow leaves it."""
        group = self.architecture.groups.get(node)
        return flow_of(self.architecture, group.blocks) if group is not None else (node,)

    def shown_block(self, node: str) -> str:
        """The block whose maps a card shows: its own, or the one at which the flow leaves the group."""
        return self.blocks_of(node)[-1] if node in self.architecture.groups else node

    def node_of(self, block: str) -> str:
        """The card that stands for a block: its own, or that of a closed group; "" for none."""
        return self.drawn.folded.node_of.get(block, "")

    def card_of(self, block: str) -> Card | None:
        """That card."""
        return self.cards.get(self.node_of(block))

    def connections(self, key: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        """The connections that an edge stands for: one, but where it meets a closed group."""
        return self.drawn.folded.edges.get(key, ())

    @property
    def chart(self) -> Architecture:
        """What is drawn as if each closed group were a block: where arrow keys lead."""
        reads: dict[str, tuple[str, ...]] = {}
        for source, target in self.drawn.folded.edges:
            reads[target] = (*reads.get(target, ()), source)
        blocks = self.architecture.blocks
        return Architecture.of(
            Block(node, blocks[ids[0]].spec, reads.get(node, ()), self.drawn.cards[node])
            for node, ids in self.drawn.folded.nodes.items()
        )

    @property
    def notes(self) -> Mapping[str, Note]:
        """Comments by id."""
        return self._notes.notes

    def restyle(self) -> None:
        """Take over the theme that is on."""
        self.style_used = CanvasStyle.of(theme())
        for card in self.cards.values():
            card.show_style(self.style_used)
        self._edges.show_style(self.style_used)
        self._frames.show_style(self.style_used)
        self._notes.show_style(self.style_used)
        self._plates.show_style(self.style_used)
        self.update()

    def show(self, architecture: Architecture, trace: Trace, diagnostics: Sequence[Diagnostic]) -> None:
        """Bring cards and edges in step with `architecture`; what is already right is left untouched."""
        by_block: dict[str, tuple[Diagnostic, ...]] = {}
        for d in diagnostics:
            by_block[d.block] = (*by_block.get(d.block, ()), d)
        had_groups = bool(self.architecture.groups)
        self.architecture, self.drawn = architecture, plan(architecture)
        nodes = self.drawn.folded.nodes
        gone = self.cards.keys() - nodes.keys()
        if had_groups or architecture.groups:
            gone |= {id for id, card in self.cards.items() if _is_other(card, architecture)}
        for id in gone:
            self._drop_card(id)
        moved = False
        self._rank = len(trace.data.input_shape) - 1
        for id in nodes:
            if id not in architecture.blocks:
                moved |= self._show_group(id, trace, by_block)
                continue
            shown = (architecture.blocks[id], trace.blocks.get(id), by_block.get(id, ()))
            known = self._shown.get(id)
            same = known is not None and known[0] is shown[0] and known[1] is shown[1] and known[2] == shown[2]
            if not same or id in self._lifted:
                moved |= self._show_block(*shown)
        self._frames.show(architecture, self.drawn)
        rewired = self._show_edges(trace)
        self._edges.show_faults(
            {(self.node_of(e.source), self.node_of(e.target)): e for d in diagnostics for e in d.edges}
        )
        moved |= self._notes.show(architecture.comments)
        if moved or rewired or self.extent != self.occupied():  # frames and comments take up room, too
            self.settle()
        self._edges.show_borders(borders(self.drawn, architecture))

    def _show_block(self, block: Block, traced: BlockTrace | None, found: tuple[Diagnostic, ...]) -> bool:
        """Whether its card is new or lies elsewhere now."""
        card = self.cards.get(block.id)
        if card is None:
            card = self._add_card(Card(face_of(block, traced, found, self._rank), self.style_used, self.album))
        else:
            known = self._shown[block.id]
            if known[1] is not traced or known[2] != found:
                make = partial(face_of, block, traced, found, self._rank)
                card.show_face_later(make, Look(block.spec.group, worst(found), block.bypassed))
        self._shown[block.id] = (block, traced, found)
        return self._place(card)

    def _show_group(self, id: str, trace: Trace, diagnostics: Mapping[str, tuple[Diagnostic, ...]]) -> bool:
        """Whether its card is new or lies elsewhere now."""
        face = face_of_group(self.architecture.groups[id], self.architecture, trace, diagnostics)
        card = self.cards.get(id)
        if card is None:
            card = self._add_card(GroupCard(face, self.style_used, self.album))
        else:
            card.show_face(face)
            self._show_thumbnail(card)  # the flow may leave it at another block now
        return self._place(card)

    def _add_card(self, card: Card) -> Card:
        self._show_thumbnail(card)
        self.cards[card.id] = card
        self.addItem(card)
        return card

    def _show_thumbnail(self, card: Card) -> None:
        card.show_thumbnail(self._thumbnails.get(self.shown_block(card.id)), framed=self._has_frames)

    def _place(self, card: Card) -> bool:
        place = QPointF(*self.drawn.cards[card.id])
        if card.id in self._placed and card.pos() == place:
            return False
        self._placed.add(card.id)
        card.setPos(place)
        self._edges.place(card.id, card.body)
        return True

    def _drop_card(self, id: str) -> None:
        card = self.cards.pop(id)
        self._shown.pop(id, None)
        self._placed.discard(id)
        self._marks.pop(id, None)
        if self._hovered is card:
            self._hovered = None
        self.album.forget(card)
        self._edges.take_away(id)
        self.removeItem(card)

    def _show_edges(self, trace: Trace) -> bool:
        labels = {}
        for key, connections in self.drawn.folded.edges.items():
            first = _flow(trace, connections[0][0])
            labels[key] = first if all(_flow(trace, source) == first for source, _ in connections[1:]) else ()
        return self._edges.show(labels)

    def settle(self) -> None:
        """The cards lie where they are to stay: lead the edges to them, and take in the room."""
        self.extent = self.occupied()
        self.setSceneRect(self.extent.adjusted(-_BESIDE, -_BEYOND, _BESIDE, _BEYOND))
        for id in self._lifted & self.cards.keys():
            self.cards[id].show_floating(False)
            self._edges.place(id, self.cards[id].body)
        self._edges.settle()
        self._lifted = frozenset()
        self._plates.spread(self.sceneRect())
        self._plates.change()

    def show_thumbnails(self, pictures: Mapping[str, QPixmap], *, framed: bool) -> None:
        """Show these pictures of blocks' maps, by block id; `framed` keeps their place free on every card."""
        self._thumbnails, self._has_frames = pictures, framed
        for card in self.cards.values():
            self._show_thumbnail(card)

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

    def plates(self) -> Iterable[Plate]:
        """All cards as they are seen from afar."""
        return (card.plate() for card in self.cards.values())

    def _far_plates(self) -> list[Plate]:
        return [card.plate() for card in self.cards.values() if card.is_far]

    def lift(self, ids: Collection[str]) -> None:
        """Before a drag: these cards stop being in the way of edges, so that each frame looks at few cards."""
        self._lifted = frozenset(ids)
        for id in ids:
            self.cards[id].show_floating(True)
        self._plates.change()
        self._edges.lift(ids)

    def move_cards(self, positions: Mapping[str, tuple[float, float]], *, leaving: bool = False) -> None:
        """Show lifted cards and comments elsewhere; the document does not know of it yet.

        `leaving`: a drop would take them out of their group, so that its frame does without them.
        """
        for id, place in positions.items():
            item = self.cards.get(id) or self.notes.get(id)
            if item is not None:
                item.setPos(*place)
        moved = [id for id in positions if id in self.cards]
        self._edges.move({id: self.cards[id].body for id in moved})
        self._frames.follow(self._body, moved, leaving=leaving)

    def _body(self, id: str) -> QRectF:
        return self.cards[id].body

    def occupied(self, ids: Iterable[str] | None = None) -> QRectF:
        """The rectangle round these cards, or round all that is drawn; one empty card's room when there is none."""
        area = self._frames.area() if ids is None else QRectF()
        if ids is None and self.drawn.cards:
            across, down = zip(*self.drawn.cards.values(), strict=True)
            cards = QRectF(min(across), min(down), max(across) - min(across), max(down) - min(down))
            area = area.united(cards.adjusted(0, 0, CARD_WIDTH, CARD_HEIGHT))
        for id in () if ids is None else ids:
            area = area.united(self.cards[id].body)
        for note in self.notes.values() if ids is None else ():
            area = area.united(note.body)
        return area if not area.isEmpty() else QRectF(0, 0, CARD_WIDTH, CARD_HEIGHT)

    def occupied_by(self, things: Iterable[str]) -> QRectF | None:
        """The rectangle round these cards and comments; None where there are none."""
        items = (self.cards.get(id) or self.notes.get(id) for id in things)
        area = QRectF()
        for item in items:
            area = area.united(item.body) if item is not None else area
        return None if area.isEmpty() else area

    def card_at(self, at: QPointF) -> Card | None:
        """The topmost card, ports included, at that place."""
        return next((item for item in self.items(at) if isinstance(item, Card)), None)

    def title_at(self, at: QPointF) -> FrameTitle | None:
        """The title of an open group at that place, unless a card covers it."""
        found = next((item for item in self.items(at) if isinstance(item, (Card, FrameTitle))), None)
        return found if isinstance(found, FrameTitle) else None

    def edge_at(self, at: QPointF) -> Edge | None:
        """The edge at that place, unless a card or a title covers it."""
        found = self.items(at)
        if any(isinstance(item, (Card, FrameTitle)) for item in found):
            return None
        return next((item for item in found if isinstance(item, Edge)), None)

    def note_at(self, at: QPointF) -> Note | None:
        """The comment at that place, unless a card, a title or an edge covers it."""
        found = self._notes.at(at)
        if found is None or self.card_at(at) is not None or self.title_at(at) is not None:
            return None
        return found if self.edge_at(at) is None else None

    def show_selected(self, ids: Collection[str], current: str, *, focused: bool) -> None:
        """Mark these blocks and comments as selected.

        `current` wears the focus ring while the canvas has the keyboard.
        """
        here = self.node_of(current) if focused else ""
        marks = dict.fromkeys((self.node_of(id) for id in ids), (True, False))
        if here:
            marks[here] = (here in marks, True)
        for id in marks.keys() | self._marks.keys():
            card = self.cards.get(id)
            if card is not None and marks.get(id) != self._marks.get(id):
                card.show_selected(*marks.get(id, (False, False)))
        self._marks = marks
        self._frames.show_selected(ids, focused=focused)
        self._notes.show_selected(ids, current if focused else "")

    @property
    def selected_edge(self) -> tuple[str, str] | None:
        """The selected edge; blocks and an edge are never selected together."""
        return self._edges.selected

    def select_edge(self, key: tuple[str, str] | None) -> None:
        """Select an edge, or none."""
        self._edges.select(key)

    def mark_frame(self, id: str | None) -> None:
        """Show that a drop would put cards into this open group, or into none."""
        self._frames.mark(id)

    def mark_edge(self, key: tuple[str, str] | None) -> None:
        """Show that a drop would land on this edge, or on none."""
        self._edges.mark(key)

    def hover(self, at: QPointF | None) -> Port | None:
        """Show what lies under the pointer (None: the pointer has left); returns the port it is over."""
        card = self.card_at(at) if at is not None else None
        title = self.title_at(at) if at is not None and card is None else None
        edge = self.edge_at(at) if at is not None and card is None and title is None else None
        port = card.port_at(at) if at is not None and card is not None else None
        old, self._hovered = self._hovered, card
        if old is not None and old is not card:
            old.show_hovered(False)
        if card is not None:
            card.show_hovered(port or True)
        self._edges.hover(edge)
        self._frames.hover(title, at)
        self._notes.hover(self.note_at(at) if at is not None else None)
        return port

    def light(self, lights: Mapping[str, Light]) -> None:
        """Show what a drop on each card would come to; cards not named go back to normal."""
        for id, card in self.cards.items():
            card.show_light(lights.get(id, Light.NONE))


def _flow(trace: Trace, source: str) -> tuple[int, ...]:
    """The shape that leaves a block, () while it is unknown."""
    traced = trace.blocks.get(source)
    return traced.output.shape if traced is not None and traced.output is not None else ()


def _is_other(card: Card, architecture: Architecture) -> bool:
    """Whether a card stands for a block of an id that a group has now, or the other way round."""
    return isinstance(card, GroupCard) != (card.id in architecture.groups)
