"""What a channel looks for and what a shift changes: the other two views of the Why tab, with mouse and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QSlider, QSpinBox, QTableWidget

from cnnstudio.app import asking
from cnnstudio.app.inspect.why.exciting_list import ExcitingList, ExcitingSight
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.wire.messages import (
    Explain,
    ExplanationProgress,
    Failed,
    FindExciting,
    GetSamples,
    GetShiftResponse,
    Sample,
)
from tests.helpers.why import WhyPage

if TYPE_CHECKING:
    from pathlib import Path

    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a mouse to come to rest."""
    monkeypatch.setattr(asking, "SETTLE_MS", 0)


def opened(qtbot: QtBot, view: int, id: str = "lenet-5") -> WhyPage:
    """The tab with that view chosen by the arrow keys."""
    page = WhyPage(qtbot, id)
    page.bring_sample(np.full(page.info.classes, 0.1, np.float32))
    choice = page.find(Segments, "why_view")
    choice.setFocus()
    for _ in range(view):
        QTest.keyClick(choice, Qt.Key.Key_Right)
    return page


def text(page: WhyPage, name: str) -> str:
    return page.find(QLabel, name).text()


def rows(table: QTableWidget) -> dict[str, str]:
    """What the table says of each block."""
    model = table.model()
    return {model.index(n, 0).data(): model.index(n, 1).data() for n in range(model.rowCount())}


