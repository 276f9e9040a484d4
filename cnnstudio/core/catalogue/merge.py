"""Blocks that bring branches together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.declare import param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Merge", inputs=(2, None), keywords="sum plus residual skip shortcut")
class Add(BlockSpec):
    """Adds its inputs value by value; all must have one shape.

    With a skip round some layers, these only need to learn what to change: the idea of residual networks.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Add."""
        return net.layer("Add", *inputs)


@block(group="Merge", inputs=(2, None), keywords="concat stack join skip branches unet inception densenet")
class Concatenate(BlockSpec):
    """Puts the channels of all inputs behind one another; the spatial sizes must agree.

    Nothing is mixed or lost: the next convolution decides what to use. U-Net and Inception join branches like this.
    """

    axis: Literal["channels", "first", "second", "third"] = param(
        "channels", label="Along", help="channels, or the spatial axis along which the maps are put end to end"
    )

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Concatenate."""
        if self.axis == "channels":
            return net.layer("Concatenate", *inputs)
        return net.layer("Concatenate", *inputs, axis=("first", "second", "third").index(self.axis) + 1)

    def channels_times(self) -> None:
        """The other inputs add theirs."""


@block(group="Merge", inputs=(2, 2), keywords="minus difference change")
class Subtract(BlockSpec):
    """Takes the second input away from the first, value by value; both must have one shape.

    What comes out is the difference: what has changed between two branches.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Subtract."""
        return net.layer("Subtract", *inputs)


@block(group="Merge", inputs=(2, None), keywords="product gate attention scale")
class Multiply(BlockSpec):
    """Multiplies its inputs value by value, so that one branch can gate another.

    All inputs must have one shape; an input with one cell per channel, as from Global average pooling that keeps its
    axes, weighs whole maps.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Multiply."""
        return net.layer("Multiply", *inputs)


@block(group="Merge", inputs=(2, None), keywords="mean ensemble")
class Average(BlockSpec):
    """Takes the mean of its inputs value by value; all must have one shape.

    Like Add, but the values keep their size, however many branches there are.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Average."""
        return net.layer("Average", *inputs)


@block(group="Merge", inputs=(2, None), keywords="max maxout")
class Maximum(BlockSpec):
    """Keeps the largest of its inputs value by value; all must have one shape.

    The branch that answers most clearly wins at each place.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Maximum."""
        return net.layer("Maximum", *inputs)


@block(group="Merge", inputs=(2, None), keywords="min smallest")
class Minimum(BlockSpec):
    """Keeps the smallest of its inputs value by value; all must have one shape.

    Only what every branch finds comes through.
    """

    def lay(self, net: Net, *inputs: Tensor) -> Tensor:
        """One Minimum."""
        return net.layer("Minimum", *inputs)
