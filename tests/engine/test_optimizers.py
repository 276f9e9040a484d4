"""Optimizers, rates, patience and number formats against Keras."""

from __future__ import annotations

import dataclasses
import inspect
import queue
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.optimizers import make_optimizer
from cnnstudio.engine.running.control import Control, RunError
from cnnstudio.engine.running.pace import Pace
from cnnstudio.engine.running.training import Run, train
from cnnstudio.engine.workbench import Workbench, set_up
from cnnstudio.wire.messages import (
    EffectiveField,
    Event,
    FeatureMaps,
    GetEffectiveField,
    GetMaps,
    Maps,
    Previews,
    Sample,
    Watch,
    WatchPreviews,
)
from tests.engine.conftest import chain, small
from tests.helpers.effort import EFFORT

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.engine.running.control import Asked

CHANGED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "adam": ({"beta_1": 0.8, "amsgrad": True}, {"beta_1": 0.8, "amsgrad": True}),
    "adamw": ({"weight_decay": 0.1}, {"weight_decay": 0.1}),
    "adamax": ({"beta_2": 0.9}, {"beta_2": 0.9}),
    "nadam": ({"clipping": "by value", "clip_at": 0.01}, {"clipvalue": 0.01}),
    "lamb": ({"epsilon": 0.01}, {"epsilon": 0.01}),
    "lion": ({"beta_1": 0.5}, {"beta_1": 0.5}),
    "sgd": (
        {"momentum": 0.7, "nesterov": True, "weight_decay": 0.01, "clipping": "by norm", "clip_at": 0.1},
        {"momentum": 0.7, "nesterov": True, "weight_decay": 0.01, "clipnorm": 0.1},
    ),
    "rmsprop": ({"rho": 0.7, "centered": True}, {"rho": 0.7, "centered": True}),
    "adagrad": ({"initial_accumulator_value": 0.5}, {"initial_accumulator_value": 0.5}),
    "adadelta": ({"rho": 0.5, "epsilon": 1e-3}, {"rho": 0.5, "epsilon": 1e-3}),
    "adafactor": ({"relative_step": False, "clip_threshold": 0.5}, {"relative_step": False, "clip_threshold": 0.5}),
    "ftrl": (
        {"l1_regularization_strength": 0.01, "beta": 0.5, "clipping": "by global norm", "clip_at": 0.1},
        {"l1_regularization_strength": 0.01, "beta": 0.5, "global_clipnorm": 0.1},
    ),
    "schedule-free": ({"beta_1": 0.8}, {"beta_1": 0.8}),
}
"""What recipes change, and the same in Keras's words."""
RATES = np.array([0.1, 0.05, 0.02, 0.02, 0.1, 0.01], "float32")


def recipe(**values: Any) -> TrainingRecipe:
    return dataclasses.replace(TrainingRecipe(), **values)


def tiny(*blocks: tuple[str, str, dict[str, Any]], **training: Any) -> Workbench:
    """A dense layer on noise, ready to learn, behind these blocks."""
    source = Noise(shape=(3, 3, 1), classes=3, count=70)
    given = {"batch_size": 8, "momentum": 0.0, **training}
    experiment = chain(source, ("flatten_1", "Flatten", {}), *blocks, **given)
    return set_up(experiment, trace(experiment.architecture, experiment.data.info()))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_table_of_optimizers_is_that_of_keras(name: str) -> None:
    known = OPTIMIZERS[name]
    kind = getattr(keras.optimizers, known.keras_class)
    parameters = inspect.signature(kind.__init__).parameters
    left_open = {p.name for p in TrainingRecipe.parameters if p.optional} & {*known.parameters, "weight_decay"}
    assert known.defaults == {name: parameters[name].default or 0.0 for name in left_open}
    own = set(inspect.signature(keras.optimizers.SGD.__init__).parameters) - {"nesterov"}
    own |= {"warmup_steps", "epsilon_1", "epsilon_2"}
    assert set(parameters) - own == set(known.parameters) - {"momentum"}, "what Keras takes, the recipe can say"
    optimizer = make_optimizer(recipe(optimizer=name))
    weight = keras.Variable(np.zeros((20, 30), "float32"))
    optimizer.build([weight])
    kept = sum(int(np.prod(v.shape)) for v in optimizer.variables)
    assert kept <= (known.slots + 0.1) * 600, "no more memory than is reckoned with"


