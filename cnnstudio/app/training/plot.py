"""The curves as a matplotlib figure, drawn into memory: for the window as an image, for a file in any format.

Axes, grid and words take 50 to 100 ms to make and to draw, so they are drawn when their ranges change, in parts of 10
to 20 ms, and kept. The lines go over a copy of them, which takes some milliseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib as mpl
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from cnnstudio.app.training.figures import DPI, DrawnFigure, dress, metric_bounds
from cnnstudio.core.metrics import RATE, VALIDATION, metric_title

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PySide6.QtGui import QImage

    from cnnstudio.app.training.curve_data import CurveData
    from cnnstudio.app.training.figures import Look

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 56, 16, 34, 42, 44
"""Margins in logical pixels."""
FINE_SHARE = 0.4
"""Opacity of the line of the epoch under way."""
RATE_SHARE = 0.5
"""Height of the learning rate's axes, where others have 1."""
MOST_MARKERS = 30
"""With more epochs the line needs no markers."""

LEAST_ROOM = 1.03
"""How far the axis of epochs reaches beyond the latest one before it grows."""

Limits: TypeAlias = dict[str, tuple[float, float]]


@dataclass
class _Panel:
    """One axes and its lines: the epoch under way, training, validation."""

    axes: Axes
    metric: str
    lines: tuple[Line2D, Line2D, Line2D]

    def show(self, data: CurveData) -> None:
        """Put the points of now into the lines."""
        if self.metric == RATE:
            rate = data.rate()
            self.lines[1].set_data(list(rate.x), list(rate.y))
            return
        curves = (data.under_way(self.metric), data.by_epoch(self.metric), data.by_epoch(VALIDATION + self.metric))
        for line, curve in zip(self.lines, curves, strict=True):
            line.set_data(list(curve.x), list(curve.y))
        marker = "o" if len(data.history) <= MOST_MARKERS else ""
        for line in self.lines[1:]:
            line.set_marker(marker)


@dataclass(frozen=True, slots=True)
class _Across:
    """Where the epochs are in the image drawn last; the axes may be on their way to the next."""

    left: float
    width: float
    """Shares of the figure's width."""
    low: float
    high: float
    """Epochs at both ends."""

    @classmethod
    def of(cls, axes: Axes) -> _Across:
        box, (low, high) = axes.get_position(), axes.get_xlim()
        return cls(float(box.x0), float(box.width), low, high)

    def epoch_at(self, x: float) -> int | None:
        if not self.left - 0.01 <= x <= self.left + self.width + 0.01:
            return None
        return round(self.low + (x - self.left) / self.width * (self.high - self.low))

    def x_of(self, epoch: int) -> float:
        return self.left + (epoch - self.low) / (self.high - self.low) * self.width


