"""The curves as a matplotlib figure, drawn into memory: for the window as an image, for a file in any format.

A full drawing takes 20 to 30 ms. Between epochs only the fine line grows; it is drawn over a kept copy of the rest,
which takes a fraction of that.
"""

from __future__ import annotations

import functools
import importlib
import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.ticker import MaxNLocator
from PySide6.QtGui import QImage

from cnnstudio.app.theme import Role, Scale
from cnnstudio.app.training.curve_data import VALIDATION, CurveData, metric_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from cnnstudio.app.theme import Theme

# The backend's classes carry no types; it is asked for by name so that strict checking has nothing to guess.
_agg: Any = importlib.import_module("matplotlib.backends.backend_agg")

DPI = 96.0
LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 56, 16, 34, 42, 44
"""Margins in logical pixels."""
FINE_SHARE = 0.4
"""Opacity of the line within epochs."""


@dataclass(frozen=True)
class Look:
    """Colours and type of a figure."""

    ground: str
    text: str
    muted: str
    grid: str
    border: str
    training: str
    validation: str
    family: str
    points: float

    @classmethod
    def of(cls, theme: Theme) -> Look:
        """The look of a theme."""
        font = theme.font(Scale.CAPTION)
        return cls(
            ground=theme.color(Role.SURFACE).name(),
            text=theme.color(Role.TEXT).name(),
            muted=theme.color(Role.MUTED).name(),
            grid=theme.color(Role.GRID).name(),
            border=theme.color(Role.BORDER).name(),
            training=theme.color(Role.CURVE_1).name(),
            validation=theme.color(Role.CURVE_2).name(),
            family=known_family(font.family()),
            points=font.pointSizeF(),
        )


@functools.cache
def known_family(name: str) -> str:
    """The font if matplotlib can find it, else the one it brings; it would log a warning at each text otherwise."""
    try:
        findfont(name, fallback_to_default=False)
    except ValueError:
        return "DejaVu Sans"
    return name


@dataclass
class _Panel:
    axes: Axes
    metric: str
    fine: Line2D


