"""A short piece of a run's line, as legends and readouts show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap

from cnnstudio.app.runs.comparison.plot import TRAINING_SHARE, WIDTH, pattern
from cnnstudio.app.theme import Role, theme

if TYPE_CHECKING:
    from cnnstudio.app.runs.comparison.lines import Line

_STYLES = {
    "-": Qt.PenStyle.SolidLine,
    "--": Qt.PenStyle.DashLine,
    "-.": Qt.PenStyle.DashDotLine,
    ":": Qt.PenStyle.DotLine,
}


def draw_line(painter: QPainter, room: QRectF, line: Line, *, mixed: bool) -> None:
    """The line in the middle of the room, in the manner in which the figure draws it."""
    colour = theme().series(line.slot)
    dashes = ("--" if line.validation else "-") if mixed else pattern(line.slot)
    if mixed and not line.validation:
        colour.setAlphaF(TRAINING_SHARE)
    painter.setPen(QPen(colour, WIDTH + 0.7, _STYLES[dashes], Qt.PenCapStyle.FlatCap))
    painter.drawLine(QLineF(room.left(), room.center().y(), room.right(), room.center().y()))


def swatch(slot: int, size: QSize, ratio: float, *, on: bool = True, margin: int = 0) -> QPixmap:
    """A run's colour and dashes as a picture, with a margin to the right; without colour where the run is hidden."""
    made = QPixmap(round((size.width() + margin) * ratio), round(size.height() * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = theme().series(slot) if on else theme().color(Role.BORDER)
    painter.setPen(QPen(colour, WIDTH + 1.2, _STYLES[pattern(slot)], Qt.PenCapStyle.FlatCap))
    middle = size.height() / 2
    painter.drawLine(QLineF(0, middle, size.width(), middle))
    painter.end()
    return made
