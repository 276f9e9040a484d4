"""Every form of export, of a run of each kind: opened again by its own runtime, described, asked by its example."""

from __future__ import annotations

import ast
import dataclasses
import runpy
from typing import TYPE_CHECKING, Any

import black
import numpy as np
import pytest
from PIL import Image

from cnnstudio.cli.experiments import load
from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.edits.values import SetData
from cnnstudio.core.exporting import FORMATS, Wish
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.core.formats.sidecar import Sidecar, read_sidecar
from cnnstudio.core.keras_import import read_model_file
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.exporting.desk import WRITERS, export
from cnnstudio.engine.exporting.material import Material, of_run
from cnnstudio.engine.exporting.stages import finished
from cnnstudio.engine.scan import recognise, scan, unheard
from cnnstudio.engine.using.predicting import Predictor
from cnnstudio.engine.using.trained import open_run
from tests.helpers import own_data
from tests.helpers.effort import LATER
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cnnstudio.core.data.files import FileSource
    from cnnstudio.core.exporting import Quantisation
    from cnnstudio.engine.exporting.stages import Export

CLOSE = 1e-4
MODELS = tuple(name for name in WRITERS if FORMATS[name].kind in ("model", "weights"))
CODE = ("script", "notebook")


class Case:
    """A run, its network taken away, and a file that it is asked about."""

    def __init__(
        self,
        place: Path,
        preset: str,
        make: Callable[[Path], Path] | None,
        preparation: dict[str, Any],
        *,
        scores: bool = False,
    ) -> None:
        self.folder = place / "run"
        experiment = load(preset)
        source = experiment.data.source if make is None else scanned(make(place / "data"))
        prepared = dataclasses.replace(experiment.data.preparation if make is None else Preparation(), **preparation)
        experiment = SetData(recipe=DataRecipe(source=source, preparation=prepared))(experiment)
        if scores:
            experiment = SetParameters(id="output", values={"activation": "linear"})(experiment)
        bench = finished_run(self.folder, experiment)
        stirred(bench.model)
        bench.model.save_weights(self.folder / LAST)
        self.material: Material = of_run(self.folder)
        test = bench.data.test
        if make is not None:
            self.file = place / "data" / test.names(slice(0, 1))[0]
        else:
            self.file = asked(test.store.fetch(test.rows[:1])[0][0], place)
        self._answers: list[np.ndarray] = []

    @property
    def answers(self) -> list[np.ndarray]:
        """What the studio itself says of the file."""
        if not self._answers:
            predictor = Predictor(open_run(self.folder), least=0.3)
            self._answers = [answer.values for answer in predictor.answers(self.file)]
        return self._answers


def stirred(model: Any) -> None:
    """Weights that are not those of a fresh network: biases and running means, too, and boxes that are found."""
    rng = np.random.default_rng(5)
    model.set_weights([np.maximum(w, -1.0) for w in model.get_weights()])
    model.set_weights([w + rng.normal(0, 0.2, w.shape) * max(0.2, np.abs(w).mean()) for w in model.get_weights()])


def scanned(place: Path) -> FileSource:
    return scan(recognise(str(place), unheard)).source


def asked(sample: np.ndarray, place: Path) -> Path:
    """A built-in sample as a file: what can be seen as a picture, else as an array."""
    if sample.ndim != 3:
        np.save(place / "asked.npy", sample)
        return place / "asked.npy"
    pixels = np.rint(sample * 255).astype("uint8")
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(place / "asked.png")
    return place / "asked.png"


CASES: dict[str, tuple[str, Callable[[Path], Path] | None, dict[str, Any]]] = {
    "digits": ("lenet-5", None, {}),
    "u-net": (
        "u-net", own_data.image_masks,
        {"height": 16, "width": 32, "resize": "pad", "normalisation": "standardise"},
    ),
    "detection": ("shape-detector", own_data.yolo, {"height": 32, "width": 32, "resize": "crop"}),
    "signals": ("signal-cnn", own_data.wav_folder, {"normalisation": "standardise"}),
    "denoised": ("signal-denoiser", None, {"normalisation": "standardise"}),
    "tags": ("shape-tags", None, {}),
    "digits as scores": ("lenet-5", None, {}),
    "tags as scores": ("shape-tags", None, {}),
    "detection as scores": ("shape-detector", own_data.yolo, {"height": 32, "width": 32}),
}  # fmt: skip
_made: dict[str, Case] = {}


@pytest.fixture(scope="module", autouse=True)
def _forgotten() -> Iterator[None]:
    yield
    _made.clear()


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    name: str = request.param
    if name not in _made:
        _made[name] = Case(tmp_path_factory.mktemp("run"), *CASES[name], scores="scores" in name)
    return _made[name]


def written(case: Case, place: Path, form: str, quantise: Quantisation = "none") -> Export:
    wish = Wish(form, place / f"my net{FORMATS[form].endings[0]}", quantise)
    return finished(export(wish, lambda: case.material))


KINDS = ("digits", "u-net", "detection", "signals")
"""Each goes out in every form; the others, which differ in how answers are read, as Keras has them."""
FIRST = {("u-net", "keras"), ("detection", "weights"), ("digits", "safetensors")}
EACH = [
    pytest.param(case, form, marks=() if (case, form) in FIRST else LATER, id=f"{case}-{form}")
    for case in CASES
    for form in (MODELS if case in KINDS else ("keras",))
]


