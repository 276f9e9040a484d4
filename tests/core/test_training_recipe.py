"""The training recipe: rates over a run, patience, what an optimizer is told."""

from __future__ import annotations

import dataclasses
import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnstudio.core.code.rates import scheduled_rate
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.patience import Patience
from cnnstudio.core.training.recipe import TrainingRecipe

SCHEDULES = ["constant", "step", "exponential", "cosine", "one-cycle", "plateau"]


def recipe(**values: Any) -> TrainingRecipe:
    return dataclasses.replace(TrainingRecipe(), **values)


@given(
    schedule=st.sampled_from(SCHEDULES),
    steps=st.integers(1, 50),
    epochs=st.integers(1, 20),
    warmup=st.floats(0, 30),
    decay=st.floats(0.01, 0.99),
    every=st.floats(0.01, 30),
    final=st.floats(0.001, 1.0),
    peak=st.floats(0.01, 0.99),
)
def test_rates_stay_between_zero_and_the_highest(
    schedule: str, steps: int, epochs: int, warmup: float, decay: float, every: float, final: float, peak: float
) -> None:
    told = {"warmup_epochs": warmup, "decay": decay, "decay_epochs": every, "final_share": final, "peak_at": peak}
    rates = [scheduled_rate(s, steps, epochs, schedule, 0.1, **told) for s in range(steps * epochs + 5)]
    assert all(0.0 <= rate <= 0.1 * (1 + 1e-9) for rate in rates)
    top = max(range(len(rates)), key=rates.__getitem__)
    if schedule != "plateau":
        assert all(b <= a * (1 + 1e-9) for a, b in itertools.pairwise(rates[top:])), "down at the end"
    assert all(b >= a * (1 - 1e-9) for a, b in itertools.pairwise(rates[: top + 1])), "up before"
    if schedule in ("cosine", "one-cycle") and steps * epochs > steps * warmup + 1:
        assert rates[steps * epochs - 1] == pytest.approx(0.1 * final)
        assert rates[steps * epochs + 3] == pytest.approx(0.1 * final), "more epochs keep the last rate"


def test_a_rate_begins_and_turns_where_the_recipe_says() -> None:
    warm = recipe(schedule="cosine", learning_rate=0.1, warmup_epochs=2.0, epochs=10, final_share=0.1)
    assert [warm.rate_at(s, 5) for s in (0, 4, 9, 10)] == pytest.approx([0.01, 0.05, 0.1, 0.1])
    assert warm.rate_at(49, 5) == pytest.approx(0.01)
    cycle = recipe(schedule="one-cycle", learning_rate=0.1, epochs=10, peak_at=0.5, warmup_epochs=3.0)
    assert cycle.rate_at(0, 5) == pytest.approx(0.1 / 25)
    assert max(range(50), key=lambda s: cycle.rate_at(s, 5)) in (24, 25)
    stairs = recipe(schedule="step", learning_rate=0.1, decay=0.5, decay_epochs=2.0)
    assert [stairs.rate_at(s, 5) for s in (0, 9, 10, 19, 20)] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])


def test_what_changes_the_rate_is_known() -> None:
    assert not recipe().changes_rate
    assert recipe(warmup_epochs=0.5).changes_rate
    assert all(recipe(schedule=name).changes_rate for name in SCHEDULES if name != "constant")


@pytest.mark.parametrize(("higher", "values", "over"), [
    (False, [3, 2, 2, 2], [False, False, False, True]),
    (True, [3, 2, 4, 4, 1], [False, False, False, False, True]),
    (False, [3, 2.95, 2.9, 2.85], [False, False, True, True]),
    (False, [math.nan, math.nan, 1.0, math.nan, math.nan], [False, True, False, False, True]),
])  # fmt: skip
def test_patience_ends_after_two_epochs_without_progress(higher: bool, values: list[float], over: list[bool]) -> None:
    patience = Patience(2, higher_is_better=higher, min_delta=0.2)
    assert [patience.is_over(value) for value in values] == over


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_is_left_open_is_left_to_keras(name: str) -> None:
    told = recipe(optimizer=name, momentum=0.0).optimizer_arguments()
    assert told == {}


def test_what_is_told_is_told_by_the_names_of_keras() -> None:
    assert recipe(optimizer="adam", beta_1=0.5, rho=0.5, amsgrad=True).optimizer_arguments() == {
        "beta_1": 0.5,
        "amsgrad": True,
    }
    assert recipe(optimizer="sgd", nesterov=True).optimizer_arguments() == {"nesterov": True, "momentum": 0.9}
    assert recipe(optimizer="adafactor", relative_step=False).optimizer_arguments() == {"relative_step": False}
    assert recipe(optimizer="adamw", weight_decay=0.0).optimizer_arguments() == {"weight_decay": 0.0}
    assert recipe(optimizer="adam", weight_decay=0.0).optimizer_arguments() == {}
    clips = {"by value": "clipvalue", "by norm": "clipnorm", "by global norm": "global_clipnorm"}
    for clipping, keras_name in clips.items():
        assert recipe(clipping=clipping, clip_at=2.0).optimizer_arguments() == {keras_name: 2.0}
