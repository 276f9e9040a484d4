"""Data without files: what scikit-learn carries, and what the studio draws itself from a seed."""

from __future__ import annotations

import functools
from typing import Literal

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.data.sources import SourceSpec
from cnnstudio.core.declare import Shape, declared, param


@declared
class Digits(SourceSpec):
    """1,797 handwritten digits of 8 x 8 pixels, real data that scikit-learn carries."""

    kind = "Digits"
    title = "Handwritten digits"
    origin = "real"
    note = "Real: 1,797 digits of the UCI optical recognition set (CC BY 4.0), carried by scikit-learn."

    task: Literal["classification", "reconstruction"] = param(
        "classification", help="Name the digit, or give the image back as an autoencoder does"
    )

    def info(self) -> DataInfo:
        """Images of 8 x 8 x 1 in 0..1; ten classes, or the image itself as the target."""
        task = Task(self.task)
        return DataInfo(task, (8, 8, 1), tuple("0123456789") if task is Task.CLASSIFICATION else ())

    @property
    def maker(self) -> str:
        """Name of the function in `core.code.samples`."""
        return "digits"

    @property
    def sample_count(self) -> int:
        """Those that scikit-learn carries."""
        return 1797


@declared
class Shapes(SourceSpec):
    """Images with circles, squares and triangles, with masks, boxes or the classes that there are."""

    kind = "Shapes"
    title = "Synthetic shapes"
    origin = "synthetic"
    note = "Synthetic: drawn by the studio from the seed, for trying out segmentation, detection and more."

    task: Literal["segmentation", "detection", "multi-label", "reconstruction"] = param(
        "segmentation",
        help="Name the class of every pixel, find a box and the class of every shape, say which classes there are, "
        "or give the image back",
    )
    count: int = param(1200, min=10, max=20000, help="How many images are drawn")
    size: int = param(32, min=16, max=256, help="Width and height of an image", unit="px")
    seed: int = param(0, min=0, max=2**31 - 1, help="The same seed draws the same images")

    def info(self) -> DataInfo:
        """Images of size x size x 3 in 0..1; a class index per pixel, boxes, classes, or the image itself."""
        task, shape = Task(self.task), (self.size, self.size, 3)
        if task is Task.RECONSTRUCTION:
            return DataInfo(task, shape)
        kinds = ("circle", "square", "triangle")
        return DataInfo(task, shape, ("background", *kinds) if task is Task.SEGMENTATION else kinds)

    @property
    def maker(self) -> str:
        """Name of the function in `core.code.samples`."""
        return "shapes"

    @property
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@declared
class Waveforms(SourceSpec):
    """Noisy sine, square, sawtooth and chirp signals of random frequency and phase."""

    kind = "Waveforms"
    title = "Synthetic waveforms"
    origin = "synthetic"
    note = "Synthetic: computed by the studio from the seed, for trying out networks on signals."

    task: Literal["classification", "reconstruction"] = param(
        "classification", help="Name the wave, or give the signal back, as an autoencoder does"
    )
    count: int = param(1600, min=10, max=50000, help="How many signals are made")
    length: int = param(128, min=32, max=8192, help="Samples in one signal")
    noise: float = param(0.3, min=0.0, max=5.0, help="Standard deviation of the added noise; the waves reach 1")
    seed: int = param(0, min=0, max=2**31 - 1, help="The same seed makes the same signals")

    def info(self) -> DataInfo:
        """Signals of length x 1; four classes, or the signal itself as the target."""
        task = Task(self.task)
        names = ("sine", "square", "sawtooth", "chirp") if task is Task.CLASSIFICATION else ()
        return DataInfo(task, (self.length, 1), names)

    @property
    def maker(self) -> str:
        """Name of the function in `core.code.samples`."""
        return "waveforms"

    @property
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@declared
class Noise(SourceSpec):
    """Random samples of any shape, for designs that have no data yet."""

    kind = "Noise"
    title = "Noise"
    origin = "synthetic"
    note = "Synthetic: seeded noise that stands in until you choose data. Nothing can be learned from it."

    task: Literal["classification", "multi-label", "segmentation", "reconstruction", "detection"] = param(
        "classification",
        help="What the network answers: one class, several, one for each position, the sample or boxes",
    )
    shape: Shape = param((32, 32, 3), min=1, max=65536, help="Sizes of one sample, channels last")
    classes: int = param(
        10, min=2, max=100_000, help="How many classes there are", relevant=lambda s: s.task != "reconstruction"
    )
    count: int = param(64, min=10, max=20000, help="How many samples are drawn")
    seed: int = param(0, min=0, max=2**31 - 1, help="The same seed draws the same samples")

    def info(self) -> DataInfo:
        """Samples of `shape` in 0..1; classes are called by their numbers."""
        task = Task(self.task)
        return DataInfo(task, self.shape, () if task is Task.RECONSTRUCTION else _numbers(self.classes))

    @property
    def maker(self) -> str:
        """Name of the function in `core.code.samples`."""
        return "seeded_noise"

    @property
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@functools.lru_cache(maxsize=16)
def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))
