"""All edges of a scene: which there are, how they run between the cards, and which is selected or marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.app.canvas.edge import Crowd, Edge
from cnnstudio.app.canvas.far import EdgeSheet
from cnnstudio.app.canvas.routing import box_of
from cnnstudio.core.placing.roads import Roads

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from PySide6.QtCore import QLineF, QRectF
    from PySide6.QtWidgets import QGraphicsScene

    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.core.analysis.diagnostics import EdgeFault
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.placing.roads import Key


class EdgeLayer:
    """Edges by (source, target), drawn in `scene`."""

    def __init__(self, scene: QGraphicsScene, style: CanvasStyle) -> None:
        self.edges: dict[Key, Edge] = {}
        self._scene = scene
        self._style = style
        self._roads = Roads()
        self._crowd = Crowd()
        self._floating: dict[Key, Edge] = {}
        self._sheet = EdgeSheet(style, self._far_edges)
        scene.addItem(self._sheet)
        self._broken: set[Key] = set()
        self._crossing: set[Key] = set()
        self._covered: set[Key] = set()
        """Edges that meet broken ones."""
        self._selected: Key | None = None
        self._hovered: Edge | None = None
        self._marked: Key | None = None

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        for edge in self.edges.values():
            edge.show_style(style)
        self._sheet.show_style(style)

    def place(self, id: str, body: QRectF) -> None:
        """A card is new, or lies elsewhere now; `settle` leads the edges to it."""
        self._roads.place(id, box_of(body))

    def take_away(self, id: str) -> None:
        """A card is gone; its edges go with the next `show`."""
        self._roads.remove(id)

    def show(self, flows: Mapping[Key, Shape]) -> bool:
        """Have exactly these edges, on which these shapes flow; () where none is known.

        Returns whether others are there now: then `settle` is due.
        """
        rewired = flows.keys() != self.edges.keys()
        if rewired:
            for key in [key for key in self.edges if key not in flows]:
                self._drop(key)
            for key in flows:
                if key not in self.edges:
                    self._add(key)
        for key, flow in flows.items():
            edge = self.edges[key]
            if edge.flow is not flow and edge.flow != flow:
                edge.show_flow(flow)
        return rewired

    def show_faults(self, faults: Mapping[Key, EdgeFault]) -> None:
        """Have exactly these edges broken."""
        for key in [key for key in self._broken if key not in faults or key not in self.edges]:
            self._broken.discard(key)
            if key in self.edges:
                self.edges[key].show_fault(None)
                self._sheet.change()
        for key, fault in faults.items():
            edge = self.edges.get(key)
            if edge is not None and edge.fault != fault:
                edge.show_fault(fault)
                self._broken.add(key)
                self._sheet.change()
        self._cover_labels()

    def _cover_labels(self) -> None:
        """Leave labels out upon which lies what a broken edge of the same block says."""
        tags: dict[str, list[QRectF]] = {}
        for key in self._broken & self.edges.keys():
            for end, tag in zip(key, self.edges[key].tags, strict=True):
                tags.setdefault(end, []).append(tag)
        touched = {key for key in self.edges if key[0] in tags or key[1] in tags} if tags else set()
        for key in touched | (self._covered & self.edges.keys()):
            self.edges[key].cover([*tags.get(key[0], ()), *tags.get(key[1], ())])
        self._covered = touched

    def show_borders(self, borders: Mapping[Key, tuple[float, ...]]) -> None:
        """At which heights edges cross the frames of groups; those that are not named cross none."""
        for key in self._crossing - borders.keys():
            if key in self.edges:
                self.edges[key].show_borders(())
        for key, heights in borders.items():
            self.edges[key].show_borders(heights)
        self._crossing = set(borders)

    def _add(self, key: Key) -> None:
        edge = self.edges[key] = Edge(*key, self._style, self._crowd)
        self._roads.link(key)
        self._scene.addItem(edge)

    def _drop(self, key: Key) -> None:
        edge = self.edges.pop(key)
        self._roads.cut(key)
        self._floating.pop(key, None)
        self._crowd.forget(edge)
        if self._hovered is edge:
            self._hovered = None
        if self._selected == key:
            self._selected = None
        self._scene.removeItem(edge)

    def settle(self) -> None:
        """The cards lie where they are to stay: lead the edges anew that this concerns."""
        self._roads.drop()
        moved = self._roads.settle() | self._floating.keys()
        for edge in self._floating.values():
            edge.show_floating(False)
        self._floating = {}
        for key in moved:
            self.edges[key].show_course(self._roads.courses[key])
        self._sheet.spread(self._scene.sceneRect())
        if moved:
            self._sheet.change()
            self._cover_labels()

    def lift(self, ids: Collection[str]) -> None:
        """Before a drag: these cards stop being in the way of edges, so that each frame looks at few cards."""
        self._roads.lift(ids)
        self._floating = {key: self.edges[key] for key in sorted(self._roads.edges_of(ids))}
        for edge in self._floating.values():
            edge.show_floating(True)
        self._sheet.change()

    def move(self, bodies: Mapping[str, QRectF]) -> None:
        """Lifted cards are here now: lead their edges along."""
        elsewhere = {id: box_of(body) for id, body in bodies.items()}
        for key, course in self._roads.tentative(self._floating, elsewhere):
            self._floating[key].show_course(course)

    def show_far(self, far: bool) -> None:
        """Whether the edges are seen from so far away that they need no labels, and are painted together."""
        if far != self._crowd.is_far:
            self._crowd.show_far(far)
            self._sheet.change()
            self._sheet.setVisible(far)

    def _far_edges(self) -> list[QLineF]:
        """The edges that do not paint themselves, in straight pieces."""
        return [line for edge in self.edges.values() if not edge.paints_itself for line in edge.chords]

    @property
    def selected(self) -> Key | None:
        """The selected edge."""
        return self._selected

    def select(self, key: Key | None) -> None:
        """Select an edge, or none."""
        self._selected, old = key, self._selected
        self._refresh(old, key)

    def mark(self, key: Key | None) -> None:
        """Show that a drop would land on this edge, or on none."""
        self._marked, old = key, self._marked
        self._refresh(old, key)

    def hover(self, edge: Edge | None) -> None:
        """The pointer is over this edge, or over none."""
        self._hovered, old = edge, self._hovered
        self._refresh(*(known.key if known is not None else None for known in (old, edge)))

    def _refresh(self, *keys: Key | None) -> None:
        for key in keys:
            edge = self.edges.get(key) if key is not None else None
            if edge is None:
                continue
            painted = edge.paints_itself
            edge.show_state(selected=key == self._selected, hovered=edge is self._hovered, marked=key == self._marked)
            if edge.paints_itself is not painted:
                self._sheet.change()
