"""How training samples are varied from epoch to epoch, so that the network learns what does not matter."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Literal

from cnnstudio.core.declare import Declared, declared, param

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.data.info import DataInfo

_IMAGES = ("flip", "rotation", "shift", "zoom", "crop", "brightness", "contrast", "noise", "cutout", "fill")
_SIGNALS = ("scale", "shift", "crop", "noise", "fill")


@declared
class Augmentation(Declared):
    """Random changes of training samples; masks and boxes follow the geometry. 0 and none leave a sample alone.

    What happens to a sample is determined by the training seed, the epoch and the sample's index.
    """

    flip: Literal["none", "horizontal", "vertical", "both"] = param(
        "none", help="Mirror half of the images: left and right, top and bottom, or both"
    )
    rotation: float = param(0.0, min=0.0, max=180.0, unit="°", help="Turn by up to this angle to either side")
    shift: float = param(0.0, min=0.0, max=0.5, help="Move by up to this share of the size, on each axis")
    zoom: float = param(0.0, min=0.0, max=0.5, help="Enlarge or shrink by up to this share")
    crop: float = param(
        0.0, min=0.0, max=0.5, help="Cut away up to this share, at a random place, and bring the rest back to size"
    )
    scale: float = param(0.0, min=0.0, max=0.9, help="Multiply a signal by 1 plus or minus up to this")
    brightness: float = param(0.0, min=0.0, max=1.0, help="Add up to this much, plus or minus, to every value")
    contrast: float = param(0.0, min=0.0, max=0.9, help="Spread or squeeze values round their mean by up to this share")
    noise: float = param(0.0, min=0.0, max=1.0, help="Standard deviation of added noise (jitter)")
    cutout: float = param(0.0, min=0.0, max=0.5, help="Blank a square whose edge is this share of the size")
    fill: Literal["edge", "reflect", "zero"] = param(
        "edge",
        help="What comes in from outside: the nearest value, the mirrored sample, or zeros",
        relevant=lambda a: bool(a.rotation or a.shift or a.zoom),
    )

    @staticmethod
    def names_for(info: DataInfo) -> tuple[str, ...]:
        """The parameters that such samples can be varied by; () for vectors and volumes."""
        return {1: _SIGNALS, 2: _IMAGES}.get(info.rank, ())

    def acts_on(self, info: DataInfo) -> bool:
        """Whether anything is changed at all."""
        return any(getattr(self, n) not in (0, "none") for n in self.names_for(info) if n != "fill")

    def strength(self, info: DataInfo) -> str:
        """Which of STRENGTHS it is for such data, whatever flip and fill are; "" for values of one's own."""
        if not self.acts_on(info):
            return "none"
        own = [getattr(self, n) for n in self.names_for(info)]
        like = {name: self.of_strength(name) for name in STRENGTHS}
        return next((n for n, other in like.items() if [getattr(other, p) for p in self.names_for(info)] == own), "")

    def of_strength(self, name: str) -> Augmentation:
        """With the values of one of STRENGTHS. Flip stays, as only a person knows what a mirrored sample means."""
        flip = "none" if name == "none" else self.flip
        return dataclasses.replace(STRENGTHS[name], flip=flip, fill=self.fill)


STRENGTHS: Mapping[str, Augmentation] = {
    "none": Augmentation(),
    "gentle": Augmentation(rotation=5.0, shift=0.05, zoom=0.05, scale=0.1, brightness=0.05, contrast=0.1, noise=0.01),
    "strong": Augmentation(
        rotation=20.0, shift=0.1, zoom=0.2, crop=0.1, scale=0.3, brightness=0.15, contrast=0.3, noise=0.05, cutout=0.2
    ),
}
"""Values to begin with, for samples whose values are about 0 to 1."""
