"""The lines of a comparison as numbers: which metric of which runs, over epochs or time, smoothed."""

from __future__ import annotations

import bisect
import enum
import math
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cnnstudio.app.runs.comparison.span import Span
from cnnstudio.app.training.figures import metric_bounds
from cnnstudio.core.formats.run_metrics import in_order
from cnnstudio.core.metrics import RATE, higher_is_better, metric_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.core.formats.run_metrics import RunMetrics

MOST_SMOOTHING = 0.99
_UNITS = ((7200.0, 3600.0, "hours"), (300.0, 60.0, "minutes"), (0.0, 1.0, "seconds"))
"""From how many seconds on which unit is used, and how many seconds it has."""


class Part(enum.Enum):
    """Which part's metrics are drawn."""

    VALIDATION = "Validation"
    TRAINING = "Training"
    BOTH = "Both"


class Against(enum.Enum):
    """What the lines run over."""

    EPOCHS = "Epochs"
    TIME = "Time"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the person wants to see."""

    metric: str = "loss"
    part: Part = Part.VALIDATION
    against: Against = Against.EPOCHS
    smoothing: float = 0.0
    """Share of the mean so far in each smoothed value, 0 to 0.99."""
    log_x: bool = False
    log_y: bool = False

    def plain(self) -> dict[str, str]:
        """The choice as words, for a file."""
        return {
            "metric": self.metric,
            "part": self.part.value,
            "against": self.against.value,
            "smoothing": f"{self.smoothing:.2f}",
            "axes": " ".join(axis for axis, is_log in (("x", self.log_x), ("y", self.log_y)) if is_log),
        }


def choice_from(words: Mapping[str, str]) -> Choice:
    """The choice that was written so; what is missing or makes no sense is as at first, the metric ""."""
    usual = Choice()
    parts, axes = {part.value: part for part in Part}, {axis.value: axis for axis in Against}
    try:
        smoothing = float(words.get("smoothing", ""))
    except ValueError:
        smoothing = usual.smoothing
    logarithmic = words.get("axes", "").split()
    return Choice(
        words.get("metric", ""),
        parts.get(words.get("part", ""), usual.part),
        axes.get(words.get("against", ""), usual.against),
        smoothing if 0 <= smoothing <= MOST_SMOOTHING else usual.smoothing,
        "x" in logarithmic,
        "y" in logarithmic,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of one run on one part."""

    run: Path
    label: str
    slot: int
    """Which of the series of colours and dashes it has."""
    validation: bool
    x: tuple[float, ...]
    measured: tuple[float, ...]
    y: tuple[float, ...]
    """`measured`, smoothed."""

    def nearest(self, x: float) -> int | None:
        """The point nearest to that place; None where the line has not begun, or has ended, by more than half a
        step."""
        if not self.x:
            return None
        at = bisect.bisect_left(self.x, x)
        near = min((i for i in (at - 1, at) if 0 <= i < len(self.x)), key=lambda i: abs(self.x[i] - x))
        step = (self.x[-1] - self.x[0]) / (len(self.x) - 1) if len(self.x) > 1 else 1.0
        outside = max(self.x[0] - x, x - self.x[-1])
        return None if outside > step / 2 else near


@dataclass(frozen=True, slots=True)
class Drawing:
    """All lines of a comparison, and what stands at the axes."""

    choice: Choice = Choice()
    lines: tuple[Line, ...] = ()
    unit: str = "epochs"

    @property
    def title(self) -> str:
        """The metric and the part it was measured on."""
        name = metric_title(self.choice.metric)
        if self.choice.metric == RATE or not self.lines or self.is_mixed:
            return name
        return f"{name} on {'validation' if self.lines[0].validation else 'training'}"

    @property
    def x_title(self) -> str:
        """What the lines run over, with its unit."""
        return "Epoch" if self.choice.against is Against.EPOCHS else f"Time in {self.unit}"

    @property
    def is_mixed(self) -> bool:
        """Whether there are lines of both parts."""
        return len({line.validation for line in self.lines}) > 1

    def whole(self, hidden: Iterable[Path] = ()) -> tuple[Span, Span]:
        """The axes on which all lines that are not hidden can be seen."""
        gone = set(hidden)
        seen = [line for line in self.lines if line.run not in gone] or list(self.lines)
        return self._whole_x(seen), self._whole_y(seen)

    def _whole_x(self, lines: Sequence[Line]) -> Span:
        ends = [x for line in lines for x in (line.x[0], line.x[-1])]
        last = max(ends, default=1.0)
        if not self.choice.log_x:
            return Span(0.0, last if last > 0 else 1.0)
        first = min((x for x in ends if x > 0), default=1.0)
        return Span(first, last if last > first else first * 10, log=True)

    def _whole_y(self, lines: Sequence[Line]) -> Span:
        values = [v for line in lines for v in (*line.measured, *line.y) if math.isfinite(v)]
        if self.choice.log_y:
            above = [v for v in values if v > 0] or [0.1, 1.0]
            return Span(min(above) / 1.2, max(above) * 1.2, log=True)
        return Span(*metric_bounds(self.choice.metric, values))


