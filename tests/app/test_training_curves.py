"""The curves: their numbers, what is drawn, how often, and the figure as a file."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel, QToolButton

from cnnstudio.app.theme import Role, theme, themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.app.training.curve_data import FINE_POINTS, CurveData
from cnnstudio.app.training.curves import CurvePanel
from cnnstudio.app.training.figures import Look
from cnnstudio.app.training.plot import Limits, MetricPlot, limits
from cnnstudio.wire.messages import EpochEnd, Progress, ResumeRun, RunFailed, StartRun
from cnnstudio.wire.run_state import RunState, fold
from tests.helpers.started import run_started

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


def run_of(epochs: int = 10, done: int = 0, run: str = "a", steps: int = 10) -> RunState:
    state = fold(RunState(), StartRun(run, "/runs/a", "{}"))
    state = fold(state, run_started(run, epochs=epochs, steps_per_epoch=steps))
    for epoch in range(1, done + 1):
        state = with_epoch(state, epoch)
    return state


def with_epoch(state: RunState, epoch: int, loss: float | None = None) -> RunState:
    loss = 1 / epoch if loss is None else loss
    values = {"loss": loss, "accuracy": 1 - loss / 2, "val_loss": loss + 0.1, "val_accuracy": 0.9 - loss / 2}
    return fold(state, EpochEnd(state.run, epoch, float(epoch), values))


def with_step(state: RunState, epoch: int, step: int, loss: float = 0.5) -> RunState:
    return fold(state, Progress(state.run, epoch, step, 1.0, {"loss": loss, "accuracy": 0.5}, 100.0))


@pytest.fixture
def panel(qtbot: QtBot) -> CurvePanel:
    made = CurvePanel()
    qtbot.addWidget(made)
    made.resize(520, 480)
    made.show()
    return made


@pytest.fixture
def dark() -> Iterator[None]:
    themes.use(DARK)
    yield
    themes.use(LIGHT)


def part(panel: CurvePanel, kind: type[Any], name: str) -> Any:
    found = panel.findChild(kind, name)
    assert found is not None, name
    return found


def drawn(panel: CurvePanel) -> list[list[tuple[list[float], list[float]]]]:
    """For each axes the points of its lines: fine, training, validation."""
    return [
        [(np.asarray(line.get_xdata()).tolist(), np.asarray(line.get_ydata()).tolist()) for line in axes.get_lines()]
        for axes in panel.canvas.plot.axes
    ]


def test_the_drawn_lines_are_the_history(panel: CurvePanel) -> None:
    state = run_of(done=4)
    panel.follow(state)
    panel.canvas.redraw()
    loss, accuracy = drawn(panel)
    epochs = [1.0, 2.0, 3.0, 4.0]
    assert loss[1] == (epochs, [e.metrics["loss"] for e in state.history])
    assert loss[2] == (epochs, [e.metrics["val_loss"] for e in state.history])
    assert accuracy[1] == (epochs, [e.metrics["accuracy"] for e in state.history])
    assert accuracy[2] == (epochs, [e.metrics["val_accuracy"] for e in state.history])


def test_progress_within_the_epoch_is_a_line_of_its_own(panel: CurvePanel) -> None:
    state = run_of(done=1)
    panel.follow(state)
    for step, loss in ((2, 0.9), (5, 0.8), (5, 0.7), (9, 0.6)):
        state = with_step(state, 2, step, loss)
        panel.follow(state)
    panel.canvas.redraw()
    fine = drawn(panel)[0][0]
    assert fine[0] == pytest.approx([1.0, 1.2, 1.5, 1.9])
    assert fine[1] == pytest.approx([state.history[0].metrics["loss"], 0.9, 0.8, 0.6])
    panel.follow(with_epoch(state, 2))
    panel.canvas.redraw()
    assert drawn(panel)[0][0] == ([], [])  # the epoch's end says it all


def test_the_learning_rate_has_axes_of_its_own_once_it_changes(panel: CurvePanel) -> None:
    state = run_of()
    rates = [0.01, 0.01, 0.005, 0.0025]
    for step, rate in enumerate(rates, 1):
        state = fold(state, Progress("a", 1, step, 1.0, {"loss": 0.5, "accuracy": 0.5}, 100.0, rate))
        panel.follow(state)
        panel.canvas.redraw()
        assert len(panel.canvas.plot.axes) == (3 if step > 2 else 2)
    state = fold(state, EpochEnd("a", 1, 1.0, {"loss": 0.4, "accuracy": 0.5}, 0.001))
    panel.follow(state)
    panel.canvas.redraw()
    x, y = drawn(panel)[2][1]
    assert x == pytest.approx([0.1, 0.2, 0.3, 0.4, 1.0])
    assert y == [*rates, 0.001]
    assert panel.data.reading(1).endswith("Learning rate 0.001")


def test_a_run_that_goes_on_keeps_its_curves_up_to_where_it_does(panel: CurvePanel) -> None:
    state = run_of(done=3)
    for step in (2, 5, 9):
        state = with_step(state, 4, step)
        panel.follow(state)
    before = state
    state = fold(fold(state, RunFailed("a", "The worker ended.")), ResumeRun("a", "/runs/a"))
    panel.follow(state)
    assert len(panel.data.history) == 3, "until the worker says from where on, nothing is lost"
    state = fold(state, run_started("a", epochs=10, history=before.history[:2], steps_before=24))
    panel.follow(state)
    panel.canvas.redraw()
    assert [e.epoch for e in panel.data.history] == [1, 2]
    assert drawn(panel)[0][1][0] == [1.0, 2.0]
    assert max(panel.data.fine_x, default=0.0) <= 2.4
    panel.follow(with_step(state, 3, 7, 0.3))
    panel.canvas.redraw()
    assert drawn(panel)[0][0][0] == pytest.approx([2.0, 2.7])


def test_only_lines_are_drawn_anew_while_the_axes_serve(panel: CurvePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    state = with_step(run_of(done=2), 3, 1)
    panel.follow(state)
    panel.canvas.redraw()
    full: list[object] = []
    plot = panel.canvas.plot
    whole = MetricPlot._draw_axes

    def counted(self: MetricPlot, *args: Any) -> Any:
        full.append(args)
        return whole(self, *args)

    monkeypatch.setattr(MetricPlot, "_draw_axes", counted)
    before = panel.canvas.grab().toImage()
    for step in range(2, 9):
        state = with_step(state, 3, step, 0.4 + step / 100)
        panel.follow(state)
        panel.canvas.redraw()
    assert full == []
    assert panel.canvas.grab().toImage() != before
    state = with_epoch(state, 3)
    panel.follow(state)
    panel.canvas.redraw()
    assert full == []
    assert drawn(panel)[0][1][0] == [1.0, 2.0, 3.0]
    panel.follow(with_epoch(state, 4, loss=5.0))
    panel.canvas.redraw()
    assert len(full) == 1
    assert panel.canvas.plot.axes[0].get_ylim()[1] > 5
    assert len(plot.axes) == 2


def test_drawing_anew_over_the_kept_copy_gives_the_same_picture_as_a_full_drawing(panel: CurvePanel) -> None:
    state = with_step(run_of(done=2), 3, 1)
    panel.follow(state)
    panel.canvas.redraw()
    panel.follow(with_step(state, 3, 7, 0.45))
    look, size = Look.of(theme()), (520, 400)
    grown = MetricPlot()
    early = CurveData()
    early.follow(state)
    grown.image(early, look, size, 1.0)
    early.follow(with_step(state, 3, 7, 0.45))
    assert grown.image(early, look, size, 1.0) == MetricPlot().image(early, look, size, 1.0)


def test_fifty_changes_cost_at_most_five_drawings_a_second(
    panel: CurvePanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    images: list[object] = []
    whole = MetricPlot.parts

    def counted(self: MetricPlot, *args: Any) -> Any:
        images.append(args)
        return whole(self, *args)

    monkeypatch.setattr(MetricPlot, "parts", counted)
    state = run_of(done=1)
    for step in range(1, 10):
        state = with_step(state, 2, step)
        panel.follow(state)
        panel.follow(with_step(state, 2, step))
    assert len(images) <= 1  # the showing; the rest waits for the clock
    first = panel.canvas.image
    qtbot.waitUntil(lambda: len(images) == 2, timeout=2000)
    qtbot.waitUntil(lambda: panel.canvas.image is not first, timeout=2000)
    assert drawn(panel)[0][0][0][-1] == pytest.approx(1.9)


def test_hidden_curves_draw_nothing_and_catch_up(
    panel: CurvePanel, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.follow(run_of(done=1))
    panel.hide()
    images: list[object] = []
    whole = MetricPlot.parts

    def counted(self: MetricPlot, *args: Any) -> Any:
        images.append(args)
        return whole(self, *args)

    monkeypatch.setattr(MetricPlot, "parts", counted)
    for done in range(2, 6):
        panel.follow(run_of(done=done))
    qtbot.wait(250)
    assert images == []
    before = panel.canvas.image
    panel.show()
    qtbot.waitUntil(lambda: panel.canvas.image is not before)
    assert len(images) == 1
    assert drawn(panel)[0][1][0] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_curves_that_have_not_changed_are_not_drawn_anew_when_they_are_shown_again(
    panel: CurvePanel, qtbot: QtBot
) -> None:
    before = panel.canvas.image
    panel.follow(run_of(done=3))
    qtbot.waitUntil(lambda: panel.canvas.image is not before)
    qtbot.waitUntil(lambda: not panel.canvas.is_drawing)
    last = panel.canvas.image
    panel.hide()
    panel.show()
    assert not panel.canvas.is_drawing
    assert panel.canvas.image is last
    panel.hide()
    panel.resize(panel.width() + 40, panel.height())
    panel.show()
    qtbot.waitUntil(lambda: panel.canvas.image is not last)


def test_another_run_starts_with_empty_curves(panel: CurvePanel) -> None:
    panel.follow(run_of(done=3))
    assert panel.message == ""
    panel.follow(fold(RunState(), StartRun("b", "/runs/b", "{}")))
    assert panel.data.is_empty
    assert "after a few steps" in panel.message


def test_before_the_first_run_it_says_what_to_do(panel: CurvePanel) -> None:
    assert "Press Train (F5)" in panel.message
    assert not part(panel, QToolButton, "curves_save").isVisible()


def test_a_run_that_failed_at_once_says_so(panel: CurvePanel) -> None:
    panel.follow(fold(run_of(), RunFailed("a", "Out of memory.")))
    assert panel.message == "The line above says why."


def test_values_that_are_no_numbers_leave_a_gap(panel: CurvePanel) -> None:
    state = with_epoch(with_epoch(run_of(), 1), 2, math.nan)
    panel.follow(with_epoch(with_step(state, 3, 2, math.inf), 3))
    panel.canvas.redraw()
    values = drawn(panel)[0][1][1]
    assert np.isnan(values[1])
    assert values[2] == pytest.approx(1 / 3)
    low, high = panel.canvas.plot.axes[0].get_ylim()
    assert low == 0
    assert 1.1 < high < 1.3


def test_a_long_run_starts_with_its_beginning(panel: CurvePanel) -> None:
    panel.follow(run_of(epochs=500, done=3))
    panel.canvas.redraw()
    assert panel.canvas.plot.axes[0].get_xlim() == (0, 10)
    panel.follow(run_of(epochs=500, done=100, run="b"))
    panel.canvas.redraw()
    assert panel.canvas.plot.axes[0].get_xlim() == (0, 130)


def test_the_axis_of_a_long_run_moves_seldom_and_always_has_room() -> None:
    data, state, ranges = CurveData(), run_of(epochs=500), {}
    before: Limits = {}
    for epoch in range(1, 501):
        state = with_epoch(state, epoch)
        data.follow(state)
        before = limits(data, before)
        low, high = before["epoch"]
        assert (low, high <= 500) == (0, True)
        assert high >= min(500, 1.03 * epoch)
        ranges[high] = epoch
    assert len(ranges) < 20
    data.follow(run_of(epochs=500, done=40, run="b"))
    assert limits(data, before)["epoch"] == (0, 52), "so far the other run has come"


def test_the_fine_line_is_thinned_and_keeps_its_end() -> None:
    data, state = CurveData(), run_of(steps=10 * FINE_POINTS)
    for step in range(1, 2 * FINE_POINTS):
        state = with_step(state, 1, step, step / 1000)
        data.follow(state)
    curve = data.within("loss")
    assert len(curve.x) == len(curve.y) <= FINE_POINTS
    assert curve.y[-1] >= (2 * FINE_POINTS - 2) / 1000
    assert list(curve.x) == sorted(curve.x)
    assert not any(math.isnan(x) for x in curve.x)


def test_pointing_at_an_epoch_reads_its_values(panel: CurvePanel) -> None:
    panel.follow(run_of(done=5))
    panel.canvas.redraw()
    canvas, label = panel.canvas, part(panel, QLabel, "curves_reading")
    before = canvas.grab().toImage()
    QTest.mouseMove(canvas, QPoint(round(canvas.plot.x_of(4) * canvas.width()) + 3, 100))
    assert label.text() == "Epoch 4 · Loss 0.25, validation 0.35 · Accuracy 0.875, validation 0.775"
    assert canvas.grab().toImage() != before
    QTest.mouseMove(canvas, QPoint(round(canvas.plot.x_of(8) * canvas.width()), 100))
    assert label.text() == ""


def test_the_figure_takes_the_colours_of_the_theme(panel: CurvePanel, dark: None) -> None:
    panel.follow(run_of(done=2))
    panel.canvas.redraw()
    corner = panel.canvas.grab().toImage().pixelColor(2, 2)
    assert corner == DARK.color(Role.SURFACE)


@pytest.mark.parametrize(("form", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_the_figure_is_saved_in_each_format(panel: CurvePanel, tmp_path: Path, form: str, start: bytes) -> None:
    panel.follow(run_of(done=3))
    path = tmp_path / f"curves.{form}"
    assert panel.save(path)
    content = path.read_bytes()
    assert content.startswith(start)
    if form == "png":
        width, height = struct.unpack(">II", content[16:24])
        assert (width, height) == (1500, 1200)


def test_saving_through_the_dialog(panel: CurvePanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(*args: object) -> tuple[str, str]:
        return str(tmp_path / "figure"), "SVG drawing (*.svg)"

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    panel.follow(run_of(done=3))
    QTest.mouseClick(part(panel, QToolButton, "curves_save"), Qt.MouseButton.LeftButton)
    assert (tmp_path / "figure.svg").read_bytes().startswith(b"<?xml")


def test_a_figure_that_cannot_be_saved_is_explained(panel: CurvePanel, tmp_path: Path, qtbot: QtBot) -> None:
    panel.follow(run_of(done=3))
    with qtbot.waitSignal(panel.said) as said:
        assert not panel.save(tmp_path / "figure.bmp")
    assert '".bmp"' in said.args[0]
    (tmp_path / "file").write_text("in the way")
    with qtbot.waitSignal(panel.said) as said:
        assert not panel.save(tmp_path / "file" / "figure.png")
    assert "was not saved" in said.args[0]
