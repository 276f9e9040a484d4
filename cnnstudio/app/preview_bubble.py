"""A closer look: resting on a card's picture opens a bubble with all maps of the block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from cnnstudio.app.theme import mark, space
from cnnstudio.core.program import INPUT
from cnnstudio.wire.messages import Failed, Maps

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.app.features.tiles import TileView
    from cnnstudio.app.previews import LivePreviews
    from cnnstudio.wire.messages import Event

_ROOM = (320, 240)
"""Width and height of the maps."""
_CLOSING = frozenset(
    {
        QEvent.Type.Leave,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.Wheel,
        QEvent.Type.KeyPress,
        QEvent.Type.Hide,
        QEvent.Type.FocusOut,
        QEvent.Type.ContextMenu,
    }
)


class PreviewBubble(QObject):
    """Watches the canvas for a pointer that rests on a picture. The maps are asked for only then."""

    def __init__(self, canvas: CanvasView, previews: LivePreviews) -> None:
        super().__init__(canvas)
        self._canvas, self._previews = canvas, previews
        self._frame: _Frame | None = None
        self._block = ""
        """The block that is shown, "" for none."""
        canvas.installEventFilter(self)
        canvas.viewport().installEventFilter(self)
        previews.changed.connect(self.close)
        canvas.bridge.changed.connect(self.close)

    @property
    def block(self) -> str:
        """The block whose maps are shown, or asked for; "" for none."""
        return self._block

    @property
    def frame(self) -> QWidget | None:
        """The bubble, once there was one."""
        return self._frame

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Open on rest, close on whatever else the person does."""
        kind = event.type()
        if isinstance(event, QHelpEvent) and kind == QEvent.Type.ToolTip and watched is self._canvas.viewport():
            block = self._block_at(event.pos())
            if block:
                self._open(block, event.globalPos())
                return True
        elif self._block and kind == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            if self._block_at(event.position().toPoint()) != self._block:
                self.close()
        elif self._block and kind in _CLOSING:
            self.close()
        return super().eventFilter(watched, event)

    def close(self) -> None:
        """Take the bubble away. A slot for any signal: arguments are not taken."""
        self._block = ""
        if self._frame is not None:
            self._frame.hide()

    def _block_at(self, at: QPoint) -> str:
        place = self._canvas.mapToScene(at)
        card = self._canvas.board.card_at(place)
        return self._canvas.board.shown_block(card.id) if card is not None and card.thumbnail_at(place) else ""

    def _open(self, block: str, at: QPoint) -> None:
        if block == self._block:
            return
        self.close()
        if self._previews.ask_maps(block, self._show):
            self._block = block
            if self._frame is None:
                self._frame = _Frame(self._canvas)
            self._frame.move(at + QPoint(space(4), space(4)))

    def _show(self, event: Event) -> None:
        frame = self._frame
        if not self._block or frame is None:
            return
        if isinstance(event, Maps) and self._previews.name_in_pictures(self._block) == event.block:
            card = self._canvas.board.card_of(self._block)
            title = card.face.title if card is not None else ""
            frame.show_maps(title, self._block, event, self._previews.words)
        elif isinstance(event, Failed):
            self.close()


class _Frame(QFrame):
    """The bubble itself: name, maps, and what they are of."""

    def __init__(self, parent: QWidget) -> None:
        from cnnstudio.app.features.tiles import TileView  # brings numpy, which the window's start does without
        from cnnstudio.app.features.words import words

        super().__init__(parent, Qt.WindowType.ToolTip)
        self.setObjectName("preview_bubble")
        self.setAccessibleName("Maps of a block")
        mark(self, kind="popup")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self._title = words("preview_bubble_title", scale="title")
        self._tiles: TileView = TileView()
        self._tiles.setFixedSize(*_ROOM)
        self._tiles.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._tiles.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._words = words("preview_bubble_words", tone="muted", scale="caption")
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), space(2), space(3), space(2))
        column.setSpacing(space(1))
        for part in (self._title, self._tiles, self._words):
            column.addWidget(part)

    def show_maps(self, title: str, block: str, maps: Maps, origin: str) -> None:
        """Show these maps."""
        from cnnstudio.app.features.colormaps import GREY, VIRIDIS
        from cnnstudio.app.features.layer_maps import LayerMaps

        layer = LayerMaps.of(maps)
        self._title.setText(f"{title}  {block}" if title.lower() != block else title)
        self._tiles.set_colours(GREY if maps.block == INPUT else VIRIDIS)
        self._tiles.set_depth(layer.depth // 2)
        self._tiles.show_layer(layer)
        self._words.setText(f"{layer.words} · {origin}")
        self.adjustSize()
        self._keep_on_screen()
        self.show()

    def _keep_on_screen(self) -> None:
        screen = self.screen().availableGeometry()
        x = min(self.x(), screen.right() - self.width())
        y = min(self.y(), screen.bottom() - self.height())
        self.move(max(screen.left(), x), max(screen.top(), y))
