"""`cnnstudio data` and `train --data`: what they print for a person, for a program, and when nothing fits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cnnstudio.cli import run
from cnnstudio.cli.own_data import with_data
from cnnstudio.cli.verb import CommandError
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.formats.files import save_experiment
from cnnstudio.core.formats.presets import presets
from tests.helpers import own_data

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

    Capture = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Images of three classes in two parts, and a file that is none."""
    root = own_data.image_folder(tmp_path / "data", 4, parts=("train", "test"))
    (root / "train" / "disc" / "cut.png").write_bytes(b"\x89PNG")
    return root


def preset(id: str) -> Experiment:
    found = next(p.experiment for p in presets() if p.id == id)
    assert found is not None
    return found


def test_the_json_has_the_shape_that_programs_rely_on(folder: Path, capsys: Capture) -> None:
    assert run(["data", str(folder), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out) == {
        "samples": 24,
        "classes": {"disc": 8, "square": 8, "stripe": 8},
        "splits": {"training": 12, "test": 12},
        "shape": [24, 24, 3],
        "skipped": [
            {
                "file": "train/disc/cut.png",
                "reason": "truncated or damaged: it begins as an image, but cannot be opened",
            }
        ],
        "diagnostics": [
            {"severity": "note", "message": "No samples of their own for validation: drawn from the training part."}
        ],
    }


def test_the_text_tells_all_that_was_found(folder: Path, capsys: Capture) -> None:
    assert run(["data", str(folder), "--fresh"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"Image folder: {folder}"
    assert lines[1].startswith("24 samples for classification, 24 × 24 × 3, scanned in ")
    assert lines[5:] == [
        "disc          8",
        "square        8",
        "stripe        8",
        "",
        "Parts: training: 12; test: 12",
        "",
        "Kinds: JPEG, RGB: 12; PNG, RGB: 12",
        "",
        "Sizes: 24 × 24: 24",
        "",
        "Note: No samples of their own for validation: drawn from the training part.",
        "",
        "Not used: 1",
        "  train/disc/cut.png: truncated or damaged: it begins as an image, but cannot be opened",
    ]


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("nowhere", 2, 'There is no folder and no file "{path}": name where the data lie.'),
        ("empty", 1, '"empty" holds no images, signals or arrays: choose a folder with files such as .png, .jpg, .wav, '
         ".csv or .npy."),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, capsys: Capture, name: str, code: int, sentence: str
) -> None:
    (tmp_path / "empty").mkdir()
    path = tmp_path / name
    assert run(["data", str(path), "--json"]) == code
    assert capsys.readouterr() == ("", f"cnnstudio: {sentence.format(path=path)}\n")


def test_a_single_class_is_an_error_for_programs_too(tmp_path: Path, capsys: Capture) -> None:
    root = own_data.image_folder(tmp_path / "data", 3)
    for other in ("square", "stripe"):
        (root / other).rename(tmp_path / other)
    assert run(["data", str(root), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["severity"] == "error"
    assert run(["train", "lenet-5", "--data", str(root)]) == 1
    assert capsys.readouterr().err.startswith('cnnstudio: There is one class only, "disc", and so nothing')


def test_the_data_of_an_experiment_are_replaced_and_the_changes_told(folder: Path, capsys: Capture) -> None:
    after = with_data(preset("lenet-5"), str(folder))
    assert after.data.info().input_shape == (24, 24, 3)
    assert after.data.info().class_names == own_data.CLASSES
    assert capsys.readouterr().err.splitlines() == [
        f"Image folder: 24 samples from {folder}",
        "Input is now 24 × 24 × 3 (was 8 × 8 × 1), Output names 3 classes (was 10).",
        f'Not used: 1; `cnnstudio data "{folder}"` lists what and why.',
    ]


def test_a_design_that_gives_samples_back_takes_them_without_their_classes(tmp_path: Path, capsys: Capture) -> None:
    root = own_data.image_folder(tmp_path / "data", 3, side=8)
    after = with_data(preset("autoencoder"), str(root))
    assert after.data.info().task == "reconstruction"
    assert after.data.source.sample_count == 9


def test_a_design_that_does_not_fit_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = own_data.signal_table(tmp_path / "data")
    with pytest.raises(CommandError) as caught:
        with_data(preset("u-net"), str(path))
    sentence = str(caught.value)
    assert sentence.startswith("The design of “U-Net on shapes” does not fit these data: Block ")
    assert "Presets that do: “CNN on waveforms”" in sentence
    assert "\n" not in sentence


def test_train_takes_the_data_named(folder: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[Experiment] = []

    def trained(experiment: Experiment, *_: object) -> int:
        given.append(experiment)
        return 0

    monkeypatch.setattr("cnnstudio.cli.train._train", trained)
    assert run(["train", "lenet-5", "--data", str(folder), "--epochs", "3", "--json"]) == 0
    assert capsys.readouterr().out == ""
    source, training = given[0].data.source, given[0].training
    assert isinstance(source, ImageFolder)
    assert (source.path, source.facts.samples, training.epochs) == (str(folder), 24, 3)
    assert given[0].data.problem() == ""


def test_an_experiment_whose_files_are_gone_is_refused_before_anything_is_written(
    folder: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_experiment(tmp_path / "mine.json", with_data(preset("lenet-5"), str(folder)))
    folder.rename(tmp_path / "elsewhere")
    capsys.readouterr()
    gone = (
        f'The data are not there any more: "{folder}". Say where they are with `cnnstudio train --data`, or relink '
        "them on the Data page."
    )
    for argv in (["train", "mine.json", "--out", "run"], ["code", "mine.json", "--out", "mine.py"]):
        assert run(argv) == 1
        assert capsys.readouterr() == ("", f"cnnstudio: {gone}\n")
    assert not (tmp_path / "run").exists()
    assert not (tmp_path / "mine.py").exists()
    assert run(["check", "mine.json"]) == 0
    assert f"warning: {gone}" in capsys.readouterr().out


def test_a_script_whose_samples_cannot_be_read_is_not_left_alone(
    folder: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_experiment(tmp_path / "mine.json", with_data(preset("lenet-5"), str(folder)))
    (folder / "train" / "disc" / "disc-001.png").unlink()
    assert run(["code", "mine.json", "--out", "mine.py"]) == 1
    assert "have changed since they were scanned" in capsys.readouterr().err
    assert not [*tmp_path.glob("mine*.py"), *tmp_path.glob("*.npz")]
