"""The blocks of the network that is inspected, as rows: what each is called, yields, and looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem
from typing_extensions import override

from cnnstudio.app.format import count, tensor_shape
from cnnstudio.app.theme import RADIUS, Role, Scale, icon, space, theme
from cnnstudio.core.analysis.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtCore import QObject
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QListView

    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.core.analysis.tracing import BlockTrace

PICTURE = 36
"""Edge of a row's picture in pixels."""
STRIPE = 4
_SIGN = 14
_ROOT = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_Roles = Qt.ItemDataRole
SHAPE, GROUP = _Roles.UserRole + 1, _Roles.UserRole + 2
_SIGNS = {
    Severity.ERROR: ("error", Role.ERROR),
    Severity.WARNING: ("warning", Role.WARNING),
    Severity.HINT: ("hint", Role.HINT),
}


class BlockModel(QAbstractListModel):
    """Blocks in the order of the flow."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[BlockTrace] = []
        self._pictures: Mapping[str, QPixmap] = {}

    @property
    def ids(self) -> list[str]:
        """The blocks of the rows."""
        return [row.id for row in self._rows]

    def picture(self, row: int) -> QPixmap | None:
        """What stands beside that row; None while it is not known."""
        return self._pictures.get(self._rows[row].id)

    def sign(self, row: int) -> tuple[str, Role] | None:
        """The icon for what there is to know of that row's block, and its colour."""
        return _sign(self._rows[row])

    def show_subject(self, subject: Subject | None) -> None:
        """Take the blocks of this network; the pictures stay until others come."""
        rows = [] if subject is None else [subject.trace.blocks[id] for id in subject.blocks]
        same = [row.id for row in rows] == self.ids
        if same:
            self._rows = rows
            self._repaint()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def show_pictures(self, pictures: Mapping[str, QPixmap]) -> None:
        """Put these pictures beside the blocks of these ids."""
        self._pictures = pictures
        self._repaint()

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0), self.index(len(self._rows) - 1))

    @override
    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def data(self, index: _Index, role: int = _Roles.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == _Roles.DisplayRole:
            return row.id
        if role == _Roles.ToolTipRole:
            return _tip(row)
        if role == _Roles.AccessibleTextRole:
            return f"{row.id}, {row.spec.title}, {tensor_shape(row.output)}"
        if role == SHAPE:
            return tensor_shape(row.output)
        return row.spec.group if role == GROUP else None


def _sign(row: BlockTrace) -> tuple[str, Role] | None:
    """The icon for what there is to know of a block, and its colour."""
    if row.bypassed:
        return "bypass", Role.MUTED
    severities = {found.severity for found in row.diagnostics}
    return next((sign for severity, sign in _SIGNS.items() if severity in severities), None)


def _tip(row: BlockTrace) -> str:
    told = [f"{row.id}: {row.spec.title}, yields {tensor_shape(row.output)}"]
    if row.params:
        told.append(f"{count(row.params)} parameters")
    if row.bypassed:
        told.append("Left out of the network")
    told += [found.message.rstrip(".") for found in row.diagnostics]
    return ". ".join(told)


class BlockRows(QStyledItemDelegate):
    """Family stripe, picture, name above shape, and a sign at the right where there is something to know."""

    def __init__(self, view: QListView, blocks: BlockModel) -> None:
        super().__init__(view)
        self._view = view
        self._blocks = blocks

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: _Index, /) -> QSize:
        return QSize(0, PICTURE + space(2))

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index, /) -> None:
        style = self._view.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, self._view)
        look = theme()
        room = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.family(str(index.data(GROUP))))
        painter.drawRoundedRect(QRectF(room.left() + 1, room.top() + 3, STRIPE, room.height() - 6), 2, 2)
        frame = QRectF(room.left() + STRIPE + space(2), room.top() + space(1), PICTURE, PICTURE)
        picture = self._blocks.picture(index.row())
        painter.setBrush(look.color(Role.CANVAS))
        painter.drawRoundedRect(frame, RADIUS / 2, RADIUS / 2)
        if picture is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(frame, picture, QRectF(picture.rect()))
        text = room.adjusted(STRIPE + PICTURE + space(4), space(1), -space(6), -space(1))
        self._write(painter, text, index)
        sign = self._blocks.sign(index.row())
        if sign is not None:
            at = QRect(room.right() - space(5), room.center().y() - _SIGN // 2, _SIGN, _SIGN)
            icon(*sign).paint(painter, at)
        painter.restore()

    def _write(self, painter: QPainter, room: QRect, index: _Index) -> None:
        look = theme()
        half = room.height() // 2
        for at, scale, ink, role in (
            (room.adjusted(0, 0, 0, -half), Scale.BODY, Role.TEXT, _Roles.DisplayRole),
            (room.adjusted(0, half, 0, 0), Scale.CAPTION, Role.MUTED, SHAPE),
        ):
            painter.setFont(look.font(scale))
            painter.setPen(look.color(ink))
            # The ends of names tell blocks of one kind apart: conv_norm_activation_1, _2.
            shown = painter.fontMetrics().elidedText(str(index.data(role)), Qt.TextElideMode.ElideMiddle, at.width())
            painter.drawText(at, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
