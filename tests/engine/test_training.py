"""Runs in this process: honest splits, seeds, stopping, divergence, files."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.code import samples
from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits, Shapes, Waveforms
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.formats.files import load_experiment
from cnnstudio.core.formats.run_folder import (
    BEST,
    LAST,
    TESTED,
    VALIDATED,
    RunRecord,
    read_record,
    settle,
    write_record,
)
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.engine import estimate, memory, workbench
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.data import load
from cnnstudio.engine.devices import DeviceError
from cnnstudio.engine.learning import make_learner
from cnnstudio.engine.learning.keras_learner import KerasLearner
from cnnstudio.engine.learning.tensorflow_learner import TensorFlowLearner
from cnnstudio.engine.optimizers import compile_model
from cnnstudio.engine.running import training
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.training import Run, train
from cnnstudio.engine.running.weights_writing import save_weights
from cnnstudio.engine.tasks import Verdict, kit_for
from cnnstudio.wire.messages import EpochEnd, Event, FeatureMaps, Progress, RunEnded, RunStarted, Sample, Watch
from tests.engine.conftest import chain, segmenter, small

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.learning import Learner


def trained(experiment: Experiment, folder: Path, control: Control | None = None) -> tuple[list[Event], RunEnded]:
    events: list[Event] = []
    ended = train(experiment, folder, events.append, control or Control())
    return events, ended


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event], RunEnded]:
    folder = tmp_path_factory.mktemp("runs") / "first"
    return folder, *trained(small(epochs=3), folder)


def of_kind(events: Sequence[Event], kind: type) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def test_a_run_tells_its_story_in_order(finished: tuple[Path, list[Event], RunEnded]) -> None:
    folder, events, ended = finished
    started = events[0]
    assert isinstance(started, RunStarted)
    assert (started.run, started.epochs, started.steps_per_epoch) == ("first", 3, 20)
    assert started.metrics == ("loss", "accuracy")
    assert started.parts == {"training": 1257, "validation": 270, "test": 270}
    assert [e.epoch for e in of_kind(events, EpochEnd)] == [1, 2, 3]
    last = of_kind(events, Progress)[-1]
    assert (last.epoch, last.step) == (3, 20)
    assert events[-1] is ended
    assert (ended.outcome, ended.epochs, ended.directory) == ("finished", 3, str(folder))
    losses = [e.metrics["loss"] for e in of_kind(events, EpochEnd)]
    assert losses == sorted(losses, reverse=True)
    assert ended.test["accuracy"] > 0.6


def test_the_folder_holds_what_the_run_was(finished: tuple[Path, list[Event], RunEnded]) -> None:
    folder, events, ended = finished
    record = read_record(folder)
    assert (record.status, record.epochs_done, record.test, record.message) == ("FINISHED", 3, ended.test, "")
    assert record.metrics == of_kind(events, EpochEnd)[-1].metrics
    assert load_experiment(folder / "experiment.json") == small(epochs=3)
    with (folder / "metrics.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert [line["epoch"] for line in lines] == ["1", "2", "3"]
    assert float(lines[2]["val_loss"]) == pytest.approx(record.metrics["val_loss"], rel=1e-6)
    assert sorted(p.name for p in (folder / "checkpoints").iterdir()) == [
        "best.weights.h5", "last.weights.h5", "resume.safetensors", "resume.safetensors~",
    ]  # fmt: skip


def test_the_folder_holds_how_the_network_was_judged(finished: tuple[Path, list[Event], RunEnded]) -> None:
    folder, events, ended = finished
    validated = json.loads((folder / VALIDATED).read_text(encoding="utf-8"))
    last = of_kind(events, EpochEnd)[-1].metrics
    assert validated["last"]["epoch"] == 3
    assert {f"val_{name}": value for name, value in validated["last"]["metrics"].items()}.items() <= last.items()
    assert validated["best"]["epoch"] == read_record(folder).best_epoch
    tested = json.loads((folder / TESTED).read_text(encoding="utf-8"))
    assert tested["metrics"] == ended.test
    assert tested["classes"] == list("0123456789")
    assert np.sum(tested["confusion"]) == 270
    assert np.trace(tested["confusion"]) / 270 == pytest.approx(ended.test["accuracy"])
    assert np.mean(tested["per_class"]["f1"]) == pytest.approx(ended.test["f1"])


def test_the_weights_on_disk_are_those_tested(finished: tuple[Path, list[Event], RunEnded]) -> None:
    folder, _, ended = finished
    experiment = small()
    model = build_keras(trace(experiment.architecture, experiment.data.info()).program())
    model.load_weights(folder / LAST)
    inputs, labels = load(experiment.data).test.batch(slice(None))
    right = np.mean(np.argmax(model.predict_on_batch(inputs), -1) == labels)
    assert right == pytest.approx(ended.test["accuracy"], abs=1e-6)


def test_same_seed_same_result_other_seed_another(finished: tuple[Path, list[Event], RunEnded], tmp_path: Path) -> None:
    _, events, ended = finished
    again, same = trained(small(epochs=3), tmp_path / "again")
    assert same.test == ended.test
    assert [e.metrics for e in of_kind(again, EpochEnd)] == [e.metrics for e in of_kind(events, EpochEnd)]
    _, other = trained(small(epochs=3, seed=4), tmp_path / "other")
    assert other.test != ended.test


def noting(notes: list[Any], function: Any) -> Any:
    """`function`, its first argument written down at each call."""

    def call(*arguments: Any) -> Any:
        notes.append(arguments[0])
        return function(*arguments)

    return call


def test_training_sees_every_training_sample_once_an_epoch_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []
    judged: list[Any] = []
    given: list[Any] = []
    make = make_learner

    def recording(model: Any, info: Any, part: Any, augmenter: Any, plan: Any = None) -> Any:
        learner = make(model, info, part, augmenter)
        given.append(part)
        begin = learner.begin_epoch

        def begun(epoch: int, batches: Any, done: int = 0) -> None:
            seen.append(np.concatenate(batches))
            begin(epoch, batches, done)

        monkeypatch.setattr(learner, "begin_epoch", begun)
        monkeypatch.setattr(learner, "judge", noting(judged, learner.judge))
        return learner

    monkeypatch.setattr(workbench, "make_learner", recording)
    experiment = small()
    trained(experiment, tmp_path / "run")
    parts = load(experiment.data)
    assert given == [parts.training]
    first, second = seen
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(len(parts.training)))
    assert not np.array_equal(first, second)
    assert [id(p) for p in judged] == [id(parts.validation), id(parts.validation), id(parts.test)]


def test_no_sample_is_in_two_parts() -> None:
    parts = load(DataRecipe(source=Shapes(count=40, size=16))).parts
    images = [image.tobytes() for part in parts.values() for image in part.batch(slice(None))[0]]
    assert len(images) == len(set(images)) == 40


def test_stop_ends_after_the_batch_keeps_the_weights_and_tests_them(tmp_path: Path) -> None:
    control = Control()
    steps: list[int] = []

    def emit(event: Event) -> None:
        if isinstance(event, EpochEnd):
            control.stop()
            steps.append(control.steps_done)

    ended = train(small(epochs=50), tmp_path / "run", emit, control)
    assert (ended.outcome, ended.epochs) == ("stopped", 1)
    assert control.steps_done == steps[0] == 20
    assert ended.test["accuracy"] > 0.1
    assert read_record(tmp_path / "run").status == "STOPPED"
    assert (tmp_path / "run" / LAST).is_file()


def test_a_run_nobody_waits_for_is_kept_but_not_tested(tmp_path: Path) -> None:
    control = Control()
    control.abandon()
    _, ended = trained(small(), tmp_path / "run", control)
    assert (ended.test, read_record(tmp_path / "run").status) == ({}, "INTERRUPTED")


def test_divergence_ends_with_advice_and_keeps_finite_weights(tmp_path: Path) -> None:
    experiment = chain(
        Digits(task="reconstruction"),
        ("convolution_1", "Convolution", {"filters": 4, "activation": "none"}),
        ("convolution_2", "Convolution", {"filters": 4, "activation": "none"}),
        optimizer="sgd",
        learning_rate=100.0,
    )
    outputs = {"output": {"activation": "linear"}}
    block = experiment.architecture.blocks["output"]
    linear = dataclasses.replace(block, spec=dataclasses.replace(block.spec, **outputs["output"]))
    experiment = dataclasses.replace(experiment, architecture=experiment.architecture.with_blocks(linear))
    with pytest.raises(RunError, match=r"In epoch 1 the loss .* Lower the learning rate \(now 100\)") as failure:
        trained(experiment, tmp_path / "run")
    record = read_record(tmp_path / "run")
    assert (record.status, record.message) == ("FAILED", failure.value.message)


def test_segmentation_and_reconstruction_have_their_metrics(tmp_path: Path) -> None:
    events, ended = trained(segmenter(), tmp_path / "masks")
    assert set(of_kind(events, EpochEnd)[0].metrics) == {
        "loss", "accuracy", "mean_iou", "val_loss", "val_accuracy", "val_mean_iou", "val_dice",
    }  # fmt: skip
    assert 0.0 < ended.test["mean_iou"] <= 1.0
    copier = chain(Digits(task="reconstruction"), ("convolution_1", "Convolution", {"filters": 4}))
    _, ended = trained(copier, tmp_path / "copies")
    assert list(ended.test) == ["loss", "psnr", "ssim", "mae", "mse"]


def test_raw_scores_are_learned_from_as_shares_are_and_shown_as_shares(tmp_path: Path) -> None:
    """Output without a curve: the loss knows, and what the window shows as shares are shares."""
    plain = small(epochs=2)
    raw = SetParameters(id="output", values={"activation": "linear"})(plain)
    _, of_shares = trained(plain, tmp_path / "shares")
    events, of_scores = trained(raw, tmp_path / "scores", Control([Watch("output", Sample("validation", 1), 1000.0)]))
    assert of_scores.test == pytest.approx(of_shares.test, abs=0.02)
    looks = of_kind(events, FeatureMaps)
    assert all(look.prediction.sum() == pytest.approx(1, abs=1e-5) and look.prediction.min() >= 0 for look in looks)
    assert looks[-1].low.min() < 0, "the maps are what comes out"


def test_both_learners_do_the_same() -> None:
    experiment = segmenter()
    parts = load(experiment.data)
    varying = Augmentation(flip="both", rotation=30.0, contrast=0.2, noise=0.1, cutout=0.2)
    program = trace(experiment.architecture, parts.info).program()
    results = []
    for own_loop in (True, False):
        keras.utils.set_random_seed(1)
        model = build_keras(program)
        kit = kit_for(parts.info, experiment.training)
        compile_model(model, kit)
        make: Any = TensorFlowLearner if own_loop else KerasLearner
        learner: Learner = make(model, kit, parts.training, Augmenter(varying, parts.info, 5))
        learner.begin_epoch(1, [np.arange(start, start + 8) for start in range(0, 32, 8)])
        learner.learn(0, np.full(4, 0.001, "float32"))
        results.append((learner.metrics(), learner.judge(parts.validation, 5).metrics, model.get_weights()))
    (ours, judged, weights), (keras_own, keras_judged, keras_weights) = results
    for name in ("loss", "accuracy"):
        assert ours[name] == pytest.approx(keras_own[name], rel=1e-4)
        assert judged[name] == pytest.approx(keras_judged[name], rel=1e-4)
    for a, b in zip(weights, keras_weights, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_the_best_epoch_is_chosen_by_validation_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = iter([0.5, 0.2, 0.9, 0.1])
    monkeypatch.setattr(
        TensorFlowLearner, "judge", lambda self, part, size: Verdict({"loss": next(losses), "accuracy": 0.0})
    )
    weights: list[list[np.ndarray]] = []
    run = Run(small(epochs=3), tmp_path / "run", lambda e: None, Control())
    end_epoch = run._end_epoch

    def ending(*arguments: Any) -> None:
        end_epoch(*arguments)
        weights.append(run._model.get_weights())

    monkeypatch.setattr(run, "_end_epoch", ending)
    assert run.execute().test["loss"] == 0.1
    assert read_record(tmp_path / "run").best_epoch == 2
    run._model.load_weights(tmp_path / "run" / BEST)
    for kept, best in zip(run._model.get_weights(), weights[1], strict=True):
        np.testing.assert_array_equal(kept, best)


def test_a_design_with_errors_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    broken = chain(Digits(), ("convolution_1", "Convolution", {"kernel_size": 20, "padding": "valid"}))
    with pytest.raises(RunError, match=r'cannot be trained\. At block "convolution_1": .* covers 20 x 20 cells'):
        trained(broken, tmp_path / "run")
    assert not (tmp_path / "run").exists()


@given(st.integers(10, 400), *[st.floats(0.01, 0.8, allow_nan=False)] * 2, st.booleans())
def test_what_is_said_of_shares_is_what_the_split_does(
    count: int, validation: float, test: float, labelled: bool
) -> None:
    recipe = DataRecipe(source=Waveforms(count=count), validation=validation, test=test)
    labels = np.arange(count) % 4 if labelled else None
    if problem := recipe.problem():
        with pytest.raises(ValueError, match=re.escape(problem)):
            samples.split(count, validation, test, 0, labels)
        return
    parts = samples.split(count, validation, test, 0, labels)
    assert all(len(part) for part in parts)
    assert sorted(np.concatenate(parts)) == list(range(count))


@pytest.mark.parametrize("source", [Digits(), Shapes(count=12, size=16), Waveforms(count=14)])
def test_the_number_of_samples_is_known_before_loading(source: SourceSpec) -> None:
    loaded = load(DataRecipe(source=source))
    assert sum(len(part) for part in loaded.parts.values()) == source.sample_count


def test_shares_that_leave_nothing_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    experiment = small()
    greedy = dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, validation=0.6, test=0.6))
    with pytest.raises(RunError, match="none is left to train on"):
        trained(greedy, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_device_that_is_not_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match='There is no device "gpu:7"'):
        train(small(device="gpu:7"), tmp_path / "run", lambda e: None, Control())
    assert not (tmp_path / "run").exists()


def test_too_little_memory_is_refused_with_the_numbers() -> None:
    wide = chain(Digits(), ("flatten_1", "Flatten", {}), ("dense_1", "Dense", {"units": 60000}))
    design = trace(wide.architecture, wide.data.info())
    sentence = estimate.problem(wide, design, 50_000_000)
    assert sentence is not None
    assert sentence.startswith("Training needs ")
    assert "but 50.0 MB are free: make the widest Dense" in sentence
    assert estimate.problem(wide, design, 10**9) is None
    assert estimate.problem(wide, design, None) is None
    assert (memory.free_bytes() or 0) > 1e6
    huge = DataRecipe(source=Shapes(count=20000, size=256))
    assert memory.data_problem(huge, 10**10) == (
        "Loading the data needs 41.9 GB of memory, but 10.0 GB are free: use fewer or smaller samples."
    )
    assert memory.data_problem(huge, 10**11) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match=r"cannot be written .* choose another folder"):
        trained(small(), tmp_path / "file" / "run")


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX limit on the size of files")
def test_weights_that_do_not_fit_leave_the_old_file_and_the_process_alive(tmp_path: Path) -> None:
    # HDF5 itself, writing to a full disk, keeps the file open and ends the process with SIGSEGV later on.
    import resource

    experiment = small()
    model = build_keras(trace(experiment.architecture, experiment.data.info()).program())
    path = tmp_path / "checkpoints" / "last.weights.h5"
    save_weights(model, path)
    before = path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            save_weights(model, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(path.parent.iterdir()) == [path]
    assert path.read_bytes() == before


def test_two_runs_of_one_name_in_the_same_second_have_two_folders(
    finished: tuple[Path, list[Event], RunEnded], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = iter([finished[0], tmp_path / "next"])  # the first was free when asked for, and is not any more
    monkeypatch.setattr(training, "fresh_folder", lambda name: next(names))
    ended = train(small(epochs=1), None, lambda event: None, Control())
    assert ended.directory == str(tmp_path / "next")
    assert read_record(tmp_path / "next").status == "FINISHED"


def test_an_interrupted_run_says_so(tmp_path: Path) -> None:
    def emit(event: Event) -> None:
        if isinstance(event, Progress):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(small(), tmp_path / "run", emit, Control())
    assert read_record(tmp_path / "run").status == "INTERRUPTED"


def test_a_stop_behind_a_last_step_into_nowhere_keeps_no_broken_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = Control()
    learn = TensorFlowLearner.learn

    def spoil(self: Any, first: int, rates: np.ndarray) -> None:
        learn(self, first, rates)  # its loss is finite; the step that follows from it is not
        model = self._model
        model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
        control.stop()

    monkeypatch.setattr(TensorFlowLearner, "learn", spoil)
    with pytest.raises(RunError, match="stopped being a finite number"):
        train(small(), tmp_path / "run", lambda event: None, control)
    assert read_record(tmp_path / "run").status == "FAILED"
    assert not (tmp_path / "run" / LAST).exists()


def test_a_run_never_writes_into_the_folder_of_another(finished: tuple[Path, list[Event], RunEnded]) -> None:
    folder, _, _ = finished
    before = json.loads((folder / "state.json").read_text())
    with pytest.raises(RunError, match="already holds a run"):
        trained(small(), folder)
    assert json.loads((folder / "state.json").read_text()) == before


def test_runs_whose_process_is_gone_become_interrupted(tmp_path: Path) -> None:
    gone = RunRecord("RUNNING", "x", 2**22 + 5, 1, "cpu", 0, 3, "2026-01-01T00:00:00+00:00")
    for name, record in {
        "gone": gone,
        "reused": changed_record(gone, pid=1),
        "done": changed_record(gone, status="FINISHED"),
    }.items():
        (tmp_path / name).mkdir()
        write_record(tmp_path / name, record)
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "state.json").write_text("{")
    assert [p.name for p in settle(tmp_path)] == ["gone", "reused"]
    assert [read_record(tmp_path / n).status for n in ("gone", "done")] == ["INTERRUPTED", "FINISHED"]


def changed_record(record: RunRecord, **changed: Any) -> RunRecord:
    return type(record)(**{**{f: getattr(record, f) for f in record.__struct_fields__}, **changed})


def test_loaded_data_are_kept() -> None:
    recipe = DataRecipe(source=Shapes(count=40, size=16))
    assert load(recipe) is load(DataRecipe(source=Shapes(count=40, size=16)))
    held = [values for part in load(recipe).parts.values() for values in part.batch(slice(None))]
    assert memory.data_bytes(recipe) == sum(values.nbytes for values in held)
