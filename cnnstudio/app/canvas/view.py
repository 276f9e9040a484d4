"""The canvas: cards and edges of the open architecture under mouse and keyboard.

Presses become gestures (see `gestures`), keys are a table, and every change goes through the document bridge.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPixmapCache,
    QResizeEvent,
    QShowEvent,
)
from typing_extensions import override

from cnnstudio.app.canvas import commands, menus
from cnnstudio.app.canvas.clipboard import BlockClipboard
from cnnstudio.app.canvas.ghost import Ghosts
from cnnstudio.app.canvas.groups import Groups
from cnnstudio.app.canvas.hand import Hand
from cnnstudio.app.canvas.keys import action_for
from cnnstudio.app.canvas.minimap import Minimap
from cnnstudio.app.canvas.overlays import Bubble, ZoomBar
from cnnstudio.app.canvas.scene import CanvasScene
from cnnstudio.app.canvas.viewport import Viewport
from cnnstudio.app.canvas.writing import Writing
from cnnstudio.app.theme import Role, space
from cnnstudio.core.analysis.lint import has_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtWidgets import QMenu, QWidget

    from cnnstudio.app.document_bridge import Change, DocumentBridge
    from cnnstudio.app.selection import Selection

PICTURES = 64 * 1024
"""Kilobytes for pictures of cards: Qt's 10 MB do not hold a dense screen full of them, and then none is found."""
OPENING = 0.85
"""Smallest scale at which an architecture is opened: a tall one shows its head, legibly."""
EMPTY = "A fresh start. Double-click a block in the palette to append it, or drag one onto the line below Input."
EMPTY_WRONG = f"{EMPTY} Until then Output is marked: Problems, below, says what it waits for."
NO_OUTPUT = "Append an Output block from the palette: it turns features into the answer."


