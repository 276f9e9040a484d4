"""Normalisation layers. They are not counted in multiply-adds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.analysis.field import overlook_all
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.program import Weight

if TYPE_CHECKING:
    from cnnstudio.core.declare import Shape


def _scale_and_centre(call: Call, shape: Shape) -> tuple[Weight, ...]:
    gamma = (Weight("gamma", shape),) if call.get("scale", True) else ()
    beta = (Weight("beta", shape),) if call.get("center", True) else ()
    return (*gamma, *beta)


@rule("BatchNormalization")
def batch_normalisation(call: Call) -> Outcome:
    """Keras BatchNormalization over the last axis; the moving statistics are not trained."""
    shape = (call.x.channels,)
    weights = (
        *_scale_and_centre(call, shape),
        Weight("moving_mean", shape, trainable=False),
        Weight("moving_variance", shape, trainable=False),
    )
    return Outcome(call.x.shape, weights=weights)


@rule("LayerNormalization")
def layer_normalisation(call: Call) -> Outcome:
    """Keras LayerNormalization over the last axis (-1) or over all axes (1, 2, ...) of each sample."""
    axis = call.get("axis", -1)
    if axis == -1:
        return Outcome(call.x.shape, weights=_scale_and_centre(call, (call.x.channels,)))
    if tuple(axis) != tuple(range(1, call.x.rank + 2)):
        raise Refused("Layer normalisation is known over the channels (-1) or over all axes.", "axis")
    return Outcome(call.x.shape, overlook_all(call.x.spatial), _scale_and_centre(call, call.x.shape))


@rule("GroupNormalization")
def group_normalisation(call: Call) -> Outcome:
    """Keras GroupNormalization: statistics over all positions of a group of channels; -1 groups: each channel."""
    channels, groups = call.x.channels, call.get("groups", 32)
    if groups != -1 and channels % groups:
        near = math.gcd(channels, groups)
        raise Refused(
            f"Groups must divide the channels that come in, but {groups} does not divide {channels}.",
            "groups",
            suggest=tuple((f"Set groups to {n}", {"groups": n}) for n in dict.fromkeys((near, channels))),
        )
    return Outcome(call.x.shape, overlook_all(call.x.spatial), _scale_and_centre(call, (channels,)))
