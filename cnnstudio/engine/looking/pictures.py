"""Feature maps as small square pictures, for cards: one glance, not measurement.

A picture is uint8 (size, size): 0 where there is nothing, 1 to 255 from low to high. Maps stand side by side, each on
its own scale as on the wall; signals are lines, one below the other; the values of a vector are bars from a zero line.
"""

from __future__ import annotations

import numpy as np

TILES = 4
"""Most channels in one picture: more would be too small to see anything in."""
LINES = 2
"""The same for signals."""
_LOW, _HIGH = 1, 255
_BELOW_ZERO = 128
_FINEST = 40
"""Up to this width lines are as fine as they may be; wider pictures are shown smaller than they are."""
_FINE = 4
"""Lines are drawn on a grid this much finer, and averaged down to smooth edges."""
_LUMINANCE = np.array([0.299, 0.587, 0.114], "float32")


def picture(values: np.ndarray, size: int, channels: tuple[int, ...] = ()) -> np.ndarray:
    """The picture of one block's result (..., channels), float32, of these channels; see `telling_channels`.

    Volumes show their middle slice; a network's 1 x 1 maps are a vector.
    """
    if values.ndim == 4:
        values = values[values.shape[0] // 2]
    values = np.nan_to_num(values.astype("float32"), nan=0.0, posinf=0.0, neginf=0.0)
    if values.size == values.shape[-1]:
        return _bars(values.reshape(-1), size)
    chosen = values[..., list(channels or telling_channels(values))]
    return _lines(chosen, size) if values.ndim == 2 else _montage(chosen, size)


def sample_picture(values: np.ndarray, size: int) -> np.ndarray:
    """A sample itself (..., channels): colours as shades of grey, all else as `picture`."""
    if values.ndim == 3 and values.shape[-1] == len(_LUMINANCE):
        return _montage((values @ _LUMINANCE)[..., np.newaxis], size)
    return picture(values, size)


def telling_channels(values: np.ndarray) -> tuple[int, ...]:
    """The channels of maps (..., channels) that vary most, in their order: TILES (of signals LINES), or 1 of fewer."""
    if values.ndim == 4:
        values = values[values.shape[0] // 2]
    count = values.shape[-1]
    spread = values.reshape(-1, count).std(axis=0)
    most = LINES if values.ndim == 2 else TILES
    kept = most if count >= most else 1
    order = np.argsort(-np.nan_to_num(spread), kind="stable")[:kept]
    return tuple(sorted(int(c) for c in order))


def _montage(maps: np.ndarray, size: int) -> np.ndarray:
    """Maps (height, width, channels) two by two, or one alone."""
    across = 1 if maps.shape[-1] == 1 else 2
    gap = 0 if across == 1 else max(1, size // 24)
    room = (size - gap) // across
    canvas = np.zeros((size, size), "uint8")
    for i in range(maps.shape[-1]):
        tile = _fitted(maps[..., i], room)
        top = (i // across) * (room + gap) + (room - tile.shape[0]) // 2
        left = (i % across) * (room + gap) + (room - tile.shape[1]) // 2
        canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return canvas


def _fitted(one: np.ndarray, room: int) -> np.ndarray:
    """A map as large as it gets in a square, its shape kept, as levels."""
    scale = room / max(one.shape)
    for axis in (0, 1):
        one = _resized(one, max(1, round(one.shape[axis] * scale)), axis)
    return _levels(one)


def _resized(values: np.ndarray, length: int, axis: int) -> np.ndarray:
    """Means of what falls together where an axis gets shorter; the nearest where it gets longer."""
    now = values.shape[axis]
    if length >= now:
        nearest: np.ndarray = np.take(values, (np.arange(length) * now) // length, axis)
        return nearest
    starts = (np.arange(length) * now) // length
    counts = np.diff(np.append(starts, now)).astype("float32")
    shape = [1] * values.ndim
    shape[axis] = length
    means: np.ndarray = np.add.reduceat(values, starts, axis=axis) / counts.reshape(shape)
    return means


def _levels(values: np.ndarray) -> np.ndarray:
    low, high = float(values.min()), float(values.max())
    span = high - low if high > low else 1.0
    levels: np.ndarray = np.rint((values - low) / span * (_HIGH - _LOW) + _LOW).astype("uint8")
    return levels


def _lines(signals: np.ndarray, size: int) -> np.ndarray:
    """Signals (length, channels) as lines, one below the other."""
    count = signals.shape[-1]
    canvas = np.zeros((size, size), "uint8")
    edges = np.linspace(0, size, count + 1).round().astype(int)
    for i in range(count):
        canvas[edges[i] : edges[i + 1]] = _line(signals[:, i], size, int(edges[i + 1] - edges[i]))
    return canvas


def _line(signal: np.ndarray, width: int, height: int) -> np.ndarray:
    columns, rows = width * _FINE, height * _FINE
    level = (_levels(signal).astype("float32") - _LOW) / (_HIGH - _LOW)
    margin = 1.5 * _FINE
    y = margin + (1 - level) * (rows - 1 - 2 * margin)
    if len(y) <= columns:
        top = bottom = np.interp(np.linspace(0, len(y) - 1, columns), np.arange(len(y)), y)
    else:
        starts = (np.arange(columns) * len(y)) // columns
        top, bottom = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    before_top, before_bottom = np.append(top[:1], top[:-1]), np.append(bottom[:1], bottom[:-1])
    half = 0.6 * _FINE * max(1.0, width / _FINEST)
    row = np.arange(rows)[:, np.newaxis]
    inside = (row >= np.minimum(top, before_top) - half) & (row <= np.maximum(bottom, before_bottom) + half)
    cover = inside.reshape(height, _FINE, width, _FINE).mean(axis=(1, 3))
    line: np.ndarray = np.rint(cover * _HIGH).astype("uint8")
    return line


def _bars(values: np.ndarray, size: int) -> np.ndarray:
    """Values (channels,) as bars; where there are too many, the farthest from zero of those that fall together."""
    most = size // 2
    if len(values) > most:
        groups = np.array_split(values, most)
        values = np.array([group[np.abs(group).argmax()] for group in groups], "float32")
    top, bottom = max(0.0, float(values.max())), min(0.0, float(values.min()))
    canvas = np.zeros((size, size), "uint8")
    if top == bottom:
        return canvas
    zero = round(top / (top - bottom) * (size - 1))
    edges = np.linspace(0, size, len(values) + 1).round().astype(int)
    for value, left, right in zip(values, edges, edges[1:], strict=False):
        end = round((top - float(value)) / (top - bottom) * (size - 1))
        columns = slice(left, max(left + 1, right - 1))
        canvas[min(zero, end) : max(zero, end) + 1, columns] = _HIGH if value >= 0 else _BELOW_ZERO
    return canvas
