"""Activations: the names that layers can apply themselves, and the block with all their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.declare import param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor

ActivationName: TypeAlias = Literal[
    "none", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "relu6", "hard_silu",
    "softplus", "softsign", "tanh", "sigmoid", "hard_sigmoid", "softmax",
]  # fmt: skip
"""Activations that a layer can apply itself, by Keras's names; "none" leaves values as they are."""


def activate(name: str) -> str | None:
    """The value of Keras's `activation` argument."""
    return None if name == "none" else name


def apply_activation(net: Net, x: Tensor, activation: str, name: str) -> Tensor:
    """A step of its own that applies `activation`; nothing for "none"."""
    if activation == "none":
        return x
    return net.layer("Activation", x, name=name, activation=activation)


@block(
    group="Activation", key=("function",), keywords="relu leaky prelu elu gelu swish sigmoid tanh softmax nonlinearity"
)
class Activation(BlockSpec):
    """Bends each value with a fixed curve.

    Without such bends a stack of convolutions could do no more than a single one. ReLU is the usual choice;
    leaky ReLU, ELU and PReLU let a little of the negative side through, so that no map dies.
    PReLU learns how much. Softmax turns the channels of each position into shares that add up to 1.
    """

    function: Literal[
        "relu", "leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "mish", "relu6", "hard_silu",
        "softplus", "softsign", "squareplus", "tanh", "hard_tanh", "tanh_shrink", "soft_shrink", "hard_shrink",
        "sigmoid", "hard_sigmoid", "log_sigmoid", "sparse_plus", "sparse_sigmoid", "exponential", "softmax",
        "log_softmax", "linear",
    ] = param("relu", help="The curve; relu sets negative values to 0")  # fmt: skip
    negative_slope: float = param(
        0.1,
        min=0,
        max=1,
        help="Slope on the negative side; 0 is plain ReLU",
        relevant=lambda spec: spec.function == "leaky_relu",
    )
    alpha: float = param(
        1.0,
        min=0,
        max=100,
        help="How far below 0 the curve levels off",
        relevant=lambda spec: spec.function == "elu",
    )
    max_value: float | None = param(
        None,
        above=0,
        max=1e6,
        label="Ceiling",
        help="Largest value that comes out; empty for no ceiling, 6 gives ReLU6",
        relevant=lambda spec: spec.function in ("relu", "leaky_relu"),
    )
    threshold: float = param(
        0.0,
        min=0,
        max=1e6,
        help="Values up to this one become 0, or are taken as negative by leaky ReLU",
        relevant=lambda spec: spec.function in ("relu", "leaky_relu"),
    )
    share: Literal["channel", "nothing"] = param(
        "channel",
        label="Slope shared by",
        help="channel: one learned slope for each feature map; nothing: one for every single value",
        relevant=lambda spec: spec.function == "prelu",
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """A layer class of its own where the curve has parameters, else Keras's Activation."""
        bent = self.max_value is not None or self.threshold
        if self.function == "leaky_relu" and not bent:
            return net.layer("LeakyReLU", x, negative_slope=self.negative_slope)
        if self.function == "elu":
            return net.layer("ELU", x, alpha=self.alpha)
        if self.function == "prelu":
            shared = tuple(range(1, x.rank + 1)) if self.share == "channel" and x.rank else None
            return net.layer("PReLU", x, shared_axes=shared)
        if self.function in ("relu", "leaky_relu") and bent:
            slope = self.negative_slope if self.function == "leaky_relu" else 0.0
            return net.layer("ReLU", x, max_value=self.max_value, negative_slope=slope, threshold=self.threshold)
        return net.layer("Activation", x, activation=self.function)
