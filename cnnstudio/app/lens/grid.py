"""Cells on the screen: where the cells of a map or a sample lie, and which is under the mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

STRIP = 200
"""Largest height of a signal's strip, in pixels."""
COARSE = 4
"""Pixels that a cell must have for lines between cells to help rather than hide."""


@dataclass(frozen=True, slots=True)
class CellGrid:
    """A grid of `rows` x `columns` cells whose first cell starts at `left`, `top`; all in logical pixels."""

    rows: int
    columns: int
    left: float
    top: float
    width: float
    """Of one cell."""
    height: float

    @property
    def rect(self) -> QRectF:
        """The whole grid."""
        return QRectF(self.left, self.top, self.columns * self.width, self.rows * self.height)

    @property
    def is_coarse(self) -> bool:
        """Whether single cells are large enough to be told apart."""
        return min(self.width, self.height) >= COARSE

    def part(self, rows: tuple[int, int], columns: tuple[int, int]) -> QRectF:
        """The cells from the first to before the last of each pair; they may lie outside the grid."""
        return QRectF(
            self.left + columns[0] * self.width,
            self.top + rows[0] * self.height,
            (columns[1] - columns[0]) * self.width,
            (rows[1] - rows[0]) * self.height,
        )

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column under that place; None outside."""
        if not self.rect.contains(place):
            return None
        row, column = int((place.y() - self.top) / self.height), int((place.x() - self.left) / self.width)
        return min(row, self.rows - 1), min(column, self.columns - 1)


def fitted(spatial: tuple[int, ...], room: QRectF, margin: tuple[int, int] = (0, 0)) -> CellGrid:
    """The largest grid for a map of these sizes that fits, in the middle of the room.

    Signals are one row as wide as the room; of volumes it is one slice. `margin` is how many rows and columns are kept
    free on either side. Cells are whole pixels where there is room for that.
    """
    rows, columns = plane(spatial)
    wide, high = columns + 2 * margin[1], rows + 2 * margin[0]
    if len(spatial) < 2:
        width, height = room.width() / wide, min(room.height(), STRIP)
    else:
        scale = min(room.width() / wide, room.height() / high)
        width = height = math.floor(scale) if scale >= 1 else max(scale, 1e-3)
    left = room.left() + (room.width() - width * columns) / 2
    top = room.top() + (room.height() - height * rows) / 2
    return CellGrid(rows, columns, round(left), round(top), width, height)


def plane(spatial: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns in which a map is shown: a signal is one row, a vector one cell, a volume one slice."""
    rows, columns = (1, 1, *spatial)[-2:]
    return rows, columns
