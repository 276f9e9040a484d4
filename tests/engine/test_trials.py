"""Trials before a run: the range test of rates and the preflight, by themselves and through the worker."""

from __future__ import annotations

import dataclasses
import itertools
import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.engine import devices
from cnnstudio.engine.backend import keras
from cnnstudio.engine.data import load
from cnnstudio.engine.estimate import largest_batch, needed_bytes
from cnnstudio.engine.trials import TrialError, estimate, find_rate, preflight
from cnnstudio.engine.trials.rates import Running, suggested
from cnnstudio.engine.workbench import set_up
from cnnstudio.wire.messages import (
    CancelTrial,
    EpochEnd,
    Failed,
    FindRate,
    GetPreflight,
    Preflight,
    RateFound,
    RatesTried,
    RunEnded,
    StartRun,
    StopRun,
)
from tests.engine.conftest import Peer, chain, small

if TYPE_CHECKING:
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Event

LONG = write_experiment(small(epochs=100000))


def plain() -> Experiment:
    """Without anything random in its layers, so that plain Keras comes to the same losses."""
    convolution = ("convolution_1", "Convolution", {"filters": 4})
    return chain(Digits(), convolution, ("flatten_1", "Flatten", {}), batch_size=128)


def refused(peer: Peer) -> Failed:
    """The next failure of a request."""
    while not isinstance(event := peer.next(), Failed):
        assert event is not None
    return event


# The range test

RATES = np.geomspace(1e-6, 1.0, 100).astype("float32")


def smooth(losses: np.ndarray) -> np.ndarray:
    """As the test smooths them."""
    running = Running()
    return np.asarray([running.add(float(loss)) for loss in losses])


def falling(middle: float, noise: float = 0.0, end: float = 0.3) -> np.ndarray:
    """Losses that fall from 2.3 to `end`, fastest at `middle`."""
    fallen = 1 / (1 + np.exp(-3 * np.log(RATES / middle)))
    made: np.ndarray = 2.3 - (2.3 - end) * fallen + noise * np.random.default_rng(3).standard_normal(100)
    return made


@pytest.mark.parametrize("middle", [1e-4, 3e-3, 2e-2])
@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_the_rate_is_the_one_at_which_the_loss_falls_fastest(middle: float, noise: float) -> None:
    losses = falling(middle, noise)
    rate, message = suggested(RATES, losses, smooth(losses), 1.0)
    assert middle / 1.6 < rate < middle * 1.6
    assert rate == float(f"{rate:.1e}")  # two digits: more would be guessed
    assert message == ""


def test_rates_beyond_the_lowest_loss_are_never_suggested() -> None:
    losses = falling(1e-3)
    losses[80:] += np.linspace(0, 5, 20)
    losses[95:] -= np.linspace(0, 3, 5)  # falls again, steeper than anywhere, out of a loss that had exploded
    assert suggested(RATES, losses, smooth(losses), 1.0)[0] < 3e-3


@pytest.mark.parametrize(
    ("losses", "says"),
    [
        (np.full(100, 2.3) + 0.05 * np.random.default_rng(1).standard_normal(100), "The loss never clearly fell"),
        (2.3 + 3 / (1 + np.exp(-5 * np.log(RATES / 1e-3))), "The loss never clearly fell up to a rate of 1:"),
        (np.asarray([2.3, 9.0, 40.0]), "The loss grew beyond sense within the first steps"),
    ],
)
def test_where_nothing_can_be_suggested_it_is_said(losses: np.ndarray, says: str) -> None:
    rate, message = suggested(RATES[: len(losses)], losses, smooth(losses), 1.0)
    assert rate == 0.0
    assert message.startswith(says)


def test_a_loss_that_still_falls_at_the_end_asks_for_higher_rates() -> None:
    losses = falling(0.8)
    rate, message = suggested(RATES, losses, smooth(losses), 1.0)
    assert rate > 0.1
    assert message == "The loss still fell at the highest rate: try rates above 1, too."


