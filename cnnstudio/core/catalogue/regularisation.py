"""Regularisation: noise that acts while training only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.declare import param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Regularisation", key=("rate",), keywords="overfitting drop")
class Dropout(BlockSpec):
    """Sets a random share of the values to zero while training, and does nothing afterwards.

    The network cannot lean on any single value, so it overfits less. Usual between Dense blocks.
    """

    rate: float = param(0.5, min=0, below=1, help="Share of the values set to zero")
    variant: Literal["zeros", "gaussian", "alpha"] = param(
        "zeros", help="zeros drops values; gaussian multiplies by noise as strong; alpha suits SELU activations"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Dropout, GaussianDropout or AlphaDropout."""
        return net.layer(_DROPOUTS[self.variant], x, rate=self.rate)


_DROPOUTS = {"zeros": "Dropout", "gaussian": "GaussianDropout", "alpha": "AlphaDropout"}


@block(group="Regularisation", key=("rate",), keywords="overfitting drop channels maps")
class SpatialDropout(BlockSpec):
    """Sets whole feature maps to zero at random while training, and does nothing afterwards.

    Neighbouring cells of a map say nearly the same, so that dropping single ones has little effect: between
    convolutions, drop maps.
    """

    rate: float = param(0.2, min=0, below=1, help="Share of the feature maps set to zero")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One SpatialDropoutND."""
        need_axes(net, x, "Spatial dropout")
        return net.layer(f"SpatialDropout{x.rank}D", x, rate=self.rate)


@block(group="Regularisation", key=("stddev",), keywords="overfitting noise augmentation jitter")
class GaussianNoise(BlockSpec):
    """Adds random noise to each value while training, and does nothing afterwards.

    Behind Input it works as augmentation of the data; it also makes denoising autoencoders.
    """

    stddev: float = param(
        0.1, min=0, max=1, label="Spread", help="Standard deviation of the noise, in units of the values"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One GaussianNoise."""
        return net.layer("GaussianNoise", x, stddev=self.stddev)
