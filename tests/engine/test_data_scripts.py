"""Scripts for data of files, for noise and for other sizes come to the result that the engine comes to."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.cli import run
from cnnstudio.core.code.source import script
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits, Noise, Shapes
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.data.packaged import KerasDataset
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.data import load
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.training import train
from cnnstudio.engine.scan import scan
from tests.engine.conftest import chain
from tests.helpers import own_data
from tests.helpers.effort import LONGER

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

CONVOLUTION: tuple[str, str, dict[str, Any]] = ("conv", "Convolution", {"filters": 4})
WHOLE = (CONVOLUTION,)
POOLED: tuple[tuple[str, str, dict[str, Any]], ...] = (CONVOLUTION, ("pool", "GlobalAveragePooling", {}))


def experiment(data: DataRecipe, *blocks: tuple[str, str, dict[str, Any]]) -> Experiment:
    stand_in = Noise(shape=data.info().input_shape)
    made = chain(stand_in, *blocks, epochs=2, batch_size=16)
    return dataclasses.replace(made, data=data)


def names_of(text: str) -> dict[str, Any]:
    """What the script knows after its data are loaded and split."""
    body = text[text.index("def main():") :].split("    model = build_model()")[0]
    space: dict[str, Any] = {"__name__": "script"}
    exec(text.split("def build_model():")[0], space)
    exec(body.replace("def main():", "def loaded():") + "    return locals()", space)
    found: dict[str, Any] = space["loaded"]()
    return found


RECIPES = [
    (Shapes(count=20, size=24, task="segmentation"), Preparation(height=16, width=20, resize="pad"), WHOLE),
    (Shapes(count=20, size=24, task="detection"), Preparation(height=12, width=20, resize="crop"), WHOLE),
    (Digits(), Preparation(channels="RGB", normalisation="standardise"), POOLED),
    (Digits(task="reconstruction"), Preparation(added_noise=0.2, normalisation="standardise"), WHOLE),
]


@pytest.mark.parametrize(("source", "preparation", "blocks"), RECIPES)
def test_a_script_prepares_and_splits_as_the_engine_does(source: Any, preparation: Preparation, blocks: Any) -> None:
    data = DataRecipe(source=source, preparation=preparation)
    made = experiment(data, *blocks)
    if data.info().task.value == "detection":
        made = dataclasses.replace(made, architecture=detector(data))
    found = names_of(script(made))
    loaded = load(data)
    for name, part in loaded.parts.items():
        np.testing.assert_array_equal(found[name], part.rows)
        inputs, targets = part.clean(slice(None)) if name == "training" else part.batch(slice(None))
        np.testing.assert_array_equal(found["inputs"][part.rows], inputs)
        np.testing.assert_array_equal(found["targets"][part.rows], targets)


def detector(data: DataRecipe) -> Any:
    return chain(Noise(task="detection", shape=data.info().input_shape), *WHOLE).architecture


def test_a_keras_set_is_split_by_the_script_as_by_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(0).integers(0, 256, (60, 28, 28)).astype("uint8")
    labels = (np.arange(60) % 10).astype("uint8")
    monkeypatch.setattr(
        "keras.datasets.mnist.load_data", lambda: ((images[:50], labels[:50]), (images[50:], labels[50:]))
    )
    data = DataRecipe(source=KerasDataset(), preparation=Preparation(height=14, width=14), seed=8)
    found = names_of(script(experiment(data, *POOLED)))
    for name, part in load(data).parts.items():
        np.testing.assert_array_equal(found[name], part.rows)
        np.testing.assert_array_equal(found["inputs"][part.rows], part.batch(slice(None))[0])


def trained(made: Experiment, place: Path) -> dict[str, float]:
    return train(made, place, lambda event: None, Control()).test


def told(text: str, capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    space: dict[str, Any] = {"__name__": "script"}
    exec(text, space)
    space["main"]()
    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("test ")]
    return {words[1].rstrip(":"): float(words[2]) for words in lines}


def test_the_script_of_a_folder_reads_what_is_written_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = scan(ImageFolder(path=str(own_data.image_folder(tmp_path / "own")))).source
    data = DataRecipe(source=source, preparation=Preparation(height=12, width=12, normalisation="standardise"))
    made = experiment(data, *POOLED)
    (tmp_path / "own.cnn.json").write_text(write_experiment(made), encoding="utf-8")
    assert run(["code", str(tmp_path / "own.cnn.json"), "--out", str(tmp_path / "out.py")]) == 0
    assert ".npz" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    said = told((tmp_path / "out.py").read_text(encoding="utf-8"), capsys)
    assert said == pytest.approx(trained(made, tmp_path / "run"), abs=0.02)
    with np.load(next(tmp_path.glob("*.npz"))) as file:
        assert file["inputs"].dtype == np.uint8
        assert file["inputs"].shape == (36, 12, 12, 3)


@pytest.mark.search
@LONGER
def test_a_script_adds_the_same_noise_to_varied_samples(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = DataRecipe(
        source=Digits(task="reconstruction"),
        preparation=Preparation(added_noise=0.4),
        augmentation=Augmentation(flip="horizontal"),
    )
    made = experiment(data, *WHOLE)
    said = told(script(made), capsys)
    assert said == pytest.approx(trained(made, tmp_path / "run"), abs=0.02)
