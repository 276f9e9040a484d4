"""Loss against learning rate, on a logarithmic axis, with the rate that is chosen marked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter

from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look
from cnnstudio.app.training.schedule_plot import rate_tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

REDRAW_MS = 100
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 16, 46
"""Margins in logical pixels."""
HEADROOM = 1.3
"""The axis ends at so many times the first loss: how far it goes beyond says nothing."""


class RatePlot(DrawnPlot):
    """Draws a rate test. A click, or the arrow keys, choose another rate than the one suggested."""

    chosen = Signal(float)
    """The person chose this rate."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("rate_plot")
        self.setAccessibleName("Loss against learning rate")
        self.setToolTip("Click where the loss falls steadily, or press the arrow keys, to choose another rate")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(360, 240)
        self._rates: Any = np.zeros(0, np.float32)
        self._losses: Any = np.zeros(0, np.float32)
        self._bounds = (1e-6, 1.0)
        self._chosen = 0.0
        self._figure = DrawnFigure()
        self._axes: Axes | None = None

    @property
    def rate(self) -> float:
        """The rate that is marked; 0 for none."""
        return self._chosen

    @property
    def count(self) -> int:
        """How many rates are drawn."""
        return len(self._rates)

    def show_test(self, rates: Any, losses: Any, bounds: tuple[float, float]) -> None:
        """Draw these losses at these rates; `bounds` are the lowest and the highest rate of the whole test."""
        self._rates, self._losses, self._bounds = rates, losses, bounds
        self.refresh()

    def choose(self, rate: float) -> None:
        """Mark this rate; 0 marks none."""
        self._chosen = rate
        self.setAccessibleDescription(f"Learning rate {rate:g}" if rate else "")
        self.refresh()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(560, 340)

    def drawn(self) -> QImage:
        """The curve as it stands."""
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.afresh((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look)
        return self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        self._axes = axes
        axes.set_xscale("log")
        axes.set_xlim(*self._bounds)
        axes.set_ylim(*self._loss_limits())
        axes.set_xlabel("Learning rate", color=look.muted)
        axes.set_ylabel("Loss", color=look.muted)
        axes.xaxis.set_major_formatter(FuncFormatter(rate_tick))  # powers as formulas would want fonts of their own
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.plot(self._rates, self._losses, color=look.training, linewidth=1.8)
        if self._chosen:
            self._mark(axes, look)

    def _mark(self, axes: Axes, look: Look) -> None:
        axes.axvline(self._chosen, color=look.validation, linewidth=1.2, linestyle="--")
        if (loss := self._loss_at(self._chosen)) is not None:
            axes.plot([self._chosen], [loss], "o", color=look.validation, markersize=8)
        low, high = (math.log10(b) for b in self._bounds)
        right = (math.log10(self._chosen) - low) / (high - low) > 0.75
        axes.annotate(
            f"{self._chosen:g}", (self._chosen, 1.0), xycoords=("data", "axes fraction"), color=look.validation,
            xytext=(-6 if right else 6, -6), textcoords="offset points", ha="right" if right else "left", va="top",
            fontweight="bold",
        )  # fmt: skip

    def _loss_limits(self) -> tuple[float, float]:
        known = self._losses[np.isfinite(self._losses)]
        if not len(known):
            return 0.0, 1.0
        low, first = float(known.min()), float(known[: max(1, len(known) // 10)].max())
        high = max(first * HEADROOM if first > 0 else first + 0.5, low + 1e-6)
        return low - 0.08 * (high - low), high

    def _loss_at(self, rate: float) -> float | None:
        if not len(self._rates):
            return None
        nearest = int(np.argmin(np.abs(np.log(self._rates) - math.log(rate))))
        loss = float(self._losses[nearest])
        return loss if math.isfinite(loss) else None

    # Choosing

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the rate under the mouse."""
        if event.button() is Qt.MouseButton.LeftButton and len(self._rates):
            inside = self.width() - LEFT - RIGHT
            share = min(1.0, max(0.0, (event.position().x() - LEFT) / max(1, inside)))
            low, high = (math.log10(b) for b in self._bounds)
            self._choose(10 ** (low + share * (high - low)))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a rate a little lower or higher."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key not in steps or not len(self._rates):
            super().keyPressEvent(event)
            return
        start = self._chosen or float(self._rates[len(self._rates) // 2])
        self._choose(start * 10 ** (steps[key] / 20))

    def _choose(self, rate: float) -> None:
        low, high = float(self._rates[0]), float(self._rates[-1])
        self.choose(two_figures(min(high, max(low, rate))))
        self.chosen.emit(self._chosen)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and the focus ring."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(theme().color(Role.ACCENT))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def two_figures(rate: float) -> float:
    """A rate as a person would write it: 0.0032."""
    return float(f"{rate:.2g}")
