"""The rows of the command palette: name, where it belongs or why it cannot be run, and its keys."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from cnnstudio.app.theme import Role, Scale, space, theme

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from PySide6.QtCore import QObject

    from cnnstudio.app.command_entries import Command

ROW = 32
BESIDE = Qt.ItemDataRole.UserRole + 1
"""Where the command belongs, or why it cannot be run."""
KEYS = Qt.ItemDataRole.UserRole + 2
BARRED = Qt.ItemDataRole.UserRole + 3
"""Whether it cannot be run now."""
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class CommandModel(QAbstractListModel):
    """The commands that are shown. Whether one can be run is asked whenever it is painted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands: list[Command] = []
        self._recent: frozenset[str] = frozenset()

    def show_commands(self, commands: Sequence[Command], recent: Collection[str]) -> None:
        """Show these in this order; those whose id is in `recent` say so."""
        self.beginResetModel()
        self._commands, self._recent = list(commands), frozenset(recent)
        self.endResetModel()

    def command(self, row: int) -> Command | None:
        """The command of that row."""
        return self._commands[row] if 0 <= row < len(self._commands) else None

    def repaint_rows(self) -> None:
        """What can be run has changed."""
        if self._commands:
            self.dataChanged.emit(self.index(0), self.index(len(self._commands) - 1))

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._commands)

    @override
    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        command = self.command(index.row())
        if command is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return command.title
        if role == Qt.ItemDataRole.DecorationRole:
            return command.icon
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p>{escape(command.why_not() or command.words.summary)}</p>"  # words of files are no markup
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (command.title, self._beside(command), command.keys) if part)
        if role == BESIDE:
            return self._beside(command)
        if role == KEYS:
            return command.keys
        return bool(command.why_not()) if role == BARRED else None

    def _beside(self, command: Command) -> str:
        why = command.why_not()
        if why:
            return f"{command.group} · {why[:1].lower()}{why[1:]}"
        return f"{command.group} · recently used" if command.id in self._recent else command.group


class CommandRows(QStyledItemDelegate):
    """Name, then the muted words beside it, and the keys at the right end."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        view.setIconSize(QSize(space(4), space(4)))

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index, /) -> QSize:
        return QSize(0, ROW)

    @override
    def initStyleOption(self, option: QStyleOptionViewItem, index: _Index, /) -> None:
        super().initStyleOption(option, index)
        if index.data(BARRED):
            option.state &= ~QStyle.StateFlag.State_Enabled  # greys the icon

    @override
    def displayText(self, value: Any, locale: QLocale | QLocale.Language, /) -> str:
        return ""  # written by paint

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index, /) -> None:
        super().paint(painter, option, index)
        look = theme()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)  # on its ground, grey would be too faint
        name = Role.TEXT if not index.data(BARRED) else Role.MUTED if selected else Role.DISABLED
        room = option.rect.adjusted(space(9), 0, -space(3), 0)
        painter.save()
        painter.setFont(look.font(Scale.CAPTION))
        painter.setPen(look.color(Role.MUTED if name is Role.TEXT else name))
        room.setRight(room.right() - _written(painter, room, str(index.data(KEYS)), Qt.AlignmentFlag.AlignRight))
        painter.setFont(look.font(Scale.BODY))
        painter.setPen(look.color(name))
        room.setLeft(room.left() + _written(painter, room, str(index.data())))
        painter.setFont(look.font(Scale.CAPTION))
        painter.setPen(look.color(Role.MUTED))
        _written(painter, room, str(index.data(BESIDE)))
        painter.restore()


def _written(painter: QPainter, room: QRect, text: str, side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft) -> int:
    """Write as much of the text as there is room for; the pixels that it takes, with the gap beside it."""
    if not text:
        return 0
    metrics = QFontMetrics(painter.font())
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, side | _MIDDLE, shown)
    return metrics.horizontalAdvance(shown) + space(3)
