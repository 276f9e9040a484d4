"""How much a signal's kernel lets through of each frequency, now and before the first step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator
from PySide6.QtCore import QSize

from cnnstudio.app.features.kernels import response
from cnnstudio.app.theme import theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.features.mosaic import Floats

REDRAW_MS = 60
MARGINS = 48, 30, 16, 44


class FrequencyPlot(DrawnPlot):
    """The magnitude of one kernel's frequency response, from constant to the fastest change that samples can hold."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("kernels_frequency")
        self.setAccessibleName("Frequency response")
        self.setToolTip(
            "How much the kernel lets through of each frequency: 0 is a constant, 0.5 changes sign at each sample. "
            "The thin line is the kernel before the first step"
        )
        self._now: Floats | None = None
        self._start: Floats | None = None
        self._figure = DrawnFigure()

    def show_kernel(self, now: Floats, start: Floats | None) -> None:
        """Draw the response of this kernel (channels in, length)."""
        self._now, self._start = now, start
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(300, 220)

    def drawn(self) -> QImage | None:
        """The lines; nothing before the first kernel."""
        if self._now is None:
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.afresh((self.width(), self.height()), ratio, look, MARGINS) as axes:
            self._fill(axes, look)
        return self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        if self._start is not None:
            axes.plot(*response(self._start), color=look.muted, linewidth=1.2)
        if self._now is not None:
            axes.plot(*response(self._now), color=look.training, linewidth=2.2)
        axes.set_xlim(0, 0.5)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("Cycles per sample", color=look.muted)
        axes.set_title("Frequency response", loc="left", color=look.text, fontweight="bold")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
