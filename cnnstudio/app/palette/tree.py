"""The palette's list as a widget: keys, clicks and drags become signals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDrag, QKeyEvent, QKeySequence, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QMenu, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget
from typing_extensions import override

from cnnstudio.app.palette.append import OWN, title_of
from cnnstudio.app.palette.model import FILE, GROUP, KIND, PaletteModel
from cnnstudio.app.theme import RADIUS, Role, Scale, pixmap, space, theme
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.placing.layout import CARD_WIDTH

if TYPE_CHECKING:
    from collections.abc import Callable

_ROW = 28
_GHOST_HEIGHT = 36
_NATIVE = QKeySequence.SequenceFormat.NativeText


class PaletteTree(QTreeView):
    """Families that fold, blocks that are dragged, double-clicked or entered."""

    chosen = Signal(str)
    """A kind was double-clicked or entered."""
    typed = Signal(str)
    """Text was typed while the list had the keyboard: it belongs to the search field."""
    removal_wanted = Signal(str)
    """An own block is to be deleted."""
    file_wanted = Signal(str)
    """The file of an own block is to be shown."""
    left_upwards = Signal()
    """Up was pressed on the first row."""

    def __init__(self, model: PaletteModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folded: set[str] = set()
        self._blocks = model
        self.setModel(model)
        self.setObjectName("palette_list")
        self.setAccessibleName("Blocks by family")
        self.setToolTip("Drag a block onto the canvas, or double-click it to append it")
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setUniformRowHeights(True)
        self.setExpandsOnDoubleClick(False)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setItemDelegate(_Rows(self))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu_at)
        self.clicked.connect(self._on_clicked)
        self.doubleClicked.connect(self._on_double_clicked)
        self.collapsed.connect(self._on_folded)
        self.expanded.connect(self._on_unfolded)
        model.filled.connect(self._unfold)
        self._unfold()

    def _menu_at(self, at: QPoint) -> None:
        index = self.indexAt(at)
        if not index.data(FILE):
            return
        self.setCurrentIndex(index)
        menu = self.own_menu(index)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.viewport().mapToGlobal(at))

    def own_menu(self, index: QModelIndex) -> QMenu:
        """What can be done with a block of the person's own."""
        menu = QMenu(self)
        menu.setObjectName("palette_own_menu")
        menu.setAccessibleName(f"Actions on {index.data()}")
        menu.setToolTipsVisible(True)
        id = str(index.data(FILE))
        for name, words, keys, act in (
            ("append", "Append", "Return", partial(self.chosen.emit, index.data(KIND))),
            ("rename", "Rename", "F2", partial(self._rename, id)),
            ("delete", "Delete", "Delete", partial(self.removal_wanted.emit, id)),
            ("show_file", "Show file", "", partial(self.file_wanted.emit, id)),
        ):
            entry = menu.addAction(f"{words}\t{QKeySequence(keys).toString(_NATIVE)}" if keys else words)
            entry.setObjectName(f"palette_own_{name}")
            entry.setToolTip(words)
            entry.setEnabled(bool(index.data(KIND)) or name in ("delete", "show_file"))
            entry.triggered.connect(_without_state(act))
        return menu

    def _rename(self, id: str) -> None:
        index = self._blocks.row_of(id)
        if index.isValid():
            self.edit(index)

    def _on_folded(self, index: QModelIndex) -> None:
        self._folded.add(str(index.data(GROUP)))

    def _on_unfolded(self, index: QModelIndex) -> None:
        self._folded.discard(str(index.data(GROUP)))

    def _unfold(self) -> None:
        """Open every family but those that the person has folded away: new rows come folded."""
        model = self.model()
        for row in range(model.rowCount()):
            index = model.index(row, 0)
            if index.data(GROUP) and index.data(GROUP) not in self._folded:
                self.expand(index)

    def _on_clicked(self, index: QModelIndex) -> None:
        if index.data(GROUP):
            self.setExpanded(index, not self.isExpanded(index))

    def _on_double_clicked(self, index: QModelIndex) -> None:
        kind = index.data(KIND)
        if kind:
            self.chosen.emit(str(kind))

    @override
    def keyPressEvent(self, event: QKeyEvent, /) -> None:
        index, key = self.currentIndex(), event.key()
        if index.data(FILE) and key in (Qt.Key.Key_F2, Qt.Key.Key_Delete):
            if key == Qt.Key.Key_Delete:
                self.removal_wanted.emit(str(index.data(FILE)))
            elif index.data(KIND):
                self.edit(index)
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and index.isValid():
            self._enter(index, append=key != Qt.Key.Key_Space)
        elif key == Qt.Key.Key_Up and index.isValid() and not self.indexAbove(index).isValid():
            self.left_upwards.emit()
        elif key == Qt.Key.Key_Left and index.data(KIND) and index.parent().isValid():
            self.setCurrentIndex(index.parent())
        elif event.text().isprintable() and event.text().strip() and not event.modifiers() & _COMMANDS:
            self.typed.emit(event.text())
        else:
            super().keyPressEvent(event)

    def _enter(self, index: QModelIndex, *, append: bool) -> None:
        if index.data(GROUP):
            self.setExpanded(index, not self.isExpanded(index))
        elif append and index.data(KIND):
            self.chosen.emit(str(index.data(KIND)))

    @override
    def startDrag(self, supported: Qt.DropAction, /) -> None:
        index = self.currentIndex()
        kind = index.data(KIND)
        if not kind:
            return
        drag = QDrag(self)
        drag.setMimeData(self.model().mimeData([index]))
        ghost = drag_picture(str(kind), self.devicePixelRatioF())
        drag.setPixmap(ghost)
        drag.setHotSpot(QPoint(-space(4), _GHOST_HEIGHT // 2))  # beside the pointer: the target stays in sight
        drag.exec(Qt.DropAction.CopyAction)


_COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


def drag_picture(kind: str, ratio: float) -> QPixmap:
    """What hangs at the pointer while a block is dragged: the head of its card."""
    look = theme()
    own = kind.startswith(OWN)
    title = title_of(kind).strip("“”") if own else spec_class(kind).title
    stripe = look.color(Role.MUTED) if own else look.family(spec_class(kind).group)
    drawn = QPixmap(QSize(round(CARD_WIDTH * ratio), round(_GHOST_HEIGHT * ratio)))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    body = QRectF(0.5, 0.5, CARD_WIDTH - 1, _GHOST_HEIGHT - 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(stripe)
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    painter.setClipRect(body.adjusted(space(1), 0, 0, 0))
    painter.setPen(QPen(look.color(Role.BORDER), 1))
    painter.setBrush(look.color(Role.SURFACE))
    painter.drawRoundedRect(body, RADIUS, RADIUS)
    painter.setPen(look.color(Role.TEXT))
    painter.setFont(look.font(Scale.BODY, bold=True))
    painter.drawText(body.adjusted(space(4), 0, -space(2), 0), Qt.AlignmentFlag.AlignVCenter, title)
    painter.end()
    return drawn


def _without_state(act: Callable[[], object]) -> Callable[[bool], None]:
    """`triggered` brings the checked state along, which none of these entries has."""

    def on_triggered(checked: bool) -> None:
        act()

    return on_triggered


class _Rows(QStyledItemDelegate):
    """Family rows carry an arrow that says whether they are open."""

    def __init__(self, tree: PaletteTree) -> None:
        super().__init__(tree)
        self._tree = tree

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex, /) -> QSize:
        return QSize(super().sizeHint(option, index).width(), _ROW)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex, /
    ) -> None:
        super().paint(painter, option, index)
        if not index.data(GROUP):
            return
        box, size = QRectF(option.rect), space(4)
        name = "chevron-down" if self._tree.isExpanded(index.model().index(index.row(), 0)) else "chevron-right"
        drawn = pixmap(name, theme().color(Role.MUTED), size, painter.device().devicePixelRatio())
        painter.drawPixmap(QPointF(box.right() - size - space(2), box.center().y() - size / 2), drawn)
