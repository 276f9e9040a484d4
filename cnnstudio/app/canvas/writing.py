"""Comments are written in place: a field opens where the comment lies, and one edit is made when it closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, QRectF, Qt

from cnnstudio.app.canvas.comment_editor import CommentEditor
from cnnstudio.core.architecture import Comment
from cnnstudio.core.edits import AddComment, EditComment, RemoveComments
from cnnstudio.core.placing.layout import GAP_X

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView

_WIDTH = Comment("", "").width
_HEIGHT = 40.0
"""About that of a comment of one line."""


class Writing(QObject):
    """At most one comment is being written."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._id = ""
        """The comment that is written anew, "" for one that is not there yet."""
        self._at = QPointF()
        self.editor: CommentEditor | None = None

    def add(self, at: QPointF | None = None) -> None:
        """Open a field for a new comment at that place of the scene; without one beside the current card."""
        self.close()
        self._id, self._at = "", at if at is not None else self._free_place()
        self._open(_WIDTH, "")

    def edit(self, id: str) -> None:
        """Open a field with the text of that comment."""
        self.close()
        note = self._canvas.board.notes.get(id)
        if note is not None:
            self._id, self._at = id, note.pos()
            note.show_edited(True)
            self._open(note.width, note.text)

    def close(self) -> None:
        """Keep what is written."""
        if self.editor is not None:
            self.editor.finish()

    def give_up(self) -> None:
        """The document is about to show something else: what is written would belong to nothing."""
        if self.editor is not None:
            self.editor.give_up()

    def _free_place(self) -> QPointF:
        canvas = self._canvas
        board, seen = canvas.board, canvas.seen()
        current = board.cards.get(canvas.selection.current)
        if current is not None and seen.intersects(current.body):
            place = current.body.topRight() + QPointF(GAP_X, 0)
        else:
            place = seen.center() - QPointF(_WIDTH / 2, _HEIGHT / 2)
        taken = [*(card.body for card in board.cards.values()), *(note.body for note in board.notes.values())]
        room = QRectF(place, place + QPointF(_WIDTH, _HEIGHT))
        for body in sorted(taken, key=QRectF.left):
            if room.intersects(body):
                room.moveLeft(body.right() + GAP_X)
        return QPointF(round(room.left()), round(room.top()))

    def _open(self, width: float, text: str) -> None:
        editor = CommentEditor(self._canvas, self._at, width, text)
        editor.done.connect(self._done)
        editor.given_up.connect(self._leave)
        self.editor = editor
        area = QRectF(self._at.x(), self._at.y(), width, _HEIGHT)
        self._canvas.ensureVisible(area)
        editor.settle()
        editor.show()
        editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _leave(self) -> None:
        """Take the field away; the keyboard goes back to the canvas if it was in it."""
        editor, self.editor = self.editor, None
        note = self._canvas.board.notes.get(self._id)
        if note is not None:
            note.show_edited(False)
        if editor is not None:
            if editor.hasFocus():
                self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
            editor.hide()
            editor.deleteLater()

    def _done(self, text: str) -> None:
        id, at = self._id, self._at
        self._leave()
        canvas = self._canvas
        comments = canvas.bridge.experiment.architecture.comments
        if id in comments and text != comments[id].text:
            canvas.bridge.do(EditComment(id=id, text=text) if text else RemoveComments(ids=(id,)))
        elif not id and text:
            new = canvas.bridge.experiment.architecture.new_id("Comment")
            if canvas.bridge.do(AddComment(id=new, text=text, position=(at.x(), at.y()))):
                canvas.selection.select((), (new,))
