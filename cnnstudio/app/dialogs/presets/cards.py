"""The cards of the gallery: a thumbnail of the architecture, its name, what it does and how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyleOptionViewItem, QWidget
from typing_extensions import override

from cnnstudio.app.dialogs.presets.facts import YOURS, caption, numbers
from cnnstudio.app.dialogs.presets.model import PRESET, PresetModel
from cnnstudio.app.dialogs.presets.thumbnail import Thumbnails
from cnnstudio.app.theme import RADIUS, Role, Scale, mark, pixmap, space, theme, themes
from cnnstudio.app.wrapping_list import CellDelegate, WrappingList
from cnnstudio.core.formats.presets import Preset

if TYPE_CHECKING:
    from PySide6.QtGui import QFont, QKeyEvent

LEAST_WIDTH = 216
NAME_LETTERS = 26
"""Of a name that are in sight at least, whatever the font."""
PICTURE_HEIGHT = 84
_ICON = 24


class CardDelegate(CellDelegate):
    """Paints a card; what is not known yet has a quiet place until it is."""

    def __init__(self, view: QListView) -> None:
        super().__init__(view)
        self._pictures = Thumbnails()

    @override
    def least(self, view: QListView) -> QSize:
        """Picture, name and two lines, with the card's margins."""
        body, small = _height(theme().font(bold=True)), _height(theme().font(Scale.CAPTION))
        width = max(LEAST_WIDTH, NAME_LETTERS * QFontMetrics(theme().font(bold=True)).averageCharWidth())
        return QSize(width, PICTURE_HEIGHT + body + 2 * small + space(10))

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Ground, picture, words; a frame round the card that has the focus."""
        preset = index.data(PRESET)
        if not isinstance(preset, Preset):
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        card = QRectF(rect).adjusted(space(1), space(1), -space(1), -space(1))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter, card, state)
        inner = card.toRect().adjusted(space(3), space(2), -space(3), -space(2))
        ratio = painter.device().devicePixelRatioF()
        self._paint_picture(painter, QRect(inner.topLeft(), QSize(inner.width(), PICTURE_HEIGHT)), preset, ratio)
        if preset.user:
            self._badge(painter, QPoint(inner.right(), inner.top()))
        self._write(painter, inner.adjusted(0, PICTURE_HEIGHT + space(1), 0, 0), preset)
        painter.restore()

    def _paint_ground(self, painter: QPainter, card: QRectF, state: QStyle.StateFlag) -> None:
        look = theme()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        ground = Role.SELECTION if selected else Role.HOVER if hovered else Role.RAISED
        focused = selected and bool(state & QStyle.StateFlag.State_HasFocus)
        painter.setBrush(look.color(ground))
        painter.setPen(QPen(look.color(Role.ACCENT if selected else Role.BORDER), 2 if focused else 1))
        painter.drawRoundedRect(card, RADIUS, RADIUS)

    def _paint_picture(self, painter: QPainter, area: QRect, preset: Preset, ratio: float) -> None:
        if preset.known_error:
            mark_ = pixmap("error", theme().color(Role.ERROR), _ICON, ratio)
            painter.drawPixmap(area.center() - QPoint(_ICON // 2, _ICON // 2), mark_)
            return
        picture = self._pictures.of(preset, area.size(), ratio)
        if picture is not None:
            painter.drawPixmap(area.topLeft(), picture)

    def _badge(self, painter: QPainter, corner: QPoint) -> None:
        painter.setFont(theme().font(Scale.CAPTION))
        metrics = painter.fontMetrics()
        room = QRect(0, 0, metrics.horizontalAdvance(YOURS) + space(3), metrics.height() + space(1))
        room.moveTopRight(corner)
        painter.setPen(QPen(theme().color(Role.BORDER), 1))
        painter.setBrush(theme().color(Role.SURFACE))
        painter.drawRoundedRect(QRectF(room), room.height() / 2, room.height() / 2)
        painter.setPen(theme().color(Role.MUTED))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, YOURS)

    def _write(self, painter: QPainter, room: QRect, preset: Preset) -> None:
        wrong = bool(preset.known_error)
        for text, font, role in (
            (preset.name, theme().font(bold=True), Role.TEXT),
            (caption(preset), theme().font(Scale.CAPTION), Role.ERROR if wrong else Role.MUTED),
            (numbers(preset), theme().font(Scale.CAPTION), Role.MUTED),
        ):
            painter.setFont(font)
            painter.setPen(theme().color(role))
            height = painter.fontMetrics().height()
            shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(QRect(room.topLeft(), QSize(room.width(), height)), Qt.AlignmentFlag.AlignLeft, shown)
            room = room.adjusted(0, height + 1, 0, 0)


class CardsView(WrappingList):
    """The cards by mouse and keys. Enter starts from a preset; F2 and Delete are about one's own."""

    rename_wanted = Signal()
    delete_wanted = Signal()

    def __init__(self, model: PresetModel, parent: QWidget | None = None) -> None:
        super().__init__(model, parent)
        self.setObjectName("preset_cards")
        self.setAccessibleName("Presets")
        self.setToolTip("Enter or a double click starts from a preset; F2 and Delete are for your own")
        mark(self, kind="roomy")
        self.paint_by(CardDelegate(self))
        model.looks_changed.connect(self.viewport().update)
        themes.changed.connect(self.viewport().update)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 and Delete; the rest is the list's."""
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_F2:
            self.rename_wanted.emit()
        elif plain and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_wanted.emit()
        else:
            super().keyPressEvent(event)


def _height(font: QFont) -> int:
    return QFontMetrics(font).height()
