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
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.program import Tensor

EDGES = 4
"""Maps behind those of the classes in detection: how far left, top, right and bottom are."""
_RARE = {"class_name": "Constant", "config": {"value": -2.0}}
"""Keras's own plain form of an initialiser: the engine hands it on as it is, and generated code writes it as a call."""
_FEW_CELLS = 4


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


def _usual_curve(data: DataInfo) -> Literal["sigmoid", "softmax", "linear"]:
    """What "auto" means: the curve whose values are those that are to be answered."""
    if data.task is Task.RECONSTRUCTION:
        return "sigmoid" if data.in_unit_range else "linear"
    return "sigmoid" if data.task is Task.MULTILABEL else "softmax"


@block(group="Output", keywords="head classifier softmax prediction last")
class Output(BlockSpec):
    """Turns features into the answer; it fits itself to the task and the number of classes.

    Classification: one probability per class, from a vector; where a sample can be of several classes (multi-label), a
    chance for each by itself. Segmentation: one probability per class at each position.
    Reconstruction: the sample itself. Detection: for each cell of the maps that come in, of whatever size, a share for
    each class that the middle of such an object lies there, then how far the object's left, top, right and bottom edges
    are from the cell's middle, as shares of the image.
    """

    activation: Literal["auto", "softmax", "sigmoid", "linear"] = param(
        "auto",
        help="auto: shares that add up to 1 (softmax) for classes, values from 0 to 1 (sigmoid) for multi-label, "
        "detection and reconstruction (linear where samples are not within 0 to 1, as signals are not); "
        "linear: raw scores, which the loss turns into shares itself",
    )
    kernel_size: Size = param(1, min=1, max=255, help="Width of the window in cells, where maps come out")
    use_bias: bool = param(True, help="Adds one learned number to each value that comes out")

    def lay(self, net: Net, x: Tensor) -> Tensor:
        """Dense for vectors; a convolution, 1 x 1 if not told otherwise, for maps."""
        task = net.data.task
        if task is Task.DETECTION:
            return self._lay_detection(net, x)
        units = net.data.input_shape[-1] if task is Task.RECONSTRUCTION else net.data.classes
        activation = self.activation
        if activation == "auto":
            activation = _usual_curve(net.data)
        if task is Task.MULTILABEL:
            self._check_chances(net)
        elif task is not Task.RECONSTRUCTION and units < 2:
            net.refuse(
                f"There must be at least 2 classes to choose between, but the data has {units}: choose other data."
            )
        if task in (Task.CLASSIFICATION, Task.MULTILABEL):
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

    def _lay_detection(self, net: Net, x: Tensor) -> Tensor:
        """A convolution that gives each cell a share for each class and the distances of four edges.

        Biases begin at -2: few cells hold a middle, and edges are an eighth of the image away. Without it the many
        empty cells would drown the first epochs (Lin et al., "Focal loss for dense object detection", 2017).
        """
        self._check_cells(net, x)
        config: dict[str, Any] = {"activation": "sigmoid" if self.activation == "auto" else self.activation}
        config |= {"bias_initializer": _RARE} if self.use_bias else {"use_bias": False}
        if self.kernel_size != 1:
            config["padding"] = "same"
        return net.layer("Conv2D", x, filters=net.data.classes + EDGES, kernel_size=self.kernel_size, **config)

    def _check_cells(self, net: Net, x: Tensor) -> None:
        image = net.data.input_shape[:-1]
        if len(image) != 2:
            net.refuse(
                f"Boxes are found in images, but a sample here is {show(net.data.input_shape)}: choose data of images."
            )
        if not net.data.classes:
            net.refuse("There must be at least one class of objects to find, but the data has none: choose other data.")
        if self.activation == "softmax":
            net.refuse(
                "A cell's shares and distances are each from 0 to 1 by themselves, but softmax makes them add up to 1: "
                "set the activation to auto.",
                "activation",
                suggest=(("Set activation to auto", {"activation": "auto"}),),
            )
        if x.rank != 2:
            given = f"a vector of {x.channels:,} values" if x.rank == 0 else show(x.shape)
            net.refuse(
                f"To find boxes, Output needs maps, whose cells tell what lies there, but {given} comes in: end "
                "the backbone with maps, without Flatten or global pooling.",
                wanted={x.step: "maps"},
            )
        if min(x.spatial) < _FEW_CELLS:
            net.warn(
                f"Each cell tells of one object of a class, and only {show(x.spatial)} cells come in: objects side by "
                "side will be missed. Take a pooling or strides away before Output."
            )
        elif any(n > m for n, m in zip(x.spatial, image, strict=True)):
            net.warn(
                f"There are more cells ({show(x.spatial)}) than pixels ({show(image)}): they cost time and find no "
                "more. Half the size of the image or less will do."
            )

    def _check_chances(self, net: Net) -> None:
        if not net.data.classes:
            net.refuse("There must be at least one class to name, but the data has none: choose other data.")
        if self.activation == "softmax":
            net.refuse(
                "A sample can be of several classes at once, but softmax makes their chances add up to 1: set the "
                "activation to auto.",
                "activation",
                suggest=(("Set activation to auto", {"activation": "auto"}),),
            )

    def _check_vector(self, net: Net, x: Tensor) -> None:
        if x.rank == 0:
            return
        fixes = [net.put_before(x, Flatten())]
        if x.rank <= 3:
            fixes.insert(0, net.put_before(x, GlobalAveragePooling()))
        several = net.data.task is Task.MULTILABEL
        aim = "say which" if several else "choose one"
        net.refuse(
            f"To {aim} of {net.data.classes} classes, Output needs a vector, but {show(x.shape)} comes in: put "
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