@pytest.mark.search
@pytest.mark.parametrize("name", CHANGED if EFFORT > 1 else ["adam", "sgd", "rmsprop", "ftrl", "schedule-free"])
def test_every_optimizer_learns_as_keras_does(name: str) -> None:
    said, told = CHANGED[name]
    bench = tiny(optimizer=name, **said)
    model = build_keras(bench.program)
    model.set_weights(bench.model.get_weights())
    kind = getattr(keras.optimizers, OPTIMIZERS[name].keras_class)
    model.compile(optimizer=kind(0.1, **told), loss=bench.kit.loss(), run_eagerly=True)
    batches = bench.batches(1)
    bench.learner.begin_epoch(1, batches)
    bench.learner.learn(0, RATES[:4])
    bench.learner.learn(4, RATES[4:])
    for indices, rate in zip(batches, RATES, strict=False):
        model.optimizer.learning_rate = rate
        model.train_on_batch(*bench.data.training.clean(indices))
    for ours, theirs in zip(bench.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-6)


def test_all_optimizers_are_tried() -> None:
    assert set(CHANGED) == set(OPTIMIZERS)


QUARTERS = st.lists(st.integers(0, 40).map(lambda n: n / 4), min_size=1, max_size=25)


@given(values=QUARTERS, patience=st.integers(1, 4), least=st.sampled_from([0.0, 0.25, 1.0]), higher=st.booleans())
def test_early_stopping_is_that_of_keras(values: list[float], patience: int, least: float, higher: bool) -> None:
    name = "accuracy" if higher else "loss"
    theirs = keras.callbacks.EarlyStopping(f"val_{name}", least, patience, mode="max" if higher else "min")
    model = SimpleNamespace(stop_training=False)
    theirs.set_model(model)
    theirs.on_train_begin()
    monitor = "metric" if higher else "loss"
    pace = Pace(recipe(early_stopping=True, patience=patience, min_delta=least, monitor=monitor), 10, ("accuracy",))
    best, best_value = -1, 0.0
    for epoch, value in enumerate(values):
        theirs.on_epoch_end(epoch, {f"val_{name}": value})
        if pace.end_epoch({"val_loss": value, "val_accuracy": value}):
            best, best_value = epoch, value
        assert pace.is_over == model.stop_training
        if pace.is_over:
            values = values[: epoch + 1]
            break
    assert best_value == (max(values) if higher else min(values))
    assert best == values.index(best_value)


@given(values=QUARTERS, patience=st.integers(1, 4))
def test_the_plateau_is_that_of_keras(values: list[float], patience: int) -> None:
    theirs = keras.callbacks.ReduceLROnPlateau("val_loss", 0.5, patience, mode="min", min_delta=0.0)
    theirs.set_model(SimpleNamespace(optimizer=SimpleNamespace(learning_rate=np.float32(0.1))))
    theirs.on_train_begin()
    pace = Pace(TrainingRecipe(schedule="plateau", plateau_patience=patience, learning_rate=0.1), 10, ())
    for epoch, value in enumerate(values):
        theirs.on_epoch_end(epoch, {"val_loss": value})
        pace.end_epoch({"val_loss": value})
        restored = Pace(TrainingRecipe(schedule="plateau", plateau_patience=patience, learning_rate=0.1), 10, ())
        restored.restore(pace.state())
        for each in (pace, restored):
            assert each.rates(epoch * 10, 1)[0] == pytest.approx(float(theirs.model.optimizer.learning_rate))
        pace = restored


