"""How much each block's result changes when the input is moved: one line a block, those at poolings set off."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PySide6.QtCore import QLineF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from cnnstudio.app.inspect.painted_plot import BOTTOM, LEFT, RIGHT, TOP, PaintedPlot, Plane
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.theme import Theme

TITLE = "Change of the result"
THICK, THIN, FAINT = 3.0, 1.0, 0.55
"""Widths of the chosen block's line and of the others, and how opaque the others are."""
SIZE = (720, 420)
"""Of the figure in a file, in logical pixels."""


class ShiftPlot(PaintedPlot):
    """Change against shift. A click chooses the shift under the mouse."""

    shift_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_shift_plot")
        self.setAccessibleName("Change of each block's result against the shift")
        self.setToolTip("Click to choose a shift. The chosen block's line is thick, those after a pooling are dashed")
        self._shifts: Any = np.zeros(0, np.int32)
        self._changes: Mapping[str, Any] = {}
        self._families: Mapping[str, str] = {}
        self._dashed: frozenset[str] = frozenset()
        self._most = 1.0
        """The upper end of the axis, as a share."""
        self._block, self._shift, self._unit = "", 0, ""

    @property
    def shown(self) -> Mapping[str, Any]:
        """Block -> its changes, one for each shift."""
        return self._changes

    def show_changes(self, shifts: Any, changes: Mapping[str, Any], families: Mapping[str, str], unit: str) -> None:
        """Draw these changes (n,) by block at these shifts; `families` are the groups whose colours the lines have."""
        self._shifts, self._changes, self._families, self._unit = shifts, changes, families, unit
        self._most = 1.05 * max((float(np.nanmax(line)) for line in changes.values()), default=1.0) or 1.0
        self._dashed = frozenset(id for id in changes if families.get(id) == "Pooling")
        self.repaint_all()

    def show_block(self, block: str) -> None:
        """Set off this block's line."""
        if block != self._block:
            self._block = block
            self.repaint_all()

    def show_shift(self, shift: int) -> None:
        """Mark this shift."""
        self._shift = shift
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    def file(self, look_of: Theme, form: str) -> bytes:
        """The lines as a file: `form` is "png", "svg" or "pdf"."""
        figure, look = DrawnFigure(), Look.of(look_of)
        with figure.afresh(SIZE, 1.0, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look, look_of)
        return figure.file(form)

    def _fill(self, axes: Axes, look: Look, colours: Theme) -> None:
        for id, line in self._changes.items():
            chosen = id == self._block
            axes.plot(
                self._shifts, 100 * line, color=colours.family(self._families.get(id, "Unknown")).name(),
                linewidth=THICK if chosen else THIN, alpha=1.0 if chosen else FAINT,
                linestyle="--" if id in self._dashed else "-", zorder=3 if chosen else 2,
            )  # fmt: skip
        axes.set_xlim(*self._range())
        axes.set_ylim(0, 100 * self._most)
        axes.set_xlabel(f"Shift ({self._unit})", color=look.muted)
        axes.set_title(TITLE, loc="left", color=look.text, fontweight="bold")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_formatter(FuncFormatter(_per_cent))

    def _range(self) -> tuple[float, float]:
        if len(self._shifts) < 2:
            return -1.0, 1.0
        return float(self._shifts[0]), float(self._shifts[-1])

    @property
    def _plane(self) -> Plane:
        return Plane((self.width(), self.height()), self._range(), (0.0, self._most))

    @property
    def is_empty(self) -> bool:
        """Whether there are no lines yet."""
        return not self._changes

    def paint_plot(self, painter: QPainter) -> None:
        """Axes and lines."""
        plane, (low, high) = self._plane, self._range()
        shifts = [float(at) for at in MaxNLocator(nbins=9, integer=True).tick_values(low, high)]
        changes = [float(at) for at in MaxNLocator(nbins=5).tick_values(0, 100 * self._most)]
        plane.paint_axes(
            painter,
            [(at, f"{at:.0f}".replace("-", "\u2212")) for at in shifts if low <= at <= high],
            [(at / 100, _per_cent(at, 0)) for at in changes if 0 <= at <= 100 * self._most],
            TITLE,
            f"Shift ({self._unit})",
        )
        self._paint_lines(painter, plane)

    def paint_over(self, painter: QPainter) -> None:
        """The chosen shift."""
        plane = self._plane
        painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
        painter.drawLine(plane.place(self._shift, 0), plane.place(self._shift, self._most))

    def _paint_lines(self, painter: QPainter, plane: Plane) -> None:
        look = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for id, line in sorted(self._changes.items(), key=self._is_chosen):
            colour = look.family(self._families.get(id, "Unknown"))
            colour.setAlphaF(1.0 if id == self._block else FAINT)
            style = Qt.PenStyle.DashLine if id in self._dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(colour, THICK if id == self._block else THIN, style))
            pairs = zip(self._shifts.tolist(), line.tolist(), strict=True)
            places = [plane.place(shift, change) for shift, change in pairs]
            painter.drawLines([QLineF(a, b) for a, b in itertools.pairwise(places)])

    def _is_chosen(self, item: tuple[str, Any]) -> bool:
        return item[0] == self._block

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the shift under the mouse."""
        if event.button() is Qt.MouseButton.LeftButton and len(self._shifts) > 1:
            low, high = self._range()
            share = (event.position().x() - LEFT) / max(1, self.width() - LEFT - RIGHT)
            self.shift_chosen.emit(round(low + min(1.0, max(0.0, share)) * (high - low)))
        super().mousePressEvent(event)


def _per_cent(value: float, place: int) -> str:
    return f"{value:,.0f} %"


def before_and_after(inputs: Mapping[str, Sequence[str]], poolings: Sequence[str]) -> list[tuple[str, str]]:
    """Each pooling with the block that it reads: (before, after)."""
    return [(inputs[id][0], id) for id in poolings if inputs.get(id)]
