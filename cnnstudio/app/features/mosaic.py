"""Feature maps as numbers: how they are laid out as tiles, brought to one scale, and made into one image.

Nothing here is a widget. Sizes are device pixels: a map's cell is a whole number of them, unless that would leave much
of the room empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from PySide6.QtGui import QImage

Bytes: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]

SMALLEST_TILE = 20
"""Below this many pixels a map cannot be read; the wall scrolls instead."""
LARGEST_TILE = 512
WORTH = 1.15
"""Tiles that are so many times as large are worth cells that are a pixel wider or narrower than their neighbours."""
FLAT = 5
"""A strip that is more times as wide as high leaves room for another column."""
STRETCH = 6
"""So many times its smallest height a strip may have."""


@dataclass(frozen=True, slots=True)
class Grid:
    """How `count` tiles lie: row by row, `gap` apart."""

    count: int
    columns: int
    width: int
    """Width of a tile in pixels, without the gap."""
    height: int
    gap: int

    @property
    def rows(self) -> int:
        """Number of rows of tiles."""
        return -(-self.count // self.columns)

    @property
    def total_width(self) -> int:
        """Width of all columns with the gaps between them."""
        return self.columns * (self.width + self.gap) - self.gap

    @property
    def total_height(self) -> int:
        """Height of all rows with the gaps between them."""
        return self.rows * (self.height + self.gap) - self.gap

    def place(self, channel: int) -> tuple[int, int]:
        """Left and top of that channel's tile."""
        row, column = divmod(channel, self.columns)
        return column * (self.width + self.gap), row * (self.height + self.gap)

    def channel_at(self, x: int, y: int) -> int | None:
        """The channel whose tile covers that pixel; None in a gap or outside."""
        if x < 0 or y < 0:
            return None
        column, in_x = divmod(x, self.width + self.gap)
        row, in_y = divmod(y, self.height + self.gap)
        channel = row * self.columns + column
        inside = column < self.columns and in_x < self.width and in_y < self.height and channel < self.count
        return channel if inside else None


