"""Curves are drawn part by part, with the event loop in between: the same picture, never a torn one, none unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QTimer

from cnnstudio.app.theme import Role, themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.app.training import drawn
from cnnstudio.app.training.curve_data import CurveData
from cnnstudio.app.training.curves import CurvePanel
from cnnstudio.app.training.figures import DrawnFigure, Look
from cnnstudio.app.training.plot import MetricPlot
from cnnstudio.app.training.schedule_plot import SchedulePlot
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.wire.messages import EpochEnd, Progress, StartRun
from cnnstudio.wire.run_state import RunState, fold
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.theme import Theme


def run_of(done: int, run: str = "a", epochs: int = 10, *, rates: bool = False, loss: float = 1.0) -> RunState:
    """After that many epochs and a step more; with `rates` the learning rate changes and has axes of its own."""
    state = fold(fold(RunState(), StartRun(run, "/runs/a", "{}")), run_started(run, epochs=epochs, steps_per_epoch=10))
    for epoch in range(1, done + 1):
        values = {
            "loss": loss / epoch,
            "accuracy": 1 - 0.5 / epoch,
            "val_loss": 1.2 * loss / epoch,
            "val_accuracy": 0.5,
        }
        state = fold(state, EpochEnd(run, epoch, float(epoch), values, 0.01 / epoch if rates else 0.0))
    return fold(state, Progress(run, done + 1, 5, 1.0, {"loss": 0.3 * loss, "accuracy": 0.7}, 100.0))


def data_of(state: RunState) -> CurveData:
    data = CurveData()
    data.follow(state)
    return data


class Turns:
    """Rests after each part; counts those of axes and does something after one, once the window has its turn."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(drawn, "SLICE", -1.0)
        self.parts = 0
        self._after: dict[int, Callable[[], object]] = {}
        turns, inner = self, DrawnFigure.parts

        def counted(figure: DrawnFigure) -> Iterator[None]:
            for part in inner(figure):
                turns.parts += 1
                if turns.parts in turns._after:
                    QTimer.singleShot(0, turns._after.pop(turns.parts))
                yield part

        monkeypatch.setattr(DrawnFigure, "parts", counted)

    def after(self, parts: int, what: Callable[[], object]) -> None:
        self._after[self.parts + parts] = what

    @property
    def are_over(self) -> bool:
        """Whether all that was to be done has been asked for."""
        return not self._after


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> Turns:
    return Turns(monkeypatch)


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[CurvePanel]:
    themes.use(LIGHT)
    made = CurvePanel()
    qtbot.addWidget(made)
    made.resize(520, 480)
    made.show()
    yield made
    themes.use(LIGHT)


def at_once(panel: CurvePanel, state: RunState, theme: Theme = LIGHT) -> QImage:
    """The picture as a figure that never drew anything else draws it."""
    size = (panel.canvas.width(), panel.canvas.height())
    return MetricPlot().image(data_of(state), Look.of(theme), size, panel.canvas.devicePixelRatioF())


def shown(panel: CurvePanel, monkeypatch: pytest.MonkeyPatch) -> list[QImage]:
    """The images that the canvas takes from now on."""
    images: list[QImage] = []
    update = panel.canvas.update

    def noted(*args: Any) -> None:
        image = panel.canvas.image
        if image is not None and (not images or image is not images[-1]):
            images.append(image)
        update(*args)

    monkeypatch.setattr(panel.canvas, "update", noted)
    return images


def in_one(figure: DrawnFigure) -> Iterator[None]:
    """What stands for all parts."""
    figure.canvas.draw()
    yield


@pytest.mark.parametrize("rates", [False, True])
@pytest.mark.parametrize(("theme", "ratio"), [(LIGHT, 1.0), (DARK, 2.0)])
def test_the_parts_together_are_what_the_library_draws_in_one(
    monkeypatch: pytest.MonkeyPatch, qapp: object, theme: Theme, ratio: float, rates: bool
) -> None:
    data, look = data_of(run_of(4, rates=rates)), Look.of(theme)
    assert len(data.metrics) == (3 if rates else 2)
    grown = MetricPlot()
    grown.image(data_of(run_of(1, loss=7.0, rates=rates)), look, (500, 400), ratio)
    in_parts = grown.image(data, look, (500, 400), ratio)
    monkeypatch.setattr(DrawnFigure, "parts", in_one)
    assert in_parts == MetricPlot().image(data, look, (500, 400), ratio)
    assert in_parts.width() == round(500 * ratio)


