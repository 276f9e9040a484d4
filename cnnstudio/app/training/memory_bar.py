"""Memory that a run would need against what is free: one bar in parts, with its legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.format import size_of
from cnnstudio.app.theme import Role, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPaintEvent

BAR = 12
"""Height of the bar in pixels."""
SWATCH = 10
LEAST = 2.0
"""Pixels that a part has at least, so that it can be seen."""


class MemoryBar(QWidget):
    """Paints the parts in their order; the whole width is what is free, or what is needed where that is more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preflight_memory")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._needed: dict[str, int] = {}
        self._free = 0
        themes.changed.connect(self.update)
        self.show_memory({}, 0)

    def show_memory(self, needed: Mapping[str, int], free: int) -> None:
        """Bytes by what needs them, and bytes that can be had; 0 where nobody knows."""
        self._needed = {name: size for name, size in needed.items() if size > 0}
        self._free = free
        self.setAccessibleName(f"Memory: {self.total_words(needed, free)}" if self._needed else "Memory")
        self.setToolTip("\n".join(f"{name.capitalize()}: {size_of(size)}" for name, size in self._needed.items()))
        self.updateGeometry()
        self.update()

    @staticmethod
    def total_words(needed: Mapping[str, int], free: int) -> str:
        """The whole of it: "112 MB of 3.41 GB free"."""
        total = size_of(sum(needed.values()))
        return f"{total} of {size_of(free)} free" if free else total

    def sizeHint(self) -> QSize:
        """The bar and the lines of its legend."""
        return QSize(240, self.heightForWidth(self.width() or 240))

    def minimumSizeHint(self) -> QSize:
        """It can become narrow; the legend breaks into lines then."""
        return QSize(160, self.heightForWidth(max(self.width(), 160)))

    def hasHeightForWidth(self) -> bool:
        """The legend breaks into lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Bar, gap, lines."""
        lines = max((line for line, _, _ in self._entries(width)), default=0) + 1
        return BAR + space(1) + lines * self._line_height

    @property
    def _line_height(self) -> int:
        return self.fontMetrics().height() + 2

    def _entries(self, width: int) -> list[tuple[int, int, str]]:
        """Line, left edge and text of each entry of the legend."""
        found, line, x = [], 0, 0
        for name, size in self._needed.items():
            text = f"{name.capitalize()} {size_of(size)}"
            wide = SWATCH + space(1) + self.fontMetrics().horizontalAdvance(text)
            if x and x + wide > width:
                line, x = line + 1, 0
            found.append((line, x, text))
            x += wide + space(3)
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground, parts, legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._paint_bar(painter)
        look = theme()
        for index, (line, x, text) in enumerate(self._entries(self.width())):
            top = BAR + space(1) + line * self._line_height
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(class_colour(index + 1))
            painter.drawRoundedRect(QRectF(x, top + (self._line_height - SWATCH) / 2, SWATCH, SWATCH), 2, 2)
            painter.setPen(look.color(Role.MUTED))
            room = QRectF(x + SWATCH + space(1), top, self.width(), self._line_height)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_bar(self, painter: QPainter) -> None:
        ground = QRectF(0, 0, self.width(), BAR)
        shape = QPainterPath()
        shape.addRoundedRect(ground, 4, 4)
        painter.setClipPath(shape)
        painter.fillRect(ground, theme().color(Role.HOVER))
        total = sum(self._needed.values())
        whole = max(total, self._free, 1)
        x = 0.0
        for index, size in enumerate(self._needed.values()):
            wide = max(LEAST, self.width() * size / whole)
            painter.fillRect(QRectF(x, 0, wide, BAR), class_colour(index + 1))
            x += wide
        if self._free and total > self._free:
            edge = self.width() * self._free / whole
            painter.fillRect(QRectF(edge, 0, 2, BAR), theme().color(Role.ERROR))
        painter.setClipping(False)
