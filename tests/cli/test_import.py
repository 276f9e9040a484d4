"""`cnnstudio import`: a Keras file becomes an experiment with weights, and what did not come over is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.cli import run, train
from cnnstudio.core.formats import weights_file
from cnnstudio.core.formats.files import load_experiment
from cnnstudio.core.formats.weights_file import WeightsFile
from cnnstudio.core.formats.weights_store import beside, find, place_of, store_folder
from cnnstudio.core.importing import is_model
from tests.helpers.small_keras import KERNEL, NAME, model_text, write_keras

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment

SAID = "Imported small_net: 4 blocks, 90 parameters with weights"


def said(capsys: pytest.CaptureFixture[str], *argv: object) -> tuple[int, str, str]:
    code = run([str(a) for a in argv])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_keras_file_becomes_an_experiment_with_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = write_keras(tmp_path / "m.keras"), tmp_path / "net.json"
    code, text, err = said(capsys, "import", model, "--out", out)
    assert (code, err) == (0, "")
    assert text.splitlines()[0] == SAID
    assert text.splitlines()[-1].startswith(f"Wrote {out} and {beside(out)} (")
    experiment = load_experiment(out)
    assert experiment.name == NAME
    convolution = next(b for b in experiment.architecture.blocks.values() if b.spec.kind == "Convolution")
    assert convolution.weights_from == f"{experiment.weights[:12]}/{convolution.id}"
    held = WeightsFile(beside(out))
    np.testing.assert_array_equal(held.read(f"{convolution.id}/kernel"), KERNEL)
    assert beside(out).read_bytes() == find(experiment.weights).read_bytes()


def test_check_says_what_training_starts_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "net.json"
    said(capsys, "import", write_keras(tmp_path / "m.keras"), "--out", out)
    code, text, _ = said(capsys, "check", out)
    assert (code, text.splitlines()[-1]) == (0, "Starts from imported weights: all 4 fit")
    assert json.loads(said(capsys, "check", out, "--json")[1])["start"] == "Starts from imported weights: all 4 fit"
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "elsewhere"))
    assert said(capsys, "check", out)[1].endswith("all 4 fit\n")
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "third"))
    beside(out).unlink()
    code, text, err = said(capsys, "check", out)
    assert code == 0
    assert "neither beside it (net.safetensors) nor kept on this computer" in err
    assert "The weights that the experiment starts from" in text
    code, _, err = said(capsys, "export", out, "--format", "keras", "--out", tmp_path / "again.keras")
    assert code == 1
    assert "are not on this computer" in err


def test_training_can_be_told_to_start_fresh(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Experiment] = []

    def note(experiment: Experiment, *_: object) -> int:
        trained.append(experiment)
        return 0

    monkeypatch.setattr(train, "_train", note)
    out = tmp_path / "net.json"
    said(capsys, "import", write_keras(tmp_path / "m.keras"), "--out", out)
    assert said(capsys, "train", out)[0] == 0
    assert trained[-1] == load_experiment(out)
    place_of(trained[-1].weights).write_bytes(b"damaged")
    code, _, err = said(capsys, "train", out)
    assert (code, len(trained)) == (1, 1)
    assert "are damaged" in err
    assert said(capsys, "train", out, "--fresh")[0] == 0
    assert (trained[-1].weights, trained[-1].architecture.blocks["conv2d"].weights_from) == ("", "")


def test_a_text_without_weights_becomes_an_experiment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.json").write_text(model_text(), encoding="utf-8")
    code, text, _ = said(capsys, "import", tmp_path / "m.json", "--out", tmp_path / "net.json", "--json")
    told = json.loads(text)
    assert code == 0
    assert (told["blocks"], told["params"], told["weights"], told["weights_file"]) == (4, 90, 0, None)
    assert load_experiment(tmp_path / "net.json").weights == ""
    assert not store_folder().exists()


def test_layers_that_are_not_known_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, out = write_keras(tmp_path / "m.keras", odd=True), tmp_path / "net.json"
    code, text, err = said(capsys, "import", model, "--out", out)
    assert code == 1
    assert "1 layer is not known: Wobble (wobble)" in text
    assert "cannot be trained before the layers that are not known" in err
    assert load_experiment(out).architecture.blocks["wobble"].spec.kind == "Opaque"
    told = json.loads(said(capsys, "import", model, "--out", out, "--json", "--force")[1])
    assert told["unknown"] == [{"block": "wobble", "layer": "Wobble"}]
    assert any("Wobble" in note for note in told["notes"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["import", "{model}"], 2, "--out"),
        (["import", "{folder}/none.keras", "--out", "{out}"], 2, "none.keras does not exist: name a .keras file"),
        (["import", "{folder}", "--out", "{out}"], 2, "is a folder: name a .keras file"),
        (["import", "{model}", "--out", "{folder}/net.keras"], 2, 'ends in .json, but "net.keras" does not'),
        (["import", "{model}", "--out", "{there}"], 2, "is there already: name another file, or replace it"),
        (["import", "{text}", "--out", "{text}", "--force"], 2, "is no file to write to"),
        (["import", "{broken}", "--out", "{out}"], 1, "broken.keras"),
        (["import", "{there}", "--out", "{out}"], 1, "there.json"),
    ],
)  # fmt: skip
def test_faults_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    places = {name: tmp_path / f"{name}.{'keras' if name in ('model', 'broken') else 'json'}"
              for name in ("model", "broken", "there", "text", "out")}  # fmt: skip
    write_keras(places["model"])
    places["broken"].write_bytes(places["model"].read_bytes()[:-30])
    places["there"].write_text("{}", encoding="utf-8")
    places["text"].write_text(model_text(), encoding="utf-8")
    got, text, err = said(capsys, *(a.format(folder=tmp_path, **places) for a in arguments))
    assert (got, text) == (code, "")
    assert words in err
    assert err.count("\n") == 1
    assert not places["out"].exists()
    assert places["there"].read_text(encoding="utf-8") == "{}"


def test_replacing_keeps_the_file_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.json"
    out.write_text("precious", encoding="utf-8")
    assert said(capsys, "import", write_keras(tmp_path / "m.keras"), "--out", out, "--force")[0] == 0
    assert (tmp_path / "net.json~").read_text(encoding="utf-8") == "precious"


def test_a_full_disk_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights_file, "keep_weights", full)
    code, _, err = said(capsys, "import", write_keras(tmp_path / "m.keras"), "--out", tmp_path / "net.json")
    assert code == 1
    assert f"The weights cannot be kept in {store_folder()}: no space left on device." in err


def test_it_loads_neither_tensorflow_nor_keras_nor_qt(tmp_path: Path) -> None:
    write_keras(tmp_path / "m.keras")
    code = (
        "import sys; from cnnstudio.cli import run; "
        "code = run(['import', 'm.keras', '--out', 'net.json', '--json']); "
        "assert not {'tensorflow', 'keras', 'PySide6'} & set(sys.modules), 'heavy'; sys.exit(code)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["name"] == NAME


def test_models_are_told_from_experiments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "m.json"
    text.write_text(model_text(), encoding="utf-8")
    model = write_keras(tmp_path / "m.keras")
    said(capsys, "import", model, "--out", tmp_path / "net.json")
    assert [is_model(p) for p in (text, model, tmp_path / "net.json", tmp_path / "none.json", tmp_path / "m.txt")] == [
        True, True, False, False, False,
    ]  # fmt: skip
