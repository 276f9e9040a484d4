"""The hand on the canvas: which gesture a press begins, what is under way, and how the pointer looks meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from cnnstudio.app.canvas import commands
from cnnstudio.app.canvas.drops import Drop
from cnnstudio.app.canvas.gestures import Band, Drag, Fold, Gesture, Pan, PickEdge, Pointer, Wire
from cnnstudio.app.canvas.resizing import Widen
from cnnstudio.app.palette.append import MIME, is_known

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData, QPoint
    from PySide6.QtGui import QMouseEvent

    from cnnstudio.app.canvas.view import CanvasView

LEFT = Qt.MouseButton.LeftButton


class Hand:
    """One gesture at a time, and one block that is dragged in from the palette."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._board = canvas.board
        self._gesture: Gesture | None = None
        self._drop: Drop | None = None
        self._panning = False

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way."""
        return self._gesture is not None

    def hold_space(self, held: bool) -> None:
        """While Space is held, drags move the view."""
        self._panning = held
        self._show_cursor()

    def abandon(self, *, restore: bool = False) -> None:
        """End a gesture under way; `restore` shows the state before it, else the document is about to do so."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel() if restore else gesture.clear()
            self._show_cursor()

    # Presses

    def press(self, event: QMouseEvent) -> None:
        """Begin what a press there means."""
        self.abandon(restore=True)
        self._gesture = self._begin(event)
        self._show_cursor()

    def move(self, event: QMouseEvent) -> None:
        """Go on with it; without a gesture, show what is under the mouse."""
        at = self._pointer(event)
        if self._gesture is None:
            port, note = self._board.hover(at.scene), self._board.note_at(at.scene)
            self._show_cursor(over_port=port is not None, over_grip=note is not None and note.has_grip(at.scene))
            return
        if not isinstance(self._gesture, Pan) and self._gesture.has_travelled(at):
            self._canvas.draw_near(at.view)
        self._gesture.move(self._pointer(event))

    def release(self, event: QMouseEvent) -> None:
        """End it."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.finish(self._pointer(event))
        self._show_cursor()

    def double_click(self, event: QMouseEvent) -> None:
        """Groups open and close, blocks and comments are edited."""
        if event.button() is not LEFT:
            return
        place = self._pointer(event).scene
        thing = self._board.card_at(place) or self._board.title_at(place)
        note = self._board.note_at(place)
        if thing is not None:
            self._enter(thing.id)
        elif note is not None:
            self._canvas.select_things([note.id])
            commands.edit_comment(self._canvas)

    def _enter(self, id: str) -> None:
        canvas = self._canvas
        group = canvas.bridge.experiment.architecture.groups.get(id)
        if group is not None:
            canvas.groups.set_closed(id, closed=not group.closed)
        else:
            canvas.selection.select([id])
            commands.edit_parameters(canvas)

    def _pointer(self, event: QMouseEvent) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self._canvas.mapToScene(at), at, event.modifiers())

    def _begin(self, event: QMouseEvent) -> Gesture | None:
        canvas, board, at = self._canvas, self._board, self._pointer(event)
        if event.button() is Qt.MouseButton.MiddleButton or (self._panning and event.button() is LEFT):
            return Pan(canvas, at)
        if event.button() is not LEFT:
            return None
        card = board.card_at(at.scene)
        if card is not None:
            port = card.port_at(at.scene)
            return Wire(canvas, at, card, port) if port is not None else Drag(canvas, at, card)
        title = board.title_at(at.scene)
        if title is not None:
            member = board.card_of(board.blocks_of(title.id)[0])
            if title.is_button(at.scene) or member is None:
                return Fold(canvas, at, title)
            return Drag(canvas, at, member, group=title.id)
        edge, note = board.edge_at(at.scene), board.note_at(at.scene)
        if note is not None:
            return Widen(canvas, at, note) if note.has_grip(at.scene) else Drag(canvas, at, note)
        return PickEdge(canvas, at, edge.key) if edge is not None else Band(canvas, at)

    def _show_cursor(self, *, over_port: bool = False, over_grip: bool = False) -> None:
        shape = self._gesture.cursor if self._gesture is not None else None
        if shape is None and self._panning:
            shape = Qt.CursorShape.OpenHandCursor
        if shape is None and over_port:
            shape = Qt.CursorShape.CrossCursor
        if shape is None and over_grip:
            shape = Widen.cursor
        self._canvas.viewport().setCursor(shape if shape is not None else Qt.CursorShape.ArrowCursor)

    # A block from the palette

    def carry_in(self, data: QMimeData) -> bool:
        """A block comes from the palette; whether it is one."""
        kind = bytes(data.data(MIME).data()).decode("utf-8", "replace")
        if not is_known(kind):
            return False
        self.carry_out()
        self.abandon(restore=True)
        self._drop = Drop(self._canvas, kind)
        return True

    def carry(self, at: QPoint) -> bool:
        """It is over this place of the viewport; whether it can be dropped there."""
        if self._drop is None:
            return False
        self._canvas.draw_near(at)
        self._drop.move(self._canvas.mapToScene(at), at)
        return self._drop.allowed

    def put_down(self, at: QPoint) -> bool:
        """It is dropped there; whether it has become a block."""
        drop, self._drop = self._drop, None
        return drop is not None and drop.drop(self._canvas.mapToScene(at)) is not None

    def carry_out(self) -> None:
        """It has gone elsewhere."""
        drop, self._drop = self._drop, None
        if drop is not None:
            drop.clear()
