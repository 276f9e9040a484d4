"""How samples as they are in the files become the samples that the network sees."""

from __future__ import annotations

import dataclasses
from typing import Literal

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.declare import Declared, declared, param


@declared
class Preparation(Declared):
    """Size, channels and range of the samples. Masks and boxes follow the geometry."""

    height: int | None = param(
        None, min=1, max=8192, unit="px", blank="as found", help="Height of the images; empty: as they are"
    )
    width: int | None = param(
        None, min=1, max=8192, unit="px", blank="as found", help="Width of the images; empty: as they are"
    )
    length: int | None = param(
        None, min=1, max=1 << 20, blank="as found", help="Samples of a signal; empty: as they are"
    )
    resize: Literal["stretch", "crop", "pad"] = param(
        "stretch",
        help="How a sample comes to the size: stretch it, cut off what is too much at two sides, or put zeros round "
        "it; crop and pad keep the proportions",
    )
    channels: Literal["as found", "grey", "RGB"] = param(
        "as found", help="Colours of the images; as found: those of most of the files"
    )
    normalisation: Literal["auto", "standardise"] = param(
        "auto",
        help="auto: images to 0..1, signals as they are; standardise: mean 0 and standard deviation 1 for each "
        "channel, measured on the training part alone (on 4,096 samples of a larger one)",
    )
    added_noise: float = param(
        0.0,
        min=0.0,
        max=10.0,
        help="Standard deviation of noise added to what goes in, so that the network learns to take it away",
    )

    def prepared(self, info: DataInfo) -> DataInfo:
        """What the network has to fit, from what the source holds."""
        *sizes, channels = info.input_shape
        if info.rank == 2:
            sizes = [self.height or sizes[0], self.width or sizes[1]]
            channels = {"grey": 1, "RGB": 3}.get(self.channels, channels)
        elif info.rank == 1:
            sizes = [self.length or sizes[0]]
        in_unit_range = info.rank != 1 and self.normalisation == "auto"  # signals reach below 0 and above 1
        return dataclasses.replace(info, input_shape=(*sizes, channels), in_unit_range=in_unit_range)

    def names_for(self, info: DataInfo) -> tuple[str, ...]:
        """The parameters that matter for such data: what a form shows."""
        sizes = {1: ("length", "resize"), 2: ("height", "width", "resize", "channels")}.get(info.rank, ())
        noise = ("added_noise",) if info.task is Task.RECONSTRUCTION else ()
        return (*sizes, "normalisation", *noise)
