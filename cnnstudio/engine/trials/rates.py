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
_CLEARLY = 1.4
"""A fall of so many times the spread of single losses: what batches alone do to a running mean stays below it."""
_STILL = 0.25
"""A slope of that share of the steepest one at the highest rate: higher ones may suit better."""
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
    running = Running()
    with subject(experiment).on_bench(check, Plan()) as bench:
        for loss in _losses(bench, rates, check):
            if not math.isfinite(loss):
                break
            raw.append(loss)
            smoothed.append(running.add(loss))
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


class Running:
    """The running mean of losses, as if it had not begun at zero (Kingma and Ba, "Adam", 2015, section 3)."""

    def __init__(self) -> None:
        self._sum = self._weight = 0.0

    def add(self, loss: float) -> float:
        """Take in a step's loss; the mean so far."""
        self._sum = _PAST * self._sum + (1 - _PAST) * loss
        self._weight = _PAST * self._weight + (1 - _PAST)
        return self._sum / self._weight


def suggested(rates: np.ndarray, raw: np.ndarray, smoothed: np.ndarray, high: float) -> tuple[float, str]:
    """The rate at which the smoothed loss falls fastest over the logarithm of the rate, and what is to be known of it.

    0 where the loss never falls by more than batches differ.
    """
    if len(rates) < _LEAST_STEPS // 2:
        return 0.0, (
            "The loss grew beyond sense within the first steps: try lower rates, and look whether the data hold "
            "numbers that are far too large."
        )
    first = len(rates) // 10  # a running mean has to begin with something
    lowest = first + int(np.argmin(smoothed[first:]))
    noise = float(np.std(np.diff(raw)) / math.sqrt(2))
    if lowest == first or np.median(raw[: max(1, first)]) - smoothed[lowest] <= _CLEARLY * noise:
        return 0.0, (
            f"The loss never clearly fell up to a rate of {rates[-1]:.2g}: try other rates, more steps or a larger "
            "batch."
        )
    slopes = _slopes(np.log(rates[: lowest + 1].astype("float64")), _undelayed(smoothed[: lowest + 1]), len(rates))
    at = first + int(np.argmin(slopes[first:]))
    message = ""
    if rates[-1] >= high * 0.99 and slopes[-1] < _STILL * slopes[at]:
        message = f"The loss still fell at the highest rate: try rates above {high:g}, too."
    return _rounded(float(rates[at])), message


def _undelayed(smoothed: np.ndarray) -> np.ndarray:
    """Smoothed once more from the end: a running mean lags behind, and would tell a rate that is too high."""
    back = Running()
    return np.asarray([back.add(float(loss)) for loss in smoothed[::-1]])[::-1]


def _slopes(x: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """The slope of a line through the points around each one (least squares); `steps` of the whole test."""
    half = max(1, round(_WINDOW * steps / 2))
    found = np.empty(len(x))
    for i in range(len(x)):
        near = slice(max(0, i - half), i + half + 1)
        deviation = x[near] - x[near].mean()
        found[i] = (deviation * (y[near] - y[near].mean())).sum() / (deviation**2).sum()
    return found


def _rounded(rate: float) -> float:
    """To two digits: more would say what the test does not know."""
    return float(f"{rate:.1e}")
