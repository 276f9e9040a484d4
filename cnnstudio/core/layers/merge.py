"""Layers that take several inputs.

Keras stretches axes of size 1 without a word (Add of 1 and 4 channels gives 4). That is refused here, but for one
pattern that is surely meant: multiplying a map by one number per channel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import line_up, merge
from cnnstudio.core.declare import show
from cnnstudio.core.layers.registry import Call, Outcome, rule

if TYPE_CHECKING:
    from cnnstudio.core.declare import Shape
    from cnnstudio.core.program import Tensor


def _list(inputs: tuple[Tensor, ...]) -> str:
    return " and ".join(show(x.shape) for x in inputs[:6])


def _merged(call: Call) -> Outcome:
    x = max(call.inputs, key=lambda t: t.cells)
    return Outcome(x.shape, merge(x.spatial))


@rule("Add", "Average", "Maximum", "Minimum", "Subtract")
def elementwise_merge(call: Call) -> Outcome:
    """Keras Add, Average, Maximum, Minimum and, for two inputs, Subtract, for inputs of one shape."""
    if call.layer == "Subtract" and len(call.inputs) != 2:
        raise Refused(f"Subtract takes one input away from another, but has {len(call.inputs)} inputs.")
    first = call.x.shape
    if any(x.shape != first for x in call.inputs):
        raise Refused(
            f"All inputs must have the same shape, but {_list(call.inputs)} come in: {_advice(call.inputs)}.",
            wanted=_wanted(call.inputs),
        )
    return _merged(call)


@rule("Multiply")
def multiply(call: Call) -> Outcome:
    """Keras Multiply, for inputs of one shape or with gates of one number per channel (1 x 1 x channels)."""
    largest = max(call.inputs, key=lambda t: t.cells)
    gate = (*(1 for _ in largest.spatial), largest.channels)
    if any(x.shape not in (largest.shape, gate) for x in call.inputs):
        raise Refused(
            f"All inputs must have the same shape, or be {show(gate)} to weigh channels, but {_list(call.inputs)} "
            f"come in: {_advice(call.inputs)}.",
            wanted={x.step: largest.shape for x in call.inputs if x.shape not in (largest.shape, gate)},
        )
    return _merged(call)


@rule("Concatenate")
def concatenate(call: Call) -> Outcome:
    """Keras Concatenate along the channels (-1), or along a spatial axis, counted from 1."""
    spatial = call.x.spatial
    axis = call.get("axis", -1)
    if axis not in (-1, call.x.rank + 1):
        return _end_to_end(call, axis - 1)
    if any(x.spatial != spatial for x in call.inputs):
        raise Refused(
            f"All inputs must have the same spatial sizes, but {_list(call.inputs)} come in: {_advice(call.inputs)}.",
            wanted=_wanted(call.inputs, of_any_depth=True),
        )
    channels = sum([x.channels for x in call.inputs])
    return Outcome((*spatial, channels), merge(spatial))


def _end_to_end(call: Call, axis: int) -> Outcome:
    first = call.x
    if not 0 <= axis < first.rank:
        raise Refused(
            f"The maps can be put end to end along one of their spatial axes, but {show(first.shape)} has no "
            f"{_ORDINALS.get(axis, 'such')} one.",
            "axis",
            suggest=(("Join the channels", {"axis": "channels"}),),
        )
    rest = [(x.shape[:axis], x.shape[axis + 1 :]) for x in call.inputs]
    if any(len(x.shape) != len(first.shape) for x in call.inputs) or any(r != rest[0] for r in rest):
        raise Refused(
            f"All inputs must have the same channels, and the same sizes on the other axes, but {_list(call.inputs)} "
            f"come in: {_advice(call.inputs)}."
        )
    shape = (*first.shape[:axis], sum(x.shape[axis] for x in call.inputs), *first.shape[axis + 1 :])
    return Outcome(shape, line_up(tuple(x.spatial for x in call.inputs), shape[:-1]))


_ORDINALS = {0: "first", 1: "second", 2: "third"}


def _wanted(inputs: tuple[Tensor, ...], *, of_any_depth: bool = False) -> dict[str, Shape]:
    """What should come in the place of those inputs that differ from most: the shape of most, the largest if in doubt.

    `of_any_depth`: the channels need not be the same.
    """
    kinds = [x.spatial if of_any_depth else x.shape for x in inputs]
    most, kind = max(zip(inputs, kinds, strict=True), key=lambda pair: (kinds.count(pair[1]), pair[0].cells))
    return {
        x.step: (*most.spatial, x.channels) if of_any_depth and x.rank == most.rank else most.shape
        for x, own in zip(inputs, kinds, strict=True)
        if own != kind
    }


def _advice(inputs: tuple[Tensor, ...]) -> str:
    ranks = {x.rank for x in inputs}
    if len(ranks) > 1:
        if 0 in ranks:
            return "put Flatten or Global average pooling behind the maps, or keep the axes of the pooled ones"
        return "bring them to the same number of axes with Reshape"
    if len({x.spatial for x in inputs}) > 1:
        return "bring them to one size with strides, pooling, upsampling, cropping or padding"
    return "bring them to one number of channels, for example with a 1 x 1 convolution"
