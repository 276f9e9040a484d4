"""From feature maps to pictures: each kind of channel (image, signal, value) as a tile of bytes and a colour table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.app.features.colormaps import ENTRIES
from cnnstudio.app.features.mosaic import fit, fit_bars, fit_strips, mosaic

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

    from cnnstudio.app.features.layer_maps import LayerMaps, Scaling
    from cnnstudio.app.features.mosaic import Bytes, Floats, Grid
    from cnnstudio.app.features.ranking import Ranks

STRIP = (150, 30)
"""Smallest (width, height) of a signal's strip, in logical pixels."""
LINE_MARGIN = 3.0
"""Pixels above and below a signal's line."""
UP, DOWN = 255, 128
"""Levels of bars above and below zero."""


def layout(
    layer: LayerMaps, room: tuple[int, int], gap: int, ratio: float, *, one_column: bool = False, tile: int = 0
) -> Grid:
    """The grid of tiles for `room` (width, height); all in device pixels, of which `ratio` make a logical one.

    `one_column` lays signals below each other, as wide as the room. `tile`: logical pixels along the longer edge of a
    map, and for the height of two strips of signals; 0 for what fits the room.
    """
    if layer.kind == "signals":
        least = (room[0] if one_column else round(STRIP[0] * ratio), round(STRIP[1] * ratio))
        return fit_strips(layer.count, least, room, gap, round(tile * ratio / 2))
    if layer.kind == "vector":
        return fit_bars(layer.count, room, ratio)
    shape = layer.maps.shape[-2:]
    return fit(layer.count, (int(shape[0]), int(shape[1])), room, gap, round(tile * ratio))


def picture(
    layer: LayerMaps,
    grid: Grid,
    rows: range,
    depth: int,
    scaling: Scaling,
    *,
    centred: bool = False,
    ranks: Ranks | None = None,
) -> Bytes:
    """Those rows of tiles as the bytes of one Indexed8 picture; nothing is computed for the others."""
    places = slice(rows.start * grid.columns, rows.stop * grid.columns)
    channels = places if ranks is None else ranks[places]
    if layer.kind in ("images", "volumes"):
        tiles = layer.planes(depth, channels, scaling, centred=centred)
    elif layer.kind == "signals":
        tiles = lines(layer.scaled(channels, scaling), grid.width, grid.height)
    else:
        tiles = bars(layer.values(), grid.width, grid.height)[channels]
    part = type(grid)(len(tiles), grid.columns, grid.width, grid.height, grid.gap)
    return mosaic(tiles, part, 0, len(rows))


def lines(maps: Bytes, width: int, height: int) -> Bytes:
    """Signals (channels, length) as smooth lines, (channels, height, width): 0 is ground, 255 line.

    A signal longer than the tile is wide shows the span of the samples that fall into each column of pixels.
    """
    length = maps.shape[1]
    thick = 1.4
    room = max(1.0, height - 1 - 2 * LINE_MARGIN)
    y = LINE_MARGIN + (1.0 - maps.astype(np.float32) / 255.0) * room
    if length <= width:
        places = np.linspace(0, length - 1, width)
        left = np.floor(places).astype(int)
        right = np.minimum(left + 1, length - 1)
        share = (places - left).astype(np.float32)
        y = y[:, left] * (1 - share) + y[:, right] * share
        low, high = y, y
    else:
        starts = (np.arange(width) * length) // width
        low, high = np.minimum.reduceat(y, starts, axis=1), np.maximum.reduceat(y, starts, axis=1)
    # Reach to the middle of the step to the next column, so that steep flanks stay joined.
    after = np.concatenate([(low[:, 1:] + high[:, 1:]) / 2, (low[:, -1:] + high[:, -1:]) / 2], axis=1)
    joint = ((low + high) / 2 + after) / 2
    before = np.concatenate([joint[:, :1], joint[:, :-1]], axis=1)
    top = np.minimum(np.minimum(low, joint), before) - thick / 2 + 0.5
    bottom = np.maximum(np.maximum(high, joint), before) + thick / 2 + 0.5
    row = np.arange(height, dtype=np.float32)[None, :, None]
    cover = np.minimum(row + 1, bottom[:, None, :]) - np.maximum(row, top[:, None, :])
    painted: Bytes = np.rint(np.clip(cover, 0, 1) * 255).astype(np.uint8)
    return painted


def line_place(share: float, height: float) -> float:
    """How far below the upper edge of a strip its line is where its value lies `share` of the span below the top."""
    return LINE_MARGIN + share * max(1.0, height - 1 - 2 * LINE_MARGIN)


def bars(values: Floats, width: int, height: int) -> Bytes:
    """Values (channels,) as bars from a common zero line, (channels, height, width); see UP and DOWN."""
    top, bottom = max(0.0, float(values.max())), min(0.0, float(values.min()))
    span = top - bottom
    tiles = np.zeros((len(values), height, width), np.uint8)
    if span <= 0:
        return tiles
    zero = top / span * height
    ends = (top - values) / span * height
    row = np.arange(height, dtype=np.float32)[None, :] + 0.5
    ends = ends[:, None]
    tiles[(row >= ends) & (row < zero)] = UP
    tiles[(row <= ends) & (row > zero)] = DOWN
    return tiles


def ink_table(ground: QColor, ink: QColor) -> list[int]:
    """A colour table from ground to ink, for `lines`."""
    steps = ENTRIES - 1
    pairs = (
        (ground.red(), ink.red()),
        (ground.green(), ink.green()),
        (ground.blue(), ink.blue()),
    )
    table = []
    for entry in range(ENTRIES):
        red, green, blue = (round(a + (b - a) * entry / steps) for a, b in pairs)
        table.append(0xFF000000 | red << 16 | green << 8 | blue)
    return table


def bar_table(ground: QColor, up: QColor, down: QColor) -> list[int]:
    """A colour table for `bars`."""
    table = [ground.rgba()] * ENTRIES
    table[UP], table[DOWN] = up.rgba(), down.rgba()
    return table
