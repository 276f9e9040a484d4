"""Runs that start from weights of a file: exactly these, through renames, and in words where some do not fit."""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code.source import STARTING, script, weights_name
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.edits import RenameBlock, SetParameters, StartFresh
from cnnstudio.core.exporting import Wish
from cnnstudio.core.formats.files import load_experiment, write_experiment
from cnnstudio.core.formats.run_folder import EXPERIMENT, START, STATE, read_record
from cnnstudio.core.formats.weights_file import keep_weights
from cnnstudio.core.formats.weights_store import adopt, lay_beside, place_of
from cnnstudio.core.initial_weights import with_weights
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras, layer_names
from cnnstudio.engine.data import load
from cnnstudio.engine.exporting.desk import export
from cnnstudio.engine.exporting.material import of_experiment, of_run
from cnnstudio.engine.exporting.stages import finished
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.looking.sketch import Sketches
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import train
from cnnstudio.wire.messages import Event, FeatureMaps, RunStarted, Sample, Watch
from tests.engine.conftest import chain
from tests.helpers.finished_runs import finished_run

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from cnnstudio.core.experiment import Experiment


def tiny() -> Experiment:
    """Two blocks with weights, one of them of several layers, and normalisation, whose statistics are weights too."""
    return chain(
        Digits(),
        ("conv", "ConvNormActivation", {"filters": 2}),
        ("pool", "GlobalAveragePooling", {}),
        epochs=1,
        batch_size=1024,
    )


def model_of(experiment: Experiment) -> tuple[Any, str]:
    """The built model with the weights that the experiment starts from, and what is said of them."""
    program = trace(experiment.architecture, experiment.data.info()).program()
    model = build_keras(program)
    names = layer_names(program)
    return model, str(give_weights(program, lambda step: model.get_layer(names[step.name]), experiment) or "")


@pytest.fixture
def learned() -> tuple[Experiment, np.ndarray]:
    """An experiment that starts from drawn weights, and what a model with these predicts for the first samples."""
    experiment = tiny()
    program = trace(experiment.architecture, experiment.data.info()).program()
    rng = np.random.default_rng(7)
    arrays = {
        f"{step.name}/{weight.name}": rng.uniform(0.1, 1, weight.shape).astype(np.float32)
        for step in program.steps
        for weight in step.weights
    }
    model = build_keras(program)
    names = layer_names(program)
    for step in program.steps:
        model.get_layer(names[step.name]).set_weights([arrays[f"{step.name}/{w.name}"] for w in step.weights])
    inputs = load(experiment.data).validation.batch(slice(0, 4))[0]
    return with_weights(experiment, keep_weights(arrays), arrays), np.asarray(model.predict_on_batch(inputs))


def first_samples(experiment: Experiment) -> np.ndarray:
    return load(experiment.data).validation.batch(slice(0, 4))[0]


