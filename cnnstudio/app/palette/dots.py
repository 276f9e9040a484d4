"""The coloured dot that stands for a block family in lists and menus."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap

from cnnstudio.app.theme import Role, theme

_SIZE = 32
"""Drawn at twice the size of a list's icon, so that it stays sharp on dense screens."""


def family_icon(group: str) -> QIcon:
    """A dot in the family's colour under the theme that is on."""
    return _drawn(theme().family(group), (QRectF(_SIZE / 4, _SIZE / 4, _SIZE / 2, _SIZE / 2),))


def neutral_icon() -> QIcon:
    """Two dots, one behind the other, of no family: a block of the person's own."""
    half = _SIZE / 2 - 2
    boxes = (QRectF(_SIZE / 4 + 4, _SIZE / 4 - 2, half, half), QRectF(_SIZE / 4 - 2, _SIZE / 4 + 4, half, half))
    return _drawn(theme().color(Role.MUTED), boxes)


def _drawn(color: QColor, boxes: tuple[QRectF, ...]) -> QIcon:
    drawn = QPixmap(_SIZE, _SIZE)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    for at, box in enumerate(boxes):
        painter.setOpacity(1.0 if at == len(boxes) - 1 else 0.5)
        painter.setBrush(color)
        painter.drawEllipse(box)
    painter.end()
    made = QIcon(drawn)
    made.addPixmap(drawn, QIcon.Mode.Selected)  # else the selected row's dot is washed out
    return made
