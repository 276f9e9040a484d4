"""Which group dragged cards would belong to where they are: shown while they are dragged, and done by the drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from cnnstudio.core.edits import MoveBetweenGroups, why_not_move
from cnnstudio.core.placing.folding import groups_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cnnstudio.app.canvas.scene import CanvasScene


class Rehousing:
    """Watches one drag.

    A card whose middle lies in an open group's frame joins it; one that has left its own frame altogether leaves it.
    Frames count as they were before the drag. Cards of different groups that are dragged together stay in them.
    """

    def __init__(self, board: CanvasScene, cards: Collection[str]) -> None:
        self._board = board
        architecture = self._architecture = board.architecture
        self.blocks = frozenset(block for card in cards for block in board.blocks_of(card))
        homes = {self._home_of(next(iter(board.blocks_of(card)))) for card in cards}
        self._home = next(iter(homes), "")
        self._frames: dict[str, QRectF] = {}
        """Open groups in sight that are not dragged themselves; none where what is dragged belongs to several."""
        if len(homes) == 1:
            self._frames = {
                id: QRectF(box.left, box.top, box.right - box.left, box.bottom - box.top)
                for id, box in board.drawn.frames.items()
                if not architecture.groups[id].blocks <= self.blocks
            }
        self.target: str | None = None
        """The group that a drop would put the blocks in, "" for none; None where they stay where they belong."""
        self.reason = ""
        """Why it would not."""

    def _home_of(self, block: str) -> str:
        """The innermost group of a block that is not dragged as a whole; "" for none."""
        return next((g.id for g in groups_of(self._architecture, block) if not g.blocks <= self.blocks), "")

    def move(self, body: QRectF | None) -> None:
        """The card under the mouse is there now; None where the person wants it to stay where it belongs."""
        self.target = self._found(body) if body is not None and self._frames else None
        self.reason = ""
        if self.target is not None:
            self.reason = why_not_move(self._architecture, self.blocks, self.target)
        self._board.mark_frame(self.target if not self.reason else None)

    def _found(self, body: QRectF) -> str | None:
        groups = self._architecture.groups
        within = [id for id, frame in self._frames.items() if frame.contains(body.center())]
        found = min(within, key=self._size, default="")
        if found == self._home:
            return None
        stays_in = bool(found) and bool(self._home) and groups[found].blocks <= groups[self._home].blocks
        if self._home and not stays_in and self._frames.get(self._home, QRectF()).intersects(body):
            return None  # not yet out of its own
        return found

    def _size(self, id: str) -> int:
        return len(self._architecture.groups[id].blocks)

    @property
    def leaving(self) -> bool:
        """Whether a drop would take the blocks out of a group."""
        return self.target is not None and not self.reason and bool(self._home)

    @property
    def words(self) -> str:
        """What a drop would do; "" where it only moves cards."""
        if self.target is None:
            return ""
        what = min(self.blocks) if len(self.blocks) == 1 else f"{len(self.blocks):,} blocks"
        return f"{'Put' if self.target else 'Take'} {what} {'into' if self.target else 'out of'} {self._name}"

    @property
    def _name(self) -> str:
        return self._architecture.groups[self.target or self._home].name

    def edit(self, positions: Mapping[str, tuple[float, float]]) -> MoveBetweenGroups | None:
        """What a drop does besides moving; None for nothing."""
        if self.target is None or self.reason:
            return None
        return MoveBetweenGroups(positions=positions, ids=self.blocks, group=self.target, name=self._name)

    def clear(self) -> None:
        """Take the mark away."""
        self._board.mark_frame(None)
