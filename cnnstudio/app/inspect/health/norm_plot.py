"""One number of every block over the steps of the run, a line a block."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.inspect.health.history import History
from cnnstudio.app.inspect.painted_plot import PaintedPlot, Plane
from cnnstudio.app.theme import Role, Scale, theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.features.mosaic import Floats

TITLES = {
    "gradients": "Norm of the gradients",
    "weights": "Norm of the weights",
    "activations": "Size of the activations",
    "dead": "Dead channels",
}
THICK, THIN, FAINT = 2.8, 1.4, 0.6
"""Widths of the chosen block's line and of the others, and how opaque the others are."""
NEAR = 14
"""Pixels: how far from a line the mouse may be to mean it."""


class NormPlot(PaintedPlot):
    """Lines on a log axis. A click chooses the block of the nearest line."""

    block_chosen = Signal(str)
    hovered = Signal(str)
    """The value under the mouse in words, "" outside."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("health_norms")
        self.setAccessibleName("Every block over the steps")
        self.setToolTip("A line for each block. Click one to choose its block; that of the chosen block is thick")
        self.setMouseTracking(True)
        self._history = History()
        self._families: Mapping[str, str] = {}
        self._norm, self._block = "gradients", ""
        self._steps: tuple[int, ...] = ()
        self._span = (0.0, 1.0)
        """Of the axis of values, as logarithms to 10 where it is logarithmic."""

    @property
    def lines(self) -> dict[str, Floats]:
        """Block -> its values, one for each step."""
        blocks = self._history.blocks if self._norm in ("activations", "dead") else self._history.has_weights
        return {block: self._history.line(block, self._norm) for block in blocks}

    def show_history(self, history: History, families: Mapping[str, str]) -> None:
        """Draw this run; `families` are the groups whose colours the lines have."""
        self._history, self._families = history, families
        self._show_again()

    def show_norm(self, norm: str) -> None:
        """Draw this one of the NORMS."""
        self._norm = norm
        self._show_again()

    def show_block(self, block: str) -> None:
        """Set off this block's line."""
        if block != self._block:
            self._block = block
            self.repaint_all()

    def show_steps(self, steps: tuple[int, ...]) -> None:
        """Mark these steps."""
        self._steps = steps
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    @property
    def _is_log(self) -> bool:
        return self._norm != "dead"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured yet."""
        return not self._history.steps

    @property
    def _plane(self) -> Plane:
        return Plane((self.width(), self.height()), self._range(), self._span)

    def _show_again(self) -> None:
        self._span = self._spanned()
        self.repaint_all()

    def paint_plot(self, painter: QPainter) -> None:
        """Axes and lines."""
        plane, (low, high) = self._plane, self._range()
        steps = [float(at) for at in MaxNLocator(nbins=6, integer=True).tick_values(low, high)]
        if self._is_log:
            levels = [(at, _plain(10.0**at)) for at in _powers(*self._span)]
        else:
            levels = [(at, _per_cent(at)) for at in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)]
        told = [(at, f"{at:,.0f}") for at in steps if low <= at <= high]
        plane.paint_axes(painter, told, levels, TITLES[self._norm], "Step")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(plane.rect.adjusted(-2, -2, 2, 2))
        lines = self.lines
        for block in sorted(lines, key=self._is_chosen):
            self._paint_line(painter, plane, block, self._level(lines[block]))
        if self._block in lines:
            self._name_line(painter, plane, self._level(lines[self._block]))

    def _paint_line(self, painter: QPainter, plane: Plane, block: str, levels: Floats) -> None:
        """One line, broken where nothing was measured; what stands between two breaks is a dot."""
        chosen = block == self._block
        colour = theme().family(self._families.get(block, "Unknown"))
        colour.setAlphaF(1.0 if chosen else FAINT)
        pen = QPen(colour, THICK if chosen else THIN)
        dot = QPen(colour, 3 * pen.widthF())
        dot.setCapStyle(Qt.PenCapStyle.RoundCap)
        known = np.flatnonzero(np.isfinite(levels))
        for part in np.split(known, np.flatnonzero(np.diff(known) > 1) + 1):
            places = [plane.place(self._history.steps[at], float(levels[at])) for at in part.tolist()]
            painter.setPen(pen if len(places) > 1 else dot)
            if len(places) > 1:
                painter.drawPolyline(places)
            elif places:
                painter.drawPoint(places[0])

    def _name_line(self, painter: QPainter, plane: Plane, levels: Floats) -> None:
        """The chosen block's name over the end of its line."""
        known = np.flatnonzero(np.isfinite(levels))
        if not len(known):
            return
        end = plane.place(self._history.steps[int(known[-1])], float(levels[known[-1]]))
        painter.setFont(theme().font(Scale.CAPTION))
        text = painter.fontMetrics().boundingRect(self._block).size()
        box = QRectF(end.x() - text.width() - 6, end.y() - text.height() - 6, text.width() + 4, text.height())
        if box.top() < plane.rect.top():
            box.moveTop(end.y() + 6)
        box.moveLeft(max(box.left(), plane.rect.left()))
        ground = theme().color(Role.SURFACE)
        ground.setAlphaF(0.85)
        painter.fillRect(box, ground)
        painter.setPen(theme().color(Role.TEXT))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._block)

    def _is_chosen(self, block: str) -> bool:
        return block == self._block

    def paint_over(self, painter: QPainter) -> None:
        """The steps of the timeline."""
        plane = self._plane
        painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
        for step in self._steps:
            x = plane.place(step, self._span[0]).x()
            painter.drawLine(QPointF(x, plane.rect.top()), QPointF(x, plane.rect.bottom()))

    def _level(self, line: Floats) -> Floats:
        """Where values lie on the axis: logarithms to 10 on an even one."""
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
        first, last = (float(steps[0]), float(steps[-1])) if steps else (0.0, 0.0)
        return (first, last) if first < last else (first - 0.5, first + 0.5)

    def _place(self, step: float, value: float) -> QPointF:
        level = np.log10(value) if self._is_log and value > 0 else value
        return self._plane.place(step, level)

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

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what lies under the mouse."""
        found = self._nearest(event.position())
        if found is None:
            self.hovered.emit("")
            return
        block, at = found
        value = float(self.lines[block][at])
        told = _per_cent(value) if self._norm == "dead" else number(value)
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


def _per_cent(value: float) -> str:
    return f"{100 * value:,.0f} %"
