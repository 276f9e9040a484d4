"""The methods that explain a network, declared once: forms, the worker, the command line and the guide read this.

A new method is one declaration here and one function in `engine.explaining`.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import Declared, declared, param

_ALL = tuple(Task)


class Method(Declared):
    """Base of the methods. Its fields are the settings; its docstring says what it shows."""

    name: ClassVar[str]
    title: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = _ALL
    about: ClassVar[Literal["class", "channel"]] = "class"
    """What is explained: a class (or the output, where there are none), or a channel of a block."""
    wants_block: ClassVar[bool] = False
    """Whether the picture depends on a block."""
    makes_sample: ClassVar[bool] = False
    """Whether the picture is a sample, and not how much each place counts."""
    signed: ClassVar[bool] = False
    """Whether places can count against what is explained."""
    source: ClassVar[str] = ""
    """Paper that the method comes from."""

    def automatic(self, sizes: tuple[int, ...]) -> dict[str, str]:
        """What settings that may be left to the method then are for an input of these spatial sizes, in words."""
        return {}


@declared
class GradCam(Method):
    """Where the maps of a convolution that speak for a class are high."""

    name = "grad-cam"
    title = "Grad-CAM"
    wants_block = True
    source = "Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks (ICCV 2017)"


@declared
class IntegratedGradients(Method):
    """How much each place of the input adds to the score, on the way from an empty sample to this one."""

    name = "integrated-gradients"
    title = "Integrated gradients"
    signed = True
    source = "Sundararajan, Taly and Yan, Axiomatic Attribution for Deep Networks (ICML 2017)"

    steps: int = param(128, min=8, max=1024, help="Samples on the way, at most; more of them leave a smaller gap")
    baseline: Literal["zero", "mean", "blurred"] = param("zero", help="The empty sample that the way starts from")


@declared
class Occlusion(Method):
    """How much the score falls when a patch of the input is covered."""

    name = "occlusion"
    title = "Occlusion"
    signed = True
    source = "Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (ECCV 2014)"

    patch: int | None = param(
        None, min=1, max=512, unit="cells", blank="automatic", help="Edge of the patch; empty: an eighth of the input"
    )
    stride: int | None = param(
        None, min=1, max=512, unit="cells", blank="automatic", help="How far the patch moves; empty: half of its edge"
    )
    fill: Literal["mean", "zero"] = param("mean", help="The value that covers")

    def edges(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """The patch's edge along each axis of an input of these sizes, in cells."""
        return tuple(min(n, self.patch or max(1, round(n / 8))) for n in sizes)

    def strides(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        """How far it moves along each axis, in cells."""
        return tuple(self.stride or max(1, edge // 2) for edge in self.edges(sizes))

    def automatic(self, sizes: tuple[int, ...]) -> dict[str, str]:
        """Edge and stride; where axes differ, one for each."""
        left = {"patch": self.having("patch", None).edges(sizes), "stride": self.having("stride", None).strides(sizes)}
        return {
            name: str(along[0]) if len(set(along)) == 1 else " \u00d7 ".join(map(str, along))
            for name, along in left.items()
        }


@declared
class ActivationMaximisation(Method):
    """A sample made to excite a channel as much as it can: what the channel looks for."""

    name = "activation-maximisation"
    title = "What it looks for"
    about = "channel"
    wants_block = True
    makes_sample = True
    source = "Erhan et al., Visualizing Higher-Layer Features of a Deep Network (2009)"

    steps: int = param(128, min=8, max=2048, help="Steps of gradient ascent")
    rate: float = param(0.05, min=0.0001, max=10.0, help="How far each step goes")
    smoothness: float = param(
        0.1, min=0.0, max=10.0, help="How strongly neighbouring cells are held together; 0 gives noise"
    )
    jitter: int = param(2, min=0, max=64, unit="cells", help="How far the sample is moved at random before each step")
    seed: int = param(0, min=0, max=2**31 - 1, help="Seed of the start and of the moves")


METHODS: dict[str, type[Method]] = {
    method.name: method for method in (GradCam, IntegratedGradients, Occlusion, ActivationMaximisation)
}
"""By name, in the order in which they are offered."""
