"""The Layers tab: numbers that sort as numbers, a filter, one selection with the canvas, copies for other programs."""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from cnnstudio.app import format
from cnnstudio.app.panels.layers import LayersPanel
from cnnstudio.app.selection import Selection
from cnnstudio.core import tables
from cnnstudio.core.analysis.columns import COLUMNS
from cnnstudio.core.architecture import Group
from cnnstudio.core.document import Document
from cnnstudio.core.edits import BypassBlocks, RemoveBlocks, SetParameters
from tests.helpers.designs import bridge_of, spec

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

TITLES = [c.title for c in COLUMNS]
SHOWN = [title for title in TITLES if title != "Group"]
"""A design without groups has no column for them."""


class Desk:
    def __init__(self, qtbot: QtBot) -> None:
        self.bridge = bridge_of(
            ("conv_2", spec("Convolution", filters=9)),
            ("conv_10", spec("Convolution", filters=100)),
            ("pool", spec("MaxPooling")),
            ("conv_1", spec("Convolution", filters=4, kernel_size=1)),
            ("gap", spec("GlobalAveragePooling")),
        )
        self.selection = Selection(self.bridge)
        self.panel = LayersPanel(self.bridge, self.selection)
        self.panel.resize(1200, 360)
        qtbot.addWidget(self.panel)
        self.panel.show()
        self.view = self.panel.view

    def cell(self, id: str, title: str) -> str:
        row = self.panel.shown_ids().index(id)
        return str(self.panel.rows.index(row, TITLES.index(title)).data())

    def sort(self, title: str) -> list[str]:
        header = self.view.horizontalHeader()
        column = TITLES.index(title)
        x = header.sectionViewportPosition(column) + header.sectionSize(column) // 2
        place = header.viewport().rect().center()
        place.setX(x)
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        return self.panel.shown_ids()

    def click(self, id: str, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        index = self.panel.rows.index(self.panel.shown_ids().index(id), 1)
        place = self.view.visualRect(index).center()
        QTest.mouseClick(self.view.viewport(), Qt.MouseButton.LeftButton, keys, place)

    def selected(self) -> set[str]:
        return {self.panel.shown_ids()[i.row()] for i in self.view.selectionModel().selectedRows()}


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk(qtbot)


FLOW = ["input", "conv_2", "conv_10", "pool", "conv_1", "gap", "output"]


def test_every_block_has_its_numbers(desk: Desk) -> None:
    assert desk.panel.shown_ids() == FLOW
    row = [desk.cell("conv_10", title) for title in SHOWN]
    assert row == [
        "conv_10", "Convolution", "H 8 × W 8 × C 100", "8,200", "93.8 %", "518,400", "25.6 kB", "5 × 5", "1 × 1",
    ]  # fmt: skip
    assert desk.cell("pool", "Stride") == "2 × 2"
    assert desk.cell("gap", "Stride") == "–"
    trace = desk.bridge.trace
    assert f"{trace.params:,} parameters" in desk.panel.totals.text()
    assert "7 blocks" in desk.panel.totals.text()


def test_numbers_sort_as_numbers(desk: Desk) -> None:
    params = [desk.bridge.trace.blocks[i].params for i in desk.sort("Parameters")]
    assert params == sorted(params)
    params = [desk.bridge.trace.blocks[i].params for i in desk.sort("Parameters")]
    assert params == sorted(params, reverse=True)
    assert desk.sort("Parameters") == FLOW, "the third click brings the order of the flow back"
    assert desk.sort("Block") == ["conv_1", "conv_2", "conv_10", "gap", "input", "output", "pool"]
    fields = [desk.cell(i, "Receptive field") for i in desk.sort("Receptive field")]
    assert fields[0] == "1 × 1"
    assert fields == sorted(fields, key=lambda f: int(f.split()[0]))


def test_the_table_follows_edits(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="conv_10", values={"filters": 20}))
    assert desk.cell("conv_10", "Output shape") == "H 8 × W 8 × C 20"
    assert desk.cell("conv_2", "Share") == format.share(90, desk.bridge.trace.params), "shares follow the total"
    desk.bridge.do(RemoveBlocks(ids=("conv_10",)))
    assert desk.panel.shown_ids() == [i for i in FLOW if i != "conv_10"]
    desk.bridge.undo()
    assert desk.panel.shown_ids() == FLOW


def test_a_broken_block_has_dashes(desk: Desk) -> None:
    desk.bridge.do(SetParameters(id="conv_10", values={"groups": 7}))
    assert desk.cell("conv_10", "Output shape") == "–"
    assert desk.cell("conv_10", "Receptive field") == "–"
    assert desk.cell("conv_10", "Parameters") == desk.cell("conv_10", "Activation memory") == "–"
    assert "without a shape not counted" in desk.panel.totals.text()


