"""Convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.activation import ActivationName, activate
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.declare import Size, param

if TYPE_CHECKING:
    from cnnstudio.core.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Convolution", key=("filters", "kernel_size", "strides"), keywords="conv filter kernel 1x1 pointwise")
class Convolution(BlockSpec):
    """Slides learned kernels over the input; each kernel yields one feature map."""

    filters: int = param(32, min=1, max=65536, help="How many kernels, and so how many feature maps come out")
    kernel_size: Size = param(3, min=1, max=255, help="Width of the window; odd sizes keep the centre")
    strides: Size = param(1, min=1, max=255, help="How far the window moves each time; 2 halves the map")
    padding: Literal["valid", "same", "causal"] = param(
        "same", help="same keeps the size by adding zeros, valid does not, causal (signals) looks only back in time"
    )
    dilation_rate: Size = param(1, min=1, max=255, label="Dilation", help="Gap between the kernel's cells, plus 1")
    groups: int = param(1, min=1, max=65536, help="Splits the channels into groups that do not see each other")
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each feature map")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One ConvND."""
        if x.rank not in (1, 2, 3):
            net.refuse(f"Convolution needs a signal, an image or a volume, but a vector of {x.channels} values comes in.")
        return net.layer(
            f"Conv{x.rank}D",
            x,
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            groups=self.groups,
            activation=activate(self.activation),
            use_bias=self.use_bias,
        )
