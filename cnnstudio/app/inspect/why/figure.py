"""Explanations as figures for a file: the sample, the same with what counts in it, the scale, the numbers in words."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection

from cnnstudio.app.data.sample_painter import span_of, to_unit
from cnnstudio.app.features.colormaps import MAGMA
from cnnstudio.app.inspect.why.overlay import faded, levels, opacity
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
    title: str
    words: str
    depth: int = 0
    counting: Counting | None = None
    """What counts in it; None for the sample alone."""
    colours: ColourMap = MAGMA
    strength: float = 1.0

    def file(self, theme: Theme, form: str) -> bytes:
        """The figure as a file: `form` is "png", "svg" or "pdf"."""
        look, drawing = Look.of(theme), DrawnFigure()
        figure, counting = drawing.figure, self.counting
        figure.set_size_inches(*INCHES)
        figure.set_facecolor(look.ground)
        with mpl.rc_context({"font.family": look.family, "font.size": look.points}):
            figure.text(0.04, 0.93, self.title, color=look.text, fontweight="bold", fontsize=look.points + 2)
            words = "\n".join(textwrap.wrap(self.words, LINE))
            figure.text(0.04, 0.04, words, color=look.muted, va="bottom")
            if self.sample.ndim <= 2:
                self._fill_signal(figure.add_axes((0.06, 0.24, 0.8, 0.62)), look)
            else:
                self._fill_images([figure.add_axes((x, 0.2, 0.4, 0.66)) for x in (0.04, 0.47)][: 2 if counting else 1])
            if counting is not None:
                self._fill_scale(figure.add_axes((0.89, 0.24, 0.02, 0.58)), counting, look)
        return drawing.file(form)

    def _table(self) -> Any:
        table = np.array(self.colours.table(), np.uint32)
        return np.stack([(table >> shift) & 255 for shift in (16, 8, 0)], axis=-1) / 255

    def _fill_scale(self, axes: Axes, counting: Counting, look: Look) -> None:
        low, high = counting.bounds
        high = high if high > low else low + 1
        axes.imshow(self._table()[:, np.newaxis], origin="lower", aspect="auto", extent=(0, 1, low, high))
        axes.set_xticks([])
        axes.yaxis.tick_right()
        axes.tick_params(colors=look.muted, length=0)

    def _fill_images(self, sides: list[Axes]) -> None:
        unit = to_unit(self.sample)
        flat = unit[self.depth] if unit.ndim == 4 else unit
        ground = flat[..., :3] if flat.shape[-1] >= 3 else np.repeat(flat[..., :1], 3, axis=-1)
        pictures = [ground]
        if self.counting is not None:
            shares = self.counting.shares()
            counted = shares[self.depth] if unit.ndim == 4 else shares
            cover = opacity(counted, self.strength)[..., np.newaxis]
            pictures.append(
                faded(ground, self.strength) * (1 - cover)
                + self._table()[levels(counted, self.counting.signed)] * cover
            )
        for axes, picture in zip(sides, pictures, strict=True):
            axes.imshow(np.clip(picture, 0, 1), interpolation="nearest")
            axes.set_axis_off()

    def _fill_signal(self, axes: Axes, look: Look) -> None:
        signal = self.sample if self.sample.ndim == 2 else self.sample[:, np.newaxis]
        counting, (low, high) = self.counting, span_of(signal)
        shares = np.zeros(len(signal)) if counting is None else counting.shares()
        colours = self._table()[levels(shares, counting is not None and counting.signed)]
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