def test_the_picture_of_a_channel_grows_while_it_is_made(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    page.bot.waitUntil(lambda: page.worker.all(Explain)[-1].method == "activation-maximisation")
    asked = page.worker.all(Explain)[-1]
    assert (asked.block, asked.channel) == ("convolution_1", 0)
    view = page.panel.channel
    for step in (1, 2):
        picture = np.full(page.info.input_shape, 0.1 * step, np.float32)
        page.worker.arrive(ExplanationProgress(asked.request, step, 128, picture))
        np.testing.assert_array_equal(view.places.sample, picture)
    page.explain(asked, np.ones(page.info.input_shape, np.float32), -1, score=2.5, start=0.25)
    assert view.places.sample.min() == 1.0
    told = text(page, "why_channel_numbers")
    assert told.endswith("is 2.5 for this sample; for the one that it was made from it was 0.25.")


def test_another_channel_is_asked_for_with_the_keys(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    search = page.asked(FindExciting)
    page.excite(search)
    field = page.find(QSpinBox, "why_channel")
    assert field.maximum() == 5
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert page.inspection.channel == 1
    assert page.asked(FindExciting, 2).channel == 1
    assert page.find(ExcitingList, "why_exciting").count() == 0
    assert page.panel.channel.title == "Channel 1"
    page.inspection.choose_block("dense_1")
    page.bot.waitUntil(lambda: field.maximum() == 119)


def test_a_sample_that_excites_it_is_looked_at_on_a_click_or_enter(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    page.excite(page.asked(FindExciting))
    shown = page.find(ExcitingList, "why_exciting")
    assert [shown.item(n).text() for n in range(shown.count())] == ["3.5", "2.25", "1"]
    middle = shown.visualItemRect(shown.item(1)).center()
    QTest.mouseClick(shown.viewport(), LEFT, NONE, middle)
    assert page.inspection.sample == Sample("validation", 3)
    QTest.keyClick(shown, Qt.Key.Key_Right)
    QTest.keyClick(shown, Qt.Key.Key_Return)
    assert page.inspection.sample == Sample("validation", 5)


def test_the_marked_sample_is_enlarged_with_what_its_cell_sees_and_a_click_pins_it(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    found = page.excite(page.asked(FindExciting))
    shown, sight = page.find(ExcitingList, "why_exciting"), page.find(ExcitingSight, "why_exciting_sight")
    assert sight.text == "Validation sample 7 \u00b7 cell 0, 0 sees 5 \u00d7 5 px, 9 of 25 cells (16 are padding)"
    shown.setFocus()
    QTest.keyClick(shown, Qt.Key.Key_Right)
    assert sight.text.startswith("Validation sample 3 \u00b7 cell 1, 1 sees")
    subject = page.inspection.subject
    assert subject is not None
    seen = Sight(subject.trace, "convolution_1").of(tuple(found.cells[1].tolist()))
    *_, rows, columns = seen.outline
    assert sight.view.outline == sight.view.grid().part(rows, columns)
    pins = page.inspection.pins
    before = len(pins.items)
    middle = shown.visualItemRect(shown.item(2)).center()
    QTest.mouseClick(shown.viewport(), LEFT, NONE, middle)
    assert page.inspection.sample == Sample("validation", 5) == pins.items[-1].sample
    assert len(pins.items) == before + 1
    assert sight.text.startswith("Validation sample 5 \u00b7 cell 2, 2 sees 5 \u00d7 5 px")
    QTest.keyClick(page.find(QSpinBox, "why_channel"), Qt.Key.Key_Up)
    assert not sight.isVisible()


def test_outlines_are_what_the_cells_see_of_the_sample(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    found = page.excite(page.asked(FindExciting))
    subject = page.inspection.subject
    assert subject is not None
    sight = Sight(subject.trace, "convolution_1")
    for outline, cell in zip(page.find(ExcitingList, "why_exciting").outlines(), found.cells.tolist(), strict=True):
        reached = sight.of(tuple(cell)).seen
        rows = [place for box in reached for first, end in box[0].runs() for place in range(first, end)]
        assert outline[0] == (min(rows), max(rows) + 1)


def test_samples_of_the_other_part_can_be_searched(qtbot: QtBot) -> None:
    page = opened(qtbot, 1)
    page.excite(page.asked(FindExciting))
    part = page.find(QComboBox, "why_exciting_part")
    part.setFocus()
    QTest.keyClick(part, Qt.Key.Key_Down)
    asked = page.asked(FindExciting, 2)
    assert asked.part == "training"
    page.worker.arrive(Failed(asked.request, "The data are gone."))
    assert page.panel.channel.search.text == "The data are gone."
    assert page.find(ExcitingList, "why_exciting").count() == 0


def test_the_slider_moves_the_sample_and_tells_every_block(qtbot: QtBot) -> None:
    page = opened(qtbot, 2)
    asked = page.asked(GetShiftResponse)
    assert (asked.sample, asked.axis, asked.most) == (Sample(), -1, 8)
    answer = page.respond(asked)
    view = page.panel.shift
    slider = page.find(QSlider, "why_shift")
    assert (slider.minimum(), slider.maximum()) == (-8, 8)
    still = view.places.sample
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    np.testing.assert_array_equal(view.places.sample[:, 3:], still[:, :-3])
    np.testing.assert_array_equal(view.places.sample[:, :3], np.repeat(still[:, :1], 3, axis=1))
    assert text(page, "why_shift_said") == "3 px to the right: network says 3, 75.0 %"
    told = rows(view.table)
    assert list(told) == list(answer.blocks)
    assert list(told.values())[:2] == ["300.0 %", "150.0 %"]
    before, after = told["convolution_1"], told["max_pooling_1"]
    assert text(page, "why_shift_pooled") == f"Change at poolings \u00b7 max_pooling_1: {before} before, {after} after"


def test_a_click_on_the_curves_chooses_a_shift_and_a_row_a_block(qtbot: QtBot) -> None:
    page = opened(qtbot, 2)
    page.respond(page.asked(GetShiftResponse))
    view = page.panel.shift
    QTest.mouseClick(view.plot, LEFT, NONE, QPoint(view.plot.width() - 17, view.plot.height() // 2))
    assert page.find(QSlider, "why_shift").value() == 8
    view.table.setFocus()
    model = view.table.model()
    row = list(rows(view.table)).index("max_pooling_1")
    QTest.mouseClick(view.table.viewport(), LEFT, NONE, view.table.visualRect(model.index(row, 0)).center())
    assert page.inspection.block == "max_pooling_1"


def test_direction_and_length_are_asked_for_and_the_length_is_remembered(qtbot: QtBot) -> None:
    page = opened(qtbot, 2)
    page.respond(page.asked(GetShiftResponse))
    direction = page.find(QComboBox, "why_shift_direction")
    direction.setFocus()
    QTest.keyClick(direction, Qt.Key.Key_Down)
    asked = page.asked(GetShiftResponse, 2)
    assert asked.axis == -2
    page.respond(asked)
    slider = page.find(QSlider, "why_shift")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert text(page, "why_shift_said").startswith("1 px down")
    most = page.find(QSpinBox, "why_shift_most")
    most.setFocus()
    QTest.keyClick(most, Qt.Key.Key_Down)
    assert page.asked(GetShiftResponse, 3).most == 7
    again = WhyPage(qtbot)
    assert again.find(QSpinBox, "why_shift_most").value() == 7
    assert again.find(Segments, "why_view").index == 2


def test_where_nothing_is_moved_it_says_what_to_do(qtbot: QtBot) -> None:
    page = opened(qtbot, 2)
    page.respond(page.asked(GetShiftResponse))
    assert text(page, "why_shift_pooled").startswith("Move the slider")


@pytest.mark.parametrize(
    ("id", "said"),
    [
        ("shape-detector", "1 px to the right: what the network says changes by 0.2 %"),
        ("shape-tags", "1 px to the right: network says square 75.0 %"),
    ],
)
def test_what_the_network_says_of_the_moved_sample_follows_the_task(qtbot: QtBot, id: str, said: str) -> None:
    page = WhyPage(qtbot, id)
    choice = page.find(Segments, "why_view")
    choice.setFocus()
    for _ in range(2):
        QTest.keyClick(choice, Qt.Key.Key_Right)
    page.worker.answer(page.asked(GetSamples))
    page.respond(page.asked(GetShiftResponse))
    slider = page.find(QSlider, "why_shift")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert text(page, "why_shift_said") == said


def test_a_signal_moves_along_itself(qtbot: QtBot) -> None:
    page = opened(qtbot, 2, "signal-cnn")
    page.respond(page.asked(GetShiftResponse))
    assert page.find(QComboBox, "why_shift_direction").isHidden(), "a signal moves one way"
    slider = page.find(QSlider, "why_shift")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert text(page, "why_shift_said").startswith("1 sample earlier: network says")
    assert not page.panel.shift.places.grab().isNull()


@pytest.mark.parametrize(("view", "button"), [(1, "why_channel_save"), (2, "why_shift_save")])
def test_pictures_are_saved(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: int, button: str
) -> None:
    page = opened(qtbot, view)
    if view == 1:
        page.bot.waitUntil(lambda: page.worker.all(Explain)[-1].channel == 0)
        picture = np.ones(page.info.input_shape, np.float32)
        page.explain(page.worker.all(Explain)[-1], picture, -1, score=1.0, start=0.0)
    else:
        page.respond(page.asked(GetShiftResponse))
    path = tmp_path / "picture.svg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "SVG drawing (*.svg)"))
    page.click(button)
    assert "<svg" in path.read_text(encoding="utf-8")