def test_a_click_selects_on_the_canvas(desk: Desk) -> None:
    desk.click("pool")
    assert list(desk.selection.ids) == ["pool"]
    desk.click("conv_1", Qt.KeyboardModifier.ControlModifier)
    assert list(desk.selection.ids) == ["pool", "conv_1"]
    assert desk.selection.current == "conv_1"
    QTest.keyClick(desk.view, Qt.Key.Key_Down)
    assert list(desk.selection.ids) == ["gap"]


def test_a_selection_on_the_canvas_selects_rows(qtbot: QtBot, desk: Desk) -> None:
    desk.selection.select(["conv_2", "gap"])
    assert desk.selected() == {"conv_2", "gap"}
    assert desk.selection.ids == ("conv_2", "gap"), "the echo changes neither ids nor their order"
    desk.sort("Parameters")
    assert desk.selected() == {"conv_2", "gap"}
    desk.selection.select([])
    assert desk.selected() == set()


def test_the_filter_hides_rows_and_not_the_selection(desk: Desk) -> None:
    desk.selection.select(["pool", "conv_1"])
    QTest.keyClicks(desk.panel.filter, "CONV")
    assert desk.panel.shown_ids() == ["conv_2", "conv_10", "conv_1"]
    assert desk.selection.ids == ("pool", "conv_1")
    assert desk.selected() == {"conv_1"}
    assert "3 of 7 blocks" in desk.panel.totals.text()
    QTest.keyClicks(desk.panel.filter, " 10")
    assert desk.panel.shown_ids() == ["conv_10"]
    QTest.keyClicks(desk.panel.filter, " nothing")
    assert desk.panel.nothing.isVisible()
    desk.panel.filter.clear()
    assert desk.panel.shown_ids() == FLOW
    assert desk.selection.ids == ("pool", "conv_1")
    assert desk.selected() == {"pool", "conv_1"}


def test_edits_keep_the_selection(desk: Desk) -> None:
    desk.selection.select(["gap"])
    desk.bridge.do(RemoveBlocks(ids=("conv_10",)))
    assert desk.selected() == {"gap"}
    assert desk.selection.ids == ("gap",)


def test_ctrl_c_copies_the_selected_rows(qtbot: QtBot, desk: Desk) -> None:
    desk.panel.activateWindow()
    desk.view.setFocus()
    qtbot.waitUntil(desk.view.hasFocus)
    desk.click("pool")
    QTest.keyClick(desk.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t") == SHOWN
    assert [line.split("\t")[0] for line in lines[1:]] == ["pool"]


def copies(desk: Desk) -> dict[str, str]:
    """What each entry of the Copy table button's menu puts on the clipboard, by its last word."""
    found = {}
    for action in desk.panel.copying.menu().actions():
        if action.text().startswith("Copy table as "):
            action.trigger()
            found[action.text().split()[-1]] = QApplication.clipboard().text()
    return found


def test_the_table_is_copied_for_other_programs(desk: Desk) -> None:
    desk.sort("Block")
    made = copies(desk)
    assert list(made) == ["text", "CSV", "Markdown", "LaTeX"]
    lines = [line.split("\t") for line in made["text"].splitlines()]
    assert lines[0] == SHOWN
    assert [line[0] for line in lines[1:]] == [*desk.panel.shown_ids(), "Total"]
    total = dict(zip(SHOWN, lines[-1], strict=True))
    assert total["Parameters"] == f"{desk.bridge.trace.params:,}"
    assert total["Share"] == "100.0 %"
    marks = made["Markdown"].splitlines()
    assert len({len(line) for line in marks}) == 1
    assert marks[1].startswith("| ---")
    assert [c.strip() for c in marks[1].strip("|").split("|")][2].endswith("-:"), "numbers stand at the right"
    assert [c.strip() for c in marks[2].strip("|").split("|")] == lines[1]
    assert [c.strip() for c in marks[-1].strip("|").split("|")] == lines[-1]


def test_csv_has_numbers_to_count_with(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(copies(desk)["CSV"])))
    assert [row["Block"] for row in rows] == FLOW, "and no sums among them"
    for row in rows:
        traced = desk.bridge.trace.blocks[row["Block"]]
        assert int(row["Parameters"]) == traced.params
        assert int(row["Multiply-adds"]) == traced.macs
        assert int(row["Activation memory (bytes)"]) == traced.activation_bytes
        assert float(row["Share (%)"]) == pytest.approx(100 * traced.params / desk.bridge.trace.params, rel=1e-3)
        assert row["Output shape"] == "x".join(map(str, traced.output.shape if traced.output else ()))
    assert rows[2]["Receptive field"] == "5x5"
    desk.bridge.do(SetParameters(id="conv_10", values={"groups": 7}))
    broken = list(csv.DictReader(io.StringIO(copies(desk)["CSV"])))[2]
    assert {broken[k] for k in ("Parameters", "Output shape", "Receptive field", "Share (%)")} == {""}