def test_a_run_starts_from_exactly_these_weights(
    learned: tuple[Experiment, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, predicted = learned
    events: list[Event] = []
    control = Control([Watch("output", Sample("validation", 2), 1000.0)])
    train(experiment, tmp_path / "run", events.append, control)
    first = next(e for e in events if isinstance(e, FeatureMaps))
    assert first.step == 0
    np.testing.assert_allclose(first.prediction, predicted[2], atol=1e-6)
    started = next(e for e in events if isinstance(e, RunStarted))
    assert started.start == "Starts from imported weights: all 7 fit"
    assert read_record(tmp_path / "run").start == started.start
    # The run's folder is complete: opened where nothing is kept, it has the weights it started from.
    monkeypatch.setenv("CNNSTUDIO_HOME", str(tmp_path / "elsewhere"))
    again = load_experiment(tmp_path / "run" / EXPERIMENT)
    assert again == experiment
    assert (tmp_path / "run" / START).is_file()
    assert adopt(again.weights, tmp_path / "run" / EXPERIMENT) == ""
    np.testing.assert_array_equal(model_of(again)[0].predict_on_batch(first_samples(again)), predicted)


def test_a_renamed_block_keeps_its_weights(learned: tuple[Experiment, np.ndarray]) -> None:
    experiment, predicted = learned
    renamed = RenameBlock(id="conv", new_id="stem")(experiment)
    model, said = model_of(renamed)
    assert said == "Starts from imported weights: all 7 fit"
    np.testing.assert_array_equal(model.predict_on_batch(first_samples(renamed)), predicted)


def test_what_was_changed_starts_fresh_and_the_rest_does_not(learned: tuple[Experiment, np.ndarray]) -> None:
    experiment, _ = learned
    edited = SetParameters(id="conv", values={"kernel_size": 5})(experiment)
    model, said = model_of(edited)
    untouched, _ = model_of(experiment)
    assert said == "Starts from imported weights: 6 of 7 fit; fresh: conv"
    ours = {v.path: np.asarray(v) for v in model.weights}
    theirs = {v.path: np.asarray(v) for v in untouched.weights}
    differing = {path for path in ours if not np.array_equal(ours[path], theirs[path])}
    assert len(differing) == 1
    assert differing.pop().endswith("kernel")


def test_previews_show_the_network_that_a_run_would_begin_with(learned: tuple[Experiment, np.ndarray]) -> None:
    experiment, predicted = learned
    renamed = RenameBlock(id="conv", new_id="stem")(experiment)
    sketches = Sketches()
    sketch = sketches.of(write_experiment(renamed))
    assert sketch.trained
    inputs = sketch.sample(Sample("validation", 1))
    values = dict(sketch.values(inputs, {"output"}))
    np.testing.assert_allclose(values["output"], predicted[1], atol=1e-6)
    assert not sketches.of(write_experiment(StartFresh()(renamed))).trained
    edited = SetParameters(id="stem", values={"filters": 3})(renamed)
    assert not sketches.of(write_experiment(edited)).trained


def test_an_imported_model_is_exported_without_training(learned: tuple[Experiment, np.ndarray], tmp_path: Path) -> None:
    experiment, predicted = learned
    done = finished(export(Wish("keras", tmp_path / "m.keras"), lambda: of_experiment(experiment))).compared
    assert done is not None
    assert (done.max_abs_difference, done.agreement) == (0.0, 1.0)
    model = keras.models.load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(model.predict_on_batch(first_samples(experiment)), predicted)


def test_code_of_a_run_starts_from_the_weights_that_the_run_started_from(
    learned: tuple[Experiment, np.ndarray], tmp_path: Path
) -> None:
    experiment, _ = learned
    finished_run(tmp_path / "run", experiment)
    place = tmp_path / "out" / "net.py"
    done = finished(export(Wish("script", place), lambda: of_run(tmp_path / "run")))
    assert done.compared is not None
    assert done.compared.max_abs_difference <= 1e-6
    (weights,) = done.files
    assert weights == place.with_name(weights_name(experiment))
    assert hashlib.sha256(weights.read_bytes()).hexdigest() == experiment.weights
    assert f"# {experiment.weights}." in place.read_text(encoding="utf-8")


def test_the_script_starts_from_the_same_weights(
    learned: tuple[Experiment, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment, predicted = learned
    renamed = RenameBlock(id="output", new_id="head")(experiment)
    text = script(renamed)
    assert '"head": "output",' in text
    assert lay_beside(renamed.weights, tmp_path / "script.py", weights_name(renamed)) == ""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {"__name__": "script"}
    exec(compile(text, "script.py", "exec"), scope)
    scope["model"] = scope["build_model"]()
    exec("\n".join(STARTING), scope)
    np.testing.assert_array_equal(scope["model"].predict_on_batch(first_samples(renamed)), predicted)
    assert "WEIGHTS" not in script(StartFresh()(renamed))


def test_missing_and_damaged_weights_keep_a_run_from_starting(
    learned: tuple[Experiment, np.ndarray], tmp_path: Path
) -> None:
    experiment, _ = learned
    place = place_of(experiment.weights)
    damaged = bytearray(place.read_bytes())
    damaged[-3] ^= 8
    place.write_bytes(damaged)
    for words in ("are damaged: open the experiment", "are not on this computer: open the experiment"):
        with pytest.raises(RunError, match=words):
            train(experiment, tmp_path / "run", _ignore, Control())
        assert not (tmp_path / "run" / STATE).exists()
    fresh = dataclasses.replace(experiment, weights="")
    assert model_of(fresh)[1] == ""


def _ignore(event: Event) -> None:
    """Nobody listens."""