@pytest.mark.parametrize(("case", "form"), EACH, indirect=["case"])
def test_a_model_answers_as_the_network_and_its_example_as_the_studio(
    case: Case, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "taken" / "away"
    done = written(case, place, form)
    assert done.compared is not None
    assert done.compared.samples == len(case.material.data.test)
    assert done.compared.max_abs_difference <= CLOSE
    assert done.compared.agreement >= 0.999
    parts = (done.path, *done.path.rglob("*"), *(file for file in done.files if file.suffix == ".bin"))
    assert done.bytes == sum(file.stat().st_size for file in parts if file.is_file())
    ours = {done.path, *done.files}
    assert set(place.iterdir()) == ours, "nothing else is left"
    sidecar = read_sidecar((place / f"my net_{form}.json").read_bytes(), "the sidecar")
    check_sidecar(sidecar, case, done.path.name)
    program = place / f"my net_{form}_example.py"
    text = program.read_text(encoding="utf-8")
    assert black.format_str(text, mode=black.Mode()) == text
    assert "cnnstudio" not in ", ".join(imported(text))
    run = runpy.run_path(str(program))
    said = list(run["answers"](str(case.file)))
    assert len(said) == len(case.answers) == 1
    near(said[0], case.answers[0], case.material.data.info.task)
    monkeypatch.setitem(run["main"].__globals__, "answers", lambda path: iter(said))
    monkeypatch.setattr("sys.argv", [str(program), str(case.file), str(place / "answer.npy")])
    capsys.readouterr()
    run["main"]()
    check_words(capsys.readouterr().out, said[0], case)
    np.testing.assert_array_equal(np.load(place / "answer.npy"), said[0])
    monkeypatch.setitem(run["main"].__globals__, "answers", lambda path: iter([said[0], said[0][::-1]]))
    run["main"]()
    np.testing.assert_array_equal(np.load(place / "answer.npy"), said[0])
    np.testing.assert_array_equal(np.load(place / "answer_1.npy"), said[0][::-1])
    check_batch(sidecar, run["network"]())


def check_batch(sidecar: Sidecar, ask: Callable[[np.ndarray], np.ndarray]) -> None:
    """The model takes as many samples at once as the sidecar says."""
    three = np.zeros((3, *sidecar.input.shape), np.float32)
    if sidecar.input.batch is None:
        assert len(ask(three)) == 3
    else:
        assert len(ask(three[: sidecar.input.batch])) == sidecar.input.batch
        with pytest.raises(ValueError, match="mismatch"):
            ask(three)


def near(said: np.ndarray, wanted: np.ndarray, task: Task) -> None:
    """As close as runtimes compute alike; where two classes are nearly equal a position may be answered otherwise."""
    assert wanted.size
    assert said.shape == wanted.shape
    if task is Task.SEGMENTATION:
        assert (said == wanted).mean() >= 0.999
    else:
        np.testing.assert_allclose(said, wanted, atol=1e-3)


def check_words(told: str, answer: np.ndarray, case: Case) -> None:
    """What the example prints."""
    info, lines = case.material.data.info, told.splitlines()
    match info.task:
        case Task.CLASSIFICATION:
            best = int(answer.argmax())
            assert lines[0] == f"{info.class_names[best]}: {answer[best]:.1%}"
        case Task.DETECTION:
            named = [info.class_names[int(kind)] for kind in answer[:, 4]]
            assert [line.split()[0] for line in lines] == (named or ["nothing"])
        case Task.RECONSTRUCTION:
            assert lines == [f"{answer.shape}: {answer.min():.3f} to {answer.max():.3f}"]
        case _:
            assert [line.partition(":")[0] for line in lines] == list(info.class_names)


def check_sidecar(sidecar: Sidecar, case: Case, file: str) -> None:
    material = case.material
    assert (sidecar.file, sidecar.name) == (file, material.experiment.name)
    assert sidecar.task == material.data.info.task.value
    assert sidecar.classes == material.data.info.class_names
    assert sidecar.input.shape == material.program.input_shape
    assert sidecar.input.resize == material.experiment.data.preparation.resize
    kept = material.data.test.store.fetch(material.data.test.rows[:1])[0]
    assert sidecar.input.white == (255 if kept.dtype == np.uint8 else 1)
    assert sidecar.output.shape == material.model.output_shape[1:]
    assert sidecar.output.meaning


def imported(text: str) -> list[str]:
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom)]
    return [alias.name for node in found for alias in node.names]


@pytest.mark.parametrize("case", ["u-net"], indirect=True)
def test_what_was_taken_away_comes_back_as_the_network_that_it_was(case: Case, tmp_path: Path) -> None:
    material = case.material
    finished(export(Wish("keras", tmp_path / "net.keras"), lambda: material))
    imported = read_model_file(tmp_path / "net.keras")
    assert any("takes values from 0 to 255" in note for note in imported.notes)
    design = trace(imported.experiment.architecture, imported.experiment.data.info())
    model = build_keras(design.program())
    for layer in model.layers:
        for weight in layer.weights:
            weight.assign(imported.weights[f"{layer.name}/{weight.name}"])
    asked = next(material.samples())
    inputs = material.front.finish.undone(asked.inputs)  # as the studio prepares them for a design that standardises
    np.testing.assert_allclose(model.predict_on_batch(inputs), material.model.predict_on_batch(asked.inputs), atol=1e-4)


@pytest.mark.parametrize("case", [pytest.param("detection", marks=LATER)], indirect=True)
def test_a_layer_that_only_scaled_bytes_is_bypassed(case: Case, tmp_path: Path) -> None:
    finished(export(Wish("keras", tmp_path / "net.keras"), lambda: case.material))
    imported = read_model_file(tmp_path / "net.keras")
    assert [id for id, block in imported.experiment.architecture.blocks.items() if block.bypassed] == ["to_unit"]
