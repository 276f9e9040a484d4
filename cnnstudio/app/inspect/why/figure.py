"""Explanations as figures for a file: the sample, the same with what counts in it, the scale, the numbers in words."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, Normalize

from cnnstudio.app.data.sample_painter import span_of, to_unit
from cnnstudio.app.inspect.why.overlay import levels, opacity
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from cnnstudio.app.features.colormaps import ColourMap
    from cnnstudio.app.inspect.why.overlay import Counting
    from cnnstudio.app.theme import Theme

INCHES = (7.5, 4.2)
LINE = 95
"""Letters in a line of words."""


@dataclass(frozen=True, eq=False)
class ExplanationFigure:
    """What the file shows. Of volumes it is the slice that was looked at."""

    sample: Any
    """float32 (..., channels)."""
    counting: Counting
    colours: ColourMap
    strength: float
    depth: int
    title: str
    words: str

    def file(self, theme: Theme, form: str) -> bytes:
        """The figure as a file: `form` is "png", "svg" or "pdf"."""
        look, drawing = Look.of(theme), DrawnFigure()
        figure = drawing.figure
        figure.set_size_inches(*INCHES)
        figure.set_facecolor(look.ground)
        table = np.array(self.colours.table(), np.uint32)
        rgb = np.stack([(table >> shift) & 255 for shift in (16, 8, 0)], axis=-1) / 255
        with mpl.rc_context({"font.family": look.family, "font.size": look.points}):
            figure.text(0.04, 0.93, self.title, color=look.text, fontweight="bold", fontsize=look.points + 2)
            words = "\n".join(textwrap.wrap(self.words, LINE))
            figure.text(0.04, 0.04, words, color=look.muted, va="bottom")
            if self.sample.ndim <= 2:
                self._fill_signal(figure.add_axes((0.08, 0.24, 0.8, 0.62)), rgb, look)
            else:
                self._fill_images([figure.add_axes((x, 0.2, 0.4, 0.66)) for x in (0.04, 0.47)], rgb)
            bar = figure.add_axes((0.91, 0.24, 0.02, 0.58))
            low, high = self.counting.bounds
            scale = Normalize(low, high if high > low else low + 1)
            figure.colorbar(ScalarMappable(scale, ListedColormap(rgb.tolist())), cax=bar)
            bar.tick_params(colors=look.muted, length=0)
        return drawing.file(form)

    def _fill_images(self, sides: list[Axes], rgb: Any) -> None:
        unit, shares = to_unit(self.sample), self.counting.shares()
        flat, counted = (unit[self.depth], shares[self.depth]) if unit.ndim == 4 else (unit, shares)
        ground = flat[..., :3] if flat.shape[-1] >= 3 else np.repeat(flat[..., :1], 3, axis=-1)
        cover = opacity(counted, self.strength)[..., np.newaxis]
        veiled = ground * (1 - cover) + rgb[levels(counted, self.counting.signed)] * cover
        for axes, picture in zip(sides, (ground, veiled), strict=True):
            axes.imshow(np.clip(picture, 0, 1), interpolation="nearest")
            axes.set_axis_off()

    def _fill_signal(self, axes: Axes, rgb: Any, look: Look) -> None:
        signal = self.sample if self.sample.ndim == 2 else self.sample[:, np.newaxis]
        shares = self.counting.shares()
        low, high = span_of(signal)
        colours = rgb[levels(shares, self.counting.signed)]
        cover = opacity(shares, self.strength)[:, np.newaxis]
        plain = np.array([int(look.muted[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        inks = plain * (1 - cover) + colours * cover
        x = np.arange(len(signal))
        for place, channel in enumerate(signal.T):
            y = (channel - low) / (high - low) - 1.15 * place
            points = np.stack([x, y], axis=-1)
            pieces = np.stack([points[:-1], points[1:]], axis=1)
            axes.add_collection(LineCollection(list(pieces), colors=inks[:-1].tolist(), linewidths=1.4))
        axes.set_xlim(0, max(1, len(signal) - 1))
        axes.set_ylim(-1.15 * (signal.shape[1] - 1) - 0.05, 1.05)
        axes.set_yticks([])
        axes.set_facecolor(look.ground)
        axes.tick_params(colors=look.muted, length=0)
        for spine in axes.spines.values():
            spine.set_color(look.border)
