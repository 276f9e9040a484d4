"""Convolutions: plain, depthwise, separable and transposed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.declare import show
from cnnstudio.core.diagnostics import Refused
from cnnstudio.core.field import slide
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.program import Weight

if TYPE_CHECKING:
    from cnnstudio.core.field import Field


def window_length(size: int, reach: int, stride: int, padding: str) -> int:
    """Cells that a window of `reach` (dilation counted in) yields along an axis of `size` cells."""
    if padding == "valid":
        return (size - reach) // stride + 1
    return -(-size // stride)


def pad_before(size: int, reach: int, stride: int, padding: str) -> int:
    """Cells of padding before the first cell. "same" pads by the input's size, as TensorFlow does."""
    if padding == "valid":
        return 0
    if padding == "causal":
        return reach - 1
    out = -(-size // stride)
    return max((out - 1) * stride + reach - size, 0) // 2


def slide_all(
    call: Call, reach: tuple[int, ...], strides: tuple[int, ...], padding: str
) -> tuple[tuple[int, ...], Field]:
    """Spatial sizes and field after a sliding window; refuses a window that does not fit."""
    spatial = call.x.spatial
    if padding == "valid":
        for size, window in zip(spatial, reach, strict=True):
            if window > size:
                raise Refused(
                    f"The window covers {show(reach)} cells, but only {show(spatial)} come in: "
                    'make it smaller or set padding to "same".',
                    "pool_size" if "Pooling" in call.layer else "kernel_size",
                )
    out = tuple(window_length(*a, padding) for a in zip(spatial, reach, strides, strict=True))
    if len(call.x.field) != len(spatial):  # after a Reshape the axes are no longer those of the input
        return out, call.x.field
    field = tuple(
        slide(axis, r, s, pad_before(n, r, s, padding))
        for axis, n, r, s in zip(call.x.field, spatial, reach, strides, strict=True)
    )
    return out, field


def reaches(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...]:
    """Cells from a dilated kernel's first to its last, both counted."""
    return tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))


def refuse_stride_with_dilation(strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Keras rejects strides above 1 together with dilation above 1 for these layers."""
    if max(strides) > 1 and max(dilation) > 1:
        raise Refused(
            f"Strides ({show(strides)}) and dilation ({show(dilation)}) cannot both be above 1: set one of them to 1.",
            "dilation_rate",
        )


@rule("Conv1D", "Conv2D", "Conv3D")
def conv(call: Call) -> Outcome:
    """Keras Conv1D/2D/3D, channels last."""
    filters, groups = call.config["filters"], call.get("groups", 1)
    kernel, strides = call.axes("kernel_size", 1), call.axes("strides", 1)
    dilation, padding = call.axes("dilation_rate", 1), call.get("padding", "valid")
    channels = call.x.channels
    refuse_stride_with_dilation(strides, dilation)
    if channels % groups:
        raise Refused(f"Groups must divide the {channels} channels that come in, but is {groups}.", "groups")
    if filters % groups:
        raise Refused(f"Filters must be a multiple of groups ({groups}), but is {filters}.", "filters")
    if padding == "causal" and call.x.rank != 1:
        raise Refused(f'Padding "causal" is for signals, but the input has {call.x.rank} spatial axes.', "padding")
    spatial, field = slide_all(call, reaches(kernel, dilation), strides, padding)
    shape = (*kernel, channels // groups, filters)
    weights = (Weight("kernel", shape), *((Weight("bias", (filters,)),) if call.get("use_bias", True) else ()))
    return Outcome((*spatial, filters), field, weights, math.prod(spatial) * math.prod(shape))
