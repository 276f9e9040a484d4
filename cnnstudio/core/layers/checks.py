"""Checks that several families of layers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.analysis.diagnostics import Refused

if TYPE_CHECKING:
    from cnnstudio.core.layers.registry import Call


def check_channels(call: Call, name: str, default: float) -> None:
    """An argument of one number, or of one for each channel that comes in; Keras stretches anything that can be."""
    value = call.get(name, default)
    if isinstance(value, tuple) and len(value) != call.x.channels:
        raise Refused(
            f"{name.capitalize()} needs one number, or one for each of the {call.x.channels:,} channels that come in, "
            f"but has {len(value):,}.",
            name,
            suggest=((f"Use {value[0]:g} for every channel", {name: value[0]}),),
        )


def refuse_idle_softmax(call: Call, channels: int) -> None:
    """Softmax over one value is 1 whatever comes in; Keras accepts it, and such a network never learns."""
    if channels == 1 and call.get("activation", None) == "softmax":
        raise Refused(
            "Softmax shares 1 out among the channels, but with a single channel the result is always 1: "
            "use sigmoid, or more channels.",
            "activation",
            suggest=(('Set activation to "sigmoid"', {"activation": "sigmoid"}),),
        )
