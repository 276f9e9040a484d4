"""Precision-recall curves of detection: one for each class, with the place that the chosen threshold takes on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter

from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PySide6.QtGui import QImage, QKeyEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

REDRAW_MS = 60
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 16, 44
"""Margins in logical pixels."""
LONGEST = 24
"""Letters of a class name in the legend."""
MOST = 10
"""Classes named in the legend; of more, those with the least area under their curves are left to the arrow keys."""
DASHES = ("-", "--", "-.", ":")
"""With colours they tell more than seven classes apart."""


class PrecisionCanvas(DrawnPlot):
    """Draws the curves. Up and Down bring out one class after the other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("precision_curves")
        self.setAccessibleName("Precision-recall curves")
        self.setToolTip(
            "Precision at each recall, a curve for each class; the dot is the chosen threshold. Up and Down bring out "
            "one class"
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._precision: Any = np.zeros((0, 101), np.float32)
        self._scores: Any = None
        self._names: tuple[str, ...] = ()
        self._threshold = 0.5
        self._chosen = -1
        self._drawing = DrawnFigure()

    @property
    def chosen(self) -> int:
        """The class that is brought out; -1 for all."""
        return self._chosen

    @property
    def figure(self) -> Figure:
        """What was drawn last."""
        return self._drawing.figure

    def show_curves(self, precision: Any, scores: Any, names: Sequence[str]) -> None:
        """Precision (classes, 101) at recalls 0 to 1, and the scores behind them where they are known."""
        if len(precision) != len(self._precision):
            self._chosen = -1
        self._precision, self._scores = precision, scores
        self._names = tuple(names[i] if i < len(names) else f"class {i}" for i in range(len(precision)))
        self.refresh()

    def show_threshold(self, threshold: float) -> None:
        """The score from which on boxes count."""
        self._threshold = threshold
        self.refresh()

    def place(self, index: int) -> tuple[float, float] | None:
        """Recall and precision of a class at the threshold; None where no box counts or scores are not known."""
        if self._scores is None or len(self._scores) != len(self._precision):
            return None
        counting = np.flatnonzero((self._scores[index] >= self._threshold) & (self._scores[index] > 0))
        if not len(counting):
            return None
        return float(counting[-1]) / 100, float(self._precision[index, counting[-1]])

    def sizeHint(self) -> QSize:
        """Room for a square."""
        return QSize(420, 360)

    def drawn(self) -> QImage | None:
        """The curves as they stand; None before there are any."""
        if not len(self._precision):
            return None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._drawing.afresh((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look)
        return self._drawing.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("Recall", color=look.muted)
        axes.set_ylabel("Precision", color=look.muted)
        for index in self._order():
            self._draw_class(axes, index, look)
        legend = axes.legend(loc="lower left", facecolor=look.ground, edgecolor=look.border, labelcolor=look.text)
        legend.set_zorder(5)

    def _order(self) -> list[int]:
        """The classes, the one brought out on top."""
        return sorted(range(len(self._precision)), key=self._chosen.__eq__)

    def _draw_class(self, axes: Axes, index: int, look: Look) -> None:
        values = self._precision[index]
        area = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        out, single = index == self._chosen, self._chosen >= 0
        colour = class_colour(index + 1).name() if out or not single else look.border
        named = out or (not single and index < MOST)
        told = f"AP {area:.3f}" if np.isfinite(area) else "not in this part"
        label = f"{_short(self._names[index])}, {told}" if named else "_nolegend_"
        dash = DASHES[(index // 7) % len(DASHES)]
        axes.plot(
            np.linspace(0, 1, len(values)), values, dash, color=colour, linewidth=2.2 if out else 1.6, label=label
        )
        place = self.place(index)
        if place is not None and (out or not single):
            axes.plot(*place, "o", color=colour, markersize=8, markeredgecolor=look.text, markeredgewidth=1.2, zorder=4)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Bring out another class; beyond the ends all are equal again."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        key = Qt.Key(event.key())
        if key not in steps or not len(self._precision):
            super().keyPressEvent(event)
            return
        number = len(self._precision) + 1
        self._chosen = (self._chosen + 1 + steps[key]) % number - 1
        self.setAccessibleDescription(self._names[self._chosen] if self._chosen >= 0 else "All classes")
        self.redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and the focus ring."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(theme().color(Role.ACCENT))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _short(name: str) -> str:
    """A class name that leaves room for the curves."""
    half = LONGEST // 2
    return name if len(name) <= LONGEST else f"{name[:half].rstrip()}…{name[-half:].lstrip()}"
