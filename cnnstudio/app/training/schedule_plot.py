"""The learning rate over a run as a recipe sets it, drawn beneath the fields that shape it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator
from PySide6.QtCore import QSize

from cnnstudio.app import format
from cnnstudio.app.theme import theme
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figures import DrawnFigure, Look
from cnnstudio.core.training.recipe import TrainingRecipe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QWidget

REDRAW_MS = 60
STEPS_PER_EPOCH = 100
"""How finely an epoch is looked at; a schedule's form does not depend on it."""
MOST_POINTS = 600
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 10, 36
"""Margins in logical pixels."""


class SchedulePlot(DrawnPlot):
    """Draws the learning rate of a recipe at every step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("schedule_plot")
        self.setAccessibleName("Learning rate over the run")
        self.setMinimumSize(200, 132)
        self._recipe = TrainingRecipe()
        self._figure = DrawnFigure()

    def show_recipe(self, recipe: TrainingRecipe) -> None:
        """Draw the schedule of this recipe, and say it in words."""
        self._recipe = recipe
        self.setToolTip(schedule_words(recipe))
        self.setAccessibleDescription(schedule_words(recipe))
        self.refresh()

    def sizeHint(self) -> QSize:
        """As high as three fields."""
        return QSize(280, 140)

    def drawn(self) -> QImage | None:
        """The curve as it stands."""
        return [*self.parts()][-1]

    def parts(self) -> Iterator[QImage | None]:
        """The same; it is drawn when the page is shown, beside much else."""
        yield None
        ratio, look = self.devicePixelRatioF(), Look.of(theme())
        with self._figure.composed((self.width(), self.height()), ratio, look, (LEFT, TOP, RIGHT, BOTTOM)) as axes:
            self._fill(axes, look)
        yield None
        yield from self._figure.parts()
        yield self._figure.image(ratio)

    def _fill(self, axes: Axes, look: Look) -> None:
        epochs, rates = curve(self._recipe)
        axes.set_xlim(0, max(self._recipe.epochs, 1))
        axes.set_ylim(0, max(rates) * 1.1)
        axes.set_xlabel("Epoch", color=look.muted, labelpad=2)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.yaxis.set_major_formatter(FuncFormatter(rate_tick))
        axes.plot(epochs, rates, color=look.training, linewidth=1.8)


def curve(recipe: TrainingRecipe) -> tuple[list[float], list[float]]:
    """Epochs and the rates there, at most `MOST_POINTS` of them."""
    total = recipe.epochs * STEPS_PER_EPOCH
    count = min(total, MOST_POINTS)
    steps = [round(i * (total - 1) / max(1, count - 1)) for i in range(count)]
    return [s / STEPS_PER_EPOCH for s in steps], [recipe.rate_at(s, STEPS_PER_EPOCH) for s in steps]


def rate_tick(value: float, _: object = None) -> str:
    """A learning rate beside an axis: 0.001, or 1e-05 where zeros would be counted."""
    return f"{value:.3g}"


def schedule_words(recipe: TrainingRecipe) -> str:
    """How the learning rate goes, in one sentence."""
    rate, last = recipe.learning_rate, recipe.rate_at(recipe.epochs * STEPS_PER_EPOCH - 1, STEPS_PER_EPOCH)
    long = recipe.warmup_epochs
    warm = f" after {format.number(long)} {'epoch' if long == 1 else 'epochs'} of warm-up" if long else ""
    if recipe.schedule == "constant":
        return f"{rate:g} throughout{warm}"
    if recipe.schedule == "one-cycle":
        return f"Up from {rate / 25:.3g} to {rate:g}, then down to {last:.3g}"
    if recipe.schedule == "plateau":
        wait = format.counted(recipe.plateau_patience, "epoch")
        return f"{rate:g}{warm}, times {recipe.decay:g} after {wait} without progress on validation"
    return f"From {rate:g}{warm} down to {last:.3g}"