def smoothed(values: Sequence[float], weight: float) -> tuple[float, ...]:
    """A running mean in which each value counts `weight` times what the next does, without a bias to the beginning.

    The exponential moving average with the correction of Kingma and Ba (2015), as TensorBoard smooths scalars. What
    is not finite stays where it is and leaves the mean alone.
    """
    if weight <= 0:
        return tuple(values)
    mean, correction = 0.0, 1.0
    out = []
    for value in values:
        if math.isfinite(value):
            mean = weight * mean + (1 - weight) * value
            correction *= weight
            out.append(mean / (1 - correction))
        else:
            out.append(value)
    return tuple(out)


def metrics_of(measured: Iterable[RunMetrics]) -> tuple[str, ...]:
    """The metrics that at least one of the runs has: the loss first, the learning rate last."""
    return in_order(name for metrics in measured for name in metrics.names)


def labels(runs: Sequence[RunSummary]) -> tuple[str, ...]:
    """What the runs are called: by their titles; those that share one also by their start, as briefly as it tells them
    apart, or else by their folder."""
    names = [run.title for run in runs]
    shared = {name for name, times in Counter(names).items() if times > 1}
    for title in shared:
        alike = [run for run in runs if run.title == title]
        told = next((t for t in _tellers(alike) if len({t(run) for run in alike}) == len(alike)), _folder)
        names = [f"{title}, {told(run)}" if run.title == title else name for run, name in zip(runs, names, strict=True)]
    taken = Counter(names)
    return tuple(name if taken[name] == 1 else f"{name}, {run.id}" for run, name in zip(runs, names, strict=True))


def _tellers(runs: Sequence[RunSummary]) -> Iterator[Callable[[RunSummary], str]]:
    """Ways to tell runs of one title apart, the briefest first: the time of a day that they share, day and time."""
    if all(run.started is not None for run in runs):
        clocks = ("%H:%M", "%H:%M:%S")
        if len({run.started.date() for run in runs if run.started is not None}) == 1:
            yield from (partial(_start, form=form) for form in clocks)
        yield from (partial(_start, form=f"%Y-%m-%d {form}") for form in clocks)
    yield _id


def _start(run: RunSummary, form: str) -> str:
    return format(run.started, form) if run.started is not None else run.id


def _id(run: RunSummary) -> str:
    return run.id


def _folder(run: RunSummary) -> str:
    return str(run.folder)


def drawing(
    runs: Sequence[RunSummary],
    measured: Mapping[Path, RunMetrics],
    slots: Mapping[Path, int],
    choice: Choice,
) -> Drawing:
    """The lines of these runs. A metric that is measured on one part alone is drawn whatever part is chosen."""
    seconds = max((m.seconds[-1] for m in measured.values() if m.seconds), default=0.0)
    size, unit = next((size, unit) for least, size, unit in _UNITS if seconds >= least)
    lines = []
    for run, label in zip(runs, labels(runs), strict=True):
        metrics = measured.get(run.folder)
        if metrics is None:
            continue
        x = metrics.epochs if choice.against is Against.EPOCHS else tuple(s / size for s in metrics.seconds)
        for validation in _parts(metrics, choice):
            values = tuple(
                v if math.isfinite(v) else math.nan for v in metrics.column(choice.metric, validation=validation)
            )
            if values:
                weight = 0.0 if choice.metric == RATE else choice.smoothing
                place = tuple(float(n) for n in x)
                y = smoothed(values, weight)
                lines.append(Line(run.folder, label, slots[run.folder], validation, place, values, y))
    return Drawing(choice, tuple(lines), unit)


def _parts(metrics: RunMetrics, choice: Choice) -> tuple[bool, ...]:
    """For which parts there is a line: training (False) and validation (True)."""
    there = tuple(part for part in (False, True) if metrics.column(choice.metric, validation=part))
    if choice.part is Part.BOTH or len(there) < 2:
        return there
    return (choice.part is Part.VALIDATION,)


def result(metric: str, values: Sequence[float], epochs: Sequence[int], best_epoch: int) -> float | None:
    """What stands for the run, as in the table of runs: the value at its best epoch, which is the recipe's to judge.

    The best of the values where that epoch is not among them; of a learning rate the last, as none is better than
    another; None without a number.
    """
    if metric != RATE and best_epoch in epochs and math.isfinite(values[epochs.index(best_epoch)]):
        return values[epochs.index(best_epoch)]
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return None
    if metric == RATE:
        return known[-1]
    return max(known) if higher_is_better(metric) else min(known)
