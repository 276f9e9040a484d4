"""Transposed convolutions."""

from __future__ import annotations

import math

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import each_axis, spread
from cnnstudio.core.declare import show
from cnnstudio.core.layers.checks import refuse_idle_softmax
from cnnstudio.core.layers.convolution import bias, refuse_stride_with_dilation
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.program import Weight


def spread_length(size: int, kernel: int, stride: int, padding: str, extra: int | None) -> int:
    """Cells that come out along an axis of `size` cells; `extra` is the output padding."""
    if padding == "valid":
        return (size - 1) * stride + kernel + (max(stride - kernel, 0) if extra is None else extra)
    return size * stride if extra is None else (size - 1) * stride + kernel % 2 + extra


def cut_before(size: int, out: int, kernel: int, stride: int, padding: str) -> int:
    """Cells cut off at the start of the spread result: the padding of the convolution that goes the other way."""
    if padding == "valid":
        return 0
    return max((size - 1) * stride + kernel - out, 0) // 2


@rule("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
def transposed(call: Call) -> Outcome:
    """Keras Conv1DTranspose/2D/3D, channels last. Multiply-adds count every input cell with the whole kernel."""
    filters, padding = call.config["filters"], call.get("padding", "valid")
    kernel, strides = call.axes("kernel_size", 1), call.axes("strides", 1)
    dilation = call.axes("dilation_rate", 1)
    spatial = call.x.spatial
    extra: tuple[int | None, ...] = (None,) * len(spatial)
    if call.get("output_padding", None) is not None:
        extra = call.axes("output_padding", 0)
        _check_output_padding(call, kernel, strides)
    _check_dilation(strides, dilation)
    refuse_idle_softmax(call, filters)
    out = tuple(
        [spread_length(n, k, s, padding, e) for n, k, s, e in zip(spatial, kernel, strides, extra, strict=True)]
    )
    cuts = [(k, s, cut_before(n, o, k, s, padding)) for n, o, k, s in zip(spatial, out, kernel, strides, strict=True)]
    shape = (*kernel, filters, call.x.channels)
    weights = (Weight("kernel", shape), *bias(call, filters))
    return Outcome((*out, filters), each_axis(spread, tuple(cuts)), weights, math.prod(spatial) * math.prod(shape))


def _check_output_padding(call: Call, kernel: tuple[int, ...], strides: tuple[int, ...]) -> None:
    extra = call.axes("output_padding", 0)
    empty = ("Leave output padding empty", {"output_padding": None})
    if any(e >= s for e, s in zip(extra, strides, strict=True)):
        raise Refused(
            f"Output padding must be smaller than strides ({show(strides)}) on every axis, but is {show(extra)}.",
            "output_padding",
            suggest=(empty,),
        )
    # TensorFlow finds out only when data flows: with "same", an even kernel and no output padding, fewer cells come
    # out than a convolution back to the input would need.
    if call.get("padding", "valid") == "same" and any(k % 2 + e < 1 for k, e in zip(kernel, extra, strict=True)):
        raise Refused(
            f'With padding "same" and an even kernel ({show(kernel)}), output padding must be at least 1, but is '
            f"{show(extra)}: raise it, leave it empty, or use an odd kernel.",
            "output_padding",
            suggest=(empty, ("Set output padding to 1", {"output_padding": 1})),
        )


def _check_dilation(strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    refuse_stride_with_dilation(strides, dilation)
    if max(dilation) > 1:
        raise Refused(
            "TensorFlow computes dilated transposed convolutions on GPUs only, so dilation must be 1, "
            f"not {show(dilation)}.",
            "dilation_rate",
            suggest=(("Set dilation to 1", {"dilation_rate": 1}),),
        )
