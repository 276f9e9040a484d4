"""The comparison of runs under real mouse and keys: what is drawn, read out, zoomed, hidden, saved."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QSlider,
    QTabBar,
    QToolButton,
    QWidget,
)

from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.panels import table_text
from cnnstudio.app.runs.comparison.panel import ComparisonPanel
from cnnstudio.app.runs.comparison.plot import MOST_RUNS
from cnnstudio.app.runs.comparison.table import NOTHING, UNREADABLE
from cnnstudio.app.theme import Role, theme, themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.core.formats.run_folder import EXPERIMENT, METRICS
from tests.helpers.drawn_runs import drawn_run, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.formats.run_index import RunSummary

LEFT = Qt.MouseButton.LeftButton
SHIFT, CTRL, NONE = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.NoModifier,
)


class Comparison:
    """The panel in a window of its own, and what a person does with it."""

    def __init__(self, bot: QtBot, root: Path) -> None:
        self.bot, self.root = bot, root
        self.panel = ComparisonPanel()
        bot.addWidget(self.panel)
        self.panel.resize(1200, 400)
        self.panel.show()
        bot.waitExposed(self.panel)

    def show(self, *runs: RunSummary) -> None:
        self.panel.show_runs(runs)
        self.bot.waitUntil(lambda: not self.panel.reader.is_reading)

    def three(self) -> tuple[RunSummary, ...]:
        """Of 5, 8 and 3 epochs; the later the better."""
        runs = tuple(
            drawn_run(self.root / name, name=name, epochs=epochs, rate=rate)
            for name, epochs, rate in (("slow", 5, 0.001), ("middling", 8, 0.004), ("fast", 3, 0.02))
        )
        self.show(*runs)
        return runs

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def lines(self) -> list[tuple[str, list[float]]]:
        """Colour and values of the lines as they are drawn, those of little opacity left out."""
        self.panel.canvas.redraw()
        axes = self.panel.canvas.plot.axes
        assert axes is not None
        drawn = [found for found in axes.get_lines() if found.get_alpha() is None or found.get_alpha() == 1.0]
        return [(str(found.get_color()), np.asarray(found.get_ydata()).tolist()) for found in drawn]

    def choose(self, name: str, text: str) -> None:
        """Choose in a combo box by keys."""
        box = self.part(QComboBox, name)
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Home)
        while box.currentText() != text:
            before = box.currentIndex()
            QTest.keyClick(box, Qt.Key.Key_Down)
            assert box.currentIndex() > before, f"{text} is not offered"

    def press_segment(self, name: str, text: str) -> None:
        row = self.part(Segments, name)
        at = row.segment_rect(row.texts.index(text)).center().toPoint()
        QTest.mouseClick(row, LEFT, NONE, at)

    def at(self, across: float, up: float) -> QPoint:
        """A point of the canvas by shares of the axes."""
        room = self.panel.canvas.room
        return QPointF(room.left() + across * room.width(), room.bottom() - up * room.height()).toPoint()

    def drag(self, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.panel.canvas
        QTest.mousePress(canvas, LEFT, keys, start)
        for share in (0.3, 0.7, 1.0):
            QTest.mouseMove(
                canvas,
                QPoint(
                    round(start.x() + share * (end.x() - start.x())), round(start.y() + share * (end.y() - start.y()))
                ),
            )
        QTest.mouseRelease(canvas, LEFT, keys, end)

    def wheel(self, at: QPoint, steps: int, keys: Qt.KeyboardModifier = NONE) -> None:
        canvas = self.panel.canvas
        place = QPointF(at)
        event = QWheelEvent(
            place, canvas.mapToGlobal(place), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, keys,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(canvas, event)

    def row(self, number: int) -> QPoint:
        """The middle of a row of the legend."""
        legend = self.panel.legend
        return legend.visualRect(legend.model().index(number, 0)).center()

    def hidden(self) -> set[str]:
        return {folder.name for folder in self.panel.legend.rows.hidden}


@pytest.fixture
def comparison(qtbot: QtBot, tmp_path: Path) -> Iterator[Comparison]:
    yield Comparison(qtbot, tmp_path / "runs")
    themes.use(LIGHT)


# What is drawn


def test_without_a_run_it_says_what_to_do(comparison: Comparison) -> None:
    assert "Choose runs in the table above" in comparison.panel.message
    assert not comparison.part(QToolButton, "comparison_save_figure").isVisible()


def test_runs_without_an_epoch_say_so(comparison: Comparison) -> None:
    comparison.show(drawn_run(comparison.root / "a", epochs=0))
    assert "has not come to the end of an epoch" in comparison.panel.message


def test_the_curves_of_all_runs_lie_over_each_other(comparison: Comparison) -> None:
    runs = comparison.three()
    assert comparison.panel.message == ""
    metrics = comparison.panel.reader.metrics
    wanted = [
        (theme().series(slot).name(), list(metrics[run.folder].columns["val_accuracy"]))
        for slot, run in enumerate(runs)
    ]
    assert comparison.lines() == wanted
    comparison.choose("comparison_metric", "Loss")
    comparison.press_segment("comparison_part", "Training")
    assert [y for _, y in comparison.lines()] == [list(metrics[run.folder].columns["loss"]) for run in runs]
    comparison.choose("comparison_metric", "Learning rate")
    assert [y for _, y in comparison.lines()] == [list(metrics[run.folder].columns["learning_rate"]) for run in runs]
    assert not comparison.part(Segments, "comparison_part").isEnabled()


def test_a_run_of_one_epoch_is_a_dot(comparison: Comparison) -> None:
    comparison.show(drawn_run(comparison.root / "a", epochs=1))
    comparison.panel.canvas.redraw()
    axes = comparison.panel.canvas.plot.axes
    assert axes is not None
    assert [found.get_marker() for found in axes.get_lines()] == ["o"]


def test_runs_keep_their_colours_while_others_come_and_go(comparison: Comparison) -> None:
    slow, middling, fast = comparison.three()
    colours = [colour for colour, _ in comparison.lines()]
    comparison.show(middling, fast)
    assert [colour for colour, _ in comparison.lines()] == colours[1:]
    comparison.show(slow, middling, fast)
    assert [colour for colour, _ in comparison.lines()] == colours


def test_of_very_many_runs_the_first_are_compared(comparison: Comparison) -> None:
    run = drawn_run(comparison.root / "a")
    many = [drawn_run(comparison.root / f"more-{n}", epochs=2, name=f"Run {n}") for n in range(MOST_RUNS + 1)]
    comparison.show(run, *many)
    assert len(comparison.lines()) == MOST_RUNS
    axes = comparison.panel.canvas.plot.axes
    assert axes is not None
    assert len({(str(x.get_color()), x.get_linestyle()) for x in axes.get_lines()}) == MOST_RUNS
    assert comparison.part(QLabel, "comparison_said").text() == "The first 32 of 34 chosen runs are compared."
    comparison.show(run)
    assert comparison.part(QLabel, "comparison_said").text() == ""


def test_a_run_under_way_grows(comparison: Comparison) -> None:
    run = drawn_run(comparison.root / "a", epochs=2, status="RUNNING")
    comparison.show(run)
    with (run.folder / METRICS).open("a", encoding="utf-8") as file:
        file.write(line(3) + "\n" + line(4)[:9])
    comparison.bot.waitUntil(lambda: len(comparison.lines()[0][1]) == 3, timeout=4000)


def test_a_hidden_comparison_reads_nothing(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    run = drawn_run(comparison.root / "a", status="RUNNING")
    comparison.show(run)
    comparison.panel.hide()
    asked: list[Path] = []
    monkeypatch.setattr("cnnstudio.app.runs.comparison.reader.metrics_stamp", asked.append)
    comparison.bot.wait(1100)
    assert asked == []


def test_metrics_that_cannot_be_read_are_named(comparison: Comparison) -> None:
    good, bad = drawn_run(comparison.root / "good"), drawn_run(comparison.root / "bad")
    (bad.folder / METRICS).write_text("epoch,seconds,loss\n1,2,x\n", encoding="utf-8")
    comparison.show(good, bad)
    warning = comparison.part(QLabel, "comparison_warning")
    assert warning.isVisible()
    assert f"{bad.folder / METRICS}, line 2" in warning.text()
    assert len(comparison.lines()) == 1
    comparison.show(good)
    assert not warning.isVisible()


# Choices


def test_smoothing_by_keys_leaves_what_was_measured_behind(comparison: Comparison) -> None:
    comparison.three()
    slider = comparison.part(QSlider, "comparison_smoothing")
    slider.setFocus()
    for _ in range(5):
        QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert comparison.part(QLabel, "comparison_smoothing_value").text() == "0.50"
    measured = comparison.panel.reader.metrics
    strong = [y for _, y in comparison.lines()]
    axes = comparison.panel.canvas.plot.axes
    assert axes is not None
    faint = [np.asarray(x.get_ydata()).tolist() for x in axes.get_lines() if x.get_alpha() not in (None, 1.0)]
    assert faint == [list(m.columns["val_accuracy"]) for m in measured.values()]
    assert strong[0][1] == pytest.approx((0.5 * faint[0][0] + faint[0][1]) / 1.5)


def test_logarithmic_axes(comparison: Comparison) -> None:
    comparison.three()
    comparison.choose("comparison_metric", "Loss")
    for name, scale in (("comparison_log_x", "get_xscale"), ("comparison_log_y", "get_yscale")):
        box = comparison.part(QCheckBox, name)
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Space)
        comparison.panel.canvas.redraw()
        assert getattr(comparison.panel.canvas.plot.axes, scale)() == "log"


def test_time_in_place_of_epochs(comparison: Comparison) -> None:
    comparison.three()
    row = comparison.part(Segments, "comparison_against")
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Right)
    comparison.panel.canvas.redraw()
    axes = comparison.panel.canvas.plot.axes
    assert axes is not None
    assert axes.get_xlabel() == "Time in seconds"
    assert np.asarray(axes.get_lines()[0].get_xdata()).tolist() == [2, 4, 6, 8, 10]


def test_the_metric_that_was_chosen_comes_back_with_a_run_that_has_it(comparison: Comparison) -> None:
    runs = comparison.three()
    comparison.choose("comparison_metric", "Loss")
    other = drawn_run(comparison.root / "other", name="other")
    (other.folder / METRICS).write_text("epoch,seconds,val_iou\n1,2,0.5\n", encoding="utf-8")
    comparison.show(other)
    assert comparison.part(QComboBox, "comparison_metric").currentText() == "IoU"
    comparison.show(*runs)
    assert comparison.part(QComboBox, "comparison_metric").currentText() == "Loss"


# Reading values


def test_pointing_reads_every_run_there_best_first(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    before = canvas.grab().toImage()
    QTest.mouseMove(canvas, canvas.point(3.2, 0.5).toPoint())
    assert canvas.place == 3
    assert [r.line.label for r in canvas.readings] == ["fast", "middling", "slow"]
    assert canvas.reading.startswith("Epoch 3. fast: ")
    assert canvas.accessibleDescription() == canvas.reading
    assert canvas.grab().toImage() != before
    QTest.mouseMove(canvas, canvas.point(6.9, 0.5).toPoint())
    assert [r.line.label for r in canvas.readings] == ["middling"]  # the others have ended
    QTest.mouseMove(canvas, QPoint(3, 3))
    assert canvas.place is None


def test_the_line_under_the_mouse_is_brought_out(comparison: Comparison) -> None:
    runs = comparison.three()
    canvas = comparison.panel.canvas
    value = comparison.panel.reader.metrics[runs[0].folder].columns["val_accuracy"][2]
    QTest.mouseMove(canvas, canvas.point(3, value).toPoint())
    assert canvas.frame.brought_out == runs[0].folder
    canvas.redraw()
    assert canvas.plot.axes is not None
    assert canvas.plot.axes.get_lines()[-1].get_linewidth() > 2  # on top of the others
    QTest.mouseMove(canvas, QPoint(3, 3))
    assert canvas.frame.brought_out is None


def test_keys_walk_along_the_epochs(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.place == 1
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.reading.startswith("Epoch 2. ")
    QTest.keyClick(canvas, Qt.Key.Key_End)
    assert canvas.place == 8
    QTest.keyClick(canvas, Qt.Key.Key_Right)
    assert canvas.place == 8
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    assert canvas.place == 7
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.place == 1
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.place is None


# Zooming and moving


def test_the_wheel_zooms_round_the_mouse(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    at = comparison.at(0.25, 0.75)
    x, y = canvas.shares(QPointF(at))
    held = canvas.view[0].at(x), canvas.view[1].at(y)
    whole = canvas.view
    comparison.wheel(at, 2)
    assert canvas.view[0].length < 0.7 * whole[0].length
    assert (canvas.view[0].at(x), canvas.view[1].at(y)) == pytest.approx(held)
    comparison.wheel(at, -2)
    assert canvas.view[0].low == pytest.approx(whole[0].low, abs=1e-9)


def test_with_shift_or_ctrl_or_over_an_axis_the_wheel_zooms_one_way(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    left, below = QPoint(10, 150), QPoint(300, canvas.height() - 5)
    for at, keys, axes in (
        (comparison.at(0.5, 0.5), SHIFT, (True, False)),
        (comparison.at(0.5, 0.5), CTRL, (False, True)),
        (below, NONE, (True, False)),
        (left, NONE, (False, True)),
    ):
        whole = canvas.view
        comparison.wheel(at, 1, keys)
        assert tuple(now.length < before.length for now, before in zip(canvas.view, whole, strict=True)) == axes
        canvas.fit()


def test_dragging_moves_and_a_double_click_shows_all(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    whole = canvas.view
    assert not comparison.part(QToolButton, "comparison_fit").isEnabled()
    comparison.drag(comparison.at(0.6, 0.5), comparison.at(0.35, 0.5))
    moved = canvas.view
    assert moved[0].low == pytest.approx(whole[0].at(0.25), rel=0.02)
    assert moved[0].length == pytest.approx(whole[0].length)
    canvas.redraw()
    assert canvas.plot.axes is not None
    assert canvas.plot.axes.get_xlim() == pytest.approx((moved[0].low, moved[0].high))
    assert comparison.part(QToolButton, "comparison_fit").isEnabled()
    QTest.mouseDClick(canvas, LEFT, NONE, comparison.at(0.5, 0.5))
    assert canvas.view == whole


def test_a_box_drawn_with_shift_becomes_the_view(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    whole = canvas.view
    QTest.mouseMove(canvas, comparison.at(0.25, 0.8))
    comparison.drag(comparison.at(0.25, 0.8), comparison.at(0.75, 0.3), SHIFT)
    assert canvas.place is None, "values would lie over the box"
    for now, before, (low, high) in zip(canvas.view, whole, ((0.25, 0.75), (0.3, 0.8)), strict=True):
        assert now.low == pytest.approx(before.at(low), abs=0.01 * before.length)
        assert now.high == pytest.approx(before.at(high), abs=0.01 * before.length)
    zoomed = canvas.view
    comparison.drag(comparison.at(0.5, 0.5), comparison.at(0.5, 0.5) + QPoint(2, 2), SHIFT)
    assert canvas.view == zoomed, "a click with Shift draws no box"


def test_keys_zoom_move_and_show_all(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    canvas.setFocus()
    whole = canvas.view
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view[0].length == pytest.approx(whole[0].length / 1.25)
    zoomed = canvas.view
    QTest.keyClick(canvas, Qt.Key.Key_Right, SHIFT)
    assert canvas.view[0].low > zoomed[0].low
    QTest.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.view[1].low > zoomed[1].low
    QTest.keyClick(canvas, Qt.Key.Key_Minus)
    assert canvas.view[0].length == pytest.approx(whole[0].length)
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.view == whole


def test_what_keys_walk_to_comes_into_sight(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    canvas.setFocus()
    comparison.drag(comparison.at(0.0, 0.1), comparison.at(0.3, 0.9), SHIFT)
    QTest.keyClick(canvas, Qt.Key.Key_End)
    assert 0 <= canvas.view[0].share(8.0) <= 1


def test_the_buttons_zoom(comparison: Comparison) -> None:
    comparison.three()
    canvas = comparison.panel.canvas
    whole = canvas.view
    QTest.mouseClick(comparison.part(QToolButton, "comparison_zoom_in"), LEFT)
    assert canvas.view[0].length < whole[0].length
    QTest.mouseClick(comparison.part(QToolButton, "comparison_zoom_out"), LEFT)
    QTest.mouseClick(comparison.part(QToolButton, "comparison_zoom_out"), LEFT)
    assert canvas.view[0].length > whole[0].length
    QTest.mouseClick(comparison.part(QToolButton, "comparison_fit"), LEFT)
    assert canvas.view == whole


def test_the_view_stays_with_other_runs_and_goes_with_another_metric(comparison: Comparison) -> None:
    slow, middling, _ = comparison.three()
    canvas = comparison.panel.canvas
    comparison.wheel(comparison.at(0.5, 0.5), 1)
    seen = canvas.view
    comparison.show(slow, middling)
    assert canvas.view == seen
    comparison.choose("comparison_metric", "Loss")
    assert canvas.view[0] == seen[0]
    assert canvas.view[1] != seen[1]


# The legend


def test_a_click_in_the_legend_hides_a_run_and_shows_it_again(comparison: Comparison) -> None:
    comparison.three()
    legend = comparison.panel.legend.viewport()
    QTest.mouseClick(legend, LEFT, NONE, comparison.row(1))
    assert comparison.hidden() == {"middling"}
    assert len(comparison.lines()) == 2
    assert comparison.panel.canvas.view[0].high == 5, "the longest run is gone"
    assert "1 hidden" in comparison.part(QLabel, "comparison_legend_words").text()
    QTest.mouseClick(legend, LEFT, NONE, comparison.row(1))
    assert len(comparison.lines()) == 3


def test_a_double_click_shows_a_run_alone_and_another_one_all(comparison: Comparison) -> None:
    comparison.three()
    legend = comparison.panel.legend.viewport()
    for expected in ({"slow", "fast"}, set()):
        QTest.mouseClick(legend, LEFT, NONE, comparison.row(1))
        QTest.mouseDClick(legend, LEFT, NONE, comparison.row(1))
        assert comparison.hidden() == expected


def test_the_legend_by_keys(comparison: Comparison) -> None:
    runs = comparison.three()
    legend = comparison.panel.legend
    legend.setFocus()
    QTest.keyClick(legend, Qt.Key.Key_Home)
    QTest.keyClick(legend, Qt.Key.Key_Down)
    assert comparison.panel.canvas.frame.brought_out == runs[1].folder
    QTest.keyClick(legend, Qt.Key.Key_Space)
    assert comparison.hidden() == {"middling"}
    assert "hidden" in legend.rows.data(legend.currentIndex(), Qt.ItemDataRole.AccessibleTextRole)
    QTest.keyClick(legend, Qt.Key.Key_Space)
    QTest.keyClick(legend, Qt.Key.Key_Return)
    assert comparison.hidden() == {"slow", "fast"}
    only, everything = legend.actions_offered
    everything.trigger()
    assert comparison.hidden() == set()
    only.trigger()
    assert comparison.hidden() == {"slow", "fast"}


def test_the_legend_tells_the_best_value(comparison: Comparison) -> None:
    runs = comparison.three()
    entries = comparison.panel.legend.rows.entries
    best = max(comparison.panel.reader.metrics[runs[0].folder].columns["val_accuracy"])
    assert (entries[0].label, entries[0].value) == ("slow", f"{100 * best:.1f} %")
    assert comparison.part(QLabel, "comparison_legend_words").text() == "3 runs · best accuracy on validation"


def test_a_hidden_run_stays_hidden_while_it_is_chosen(comparison: Comparison) -> None:
    slow, middling, fast = comparison.three()
    QTest.mouseClick(comparison.panel.legend.viewport(), LEFT, NONE, comparison.row(0))
    comparison.show(slow, fast)
    assert comparison.hidden() == {"slow"}
    comparison.show(fast)
    comparison.show(slow, middling, fast)
    assert comparison.hidden() == set()


# Files


def test_the_figure_is_saved_in_each_format(comparison: Comparison) -> None:
    comparison.three()
    odd = drawn_run(comparison.root / "odd", name="_50 % of $x_{ & \N{BOWL OF HYGIEIA}")
    comparison.show(*comparison.panel.runs, odd)
    for form, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        path = comparison.root / f"figure.{form}"
        assert comparison.panel.save_figure(path)
        content = path.read_bytes()
        assert content.startswith(start)
        assert form != "png" or struct.unpack(">II", content[16:24]) == (1600, 1000)
        assert comparison.part(QLabel, "comparison_said").text() == f"Figure saved to {path}"


def test_data_are_saved_through_the_dialog(comparison: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison.three()
    target = comparison.root / "numbers"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "Numbers, comma-separated (*.csv)"))
    QTest.mouseClick(comparison.panel.legend.viewport(), LEFT, NONE, comparison.row(1))
    QTest.mouseClick(comparison.part(QToolButton, "comparison_save_data"), LEFT)
    lines = target.with_suffix(".csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "run,title,epoch,seconds,loss,accuracy,val_loss,val_accuracy,learning_rate"
    assert [cells.split(",")[0] for cells in lines[1:]] == ["slow"] * 5 + ["fast"] * 3


def test_a_file_that_cannot_be_saved_is_explained(comparison: Comparison) -> None:
    comparison.three()
    assert not comparison.panel.save_figure(comparison.root / "figure.bmp")
    assert '".bmp"' in comparison.part(QLabel, "comparison_said").text()
    (comparison.root / "file").write_text("in the way")
    assert not comparison.panel.save_data(comparison.root / "file" / "data.csv")
    assert "The data was not saved" in comparison.part(QLabel, "comparison_said").text()


# The table


def open_table(comparison: Comparison) -> None:
    tabs = comparison.part(QTabBar, "comparison_tabs")
    QTest.mouseClick(tabs, LEFT, NONE, tabs.tabRect(1).center())
    comparison.bot.waitUntil(lambda: not comparison.panel.reader.is_reading)


def cells(comparison: Comparison) -> dict[str, list[str]]:
    model = comparison.panel.table.rows
    return {row.what: list(row.values) for row in model.rows}


def test_results_and_differences_stand_side_by_side(comparison: Comparison) -> None:
    comparison.three()
    open_table(comparison)
    found = cells(comparison)
    assert found["Learning rate"] == ["0.001", "0.004", "0.02"]
    assert found["Epochs"] == ["5", "8", "3"]
    assert found["Accuracy on test"] == ["70.1 %", "70.4 %", "72.0 %"]
    assert "Optimizer" not in found
    model = comparison.panel.table.rows
    (accuracy,) = [row for row in model.rows if row.what == "Accuracy on test"]
    assert accuracy.best == {2}
    heads = [model.headerData(n, Qt.Orientation.Horizontal) for n in range(2, 5)]
    assert heads == ["slow", "middling", "fast"]


def test_runs_of_one_experiment_differ_in_nothing(comparison: Comparison) -> None:
    comparison.show(*(drawn_run(comparison.root / name, name=name) for name in "ab"))
    open_table(comparison)
    first = comparison.panel.table.rows.rows[0]
    assert (first.section, first.what, first.values) == ("Differences", "None", (NOTHING, NOTHING))


def test_what_is_as_in_the_first_run_is_muted(comparison: Comparison) -> None:
    one, other, third = (
        drawn_run(comparison.root / name, name=name, rate=rate) for name, rate in (("a", 0.1), ("b", 0.2), ("c", 0.1))
    )
    comparison.show(one, other, third)
    open_table(comparison)
    model = comparison.panel.table.rows
    at = [row.what for row in model.rows].index("Learning rate")
    colours = [model.data(model.index(at, n), Qt.ItemDataRole.ForegroundRole) for n in (2, 3, 4)]
    assert colours == [theme().color(role) for role in (Role.TEXT, Role.TEXT, Role.MUTED)]


def test_an_experiment_that_cannot_be_read_is_named(comparison: Comparison) -> None:
    runs = comparison.three()
    (runs[1].folder / EXPERIMENT).write_text("{", encoding="utf-8")
    open_table(comparison)
    assert cells(comparison)["Learning rate"] == ["0.001", UNREADABLE, "0.02"]
    assert EXPERIMENT in comparison.part(QLabel, "comparison_warning").text()


def test_the_table_is_copied(comparison: Comparison) -> None:
    comparison.three()
    open_table(comparison)
    table = comparison.panel.table
    table.setFocus()
    at = [row.what for row in table.rows.rows].index("Learning rate")
    QTest.mouseClick(table.viewport(), LEFT, NONE, table.visualRect(table.model().index(at, 1)).center())
    QTest.keyClick(table, Qt.Key.Key_C, CTRL)
    assert QApplication.clipboard().text() == (
        "Section\tWhat\tslow\tmiddling\tfast\nTraining\tLearning rate\t0.001\t0.004\t0.02\n"
    )
    menu = comparison.part(QToolButton, "comparison_copy").menu()
    (markdown,) = [a for a in menu.actions() if a.text() == table_text.FORMS[2].label]
    markdown.trigger()
    assert "| Training" in QApplication.clipboard().text()
    assert QApplication.clipboard().text().count("\n") == table.rows.rowCount() + 2


# Looks


def test_both_themes_are_drawn_in_their_colours(comparison: Comparison) -> None:
    comparison.three()
    for look in (DARK, LIGHT):
        themes.use(look)
        comparison.panel.canvas.redraw()
        assert comparison.panel.canvas.grab().toImage().pixelColor(2, 2) == look.color(Role.SURFACE)
        assert comparison.lines()[0][0] == look.series(0).name()


def test_every_control_has_a_name_and_a_tip(comparison: Comparison) -> None:
    comparison.three()
    kinds = (QToolButton, QComboBox, QCheckBox, QSlider, Segments, QTabBar)
    found = [w for kind in kinds for w in comparison.panel.findChildren(kind) if w.isVisible()]
    assert len(found) >= 11
    controls: list[QWidget] = [*found, comparison.panel.canvas, comparison.panel.legend, comparison.panel.table]
    assert [w for w in controls if not (w.objectName() and w.accessibleName() and w.toolTip())] == []