class CanvasView(Viewport):
    """The architecture as a vertical flow of cards."""

    def __init__(self, bridge: DocumentBridge, selection: Selection, parent: QWidget | None = None) -> None:
        self.board = CanvasScene()
        super().__init__(self.board, self.board.album, parent)
        self.board.setParent(self)
        self.bridge = bridge
        self.selection = selection
        self.clipboard = BlockClipboard(self)
        self._hand = Hand(self)
        self._fit_due = True
        self._opened_at: tuple[float, int, int] | None = None
        self.setObjectName("canvas")
        self.setAccessibleName("Canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.viewport().setMouseTracking(True)
        QPixmapCache.setCacheLimit(max(QPixmapCache.cacheLimit(), PICTURES))
        self._bubble = Bubble(self, "canvas_bubble")
        self._hint = Bubble(self, "canvas_empty")
        self.ghosts = Ghosts(self)
        self.writing = Writing(self)
        self.groups = Groups(self)
        self._zoom_bar = ZoomBar(self)
        self._zoom_bar.smaller.connect(self.zoom_out)
        self._zoom_bar.larger.connect(self.zoom_in)
        self._zoom_bar.fit.connect(self.zoom_fit)
        self.minimap = Minimap(self)
        self.zoomed.connect(self._on_zoomed)
        self._on_zoomed(self.zoom)
        bridge.changed.connect(self._on_changed)
        bridge.opened.connect(self._on_opened)
        selection.changed.connect(self._on_selection)
        self.show_document()

    # ---- from document and selection to the screen

    def _on_changed(self, change: Change) -> None:
        self._hand.abandon()
        self.groups.give_up()
        self.show_document()

    def _on_opened(self, change: Change) -> None:
        self._fit_due = True
        if self.isVisible():
            self._fit_opened()

    def _on_zoomed(self, zoom: float) -> None:
        self.board.show_scale(zoom)
        self._zoom_bar.show_scale(zoom)

    def show_document(self) -> None:
        """Bring the scene in step with the document."""
        architecture = self.bridge.experiment.architecture
        self.board.show(architecture, self.bridge.trace, self.bridge.diagnostics)
        self.show_selection()
        kinds = {b.spec.kind for b in architecture.blocks.values()}
        small = len(architecture.blocks) <= len(kinds & {"Input", "Output"})
        waiting = EMPTY_WRONG if has_errors(self.bridge.diagnostics) else EMPTY
        words = (waiting if "Output" in kinds else NO_OUTPUT) if small else ""
        self._hint.say(words, Role.MUTED, width=420)
        self._place_overlays()

    def _on_selection(self) -> None:
        if self.selection.things:
            self.board.select_edge(None)
        self.show_selection()
        self.show_current()

    def show_current(self) -> None:
        """Scroll what is current into sight."""
        current = self.board.card_of(self.current_thing) or self.board.notes.get(self.current_thing)
        if current is not None and not self._hand.is_busy and self.isVisible():
            self.ensureVisible(current.sceneBoundingRect(), space(6), space(6))

    @property
    def current_thing(self) -> str:
        """The block that is current, else the comment selected last; "" where nothing is selected."""
        comments = self.selection.comments
        return self.selection.current or (comments[-1] if comments else "")

    def select_things(self, ids: Iterable[str]) -> None:
        """Select exactly these blocks and comments; a group stands for all its blocks."""
        wanted = list(ids)
        self.selection.select(
            (block for id in wanted if id not in self.board.notes for block in self.board.blocks_of(id)),
            (id for id in wanted if id in self.board.notes),
        )

    @property
    def selected_things(self) -> tuple[str, ...]:
        """The cards and comments that are selected, in the order of selecting."""
        nodes = (self.board.node_of(id) for id in reversed(self.selection.ids))
        return (*reversed(dict.fromkeys(node for node in nodes if node)), *self.selection.comments)

    def show_selection(self) -> None:
        """Mark the selected cards, and tell screen readers of the current one."""
        current = self.current_thing
        self.board.show_selected(frozenset(self.selection.things), current, focused=self.hasFocus())
        card, note = self.board.card_of(current), self.board.notes.get(current)
        spoken = card.face.spoken if card is not None else note.spoken if note is not None else ""
        self.setAccessibleDescription(spoken or "No block is selected")

    def say(self, words: str, at: QPoint, role: Role = Role.TEXT) -> None:
        """Show a sentence beside a place of the viewport; "" takes it away."""
        self._bubble.say_beside(words, QPointF(self.viewport().mapToParent(at)), role)

    def _place_overlays(self) -> None:
        inside = self.viewport().geometry()
        self._zoom_bar.adjustSize()
        bar, hint = self._zoom_bar.size(), self._hint.size()
        corner = inside.bottomRight() - QPoint(bar.width() + space(3), bar.height() + space(3))
        self._zoom_bar.move(corner)
        self.minimap.place(corner + QPoint(bar.width(), -space(2)))
        self._hint.move(inside.center().x() - hint.width() // 2, corner.y() - hint.height() - space(3))

    # ---- what the shell's actions and the menus call

    @Slot()
    def zoom_fit(self) -> None:
        """Show the whole architecture."""
        self._fit_due = False
        self.fit(self.board.occupied())

    def _fit_opened(self) -> None:
        self._fit_due = False
        self.fit(self.board.occupied(), OPENING)
        self._opened_at = self._place()

    def _place(self) -> tuple[float, int, int]:
        """What is in sight: scale and scroll positions."""
        return self.zoom, self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    @Slot()
    def zoom_selection(self) -> None:
        """Show what is selected, as large as it fits."""
        chosen = self.board.occupied_by(self.selected_things)
        if chosen is not None:
            self._fit_due = False
            self.fit(chosen)

    @Slot()
    def toggle_minimap(self) -> None:
        """Let the overview show itself where the architecture does not fit into view, or not."""
        self.minimap.turn(not self.minimap.enabled)

    @property
    def can_delete(self) -> bool:
        """Whether Delete has something to take away."""
        return commands.can_delete(self)

    @property
    def can_duplicate(self) -> bool:
        """Whether a block is selected of which there can be more than one."""
        return commands.can_duplicate(self)

    @property
    def can_copy(self) -> bool:
        """Whether a block is selected that could be pasted somewhere."""
        return commands.can_copy(self)

    @Slot()
    def cut_selection(self) -> None:
        """Copy the selected blocks, then remove them and heal the chain."""
        commands.cut_selection(self)

    @Slot()
    def copy_selection(self) -> None:
        """Put the selected blocks on the clipboard."""
        commands.copy_selection(self)

    @Slot()
    def paste(self) -> None:
        """Put the clipboard's blocks in, behind the selected block where they are a chain, and select them."""
        commands.paste(self)

    @Slot()
    def add_comment(self) -> None:
        """Write a comment beside the selected block, or in the middle of what is seen."""
        self.writing.add()

    @Slot()
    def toggle_bypass(self) -> None:
        """Leave the selected blocks out of the network, or use them again."""
        commands.toggle_bypass(self)

    @property
    def can_bypass(self) -> bool:
        """Whether a block is selected that can be left out."""
        return bool(commands.bypassable(self))

    @property
    def is_bypassed(self) -> bool:
        """Whether all those are left out already."""
        return commands.is_bypassed(self)

    @Slot()
    def connect_selected(self) -> None:
        """Connect the card selected first with the one selected last, or cut that connection."""
        commands.connect_selected(self)

    @property
    def can_connect(self) -> bool:
        """Whether two cards are selected."""
        return commands.pair(self) is not None

    @property
    def is_connected(self) -> bool:
        """Whether there is that connection already."""
        return commands.is_connected(self)

    @Slot()
    def select_upstream(self) -> None:
        """Select all that the selected blocks depend on, too."""
        commands.select_upstream(self)

    @Slot()
    def select_downstream(self) -> None:
        """Select all that depends on the selected blocks, too."""
        commands.select_downstream(self)

    @Slot()
    def delete_selection(self) -> None:
        """Cut the selected edge, or remove the selected blocks and heal the chain."""
        commands.delete_selection(self)

    @Slot()
    def duplicate_selection(self) -> None:
        """Copy the selected blocks and select the copies."""
        commands.duplicate_selection(self)

    @Slot(int)
    def move_selected(self, by: int) -> None:
        """Let the current block change places with its neighbour: -1 upwards, 1 downwards."""
        commands.move_selected(self, by)

    @Slot()
    def select_all(self) -> None:
        """Select every block; the current one stays current."""
        commands.select_all(self)

    def pick_edge(self, key: tuple[str, str]) -> None:
        """Select an edge instead of blocks."""
        self.selection.select([])
        self.board.select_edge(key)

    def escape(self) -> None:
        """Call off the gesture; without one, select nothing."""
        if self._hand.is_busy:
            self._hand.abandon(restore=True)
            return
        self.board.select_edge(None)
        self.selection.select([])

    # ---- mouse

    @override
    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self.bridge.fix_preview.drop()
        self._hand.press(event)

    @override
    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        self._hand.move(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        self._hand.release(event)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        self._hand.double_click(event)

    @override
    def leaveEvent(self, event: QEvent, /) -> None:
        self.board.hover(None)
        super().leaveEvent(event)

    @override
    def scrollContentsBy(self, dx: int, dy: int, /) -> None:
        super().scrollContentsBy(dx, dy)
        self.groups.settle()

    # ---- keyboard

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hand.hold_space(True)
            return
        act = action_for(event)
        if act is None:
            event.ignore()
            return
        act(self)
        event.accept()

    @override
    def keyReleaseEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._hand.hold_space(False)
            return
        super().keyReleaseEvent(event)

    @override
    def focusInEvent(self, event: QFocusEvent, /) -> None:
        super().focusInEvent(event)
        self.show_selection()
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self._hand.hold_space(False)
        self.show_selection()
        self.update()

    # ---- menus

    def menu_at(self, at: QPoint) -> QMenu:
        """The menu for what lies at a place of the viewport; that becomes the selection."""
        return menus.menu_at(self, self.mapToScene(at))

    @override
    def contextMenuEvent(self, event: QContextMenuEvent, /) -> None:
        self.bridge.fix_preview.drop()
        self._hand.abandon(restore=True)
        at = event.pos()
        current = self.board.card_of(self.selection.current)
        if event.reason() is QContextMenuEvent.Reason.Keyboard and current is not None:
            at = self.mapFromScene(current.body.center())
        menu = self.menu_at(at)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(at))

    # ---- drops from the palette

    @override
    def dragEnterEvent(self, event: QDragEnterEvent, /) -> None:
        _answer(event, self._hand.carry_in(event.mimeData()))

    @override
    def dragMoveEvent(self, event: QDragMoveEvent, /) -> None:
        _answer(event, self._hand.carry(event.position().toPoint()))

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent, /) -> None:
        self._hand.carry_out()

    @override
    def dropEvent(self, event: QDropEvent, /) -> None:
        done = self._hand.put_down(event.position().toPoint())
        _answer(event, done)
        if done:
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    # ---- size

    @override
    def showEvent(self, event: QShowEvent, /) -> None:
        super().showEvent(event)
        if self._fit_due:
            self._fit_opened()
        self._place_overlays()

    @override
    def resizeEvent(self, event: QResizeEvent, /) -> None:
        untouched = self._place() == self._opened_at
        super().resizeEvent(event)
        if untouched:  # still as it was opened: what has become of the room is used as at opening
            self._fit_opened()
        elif event.oldSize().isValid():
            self.scroll_by(round((event.oldSize().width() - event.size().width()) / 2), 0)  # keeps the middle
        self._place_overlays()


def _answer(event: QDropEvent, yes: bool) -> None:
    if yes:
        event.acceptProposedAction()
    else:
        event.ignore()
