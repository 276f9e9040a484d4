"""The Health tab: what is read of a timeline, what is drawn, what it means in words, and choosing a block in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.inspect.health.history import History, Vital, remarks
from cnnstudio.app.inspect.health.norm_plot import NormPlot
from cnnstudio.app.inspect.health.panel import WELL, HealthPanel
from cnnstudio.app.inspect.health.spread_plot import SpreadPlot
from cnnstudio.app.inspect.inspection import Inspection
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Role, theme
from cnnstudio.core.formats.timeline import Moment
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.core.formats.vitals import BINS, HISTOGRAMS, histogram_name, norm_name
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PySide6.QtCore import QPointF
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
BLOCKS = ("conv", "output")


class Tab(NamedTuple):
    """The tab with what it is made of."""

    bot: QtBot
    studio: Studio
    inspection: Inspection
    panel: HealthPanel

    def inspect(self, folder: Path) -> None:
        """A run of the design is inspected, and all of its timeline read."""
        self.inspection.choose_subject(Subject("Run", self.studio.bridge.experiment, str(folder)))
        self.inspection.record.set_active(True)
        self.panel.set_active(True)
        self.bot.waitUntil(lambda: bool(self.panel.norms.lines) or "kept no" in self.panel.message)


@pytest.fixture
def tab(qtbot: QtBot) -> Tab:
    made = studio()
    inspection = Inspection(made.bridge, made.selection, made.run, made.worker, Preferences(), made.bridge)
    panel = HealthPanel(inspection)
    qtbot.addWidget(panel)
    panel.resize(900, 560)
    panel.show()
    inspection.choose_subject(Subject("Design", made.bridge.experiment))
    return Tab(qtbot, made, inspection, panel)


def norms(gradient: float, weight: float = 1.0, dead: float = 0.0) -> Any:
    return np.array([gradient, weight, 0.5, dead], np.float32)


def write(folder: Path, *moments: Mapping[str, Any]) -> None:
    folder.mkdir(exist_ok=True)
    writer = TimelineWriter(folder)
    for number, arrays in enumerate(moments):
        writer.add(Moment(10 * number, number, 0.1 * number), arrays)


def measured(gradients: Mapping[str, float], centre: float = 0.0) -> dict[str, Any]:
    """What a moment keeps: all values of a block lie in the middle of a range of width 2 around `centre`."""
    counts = np.zeros(BINS, np.float32)
    counts[BINS // 2] = 100
    histogram = np.concatenate([[centre - 1, centre + 1], counts]).astype(np.float32)
    found: dict[str, Any] = {norm_name(block): norms(value) for block, value in gradients.items()}
    return found | {histogram_name(what, block): histogram for block in gradients for what in HISTOGRAMS}


def test_norms_are_read_and_a_click_on_a_line_chooses_its_block(tab: Tab, tmp_path: Path) -> None:
    write(tmp_path, *(measured({"conv": 0.01 * 2**n, "output": 10.0}) for n in range(4)))
    tab.inspect(tmp_path)
    tab.inspection.choose_block("output")
    plot = tab.panel.norms
    np.testing.assert_allclose(plot.lines["conv"], [0.01, 0.02, 0.04, 0.08], rtol=1e-6)
    reading = tab.panel.findChild(QLabel, "health_reading")
    assert reading is not None

    def place(value: float) -> QPoint:
        return plot._place(30, value).toPoint()

    def is_told() -> bool:
        for step in (QPoint(3, 0), QPoint()):  # the axes may not have their last range yet
            QTest.mouseMove(plot, place(0.08) - step)
        return reading.text() == "conv, step 30: 0.08"

    tab.bot.waitUntil(is_told)
    QTest.mouseClick(plot, LEFT, pos=place(0.08))
    assert tab.inspection.block == "conv"
    tab.inspection.choose_block("output")
    QTest.mouseClick(plot, LEFT, pos=QPoint(place(0.08).x(), (place(0.08).y() + place(10.0).y()) // 2))
    assert tab.inspection.block == "output"


def test_histograms_stand_on_one_scale_a_column_a_moment(tab: Tab, tmp_path: Path) -> None:
    write(tmp_path, measured({"conv": 1.0}), {norm_name("conv"): norms(1.0)}, measured({"conv": 1.0}, centre=4.0))
    tab.inspect(tmp_path)
    tab.inspection.choose_block("conv")
    assert tab.panel.spread.shown == (BINS, 3)
    shares, low, high = tab.panel._reader.history.spread("conv", "weights")
    assert (low, high) == (-1.0, 5.0)
    assert np.isnan(shares[:, 1]).all()
    np.testing.assert_allclose(shares[:, [0, 2]].sum(axis=0), 1.0, rtol=1e-5)
    middles = np.linspace(high, low, BINS + 1)[:-1] - (high - low) / BINS / 2
    np.testing.assert_allclose([(shares[:, c] * middles).sum() for c in (0, 2)], [0.0, 4.0], atol=0.1)


def seen(plot: QWidget, at: QPointF) -> str:
    """The colour that is painted there."""
    return plot.grab().toImage().pixelColor(at.toPoint()).name()


def test_lines_are_painted_where_values_lie_and_break_where_none_were_measured(qtbot: QtBot) -> None:
    plot = NormPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    values = (1.5, 1.5, None, 1.5, None, 1.5, 1.5)  # beside the lines of the grid
    vitals = [{} if value is None else {"conv": Vital(norms(value))} for value in values]
    plot.show_history(History(tuple(range(0, 70, 10)), ("conv",), tuple(vitals)), {"conv": "Convolution"})
    plot.show_block("conv")
    line, ground = theme().family("Convolution").name(), theme().color(Role.SURFACE).name()
    for step, expected in ((5, line), (16, ground), (30, line), (46, ground), (55, line)):
        assert seen(plot, plot._place(step, 1.5)) == expected, step
    plot.show_norm("dead")
    assert seen(plot, plot._place(5, 0.0)) == line
    assert seen(plot, plot._place(5, 0.5)) == ground


def test_the_heat_map_is_bright_where_many_values_lie_and_clear_where_nothing_is_known(qtbot: QtBot) -> None:
    plot = SpreadPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 400)
    counts = np.zeros(BINS, np.float32)
    counts[: BINS // 2], counts[-1] = 4.0, 1.0
    known = Vital(norms(1.0), {"weights": np.concatenate([[-1.0, 1.0], counts]).astype(np.float32)})
    plot.show_spread(History((0, 10, 20), ("conv",), ({"conv": known}, {}, {"conv": known})), "conv", "weights")
    dark, bright = (f"#{VIRIDIS.table()[at] & 0xFFFFFF:06x}" for at in (0, 255))
    for column, value, expected in ((0, -0.5, bright), (2, -0.5, bright), (0, 0.5, dark), (2, 0.5, dark)):
        assert seen(plot, plot._plane.place(column, value)) == expected, (column, value)
    assert seen(plot, plot._plane.place(1, -0.5)) == theme().color(Role.SURFACE).name()


def test_a_block_without_weights_says_so_and_two_moments_are_marked(tab: Tab, tmp_path: Path) -> None:
    """The input has activations alone; a second moment that is compared stands in the plots, too."""
    moments = [measured({"conv": 1.0, "output": 2.0}) for _ in range(3)]
    for arrays in moments:
        arrays |= {norm_name("input"): norms(0.0, weight=0.0)}
    write(tmp_path, *moments)
    tab.inspect(tmp_path)
    tab.inspection.choose_block("input")
    nothing = tab.panel.findChild(QLabel, "health_nothing")
    assert nothing is not None
    assert nothing.isVisible()
    assert nothing.text() == "input has no weights that are trained."
    tab.inspection.choose_block("conv")
    assert tab.panel.spread.isVisible()
    alone = tab.panel.norms.grab().toImage()
    tab.inspection.choose_moment(0)
    tab.inspection.choose_second_moment(1)
    plane = tab.panel.norms._plane
    both = tab.panel.norms.grab().toImage()
    x = round(plane.place(10, 0).x())
    rows = range(round(plane.rect.top()) + 1, round(plane.rect.bottom()))
    for at in range(x - 1, x + 2):
        if sum(alone.pixel(at, y) != both.pixel(at, y) for y in rows) > len(rows) / 4:
            break
    else:
        pytest.fail("the second moment is not marked")


def test_where_nothing_was_kept_the_tab_says_why(tab: Tab, tmp_path: Path) -> None:
    tab.panel.set_active(True)
    assert "Press Train" in tab.panel.message
    write(tmp_path, {"kernel/conv": np.zeros((3, 3, 1, 2), np.float32)})
    tab.inspect(tmp_path)
    tab.bot.waitUntil(lambda: "kept no measurements" in tab.panel.message)


def test_arrays_of_a_stranger_s_file_are_left_out(tab: Tab, tmp_path: Path) -> None:
    damaged = {norm_name("conv"): np.zeros(99, np.float32), norm_name("nowhere"): norms(1.0)}
    write(tmp_path, measured({"output": 1.0}) | damaged)
    tab.inspect(tmp_path)
    assert tuple(tab.panel.norms.lines) == ("output",)


def history(**gradients: Any) -> History:
    blocks = tuple(gradients)
    return History((0,), blocks, ({block: Vital(value) for block, value in gradients.items()},))


@pytest.mark.parametrize(
    ("given", "block", "says"),
    [
        ({"a": norms(1e-6), "b": norms(1.0)}, "a", "vanish: against its weights they are 1 in 1,000,000 of those of b"),
        ({"a": norms(0.0), "b": norms(1.0)}, "a", "they are nothing of those of b"),
        ({"a": norms(5e4), "b": norms(1.0)}, "a", "explode: their norm is 5e+04"),
        ({"a": norms(float("nan")), "b": norms(1.0)}, "a", "explode"),
        ({"a": norms(1.0, dead=0.75), "b": norms(1.0)}, "a", "75 % of the channels of a are 0"),
    ],
)
def test_what_is_wrong_is_said_of_the_block(given: dict[str, Any], block: str, says: str) -> None:
    (found,) = remarks(history(**given))
    assert found.block == block
    assert says in found.sentence


def test_a_remark_chooses_its_block_and_none_is_good_news(tab: Tab, tmp_path: Path) -> None:
    write(tmp_path, measured({"conv": 1e-7, "output": 1.0}))
    tab.inspect(tmp_path)
    tab.inspection.choose_block("output")
    assert len(tab.panel.remarks) == 1
    button = tab.panel.findChild(QWidget, "health_remark_0")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    assert tab.inspection.block == "conv"
    well = tab.panel.findChild(QLabel, "health_well")
    assert well is not None
    assert not well.isVisible()
    write(tmp_path / "well", measured({"conv": 0.5, "output": 1.0}))
    tab.inspect(tmp_path / "well")
    tab.bot.waitUntil(well.isVisible)
    assert well.text() == WELL
