"""One block's feature maps for one sample: what the wall shows, with its numbers and words."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from cnnstudio.app.features.mosaic import dead_channels, decode, rescaled
from cnnstudio.app.format import counted, shape

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Bytes, Floats
    from cnnstudio.wire.messages import FeatureMaps, Maps

Kind: TypeAlias = Literal["vector", "signals", "images", "volumes"]
_KINDS: tuple[Kind, ...] = ("vector", "signals", "images", "volumes")
Channels: TypeAlias = "slice | np.ndarray[Any, np.dtype[np.intp]]"
"""Some of the channels, in the order in which they are wanted."""
SATURATED_SHARE = 0.95
"""Of a channel that is called saturated, at least this share of the cells lies where the curve has levelled off."""
_LARGEST = 1e37
_NEAR = 0.01
"""How near to the limit that is, as a share of it or of the span between two limits."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """Which values the two ends of the colour map stand for."""

    whole_layer: bool = False
    """The layer's range, so that channels can be compared, instead of each channel's own."""
    span: tuple[float, float] | None = None
    """With `whole_layer`: this range instead, for layers side by side."""


@dataclass(frozen=True, eq=False)
class LayerMaps:
    """Every channel of a block as bytes with the range that 0 and 255 stand for, channels first."""

    maps: Bytes
    low: Floats
    high: Floats
    limits: tuple[float, ...] = ()
    """Values at which the block's curve levels off."""

    @classmethod
    def of(cls, event: FeatureMaps | Maps, limits: tuple[float, ...] = ()) -> LayerMaps:
        """What the worker sent, checked: raises ValueError when the arrays do not belong together."""
        return cls.checked(event.maps, event.low, event.high, limits)

    @classmethod
    def checked(cls, maps: Any, low: Any, high: Any, limits: tuple[float, ...] = ()) -> LayerMaps:
        """These arrays: raises ValueError when they do not belong together."""
        maps = np.asarray(maps)
        low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        if maps.dtype != np.uint8 or not 1 <= maps.ndim <= len(_KINDS) or maps.size == 0:
            raise ValueError(f"Feature maps must be bytes with 1 to 4 axes, not {maps.dtype} of shape {maps.shape}.")
        if low.shape != maps.shape[:1] or high.shape != maps.shape[:1]:
            raise ValueError(f"{len(maps)} maps need {len(maps)} ranges, not {low.shape} and {high.shape}.")
        return cls(maps, _sane(low), _sane(high), limits)

    @classmethod
    def made_of(cls, values: Floats) -> LayerMaps:
        """Values (channels, ...) brought to bytes."""
        flat = np.nan_to_num(values.reshape(len(values), -1), posinf=0.0, neginf=0.0)
        low, high = flat.min(axis=1).astype(np.float32), flat.max(axis=1).astype(np.float32)
        span = np.where(high > low, high - low, 1.0)[:, np.newaxis]
        levels = np.rint((flat - low[:, np.newaxis]) / span * 255).astype(np.uint8)
        return cls(levels.reshape(values.shape), low, high)

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
        constant = np.flatnonzero(dead_channels(self.low, self.high)).tolist()
        return frozenset(constant) - self.saturated

    @functools.cached_property
    def saturated(self) -> frozenset[int]:
        """Channels nearly all of whose cells lie at a limit of the block's curve."""
        if not self.limits or self.kind == "vector" or self.maps[0].size == 1:
            return frozenset()
        near = _NEAR * max(self.limits[-1] - self.limits[0], abs(self.limits[0]), abs(self.limits[-1]))
        held = sum(self._share_between(limit - near, limit + near) for limit in self.limits)
        return frozenset(np.flatnonzero(held >= SATURATED_SHARE).tolist())

    def _share_between(self, bottom: float, top: float) -> Floats:
        """For each channel, which share of its cells has values from `bottom` to `top`."""
        shares = np.zeros(self.count, np.float32)
        span = np.where(self.high > self.low, self.high - self.low, 1.0) / 255
        first = np.ceil((bottom - self.low) / span).clip(0, 256).astype(int)
        last = np.floor((top - self.low) / span).clip(-1, 255).astype(int)
        near = np.flatnonzero(first <= last)  # most channels do not come near
        if len(near):
            levels = self.maps.reshape(self.count, -1)[near]
            levels -= first[near, np.newaxis].astype(np.uint8)  # bytes below it wrap round
            within = levels <= (last - first)[near, np.newaxis].astype(np.uint8)
            shares[near] = np.count_nonzero(within, axis=1) / within.shape[1]
        return shares

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest value of the layer."""
        return float(self.low.min()), float(self.high.max())

    @property
    def is_signed(self) -> bool:
        """Whether there are values on both sides of zero."""
        low, high = self.range
        return low < 0 < high

    def spans(self, scaling: Scaling, centred: bool) -> tuple[Floats, Floats]:
        """For each channel the values at the two ends of the colour map; `centred`: with zero in its middle."""
        bottom, top = self.low, self.high
        if scaling.whole_layer:
            low, high = scaling.span or self.range
            bottom, top = np.full_like(bottom, low), np.full_like(top, high)
        if centred:
            top = np.maximum(np.abs(bottom), np.abs(top))
            top = np.where(top > 0, top, np.float32(1))  # nothing but zeros: the colour of zero
            bottom = -top
        return bottom, top

    def scaled(self, channels: Channels, scaling: Scaling, *, centred: bool = False) -> Bytes:
        """Those channels, as levels of the colour map. Nothing is computed for the others."""
        maps = self.maps[channels]
        if not scaling.whole_layer and not centred:
            return maps
        bottom, top = self.spans(scaling, centred)
        return rescaled(maps, self.low[channels], self.high[channels], bottom[channels], top[channels])

    def planes(self, depth: int, channels: Channels, scaling: Scaling, *, centred: bool = False) -> Bytes:
        """Images or that slice of the volumes, (channels, height, width), as levels of the colour map."""
        layer = self
        if self.kind == "volumes":
            layer = LayerMaps(self.maps[:, min(depth, self.depth - 1)], self.low, self.high)
        return layer.scaled(channels, scaling, centred=centred)

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


def _sane(ends: Floats) -> Floats:
    """A file may hold any number; sums of these stay within float32."""
    return np.clip(np.nan_to_num(ends, posinf=_LARGEST, neginf=-_LARGEST), -_LARGEST, _LARGEST)


def number(value: float) -> str:
    """A value in four significant figures with a true minus sign."""
    return f"{value:.4g}".replace("-", "\u2212")
