"""The field in which a comment is written, in its place on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QPlainTextEdit
from typing_extensions import override

from cnnstudio.app.canvas.comment import PADDING, lines
from cnnstudio.app.theme import Scale, theme
from cnnstudio.core.formats.block_records import MAX_COMMENT

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView

SMALLEST = 0.8
"""Below this scale the field stays larger than the comment, so that what is typed can be read."""
NARROWEST = 180
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CommentEditor(QPlainTextEdit):
    """Ctrl+Enter, or a click elsewhere, ends with what is written; Escape with nothing."""

    done = Signal(str)
    """Text is written."""
    given_up = Signal()

    def __init__(self, canvas: CanvasView, place: QPointF, width: float, text: str) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._place = place
        self._wide = width
        self._is_over = False
        self.setObjectName("comment_editor")
        self.setAccessibleName("Text of the comment")
        self.setToolTip("Ctrl+Enter or a click elsewhere keeps it, Escape gives it up")
        self.setPlaceholderText("Write a comment")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setPlainText(text)
        self.selectAll()
        self.textChanged.connect(self.settle)
        for bar in (canvas.horizontalScrollBar(), canvas.verticalScrollBar()):
            bar.valueChanged.connect(self.settle)
        canvas.zoomed.connect(self.settle)

    def settle(self) -> None:
        """Lie where the comment lies, as large as what is written."""
        scale = max(self._canvas.zoom, SMALLEST)
        font = QFont(theme().font(Scale.BODY))
        font.setPointSizeF(font.pointSizeF() * scale)
        self.setFont(font)
        self.document().setDocumentMargin(PADDING * scale - self.frameWidth() - 2)
        width = max(round(self._wide * scale), NARROWEST)
        self.document().setTextWidth(width - 2 * self.frameWidth())
        height = self._count(width) * self.fontMetrics().lineSpacing() + 2 * self.document().documentMargin()
        corner = self._canvas.viewport().mapToParent(self._canvas.mapFromScene(self._place))
        room = self._canvas.viewport().geometry()
        left = max(room.left(), min(corner.x(), room.right() - width))
        top = max(room.top(), min(corner.y(), room.bottom() - round(height)))
        self.setGeometry(left, top, width, min(round(height) + 2 * self.frameWidth() + 4, room.height()))

    def _count(self, width: int) -> int:
        """Lines of what is written, one at least."""
        room = width - 2 * self.frameWidth() - 2 * self.document().documentMargin()
        return max(1, lines(self.toPlainText(), self.font(), room)[0].lineCount())

    def finish(self) -> None:
        """Keep what is written."""
        if not self._is_over:
            self._is_over = True
            self.done.emit(self.toPlainText()[:MAX_COMMENT].rstrip())

    def give_up(self) -> None:
        """Keep what was there before."""
        if not self._is_over:
            self._is_over = True
            self.given_up.emit()

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.give_up()
        elif event.key() in _ENTER and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.finish()
        else:
            super().keyPressEvent(event)
        event.accept()  # the canvas beneath has other uses for keys

    @override
    def event(self, event: QEvent, /) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            pressed = QKeySequence(event.keyCombination())
            if any(pressed in action.shortcuts() for action in self._canvas.actions()):
                event.accept()  # duplicating and the like are for cards, not for text
                return True
        return super().event(event)

    @override
    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.finish()
