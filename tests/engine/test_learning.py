"""Steps in a loop of our own come to what Keras's `fit` comes to, however they are computed."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.formats.storage import data_folder
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.engine import devices
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.data import Part
from cnnstudio.engine.learning import Plan, choosing
from cnnstudio.engine.learning.choosing import Halving, may_halve
from cnnstudio.engine.learning.lean import add_matches, joined, loss_of
from cnnstudio.engine.learning.pacing import Pacing
from cnnstudio.engine.learning.tensorflow_learner import TensorFlowLearner
from cnnstudio.engine.optimizers import compile_model
from cnnstudio.engine.tasks import kit_for
from tests.helpers.effort import LATER

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES, BATCH, STEPS = 37, 8, 5
INFO = DataInfo(Task.CLASSIFICATION, (6, 6, 1), ("0", "1", "2"))
RECIPE = TrainingRecipe(batch_size=BATCH, learning_rate=0.01)
ORDER = np.random.default_rng(7).permutation(SAMPLES)
BATCHES = [ORDER[at : at + BATCH] for at in range(0, SAMPLES, BATCH)]
"""Four of eight samples and one of five."""


def samples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.normal(size=(SAMPLES, *INFO.input_shape)).astype("float32"), rng.integers(0, 3, SAMPLES).astype("int32")


def network(*inside: Any) -> Any:
    layers = keras.layers
    keras.utils.set_random_seed(5)
    ends = (layers.Conv2D(4, 3, activation="relu"), *inside, layers.Flatten(), layers.Dense(3), layers.Softmax())
    return keras.Sequential([keras.Input(INFO.input_shape), *ends])


def learner_of(model: Any, recipe: TrainingRecipe = RECIPE, plan: Plan | None = None) -> TensorFlowLearner:
    devices.settle_determinism(devices.resolve("cpu"))
    kit = kit_for(INFO, recipe)
    compile_model(model, kit)
    part = Part.of(*samples())
    return TensorFlowLearner(model, kit, part, Augmenter(Augmentation(), INFO, 0), plan)


def learned(
    learner: TensorFlowLearner, epochs: int = 2, at_once: int = STEPS, rates: Sequence[float] = (0.01,) * STEPS
) -> dict[str, float]:
    for epoch in range(1, epochs + 1):
        learner.begin_epoch(epoch, BATCHES)
        for first in range(0, STEPS, at_once):
            learner.learn(first, np.asarray(rates[first : first + at_once], "float32"))
    return learner.metrics()


@pytest.mark.parametrize(
    ("recipe", "fused"),
    [
        ({}, True),
        ({"beta_1": 0.8, "beta_2": 0.99, "epsilon": 0.1, "clipping": "by global norm", "clip_at": 0.1}, True),
        pytest.param({"optimizer": "adamw", "weight_decay": 0.1}, True, marks=LATER),
        pytest.param({"optimizer": "adamax"}, True, marks=LATER),
        pytest.param({"optimizer": "sgd"}, True, marks=LATER),
        ({"optimizer": "sgd", "momentum": 0.0, "clipping": "by value", "clip_at": 0.01}, True),
        pytest.param({"optimizer": "sgd", "nesterov": True, "weight_decay": 0.01}, True, marks=LATER),
        pytest.param({"optimizer": "rmsprop", "rho": 0.8}, True, marks=LATER),
        pytest.param({"optimizer": "adadelta", "learning_rate": 1.0}, True, marks=LATER),
        ({"amsgrad": True}, False),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_weights_are_those_of_keras_fit(recipe: dict[str, Any], fused: bool) -> None:
    """Within 1e-6: one part in a million of weights of about 1, that is some ten roundings in ten steps."""
    told = dataclasses.replace(RECIPE, **recipe)
    model, plain = network(), network()
    learner = learner_of(model, told)
    learned(learner, rates=(told.learning_rate,) * STEPS)
    assert learner.plan.fused == fused
    compile_model(plain, kit_for(INFO, told))
    inputs, targets = samples()
    plain.fit(inputs[ORDER], targets[ORDER], batch_size=BATCH, epochs=2, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    states = (model.optimizer.variables, plain.optimizer.variables)
    for ours, theirs in zip(*states, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-6, err_msg=ours.path)


def test_how_many_steps_a_call_takes_does_not_change_a_bit() -> None:
    """With dropout and batch statistics, and with a rate of its own for each step."""
    rates = (0.0, 0.1, 0.02, 0.5, 0.01)
    found = []
    for at_once in (1, 2, 5):
        model = network(keras.layers.BatchNormalization(), keras.layers.Dropout(0.3, seed=2))
        learner = learner_of(model)
        metrics = learned(learner, at_once=at_once, rates=rates)
        found.append((metrics, learner.state()))
    for metrics, state in found[1:]:
        assert metrics == found[0][0]
        for (name, values), expected in zip(state.items(), found[0][1].values(), strict=True):
            np.testing.assert_array_equal(values, expected, name)


def test_metrics_of_a_call_are_those_that_keras_would_read() -> None:
    learner = learner_of(network())
    metrics = learned(learner, epochs=1)
    assert metrics == learner._learned.result()
    assert list(metrics) == ["loss", "accuracy"]
    learner.begin_epoch(2, BATCHES)
    assert learner.metrics() == {"loss": 0.0, "accuracy": 0.0}


@pytest.mark.parametrize("scores", [False, True], ids=["shares", "scores"])
@pytest.mark.parametrize("places", [(), (3,)], ids=["samples", "places"])
def test_few_operations_say_what_keras_says(places: tuple[int, ...], scores: bool) -> None:
    """Of whole batches and of halves; the loss and its gradient but for rounding, the accuracy exactly."""
    draws = np.random.default_rng(0)
    raw = tensorflow.constant(draws.normal(size=(7, *places, 4)) * 2, "float32")
    targets = tensorflow.constant(draws.integers(0, 4, (7, *places)), "int32")
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=scores)
    ours, theirs = (keras.metrics.SparseCategoricalAccuracy() for _ in range(2))

    def both(cut: int) -> tuple[Any, ...]:
        with tensorflow.GradientTape(persistent=True) as tape:
            tape.watch(raw)
            pieces = (raw[:cut], raw[cut:]) if cut else (raw,)
            parts = [piece if scores else tensorflow.nn.softmax(piece) for piece in pieces]
            found, wanted = loss_of(loss, targets, parts), loss(targets, joined(parts))
        counted = add_matches(ours, targets, joined(parts))
        theirs.update_state(targets, joined(parts))
        return found, wanted, tape.gradient(found, raw), tape.gradient(wanted, raw), counted

    for cut in (0, 4):
        found, wanted, slope, expected, counted = tensorflow.function(both)(cut)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
        np.testing.assert_allclose(slope, expected, rtol=0, atol=1e-5)
        assert bool(counted) == (not places)
        assert not counted or float(ours.result()) == float(theirs.result())


def test_halves_come_to_what_whole_batches_come_to() -> None:
    """Odd batches, too. Within 1e-6, as sums over the batch are put together otherwise."""
    found = []
    for halves in (False, True):
        model = network()
        metrics = learned(learner_of(model, plan=Plan(halves=halves)))
        found.append((metrics, model.get_weights()))
    (whole, weights), (halved, others) = found
    assert halved == pytest.approx(whole, abs=1e-6)
    for ours, theirs in zip(weights, others, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_only_batches_that_come_to_the_same_are_halved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_LEAST_WORK", 1000.0)
    layers, kit, part = keras.layers, kit_for(INFO, RECIPE), Part.of(*samples())
    assert may_halve(network(), kit, part)
    assert not may_halve(network(layers.BatchNormalization()), kit, part), "statistics are of the whole batch"
    assert not may_halve(network(layers.Dropout(0.1)), kit, part), "halves would draw other numbers"
    assert not may_halve(network(layers.ActivityRegularization(0.1)), kit, part), "it is added up over calls"
    alone = kit_for(INFO, dataclasses.replace(RECIPE, batch_size=9))
    assert not may_halve(network(), alone, part), "the last batch is one sample"
    monkeypatch.setattr(choosing, "_LEAST_WORK", 1e9)
    assert not may_halve(network(), kit, part), "too little to share"


def test_the_faster_way_is_found_in_steps_that_never_change_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choosing, "_LEAST_WORK", 1000.0)
    monkeypatch.setattr(choosing, "cores", lambda: 2)
    kit, part = kit_for(INFO, RECIPE), Part.of(*samples())

    def pattern(found: Halving, seconds: dict[bool, float]) -> list[bool]:
        told: list[bool] = []
        while len(told) < 40:
            halved, count = found.alike(len(told), 40 - len(told))
            found.took(len(told), count, seconds[halved] * count)
            told += [halved] * count
        return told

    model = network()
    first = choosing.halving(model, kit, part, "CPU", None)
    assert first.halves is None
    asked = pattern(first, {False: 1.0, True: 0.6})
    turns = [False, False, True, True] * 8
    assert asked == turns + [True] * 8
    again = choosing.halving(model, kit, part, "CPU", None)
    assert again.halves is True
    assert pattern(again, {False: 0.1, True: 1.0}) == asked, "the same experiment takes the same steps"
    kept = json.loads((data_folder() / "plans.json").read_bytes())
    assert list(kept.values()) == [True]
    slower = choosing.halving(network(keras.layers.ReLU()), kit, part, "CPU", None)
    assert pattern(slower, {False: 1.0, True: 0.99}) == turns + [False] * 8
    assert choosing.halving(model, kit, part, "GPU", None).alike(20, 5) == (False, 5)
    plan = Plan(halves=again.halves, tried=again.tried)
    assert Plan.of(plan.plain()) == plan
    assert pattern(choosing.halving(model, kit, part, "CPU", plan), {False: 1.0, True: 1.0}) == asked


@given(st.lists(st.booleans(), min_size=32, max_size=32), st.sampled_from([0.6, 1.5]))
def test_what_else_the_computer_does_does_not_change_what_is_found(busy: list[bool], share: float) -> None:
    """Most steps may take three times as long, as long as a few of each kind do not."""
    assume(any(not b for turn in range(2, 16, 2) for b in busy[2 * turn : 2 * turn + 2]))
    assume(any(not b for turn in range(3, 16, 2) for b in busy[2 * turn : 2 * turn + 2]))
    found = Halving(None, tried=True)
    for step in range(32):
        halved, count = found.alike(step, 1)
        found.took(step, count, (share if halved else 1.0) * (3.0 if busy[step] else 1.0))
    assert found.halves == (share < 1)


def test_a_call_lasts_as_long_as_nobody_minds() -> None:
    pacing = Pacing()
    seen = []
    for _ in range(6):
        seen.append(pacing.steps)
        pacing.took(pacing.steps, 0.001 * pacing.steps)
    assert seen == [1, 4, 16, 64, 75, 75]
    pacing.took(75, 15.0)
    assert pacing.steps == 1
    few = Pacing(100, most=3)
    few.took(3, 0.001)
    assert few.steps == 3


def test_the_optimizer_stays_of_keras_class() -> None:
    model = network()
    learner_of(model)
    assert keras.optimizers.serialize(model.optimizer)["class_name"] == "Adam"
    assert tensorflow is not None
