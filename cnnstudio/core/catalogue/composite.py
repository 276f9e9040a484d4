"""Composites: well-known groups of layers as one block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.activation import ActivationName, apply_activation
from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.catalogue.following import filter_count
from cnnstudio.core.catalogue.normalisation import NormName, normalise
from cnnstudio.core.declare import Size, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(
    group="Composite",
    title="Conv-norm-activation",
    key=("filters", "kernel_size", "strides"),
    keywords="convolution batchnorm relu conv bn block",
)
class ConvNormActivation(BlockSpec):
    """A convolution, a normalisation and an activation: the standard brick of modern networks.

    The bias is left out where a normalisation follows, as that has a shift of its own.
    """

    filters: int = param(
        32, min=1, max=65536, help="How many kernels, and so how many feature maps come out", follow=filter_count
    )
    kernel_size: Size = param(3, min=1, max=255, help="Width of the window in cells; odd sizes keep the centre")
    strides: Size = param(1, min=1, max=255, help="How far the window moves each time; 2 halves the map")
    padding: Literal["valid", "same", "causal"] = param(
        "same", help="same keeps the size by adding zeros, valid does not, causal (signals) looks only back in time"
    )
    dilation_rate: Size = param(1, min=1, max=4096, label="Dilation", help="Distance between the kernel's cells")
    groups: int = param(1, min=1, max=65536, help="Splits the channels into groups that do not see each other")
    normalisation: NormName = param("batch", help="How the result is normalised before the activation")
    activation: ActivationName = param("relu", help="Function applied to each value that comes out")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """ConvND, normalisation, Activation."""
        need_axes(net, x, "Conv-norm-activation")
        x = net.layer(
            f"Conv{x.rank}D",
            x,
            name="conv",
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            groups=self.groups,
            use_bias=self.normalisation == "none",
        )
        return apply_activation(net, normalise(net, x, self.normalisation, "norm"), self.activation, "activation")


@block(
    group="Composite", key=("filters", "kernel_size", "strides"), keywords="resnet skip shortcut identity tcn temporal"
)
class Residual(BlockSpec):
    """Two convolutions with a way round them; only the difference to the input has to be learned.

    Gradients reach early layers along the way round, so that very deep networks train. Where size or channels change,
    a 1 x 1 convolution brings the way round to the same shape. With causal padding and dilation it is the block of
    temporal convolutional networks.
    """

    filters: int = param(32, min=1, max=65536, help="How many feature maps come out", follow=filter_count)
    kernel_size: Size = param(3, min=1, max=255, help="Width of both windows in cells")
    strides: Size = param(1, min=1, max=255, help="How far the first window moves each time; 2 halves the map")
    padding: Literal["same", "causal"] = param(
        "same", help="same looks to both sides, causal (signals) looks only back in time"
    )
    dilation_rate: Size = param(
        1, min=1, max=4096, label="Dilation", help="Distance between the kernels' cells, in both convolutions"
    )
    normalisation: NormName = param("batch", help="What normalises the result of each convolution")
    activation: ActivationName = param("relu", help="Function applied after the first convolution and after the sum")
    dropout: float = param(0.0, min=0, below=1, help="Share of the feature maps dropped between the convolutions")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """ConvND, norm, activation, ConvND, norm; Add with the input or its projection; activation."""
        need_axes(net, x, "Residual")
        y = self._conv(net, x, "conv_1", self.kernel_size, self.strides)
        y = normalise(net, y, self.normalisation, "norm_1")
        y = apply_activation(net, y, self.activation, "activation_1")
        if self.dropout:
            y = net.layer(f"SpatialDropout{x.rank}D", y, name="dropout", rate=self.dropout)
        y = self._conv(net, y, "conv_2", self.kernel_size, 1)
        y = normalise(net, y, self.normalisation, "norm_2")
        if x.shape != y.shape:
            x = net.layer(
                f"Conv{x.rank}D",
                x,
                name="projection",
                filters=self.filters,
                kernel_size=1,
                strides=self.strides,
                padding="same",
                use_bias=self.normalisation == "none",
            )
            x = normalise(net, x, self.normalisation, "projection_norm")
        return apply_activation(net, net.layer("Add", y, x, name="add"), self.activation, "activation_2")

    def _conv(self, net: Net, x: Tensor, name: str, kernel_size: Size, strides: Size) -> Tensor:
        return net.layer(
            f"Conv{x.rank}D",
            x,
            name=name,
            filters=self.filters,
            kernel_size=kernel_size,
            strides=strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            use_bias=self.normalisation == "none",
        )


@block(
    group="Composite",
    title="Squeeze-and-excite",
    key=("ratio",),
    keywords="se senet attention gate channel recalibrate",
)
class SqueezeExcite(BlockSpec):
    """Weighs each feature map by how useful it is for this very input.

    The mean of each map goes through two small Dense layers, which give one weight between 0 and 1 per map. A few more
    weights let a network attend to what matters.
    """

    ratio: int = param(8, min=1, max=1024, help="How many times fewer values than channels lie in the middle")
    activation: ActivationName = param("relu", help="Function of the middle layer")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """GlobalAveragePoolingND, two Dense layers, Multiply."""
        need_axes(net, x, "Squeeze-and-excite")
        gate = net.layer(f"GlobalAveragePooling{x.rank}D", x, name="squeeze", keepdims=True)
        activation = None if self.activation == "none" else self.activation
        gate = net.layer("Dense", gate, name="reduce", units=max(1, x.channels // self.ratio), activation=activation)
        gate = net.layer("Dense", gate, name="excite", units=x.channels, activation="sigmoid")
        return net.layer("Multiply", x, gate, name="scale")