class MetricPlot:
    """One figure with an axes for each of the first two metrics, training and validation in each."""

    def __init__(self) -> None:
        self.figure = Figure(dpi=DPI)
        self._canvas: Any = _agg.FigureCanvasAgg(self.figure)
        self._panels: list[_Panel] = []
        self._kept: Any = None
        self._drawn: tuple[object, ...] = ()

    def image(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> QImage:
        """The curves on `size` (width, height) logical pixels, of which each is `ratio` device pixels."""
        frame = (data.run, len(data.history), data.metrics, data.epochs, look, size, ratio)
        if frame != self._drawn or self._has_left(data):
            self._draw(data, look, size, ratio)
            self._drawn = frame
        self._draw_fine(data)
        buffer = self._canvas.buffer_rgba()
        height, width = buffer.shape[:2]
        image = QImage(buffer, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def epoch_at(self, x: float) -> int | None:
        """The whole epoch nearest to that share (0 to 1) of the figure's width; None outside the axes."""
        if not self._panels:
            return None
        axes = self._panels[0].axes
        box = axes.get_position()
        if not box.x0 - 0.01 <= x <= box.x1 + 0.01:
            return None
        low, high = axes.get_xlim()
        return round(low + (x - float(box.x0)) / float(box.width) * (high - low))

    def x_of(self, epoch: int) -> float:
        """Where that epoch is, as a share of the figure's width."""
        axes = self._panels[0].axes
        box = axes.get_position()
        low, high = axes.get_xlim()
        return float(box.x0 + (epoch - low) / (high - low) * box.width)

    @property
    def axes(self) -> list[Axes]:
        """The axes drawn last, the loss first."""
        return [p.axes for p in self._panels]

    def _has_left(self, data: CurveData) -> bool:
        """Whether the fine line has run out of the axes as they were drawn."""
        for panel in self._panels:
            curve = data.within(panel.metric)
            low, high = panel.axes.get_ylim()
            if data.now > panel.axes.get_xlim()[1]:
                return True
            if not data.history and any(v < low or v > high for v in curve.y[-3:]):
                return True
        return False

    def _draw(self, data: CurveData, look: Look, size: tuple[int, int], ratio: float) -> None:
        self.figure.set_dpi(DPI * ratio)
        self.figure.set_size_inches(max(size[0], 160) / DPI, max(size[1], 120) / DPI)
        compose(self.figure, data, look, self._panels)
        for panel in self._panels:
            panel.fine.set_animated(True)
        self._canvas.draw()
        self._kept = self._canvas.copy_from_bbox(self.figure.bbox)

    def _draw_fine(self, data: CurveData) -> None:
        self._canvas.restore_region(self._kept)
        for panel in self._panels:
            curve = data.within(panel.metric)
            panel.fine.set_data(list(curve.x), list(curve.y))
            panel.axes.draw_artist(panel.fine)


def compose(figure: Figure, data: CurveData, look: Look, panels: list[_Panel]) -> None:
    """Put axes, curves and words into the figure; `panels` receives what was made."""
    figure.clear()
    panels.clear()
    figure.set_facecolor(look.ground)
    width, height = figure.get_size_inches() * DPI
    metrics = data.metrics[:2] or ("loss",)
    with mpl.rc_context({"font.family": look.family, "font.size": look.points}):
        room = (height - TOP - BOTTOM - BETWEEN * (len(metrics) - 1)) / len(metrics)
        for row, metric in enumerate(metrics):
            bottom = BOTTOM + (len(metrics) - 1 - row) * (room + BETWEEN)
            axes = figure.add_axes(
                (LEFT / width, bottom / height, (width - LEFT - RIGHT) / width, max(room, 20.0) / height)
            )
            panels.append(_panel(axes, metric, data, look))
        panels[-1].axes.set_xlabel("Epoch", color=look.muted)
        _legend(figure, look, width, height)


def _panel(axes: Axes, metric: str, data: CurveData, look: Look) -> _Panel:
    axes.set_facecolor(look.ground)
    axes.set_title(metric_title(metric), loc="left", color=look.text, fontsize=look.points + 1, fontweight="bold")
    axes.grid(True, color=look.grid, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(colors=look.muted, length=0, pad=6)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(look.border)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    within = data.within(metric)
    (fine,) = axes.plot(within.x, within.y, color=look.training, alpha=FINE_SHARE, linewidth=1)
    for name, colour, style in ((metric, look.training, "-"), (VALIDATION + metric, look.validation, "--")):
        curve = data.by_epoch(name)
        marker = "o" if len(curve.x) <= 30 else ""
        axes.plot(curve.x, curve.y, color=colour, linestyle=style, linewidth=1.8, marker=marker, markersize=3.5)
    axes.set_xlim(0, _last_epoch(data))
    axes.set_ylim(*_bounds(data, metric))
    return _Panel(axes, metric, fine)


def _last_epoch(data: CurveData) -> float:
    # The entire run where its length can be read; a long run starts with its beginning and grows.
    if data.epochs <= 25:
        return max(1, data.epochs, math.ceil(data.now))
    return min(data.epochs, max(10, math.ceil(1.3 * data.now)))


def _bounds(data: CurveData, metric: str) -> tuple[float, float]:
    values = [*data.by_epoch(metric).y, *data.by_epoch(VALIDATION + metric).y] or list(data.within(metric).y)
    known = [v for v in values if math.isfinite(v)]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    if "accuracy" in metric:
        return max(0.0, low - 0.15 * (1.0 - low) - 0.01), 1.01
    if low >= 0:
        return 0.0, high * 1.08 or 1.0
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin


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
    figure = Figure(figsize=(7.5, 6.0), dpi=DPI)
    _agg.FigureCanvasAgg(figure)
    compose(figure, data, look, [])
    out = io.BytesIO()
    figure.savefig(out, format=form, dpi=200)
    return out.getvalue()
