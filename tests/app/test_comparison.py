"""The comparison of runs: what is drawn, what can be chosen, what differs, what is saved."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
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
from cnnstudio.app.runs.comparison.plot import MOST_RUNS
from cnnstudio.app.runs.comparison.table import NOTHING, UNREADABLE
from cnnstudio.app.theme import Role, theme, themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.core import tables
from cnnstudio.core.formats.run_folder import EXPERIMENT, METRICS
from tests.helpers.compared import CTRL, LEFT, NONE, Comparison
from tests.helpers.drawn_runs import drawn_run, line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


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
    (markdown,) = [a for a in menu.actions() if a.text() == tables.FORMS[2].label]
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