def test_the_window_has_its_turn_between_the_parts_and_the_old_picture_stands_in(
    panel: CurvePanel, turns: Turns, qtbot: QtBot
) -> None:
    first, second = run_of(2), run_of(5, loss=4.0)
    panel.follow(first)
    qtbot.waitUntil(lambda: panel.canvas.image is not None)
    before, place = panel.canvas.image, panel.canvas.plot.x_of(3)
    assert before == at_once(panel, first)
    met: list[bool] = []
    for part in (1, 3, 6):
        turns.after(part, lambda: met.append(panel.canvas.image is before and panel.canvas.plot.x_of(3) == place))
    panel.follow(second)
    qtbot.waitUntil(lambda: panel.canvas.image is not before)
    assert met == [True, True, True]
    assert panel.canvas.image == at_once(panel, second)


def test_what_comes_while_it_is_drawn_is_in_the_picture_or_in_the_next(
    panel: CurvePanel, turns: Turns, qtbot: QtBot
) -> None:
    last = run_of(6, loss=30.0)
    turns.after(4, lambda: panel.follow(run_of(4, loss=3.0)))
    turns.after(9, lambda: panel.follow(last))
    panel.follow(run_of(2))
    qtbot.waitUntil(lambda: turns.are_over)
    wanted = at_once(panel, last)
    qtbot.waitUntil(lambda: panel.canvas.image == wanted)


def test_another_run_or_theme_begins_the_picture_anew(
    panel: CurvePanel, turns: Turns, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = run_of(3, run="b", loss=50.0)
    panel.follow(run_of(2))
    images = shown(panel, monkeypatch)
    turns.after(3, lambda: panel.follow(other))
    turns.after(12, lambda: themes.use(DARK))
    qtbot.waitUntil(lambda: bool(images))
    assert turns.are_over
    assert images[0] == at_once(panel, other, DARK), "neither the run of before nor its colours"
    assert images[0].pixelColor(2, 2) == DARK.color(Role.SURFACE)


def test_another_size_does_not_keep_the_picture_back(panel: CurvePanel, turns: Turns, qtbot: QtBot) -> None:
    state = run_of(2)
    turns.after(2, lambda: panel.resize(600, 500))
    panel.follow(state)
    qtbot.waitUntil(lambda: panel.canvas.image is not None)
    assert panel.canvas.image is not None
    assert panel.canvas.image.width() < panel.canvas.width()
    small = panel.canvas.image
    qtbot.waitUntil(lambda: panel.canvas.image is not small)
    assert panel.canvas.image == at_once(panel, state)


def test_hidden_in_the_middle_it_stops_and_is_drawn_when_shown_again(
    panel: CurvePanel, turns: Turns, qtbot: QtBot
) -> None:
    state = run_of(2)
    turns.after(3, panel.hide)
    panel.follow(state)
    qtbot.waitUntil(panel.isHidden)
    parts = turns.parts
    qtbot.wait(50)
    assert (turns.parts, panel.canvas.image) == (parts, None)
    panel.show()
    qtbot.waitUntil(lambda: panel.canvas.image is not None)
    assert panel.canvas.image == at_once(panel, state)


def test_a_figure_in_the_middle_of_a_drawing_is_saved_as_ever(
    panel: CurvePanel, turns: Turns, qtbot: QtBot, tmp_path: Path
) -> None:
    state = run_of(3)
    turns.after(3, lambda: panel.save(tmp_path / "meanwhile.png"))
    panel.follow(state)
    qtbot.waitUntil(lambda: panel.canvas.image is not None)
    assert panel.save(tmp_path / "after.png")
    assert (tmp_path / "meanwhile.png").read_bytes() == (tmp_path / "after.png").read_bytes()
    assert panel.canvas.image == at_once(panel, state)


def test_axes_are_made_before_the_first_point_and_nothing_is_drawn(
    panel: CurvePanel, turns: Turns, qtbot: QtBot
) -> None:
    begun = fold(fold(RunState(), StartRun("a", "/runs/a", "{}")), run_started("a", epochs=10, steps_per_epoch=10))
    panel.follow(begun)
    qtbot.waitUntil(lambda: len(panel.canvas.plot.axes) == 2)
    qtbot.wait(20)  # to the end of the last part
    assert (turns.parts, panel.canvas.image) == (0, None)
    made = panel.canvas.plot.axes
    panel.follow(run_of(1))
    qtbot.waitUntil(lambda: panel.canvas.image is not None)
    assert panel.canvas.plot.axes == made
    assert panel.canvas.image == at_once(panel, run_of(1))


@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_the_schedule_in_parts_is_what_the_library_draws_in_one(
    monkeypatch: pytest.MonkeyPatch, turns: Turns, qtbot: QtBot, schedule: str
) -> None:
    plot = SchedulePlot()
    qtbot.addWidget(plot)
    plot.resize(280, 160)
    plot.show_recipe(TrainingRecipe().having("schedule", schedule))
    plot.show()
    assert plot.image is None, "it waits for its turn"
    qtbot.waitUntil(lambda: plot.image is not None)
    in_parts = plot.image
    monkeypatch.setattr(DrawnFigure, "parts", in_one)
    assert plot.drawn() == in_parts