def keras_losses(experiment: Experiment, rates: np.ndarray) -> list[float]:
    """What plain Keras's train_on_batch says of the same batches at the same rates."""
    with devices.scope(devices.resolve("cpu")):
        bench = set_up(experiment, trace(experiment.architecture, experiment.data.info()))
    inputs, targets = load(experiment.data).training.batch(slice(None))
    batches = itertools.chain.from_iterable(bench.batches(epoch) for epoch in itertools.count(1))
    losses = []
    for rate, batch in zip(rates, batches, strict=False):
        bench.model.optimizer.learning_rate = float(rate)
        losses.append(float(bench.model.train_on_batch(inputs[batch], targets[batch], return_dict=True)["loss"]))
    return losses


def test_losses_are_those_of_plain_keras_and_come_again() -> None:
    experiment = plain()
    found = [find_rate(experiment, FindRate(1, "", 1e-4, 0.5, 20), lambda e: None, lambda: None) for _ in range(2)]
    np.testing.assert_array_equal(found[0].losses, found[1].losses)
    np.testing.assert_allclose(found[0].rates, np.geomspace(1e-4, 0.5, 20), rtol=1e-6)
    raw = keras_losses(experiment, found[0].rates)
    rows = [[0.9 ** (i - k) if k <= i else 0.0 for k in range(20)] for i in range(20)]
    means = [float(np.average(raw, weights=row)) for row in rows]
    np.testing.assert_allclose(found[0].losses, means, rtol=2e-4)


@pytest.mark.parametrize(("low", "high", "steps"), [(0.0, 1.0, 100), (1.0, 0.1, 100), (1e-6, 1.0, 3), (1e-6, 1e9, 50)])
def test_rates_that_cannot_be_tried_are_refused_with_the_values(low: float, high: float, steps: int) -> None:
    with pytest.raises(TrialError, match=f"not from {low:g} to .* in {steps}"):
        find_rate(plain(), FindRate(1, "", low, high, steps), lambda e: None, lambda: None)


# Preflight


def test_what_fits_is_one_rule_for_batch_and_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = small()
    design = trace(experiment.architecture, experiment.data.info())
    free = sum(needed_bytes(experiment, design, batch_size=100).values())
    monkeypatch.setattr(devices, "free_bytes", lambda device: free)
    monkeypatch.setattr(devices, "reusable_bytes", lambda device: 0)  # tests before this one may have left some
    found = estimate(experiment, 7)
    assert (found.request, found.device, found.free, found.problem) == (7, "cpu", free, "")
    assert found.largest_batch >= 100
    assert sum(needed_bytes(experiment, design, batch_size=found.largest_batch).values()) <= free
    assert sum(needed_bytes(experiment, design, batch_size=found.largest_batch + 1).values()) > free
    too_large = dataclasses.replace(
        experiment, training=dataclasses.replace(experiment.training, batch_size=found.largest_batch + 1)
    )
    assert estimate(too_large).problem.startswith("Training needs ")
    assert estimate(too_large).largest_batch == found.largest_batch


def test_with_room_for_all_the_largest_batch_is_the_training_part() -> None:
    experiment = small()
    design = trace(experiment.architecture, experiment.data.info())
    assert largest_batch(experiment, design, None) == len(load(experiment.data).training)
    assert largest_batch(experiment, design, 1000) == 0


