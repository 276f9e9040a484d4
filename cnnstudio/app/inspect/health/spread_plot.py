"""How the values of one block are spread, over the steps of the run: a heat map of histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.health.history import History
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

REDRAW_MS = 120
LEFT, TOP, RIGHT, BOTTOM = 64, 30, 16, 44


class SpreadPlot(DrawnPlot):
    """A column for each moment that was measured, in their order; bright where many values lie."""

    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("health_spread")
        self.setAccessibleName("Histograms over the steps")
        self.setToolTip("A column for each moment; bright where many of the block's values lie")
        self.setMouseTracking(True)
        self._history = History()
        self._block, self._what = "", "weights"
        self._step: int | None = None
        self._figure = DrawnFigure()
        self._shares, self._low, self._high = self._history.spread("", "weights")

    @property
    def shown(self) -> tuple[int, int]:
        """Rows and columns of the heat map; (0, 0) where there is nothing to show."""
        rows, columns = self._shares.shape
        return rows, columns

    def show_spread(self, history: History, block: str, what: str) -> None:
        """Draw the histograms of this block; `what` is one of HISTOGRAMS."""
        self._history, self._block, self._what = history, block, what
        self._shares, self._low, self._high = history.spread(block, what)
        self.refresh()
        self.update()

    def show_step(self, step: int | None) -> None:
        """Mark this step."""
        self._step = step
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    def drawn(self) -> QImage | None:
        """The heat map as it stands; without one the plot stays empty."""
        if not self._shares.size:
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.afresh((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look)
        return self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        columns = self._shares.shape[1]
        colours = ListedColormap([f"#{entry & 0xFFFFFF:06x}" for entry in VIRIDIS.table()])
        # A square root: else the many values near zero leave the rest of the range dark.
        axes.imshow(
            np.sqrt(self._shares), cmap=colours, aspect="auto", interpolation="nearest",
            extent=(-0.5, columns - 0.5, self._low, self._high),
        )  # fmt: skip
        steps = self._history.steps
        places = sorted({round(p) for p in np.linspace(0, columns - 1, min(columns, 6))})
        axes.set_xticks(places, [f"{steps[p]:,}" for p in places])
        axes.set_xlim(-0.5, columns - 0.5)
        axes.set_xlabel("Step", color=look.muted)
        title = f"{self._what.capitalize()} of {self._block}"
        axes.set_title(title, loc="left", color=look.text, fontweight="bold", y=1.0)  # found without drawing
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.grid(visible=False)

    def _column_x(self, column: float) -> float:
        return LEFT + (column + 0.5) / self.shown[1] * (self.width() - LEFT - RIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The step of the timeline, over the columns."""
        if not self._shares.size:
            QPainter(self).fillRect(self.rect(), theme().color(Role.SURFACE))
            return
        super().paintEvent(event)
        if self._step is not None:
            x = self._column_x(float(np.interp(self._step, self._history.steps, range(len(self._history.steps)))))
            painter = QPainter(self)
            painter.setPen(QPen(theme().color(Role.ACCENT), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, TOP), QPointF(x, self.height() - BOTTOM))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the mouse."""
        rows, columns = self._shares.shape
        inner = self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM
        if not self._shares.size or min(inner) <= 0:
            return
        x, y = (event.position().x() - LEFT) / inner[0], (event.position().y() - TOP) / inner[1]
        if not (0 <= x < 1 and 0 <= y < 1):
            self.hovered.emit("")
            return
        row, column = int(y * rows), int(x * columns)
        size = (self._high - self._low) / rows
        top = self._high - row * size
        share = float(self._shares[row, column])
        told = "not measured" if not np.isfinite(share) else f"{share:.1%} of the values".replace("%", " %")
        self.hovered.emit(f"step {self._history.steps[column]:,}, {number(top - size)} to {number(top)}: {told}")
