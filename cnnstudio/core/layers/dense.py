"""The fully connected layer."""

from __future__ import annotations

from cnnstudio.core.layers.checks import refuse_idle_softmax
from cnnstudio.core.layers.convolution import bias
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.program import Weight


@rule("Dense")
def dense(call: Call) -> Outcome:
    """Keras Dense: acts on the last axis, at each position by itself."""
    units, channels = call.config["units"], call.x.channels
    refuse_idle_softmax(call, units)
    weights = (Weight("kernel", (channels, units)), *bias(call, units))
    return Outcome((*call.x.spatial, units), weights=weights, macs=call.x.cells * units)
