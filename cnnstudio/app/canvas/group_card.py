"""A closed group's card: a block's card on a pile, without an id, as a group has none that anybody types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from typing_extensions import override

from cnnstudio.app.canvas.card import FRAME, STRIPE, Card
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.theme import RADIUS, space
from cnnstudio.core.placing.layout import CARD_HEIGHT, CARD_WIDTH

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

_SHEETS = (7.0, 3.5)
"""How far the cards beneath look out, the lowest first."""


class GroupCard(Card):
    """One closed group. Its picture is that of the block at which the flow leaves it."""

    @override
    def _paint_body(self, painter: QPainter) -> None:
        style = self._style
        painter.setPen(style.pen(Role.EDGE if self._outline() is Role.BORDER else self._outline()))
        painter.setBrush(style.card)
        for out in _SHEETS:
            painter.drawRoundedRect(
                QRectF(out * 2, CARD_HEIGHT - space(5) + out, CARD_WIDTH - out * 4, space(5)), RADIUS, RADIUS
            )
        super()._paint_body(painter)

    @override
    def _paint_words(self, painter: QPainter) -> None:
        style, face = self._style, self.face
        left, right = STRIPE + space(2), CARD_WIDTH - space(2)
        row = (CARD_HEIGHT - space(3)) / 3
        rows = [QRectF(left, space(3) / 2 + i * row, right - left, row) for i in range(3)]
        if self._has_frame:
            for row_beside in rows[:2]:
                row_beside.setRight(FRAME.left() - space(2))
        marked = space(5) if face.severity is not None and not self._has_frame else 0
        loud = Role.MUTED if face.bypassed else Role.TEXT
        title = style.title_metrics.elidedText(face.title, Qt.TextElideMode.ElideRight, rows[0].width() - marked)
        self._text(painter, rows[0], title, loud, bold=True)
        self._pair(painter, rows[1], face.parameters, "", Role.MUTED, 0)
        self._paint_numbers(painter, rows[2], loud)
