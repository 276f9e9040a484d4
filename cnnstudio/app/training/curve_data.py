"""The numbers behind the curves: one point an epoch from the history, and a fine line within the epochs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cnnstudio.core.metrics import RATE, VALIDATION, metric_title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.wire.messages import EpochEnd
    from cnnstudio.wire.run_state import RunState

FINE_POINTS = 1500
"""Beyond this every other point of the fine line is dropped: no screen shows more."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one line: epochs (fractions within an epoch) and values; NaN where a value is not finite."""

    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()


@dataclass(slots=True)
class CurveData:
    """Follows the state of a run. Another run starts it anew."""

    run: str = ""
    name: str = ""
    names: tuple[str, ...] = ()
    """Names of all metrics, the loss first: those of training, then those that only validation has."""
    chosen: str = ""
    """The metric that the person wants below the loss; "" for the one that stands for the run."""
    metrics: tuple[str, ...] = ()
    """What is drawn: the loss, one metric more, and the learning rate where it changes."""
    epochs: int = 0
    history: tuple[EpochEnd, ...] = ()
    place: tuple[int, int] = (0, 0)
    """Epoch and step of the latest point of the fine line."""
    rates: tuple[float, float] = (math.inf, -math.inf)
    """The lowest and the highest learning rate so far."""
    fine_x: list[float] = field(default_factory=list)
    fine: dict[str, list[float]] = field(default_factory=dict)

    def follow(self, state: RunState) -> bool:
        """Take in what is new; True when anything is."""
        changed = False
        if state.run == self.run and not state.steps_per_epoch:
            return False  # it goes on soon: what is known of it stays until the worker says from where on
        if state.run != self.run:
            self.run, self.place, self.history = state.run, (0, 0), ()
            self.fine_x, self.fine = [], {}
            self.rates = (math.inf, -math.inf)
            changed = True
        self._add_rates(state)
        names = tuple(dict.fromkeys((*state.metric_names, *state.judged)))
        drawn = self._drawn(names, state) if names else ()
        if (names, drawn, state.epochs) != (self.names, self.metrics, self.epochs):
            self.names, self.metrics, self.epochs, self.name = names, drawn, state.epochs, state.name
            changed = True
        if len(state.history) != len(self.history):
            self.history = state.history
            changed = True
        place = (state.epoch, state.step)
        if place < self.place:
            self._go_back(place, state.steps_per_epoch)
            changed = True
        if place > self.place and state.steps_per_epoch and state.step:
            self._add_fine(state, place)
            changed = True
        return changed

    def _drawn(self, names: tuple[str, ...], state: RunState) -> tuple[str, ...]:
        drawn = ("loss", self.chosen) if self.chosen in names[1:] else state.shown_metrics
        return (*drawn, RATE) if self.rates[0] < self.rates[1] else drawn

    def _add_rates(self, state: RunState) -> None:
        new = [state.learning_rate, *(e.learning_rate for e in state.history[len(self.history) :])]
        known = [rate for rate in new if rate > 0]  # 0: nobody said so
        self.rates = (min((self.rates[0], *known)), max((self.rates[1], *known)))

    def _add_fine(self, state: RunState, place: tuple[int, int]) -> None:
        if self.fine_x and place[0] != self.place[0]:
            self._append(math.nan, dict.fromkeys((*self.names, RATE), math.nan))  # means start anew: the line does too
        self.place = place
        values = {**state.metrics, RATE: state.learning_rate or math.nan}
        self._append(state.epoch - 1 + state.step / state.steps_per_epoch, values)
        if len(self.fine_x) > FINE_POINTS:
            kept = [i for i, x in enumerate(self.fine_x) if i % 2 == 0 or math.isnan(x)]
            self.fine_x = [self.fine_x[i] for i in kept]
            self.fine = {name: [values[i] for i in kept] for name, values in self.fine.items()}

    def _go_back(self, place: tuple[int, int], steps: int) -> None:
        """A run goes on from a checkpoint: what came after that did not happen."""
        now = place[0] - 1 + place[1] / max(1, steps)
        kept = [i for i, x in enumerate(self.fine_x) if x <= now]
        self.fine_x = [self.fine_x[i] for i in kept]
        self.fine = {name: [values[i] for i in kept] for name, values in self.fine.items()}
        self.place = place

    def _append(self, x: float, values: Mapping[str, float]) -> None:
        self.fine_x.append(x)
        for name in (*self.names, RATE):
            self.fine.setdefault(name, []).append(finite(values.get(name)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw yet."""
        return not self.history and not self.fine_x

    @property
    def now(self) -> float:
        """How far training has come, in epochs."""
        last = float(self.history[-1].epoch) if self.history else 0.0
        return max(last, self.fine_x[-1] if self.fine_x else 0.0)

    def by_epoch(self, metric: str) -> Curve:
        """The metric at the end of each epoch; epochs that do not have it are left out."""
        ends = [e for e in self.history if metric in e.metrics]
        return Curve(tuple(float(e.epoch) for e in ends), tuple(finite(e.metrics[metric]) for e in ends))

    def within(self, metric: str) -> Curve:
        """The metric as it moved within the epochs: running means over the epoch so far, NaN between epochs."""
        values = self.fine.get(metric, [])
        return Curve(tuple(self.fine_x[-len(values) :]) if values else (), tuple(values))

    def under_way(self, metric: str) -> Curve:
        """The metric within the epoch that is not done yet, led on from the end of the one before.

        Those of earlier epochs say no more than their ends do, and each begins anew: together they look torn.
        """
        within, ends = self.within(metric), self.by_epoch(metric)
        done = float(self.history[-1].epoch) if self.history else 0.0
        points = [(x, y) for x, y in zip(within.x, within.y, strict=True) if x > done]
        if not points:
            return Curve()
        if ends.x:
            points.insert(0, (ends.x[-1], ends.y[-1]))
        return Curve(tuple(x for x, _ in points), tuple(y for _, y in points))

    def rate(self) -> Curve:
        """The learning rate over the run: by epoch for what came before the fine line began, then step by step."""
        first = next((x for x in self.fine_x if not math.isnan(x)), math.inf)
        points = [(float(e.epoch), e.learning_rate) for e in self.history if e.learning_rate and e.epoch < first]
        fine = self.within(RATE)
        points += [(x, y) for x, y in zip(fine.x, fine.y, strict=True) if math.isfinite(y)]
        return Curve(tuple(x for x, _ in points), tuple(y for _, y in points))

    def at(self, epoch: int) -> EpochEnd | None:
        """What was measured at the end of that epoch."""
        return next((e for e in self.history if e.epoch == epoch), None)

    def reading(self, epoch: int) -> str:
        """The values of that epoch in words; "" when it is not done."""
        end = self.at(epoch)
        if end is None:
            return ""
        told = [f"Epoch {epoch}"]
        for name in self.metrics:
            if name == RATE:
                told.append(f"{metric_title(RATE)} {end.learning_rate:.3g}")
                continue
            trained, judged = end.metrics.get(name), end.metrics.get(VALIDATION + name)
            if trained is not None:
                text = f"{metric_title(name)} {trained:.4g}"
                told.append(text if judged is None else f"{text}, validation {judged:.4g}")
            elif judged is not None:
                told.append(f"{metric_title(VALIDATION + name)} {judged:.4g}")
        return " · ".join(told)


def finite(value: float | None) -> float:
    """The value, or NaN for what cannot be drawn."""
    return value if value is not None and math.isfinite(value) else math.nan
