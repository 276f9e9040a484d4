"""A note over the canvas that says which values have followed an edit made elsewhere; it goes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from cnnstudio.app.canvas.overlays import Bubble
from cnnstudio.app.theme import Role, space
from cnnstudio.core.declare import show
from cnnstudio.core.following import followers, in_words

if TYPE_CHECKING:
    from PySide6.QtWidgets import QAbstractScrollArea

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.core.architecture import Block

SHOWN_MS = 4000


class FollowNote(QObject):
    """Watches the document and speaks at the lower left of the canvas, where nothing else stands."""

    def __init__(self, bridge: DocumentBridge, canvas: QAbstractScrollArea) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.bubble = Bubble(canvas, "canvas_follow_note")
        self._gone = QTimer(self, interval=SHOWN_MS, singleShot=True)
        self._gone.timeout.connect(self.bubble.hide)
        bridge.changed.connect(self._on_changed)
        bridge.opened.connect(self.bubble.hide)

    def _on_changed(self, change: Change) -> None:
        if not self._canvas.isVisible():
            return
        words = said(change)
        self.bubble.say(words, Role.MUTED)
        if not words:
            self._gone.stop()
            return
        inside = self._canvas.viewport().geometry()
        self.bubble.move(inside.left() + space(3), inside.bottom() - self.bubble.height() - space(3))
        self._gone.start()


def said(change: Change) -> str:
    """ "convolution_2 follows: filters 64.", or how many blocks do; "" for none."""
    before, after = change.before.architecture, change.after.architecture
    ids = followers(before, after)
    if len(ids) != 1:
        return f"{in_words(ids)}." if ids else ""
    return f"{in_words(ids)}: {_values(before.blocks[ids[0]], after.blocks[ids[0]])}."


def _values(old: Block, new: Block) -> str:
    parameters = (p for p in new.spec.parameters if getattr(old.spec, p.name) != getattr(new.spec, p.name))
    return ", ".join(f"{p.label.lower()} {show(getattr(new.spec, p.name))}" for p in parameters)
