"""The two ends of every network: Input and Output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.catalogue.pooling import GlobalAveragePooling
from cnnstudio.core.catalogue.reshaping import Flatten
from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import Shape, Size, param, show

if TYPE_CHECKING:
    from cnnstudio.core.analysis.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Data", key=("shape",), inputs=(0, 0), hidden=True, keywords="samples images data")
class Input(BlockSpec):
    """The samples as they enter the network.

    The data page decides the shape: height, width and channels for images, length and channels for signals.
    """

    shape: Shape = param(
        (8, 8, 1), min=1, max=65536, help="Sizes of one sample, channels last: height, width, channels"
    )

    def channels_set(self) -> int:
        """Those of the samples."""
        return self.shape[-1]


@block(group="Output", keywords="head classifier softmax prediction last")
class Output(BlockSpec):
    """Turns features into the answer; it fits itself to the task and the number of classes.

    Classification: one probability per class, from a vector. Segmentation: one probability per class at each position.
    Reconstruction: the sample itself.
    """

    activation: Literal["auto", "softmax", "sigmoid", "linear"] = param(
        "auto",
        help="auto: shares that add up to 1 (softmax) for classes, values from 0 to 1 (sigmoid) for reconstruction; "
        "linear: raw scores, which the loss turns into shares itself",
    )
    kernel_size: Size = param(1, min=1, max=255, help="Width of the window in cells, where maps come out")
    use_bias: bool = param(True, help="Adds one learned number to each value that comes out")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """Dense for vectors; a convolution, 1 x 1 if not told otherwise, for maps."""
        task = net.data.task
        units = net.data.input_shape[-1] if task is Task.RECONSTRUCTION else net.data.classes
        activation = self.activation
        if activation == "auto":
            activation = "sigmoid" if task is Task.RECONSTRUCTION else "softmax"
        if task is not Task.RECONSTRUCTION and units < 2:
            net.refuse(
                f"There must be at least 2 classes to choose between, but the data has {units}: choose other data."
            )
        if task is Task.CLASSIFICATION:
            self._check_vector(net, x)
        else:
            self._check_size(net, x, task)
        config: dict[str, Any] = {"activation": activation}
        if not self.use_bias:
            config["use_bias"] = False
        if x.rank == 0:
            return net.layer("Dense", x, units=units, **config)
        if self.kernel_size != 1:
            config["padding"] = "same"
        return net.layer(f"Conv{x.rank}D", x, filters=units, kernel_size=self.kernel_size, **config)

    def _check_vector(self, net: Net, x: Tensor) -> None:
        if x.rank == 0:
            return
        fixes = [net.put_before(x, Flatten())]
        if x.rank <= 3:
            fixes.insert(0, net.put_before(x, GlobalAveragePooling()))
        net.refuse(
            f"To choose one of {net.data.classes} classes, Output needs a vector, but {show(x.shape)} comes in: put "
            "Global average pooling or Flatten before it.",
            "",
            *fixes,
            wanted={x.step: "a vector"},
        )

    def _check_size(self, net: Net, x: Tensor, task: Task) -> None:
        wanted = net.data.input_shape[:-1]
        if x.spatial == wanted and x.rank <= 3:
            return
        what = "a class for each position" if task is Task.SEGMENTATION else "the sample itself"
        size = f"the input's size {show(wanted)}" if wanted else "a vector"
        if x.rank == 0:
            given = f"a vector of {x.channels:,} values comes in"
            advice = "bring it to maps with Reshape, and to the size with Upsampling or Transposed convolution"
        else:
            given = f"the maps that come in are {show(x.spatial)}"
            smaller = len(x.spatial) == len(wanted) and any(a < b for a, b in zip(x.spatial, wanted, strict=True))
            ways = "Upsampling or Transposed convolution" if smaller else "Cropping or pooling"
            advice = f"bring them to the size with {ways}" if wanted else "put Flatten before it"
        needed = f"maps of {show(wanted)}" if wanted else "a vector"
        net.refuse(f"To give {what}, Output needs {size}, but {given}: {advice}.", wanted={x.step: needed})
