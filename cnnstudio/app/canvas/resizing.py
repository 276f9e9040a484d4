"""Dragging the right edge of a comment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from typing_extensions import override

from cnnstudio.app.canvas.gestures import Gesture, Pointer
from cnnstudio.core.edits import ResizeComment
from cnnstudio.core.formats.block_records import COMMENT_WIDTHS

if TYPE_CHECKING:
    from cnnstudio.app.canvas.comment import Note
    from cnnstudio.app.canvas.view import CanvasView


class Widen(Gesture):
    """The right edge follows the mouse; the text is broken anew as it does. One undo step."""

    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, canvas: CanvasView, start: Pointer, note: Note) -> None:
        super().__init__(canvas, start)
        self._id = note.id
        self._from = note.width
        self._to = note.width
        canvas.select_things([note.id])

    @override
    def move(self, at: Pointer) -> None:
        least, most = COMMENT_WIDTHS
        wanted = self._from + at.scene.x() - self.start.scene.x()
        self._to = float(round(min(max(wanted, least), most)))
        self._show(self._to)

    def _show(self, width: float) -> None:
        note = self.board.notes.get(self._id)
        if note is not None:
            note.show_width(width)

    @override
    def finish(self, at: Pointer) -> None:
        if self._to != self._from and not self.canvas.bridge.do(ResizeComment(id=self._id, width=self._to)):
            self._show(self._from)

    @override
    def cancel(self) -> None:
        self._show(self._from)
