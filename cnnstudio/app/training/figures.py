"""What all figures of matplotlib share: the look of the theme, axes dressed in it, the way into an image or a file."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PySide6.QtGui import QImage

from cnnstudio.app.theme import Role, Scale
from cnnstudio.core.metrics import is_share

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes

    from cnnstudio.app.theme import Theme

# The backend's classes carry no types; it is asked for by name so that strict checking has nothing to guess.
_agg: Any = importlib.import_module("matplotlib.backends.backend_agg")

Margins: TypeAlias = tuple[int, int, int, int]
DPI = 96.0
FILE_DPI = 200
"""Of a figure in a file of pixels."""


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


class DrawnFigure:
    """A figure that is drawn into memory."""

    def __init__(self) -> None:
        self.figure = Figure(dpi=DPI)
        self.canvas: Any = _agg.FigureCanvasAgg(self.figure)

    def resize(self, size: tuple[int, int], ratio: float) -> None:
        """Make it `size` (width, height) logical pixels, of which each is `ratio` device pixels."""
        self.figure.set_dpi(DPI * ratio)
        self.figure.set_size_inches(max(size[0], 160) / DPI, max(size[1], 120) / DPI)

    @contextlib.contextmanager
    def afresh(self, size: tuple[int, int], ratio: float, look: Look, margins: Margins) -> Iterator[Axes]:
        """Compose the figure, and draw it once the axes are filled."""
        with self.composed(size, ratio, look, margins) as axes:
            yield axes
        self.canvas.draw()

    @contextlib.contextmanager
    def composed(self, size: tuple[int, int], ratio: float, look: Look, margins: Margins) -> Iterator[Axes]:
        """Empty the figure and give it axes in the look, to be filled.

        `size` and `ratio` as for `resize`; `margins` (left, top, right, bottom) are logical pixels.
        """
        self.resize(size, ratio)
        figure, (left, top, right, bottom) = self.figure, margins
        figure.clear()
        figure.set_facecolor(look.ground)
        width, height = (float(inches) * DPI for inches in figure.get_size_inches())
        with mpl.rc_context({"font.family": look.family, "font.size": look.points}):
            place = (left / width, bottom / height, (width - left - right) / width, (height - top - bottom) / height)
            axes = figure.add_axes(place)
            dress(axes, look)
            yield axes

    def parts(self) -> Iterator[None]:
        """Draw the figure as its canvas does, with a rest after each part: axes alone take longer than a frame.

        It is for axes and words in a figure without a layout engine, titles have their place, and what is animated is
        left out.
        """
        figure, renderer = self.figure, self.canvas.get_renderer()
        renderer.clear()
        figure.patch.draw(renderer)
        for axes in figure.axes:
            axes.patch.draw(renderer)
            for artist in sorted(axes.get_children(), key=Artist.get_zorder):
                if artist is not axes.patch and not artist.get_animated():
                    artist.draw(renderer)
                    yield
        for text in figure.texts:
            text.draw(renderer)
            yield

    def image(self, ratio: float) -> QImage:
        """What was drawn last."""
        buffer = self.canvas.buffer_rgba()
        height, width = buffer.shape[:2]
        image = QImage(buffer, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def file(self, form: str) -> bytes:
        """The figure as a file: `form` is "png", "svg" or "pdf"."""
        out = io.BytesIO()
        self.figure.savefig(out, format=form, dpi=FILE_DPI)
        return out.getvalue()


def dress(axes: Axes, look: Look) -> None:
    """Ground, grid and ticks in the look; of the frame only the line below."""
    axes.set_facecolor(look.ground)
    axes.grid(True, color=look.grid, linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", colors=look.muted, length=0, pad=6)
    for side, spine in axes.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(look.border)


def metric_bounds(metric: str, values: Sequence[float]) -> tuple[float, float]:
    """A linear axis for these finite values of a metric: shares end at 1, what cannot be negative begins at 0."""
    if not values:
        return 0.0, 1.0
    low, high = min(values), max(values)
    if is_share(metric) and low >= 0 and high <= 1:
        return max(0.0, low - 0.15 * (1.0 - low) - 0.01), 1.01
    if low >= 0:
        return 0.0, high * 1.08 or 1.0
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin
