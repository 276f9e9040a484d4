"""The learning-rate range test: rates rise with each step, and the losses tell which of them suits.

After Smith, "Cyclical Learning Rates for Training Neural Networks" (WACV 2017), section 3.3.
"""

from __future__ import annotations

import itertools
import math
import time
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.learning import Plan
from cnnstudio.engine.trials.trial import TrialError, subject
from cnnstudio.wire.messages import RateFound, RatesTried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.trials.trial import Check
    from cnnstudio.engine.workbench import Workbench
    from cnnstudio.wire.messages import Event, FindRate

_PAST = 0.9
"""How much of the smoothed loss is kept at each step."""
_BEYOND_SENSE = 4.0
"""A smoothed loss so many times the lowest one ends the test."""
_WINDOW = 0.1
"""Share of the steps over which a slope is taken."""
_REPORT_SECONDS = 0.2
_LEAST_STEPS, _MOST_STEPS = 20, 5000


def find_rate(experiment: Experiment, asked: FindRate, emit: Callable[[Event], None], check: Check) -> RateFound:
    """Try the rates that are asked for. `emit` receives RatesTried some times a second. Raises TrialError."""
    if not (0 < asked.low < asked.high <= 1e4 and _LEAST_STEPS <= asked.steps <= _MOST_STEPS):
        raise TrialError(
            f"Rates are tried from one above 0 up to a higher one of at most 10,000, in {_LEAST_STEPS} to "
            f"{_MOST_STEPS:,} steps, not from {asked.low:g} to {asked.high:g} in {asked.steps:,}."
        )
    rates = np.geomspace(asked.low, asked.high, asked.steps).astype("float32")
    told = time.monotonic()
    raw: list[float] = []
    smoothed: list[float] = []
    with subject(experiment).on_bench(check, Plan()) as bench:
        for loss in _losses(bench, rates, check):
            if not math.isfinite(loss):
                break
            raw.append(loss)
            smoothed.append(_smoothed(smoothed, raw))
            if smoothed[-1] > _BEYOND_SENSE * max(min(smoothed), 1e-12):
                break
            if time.monotonic() - told > _REPORT_SECONDS:
                told = time.monotonic()
                emit(RatesTried(asked.request, rates[: len(raw)], np.asarray(smoothed, "float32"), asked.steps))
    tried = rates[: len(raw)]
    suggestion, message = suggested(tried, np.asarray(raw), np.asarray(smoothed), asked.high)
    return RateFound(asked.request, tried, np.asarray(smoothed, "float32"), suggestion, message)


def _losses(bench: Workbench, rates: np.ndarray, check: Check) -> Iterator[float]:
    """The loss of each step's own batch, before the step changes the weights."""
    batches = itertools.chain.from_iterable(bench.batches(epoch) for epoch in itertools.count(1))
    for step, batch in zip(range(len(rates)), batches, strict=False):
        check()
        bench.learner.begin_epoch(step + 1, [batch])  # so that metrics are this step's alone
        bench.learner.learn(0, rates[step : step + 1])
        yield bench.learner.metrics()["loss"]


def _smoothed(before: list[float], raw: list[float]) -> float:
    """The next running mean, as if it had not begun at zero (Kingma and Ba, "Adam", 2015, section 3)."""
    weight = 1 - _PAST ** len(before)
    running = before[-1] * weight if before else 0.0
    return (_PAST * running + (1 - _PAST) * raw[-1]) / (1 - _PAST ** len(raw))


def suggested(rates: np.ndarray, raw: np.ndarray, smoothed: np.ndarray, high: float) -> tuple[float, str]:
    """The rate at which the smoothed loss falls fastest over the logarithm of the rate, and what is to be known of it.

    0 where the loss never falls by more than batches differ.
    """
    if len(rates) < _LEAST_STEPS // 2:
        return 0.0, (
            "The loss grew beyond sense within the first steps: try lower rates, and look whether the data hold "
            "numbers that are far too large."
        )
    lowest = int(np.argmin(smoothed))
    noise = float(np.std(np.diff(raw)) / math.sqrt(2)) * math.sqrt((1 - _PAST) / (1 + _PAST))
    if lowest < 2 or smoothed[:lowest].max() - smoothed[lowest] <= 2 * noise:
        return 0.0, (
            f"The loss never clearly fell up to a rate of {rates[-1]:.2g}: try other rates, more steps or a larger "
            "batch."
        )
    slopes = _slopes(np.log(rates.astype("float64")), smoothed, max(3, round(_WINDOW * len(rates))))
    at = int(np.argmin(slopes[: lowest + 1]))
    message = ""
    if lowest == len(rates) - 1 and rates[-1] >= high * 0.99:
        message = f"The loss still fell at the highest rate: try rates above {high:g}, too."
    return _rounded(float(rates[at])), message


def _slopes(x: np.ndarray, y: np.ndarray, window: int) -> np.ndarray:
    """The slope of a line through the points around each one (least squares)."""
    half = max(1, window // 2)
    found = np.empty(len(x))
    for i in range(len(x)):
        near = slice(max(0, i - half), i + half + 1)
        deviation = x[near] - x[near].mean()
        found[i] = (deviation * (y[near] - y[near].mean())).sum() / (deviation**2).sum()
    return found


def _rounded(rate: float) -> float:
    """To two digits: more would say what the test does not know."""
    return float(f"{rate:.1e}")
