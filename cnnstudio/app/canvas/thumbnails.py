"""Pictures of blocks' maps on the cards: the worker's levels in colours, and the line that says why there are none."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QPixmap

from cnnstudio.app.canvas.overlays import Bubble
from cnnstudio.app.theme import Role, Scale, space, theme
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.app.canvas.view import CanvasView
    from cnnstudio.core.program import Tensor

_NOTE_WIDTH = 220
"""In pixels: as much as is free beside one column of cards in a small window."""


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
    from cnnstudio.app.features.colormaps import ENTRIES, GREY, VIRIDIS  # brings numpy, as the pictures themselves do

    if ink is Ink.LINES:
        color = theme().color(Role.ACCENT)
        return [level << 24 | color.rgb() & 0xFFFFFF for level in range(ENTRIES)]
    return [0, *(GREY if ink is Ink.SAMPLE else VIRIDIS).table()[1:]]


class PreviewNote(Bubble):
    """Says in the canvas's upper left corner why cards show no pictures, unless a fix on trial is announced there."""

    scale = Scale.CAPTION

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas, "canvas_preview_note")
        self.setAccessibleName("Live previews")
        self.move(space(3), space(3))
        self._sentence = ""
        self._fixes = canvas.bridge.fix_preview
        self._fixes.changed.connect(self._show)

    def explain(self, sentence: str) -> None:
        """Show this sentence; "" hides the note."""
        self._sentence = sentence
        self._show()

    def _show(self) -> None:
        self.say("" if self._fixes.shown is not None else self._sentence, Role.MUTED, _NOTE_WIDTH)
