"""The frames of a scene's open groups: which there are, and where they lie while their members are dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from cnnstudio.app.canvas.frame import Frame, FrameTitle
from cnnstudio.app.canvas.group_face import title_of
from cnnstudio.core.placing.layout import FRAME_FOOT, FRAME_HEAD, FRAME_SIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from PySide6.QtCore import QPointF
    from PySide6.QtWidgets import QGraphicsScene

    from cnnstudio.app.canvas.style import CanvasStyle
    from cnnstudio.core.architecture import Architecture
    from cnnstudio.core.placing.frames import Plan


class FrameLayer:
    """Frames and titles by group, drawn in `scene`."""

    def __init__(self, scene: QGraphicsScene, style: CanvasStyle) -> None:
        self.frames: dict[str, Frame] = {}
        self.titles: dict[str, FrameTitle] = {}
        self._scene = scene
        self._style = style
        self._members: dict[str, frozenset[str]] = {}
        self._parts: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        """Group -> the cards and the frames that lie in it and in none within it; inner groups first."""
        self._hovered: FrameTitle | None = None

    def show_style(self, style: CanvasStyle) -> None:
        """Paint with another theme's colours."""
        self._style = style
        for frame in self.frames.values():
            frame.show_style(style)
        for title in self.titles.values():
            title.show_style(style)

    def show(self, architecture: Architecture, drawn: Plan) -> None:
        """Have exactly the frames of this plan."""
        for id in [id for id in self.frames if id not in drawn.frames]:
            self._drop(id)
        for depth, (id, (left, top, right, bottom)) in enumerate(drawn.frames.items()):
            title = title_of(architecture.groups[id])
            if id not in self.frames:
                self.frames[id], self.titles[id] = Frame(self._style), FrameTitle(title, self._style)
                self._scene.addItem(self.frames[id])
                self._scene.addItem(self.titles[id])
            self.titles[id].show_title(title)
            self.frames[id].show_depth(depth)
            self._place(id, QRectF(left, top, right - left, bottom - top))
        self._members = {id: architecture.groups[id].blocks for id in drawn.frames}
        self._parts = self._found_parts(drawn)

    def _drop(self, id: str) -> None:
        frame, title = self.frames.pop(id), self.titles.pop(id)
        if self._hovered is title:
            self._hovered = None
        self._scene.removeItem(frame)
        self._scene.removeItem(title)

    def _place(self, id: str, area: QRectF) -> None:
        self.frames[id].show_area(area)
        self.titles[id].show_area(area)

    def _found_parts(self, drawn: Plan) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
        parts: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        within: dict[str, str] = {}
        for id in reversed(tuple(drawn.frames)):  # inner ones first
            held = {drawn.folded.node_of[block] for block in self._members[id]}
            cards = tuple(node for node in sorted(held) if node not in within)
            frames = tuple(sorted({within[node] for node in held if node in within}))
            parts[id] = (cards, frames)
            within.update(dict.fromkeys(held, id))
        return parts

    def mark(self, id: str | None) -> None:
        """A drop would put cards into this group, or into none."""
        for known, frame in self.frames.items():
            frame.show_chosen(known == id)

    def follow(self, body: Callable[[str], QRectF], moved: Collection[str], *, leaving: bool = False) -> None:
        """Cards have moved, the document does not know of it yet: lie round them, or round the rest of the group."""
        changed: set[str] = set()
        for id, (cards, frames) in self._parts.items():
            if changed.isdisjoint(frames) and not any(card in moved for card in cards):
                continue
            area = QRectF()
            staying = [card for card in cards if not (leaving and card in moved)]
            for part in (*(body(card) for card in staying or cards), *(self.frames[frame].area for frame in frames)):
                area = area.united(part)
            self._place(id, area.adjusted(-FRAME_SIDE, -FRAME_HEAD, FRAME_SIDE, FRAME_FOOT))
            changed.add(id)

    def show_selected(self, ids: Collection[str], *, focused: bool) -> None:
        """Mark the frames of which all members are selected."""
        chosen = frozenset(ids)
        for id, frame in self.frames.items():
            whole = self._members[id] <= chosen
            frame.show_selected(whole)
            self.titles[id].show_focused(whole and focused)

    def hover(self, title: FrameTitle | None, at: QPointF | None) -> None:
        """The pointer is over this title, or over none."""
        if self._hovered is not None and self._hovered is not title:
            self._hovered.show_hovered(None)
        self._hovered = title
        if title is not None:
            title.show_hovered(at)

    def area(self) -> QRectF:
        """The room of all frames."""
        area = QRectF()
        for frame in self.frames.values():
            area = area.united(frame.area)
        return area
