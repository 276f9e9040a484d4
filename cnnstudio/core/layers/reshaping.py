"""Layers that move, add or drop cells without computing: upsampling, padding, cropping, flatten, reshape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import each_axis, gather_all, interpolate, refold, repeat, shift, turn
from cnnstudio.core.declare import show
from cnnstudio.core.layers.registry import Call, Outcome, rule

if TYPE_CHECKING:
    from cnnstudio.core.declare import Shape


@rule("UpSampling1D", "UpSampling2D", "UpSampling3D")
def upsampling(call: Call) -> Outcome:
    """Keras UpSampling1D/2D/3D; only the 2-D one interpolates, with half-pixel centres."""
    times = call.axes("size", 2)
    interpolation = call.get("interpolation", "nearest")
    if interpolation != "nearest" and call.x.rank != 2:
        raise Refused(
            f'Interpolation "{interpolation}" is for images, but the input has {call.x.rank} spatial '
            f'{"axis" if call.x.rank == 1 else "axes"}: set it to "nearest".',
            "interpolation",
            suggest=(('Set interpolation to "nearest"', {"interpolation": "nearest"}),),
        )
    if interpolation == "nearest":
        view = each_axis(repeat, tuple([(t,) for t in times]))
    else:
        view = each_axis(interpolate, tuple(zip(times, call.x.spatial, strict=True)))
    return Outcome((*[n * t for n, t in zip(call.x.spatial, times, strict=True)], call.x.channels), view)


def margins(call: Call, name: str) -> tuple[tuple[int, int], ...]:
    """Argument `name` as a (before, after) pair for each spatial axis.

    For signals Keras reads a pair of numbers as (before, after), for images and volumes as one number per axis.
    """
    value, rank = call.get(name, 1), call.x.rank
    if isinstance(value, int):
        return ((value, value),) * rank
    if rank == 1:
        if len(value) != 2 or not all(isinstance(v, int) for v in value):
            raise Refused(f"{name.capitalize()} needs one number, or two for a signal, not {show(value)}.", name)
        return ((value[0], value[1]),)
    if len(value) != rank:
        raise Refused(f"{name.capitalize()} needs one entry per spatial axis ({rank}), but has {len(value)}.", name)
    return tuple([(v, v) if isinstance(v, int) else (v[0], v[1]) for v in value])


@rule("ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D")
def zero_padding(call: Call) -> Outcome:
    """Keras ZeroPadding1D/2D/3D."""
    pairs = margins(call, "padding")
    view = each_axis(shift, tuple([(a,) for a, _ in pairs]))
    return Outcome((*[n + a + b for n, (a, b) in zip(call.x.spatial, pairs, strict=True)], call.x.channels), view)


@rule("Cropping1D", "Cropping2D", "Cropping3D")
def cropping(call: Call) -> Outcome:
    """Keras Cropping1D/2D/3D."""
    pairs = margins(call, "cropping")
    spatial = tuple([n - a - b for n, (a, b) in zip(call.x.spatial, pairs, strict=True)])
    if min(spatial) < 1:
        cut = tuple(a + b for a, b in pairs)
        raise Refused(
            f"Cropping must leave at least one cell on every axis, but takes {show(cut)} "
            f"away from {show(call.x.spatial)}: cut off less.",
            "cropping",
            suggest=(("Set cropping to 1", {"cropping": 1}), ("Set cropping to 0", {"cropping": 0})),
        )
    return Outcome((*spatial, call.x.channels), each_axis(shift, tuple([(-a,) for a, _ in pairs])))


@rule("Flatten")
def flatten(call: Call) -> Outcome:
    """Keras Flatten."""
    if call.x.rank == 0:
        return Outcome(call.x.shape)
    return Outcome((call.x.cells,), gather_all(call.x.spatial))


@rule("Reshape")
def reshape(call: Call) -> Outcome:
    """Keras Reshape: the same values in row-major order, one size may be -1 for "the rest"."""
    shape = _target(tuple(call.config["target_shape"]), call.x.cells, call.x.shape)
    if shape == call.x.shape:
        return Outcome(shape)
    return Outcome(shape, refold(call.x.shape, shape))


@rule("Permute")
def permute(call: Call) -> Outcome:
    """Keras Permute: axes of a sample, counted from 1, in another order."""
    dims, axes = tuple(call.config["dims"]), tuple(range(1, len(call.x.shape) + 1))
    if tuple(sorted(dims)) != axes:
        turned = (*reversed(axes[:-1]), axes[-1])
        raise Refused(
            f"The order must name each of the {len(axes)} axes that come in once, by numbers from 1, "
            f"but is {', '.join(map(str, dims))}.",
            "dims",
            suggest=(
                (f"Set order to {show(turned)}", {"dims": turned}),
                (f"Set order to {show(axes)}", {"dims": axes}),
            ),
        )
    if dims == axes:
        return Outcome(call.x.shape)
    view = turn(tuple([d - 1 for d in dims]), call.x.spatial)
    return Outcome(tuple([call.x.shape[d - 1] for d in dims]), view)


def _target(shape: Shape, cells: int, given: Shape) -> Shape:
    known = math.prod(n for n in shape if n != -1)
    if shape.count(-1) > 1 or any(n < -1 or n == 0 for n in shape):
        raise Refused(
            f"The shape needs whole numbers of at least 1, and at most one -1 for the rest, not {show(shape)}.",
            "target_shape",
            suggest=((f"Set shape to {cells:,}", {"target_shape": (cells,)}),),
        )
    fits = cells % known == 0 if -1 in shape else cells == known
    if not fits:
        raise Refused(
            f"The shape must hold as many values as come in, {cells:,} ({show(given)}), but {show(shape)} holds "
            f"{known:,}{' in its known sizes' if -1 in shape else ''}: change the sizes so that their product fits.",
            "target_shape",
            suggest=(
                ("Let the last size follow", {"target_shape": (*shape[:-1], -1)}),
                ("Let the first size follow", {"target_shape": (-1, *shape[1:])}),
                ("Make it a vector", {"target_shape": (cells,)}),
            ),
        )
    return tuple([cells // known if n == -1 else n for n in shape])
