"""The comparison of runs under real mouse and keys: read out, zoomed, moved, and runs hidden in the legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QLabel,
    QToolButton,
)

from cnnstudio.app.theme import themes
from cnnstudio.app.theme.theme import LIGHT
from tests.helpers.compared import CTRL, LEFT, NONE, SHIFT, Comparison
from tests.helpers.drawn_runs import drawn_run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture
def comparison(qtbot: QtBot, tmp_path: Path) -> Iterator[Comparison]:
    yield Comparison(qtbot, tmp_path / "runs")
    themes.use(LIGHT)


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


def test_the_values_leave_the_place_in_sight_however_long_the_names_are(comparison: Comparison) -> None:
    endless = "network with a name that goes on and on and on until nobody reads it any more"
    names = [f"{word} {endless}" for word in ("One", "Other")]
    comparison.show(*(drawn_run(comparison.root / str(n), name=name, epochs=9) for n, name in enumerate(names)))
    panel, canvas = comparison.panel, comparison.panel.canvas
    panel.resize(760, 400)
    comparison.bot.waitUntil(lambda: canvas.width() < 560)
    height = range(round(canvas.room.top()) + 4, round(canvas.room.bottom()) - 4)
    canvas.redraw()
    before = canvas.grab().toImage()
    for epoch in (4, 5, 6):
        QTest.mouseMove(canvas, canvas.point(epoch, 0.5).toPoint())
        after = canvas.grab().toImage()
        for beside in (-8, 8):
            x = round(canvas.point(epoch, 0.5).x()) + beside
            changed = sum(before.pixelColor(x, y) != after.pixelColor(x, y) for y in height)
            assert changed < 0.1 * len(height), f"nothing lies over the lines at epoch {epoch}"


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
    canvas = comparison.panel.canvas
    assert canvas.frame.brought_out == runs[1].folder
    QTest.keyClick(legend, Qt.Key.Key_Backtab)
    assert canvas.frame.brought_out is None, "the keys have left the legend"
    legend.setFocus()
    assert canvas.frame.brought_out == runs[1].folder
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


def test_the_legend_tells_what_the_table_of_runs_tells(comparison: Comparison) -> None:
    runs = comparison.three()
    entries = comparison.panel.legend.rows.entries
    best = runs[0].best_value("accuracy")
    assert best is not None
    assert (entries[0].label, entries[0].value) == ("slow", f"{100 * best:.1f} %")
    assert comparison.part(QLabel, "comparison_legend_words").text() == "3 runs · accuracy on validation, best epoch"


def test_a_hidden_run_stays_hidden_while_it_is_chosen(comparison: Comparison) -> None:
    slow, middling, fast = comparison.three()
    QTest.mouseClick(comparison.panel.legend.viewport(), LEFT, NONE, comparison.row(0))
    comparison.show(slow, fast)
    assert comparison.hidden() == {"slow"}
    comparison.show(fast)
    comparison.show(slow, middling, fast)
    assert comparison.hidden() == set()
