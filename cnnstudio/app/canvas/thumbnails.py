"""Pictures of blocks' maps on the cards: the worker's levels in colours, and the line that says why there are none."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QLabel

from cnnstudio.app.features.colormaps import ENTRIES, GREY, VIRIDIS
from cnnstudio.app.theme import Role, Scale, mark, space, theme, themes
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.core.program import Tensor

_NOTE_WIDTH = 360


class Ink(enum.Enum):
    """How levels become colours; level 0 is nothing and shows the card."""

    SAMPLE = "sample"
    """Shades of grey, as the sample is shown everywhere."""
    MAPS = "maps"
    """The colours in which the wall of feature maps begins."""
    LINES = "lines"
    """Lines and bars in the theme's ink."""


def ink_for(block: str, output: Tensor) -> Ink:
    """How the picture of that block is coloured; the worker draws vectors and 1 x 1 maps as bars, signals as lines."""
    if output.rank < 2 or output.cells == output.channels:
        return Ink.LINES
    return Ink.SAMPLE if block == INPUT else Ink.MAPS


def painted(levels: bytes, size: int, ink: Ink) -> QPixmap:
    """The picture of `size` x `size` levels, row by row."""
    image = QImage(levels, size, size, size, QImage.Format.Format_Indexed8)
    image.setColorTable(_table(ink))
    return QPixmap.fromImage(image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))


def _table(ink: Ink) -> list[int]:
    if ink is Ink.LINES:
        color = theme().color(Role.ACCENT)
        return [level << 24 | color.rgb() & 0xFFFFFF for level in range(ENTRIES)]
    return [0, *(GREY if ink is Ink.SAMPLE else VIRIDIS).table()[1:]]


class PreviewNote(QLabel):
    """Says in the canvas's lower left corner why cards show no pictures. It lets the mouse through."""

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.setObjectName("canvas_preview_note")
        self.setAccessibleName("Live previews")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        mark(self, tone="muted")
        self.hide()
        canvas.installEventFilter(self)
        themes.changed.connect(self._dress)
        self._dress()

    def say(self, sentence: str) -> None:
        """Show this sentence; "" hides it."""
        self.setText(sentence)
        self.setVisible(bool(sentence))
        self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the corner."""
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self._settle()
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        self.setFont(theme().font(Scale.CAPTION))
        self._settle()

    def _settle(self) -> None:
        if not self.text():
            return
        width = min(_NOTE_WIDTH, self._canvas.width() // 2)
        words = self.fontMetrics().horizontalAdvance(self.text()) + space(1)
        self.setFixedWidth(max(1, min(width, words)))
        self.setFixedHeight(self.heightForWidth(self.width()))
        corner = self._canvas.rect().bottomLeft() + QPoint(space(3), -space(3) - self.height())
        self.move(corner)