def test_rates_are_those_of_the_schedules_of_keras() -> None:
    schedules = keras.optimizers.schedules
    said = {"learning_rate": 0.1, "decay": 0.7, "decay_epochs": 1.5, "epochs": 4, "final_share": 0.05}
    for name, stairs in (("exponential", False), ("step", True)):
        theirs = schedules.ExponentialDecay(0.1, 15, 0.7, staircase=stairs)
        ours = recipe(schedule=name, **said)
        assert [ours.rate_at(s, 10) for s in range(40)] == pytest.approx(
            [float(theirs(s)) for s in range(40)], rel=1e-4
        )
    ours = recipe(schedule="cosine", warmup_epochs=1.0, **said)
    theirs = schedules.CosineDecay(0.0, 29, alpha=0.05, warmup_target=0.1, warmup_steps=10)
    assert [ours.rate_at(s, 10) for s in range(10)] == pytest.approx(
        [float(theirs(s + 1)) for s in range(10)], rel=1e-4
    )
    after = range(10, 40)
    assert [ours.rate_at(s, 10) for s in after] == pytest.approx([float(theirs(s)) for s in after], rel=1e-4)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_layers_compute_in_few_bits_and_the_rest_is_exact(precision: str) -> None:
    experiment = small(precision=precision, epochs=1)
    bench = set_up(experiment, trace(experiment.architecture, experiment.data.info()))
    formats = {layer.name: layer.compute_dtype for layer in bench.model.layers if layer.name != "input"}
    assert formats.pop("output") == "float32"
    assert set(formats.values()) == {precision}
    assert {v.dtype for v in bench.model.variables if "seed" not in v.path} == {"float32"}
    exact = build_keras(bench.program)
    exact.set_weights(bench.model.get_weights())
    inputs = bench.data.validation.batch(slice(0, 64))[0]
    ours, theirs = (np.asarray(model.predict_on_batch(inputs)) for model in (bench.model, exact))
    assert ours.dtype == np.float32
    assert 0 < np.abs(ours - theirs).max() < 0.05
    before = bench.learner.judge(bench.data.validation, 64).metrics["loss"]
    batches = bench.batches(1)
    bench.learner.begin_epoch(1, batches)
    bench.learner.learn(0, np.full(len(batches), 0.01, "float32"))
    assert bench.learner.metrics()["loss"] < 3, "the loss that is told is not scaled"
    assert bench.learner.judge(bench.data.validation, 64).metrics["loss"] < 0.8 * before


def test_a_network_in_few_bits_is_looked_at_as_any_other(tmp_path: Path) -> None:
    asked: Asked = queue.SimpleQueue()
    experiment, sample, events = small(precision="bfloat16", epochs=1), Sample("validation", 1), list[Event]()
    text, folder = write_experiment(experiment), tmp_path / "run"
    asked.put(GetMaps(1, text, "convolution_1", sample, str(folder)))
    asked.put(GetEffectiveField(2, text, "convolution_1", (3, 3), sample, str(folder)))
    control = Control([Watch("convolution_1", sample)], WatchPreviews(sample), asked)
    Run(experiment, folder, events.append, control).execute()
    assert {FeatureMaps, Previews, Maps, EffectiveField} <= {type(event) for event in events}
    looked = next(event for event in events if isinstance(event, FeatureMaps))
    assert looked.prediction.dtype == np.float32
    assert looked.prediction.sum() == pytest.approx(1.0, abs=1e-5)


def test_what_a_device_cannot_compute_in_few_bits_is_named(tmp_path: Path) -> None:
    volumes = Noise(shape=(4, 4, 4, 1), classes=2, count=30)
    pooled = chain(volumes, ("pool", "MaxPooling", {}), ("flatten_1", "Flatten", {}))
    experiment = dataclasses.replace(
        pooled, training=dataclasses.replace(pooled.training, precision="float16", device="cpu")
    )
    wanted = "The device cannot compute MaxPool3D in float16: choose float32 as the number format, or another device."
    with pytest.raises(RunError, match=re.escape(wanted)):
        train(experiment, tmp_path / "run", lambda event: None, Control())


def test_a_step_that_overflows_is_left_out_and_the_scale_halved() -> None:
    bench = tiny(("dense_1", "Dense", {"units": 4}), precision="float16", optimizer="sgd")
    optimizer = bench.model.optimizer
    batches = bench.batches(1)
    bench.learner.begin_epoch(1, batches)
    bench.learner.learn(0, RATES[:1])
    before = bench.model.get_weights()
    optimizer.dynamic_scale.assign(2.0**100)
    bench.learner.learn(1, RATES[:1])
    assert float(optimizer.dynamic_scale) == 2.0**99
    for ours, theirs in zip(before, bench.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert any("dynamic_scale" in name for name in bench.learner.state()), "it is part of a checkpoint"
