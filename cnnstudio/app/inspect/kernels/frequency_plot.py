"""How much a signal's kernel lets through of each frequency, now and before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from PySide6.QtCore import QSize

from cnnstudio.app.features.kernels import response
from cnnstudio.app.theme import theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DPI, DrawnFigure, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.features.mosaic import Floats

NOW, START = "Shown", "Before the first step"
"""What the two lines are called."""
REDRAW_MS = 60
MARGINS = 48, 30, 16, 44
LEGEND = 20
"""Pixels below the title for the names of two lines."""


class FrequencyPlot(DrawnPlot):
    """The magnitude of one kernel's frequency response, from constant to the fastest change that samples can hold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("kernels_frequency")
        self.setAccessibleName("Frequency response")
        self.setToolTip(
            "How much the kernel lets through of each frequency: 0 is a constant, 0.5 changes sign at each sample. "
            "The thin line is the kernel before the first step, where training has changed it"
        )
        self._now: Floats | None = None
        self._start: Floats | None = None
        self._figure = DrawnFigure()

    def show_kernel(self, now: Floats, start: Floats | None) -> None:
        """Draw the response of this kernel (channels in, length), and that at the start where it was another."""
        self._now = now
        self._start = None if start is None or np.array_equal(now, start) else start
        self.refresh()

    @property
    def names(self) -> tuple[str, ...]:
        """What the lines are called that are drawn; one alone needs no name."""
        return () if self._start is None else (NOW, START)

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(300, 220)

    def drawn(self) -> QImage | None:
        """The lines; nothing before the first kernel."""
        if self._now is None:
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        left, top, right, bottom = MARGINS
        margins = (left, top + LEGEND, right, bottom) if self._start is not None else MARGINS
        with self._figure.afresh((self.width(), self.height()), ratio, look, margins) as axes:
            self._fill(axes, look)
        return self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        if self._now is not None:
            axes.plot(*response(self._now), color=look.training, linewidth=2.2, label=NOW, zorder=3)
        if self._start is not None:
            axes.plot(*response(self._start), color=look.muted, linewidth=1.2, label=START)
            axes.legend(
                loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, labelcolor=look.muted,
                handlelength=1.4, borderpad=0.0, borderaxespad=0.2,
            )  # fmt: skip
        axes.set_xlim(0, 0.5)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("Cycles per sample", color=look.muted)
        pad = 6 + (0 if self._start is None else LEGEND * 72 / DPI)  # in points
        axes.set_title("Frequency response", loc="left", color=look.text, fontweight="bold", pad=pad)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
