"""How much each place of an input counts, as colours: a veil over images, the ink of a signal's line.

Places that count little let through what lies below them, so that the sample stays to be seen. No widget is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QLineF
from PySide6.QtGui import QColor, QImage

from cnnstudio.app.features.colormaps import ENTRIES

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF

    from cnnstudio.app.features.colormaps import ColourMap


@dataclass(frozen=True, eq=False)
class Counting:
    """How much each place counts, with the scale that its colours have."""

    values: Any
    """float32 with the input's spatial shape."""
    signed: bool
    """Whether places can count against what is explained."""

    @property
    def most(self) -> float:
        """The largest absolute value: the end of the scale."""
        return float(np.max(np.abs(self.values), initial=0.0))

    @property
    def bounds(self) -> tuple[float, float]:
        """What the two ends of the colour map stand for."""
        return (-self.most, self.most) if self.signed else (0.0, self.most)

    def shares(self) -> Any:
        """The values as shares of the largest: -1 to 1, or 0 to 1 where none counts against."""
        most = self.most
        shares = np.nan_to_num(self.values) / most if most > 0 else np.zeros_like(self.values)
        return shares if self.signed else np.clip(shares, 0.0, 1.0)


def levels(shares: Any, signed: bool) -> Any:
    """Entries of a colour table, uint8, for shares as `Counting.shares` gives them."""
    unit = (shares + 1) / 2 if signed else shares
    return np.rint(np.clip(unit, 0, 1) * (ENTRIES - 1)).astype(np.uint8)


def opacity(shares: Any, strength: float) -> Any:
    """How much a place covers what lies below, 0 to 1.

    The root brings out what counts little: the eye takes a quarter of the largest value for more than a quarter.
    """
    return strength * np.sqrt(np.abs(shares))


def faded(unit: Any, strength: float) -> Any:
    """An image (..., channels) in 0..1 on its way to grey, so that its own colours are not taken for the veil's."""
    if unit.shape[-1] < 3:
        return unit
    grey = unit[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32)
    return unit[..., :3] * (1 - strength) + grey[..., np.newaxis] * strength


def veil(plane: Any, signed: bool, colours: ColourMap, strength: float) -> QImage:
    """Shares (rows, columns) as an image to lay over the sample, one pixel for each cell."""
    table = np.array(colours.table(), np.uint32)[levels(plane, signed)]
    image = np.empty((*plane.shape, 4), np.uint8)
    for channel, shift in enumerate((0, 8, 16)):
        image[..., channel] = (table >> shift) & 255
    image[..., 3] = np.rint(255 * opacity(plane, strength))
    height, width = plane.shape
    image = np.ascontiguousarray(image)
    return QImage(image.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()


def inks(shares: Any, signed: bool, colours: ColourMap, strength: float, plain: QColor) -> list[QColor]:
    """The colour of a signal's line at each of these places: `plain` where a place does not count."""
    table = np.array(colours.table(), np.uint32)[levels(shares, signed)]
    cover = opacity(shares, strength)
    base = (plain.red(), plain.green(), plain.blue())
    mixed = [
        np.rint(old * (1 - cover) + ((table >> shift) & 255) * cover).astype(int).tolist()
        for old, shift in zip(base, (16, 8, 0), strict=True)
    ]
    return [QColor(red, green, blue) for red, green, blue in zip(*mixed, strict=True)]


def line_of(signal: Any, shares: Any, place: QRectF, bounds: tuple[float, float]) -> tuple[list[QLineF], Any]:
    """One channel of a signal (length,) as pieces of a line within `place`, and the share of each.

    A signal longer than the place is wide has one upright piece for each column of pixels, over the span of the samples
    that fall there; its share is the one that counts most.
    """
    low, high = bounds
    length, columns = len(signal), max(2, int(place.width()))
    y = place.bottom() - (np.clip(np.nan_to_num(signal), low, high) - low) / (high - low) * place.height()
    if length <= columns:
        x = place.left() + (np.arange(length) + 0.5) / length * place.width()
        pairs = zip(x[:-1].tolist(), y[:-1].tolist(), x[1:].tolist(), y[1:].tolist(), strict=True)
        both = np.stack([shares[:-1], shares[1:]])
        return [QLineF(*pair) for pair in pairs], _strongest(both)
    starts = np.arange(columns) * length // columns
    top, bottom = np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)
    # Each column reaches to the next, so that steep flanks stay joined.
    ahead_top, ahead_bottom = np.append(top[1:], top[-1]), np.append(bottom[1:], bottom[-1])
    bottom, top = np.maximum(bottom, ahead_top), np.minimum(top, ahead_bottom)
    found = np.stack([np.maximum.reduceat(shares, starts), np.minimum.reduceat(shares, starts)])
    x = (place.left() + np.arange(columns) + 0.5).tolist()
    lines = [QLineF(at, a, at, b + 0.5) for at, a, b in zip(x, top.tolist(), bottom.tolist(), strict=True)]
    return lines, _strongest(found)


def _strongest(both: Any) -> Any:
    return np.take_along_axis(both, np.argmax(np.abs(both), axis=0)[np.newaxis], axis=0)[0]
