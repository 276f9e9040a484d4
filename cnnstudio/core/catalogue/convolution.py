"""Convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.activation import ActivationName, activate
from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block, halvings_of
from cnnstudio.core.catalogue.following import filter_count, patch_size
from cnnstudio.core.declare import Size, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(
    group="Convolution", key=("filters", "kernel_size", "strides"), keywords="conv filter kernel 1x1 pointwise causal"
)
class Convolution(BlockSpec):
    """Slides learned kernels over the input; each kernel yields one feature map.

    A kernel answers wherever its pattern occurs, so early layers find edges and later ones find parts of things.
    Strides above 1 make the map smaller, dilation widens what a kernel sees at no cost in weights.
    """

    filters: int = param(
        32, min=1, max=65536, help="How many kernels, and so how many feature maps come out", follow=filter_count
    )
    kernel_size: Size = param(3, min=1, max=255, help="Width of the window in cells; odd sizes keep the centre")
    strides: Size = param(1, min=1, max=255, help="How far the window moves each time; 2 halves the map")
    padding: Literal["valid", "same", "causal"] = param(
        "same", help="same keeps the size by adding zeros, valid does not, causal (signals) looks only back in time"
    )
    dilation_rate: Size = param(
        1, min=1, max=4096, label="Dilation", help="Distance between the kernel's cells; 2 leaves out every other one"
    )
    groups: int = param(1, min=1, max=65536, help="Splits the channels into groups that do not see each other")
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each feature map")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One ConvND."""
        need_axes(net, x, "Convolution")
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


@block(group="Convolution", key=("kernel_size", "strides", "depth_multiplier"), keywords="conv channelwise mobilenet")
class DepthwiseConvolution(BlockSpec):
    """Slides kernels over each channel by itself, without mixing the channels.

    It needs a small part of a convolution's weights and work. A 1 x 1 convolution behind it mixes the channels;
    both in one are the separable convolution.
    """

    kernel_size: Size = param(3, min=1, max=255, help="Width of the window in cells; odd sizes keep the centre")
    strides: Size = param(1, min=1, max=255, help="How far the window moves each time, the same on both axes")
    padding: Literal["valid", "same"] = param("same", help="same keeps the size by adding zeros, valid does not")
    dilation_rate: Size = param(1, min=1, max=4096, label="Dilation", help="Distance between the kernel's cells")
    depth_multiplier: int = param(1, min=1, max=1024, help="How many feature maps each channel gives")
    activation: ActivationName = param("none", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each feature map")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One DepthwiseConv1D or DepthwiseConv2D; Keras has none for volumes."""
        need_axes(net, x, "Depthwise convolution", (1, 2))
        return net.layer(
            f"DepthwiseConv{x.rank}D",
            x,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            depth_multiplier=self.depth_multiplier,
            activation=activate(self.activation),
            use_bias=self.use_bias,
        )

    def channels_times(self) -> int:
        """Each channel gives so many maps."""
        return self.depth_multiplier


@block(
    group="Convolution",
    key=("filters", "kernel_size", "strides"),
    keywords="conv depthwise pointwise mobilenet xception",
)
class SeparableConvolution(BlockSpec):
    """A convolution in two cheap steps: each channel by itself, then a mix of the channels.

    It sees what a convolution of the same kernel sees with about a ninth of the work for 3 x 3 kernels.
    Networks for phones are made of it.
    """

    filters: int = param(32, min=1, max=65536, help="How many feature maps come out", follow=filter_count)
    kernel_size: Size = param(3, min=1, max=255, help="Width of the window in cells; odd sizes keep the centre")
    strides: Size = param(1, min=1, max=255, help="How far the window moves each time, the same on both axes")
    padding: Literal["valid", "same"] = param("same", help="same keeps the size by adding zeros, valid does not")
    dilation_rate: Size = param(1, min=1, max=4096, label="Dilation", help="Distance between the kernel's cells")
    depth_multiplier: int = param(
        1, min=1, max=1024, help="How many maps each channel gives before the channels are mixed"
    )
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each feature map")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One SeparableConv1D or SeparableConv2D; Keras has none for volumes."""
        need_axes(net, x, "Separable convolution", (1, 2))
        return net.layer(
            f"SeparableConv{x.rank}D",
            x,
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            depth_multiplier=self.depth_multiplier,
            activation=activate(self.activation),
            use_bias=self.use_bias,
        )


@block(
    group="Convolution",
    key=("filters", "kernel_size", "strides"),
    keywords="deconvolution upconv conv2dtranspose decoder",
)
class TransposedConvolution(BlockSpec):
    """A convolution the other way round: each cell paints a learned patch, so maps become larger.

    Strides of 2 double the size. It is the learned way up in decoders such as U-Net;
    a kernel that is a multiple of the strides avoids checkerboard patterns.
    """

    filters: int = param(32, min=1, max=65536, help="How many feature maps come out", follow=filter_count)
    kernel_size: Size = param(2, min=1, max=255, help="Width of the patch in cells", follow=patch_size)
    strides: Size = param(2, min=1, max=255, help="How many times larger the map becomes")
    padding: Literal["valid", "same"] = param(
        "same", help="same gives the input's size times strides, valid keeps what the patches stick out"
    )
    output_padding: Size | None = param(
        None, min=0, max=254, help="Cells added at the end of each axis, fewer than strides; empty fits it by itself"
    )
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")
    use_bias: bool = param(True, help="Adds one learned number to each feature map")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One ConvNDTranspose. No dilation: TensorFlow has it on GPUs only."""
        need_axes(net, x, "Transposed convolution")
        return net.layer(
            f"Conv{x.rank}DTranspose",
            x,
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            output_padding=self.output_padding,
            activation=activate(self.activation),
            use_bias=self.use_bias,
        )

    def halvings(self) -> int:
        """Its strides enlarge."""
        return -halvings_of(self.strides)
