"""How the values of one block are spread, over the steps of the run: a heat map of histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen

from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.health.history import History
from cnnstudio.app.inspect.painted_plot import BOTTOM, LEFT, RIGHT, TOP, PaintedPlot, Plane
from cnnstudio.app.theme import Role, theme

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget


class SpreadPlot(PaintedPlot):
    """A column for each moment that was measured, in their order; bright where many values lie."""

    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("health_spread")
        self.setAccessibleName("Histograms over the steps")
        self.setToolTip("A column for each moment; bright where many of the block's values lie")
        self.setMouseTracking(True)
        self._history = History()
        self._block, self._what = "", "weights"
        self._steps: tuple[int, ...] = ()
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
        self.repaint_all()

    def show_steps(self, steps: tuple[int, ...]) -> None:
        """Mark these steps."""
        self._steps = steps
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    @property
    def is_empty(self) -> bool:
        """Whether there is no heat map to show."""
        return not self._shares.size

    @property
    def _plane(self) -> Plane:
        return Plane((self.width(), self.height()), (-0.5, self.shown[1] - 0.5), (self._low, self._high))

    def paint_plot(self, painter: QPainter) -> None:
        """The heat map and its axes."""
        plane, steps, columns = self._plane, self._history.steps, self.shown[1]
        painter.drawImage(plane.rect, self._heat())
        places = sorted({round(p) for p in np.linspace(0, columns - 1, min(columns, 6))})
        sizes = [float(at) for at in MaxNLocator(nbins=5).tick_values(self._low, self._high)]
        told = [(at, number(at)) for at in sizes if self._low <= at <= self._high]
        title = f"{self._what.capitalize()} of {self._block}"
        plane.paint_axes(painter, [(p, f"{steps[p]:,}") for p in places], told, title, "Step", grid=False)

    def _heat(self) -> QImage:
        """A pixel for each share; what was not measured is left clear."""
        shares = np.sqrt(self._shares)  # else the many values near zero leave the rest of the range dark
        known = np.isfinite(shares)
        low, high = (float(end(shares[known])) if known.any() else 0.0 for end in (np.min, np.max))
        levels = np.where(known, (shares - low) / (high - low if high > low else 1.0) * 255, 0).astype(np.uint8)
        pixels = np.where(known, np.array(VIRIDIS.table(), np.uint32)[levels], 0).astype(np.uint32)
        rows, columns = pixels.shape
        return QImage(pixels.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_ARGB32).copy()

    def paint_over(self, painter: QPainter) -> None:
        """The steps of the timeline."""
        plane, known = self._plane, self._history.steps
        under, over = (theme().color(role) for role in (Role.SURFACE, Role.TEXT))
        for step in self._steps:
            x = plane.place(float(np.interp(step, known, range(len(known)))), self._low).x()
            for pen in (QPen(under, 3), QPen(over, 1, Qt.PenStyle.DashLine)):  # seen on any colour of the map
                painter.setPen(pen)
                painter.drawLine(QPointF(x, plane.rect.top()), QPointF(x, plane.rect.bottom()))

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
