"""One block's feature maps for one sample: what the wall shows, with its numbers and words."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from cnnstudio.app.features.mosaic import dead_channels, decode, on_one_scale
from cnnstudio.app.format import counted, shape

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Bytes, Floats
    from cnnstudio.wire.messages import FeatureMaps, Maps

Kind: TypeAlias = Literal["vector", "signals", "images", "volumes"]
_KINDS: tuple[Kind, ...] = ("vector", "signals", "images", "volumes")


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Every channel of a block as bytes with the range that 0 and 255 stand for, channels first."""

    maps: Bytes
    low: Floats
    high: Floats

    @classmethod
    def of(cls, event: FeatureMaps | Maps) -> LayerMaps:
        """What the worker sent, checked: raises ValueError when the arrays do not belong together."""
        maps = np.asarray(event.maps)
        low, high = np.asarray(event.low, np.float32), np.asarray(event.high, np.float32)
        if maps.dtype != np.uint8 or not 1 <= maps.ndim <= len(_KINDS) or maps.size == 0:
            raise ValueError(f"Feature maps must be bytes with 1 to 4 axes, not {maps.dtype} of shape {maps.shape}.")
        if low.shape != maps.shape[:1] or high.shape != maps.shape[:1]:
            raise ValueError(f"{len(maps)} maps need {len(maps)} ranges, not {low.shape} and {high.shape}.")
        return cls(maps, low, high)

    @property
    def kind(self) -> Kind:
        """What a channel is: one value, a line, an image or a volume."""
        return _KINDS[self.maps.ndim - 1]

    @property
    def count(self) -> int:
        """Number of channels."""
        return len(self.maps)

    @property
    def depth(self) -> int:
        """Number of slices of a volume; 1 for everything else."""
        return int(self.maps.shape[1]) if self.kind == "volumes" else 1

    @functools.cached_property
    def dead(self) -> frozenset[int]:
        """Channels with the same value everywhere. A value of a vector is no channel that could be dead."""
        if self.kind == "vector" or self.maps[0].size == 1:
            return frozenset()
        return frozenset(np.flatnonzero(dead_channels(self.low, self.high)).tolist())

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value of the layer."""
        return float(self.low.min()), float(self.high.max())

    @functools.cached_property
    def one_scale(self) -> Bytes:
        """The maps with one scale for the entire layer."""
        return on_one_scale(self.maps, self.low, self.high)

    def planes(self, depth: int, one_scale: bool) -> Bytes:
        """Images or that slice of the volumes, (channels, height, width)."""
        maps = self.one_scale if one_scale else self.maps
        return maps[:, min(depth, self.depth - 1)] if self.kind == "volumes" else maps

    def channel(self, number: int) -> Floats:
        """The values of one channel, in the shape of the channel."""
        one = slice(number, number + 1)
        values: Floats = decode(self.maps[one], self.low[one], self.high[one])[0]
        return values

    def values(self) -> Floats:
        """All values, in the shape of `maps`."""
        return decode(self.maps, self.low, self.high)

    def value(self, number: int, cell: tuple[int, ...]) -> float:
        """The value of one cell of one channel; `cell` is () for a vector."""
        level = float(self.maps[(number, *cell)])
        return float(self.low[number]) + level / 255 * float(self.high[number] - self.low[number])

    @property
    def words(self) -> str:
        """How many channels of what size: "64 maps of 28 × 28"."""
        noun = {"vector": "value", "signals": "signal", "images": "map", "volumes": "volume"}[self.kind]
        told = counted(self.count, noun)
        return f"{told} of {shape(self.maps.shape[1:])}" if self.maps.ndim > 1 else told


def number(value: float) -> str:
    """A value in four significant figures with a true minus sign."""
    return f"{value:.4g}".replace("-", "\u2212")
