"""How much each block's result changes when the input is moved: one line a block, those at poolings set off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen

from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.theme import Theme

REDRAW_MS = 60
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 30, 46
"""Margins in logical pixels."""
SIZE = (720, 420)
"""Of the figure in a file, in logical pixels."""


class ShiftPlot(DrawnPlot):
    """Change against shift. A click chooses the shift under the mouse."""

    shift_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("why_shift_plot")
        self.setAccessibleName("Change of each block's result against the shift")
        self.setToolTip("Click to choose a shift. The chosen block's line is thick, those after a pooling are dashed")
        self._shifts: Any = np.zeros(0, np.int32)
        self._changes: Mapping[str, Any] = {}
        self._families: Mapping[str, str] = {}
        self._dashed: frozenset[str] = frozenset()
        self._block, self._shift, self._unit = "", 0, ""
        self._figure = DrawnFigure()

    @property
    def shown(self) -> Mapping[str, Any]:
        """Block -> its changes, one for each shift."""
        return self._changes

    def show_changes(self, shifts: Any, changes: Mapping[str, Any], families: Mapping[str, str], unit: str) -> None:
        """Draw these changes (n,) by block at these shifts; `families` are the groups whose colours the lines have."""
        self._shifts, self._changes, self._families, self._unit = shifts, changes, families, unit
        self._dashed = frozenset(id for id in changes if families.get(id) == "Pooling")
        self.refresh()
        self.update()

    def show_block(self, block: str) -> None:
        """Set off this block's line."""
        if block != self._block:
            self._block = block
            self.refresh()

    def show_shift(self, shift: int) -> None:
        """Mark this shift."""
        self._shift = shift
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        return QSize(420, 260)

    def drawn(self) -> QImage | None:
        """The lines as they stand; without any the plot stays empty."""
        if not self._changes:
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.afresh((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look, theme())
        return self._figure.image(ratio)

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
                linewidth=2.8 if chosen else 1.2, alpha=1.0 if chosen else 0.55,
                linestyle="--" if id in self._dashed else "-", zorder=3 if chosen else 2,
            )  # fmt: skip
        most = max((float(np.nanmax(line)) for line in self._changes.values()), default=1.0)
        axes.set_xlim(*self._range())
        axes.set_ylim(0, 105 * max(most, 0.01))
        axes.set_xlabel(f"Shift ({self._unit})", color=look.muted)
        axes.set_title("Change of the result", loc="left", color=look.text, fontweight="bold")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.yaxis.set_major_formatter(FuncFormatter(_per_cent))

    def _range(self) -> tuple[float, float]:
        if len(self._shifts) < 2:
            return -1.0, 1.0
        return float(self._shifts[0]), float(self._shifts[-1])

    def paintEvent(self, event: QPaintEvent) -> None:
        """The chosen shift, over the lines."""
        if not self._changes:
            QPainter(self).fillRect(self.rect(), theme().color(Role.SURFACE))
            return
        super().paintEvent(event)
        low, high = self._range()
        x = LEFT + (self._shift - low) / (high - low) * (self.width() - LEFT - RIGHT)
        painter = QPainter(self)
        painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, TOP), QPointF(x, self.height() - BOTTOM))

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
