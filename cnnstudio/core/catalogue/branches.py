"""Composites with parallel branches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.catalogue.activation import ActivationName, apply_activation
from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.catalogue.following import filter_count
from cnnstudio.core.catalogue.normalisation import NormName, normalise
from cnnstudio.core.declare import Shape, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


def _brick(net: Net, x: Tensor, name: str, normalisation: str, activation: str, **config: Any) -> Tensor:
    """A convolution with "same" padding, normalised and activated: the steps `name`, `name`_norm, `name`_activation."""
    bias = normalisation == "none"
    y = net.layer(f"Conv{x.rank}D", x, name=name, padding="same", use_bias=bias, **config)
    return apply_activation(net, normalise(net, y, normalisation, f"{name}_norm"), activation, f"{name}_activation")


@block(
    group="Composite",
    key=("filters_1x1", "filters_3x3", "filters_5x5"),
    keywords="googlenet branches parallel multi scale",
)
class Inception(BlockSpec):
    """Looks at the input at several scales side by side, and lets the next layer choose.

    Four branches: 1 x 1, 3 x 3 and 5 x 5 convolutions and a pooling. 1 x 1 convolutions before the large kernels reduce
    the channels first, which keeps the cost down. All maps come out side by side, as many as the four branches have.
    """

    filters_1x1: int = param(16, min=1, max=65536, label="1 x 1 filters", help="Maps of the 1 x 1 branch")
    reduce_3x3: int = param(
        16, min=1, max=65536, label="3 x 3 reduction", help="Maps of the 1 x 1 convolution before the 3 x 3 one"
    )
    filters_3x3: int = param(32, min=1, max=65536, label="3 x 3 filters", help="Maps of the 3 x 3 branch")
    reduce_5x5: int = param(
        4, min=1, max=65536, label="5 x 5 reduction", help="Maps of the 1 x 1 convolution before the 5 x 5 one"
    )
    filters_5x5: int = param(8, min=1, max=65536, label="5 x 5 filters", help="Maps of the 5 x 5 branch")
    filters_pool: int = param(
        8, min=1, max=65536, label="Pool filters", help="Maps of the 1 x 1 convolution behind the pooling"
    )
    normalisation: NormName = param("none", help="What normalises the result of each convolution")
    activation: ActivationName = param("relu", help="Function applied after each convolution")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """Four branches of ConvND and MaxPoolingND, then Concatenate."""
        need_axes(net, x, "Inception")
        one = self._brick(net, x, "conv_1x1", self.filters_1x1, 1)
        three = self._brick(net, x, "reduce_3x3", self.reduce_3x3, 1)
        three = self._brick(net, three, "conv_3x3", self.filters_3x3, 3)
        five = self._brick(net, x, "reduce_5x5", self.reduce_5x5, 1)
        five = self._brick(net, five, "conv_5x5", self.filters_5x5, 5)
        pool = net.layer(f"MaxPooling{x.rank}D", x, name="pool", pool_size=3, strides=1, padding="same")
        pool = self._brick(net, pool, "pool_projection", self.filters_pool, 1)
        return net.layer("Concatenate", one, three, five, pool, name="join")

    def channels_set(self) -> int:
        """Those of the four branches."""
        return self.filters_1x1 + self.filters_3x3 + self.filters_5x5 + self.filters_pool

    def _brick(self, net: Net, x: Tensor, name: str, filters: int, kernel_size: int) -> Tensor:
        return _brick(net, x, name, self.normalisation, self.activation, filters=filters, kernel_size=kernel_size)


@block(group="Composite", key=("filters", "rates"), keywords="aspp atrous dilated deeplab context segmentation pyramid")
class DilatedPyramid(BlockSpec):
    """Looks at the surroundings of each cell at several distances at once, without shrinking the map.

    Convolutions with growing dilation stand side by side, with a 1 x 1 convolution and, if wanted, the mean of the
    whole map; a last 1 x 1 convolution mixes them. Segmentation uses it to see context and keep detail (ASPP).
    """

    filters: int = param(32, min=1, max=65536, help="Maps of each branch, and of the result", follow=filter_count)
    rates: Shape = param(
        (1, 2, 4), min=1, max=4096, label="Dilations", help="Distance between kernel cells, one branch for each number"
    )
    kernel_size: int = param(3, min=2, max=255, help="Width of the dilated windows in cells")
    image_pooling: bool = param(True, help="Adds a branch that sees the mean of the whole map")
    normalisation: NormName = param("batch", help="What normalises the result of each convolution")
    activation: ActivationName = param("relu", help="Function applied after each convolution")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """A 1 x 1 ConvND, dilated ConvNDs and the pooled branch, then Concatenate and a 1 x 1 ConvND."""
        need_axes(net, x, "Dilated pyramid")
        branches = [self._brick(net, x, "conv_1x1", kernel_size=1)]
        for number, rate in enumerate(self.rates, start=1):
            branches.append(self._brick(net, x, f"dilated_{number}", kernel_size=self.kernel_size, dilation_rate=rate))
        if self.image_pooling:
            pooled = net.layer(f"GlobalAveragePooling{x.rank}D", x, name="pool", keepdims=True)
            pooled = self._brick(net, pooled, "pool_conv", kernel_size=1)
            size = x.spatial[0] if x.rank == 1 else x.spatial  # Keras's 1-D layer takes no tuple
            branches.append(net.layer(f"UpSampling{x.rank}D", pooled, name="pool_spread", size=size))
        return self._brick(net, net.layer("Concatenate", *branches, name="join"), "project", kernel_size=1)

    def _brick(self, net: Net, x: Tensor, name: str, **config: Any) -> Tensor:
        return _brick(net, x, name, self.normalisation, self.activation, filters=self.filters, **config)
