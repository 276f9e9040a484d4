"""The coloured dot that stands for a block family in lists and menus."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap

from cnnstudio.app.theme import theme

_SIZE = 32
"""Drawn at twice the size of a list's icon, so that it stays sharp on dense screens."""


def family_icon(group: str) -> QIcon:
    """A dot in the family's colour under the theme that is on."""
    drawn = QPixmap(_SIZE, _SIZE)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme().family(group))
    painter.drawEllipse(QRectF(_SIZE / 4, _SIZE / 4, _SIZE / 2, _SIZE / 2))
    painter.end()
    made = QIcon(drawn)
    made.addPixmap(drawn, QIcon.Mode.Selected)  # else the selected row's dot is washed out
    return made