class MetricPlot:
    """One figure: axes for two metrics, training and validation in each, and for the learning rate where it changes."""

    def __init__(self) -> None:
        self._drawing = DrawnFigure()
        self._panels: list[_Panel] = []
        self._kept: Any = None
        self._run = ""
        self._composed: tuple[object, ...] = ()
        self._limits: Limits = {}
        self._drawn_limits: Limits = {}
        self._across: _Across | None = None

    def image(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> QImage:
        """The curves on `size` (width, height) logical pixels, of which each is `ratio` device pixels."""
        *_, image = (image for image in self.parts(data, look, size, ratio) if image is not None)
        return image

    def parts(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> Iterator[QImage | None]:
        """Draw that image in parts: None after each, then the image, with the points that are there by then.

        One drawing at a time: who begins another, or leaves this one, does not go on with it.
        """
        yield from self.prepare(data, look, size, ratio)
        if self._limits != self._drawn_limits:
            yield from self._draw_axes()
        self._drawing.canvas.restore_region(self._kept)
        for panel in self._panels:
            panel.show(data)
            for line in panel.lines:
                panel.axes.draw_artist(line)
        self._across = _Across.of(self._panels[0].axes)
        yield self._drawing.image(ratio)

    def prepare(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> Iterator[None]:
        """Make the axes of the next `image`, which takes about as long as drawing them: before there are points.

        In parts, too, with a rest after each.
        """
        if self._run != data.run:
            self._run, self._limits = data.run, {}
        self._limits = limits(data, self._limits)
        frame = (data.run, data.metrics, look, size, ratio)
        if frame != self._composed:
            self._composed, self._drawn_limits = (), {}
            yield from self._compose(data, look, size, ratio)
            self._composed = frame

    def epoch_at(self, x: float) -> int | None:
        """The whole epoch nearest to that share (0 to 1) of the figure's width; None outside the axes."""
        return None if self._across is None else self._across.epoch_at(x)

    def x_of(self, epoch: int) -> float:
        """Where that epoch is, as a share of the figure's width; 0 before an image was drawn."""
        return 0.0 if self._across is None else self._across.x_of(epoch)

    @property
    def axes(self) -> list[Axes]:
        """The axes drawn last, the loss first."""
        return [p.axes for p in self._panels]

    def _compose(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> Iterator[None]:
        self._drawing.resize(size, ratio)
        self._panels = []
        for panel in compose(self._drawing.figure, data.metrics, self._limits, look):
            for line in panel.lines:
                line.set_animated(True)  # left out of the drawing that is kept
            self._panels.append(panel)
            yield

    def _draw_axes(self) -> Iterator[None]:
        self._drawn_limits = {}
        for panel in self._panels:
            panel.axes.set_xlim(*self._limits["epoch"])
            panel.axes.set_ylim(*self._limits[panel.metric])
        yield from self._drawing.parts()
        self._kept = self._drawing.canvas.copy_from_bbox(self._drawing.figure.bbox)
        self._drawn_limits = self._limits


def compose(figure: Figure, names: tuple[str, ...], limits: Limits, look: Look) -> Iterator[_Panel]:
    """Put axes, empty lines and words into the figure: each panel as soon as it is made, all when they are used up."""
    figure.clear()
    figure.set_facecolor(look.ground)
    width, height = figure.get_size_inches() * DPI
    metrics = names or ("loss",)
    shares = [RATE_SHARE if metric == RATE else 1.0 for metric in metrics]
    whole = height - TOP - BOTTOM - BETWEEN * (len(metrics) - 1)
    top = height - TOP
    for metric, share in zip(metrics, shares, strict=True):
        room = whole * share / sum(shares)
        top -= room
        place = (LEFT / width, top / height, (width - LEFT - RIGHT) / width, max(room, 20.0) / height)
        top -= BETWEEN
        with _words_like(look):
            axes = figure.add_axes(place)
            axes.set_xlim(*limits["epoch"])
            axes.set_ylim(*limits[metric])
            panel = _panel(axes, metric, look)
            if metric == metrics[-1]:
                axes.set_xlabel("Epoch", color=look.muted)
                _legend(figure, look, width, height)
        yield panel


def _words_like(look: Look) -> AbstractContextManager[None]:
    """What is made meanwhile takes this type; never across a rest, as it holds for all figures."""
    return mpl.rc_context({"font.family": look.family, "font.size": look.points})


def _panel(axes: Axes, metric: str, look: Look) -> _Panel:
    dress(axes, look)
    axes.set_title(
        metric_title(metric), loc="left", color=look.text, fontsize=look.points + 1, fontweight="bold", y=1.0
    )  # a place of its own: looked for, it takes a third of the drawing
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3 if metric == RATE else 5))
    lines = (
        Line2D([], [], color=look.training, alpha=FINE_SHARE, linewidth=1),
        Line2D([], [], color=look.training, linewidth=1.8, markersize=3.5),
        Line2D([], [], color=look.validation, linewidth=1.8, markersize=3.5, linestyle="--"),
    )
    for line in lines:
        axes.add_line(line)
    return _Panel(axes, metric, lines)


def limits(data: CurveData, before: Limits) -> Limits:
    """The ranges of the axes, by metric and for "epoch"; those of before for as long as they serve."""
    found: Limits = {"epoch": (0.0, _last_epoch(data, before.get("epoch", (0.0, 0.0))[1]))}
    for metric in data.metrics or ("loss",):
        low, high = before.get(metric, (0.0, 0.0))
        latest = [v for v in data.within(metric).y[-50:] if math.isfinite(v)]
        serves = not data.history and metric in before and all(low <= v <= high for v in latest)
        found[metric] = (low, high) if serves else _bounds(data, metric)
    return found


def _last_epoch(data: CurveData, before: float) -> float:
    # The entire run where its length can be read; a long run starts with its beginning and grows, now and then.
    if data.epochs <= 25:
        return max(1, data.epochs, math.ceil(data.now))
    wanted = min(data.epochs, max(10, math.ceil(1.3 * data.now)))
    return before if max(1.0, data.now * LEAST_ROOM) <= before <= wanted else wanted


def _bounds(data: CurveData, metric: str) -> tuple[float, float]:
    values = [*data.by_epoch(metric).y, *data.by_epoch(VALIDATION + metric).y] or list(data.within(metric).y)
    if metric == RATE:
        values = list(data.rate().y)
    known = [v for v in values if math.isfinite(v)]
    return metric_bounds(metric, known)


def _legend(figure: Figure, look: Look, width: float, height: float) -> None:
    right = width - RIGHT
    for name, colour, sign in (("Validation", look.validation, "- -"), ("Training", look.training, "\u2014")):
        text = figure.text(
            right / width, (height - 12) / height, f"{sign}  {name}", color=colour, ha="right", va="center"
        )
        text.set_fontweight("bold")
        right -= (len(name) + 7) * look.points * 0.8


def figure_file(data: CurveData, look: Look, form: str) -> bytes:
    """The curves as a file: `form` is "png", "svg" or "pdf"."""
    drawing = DrawnFigure()
    drawing.figure.set_size_inches(7.5, 6.0)
    for panel in compose(drawing.figure, data.metrics, limits(data, {}), look):
        panel.show(data)
    return drawing.file(form)
