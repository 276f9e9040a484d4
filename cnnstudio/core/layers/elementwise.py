"""Layers that keep shape and field: activations, dropout and noise."""

from __future__ import annotations

from cnnstudio.core.analysis.diagnostics import Refused
from cnnstudio.core.declare import show
from cnnstudio.core.layers.checks import check_channels, refuse_idle_softmax
from cnnstudio.core.layers.registry import Call, Outcome, rule
from cnnstudio.core.program import Weight


@rule("ReLU", "LeakyReLU", "ELU")
def elementwise(call: Call) -> Outcome:
    """Keras layers that work on each value by itself."""
    return Outcome(call.x.shape)


@rule("Activation")
def activation(call: Call) -> Outcome:
    """Keras Activation."""
    refuse_idle_softmax(call, call.x.channels)
    return Outcome(call.x.shape)


@rule("Rescaling")
def rescaling(call: Call) -> Outcome:
    """Keras Rescaling: one scale and offset for all values, or one for each channel."""
    for name, default in (("scale", 1.0), ("offset", 0.0)):
        check_channels(call, name, default)
    return Outcome(call.x.shape)


@rule("Normalization")
def standardising(call: Call) -> Outcome:
    """Keras Normalization with known statistics over the last axis: no weights."""
    for name in ("mean", "variance"):
        check_channels(call, name, 0.0)
    mean, variance = call.config["mean"], call.config["variance"]
    if isinstance(mean, tuple) != isinstance(variance, tuple):
        raise Refused(
            f"Mean and variance must both be one number or both have one for each channel, but are {show(mean)} and "
            f"{show(variance)}.",
            "mean",
        )
    return Outcome(call.x.shape)


@rule("PReLU")
def prelu(call: Call) -> Outcome:
    """Keras PReLU: one learned slope per value, or one for all cells along each of `shared_axes`."""
    shared = call.get("shared_axes", None) or ()
    shape = tuple(1 if i + 1 in shared else n for i, n in enumerate(call.x.shape))
    return Outcome(call.x.shape, weights=(Weight("alpha", shape),))


@rule("Dropout", "GaussianDropout", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
def dropout(call: Call) -> Outcome:
    """Keras Dropout and its kin. Keras lets a rate of 1 through, which leaves nothing."""
    rate = call.config["rate"]
    if not 0 <= rate < 1:
        raise Refused(f"The rate must be at least 0 and below 1, but is {rate:g}.", "rate")
    return Outcome(call.x.shape)


@rule("GaussianNoise")
def gaussian_noise(call: Call) -> Outcome:
    """Keras GaussianNoise."""
    deviation = call.config["stddev"]
    if not 0 <= deviation <= 1:
        raise Refused(f"The standard deviation must be from 0 to 1, but is {deviation:g}.", "stddev")
    return Outcome(call.x.shape)
