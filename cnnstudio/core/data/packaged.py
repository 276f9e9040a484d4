"""Well-known data that other packages carry, or that Keras downloads."""

from __future__ import annotations

from typing import Literal, NamedTuple

from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.data.sources import SourceSpec
from cnnstudio.core.declare import Shape, declared, param


class Known(NamedTuple):
    """What is known of a set of samples before it is loaded."""

    samples: int
    shape: Shape
    classes: tuple[str, ...]


_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt", "trousers", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
_THINGS = ("aeroplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "lorry")
KERAS: dict[str, Known] = {
    "mnist": Known(70_000, (28, 28, 1), _DIGITS),
    "fashion_mnist": Known(70_000, (28, 28, 1), _CLOTHES),
    "cifar10": Known(60_000, (32, 32, 3), _THINGS),
}


@declared
class KerasDataset(SourceSpec):
    """A data set that Keras downloads once and keeps; its own test part stays the test part."""

    kind = "KerasDataset"
    title = "Keras data sets"
    origin = "real"
    note = "Real: downloaded once by Keras (MNIST 11 MB, Fashion-MNIST 30 MB, CIFAR-10 170 MB) and kept."

    name: Literal["mnist", "fashion_mnist", "cifar10"] = param("mnist", help="Which data set is loaded")

    def info(self) -> DataInfo:
        """Images in 0..1, ten classes."""
        known = KERAS[self.name]
        return DataInfo(Task.CLASSIFICATION, known.shape, known.classes)

    @property
    def sample_count(self) -> int:
        """Training and test part together."""
        return KERAS[self.name].samples

    @property
    def parts(self) -> tuple[str, ...]:
        """As their makers divided them; validation is drawn from the training part."""
        return ("training", "test")
