"""Normalisation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.catalogue.following import group_count
from cnnstudio.core.declare import Numbers, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor

NormName: TypeAlias = Literal["none", "batch", "layer", "group"]
"""Normalisations that composite blocks offer."""


def normalise(net: Net, x: Tensor, kind: str, name: str) -> Tensor:
    """A step that normalises with Keras's defaults; groups of up to 8, as far as they divide the channels."""
    if kind == "none":
        return x
    layers: dict[str, tuple[str, dict[str, Any]]] = {
        "batch": ("BatchNormalization", {}),
        "layer": ("LayerNormalization", {}),
        "group": ("GroupNormalization", {"groups": math.gcd(x.channels, 8)}),
    }
    layer, config = layers[kind]
    return net.layer(layer, x, name=name, **config)


@block(group="Normalisation", key=("momentum",), keywords="batchnorm bn normalization standardise")
class BatchNormalisation(BlockSpec):
    """Brings each channel to mean 0 and spread 1 over the batch, then scales and shifts it by learned numbers.

    Deep networks train faster and more surely with it. While training it uses the batch's own statistics, and keeps a
    running mean of them for later; with batches of only a few samples, Group normalisation is steadier.
    """

    momentum: float = param(
        0.99, min=0, below=1, help="How slowly the running statistics follow; 0.9 for short trainings"
    )
    epsilon: float = param(0.001, above=0, max=1, help="Small number that keeps a division by zero away")
    center: bool = param(True, label="Shift", help="Adds a learned number to each channel")
    scale: bool = param(True, help="Multiplies each channel by a learned number")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One BatchNormalization."""
        return net.layer(
            "BatchNormalization",
            x,
            momentum=self.momentum,
            epsilon=self.epsilon,
            center=self.center,
            scale=self.scale,
        )


@block(group="Normalisation", key=("over",), keywords="layernorm ln normalization standardise")
class LayerNormalisation(BlockSpec):
    """Brings the values of each sample to mean 0 and spread 1, then scales and shifts them by learned numbers.

    Unlike Batch normalisation it does not look at other samples, so it does the same in training and later.
    """

    over: Literal["channels", "all axes"] = param(
        "channels", help="channels: each position by itself; all axes: the whole sample at once"
    )
    epsilon: float = param(0.001, above=0, max=1, help="Small number that keeps a division by zero away")
    center: bool = param(True, label="Shift", help="Adds a learned number to each channel")
    scale: bool = param(True, help="Multiplies each channel by a learned number")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One LayerNormalization."""
        axis = -1 if self.over == "channels" else tuple(range(1, x.rank + 2))
        return net.layer("LayerNormalization", x, axis=axis, epsilon=self.epsilon, center=self.center, scale=self.scale)


@block(group="Normalisation", key=("groups",), keywords="groupnorm gn instance normalization standardise")
class GroupNormalisation(BlockSpec):
    """Brings groups of channels of each sample to mean 0 and spread 1, then scales and shifts each channel.

    It works with batches of any size, down to one sample. As many groups as channels is instance normalisation.
    """

    groups: int = param(
        8, min=1, max=65536, help="How many groups; must divide the number of channels", follow=group_count
    )
    epsilon: float = param(0.001, above=0, max=1, help="Small number that keeps a division by zero away")
    center: bool = param(True, label="Shift", help="Adds a learned number to each channel")
    scale: bool = param(True, help="Multiplies each channel by a learned number")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One GroupNormalization."""
        return net.layer(
            "GroupNormalization", x, groups=self.groups, epsilon=self.epsilon, center=self.center, scale=self.scale
        )


@block(group="Normalisation", key=("scale", "offset"), keywords="rescale multiply shift divide 255 preprocess")
class Rescaling(BlockSpec):
    """Multiplies each value by a fixed scale and adds a fixed offset. Nothing is learned here.

    Behind Input it brings pixels to the range that a network was trained with: a scale of 1/127.5 and an offset of -1
    turn 0 to 255 into -1 to 1.
    """

    scale: Numbers = param(1.0, min=-1e9, max=1e9, help="Factor: one number, or one for each channel")
    offset: Numbers = param(0.0, min=-1e9, max=1e9, help="What is added: one number, or one for each channel")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Rescaling."""
        return net.layer("Rescaling", x, scale=self.scale, offset=self.offset)


@block(group="Normalisation", key=("mean", "variance"), keywords="normalization whiten zscore preprocess imagenet")
class Standardisation(BlockSpec):
    """Subtracts known means and divides by known spreads. Nothing is learned here.

    Behind Input it brings samples to mean 0 and spread 1, if mean and variance are those of the data.
    """

    mean: Numbers = param(0.0, min=-1e9, max=1e9, help="Mean of the data: one number, or one for each channel")
    variance: Numbers = param(
        1.0, min=0, max=1e18, help="Variance of the data, the square of its spread: one number, or one for each channel"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Normalization with fixed statistics over the channels."""
        mean, variance = self.mean, self.variance
        if isinstance(mean, tuple) and not isinstance(variance, tuple):
            variance = (variance,) * len(mean)
        elif isinstance(variance, tuple) and not isinstance(mean, tuple):
            mean = (mean,) * len(variance)
        return net.layer("Normalization", x, axis=-1, mean=mean, variance=variance)
