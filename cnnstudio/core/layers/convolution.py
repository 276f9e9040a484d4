"""Convolutions: plain, depthwise and separable."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.declare import show
from cnnstudio.core.layers.checks import refuse_idle_softmax
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.layers.windows import slide_all
from cnnstudio.core.program import Weight

if TYPE_CHECKING:
    from cnnstudio.core.analysis.field import View


def refuse_stride_with_dilation(strides: tuple[int, ...], dilation: tuple[int, ...]) -> None:
    """Keras rejects strides above 1 together with dilation above 1 for these layers."""
    if max(strides) > 1 and max(dilation) > 1:
        raise Refused(
            f"Strides ({show(strides)}) and dilation ({show(dilation)}) cannot both be above 1: set one of them to 1.",
            "dilation_rate",
            suggest=(("Set dilation to 1", {"dilation_rate": 1}), ("Set strides to 1", {"strides": 1})),
        )


def bias(call: Call, size: int) -> tuple[Weight, ...]:
    """The bias of a layer that has one unless told otherwise."""
    return (Weight("bias", (size,)),) if call.get("use_bias", True) else ()


@rule("Conv1D", "Conv2D", "Conv3D")
def conv(call: Call) -> Outcome:
    """Keras Conv1D/2D/3D, channels last."""
    filters, groups = call.config["filters"], call.get("groups", 1)
    kernel, strides = call.axes("kernel_size", 1), call.axes("strides", 1)
    dilation, padding = call.axes("dilation_rate", 1), call.get("padding", "valid")
    channels = call.x.channels
    refuse_stride_with_dilation(strides, dilation)
    if groups != 1:
        _check_groups(channels, filters, groups)
    if padding == "causal" and call.x.rank != 1:
        _refuse_causal(f"the input has {call.x.rank} spatial axes")
    refuse_idle_softmax(call, filters)
    spatial, view = slide_all(call, "kernel_size", kernel, strides, padding, dilation)
    shape = (*kernel, channels // groups, filters)
    weights = (Weight("kernel", shape), *bias(call, filters))
    return Outcome((*spatial, filters), view, weights, math.prod(spatial) * math.prod(shape))


def _check_groups(channels: int, filters: int, groups: int) -> None:
    both = math.gcd(channels, filters)
    suggest = (
        (f"Set groups to {math.gcd(both, groups)}", {"groups": math.gcd(both, groups)}),
        (f"Set groups to {both}", {"groups": both}),
    )
    if channels % groups:
        message = f"Groups must divide the channels that come in, but {groups} does not divide {channels}."
        raise Refused(message, "groups", suggest=suggest)
    if filters % groups:
        near = -(-filters // groups) * groups
        message = f"Filters must be a multiple of groups ({groups}), but is {filters}: {near} is the next."
        raise Refused(message, "filters", suggest=((f"Set filters to {near}", {"filters": near}), *suggest))


def _refuse_causal(why: str) -> None:
    raise Refused(
        f'Padding "causal" is for plain convolutions over signals, but {why}: set it to "same" or "valid".',
        "padding",
        suggest=(('Set padding to "same"', {"padding": "same"}),),
    )


def _depthwise(call: Call) -> tuple[tuple[int, ...], View, tuple[int, ...]]:
    """Spatial sizes, view and kernel shape of the depthwise part."""
    kernel, strides = call.axes("kernel_size", 1), call.axes("strides", 1)
    dilation, padding = call.axes("dilation_rate", 1), call.get("padding", "valid")
    if padding == "causal":
        _refuse_causal("this one works channel by channel")
    if len(set(strides)) > 1 and max(dilation) == 1:  # with dilation, Keras slides by 1 and picks cells itself
        raise Refused(
            f"TensorFlow computes depthwise convolutions only with equal strides on both axes, not {show(strides)}.",
            "strides",
            suggest=tuple((f"Set strides to {s}", {"strides": s}) for s in sorted(set(strides))),
        )
    spatial, view = slide_all(call, "kernel_size", kernel, strides, padding, dilation)
    return spatial, view, (*kernel, call.x.channels, call.get("depth_multiplier", 1))


@rule("DepthwiseConv1D", "DepthwiseConv2D")
def depthwise(call: Call) -> Outcome:
    """Keras DepthwiseConv1D/2D: each channel has kernels of its own."""
    spatial, view, shape = _depthwise(call)
    channels = shape[-2] * shape[-1]
    refuse_idle_softmax(call, channels)
    weights = (Weight("kernel", shape), *bias(call, channels))
    return Outcome((*spatial, channels), view, weights, math.prod(spatial) * math.prod(shape))


@rule("SeparableConv1D", "SeparableConv2D")
def separable(call: Call) -> Outcome:
    """Keras SeparableConv1D/2D: a depthwise convolution, then a 1x1 convolution that mixes the channels."""
    filters = call.config["filters"]
    refuse_idle_softmax(call, filters)
    spatial, view, shape = _depthwise(call)
    mixing = (*(1 for _ in spatial), shape[-2] * shape[-1], filters)
    weights = (Weight("depthwise_kernel", shape), Weight("pointwise_kernel", mixing), *bias(call, filters))
    macs = math.prod(spatial) * (math.prod(shape) + math.prod(mixing))
    return Outcome((*spatial, filters), view, weights, macs)
