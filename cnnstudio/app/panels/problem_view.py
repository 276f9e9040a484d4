"""The list of the Problems tab: sentences over as many lines as they need, fixes that look like the links they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget
from typing_extensions import override

from cnnstudio.app.panels.problem_model import GIVES, PROBLEM
from cnnstudio.app.theme import Role, Scale, space, theme

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent, QHideEvent, QMouseEvent

BESIDE_TEXT = space(6)
"""Pixels of a cell's width that neither icon nor text takes: padding and the gaps of the style."""
LARGEST = 10_000
_Index = QModelIndex | QPersistentModelIndex
_WRAPPED = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(Qt.TextFlag.TextWordWrap)


class ProblemRows(QStyledItemDelegate):
    """Gives a row the height of its whole text; under a style sheet Qt counts one line. Writes what a fix gives."""

    def __init__(self, view: QTreeView) -> None:
        super().__init__(view)
        self._view = view

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index, /) -> QSize:
        hint = super().sizeHint(option, index)
        if index.data(GIVES) is None:
            return QSize(hint.width(), max(hint.height(), self._sentence(index) + space(3)))
        label, gives = self._fix_boxes(index, self._room(index, self._view.viewport().width()))
        return QSize(hint.width(), max(hint.height(), label.united(gives).height() + space(2)))

    def _room(self, index: _Index, width: int) -> int:
        """Pixels for text in a row of that width."""
        levels = 2 if index.parent().isValid() else 1
        return max(1, width - levels * self._view.indentation() - self._view.iconSize().width() - BESIDE_TEXT)

    def _sentence(self, index: _Index) -> int:
        spans = index.parent().isValid()  # a row beneath a problem has both columns
        width = self._view.viewport().width() if spans else self._view.columnWidth(PROBLEM)
        room = QRect(0, 0, self._room(index, width), LARGEST)
        return self._view.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, str(index.data())).height()

    def _fix_boxes(self, index: _Index, room: int) -> tuple[QRect, QRect]:
        """Where label and gains of a fix are written: side by side where there is room, else one above the other."""
        metrics, small = self._view.fontMetrics(), QFontMetrics(theme().font(Scale.CAPTION))
        text, gives = str(index.data()), str(index.data(GIVES))
        beside = metrics.horizontalAdvance(text) + space(4)
        if beside + small.horizontalAdvance(gives) <= room:
            line = QRect(0, 0, beside, metrics.height())
            return line, QRect(beside, 0, room - beside, metrics.height())
        label = metrics.boundingRect(QRect(0, 0, room, LARGEST), _WRAPPED, text)
        label = QRect(0, 0, room, label.height())
        below = small.boundingRect(QRect(0, 0, room, LARGEST), _WRAPPED, gives)
        return label, QRect(0, label.height(), room, below.height() if gives else 0)

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index, /) -> None:
        super().initStyleOption(option, index)
        if index.data(GIVES) is not None:
            option.text = ""  # written by paint

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index, /) -> None:
        super().paint(painter, option, index)
        if index.data(GIVES) is None:
            return
        left = option.rect.left() + self._view.iconSize().width() + space(3)
        room = max(1, option.rect.right() - left - space(2))
        label, gives = self._fix_boxes(index, room)
        top = option.rect.center().y() - label.united(gives).height() // 2
        look, selected = theme(), bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setPen(look.color(Role.TEXT if selected else Role.ACCENT))
        painter.setFont(option.font)
        painter.drawText(label.translated(left, top), _WRAPPED, str(index.data()))
        painter.setPen(look.color(Role.MUTED))
        painter.setFont(look.font(Scale.CAPTION))
        painter.drawText(gives.translated(left, top), _WRAPPED, str(index.data(GIVES)))
        painter.restore()


class ProblemView(QTreeView):
    """Problems, and beneath them their fixes. A pointing hand over fixes; they can be pointed at with keys, too."""

    pressed_at = Signal(QModelIndex)
    """A row was clicked with the left button."""
    pointed_at = Signal(QModelIndex)
    """The mouse or the keyboard is on this row now, or on none (an invalid index)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._under = QPersistentModelIndex()
        self.setIconSize(QSize(space(4), space(4)))
        self.setIndentation(space(5))
        self.setItemDelegateForColumn(PROBLEM, ProblemRows(self))
        self.setWordWrap(True)  # the end of the sentence says what to do
        self.setAllColumnsShowFocus(True)
        self.setMouseTracking(True)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setExpandsOnDoubleClick(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.clicked.connect(self.pressed_at)
        self.header().sectionResized.connect(self.scheduleDelayedItemsLayout)

    def point_at_current(self) -> None:
        """The keyboard is on the current row."""
        self.pointed_at.emit(self.currentIndex())

    @override
    def currentChanged(self, current: _Index, previous: _Index, /) -> None:
        super().currentChanged(current, previous)
        if self.hasFocus() and isinstance(current, QModelIndex):
            self.pointed_at.emit(current)

    @override
    def drawBranches(self, painter: QPainter, rect: QRect, index: _Index, /) -> None:
        painter.fillRect(rect, theme().color(Role.SURFACE))  # what lights up is the row itself, not the room before it
        super().drawBranches(painter, rect, index)

    @override
    def mouseMoveEvent(self, event: QMouseEvent, /) -> None:
        index = self.indexAt(event.position().toPoint())
        over_fix = index.data(GIVES) is not None
        shape = Qt.CursorShape.PointingHandCursor if over_fix else Qt.CursorShape.ArrowCursor
        if self.viewport().cursor().shape() is not shape:
            self.viewport().setCursor(shape)
        if self._under != index:
            self._under = QPersistentModelIndex(index)
            self.pointed_at.emit(index)
        super().mouseMoveEvent(event)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent, /) -> None:
        """The first click did it; what has come under the mouse since then was not meant."""

    @override
    def leaveEvent(self, event: QEvent, /) -> None:
        self._under = QPersistentModelIndex()
        self.pointed_at.emit(QModelIndex())
        super().leaveEvent(event)

    @override
    def focusOutEvent(self, event: QFocusEvent, /) -> None:
        super().focusOutEvent(event)
        self.pointed_at.emit(QModelIndex())

    @override
    def hideEvent(self, event: QHideEvent, /) -> None:
        super().hideEvent(event)
        self.pointed_at.emit(QModelIndex())
