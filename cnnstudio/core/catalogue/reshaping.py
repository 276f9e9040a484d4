"""Blocks that move, add or drop cells without learning anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cnnstudio.core.catalogue.axes import need_axes
from cnnstudio.core.catalogue.base import BlockSpec, block, halvings_of
from cnnstudio.core.declare import Margins, Shape, Size, param

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(
    group="Reshape", key=("size", "interpolation"), keywords="upscale resize unpool enlarge bilinear nearest decoder"
)
class Upsampling(BlockSpec):
    """Makes maps larger by repeating cells or by blending between them.

    Nothing is learned here: put a convolution behind it to tidy up. Together they are a way up for decoders that is
    free of checkerboard patterns.
    """

    size: Size = param(2, min=1, max=255, label="Times", help="How many times larger each axis becomes")
    interpolation: Literal["nearest", "bilinear"] = param(
        "nearest", help="nearest repeats cells, bilinear (images) blends between them"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One UpSamplingND; only Keras's 2-D layer knows interpolation."""
        need_axes(net, x, "Upsampling")
        if x.rank == 2:
            return net.layer("UpSampling2D", x, size=self.size, interpolation=self.interpolation)
        if self.interpolation != "nearest":
            net.refuse(
                f'Interpolation "{self.interpolation}" is for images, but the input has {x.rank} spatial '
                f'{"axis" if x.rank == 1 else "axes"}: set it to "nearest".',
                "interpolation",
                suggest=(('Set interpolation to "nearest"', {"interpolation": "nearest"}),),
            )
        # Keras's 1-D layer takes no tuple.
        size = self.size[0] if x.rank == 1 and isinstance(self.size, tuple) and len(self.size) == 1 else self.size
        return net.layer(f"UpSampling{x.rank}D", x, size=size)

    def halvings(self) -> int:
        """It enlarges."""
        return -halvings_of(self.size)


def _sides(net: Net, x: Tensor, value: Margins, name: str) -> Any:
    """`value` as Keras wants it: a number, (before, after) for signals, one entry per axis for the others.

    A tuple of one entry is meant for the one axis of a signal.
    """
    if isinstance(value, int):
        return value
    if x.rank != len(value):
        net.refuse(
            f"{name.capitalize()} needs one number, or one entry for each of the {x.rank} spatial axes, "
            f"but has {len(value)} entries.",
            name,
            suggest=((f"Set {name} to 1", {name: 1}),),
        )
    return value[0] if x.rank == 1 else value


@block(group="Reshape", key=("padding",), keywords="pad border margin zeros")
class ZeroPadding(BlockSpec):
    """Adds a margin of zeros round each map.

    Useful before a convolution with valid padding, or to bring maps to the size that a merge needs.
    """

    padding: Margins = param(
        1, min=0, max=4096, help="Cells added on each side: one number, or (before, after) per axis"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One ZeroPaddingND."""
        need_axes(net, x, "Zero padding")
        return net.layer(f"ZeroPadding{x.rank}D", x, padding=_sides(net, x, self.padding, "padding"))


@block(group="Reshape", key=("cropping",), keywords="crop cut trim border margin")
class Cropping(BlockSpec):
    """Cuts a margin off each map.

    Useful to bring maps to the size that a merge needs, as in the first U-Net.
    """

    cropping: Margins = param(
        1, min=0, max=4096, help="Cells cut off each side: one number, or (before, after) per axis"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One CroppingND."""
        need_axes(net, x, "Cropping")
        return net.layer(f"Cropping{x.rank}D", x, cropping=_sides(net, x, self.cropping, "cropping"))


@block(group="Reshape", keywords="vector ravel dense head")
class Flatten(BlockSpec):
    """Lays all values of all maps out in one long vector, for Dense.

    Where things were is kept only by the place in the vector, and the Dense block behind it has a weight for each:
    on larger maps, Global average pooling is far cheaper.
    """

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Flatten."""
        return net.layer("Flatten", x)

    def channels_times(self) -> None:
        """As many as cells come in."""


@block(group="Reshape", key=("target_shape",), keywords="view fold unflatten")
class Reshape(BlockSpec):
    """Gives the same values, in the same order, another shape.

    Its usual work is the step from a vector to maps in a decoder: 784 values become 7 x 7 x 16.
    """

    target_shape: Shape = param(
        (-1, 1), min=-1, max=2**31 - 1, label="Shape", help="Sizes that come out, channels last; one -1 means the rest"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Reshape."""
        return net.layer("Reshape", x, target_shape=self.target_shape)

    def channels_set(self) -> int | None:
        """The last size, unless that is the rest."""
        return self.target_shape[-1] if self.target_shape[-1] > 0 else None

    def channels_times(self) -> None:
        """Whatever remains."""


@block(group="Reshape", key=("dims",), keywords="transpose swap axes order channels")
class Permute(BlockSpec):
    """Puts the axes of the maps into another order; the values stay what they are.

    The order 2 x 1 x 3 turns an image over its diagonal; 3 x 1 x 2 brings the channels to the front.
    """

    dims: Shape | None = param(
        None,
        min=1,
        max=6,
        label="Order",
        help="Axes that come out, by their numbers now, from 1; empty turns the spatial axes round",
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """One Permute."""
        dims = self.dims or (*range(x.rank, 0, -1), x.rank + 1)
        return net.layer("Permute", x, dims=dims)
