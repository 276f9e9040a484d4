"""The recipes of an experiment: which data, prepared how, and how to train on them."""

from __future__ import annotations

import functools
from typing import ClassVar, Literal, TypeVar

from cnnstudio.core.data_info import DataInfo, Task
from cnnstudio.core.declare import DeclarationError, Declared, Shape, closest, declared, param


class SourceSpec(Declared):
    """Base of all data sources: what they are called, whether they are real, and what a network has to fit."""

    kind: ClassVar[str]
    maker: ClassVar[str]
    """Name of the function in `core.code.samples` that gives the samples."""
    title: ClassVar[str]
    synthetic: ClassVar[bool]
    note: ClassVar[str]
    """One sentence: where the data come from and under which licence."""

    def info(self) -> DataInfo:
        """Task, sample shape and classes, without loading anything."""
        raise NotImplementedError

    @property
    def sample_count(self) -> int:
        """How many samples there are, without loading any."""
        raise NotImplementedError


@declared
class Digits(SourceSpec):
    """1,797 handwritten digits of 8 x 8 pixels, real data that scikit-learn carries."""

    kind = "Digits"
    maker = "digits"
    title = "Handwritten digits"
    synthetic = False
    note = "Real: 1,797 digits of the UCI optical recognition set (CC BY 4.0), carried by scikit-learn."

    task: Literal["classification", "reconstruction"] = param(
        "classification", help="Name the digit, or give the image back as an autoencoder does"
    )

    def info(self) -> DataInfo:
        """Images of 8 x 8 x 1 in 0..1; ten classes, or the image itself as the target."""
        task = Task(self.task)
        return DataInfo(task, (8, 8, 1), tuple("0123456789") if task is Task.CLASSIFICATION else ())

    @property
    def sample_count(self) -> int:
        """Those that scikit-learn carries."""
        return 1797


@declared
class Shapes(SourceSpec):
    """Images with circles, squares and triangles, and a mask that names each pixel's class."""

    kind = "Shapes"
    maker = "shapes"
    title = "Synthetic shapes"
    synthetic = True
    note = "Synthetic: drawn by the studio from the seed, for trying out segmentation."

    count: int = param(1200, min=10, max=20000, help="How many images are drawn")
    size: int = param(32, min=16, max=256, help="Width and height of an image", unit="px")
    seed: int = param(0, min=0, max=2**31 - 1, help="The same seed draws the same images")

    def info(self) -> DataInfo:
        """Images of size x size x 3 in 0..1; a class index per pixel."""
        return DataInfo(Task.SEGMENTATION, (self.size, self.size, 3), ("background", "circle", "square", "triangle"))

    @property
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@declared
class Waveforms(SourceSpec):
    """Noisy sine, square, sawtooth and chirp signals of random frequency and phase."""

    kind = "Waveforms"
    maker = "waveforms"
    title = "Synthetic waveforms"
    synthetic = True
    note = "Synthetic: computed by the studio from the seed, for trying out networks on signals."

    count: int = param(1600, min=10, max=50000, help="How many signals are made")
    length: int = param(128, min=32, max=8192, help="Samples in one signal")
    noise: float = param(0.3, min=0.0, max=5.0, help="Standard deviation of the added noise; the waves reach 1")
    seed: int = param(0, min=0, max=2**31 - 1, help="The same seed makes the same signals")

    def info(self) -> DataInfo:
        """Signals of length x 1; four classes."""
        return DataInfo(Task.CLASSIFICATION, (self.length, 1), ("sine", "square", "sawtooth", "chirp"))

    @property
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@declared
class Noise(SourceSpec):
    """Random samples of any shape, for designs that have no data yet."""

    kind = "Noise"
    maker = "seeded_noise"
    title = "Noise"
    synthetic = True
    note = "Synthetic: seeded noise that stands in until you choose data. Nothing can be learned from it."

    task: Literal["classification", "segmentation", "reconstruction"] = param(
        "classification", help="What the network answers: a class, a class for each position, or the sample itself"
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
    def sample_count(self) -> int:
        """As many as are asked for."""
        return self.count


@functools.lru_cache(maxsize=16)
def _numbers(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


SOURCES: dict[str, type[SourceSpec]] = {c.kind: c for c in (Digits, Shapes, Waveforms, Noise)}

S = TypeVar("S", bound=SourceSpec)


def source_class(kind: str) -> type[SourceSpec]:
    """The declaration of that source. Raises DeclarationError with the closest known kinds."""
    if kind not in SOURCES:
        raise DeclarationError(f'There is no data source of kind "{kind[:60]}". {closest(kind, SOURCES)}')
    return SOURCES[kind]


@declared
class DataRecipe(Declared):
    """A source and how it is split. The test part is never seen in training or in any choice."""

    source: SourceSpec = Digits()
    validation: float = param(0.15, min=0.01, max=0.8, help="Share of the samples watched while training")
    test: float = param(0.15, min=0.01, max=0.8, help="Share of the samples kept for the one final test")
    seed: int = param(0, min=0, max=2**31 - 1, label="Split seed", help="The same seed draws the same parts")

    def shares_problem(self) -> str:
        """Why the split leaves nothing to train on, as `core.code.samples.split` would say it; "" when it does."""
        count = self.source.sample_count
        validating, testing = (max(1, round(count * share)) for share in (self.validation, self.test))
        if validating + testing < count:
            return ""
        return (
            f"Of {count:,} samples, validation takes {validating:,} and test {testing:,}, "
            "so none is left to train on: make these shares smaller."
        )


@declared
class TrainingRecipe(Declared):
    """How the network is trained; loss and metrics follow from the task."""

    optimizer: Literal["adam", "adamw", "nadam", "rmsprop", "sgd"] = param(
        "adam", help="Rule that turns gradients into steps; adam suits most networks"
    )
    learning_rate: float = param(
        0.001, above=0.0, max=100.0, help="Length of a step; too high diverges, too low crawls"
    )
    momentum: float = param(
        0.9, min=0.0, below=1.0, help="How much of the last step is kept", relevant=lambda r: r.optimizer == "sgd"
    )
    batch_size: int = param(32, min=1, max=65536, help="Samples whose gradients make one step")
    epochs: int = param(15, min=1, max=100000, help="How often every training sample is seen")
    seed: int = param(0, min=0, max=2**31 - 1, help="Fixes initial weights, order and dropout: same seed, same result")
