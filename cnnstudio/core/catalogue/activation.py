"""Activations."""

from __future__ import annotations

from typing import Literal, TypeAlias

ActivationName: TypeAlias = Literal[
    "none", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "relu6", "hard_silu",
    "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "softmax",
]  # fmt: skip
"""Activations that a layer can apply itself, by Keras's names; "none" leaves values as they are."""


def activate(name: str) -> str | None:
    """The value of Keras's `activation` argument."""
    return None if name == "none" else name
