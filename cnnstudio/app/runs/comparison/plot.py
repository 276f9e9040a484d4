"""The figure of a comparison: all lines in one axes, for the window as an image and for a file with a legend."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import matplotlib as mpl
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from PySide6.QtCore import QRectF

from cnnstudio.app.runs.comparison.lines import Against
from cnnstudio.app.theme.colors import SERIES
from cnnstudio.app.training.figures import DPI, DrawnFigure, Look, dress

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from PySide6.QtGui import QImage

    from cnnstudio.app.runs.comparison.lines import Drawing, Line
    from cnnstudio.app.runs.comparison.span import Span
    from cnnstudio.app.theme import Theme

LEFT, RIGHT, TOP, BOTTOM = 64, 16, 30, 42
"""Margins in logical pixels."""
Dash: TypeAlias = Literal["-", "--", "-.", ":"]
DASHES: tuple[Dash, ...] = ("-", "--", "-.", ":")
"""With the colours of a series they tell the runs apart."""
MOST_RUNS = len(SERIES) * len(DASHES)
WIDTH, BROUGHT_OUT = 1.8, 3.0
MEASURED_SHARE, TRAINING_SHARE = 0.25, 0.55
"""Opacity of what was measured behind its smoothed line, and of training beside validation."""
FILE_INCHES = (8.0, 5.0)
_MOST_COLUMNS = 3
_DECADES_WITH_SUBS = 2.0


@dataclass(frozen=True)
class Frame:
    """All that a picture of the figure depends on."""

    drawing: Drawing
    x: Span
    y: Span
    hidden: frozenset[Path] = frozenset()
    brought_out: Path | None = None
    """The run that is drawn above the others, and stronger."""


def pattern(slot: int) -> Dash:
    """The dashes of a run, in matplotlib's signs."""
    return DASHES[slot // len(SERIES) % len(DASHES)]


class ComparisonPlot:
    """Draws a frame into an image; knows where the axes lie in it.

    What stands round the lines takes most of the time: it is drawn when it changes and kept, the lines go over it.
    """

    def __init__(self) -> None:
        self._drawing = DrawnFigure()
        self._axes: Axes | None = None
        self._composed: tuple[object, ...] = ()
        self._viewed: tuple[Span, Span] | None = None
        self._kept: Any = None

    @property
    def axes(self) -> Axes | None:
        """What was drawn last."""
        return self._axes

    def image(self, frame: Frame, theme: Theme, size: tuple[int, int], ratio: float) -> QImage:
        """The lines on `size` (width, height) logical pixels, of which each is `ratio` device pixels."""
        look = Look.of(theme)
        axes = self._ready_axes(frame, look, size, ratio)
        if self._viewed != (frame.x, frame.y):
            _set_view(axes, frame)
            for line in list(axes.get_lines()):
                line.remove()
            self._drawing.canvas.draw()
            self._kept = self._drawing.canvas.copy_from_bbox(self._drawing.figure.bbox)
            self._viewed = frame.x, frame.y
        self._drawing.canvas.restore_region(self._kept)
        _draw_lines(axes, frame, theme)
        for line in sorted(axes.get_lines(), key=Line2D.get_zorder):
            axes.draw_artist(line)
        return self._drawing.image(ratio)

    def _ready_axes(self, frame: Frame, look: Look, size: tuple[int, int], ratio: float) -> Axes:
        """The axes of before where all but the view and the lines is the same, else new ones."""
        drawing = frame.drawing
        wanted = (look, size, ratio, frame.x.log, frame.y.log, drawing.title, drawing.x_title)
        if self._axes is not None and wanted == self._composed:
            return self._axes
        self._drawing.resize(size, ratio)
        figure = self._drawing.figure
        figure.clear()
        figure.set_facecolor(look.ground)
        width, height = figure.get_size_inches() * DPI
        room = box(float(width), float(height))
        with mpl.rc_context({"font.family": look.family, "font.size": look.points}):
            place = (room.left() / width, BOTTOM / height, room.width() / width, room.height() / height)
            self._axes = figure.add_axes(place)
            _compose(self._axes, frame, look)
        self._composed, self._viewed = wanted, None
        return self._axes


def box(width: float, height: float) -> QRectF:
    """Where the axes lie on a picture of that size, in logical pixels."""
    return QRectF(LEFT, TOP, max(20.0, width - LEFT - RIGHT), max(20.0, height - TOP - BOTTOM))


def figure_file(frame: Frame, theme: Theme, form: str) -> bytes:
    """The figure with its legend as a file: `form` is "png", "svg" or "pdf"."""
    drawing, look = DrawnFigure(), Look.of(theme)
    figure = drawing.figure
    figure.set_size_inches(*FILE_INCHES)
    figure.set_layout_engine("constrained")
    figure.set_facecolor(look.ground)
    with mpl.rc_context({"font.family": look.family, "font.size": look.points}), warnings.catch_warnings():
        # What a run is called may have letters that no font here knows: they are drawn as boxes, without a word.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        axes = figure.add_subplot()
        _compose(axes, frame, look)
        _set_view(axes, frame)
        _draw_lines(axes, frame, theme)
        shown = [line for line in _in_order(frame) if line.run not in frame.hidden]
        _legend(figure, shown, look, theme, mixed=frame.drawing.is_mixed)
        return drawing.file(form)


def _compose(axes: Axes, frame: Frame, look: Look) -> None:
    """All but the view and the lines."""
    drawing = frame.drawing
    axes.set_xscale("log" if frame.x.log else "linear")
    axes.set_yscale("log" if frame.y.log else "linear")
    dress(axes, look)
    axes.set_title(drawing.title, loc="left", y=1.0, color=look.text, fontsize=look.points + 1, fontweight="bold")
    axes.set_xlabel(drawing.x_title, color=look.muted)


def _set_view(axes: Axes, frame: Frame) -> None:
    axes.set_xlim(frame.x.low, frame.x.high)
    axes.set_ylim(frame.y.low, frame.y.high)
    _tick(axes, frame, whole_numbers=frame.drawing.choice.against is Against.EPOCHS)


def _draw_lines(axes: Axes, frame: Frame, theme: Theme) -> None:
    """Put the lines of the frame in place of those that were there."""
    for old in list(axes.get_lines()):
        old.remove()
    for line in _in_order(frame):
        if line.run not in frame.hidden:
            _draw(axes, line, frame, theme)


def _tick(axes: Axes, frame: Frame, *, whole_numbers: bool) -> None:
    """Ticks at round numbers; on a logarithmic axis of few decades within the decades, too."""
    if frame.x.log:
        _tick_log(axes.xaxis, frame.x)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=10, steps=[1, 2, 5, 10], integer=whole_numbers))
    if frame.y.log:
        _tick_log(axes.yaxis, frame.y)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))


