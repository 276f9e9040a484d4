"""Looking for a learning rate: the test is asked for, drawn while it goes on, cancelled, and its outcome used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QWidget

from cnnstudio.app.training.rate_dialog import RateDialog
from cnnstudio.app.training.rate_plot import LEFT as MARGIN
from cnnstudio.app.training.rate_plot import RIGHT, RatePlot
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.wire.messages import CancelTrial, Failed, FindRate, RateFound, RatesTried
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
RATES = np.geomspace(1e-6, 1, 100).astype(np.float32)
LOSSES = (2.3 - 1.6 / (1 + np.exp(-3 * (np.log10(RATES) + 2.7)))).astype(np.float32)


class Shown:
    """The dialog on a studio, its test just begun."""

    def __init__(self, qtbot: QtBot, made: Studio) -> None:
        self.studio = made
        self.worker = made.worker
        self.dialog = RateDialog(made.bridge, made.worker)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)

    @property
    def rate(self) -> float:
        return self.studio.bridge.experiment.training.learning_rate

    @property
    def asked(self) -> FindRate:
        return self.worker.all(FindRate)[-1]

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    def said(self) -> str:
        return str(self.part(QLabel, "rate_said").text())

    def press(self, name: str) -> None:
        button = self.part(QPushButton, name)
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, LEFT)

    def find(self, suggestion: float = 0.00213, message: str = "") -> None:
        self.worker.arrive(RateFound(self.asked.request, RATES, LOSSES, suggestion, message))


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, studio())


def test_the_test_begins_at_once_with_the_experiment_as_it_stands(shown: Shown) -> None:
    asked = shown.asked
    assert (asked.low, asked.high, asked.steps) == (1e-6, 1.0, 100)
    assert read_experiment(asked.experiment, "The test") == shown.studio.bridge.experiment
    assert not shown.part(QPushButton, "rate_use").isEnabled()
    assert shown.part(QWidget, "rate_progress").isVisible()


def test_what_was_tried_is_drawn_while_it_goes_on(shown: Shown) -> None:
    shown.worker.arrive(RatesTried(shown.asked.request + 1, RATES[:50], LOSSES[:50], 100))
    assert shown.dialog.plot.count == 0, "that is of another test"
    before = shown.dialog.plot.grab().toImage()
    shown.worker.arrive(RatesTried(shown.asked.request, RATES[:50], LOSSES[:50], 100))
    shown.dialog.plot.redraw()
    assert shown.dialog.plot.count == 50
    assert shown.dialog.plot.grab().toImage() != before
    assert shown.said() == "Tried 50 of 100 rates"


def test_the_suggestion_is_used_as_one_edit_that_can_be_undone(shown: Shown) -> None:
    shown.find()
    assert shown.said() == "The loss falls fastest at 0.0021."
    use = shown.part(QPushButton, "rate_use")
    assert use.text() == "Use 0.0021"
    assert use.hasFocus()
    QTest.keyClick(use, Qt.Key.Key_Return)
    assert not shown.dialog.isVisible()
    assert shown.rate == 0.0021
    shown.studio.bridge.undo()
    assert shown.rate == 0.001


def test_a_click_or_an_arrow_key_chooses_another_rate(shown: Shown) -> None:
    shown.find()
    plot = shown.part(RatePlot, "rate_plot")
    inside = plot.width() - MARGIN - RIGHT
    QTest.mouseClick(plot, LEFT, pos=QPoint(MARGIN + round(inside * 4 / 6), 100))
    assert plot.rate == pytest.approx(0.01, rel=0.05)
    first = plot.rate
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert plot.rate < first
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert plot.rate == pytest.approx(first, rel=0.1)
    QTest.mouseClick(plot, LEFT, pos=QPoint(plot.width() - 1, 100))
    assert plot.rate == 1.0, "no further than what was tried"
    shown.press("rate_use")
    assert shown.rate == 1.0


def test_a_test_is_cancelled_by_its_button_by_escape_and_by_another_one(shown: Shown) -> None:
    first = shown.asked.request
    shown.worker.arrive(RatesTried(first, RATES[:50], LOSSES[:50], 100))
    shown.press("rate_cancel")
    assert shown.worker.all(CancelTrial) == [CancelTrial(first)]
    assert shown.dialog.plot.count == 50, "what has been drawn stays"
    shown.worker.arrive(Failed(first, "The test was cancelled."))
    assert shown.said() == "The test was ended."
    shown.press("rate_again")
    second = shown.asked.request
    assert second != first
    QTest.keyClick(shown.dialog, Qt.Key.Key_Escape)
    assert not shown.dialog.isVisible()
    assert shown.worker.all(CancelTrial)[-1] == CancelTrial(second)


def test_other_bounds_are_tried_and_bounds_the_wrong_way_round_are_refused(shown: Shown) -> None:
    shown.find()
    for name, text in (("low", "0.01"), ("high", "0.001")):
        line = shown.part(QWidget, f"field_{name}").findChild(QLineEdit)
        QTest.mouseClick(line, LEFT)
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Tab)
    assert shown.said() == "The lowest rate (0.01) must be below the highest (0.001)."
    assert not shown.part(QPushButton, "rate_again").isEnabled()
    line.selectAll()
    QTest.keyClicks(line, "0.1")
    QTest.keyClick(line, Qt.Key.Key_Tab)
    shown.press("rate_again")
    assert (shown.asked.low, shown.asked.high) == (0.01, 0.1)


@pytest.mark.parametrize(
    ("suggestion", "message", "said"),
    [
        (0.0, "", "The loss never falls: no rate can be suggested."),
        (0.0, "The loss grew from the first step on: try lower rates.", "The loss grew from the first step"),
        (0.5, "The loss was still falling at the end: try higher rates.", "The loss was still falling"),
    ],
)
def test_an_outcome_that_is_doubtful_says_so(shown: Shown, suggestion: float, message: str, said: str) -> None:
    shown.find(suggestion, message)
    assert shown.said().startswith(said)
    assert shown.part(QPushButton, "rate_use").isEnabled() == bool(suggestion)


def test_a_failure_and_a_worker_that_dies_are_told(shown: Shown) -> None:
    shown.worker.arrive(Failed(shown.asked.request, "Rates cannot be tried while a run is under way."))
    assert shown.said() == "Rates cannot be tried while a run is under way."
    shown.press("rate_again")
    assert shown.part(QWidget, "rate_cancel").isVisible()


def test_losses_that_are_no_numbers_do_not_spoil_the_axes(shown: Shown) -> None:
    losses = LOSSES.copy()
    losses[-3:] = np.inf
    shown.worker.arrive(RateFound(shown.asked.request, RATES, losses, 0.002))
    shown.dialog.plot.redraw()
    empty = np.zeros(0, np.float32)
    shown.dialog.plot.show_test(empty, empty, (1e-6, 1.0))
    shown.dialog.plot.redraw()
    assert shown.dialog.plot.count == 0