def fit(count: int, shape: tuple[int, int], room: tuple[int, int], gap: int, tile: int = 0) -> Grid:
    """The grid with the largest tiles at which `count` maps of (height, width) fit `room` (width, height).

    When even the smallest legible ones do not fit, the grid takes the room's width and is taller than the room. A
    `tile` of so many pixels along its longer edge is taken whatever the room.
    """
    longest = max(shape)
    if tile:
        scale = tile / longest
        return _at_scale(count, shape, round(scale) if scale >= 3 else scale, room[0], gap)
    least = max(1, -(-SMALLEST_TILE // longest))
    most = max(least, LARGEST_TILE // longest)
    whole = next((n for n in range(most, least, -1) if _fits(_at_scale(count, shape, n, room[0], gap), room)), least)
    full = min(_filling(count, shape, room, gap), max(LARGEST_TILE / longest, 1.0))
    return _at_scale(count, shape, full if full >= WORTH * whole else whole, room[0], gap)


def _fits(grid: Grid, room: tuple[int, int]) -> bool:
    return grid.total_width <= room[0] and grid.total_height <= room[1]


def _filling(count: int, shape: tuple[int, int], room: tuple[int, int], gap: int) -> float:
    """The largest scale, whole or not, at which all maps fit; 0 where none does."""
    best = 0.0
    for columns in range(1, min(count, room[0] // (gap + 1) + 1) + 1):
        rows = -(-count // columns)
        width, height = (room[0] + gap) // columns - gap, (room[1] + gap) // rows - gap
        best = max(best, min(width / shape[1], height / shape[0]))
    return best


def _at_scale(count: int, shape: tuple[int, int], scale: float, room: int, gap: int) -> Grid:
    # A hair more: what was divided and is multiplied again must not come to a pixel less.
    width, height = (max(1, int(size * scale + 1e-6)) for size in (shape[1], shape[0]))
    columns = max(1, min(count, (room + gap) // (width + gap)))
    columns = -(-count // -(-count // columns))  # as many rows, without one tile alone in the last
    return Grid(count, columns, width, height, gap)


def fit_strips(count: int, least: tuple[int, int], room: tuple[int, int], gap: int, tall: int = 0) -> Grid:
    """A grid of strips of at least (width, height) `least` that fills `room`; for signals, drawn as lines.

    Strips of `tall` pixels are taken whatever the room.
    """
    columns = 1
    while columns < count and _strips(count, columns + 1, least, room, gap, tall).width >= least[0]:
        grid = _strips(count, columns, least, room, gap, tall)
        if grid.total_height <= room[1] and grid.width <= FLAT * grid.height:
            break
        columns += 1
    return _strips(count, columns, least, room, gap, tall)


def _strips(count: int, columns: int, least: tuple[int, int], room: tuple[int, int], gap: int, tall: int = 0) -> Grid:
    rows = -(-count // columns)
    width = max(1, (room[0] + gap) // columns - gap)
    height = tall or max(least[1], min(STRETCH * least[1], (room[1] + gap) // rows - gap))
    return Grid(count, columns, width, height, gap)


def fit_bars(count: int, room: tuple[int, int], ratio: float) -> Grid:
    """A grid of bars, as wide as lets all of them fit `room`; `ratio` device pixels make a logical one."""
    least, most = round(56 * ratio), round(180 * ratio)
    grid = Grid(count, 1, 1, least, 1)
    for logical in (28, 24, 20, 16, 12, 10, 8, 6, 4):
        width = round(logical * ratio)
        gap = max(1, width // 6)
        columns = max(1, min(count, (room[0] + gap) // (width + gap)))
        rows = -(-count // columns)
        height = max(least, min(most, (room[1] + gap) // rows - gap))
        grid = Grid(count, columns, width, height, gap)
        if grid.total_height <= room[1]:
            break
    return grid


def decode(maps: Bytes, low: Floats, high: Floats) -> Floats:
    """The values that the bytes stand for, float32, in the shape of `maps`."""
    along = (-1,) + (1,) * (maps.ndim - 1)
    span = (high - low).astype(np.float32) / np.float32(255)
    return maps.astype(np.float32) * span.reshape(along) + low.astype(np.float32).reshape(along)


def rescaled(maps: Bytes, low: Floats, high: Floats, bottom: Floats, top: Floats) -> Bytes:
    """The maps with 0 for each channel's `bottom` and 255 for its `top`; where those are equal, all is 0."""
    span = (top - bottom).astype(np.float64)
    factor = np.divide(255.0, span, out=np.zeros_like(span), where=span > 0)
    slope = (high - low).astype(np.float64) / 255.0 * factor
    offset = (low - bottom).astype(np.float64) * factor
    # A table of 256 entries for each channel: far fewer sums than values.
    tables = np.rint(np.arange(256)[None, :] * slope[:, None] + offset[:, None]).clip(0, 255).astype(np.uint8)
    made = np.empty(maps.shape, np.uint8)
    for number, table in enumerate(tables):
        made[number] = table[maps[number]]
    return made


def dead_channels(low: Floats, high: Floats) -> Floats:
    """True for each channel that has the same value everywhere."""
    return np.asarray(~(high > low))


def mosaic(maps: Bytes, grid: Grid, first_row: int = 0, rows: int | None = None) -> Bytes:
    """The bytes of those rows of tiles as one picture, gaps included (as 0).

    `maps` is (channels, height, width). The result is (rows * (tile + gap), columns * (tile + gap)), C-contiguous.
    """
    rows = grid.rows - first_row if rows is None else rows
    shown = maps[first_row * grid.columns : (first_row + rows) * grid.columns]
    picture = np.zeros((rows, grid.height + grid.gap, grid.columns, grid.width + grid.gap), np.uint8)
    large = _stretched(shown, 2, grid.width)
    full, rest = divmod(len(large), grid.columns)
    for row in range(full + (1 if rest else 0)):
        tiles = large[row * grid.columns : (row + 1) * grid.columns].swapaxes(0, 1)
        picture[row, : grid.height, : tiles.shape[1], : grid.width] = _stretched(tiles, 0, grid.height)
    return picture.reshape(rows * (grid.height + grid.gap), grid.columns * (grid.width + grid.gap))


def _stretched(cells: Bytes, axis: int, size: int) -> Bytes:
    """The cells along that axis brought to `size` pixels: each is as wide as the others, or a pixel wider."""
    count = cells.shape[axis]
    if size % count:
        chosen: Bytes = cells.take(np.arange(size) * count // size, axis=axis)
        return chosen
    return cells.repeat(size // count, axis=axis) if size > count else cells


def indexed(picture: Bytes, table: list[int]) -> QImage:
    """The picture as an Indexed8 image with that colour table; the image owns its bytes."""
    picture = np.ascontiguousarray(picture)
    height, width = picture.shape
    borrowed = QImage(picture.data, width, height, width, QImage.Format.Format_Indexed8)
    image = borrowed.copy()
    image.setColorTable(table)
    return image