def _tick_log(axis: Axis, span: Span) -> None:
    if span.length < _DECADES_WITH_SUBS / 4:
        axis.set_major_locator(MaxNLocator(nbins=5))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if span.length < _DECADES_WITH_SUBS else (1.0,)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def _in_order(frame: Frame) -> list[Line]:
    """The lines as they are laid on each other: the one that is brought out last."""
    return sorted(frame.drawing.lines, key=lambda line: (line.run == frame.brought_out, line.validation))


def _draw(axes: Axes, line: Line, frame: Frame, theme: Theme) -> None:
    """One line; a run of a single epoch is a dot."""
    strong = line.run == frame.brought_out
    colour, dashes, share = _manner(line, theme, mixed=frame.drawing.is_mixed)
    marker = "o" if len(line.x) == 1 else ""
    width = BROUGHT_OUT if strong else WIDTH
    if line.y is not line.measured and line.y != line.measured and not frame.drawing.is_mixed:
        axes.add_line(Line2D(line.x, line.measured, color=colour, alpha=MEASURED_SHARE, linewidth=1))
    axes.add_line(
        Line2D(
            line.x,
            line.y,
            color=colour,
            alpha=1.0 if strong else share,
            linewidth=width,
            linestyle=dashes,
            marker=marker,
            markersize=5,
            zorder=3 if strong else 2,
        )
    )


def _manner(line: Line, theme: Theme, *, mixed: bool) -> tuple[str, Dash, float]:
    """Colour, dashes and opacity. Where both parts are drawn, validation is dashed, as on the Train page."""
    colour = theme.series(line.slot).name()
    if not mixed:
        return colour, pattern(line.slot), 1.0
    return (colour, "--", 1.0) if line.validation else (colour, "-", TRAINING_SHARE)


def _legend(figure: Figure, lines: list[Line], look: Look, theme: Theme, *, mixed: bool) -> None:
    handles, names = [], []
    for line in lines:
        colour, dashes, share = _manner(line, theme, mixed=mixed)
        handles.append(Line2D([], [], color=colour, linestyle=dashes, alpha=share, linewidth=WIDTH))
        part = ", validation" if line.validation else ", training"
        names.append(f"{line.label}{part if mixed else ''}")
    columns = min(_MOST_COLUMNS, max(1, len(names)), max(1, 110 // (8 + max(map(len, names), default=1))))
    placeholders = [f"{n}" for n in range(len(names))]
    legend = figure.legend(
        handles, placeholders, loc="outside lower left", ncols=columns, frameon=False, labelcolor=look.text
    )
    for text, name in zip(legend.get_texts(), names, strict=True):
        text.set_parse_math(False)  # a title is no formula, and "_" does not hide it
        text.set_text(name)
