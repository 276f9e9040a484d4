"""The two ends of every network: Input and Output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cnnstudio.core.catalogue.base import BlockSpec, block
from cnnstudio.core.data_info import Task
from cnnstudio.core.declare import Shape, param

if TYPE_CHECKING:
    from cnnstudio.core.net import Net
    from cnnstudio.core.program import Tensor


@block(group="Data", key=("shape",), inputs=(0, 0), hidden=True)
class Input(BlockSpec):
    """The samples as they enter the network: the data page decides the shape."""

    shape: Shape = param((8, 8, 1), min=1, max=65536, help="Sizes of one sample, channels last: height, width, channels")


@block(group="Output", keywords="head classifier softmax prediction")
class Output(BlockSpec):
    """Turns features into the answer; it fits itself to the task and the number of classes."""

    activation: Literal["auto", "softmax", "sigmoid", "linear"] = param(
        "auto", help="auto: probabilities (softmax) for classes, 0..1 (sigmoid) for reconstruction"
    )

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """Dense for classification; a 1x1 convolution for segmentation and reconstruction."""
        task = net.data.task
        activation = self.activation
        if activation == "auto":
            activation = "sigmoid" if task is Task.RECONSTRUCTION else "softmax"
        if task is Task.CLASSIFICATION:
            return net.layer("Dense", x, units=net.data.classes, activation=activation)
        units = net.data.input_shape[-1] if task is Task.RECONSTRUCTION else net.data.classes
        return net.layer(f"Conv{x.rank}D", x, filters=units, kernel_size=1, activation=activation)