def test_what_cannot_fit_is_told_before_anything_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "free_bytes", lambda device: 10_000)
    monkeypatch.setattr(devices, "reusable_bytes", lambda device: 0)
    monkeypatch.setattr(keras, "Model", None)
    found = preflight(small())
    assert "but 10 kB are free" in found.problem
    assert (found.largest_batch, found.seconds_per_epoch) == (0, 0.0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_each_part_of_the_memory_grows_with_what_it_is_for(optimizer: Any) -> None:
    def needed(units: int, batch: int, optimizer: Any) -> dict[str, int]:
        dense = ("dense_1", "Dense", {"units": units})
        experiment = chain(Digits(), ("flatten_1", "Flatten", {}), dense, batch_size=batch, optimizer=optimizer)
        return needed_bytes(experiment, trace(experiment.architecture, experiment.data.info()))

    base = needed(1000, 64, optimizer)
    assert needed(1000, 128, optimizer)["activations"] > base["activations"]
    assert needed(2000, 64, optimizer)["weights"] > base["weights"]
    assert needed(1000, 64, "adam")["optimizer"] == 2 * needed(1000, 64, "sgd")["optimizer"]


# Through the worker


def test_a_window_gets_time_and_memory_of_a_run(worker: Peer, tmp_path: Path) -> None:
    worker.send(GetPreflight(11, write_experiment(small())))
    found = worker.until(Preflight)
    assert (found.request, found.device, found.problem) == (11, "cpu", "")
    assert 0.001 < found.seconds_per_epoch < 60
    assert found.plan
    assert found.free > sum(found.needed.values()) > 0
    worker.send(GetPreflight(12, write_experiment(small()), measure=False))
    assert worker.until(Preflight).seconds_per_epoch == 0.0


def test_a_window_sees_rates_tried_and_can_end_it(worker: Peer) -> None:
    worker.send(FindRate(13, write_experiment(small()), 1e-5, 0.5, 60))
    found = worker.until(RateFound)
    assert found.request == 13
    assert 1e-4 < found.suggestion < 0.5
    assert np.all(np.diff(found.rates) > 0)
    assert found.losses.dtype == np.float32
    worker.send(FindRate(14, write_experiment(small()), 1e-7, 1e-3, 5000))
    tried = worker.until(RatesTried, lambda t: t.request == 14)
    assert 0 < len(tried.rates) == len(tried.losses) < tried.steps == 5000
    asked = time.monotonic()
    worker.send(CancelTrial(14))
    assert refused(worker).message == "The trial was cancelled."
    assert time.monotonic() - asked < 10  # one step on a quiet machine


def test_a_trial_that_was_cancelled_before_its_turn_never_begins(worker: Peer) -> None:
    worker.send(CancelTrial(15), GetPreflight(15, LONG))
    assert (refused(worker)).message == "The trial was cancelled."


def test_a_run_goes_first_and_leaves_no_room_for_trials(worker: Peer, tmp_path: Path) -> None:
    worker.send(FindRate(16, LONG, 1e-7, 1e-3, 5000))
    worker.until(RatesTried, lambda t: t.request == 16)
    worker.send(StartRun("trials", str(tmp_path / "run"), LONG))
    assert refused(worker).message == "A run has begun, so the trial was ended."
    worker.until(EpochEnd)
    worker.send(FindRate(17, LONG), GetPreflight(18, LONG))
    answers: list[Event] = []
    while len(answers) < 2:
        event = worker.next()
        assert event is not None
        if isinstance(event, Failed | Preflight):
            answers.append(event)
    failed, found = answers
    assert isinstance(failed, Failed)
    assert "while a run is under way" in failed.message
    assert isinstance(found, Preflight)
    assert (found.seconds_per_epoch, found.problem) == (0.0, "")
    worker.send(StopRun("trials"))
    assert worker.until(RunEnded).outcome == "stopped"


def test_what_cannot_be_trained_cannot_be_tried_either(worker: Peer) -> None:
    worker.send(GetPreflight(19, "no JSON"))
    assert refused(worker).request == 19
    worker.send(FindRate(20, LONG.replace('"device": "auto"', '"device": "gpu:5"')))
    assert 'no device "gpu:5"' in refused(worker).message
    broken = chain(Digits(), ("dense_1", "Dense", {"units": 3}), ("reshape_1", "Reshape", {"target_shape": (5,)}))
    worker.send(GetPreflight(21, write_experiment(broken)))
    assert refused(worker).message.startswith("The design has errors, so it cannot be trained.")
    assert math.isfinite(sum(estimate(small()).needed.values()))