def test_latex_is_a_booktabs_table_with_what_is_special_escaped(desk: Desk) -> None:
    lines = copies(desk)["LaTeX"].splitlines()
    assert lines[:3] == [r"% Needs \usepackage{booktabs}.", r"\begin{tabular}{llrrrrrrr}", r"\toprule"]
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]
    assert [n for n, line in enumerate(lines) if line == r"\midrule"] == [4, len(lines) - 4]
    assert lines[5].startswith(r"input & Input & H 8 $\times$ W 8 $\times$ C 1 & 0 & 0.0 \% & 0 &")
    assert r"conv\_10 & Convolution & H 8 $\times$ W 8 $\times$ C 100 & 8,200 & 93.8 \% &" in lines[7]
    assert all(line.endswith(r" \\") and line.count(" & ") == len(SHOWN) - 1 for line in [*lines[5:12], lines[3]])
    every = tables.latex(tables.Table(["a"], [["\\ & % $ # _ { } ~ ^ < × –"]], [False]))
    assert r"\textbackslash{} \& \% \$ \# \_ \{ \} \textasciitilde{} \textasciicircum{} $<$ $\times$ --" in every


def test_the_menu_opens_where_it_is_asked_for(desk: Desk) -> None:
    desk.view.customContextMenuRequested.emit(desk.view.viewport().rect().center())
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert menu is desk.panel.copying.menu()
    menu.close()


def test_groups_have_a_column_while_there_are_any(desk: Desk) -> None:
    view, column = desk.view, TITLES.index("Group")
    assert view.isColumnHidden(column)
    groups = [Group("outer", "Body", frozenset({"conv_10", "pool"})), Group("inner", "Stem", frozenset({"pool"}))]
    experiment = desk.bridge.experiment
    grouped = dataclasses.replace(experiment, architecture=experiment.architecture.with_groups(groups))
    desk.bridge.open(Document(grouped))
    assert not view.isColumnHidden(column)
    assert [desk.cell(id, "Group") for id in ("conv_2", "conv_10", "pool")] == ["", "Body", "Body / Stem"]
    QTest.keyClicks(desk.panel.filter, "stem")
    assert desk.panel.shown_ids() == ["pool"]
    assert copies(desk)["text"].splitlines()[1].split("\t")[2] == "Body / Stem"


def test_a_bypassed_block_says_so_and_costs_nothing(desk: Desk) -> None:
    desk.bridge.do(BypassBlocks(ids=("conv_10",)))
    assert desk.cell("conv_10", "Kind") == "Convolution (bypassed)"
    assert desk.cell("conv_10", "Output shape") == "H 8 × W 8 × C 9"
    assert desk.cell("conv_10", "Parameters") == "0"
    QTest.keyClicks(desk.panel.filter, "bypassed")
    assert desk.panel.shown_ids() == ["conv_10"]
    desk.bridge.undo()
    assert desk.panel.nothing.isVisible(), "an edit, too, can leave nothing that matches"
    assert not desk.panel.copying.isEnabled()
    desk.bridge.redo()
    assert desk.view.isVisible()


def test_rows_find_their_places_anew_when_an_edit_changes_what_they_are_sorted_by(desk: Desk) -> None:
    for title, key in (("Parameters", "params"), ("Multiply-adds", "macs")):
        desk.sort(title)
        for filters in (1, 300, 20):
            desk.bridge.do(SetParameters(id="conv_2", values={"filters": filters}))
            numbers = [getattr(desk.bridge.trace.blocks[id], key) for id in desk.panel.shown_ids()]
            assert numbers == sorted(numbers)
    desk.sort("Receptive field")
    desk.bridge.do(SetParameters(id="conv_2", values={"kernel_size": 7}))
    fields = [int(desk.cell(id, "Receptive field").split()[0]) for id in desk.panel.shown_ids()]
    assert fields == sorted(fields)


def test_hidden_it_does_nothing_and_catches_up(desk: Desk) -> None:
    desk.panel.hide()
    desk.bridge.do(RemoveBlocks(ids=("conv_10",)))
    desk.selection.select(["gap"])
    assert desk.panel.model.rowCount() == len(FLOW)
    desk.panel.show()
    assert desk.panel.shown_ids() == [i for i in FLOW if i != "conv_10"]
    assert desk.selected() == {"gap"}


def test_a_row_taken_away_by_hand_leaves_the_rest_selected(desk: Desk) -> None:
    desk.selection.select(["conv_2", "gap"])
    index = desk.panel.rows.index(desk.panel.shown_ids().index("conv_2"), 0)
    flags = QItemSelectionModel.SelectionFlag
    desk.view.selectionModel().select(index, flags.Deselect | flags.Rows)
    assert desk.selection.ids == ("gap",)


def test_ids_that_do_not_fit_keep_their_ends(desk: Desk) -> None:
    assert desk.panel.view.textElideMode() is Qt.TextElideMode.ElideMiddle
