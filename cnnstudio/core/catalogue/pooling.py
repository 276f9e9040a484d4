"""Pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block, halvings_of
from cnnstudio.core.declare import Size, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Pooling", key=("pool_size", "strides"), keywords="maxpool downsample subsample")
class MaxPooling(BlockSpec):
    """Keeps the largest value of each window, so that maps become smaller.

    What matters is that a pattern was found, less so where exactly. Nothing is learned here.
    """

    pool_size: Size = param(2, min=1, max=255, help="Width of the window in cells")
    strides: Size | None = param(None, min=1, max=255, help="How far the window moves; empty for the pool size")
    padding: Literal["valid", "same"] = param("valid", help="valid drops cells that fill no window, same keeps them")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One MaxPoolingND."""
        need_axes(net, x, "Max pooling")
        return net.layer(
            f"MaxPooling{x.rank}D", x, pool_size=self.pool_size, strides=self.strides, padding=self.padding
        )

    def halvings(self) -> int:
        """The window moves by its own size unless told otherwise."""
        return halvings_of(self.pool_size if self.strides is None else self.strides)


@block(group="Pooling", key=("pool_size", "strides"), keywords="avgpool mean downsample subsample")
class AveragePooling(BlockSpec):
    """Replaces each window by its mean, so that maps become smaller and smoother.

    Nothing is learned here. Cells of padding are not counted into the mean.
    """

    pool_size: Size = param(2, min=1, max=255, help="Width of the window in cells")
    strides: Size | None = param(None, min=1, max=255, help="How far the window moves; empty for the pool size")
    padding: Literal["valid", "same"] = param("valid", help="valid drops cells that fill no window, same keeps them")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One AveragePoolingND."""
        need_axes(net, x, "Average pooling")
        return net.layer(
            f"AveragePooling{x.rank}D", x, pool_size=self.pool_size, strides=self.strides, padding=self.padding
        )

    def halvings(self) -> int:
        """The window moves by its own size unless told otherwise."""
        return halvings_of(self.pool_size if self.strides is None else self.strides)


@block(group="Pooling", key=("keepdims",), keywords="gap avgpool mean global head")
class GlobalAveragePooling(BlockSpec):
    """Replaces each feature map by its mean: one number per channel.

    It stands before the Output of most modern networks: it has no weights, and any input size will do.
    """

    keepdims: bool = param(
        False, label="Keep axes", help="Keeps the spatial axes with one cell each, for a merge later"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One GlobalAveragePoolingND."""
        need_axes(net, x, "Global average pooling")
        return net.layer(f"GlobalAveragePooling{x.rank}D", x, keepdims=self.keepdims)


@block(group="Pooling", key=("keepdims",), keywords="gmp maxpool global head")
class GlobalMaxPooling(BlockSpec):
    """Replaces each feature map by its largest value: was the pattern found anywhere, and how clearly.

    One number per channel comes out. Nothing is learned here.
    """

    keepdims: bool = param(
        False, label="Keep axes", help="Keeps the spatial axes with one cell each, for a merge later"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One GlobalMaxPoolingND."""
        need_axes(net, x, "Global max pooling")
        return net.layer(f"GlobalMaxPooling{x.rank}D", x, keepdims=self.keepdims)
