"""A block's map as a grid of cells: the mouse or the arrow keys choose one, a click pins it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.features.layer_maps import Scaling
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.features.pictures import ink_table, lines
from cnnstudio.app.lens.grid import CellGrid, fitted
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPaintEvent

    from cnnstudio.app.features.colormaps import ColourMap
    from cnnstudio.app.features.layer_maps import LayerMaps

MEAN = -1
"""In place of a channel: the mean over all of them."""
Cell = tuple[int, ...]


class MapView(QWidget):
    """Holds the chosen cell. While it is pinned, the mouse passes over the map without choosing."""

    chosen = Signal()
    """Another cell is chosen, or it was pinned or let go: see `cell` and `is_pinned`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("lens_map")
        self.setAccessibleName("Map of the block")
        self.setToolTip("Point at a cell, or use the arrow keys, to see what it sees; click or press Enter to pin it")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._sizes: Cell = ()
        self._cell: Cell = ()
        self._is_pinned = False
        self._words = ""
        self._layer: LayerMaps | None = None
        self._channel = MEAN
        self._colours, self._scaling = VIRIDIS, Scaling()
        themes.changed.connect(self.update)

    @property
    def cell(self) -> Cell:
        """The chosen cell; () where the block yields a vector."""
        return self._cell

    @property
    def is_pinned(self) -> bool:
        """Whether the cell stays chosen whatever the mouse does."""
        return self._is_pinned

    @property
    def words(self) -> str:
        """What stands in place of a map; "" where there is one."""
        return self._words

    def grid(self) -> CellGrid:
        """Where the cells of the map lie."""
        room = QRectF(self.rect()).adjusted(space(1), space(1), -space(1), -space(1))
        return fitted(self._sizes, room)

    def sizeHint(self) -> QSize:
        """Room to point at single cells."""
        return QSize(space(60), space(52))

    def minimumSizeHint(self) -> QSize:
        """Small, but still a grid."""
        return QSize(space(30), space(24))

    def show_sizes(self, sizes: Cell, cell: Cell, words: str = "") -> None:
        """A map of these spatial sizes with that cell chosen; for a vector `words` in its place."""
        self._sizes, self._words = sizes, words
        self._is_pinned = self._is_pinned and bool(sizes)
        self._cell = cell
        self._layer = None
        self.update()

    def show_maps(self, layer: LayerMaps | None, channel: int) -> None:
        """The values in the cells: of that channel, or MEAN; None while there are none."""
        self._layer, self._channel = layer, channel
        self.update()

    def show_colours(self, colours: ColourMap, scaling: Scaling) -> None:
        """Paint a channel with this colour map, whose ends stand for these values; the mean keeps its own."""
        self._colours, self._scaling = colours, scaling
        self.update()

    def show_slice(self, depth: int) -> None:
        """Go to that slice of a volume, the place on it kept."""
        if len(self._sizes) == 3 and self._cell[0] != depth:
            self._choose((depth, *self._cell[1:]))

    # Choosing

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The cell under the mouse, unless one is pinned."""
        if not self._is_pinned:
            self._choose(self._at(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pin the cell under the mouse; a click on the pinned one lets it go."""
        cell = self._at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or cell is None:
            super().mousePressEvent(event)
            return
        again = self._is_pinned and cell == self._cell
        self._cell, self._is_pinned = cell, not again
        self.update()
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows move, Page up and down go through the slices of a volume, Home and End to the corners."""
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._sizes:
            self._pin(not self._is_pinned)
        elif key == Qt.Key.Key_Escape and self._is_pinned:
            self._pin(False)
        elif (cell := self._after(key)) is not None:
            self._choose(cell)
        else:
            super().keyPressEvent(event)

    def _pin(self, pinned: bool) -> None:
        self._is_pinned = pinned
        self.update()
        self.chosen.emit()

    def _after(self, key: Qt.Key) -> Cell | None:
        """The cell that the key leads to; None for other keys."""
        if not self._sizes:
            return None
        ends = {Qt.Key.Key_Home: (0,) * len(self._sizes), Qt.Key.Key_End: tuple(n - 1 for n in self._sizes)}
        if key in ends:
            return ends[key]
        steps = {
            Qt.Key.Key_Left: (-1, -1), Qt.Key.Key_Right: (-1, 1), Qt.Key.Key_Up: (-2, -1), Qt.Key.Key_Down: (-2, 1),
            Qt.Key.Key_PageUp: (-3, -1), Qt.Key.Key_PageDown: (-3, 1),
        }  # fmt: skip
        axis, by = steps.get(key, (0, 0))
        if not by or -axis > len(self._sizes):
            return None
        cell = list(self._cell)
        cell[axis] = max(0, min(self._sizes[axis] - 1, cell[axis] + by))
        return tuple(cell)

    def _at(self, place: QPointF) -> Cell | None:
        found = self.grid().cell_at(place) if self._sizes else None
        return None if found is None else (*self._cell[:-2], *found)[-len(self._sizes) :]

    def _choose(self, cell: Cell | None) -> None:
        if cell is not None and cell != self._cell:
            self._cell = cell
            self.update()
            self.chosen.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Values, lines between cells, the chosen cell, the focus ring."""
        painter = QPainter(self)
        look = theme()
        if self.hasFocus():
            painter.setPen(QPen(look.color(Role.ACCENT), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        if not self._sizes:
            painter.setPen(look.color(Role.MUTED))
            room = self.rect().adjusted(space(4), 0, -space(4), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._words)
            return
        grid = self.grid()
        image = self._image(grid)
        if image is None:
            painter.fillRect(grid.rect, look.color(Role.CANVAS))
        else:
            painter.drawImage(grid.rect, image)
        if grid.is_coarse and len(self._sizes) > 1:
            self._paint_lines(painter, grid, faint=image is not None)
        painter.setPen(look.color(Role.BORDER))
        painter.drawRect(grid.rect.adjusted(-0.5, -0.5, 0.5, 0.5))
        self._paint_cell(painter, grid)

    def _image(self, grid: CellGrid) -> QImage | None:
        layer = self._layer
        if layer is None or layer.maps.ndim - 1 != len(self._sizes):
            return None
        if layer.kind == "signals":
            ratio = self.devicePixelRatioF()
            size = max(1, round(grid.rect.width() * ratio)), max(1, round(grid.rect.height() * ratio))
            return indexed(
                lines(self._levels(layer)[np.newaxis], *size)[0],
                ink_table(theme().color(Role.CANVAS), theme().color(Role.CURVE_1)),
            )
        levels = self._levels(layer)
        if layer.kind == "volumes":  # very large volumes arrive thinned
            levels = levels[min(self._cell[0] * len(levels) // self._sizes[0], len(levels) - 1)]
        return indexed(levels, (VIRIDIS if self._channel == MEAN else self._colours).table())

    def _levels(self, layer: LayerMaps) -> Any:
        """The bytes of one channel, or of the mean over all, brought to the whole range."""
        if self._channel == MEAN:
            return _mean_levels(layer)
        one = min(self._channel, layer.count - 1)
        centred = self._colours.diverging and layer.kind != "signals"
        return layer.scaled(slice(one, one + 1), self._scaling, centred=centred)[0]

    def _paint_lines(self, painter: QPainter, grid: CellGrid, *, faint: bool) -> None:
        color = theme().color(Role.SURFACE if faint else Role.GRID)
        color.setAlphaF(0.25 if faint else 1.0)
        painter.setPen(color)
        rows = (grid.part((row, row), (0, grid.columns)) for row in range(1, grid.rows))
        columns = (grid.part((0, grid.rows), (column, column)) for column in range(1, grid.columns))
        drawn = [QLineF(line.topLeft(), line.topRight()) for line in rows]
        drawn += [QLineF(line.topLeft(), line.bottomLeft()) for line in columns]
        painter.drawLines(drawn)

    def _paint_cell(self, painter: QPainter, grid: CellGrid) -> None:
        row, column = (0, *self._cell)[-2:]
        rect = grid.part((row, row + 1), (column, column + 1))
        least = space(1)  # a cell of a large map is smaller than anyone could find
        grow = max(0.0, (least - min(rect.width(), rect.height())) / 2)
        rect.adjust(-grow, -grow if grid.rows > 1 else 0, grow, grow if grid.rows > 1 else 0)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for role, width in ((Role.SURFACE, 4.0), (Role.ACCENT, 2.0)):
            painter.setPen(QPen(theme().color(role), width))
            painter.drawRect(rect)
        if self._is_pinned:
            painter.setFont(theme().font(Scale.CAPTION, bold=True))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color(Role.SURFACE), 1.5))
            painter.setBrush(theme().color(Role.ACCENT))
            painter.drawEllipse(rect.topRight(), space(1), space(1))


def _mean_levels(layer: LayerMaps) -> Any:
    mean = layer.values().mean(axis=0)
    low, high = float(mean.min()), float(mean.max())
    return np.rint((mean - low) / (high - low if high > low else 1.0) * 255).astype(np.uint8)
