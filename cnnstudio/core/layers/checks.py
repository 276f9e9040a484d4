"""Checks that several families of layers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnstudio.core.diagnostics import Refused

if TYPE_CHECKING:
    from cnnstudio.core.layers.registry import Call


def refuse_idle_softmax(call: Call, channels: int) -> None:
    """Softmax over one value is 1 whatever comes in; Keras accepts it, and such a network never learns."""
    if channels == 1 and call.get("activation", None) == "softmax":
        raise Refused(
            "Softmax shares 1 out among the channels, but with a single channel the result is always 1: "
            "use sigmoid, or more channels.",
            "activation",
            suggest=(('Set activation to "sigmoid"', {"activation": "sigmoid"}),),
        )
