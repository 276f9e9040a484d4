"""One number of every block over the steps of the run, a line a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.health.history import History
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

REDRAW_MS = 120
LEFT, TOP, RIGHT, BOTTOM = 64, 30, 16, 44
TITLES = {
    "gradients": "Norm of the gradients",
    "weights": "Norm of the weights",
    "activations": "Size of the activations",
    "dead": "Dead channels",
}
NEAR = 14
"""Pixels: how far from a line the mouse may be to mean it."""


class NormPlot(DrawnPlot):
    """Lines on a log axis. A click chooses the block of the nearest line."""

    block_chosen = Signal(str)
    hovered = Signal(str)
    """The value under the mouse in words, "" outside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("health_norms")
        self.setAccessibleName("Every block over the steps")
        self.setToolTip("A line for each block. Click one to choose its block; that of the chosen block is thick")
        self.setMouseTracking(True)
        self._history = History()
        self._families: Mapping[str, str] = {}
        self._norm, self._block = "gradients", ""
        self._step: int | None = None
        self._figure = DrawnFigure()
        self._span = (0.0, 1.0)
        """Of the axis of values, as logarithms to 10 where it is logarithmic."""

    @property
    def lines(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
        """Block -> its values, one for each step."""
        blocks = self._history.blocks if self._norm in ("activations", "dead") else self._history.has_weights
        return {block: self._history.line(block, self._norm) for block in blocks}

    def show_history(self, history: History, families: Mapping[str, str]) -> None:
        """Draw this run; `families` are the groups whose colours the lines have."""
        self._history, self._families = history, families
        self.refresh()
        self.update()

    def show_norm(self, norm: str) -> None:
        """Draw this one of the NORMS."""
        self._norm = norm
        self.refresh()

    def show_block(self, block: str) -> None:
        """Set off this block's line."""
        if block != self._block:
            self._block = block
            self.refresh()

    def show_step(self, step: int | None) -> None:
        """Mark this step."""
        self._step = step
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    @property
    def _is_log(self) -> bool:
        return self._norm != "dead"

    def drawn(self) -> QImage | None:
        """The lines as they stand; without any the plot stays empty."""
        if not self._history.steps:
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.afresh((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look)
        return self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        steps = np.array(self._history.steps)
        colours = theme()
        for block, line in self.lines.items():
            chosen = block == self._block
            axes.plot(
                steps, self._level(line), color=colours.family(self._families.get(block, "Unknown")).name(),
                marker="o" if len(steps) == 1 else "", linewidth=2.8 if chosen else 1.2,
                alpha=1.0 if chosen else 0.55, zorder=3 if chosen else 2,
            )  # fmt: skip
        self._span = self._spanned()
        axes.set_xlim(*self._range())
        axes.set_ylim(*self._span)
        if self._is_log:
            places = _powers(*self._span)
            axes.set_yticks(places, [_plain(10.0**place) for place in places])
        else:
            axes.yaxis.set_major_formatter(FuncFormatter(_per_cent))
        axes.set_xlabel("Step", color=look.muted)
        axes.set_title(
            TITLES[self._norm], loc="left", color=look.text, fontweight="bold", y=1.0
        )  # found without drawing
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))

    def _level(
        self, line: np.ndarray[tuple[int], np.dtype[np.float32]]
    ) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        """Where values lie on the axis: logarithms to 10 on an even one, as matplotlib's own is drawn far slower."""
        return np.log10(np.where(line > 0, line, np.nan)) if self._is_log else line

    def _spanned(self) -> tuple[float, float]:
        if not self._is_log:
            return -0.02, 1.02
        values = np.concatenate([line for line in self.lines.values()] or [np.ones(1, np.float32)])
        values = values[np.isfinite(values) & (values > 0)]
        if not len(values):
            return -1.0, 1.0
        low, high = np.log10(values.min()), np.log10(values.max())
        margin = 0.08 * max(high - low, 0.5)
        return float(low - margin), float(high + margin)

    def _range(self) -> tuple[float, float]:
        steps = self._history.steps
        return (float(steps[0]), float(steps[-1])) if len(steps) > 1 else (-0.5, 0.5)

    def _place(self, step: float, value: float) -> QPointF:
        low, high = self._range()
        x = LEFT + (step - low) / (high - low) * (self.width() - LEFT - RIGHT)
        level = np.log10(value) if self._is_log and value > 0 else value
        share = (level - self._span[0]) / (self._span[1] - self._span[0])
        return QPointF(x, self.height() - BOTTOM - share * (self.height() - TOP - BOTTOM))

    def _nearest(self, point: QPointF) -> tuple[str, int] | None:
        """The block and the place in the steps of the measured point whose line is nearest; None far from all."""
        if not self._history.steps:
            return None
        places = [self._place(step, 1.0).x() for step in self._history.steps]
        at = int(np.argmin([abs(x - point.x()) for x in places]))
        found = [
            (abs(self._place(self._history.steps[at], float(line[at])).y() - point.y()), block)
            for block, line in self.lines.items()
            if np.isfinite(line[at]) and (line[at] > 0 or not self._is_log)
        ]
        distance, block = min(found, default=(float("inf"), ""))
        return (block, at) if distance <= NEAR else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """The step of the timeline, over the lines."""
        if not self._history.steps:
            QPainter(self).fillRect(self.rect(), theme().color(Role.SURFACE))
            return
        super().paintEvent(event)
        if self._step is not None:
            x = self._place(self._step, 1.0).x()
            painter = QPainter(self)
            painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, TOP), QPointF(x, self.height() - BOTTOM))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the mouse."""
        found = self._nearest(event.position())
        if found is None:
            self.hovered.emit("")
            return
        block, at = found
        value = float(self.lines[block][at])
        told = _per_cent(value, 0) if self._norm == "dead" else number(value)
        self.hovered.emit(f"{block}, step {self._history.steps[at]:,}: {told}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the block of the line under the mouse."""
        found = self._nearest(event.position())
        if event.button() is Qt.MouseButton.LeftButton and found is not None:
            self.block_chosen.emit(found[0])
        super().mousePressEvent(event)


def _powers(low: float, high: float) -> list[float]:
    """Ticks of a log axis, as logarithms: powers of ten, or 1, 2 and 5 of each where few of them are in sight."""
    whole = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    few = high - low < 2
    found = [n + part for n in whole for part in ((0.0, 0.30103, 0.69897) if few else (0.0,))]
    seen = [place for place in found if low <= place <= high]
    return seen[:: max(1, -(-len(seen) // 7))]


def _plain(value: float) -> str:
    return f"{value:,.6g}" if 1e-4 < value < 1e6 else f"{value:.0e}"


def _per_cent(value: float, place: int) -> str:
    return f"{100 * value:,.0f} %"
