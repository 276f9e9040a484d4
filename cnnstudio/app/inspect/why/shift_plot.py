"""How much each block's result changes when the input is moved: one line a block, those at poolings set off."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, Scale, space, theme, themes
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from cnnstudio.app.theme import Theme

TITLE = "Change of the result"
THICK, THIN, FAINT = 3.0, 1.0, 0.55
"""Widths of the chosen block's line and of the others, and how opaque the others are."""
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 30, 46
"""Margins in logical pixels."""
SIZE = (720, 420)
"""Of the figure in a file, in logical pixels."""


class ShiftPlot(QWidget):
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
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self._drawn: QPixmap | None = None
        themes.changed.connect(self._redraw)

    @property
    def shown(self) -> Mapping[str, Any]:
        """Block -> its changes, one for each shift."""
        return self._changes

    def show_changes(self, shifts: Any, changes: Mapping[str, Any], families: Mapping[str, str], unit: str) -> None:
        """Draw these changes (n,) by block at these shifts; `families` are the groups whose colours the lines have."""
        self._shifts, self._changes, self._families, self._unit = shifts, changes, families, unit
        self._most = 1.05 * max((float(np.nanmax(line)) for line in changes.values()), default=1.0) or 1.0
        self._dashed = frozenset(id for id in changes if families.get(id) == "Pooling")
        self._redraw()

    def show_block(self, block: str) -> None:
        """Set off this block's line."""
        if block != self._block:
            self._block = block
            self._redraw()

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

    def _place(self, shift: float, change: float) -> QPointF:
        low, high = self._range()
        width, height = self.width() - LEFT - RIGHT, self.height() - TOP - BOTTOM
        return QPointF(LEFT + (shift - low) / (high - low) * width, TOP + (1 - change / self._most) * height)

    # The window paints by itself: matplotlib would hold it up for longer than a frame with each answer.

    def paintEvent(self, event: QPaintEvent) -> None:
        """Grid and lines from a picture that is kept, the chosen shift over it; nothing while there are no lines."""
        painter, ratio = QPainter(self), self.devicePixelRatioF()
        painter.fillRect(self.rect(), theme().color(Role.SURFACE))
        if not self._changes:
            return
        if self._drawn is None or self._drawn.deviceIndependentSize().toSize() != self.size():
            self._drawn = QPixmap(self.size() * ratio)
            self._drawn.setDevicePixelRatio(ratio)
            self._drawn.fill(theme().color(Role.SURFACE))
            with QPainter(self._drawn) as inner:
                self._paint_axes(inner)
                self._paint_lines(inner)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
        painter.drawLine(self._place(self._shift, 0), self._place(self._shift, self._most))

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def _paint_lines(self, painter: QPainter) -> None:
        look = theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for id, line in sorted(self._changes.items(), key=self._is_chosen):
            colour = look.family(self._families.get(id, "Unknown"))
            colour.setAlphaF(1.0 if id == self._block else FAINT)
            style = Qt.PenStyle.DashLine if id in self._dashed else Qt.PenStyle.SolidLine
            painter.setPen(QPen(colour, THICK if id == self._block else THIN, style))
            pairs = zip(self._shifts.tolist(), line.tolist(), strict=True)
            places = [self._place(shift, change) for shift, change in pairs]
            painter.drawLines([QLineF(a, b) for a, b in itertools.pairwise(places)])

    def _is_chosen(self, item: tuple[str, Any]) -> bool:
        return item[0] == self._block

    def _paint_axes(self, painter: QPainter) -> None:
        look, centre = theme(), Qt.AlignmentFlag.AlignCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        low, high = self._range()
        painter.setFont(look.font(Scale.CAPTION))
        line = painter.fontMetrics().height()
        for change in MaxNLocator(nbins=5).tick_values(0, 100 * self._most):
            at = self._place(low, float(change) / 100)
            if TOP <= at.y() <= self.height() - BOTTOM + 0.5:
                painter.setPen(look.color(Role.GRID))
                painter.drawLine(at, self._place(high, float(change) / 100))
                painter.setPen(look.color(Role.MUTED))
                room = QRectF(0, at.y() - line / 2, LEFT - space(2), line)
                painter.drawText(room, right, _per_cent(float(change), 0))
        for shift in MaxNLocator(nbins=9, integer=True).tick_values(low, high):
            if low <= shift <= high:
                at = self._place(float(shift), 0)
                painter.setPen(look.color(Role.GRID))
                painter.drawLine(at, self._place(float(shift), self._most))
                painter.setPen(look.color(Role.MUTED))
                room = QRectF(at.x() - LEFT / 2, at.y() + space(1), LEFT, line)
                painter.drawText(room, centre, f"{shift:.0f}".replace("-", "\u2212"))
        below = QRectF(LEFT, self.height() - line - space(1), self.width() - LEFT - RIGHT, line)
        painter.drawText(below, centre, f"Shift ({self._unit})")
        painter.setPen(look.color(Role.TEXT))
        painter.setFont(look.font(Scale.CAPTION, bold=True))
        painter.drawText(QRectF(LEFT, 0, self.width() - LEFT, TOP - space(1)), Qt.AlignmentFlag.AlignBottom, TITLE)

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
