"""All edges of a scene: which there are, how they run between the cards, and which is selected or marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF

from cnnstudio.app.canvas.edge import Edge, FarEdges
from cnnstudio.app.canvas.routing import Roads

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from PySide6.QtWidgets import QGraphicsScene

    from cnnstudio.app.canvas.style import CanvasStyle

Key = tuple[str, str]
"""(source, target): ids of the cards at both ends."""


class EdgeLayer:
    """Edges by (source, target), drawn in `scene`."""

    def __init__(self, scene: QGraphicsScene, style: CanvasStyle) -> None:
        self.edges: dict[Key, Edge] = {}
        self._scene = scene
        self._style = style
        self._roads = Roads({})
        self._is_far = False
        self._floating: list[Edge] = []
        self._far_edges = FarEdges(style)
        scene.addItem(self._far_edges)
        self._selected: Key | None = None
        self._hovered: Edge | None = None
        self._marked: Key | None = None

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        for edge in self.edges.values():
            edge.show_style(style)
        self._far_edges.show_style(style)

    def show(self, labels: Mapping[Key, str]) -> bool:
        """Have exactly these edges, with these labels. Returns whether others are there now: then `settle` is due."""
        rewired = labels.keys() != self.edges.keys()
        if rewired:
            for key in [key for key in self.edges if key not in labels]:
                self._drop(key)
            for key in labels:
                if key not in self.edges:
                    self.edges[key] = Edge(*key, self._style)
                    self._scene.addItem(self.edges[key])
        for key, label in labels.items():
            self.edges[key].show_label(label)
        return rewired

    def _drop(self, key: Key) -> None:
        edge = self.edges.pop(key)
        if self._hovered is edge:
            self._hovered = None
        if self._selected == key:
            self._selected = None
        self._scene.removeItem(edge)

    def settle(self, bodies: Mapping[str, QRectF]) -> None:
        """The cards lie where they are to stay: lead all edges anew, short ones first."""
        self._roads = Roads(dict(bodies))
        for edge in self._floating:
            edge.show_floating(False)
        self._floating = []
        for edge in sorted(self.edges.values(), key=self._drop_of):
            edge.show_route(self._roads.route(edge.source, edge.target))
        self._show_far_edges()

    def _drop_of(self, edge: Edge) -> float:
        return self._roads.bodies[edge.target].top() - self._roads.bodies[edge.source].top()

    def lift(self, ids: Collection[str], bodies: Mapping[str, QRectF]) -> None:
        """Before a drag: these cards stop being in the way of edges, so that each frame looks at few cards."""
        self._roads = Roads(dict(bodies), floating=frozenset(ids))
        self._floating = [edge for edge in self.edges.values() if edge.source in ids or edge.target in ids]
        for edge in self._floating:
            edge.show_floating(True)
        self._show_far_edges()

    def move(self, bodies: Mapping[str, QRectF]) -> None:
        """Lifted cards are here now: lead their edges along."""
        self._roads.bodies.update(bodies)
        self._roads.lanes.clear()
        for edge in self._floating:
            edge.show_route(self._roads.route(edge.source, edge.target))

    def show_far(self, far: bool) -> None:
        """Whether the edges are seen from so far away that straight lines do."""
        if far != self._is_far:
            self._is_far = far
            self._show_far_edges()

    def _show_far_edges(self) -> None:
        lines, area = [], QRectF()
        if self._is_far:
            area = self._scene.sceneRect()
            floating = {edge.key for edge in self._floating}
            bodies = self._roads.bodies
            for source, target in self.edges.keys() - floating:
                above, below = bodies[source], bodies[target]
                foot = QPointF(above.center().x(), above.bottom())
                lines.append(QLineF(foot, QPointF(below.center().x(), below.top())))
        self._far_edges.show_lines(lines, area)

    @property
    def selected(self) -> Key | None:
        """The selected edge."""
        return self._selected

    def select(self, key: Key | None) -> None:
        """Select an edge, or none."""
        self._selected, old = key, self._selected
        self._refresh(old)
        self._refresh(key)

    def mark(self, key: Key | None) -> None:
        """Show that a drop would land on this edge, or on none."""
        self._marked, old = key, self._marked
        self._refresh(old)
        self._refresh(key)

    def hover(self, edge: Edge | None) -> None:
        """The pointer is over this edge, or over none."""
        self._hovered, old = edge, self._hovered
        for known in (old, edge):
            self._refresh(known.key if known is not None else None)

    def _refresh(self, key: Key | None) -> None:
        edge = self.edges.get(key) if key is not None else None
        if edge is not None:
            edge.show_state(selected=key == self._selected, hovered=edge is self._hovered, marked=key == self._marked)
