"""Pictures of the lens: what is left in the shade, and where the gradient lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtGui import QColor, QImage

from cnnstudio.app.features.colormaps import MAGMA

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from cnnstudio.app.lens.grid import CellGrid
    from cnnstudio.core.analysis.cells import Box, Region

SHADE = 0.8
"""How much of what is not seen the shade covers."""
MOST_RECTS = 3_000
"""Of more separate stretches no single one could be made out; the shade alone shows them."""


def slice_of(region: Region, depth: int) -> Region:
    """The part of the region that is shown: of volumes that slice, of others all of it."""
    return tuple(box[1:] if len(box) == 3 else box for box in region if len(box) != 3 or depth in box[0])


def mask(region: Region, grid: CellGrid) -> Any:
    """True where a cell of the grid is in the region, as numpy (rows, columns)."""
    found = np.zeros((grid.rows, grid.columns), bool)
    for box in region:
        rows, columns = _rows_and_columns(box)
        for top, bottom in rows:
            for left, right in columns:
                found[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return found


def rects(region: Region, grid: CellGrid) -> list[QRectF]:
    """Where the region lies on the screen, one rectangle for each stretch of neighbours; [] for too many."""
    found: list[QRectF] = []
    for box in region:
        rows, columns = _rows_and_columns(box)
        if len(found) + len(rows) * len(columns) > MOST_RECTS:
            return []
        found += [grid.part(row, column) for row in rows for column in columns]
    return found


def _rows_and_columns(box: Box) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    columns = list(box[-1].runs()) if box else [(0, 1)]
    return list(box[-2].runs()) if len(box) > 1 else [(0, 1)], columns


def shade(seen: Any, ground: QColor) -> QImage:
    """The ground's colour over every cell that is not seen, one pixel for each cell."""
    levels = np.zeros((*seen.shape, 4), np.uint8)
    levels[..., :3] = (ground.blue(), ground.green(), ground.red())
    levels[..., 3] = np.where(seen, 0, round(255 * SHADE))
    return _image(levels)


def dusk(seen: Any) -> QImage:
    """What is seen, darkened, so that a gradient laid over it stands out whatever the sample's colours are."""
    return shade(~seen, QColor.fromRgba(MAGMA.table()[0]))


def heat(share: Any) -> QImage:
    """A gradient in 0..1, (rows, columns): strong ones cover what is below, weak ones let it through."""
    table = np.array(MAGMA.table(), np.uint32)
    place = np.rint(np.clip(share, 0, 1) * 255).astype(int)
    # Gradients fall off like a bell: their roots are nearer to what the eye calls half as much.
    strength = np.sqrt(np.clip(share, 0, 1))
    colours = table[np.rint(64 + 191 * place / 255).astype(int)]
    levels = np.empty((*place.shape, 4), np.uint8)
    for channel, shift in enumerate((0, 8, 16)):
        levels[..., channel] = (colours >> shift) & 255
    levels[..., 3] = np.rint(strength * 255)
    return _image(levels)


def _image(levels: Any) -> QImage:
    height, width = levels.shape[:2]
    levels = np.ascontiguousarray(levels)
    return QImage(levels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def share_holding(field: Any, part: float) -> int:
    """The fewest cells that together hold that part of the sum of a field; 0 where the sum is 0."""
    falling = np.sort(np.asarray(field, np.float64).ravel())[::-1]
    total = falling.sum()
    if total <= 0:
        return 0
    return int(np.searchsorted(np.cumsum(falling), part * total * (1 - 1e-9)) + 1)
