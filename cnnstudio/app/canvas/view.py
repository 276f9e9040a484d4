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
from cnnstudio.app.canvas.drops import Drop
from cnnstudio.app.canvas.gestures import Band, Drag, Fold, Gesture, Pan, PickEdge, Pointer, Wire
from cnnstudio.app.canvas.ghost import Ghosts
from cnnstudio.app.canvas.groups import Groups
from cnnstudio.app.canvas.keys import action_for
from cnnstudio.app.canvas.minimap import Minimap
from cnnstudio.app.canvas.overlays import Bubble, ZoomBar
from cnnstudio.app.canvas.resizing import Widen
from cnnstudio.app.canvas.scene import CanvasScene
from cnnstudio.app.canvas.viewport import Viewport
from cnnstudio.app.canvas.writing import Writing
from cnnstudio.app.palette.append import MIME, is_known
from cnnstudio.app.theme import Role, space
from cnnstudio.core.lint import has_errors

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
        self._gesture: Gesture | None = None
        self._drop: Drop | None = None
        self._panning = False
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
        self._abandon()
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
        if current is not None and self._gesture is None and self.isVisible():
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
        if self._gesture is not None:
            self._abandon(restore=True)
            return
        self.board.select_edge(None)
        self.selection.select([])

    # ---- mouse

    def _pointer(self, event: QMouseEvent) -> Pointer:
        at = event.position().toPoint()
        return Pointer(self.mapToScene(at), at, event.modifiers())

    def _begin(self, event: QMouseEvent) -> Gesture | None:
        at = self._pointer(event)
        if event.button() is Qt.MouseButton.MiddleButton or (
            self._panning and event.button() is Qt.MouseButton.LeftButton
        ):
            return Pan(self, at)
        if event.button() is not Qt.MouseButton.LeftButton:
            return None
        card = self.board.card_at(at.scene)
        if card is not None:
            port = card.port_at(at.scene)
            return Wire(self, at, card, port) if port is not None else Drag(self, at, card)
        title = self.board.title_at(at.scene)
        if title is not None:
            member = self.board.card_of(self.board.blocks_of(title.id)[0])
            if title.is_button(at.scene) or member is None:
                return Fold(self, at, title)
            return Drag(self, at, member, group=title.id)
        edge, note = self.board.edge_at(at.scene), self.board.note_at(at.scene)
        if note is not None:
            return Widen(self, at, note) if note.has_grip(at.scene) else Drag(self, at, note)
        return PickEdge(self, at, edge.key) if edge is not None else Band(self, at)

    def _abandon(self, *, restore: bool = False) -> None:
        """End a gesture under way; `restore` shows the state before it, else the document is about to do so."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel() if restore else gesture.clear()
            self._show_cursor()

    @override
    def mousePressEvent(self, event: QMouseEvent, /) -> None:
        self.bridge.fix_preview.drop()
        self._abandon(restore=True)
        self._gesture = self._begin(event)
        self._show_cursor()

    @override
    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        at = self._pointer(event)
        if self._gesture is None:
            port, note = self.board.hover(at.scene), self.board.note_at(at.scene)
            self._show_cursor(over_port=port is not None, over_grip=note is not None and note.has_grip(at.scene))
            return
        if not isinstance(self._gesture, Pan) and self._gesture.has_travelled(at):
            self.draw_near(at.view)
        self._gesture.move(self._pointer(event))

    @override
    def mouseReleaseEvent(self, event: QMouseEvent, /) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.finish(self._pointer(event))
        self._show_cursor()

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        card, title = (find(self._pointer(event).scene) for find in (self.board.card_at, self.board.title_at))
        if event.button() is Qt.MouseButton.LeftButton and (card is not None or title is not None):
            self._enter(card.id if card is not None else title.id if title is not None else "")
            return
        note = self.board.note_at(self._pointer(event).scene)
        if event.button() is Qt.MouseButton.LeftButton and note is not None:
            self.select_things([note.id])
            commands.edit_comment(self)

    def _enter(self, id: str) -> None:
        """A card or a title was double-clicked: groups open and close, blocks are edited."""
        group = self.bridge.experiment.architecture.groups.get(id)
        if group is not None:
            self.groups.set_closed(id, closed=not group.closed)
        else:
            self.selection.select([id])
            commands.edit_parameters(self)

    @override
    def leaveEvent(self, event: QEvent, /) -> None:
        self.board.hover(None)
        super().leaveEvent(event)

    @override
    def scrollContentsBy(self, dx: int, dy: int, /) -> None:
        super().scrollContentsBy(dx, dy)
        self.groups.settle()

    def _show_cursor(self, *, over_port: bool = False, over_grip: bool = False) -> None:
        shape = self._gesture.cursor if self._gesture is not None else None
        if shape is None and self._panning:
            shape = Qt.CursorShape.OpenHandCursor
        if shape is None and over_port:
            shape = Qt.CursorShape.CrossCursor
        if shape is None and over_grip:
            shape = Widen.cursor
        self.viewport().setCursor(shape if shape is not None else Qt.CursorShape.ArrowCursor)

    # ---- keyboard

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._panning = True
            self._show_cursor()
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
            self._panning = False
            self._show_cursor()
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
        self._panning = False
        self.show_selection()
        self.update()

    # ---- menus

    def menu_at(self, at: QPoint) -> QMenu:
        """The menu for what lies at a place of the viewport; that becomes the selection."""
        place = self.mapToScene(at)
        card, edge = self.board.card_at(place), self.board.edge_at(place)
        title = self.board.title_at(place)
        if title is not None:
            self.select_things([title.id])
            return menus.group_menu(self, title.id)
        if card is not None:
            others = self.selected_things if card.id in self.selected_things else ()
            self.select_things([*(id for id in others if id != card.id), card.id])
            is_group = card.id not in self.bridge.experiment.architecture.blocks
            return menus.group_menu(self, card.id) if is_group else menus.block_menu(self, card.id)
        if edge is not None:
            self.pick_edge(edge.key)
            return menus.edge_menu(self, edge.key)
        note = self.board.note_at(place)
        if note is not None:
            self.board.select_edge(None)
            if note.id not in self.selection.comments:
                self.select_things([note.id])
            return menus.comment_menu(self, note.id)
        return menus.canvas_menu(self, place)

    @override
    def contextMenuEvent(self, event: QContextMenuEvent, /) -> None:
        self.bridge.fix_preview.drop()
        self._abandon(restore=True)
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
        kind = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        if not is_known(kind):
            event.ignore()
            return
        self._end_drop()
        self._abandon(restore=True)
        self._drop = Drop(self, kind)
        event.acceptProposedAction()

    @override
    def dragMoveEvent(self, event: QDragMoveEvent, /) -> None:
        if self._drop is None:
            event.ignore()
            return
        at = event.position().toPoint()
        self.draw_near(at)
        self._drop.move(self.mapToScene(at), at)
        if self._drop.allowed:
            event.acceptProposedAction()
        else:
            event.ignore()

    @override
    def dragLeaveEvent(self, event: QDragLeaveEvent, /) -> None:
        self._end_drop()

    @override
    def dropEvent(self, event: QDropEvent, /) -> None:
        drop, self._drop = self._drop, None
        if drop is None or drop.drop(self.mapToScene(event.position().toPoint())) is None:
            event.ignore()
            return
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.MouseFocusReason)

    def _end_drop(self) -> None:
        drop, self._drop = self._drop, None
        if drop is not None:
            drop.clear()

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
