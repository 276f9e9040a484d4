"""Ways to bring a tensor to the shape that a merge or Output needs: pooling, upsampling, 1 x 1 convolutions ..."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.declare import show

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cnnstudio.core.catalogue.base import BlockSpec
    from cnnstudio.core.declare import Shape


@dataclass(frozen=True, slots=True)
class Way:
    """Blocks, one behind the other, that give the shape, and their words for a button."""

    specs: tuple[BlockSpec, ...]
    words: str


def ways(have: Shape, spatial: Shape, channels: int | None) -> Iterator[Way]:
    """Ways from `have` to maps of the size `spatial` (empty for a vector), likeliest first.

    `channels` None leaves the number of channels to the way. Values out of a declaration's bounds are left out.
    """
    for way in _all(have, spatial, channels):
        if all(p.problem(getattr(s, p.name)) is None for s in way.specs for p in s.parameters):
            yield way


def _all(have: Shape, spatial: Shape, channels: int | None) -> Iterator[Way]:
    given, old = have[:-1], have[-1]
    change = None if channels in (None, old) else channels
    if given == spatial:
        if change is not None:
            yield _mix(change) if spatial else _dense(change)
    elif not spatial:
        yield from _to_vector(have, channels)
    elif not given:
        yield from _to_maps(have, spatial, channels)
    elif len(given) != len(spatial):
        yield from _refold(have, spatial, channels)
    elif len(given) <= 3:
        yield from _resize(given, spatial, change)


def _way(spec: BlockSpec, words: str) -> Way:
    return Way((spec,), words)


def _chain(*links: Way | None) -> Way:
    made = [w for w in links if w is not None]
    return Way(tuple(s for w in made for s in w.specs), " and ".join(w.words for w in made))


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _mix(filters: int, strides: int | tuple[int, ...] = 1) -> Way:
    """A convolution of one cell: it changes the channels, and with strides the size."""
    spec = spec_class("Convolution")(filters=filters, kernel_size=1, strides=strides, activation="none")
    words = f"a 1 x 1 convolution with {_count(filters, 'filter')}"
    return _way(spec, words if strides == 1 else f"{words} and strides {show(strides)}")


def _dense(units: int) -> Way:
    return _way(spec_class("Dense")(units=units, activation="none"), f"a Dense block with {_count(units, 'unit')}")


def _reshape(shape: Shape) -> Way:
    return _way(spec_class("Reshape")(target_shape=shape), f"a reshape to {show(shape)}")


def _to_vector(have: Shape, channels: int | None) -> Iterator[Way]:
    mean, flat = _way(spec_class("GlobalAveragePooling")(), "global average pooling"), None
    if len(have) <= 4:
        yield mean if channels in (None, have[-1]) else _chain(mean, _dense(channels or 1))
    flat = _way(spec_class("Flatten")(), "flatten")
    yield flat if channels in (None, math.prod(have)) else _chain(flat, _dense(channels or 1))


def _to_maps(have: Shape, spatial: Shape, channels: int | None) -> Iterator[Way]:
    cells, places = have[0], math.prod(spatial)
    if cells % places == 0 and channels in (None, cells // places):
        yield _reshape((*spatial, cells // places))
    else:
        maps = channels or 1
        yield _chain(_dense(places * maps), _reshape((*spatial, maps)))


def _refold(have: Shape, spatial: Shape, channels: int | None) -> Iterator[Way]:
    """Maps with another number of axes: the same values in another shape, if that comes out even."""
    cells, places = math.prod(have), math.prod(spatial)
    if cells % places == 0 and channels in (None, cells // places):
        yield _reshape((*spatial, cells // places))


def _resize(given: Shape, wanted: Shape, channels: int | None) -> Iterator[Way]:
    mix = None if channels is None else _mix(channels)
    pairs = list(zip(given, wanted, strict=True))
    if all(n >= m for n, m in pairs):
        steps = tuple(-(-n // m) for n, m in pairs)
        if all(-(-n // s) == m for (n, m), s in zip(pairs, steps, strict=True)):
            yield from _shrink(pairs, steps, channels)
    if all(n <= m for n, m in pairs):
        yield from _grow(pairs, channels)
    yield _chain(_margin(pairs), mix)


def _one(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
    return sizes[0] if len(set(sizes)) == 1 else sizes


def _shrink(pairs: list[tuple[int, int]], steps: tuple[int, ...], channels: int | None) -> Iterator[Way]:
    size = _one(steps)
    even = all(n % s == 0 for (n, _), s in zip(pairs, steps, strict=True))
    pool = spec_class("MaxPooling")(pool_size=size, padding="valid" if even else "same")
    pooling = _way(pool, f"max pooling by {show(size)}")
    if channels is None:
        yield pooling
    else:
        yield _mix(channels, size)
        yield _chain(pooling, _mix(channels))


def _grow(pairs: list[tuple[int, int]], channels: int | None) -> Iterator[Way]:
    """Repeated cells, cut to size where the sizes are no multiples."""
    times = tuple(-(-m // n) for n, m in pairs)
    if all(m < 1.5 * n for n, m in pairs):
        return  # less than half as much again: a margin does it
    grown = [(n * t, m) for (n, m), t in zip(pairs, times, strict=True)]
    cut = None if all(n == m for n, m in grown) else _margin(grown)
    size = _one(times)
    up = _way(spec_class("Upsampling")(size=size), f"upsampling by {show(size)}")
    yield _chain(up, cut, None if channels is None else _mix(channels))
    if channels is not None and cut is None:
        learned = spec_class("TransposedConvolution")(filters=channels, kernel_size=size, strides=size)
        yield _way(learned, f"a transposed convolution with {_count(channels, 'filter')} and strides {show(size)}")


def _margin(pairs: list[tuple[int, int]]) -> Way:
    """Zeros round the axes that are too short, a cut off those that are too long."""
    more = [max(m - n, 0) for n, m in pairs]
    less = [max(n - m, 0) for n, m in pairs]
    pad = spec_class("ZeroPadding")(padding=_sides(more)) if any(more) else None
    crop = spec_class("Cropping")(cropping=_sides(less)) if any(less) else None
    both = _chain(None if pad is None else _way(pad, "zero padding"), None if crop is None else _way(crop, "cropping"))
    return Way(both.specs, f"{both.words} to {show(tuple(m for _, m in pairs))}")


def _sides(total: list[int]) -> int | tuple[tuple[int, int], ...]:
    pairs = tuple((t // 2, t - t // 2) for t in total)
    same = len({n for pair in pairs for n in pair}) == 1
    return pairs[0][0] if same else pairs
