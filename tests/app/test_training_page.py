"""The Train page: what it watches, what it says of a run, and that it costs nothing out of sight."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QToolButton,
    QWidget,
)

from cnnstudio.app.training import TrainPage
from cnnstudio.app.training.plot import MetricPlot
from cnnstudio.app.training.viewers.bars import ShareBars
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Shapes
from cnnstudio.core.edits import AddBlock, SetData, SetTraining
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import Failed, GetSamples, RunFailed, Sample, Watch, WatchFailed
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.training.view import TrainView

LEFT = Qt.MouseButton.LeftButton


class Shown:
    """A page on a studio."""

    def __init__(self, qtbot: QtBot, made: Studio) -> None:
        self.studio = made
        self.worker = made.worker
        self.page = TrainPage(made.bridge, made.selection, made.worker, made.run)
        qtbot.addWidget(self.page)
        self.page.resize(1200, 720)

    def show(self) -> Shown:
        self.page.show()
        return self

    @property
    def view(self) -> TrainView:
        assert self.page.view is not None
        return self.page.view

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.page.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        label = self.part(QLabel, name)
        return str(label.text()) if label.isVisible() else ""


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, studio()).show()


def maps(*shape: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)


def test_importing_the_pages_brings_in_neither_numpy_nor_matplotlib() -> None:
    code = (
        "import sys, cnnstudio.app.training, cnnstudio.app.data\n"
        "heavy = {'numpy', 'matplotlib', 'tensorflow', 'keras'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_page_never_shown_builds_nothing_and_sends_nothing(qtbot: QtBot) -> None:
    hidden = Shown(qtbot, studio())
    hidden.studio.start()
    hidden.studio.progress(1, 2)
    assert hidden.page.view is None
    assert hidden.worker.all(Watch) == []
    assert hidden.worker.all(GetSamples) == []


def test_showing_watches_and_hiding_stops_watching(shown: Shown) -> None:
    assert shown.worker.watched == Watch("conv", Sample("validation", 0))
    shown.page.hide()
    assert shown.worker.watched.block == ""
    shown.page.show()
    assert shown.worker.watched == Watch("conv", Sample("validation", 0))


def test_a_hidden_page_costs_nothing_and_catches_up(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    shown.worker.answer()
    shown.studio.start()
    shown.page.hide()
    drawings: list[object] = []
    monkeypatch.setattr(MetricPlot, "parts", lambda *args: drawings.append(args))
    sent = len(shown.worker.sent)
    for epoch in range(1, 4):
        shown.studio.progress(epoch, 5)
        shown.studio.epoch(epoch, 1 / epoch)
    shown.studio.selection.select(("flat",))
    shown.studio.bridge.do(AddBlock(spec=spec_class("Dropout")(), id="drop", after="conv"))
    assert len(shown.worker.sent) == sent
    assert drawings == []
    assert shown.view.wall.layer is None
    monkeypatch.undo()
    shown.page.show()
    assert [e.epoch for e in shown.view.curves.data.history] == [1, 2, 3]
    assert shown.worker.watched.block == "flat"
    assert shown.part(QComboBox, "train_block").findData("drop") >= 0


def test_the_block_follows_the_selection_and_leads_it(shown: Shown) -> None:
    combo = shown.part(QComboBox, "train_block")
    shown.studio.selection.select(("flat",))
    assert combo.currentData() == "flat"
    assert shown.worker.watched.block == "flat"
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert shown.studio.selection.current == "output"
    assert shown.worker.watched.block == "output"


def test_maps_of_what_is_watched_are_shown_and_others_are_not(shown: Shown) -> None:
    shown.worker.answer()
    shown.studio.start()
    assert "after a few steps" in shown.view.wall.message
    known = maps(8, 5, 5)
    for wrong in ({"block": "flat"}, {"sample": Sample("validation", 7)}, {"run": "another"}):
        shown.studio.maps(known, **wrong)
        assert shown.view.wall.layer is None
    shown.studio.maps(known)
    layer = shown.view.wall.layer
    assert layer is not None
    assert np.array_equal(layer.maps, known)
    assert shown.part(ShareBars, "prediction_bars").values[3] == pytest.approx(0.55)
    assert shown.view.chooser.view.verdict == "Network says 3"


def test_another_block_waits_for_its_own_maps(shown: Shown) -> None:
    shown.studio.start()
    shown.studio.maps(maps(8, 5, 5))
    shown.studio.selection.select(("flat",))
    assert shown.view.wall.layer is None
    assert "flat" in shown.view.wall.message


def test_another_run_takes_the_old_maps_and_predictions_away(shown: Shown) -> None:
    shown.worker.answer()
    shown.studio.start()
    shown.studio.maps(maps(8, 5, 5))
    shown.studio.finish()
    assert shown.view.wall.layer is not None
    shown.studio.run.start()
    assert shown.view.wall.layer is None
    assert shown.view.chooser.view.viewer.bars.values == []
    assert shown.view.chooser.view.verdict == ""


def test_before_the_first_run_the_wall_says_what_to_do(shown: Shown) -> None:
    assert shown.view.wall.message == "No feature maps yet: Press Train (F5): they appear here while it trains."
    assert "Press Train (F5)" in shown.view.curves.message
    assert shown.text("run_headline") == "Not trained yet"
    said = "Press Train (F5) to train the design as it stands: adam, learning rate 0.001, batches of 32, 15 epochs."
    assert shown.text("run_facts") == said


def test_a_block_that_the_run_does_not_have_is_explained(shown: Shown) -> None:
    shown.studio.start()
    shown.studio.bridge.do(AddBlock(spec=spec_class("Dropout")(), id="drop", after="conv"))
    shown.studio.selection.select(("drop",))
    assert "drop is not part of this run" in shown.view.wall.message
    shown.studio.selection.select(("conv",))
    shown.worker.arrive(WatchFailed(shown.studio.run.state.run, "conv", "There is no such sample."))
    assert shown.view.wall.message.endswith("There is no such sample.")


def test_the_maps_of_a_worker_that_died_after_the_run_are_not_waited_for(shown: Shown) -> None:
    shown.studio.start()
    shown.studio.finish()
    for state in ("lost", "starting", "ready"):
        shown.worker.enter(state)
    assert shown.worker.watched.block == "conv"  # the new worker is told
    shown.studio.selection.select(("flat",))
    assert "went with the worker" in shown.view.wall.message


def test_a_new_worker_is_told_what_to_watch(shown: Shown) -> None:
    before = len(shown.worker.all(Watch))
    shown.worker.enter("lost")
    shown.worker.enter("starting")
    assert len(shown.worker.all(Watch)) == before
    shown.worker.enter("ready")
    assert len(shown.worker.all(Watch)) == before + 1


# The sample


def strip_item(shown: Shown, row: int) -> QPoint:
    strip = shown.view.chooser.strip
    return strip.visualRect(strip.sample_model.index(row)).center()


def test_a_click_on_a_thumbnail_watches_that_sample(shown: Shown) -> None:
    samples = shown.worker.answer()
    QTest.mouseClick(shown.view.chooser.strip.viewport(), LEFT, pos=strip_item(shown, 5))
    assert shown.worker.watched == Watch("conv", Sample("validation", 5))
    assert shown.text("chosen_sample_title") == "Validation sample 5"
    assert shown.text("chosen_sample_label") == f"is {samples.targets[5]}"


def test_the_chosen_sample_is_painted_as_it_is(shown: Shown) -> None:
    samples = shown.worker.answer()
    QTest.mouseClick(shown.view.chooser.strip.viewport(), LEFT, pos=strip_item(shown, 2))
    image = shown.part(QLabel, "chosen_sample_picture").pixmap().toImage()
    side = image.width() // 8
    for row in range(8):
        for column in range(8):
            level = round(float(samples.inputs[2, row, column, 0]) * 255)
            at = image.pixelColor(column * side + side // 2, row * side + side // 2)
            assert abs(at.red() - level) <= 1
            assert at.red() == at.green() == at.blue()


def test_next_and_previous_go_from_sample_to_sample_and_from_page_to_page(shown: Shown) -> None:
    shown.worker.answer()
    previous, following = (shown.part(QToolButton, f"sample_{n}") for n in ("previous", "next"))
    assert not previous.isEnabled()
    for _ in range(48):
        QTest.mouseClick(following, LEFT)
    assert shown.worker.watched.sample == Sample("validation", 48)
    asked = shown.worker.all(GetSamples)[-1]
    assert (asked.part, asked.start) == ("validation", 48)
    shown.worker.answer()
    assert shown.text("chosen_sample_title") == "Validation sample 48"
    for _ in range(30):
        QTest.mouseClick(following, LEFT)
    assert shown.worker.watched.sample == Sample("validation", 59)
    assert not following.isEnabled()
    QTest.mouseClick(previous, LEFT)
    assert shown.worker.watched.sample == Sample("validation", 58)


def test_random_always_chooses_another_sample(shown: Shown) -> None:
    shown.worker.answer()
    seen = [shown.worker.watched.sample.index]
    for _ in range(20):
        QTest.mouseClick(shown.part(QToolButton, "sample_random"), LEFT)
        index = shown.worker.watched.sample.index
        assert index != seen[-1]
        assert 0 <= index < 60
        seen.append(index)
    assert len(set(seen)) > 5


def test_the_training_part_can_be_watched_and_the_test_part_cannot(shown: Shown) -> None:
    shown.worker.answer()
    combo = shown.part(QComboBox, "sample_part")
    assert [combo.itemText(i) for i in range(combo.count())] == ["Validation samples", "Training samples"]
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert shown.worker.watched.sample == Sample("training", 0)
    assert shown.worker.all(GetSamples)[-1].part == "training"


def test_samples_that_cannot_be_loaded_are_explained_and_asked_for_again(shown: Shown) -> None:
    asked = shown.worker.all(GetSamples)
    shown.worker.arrive(Failed(asked[-1].request, "The digits cannot be read."))
    assert shown.view.chooser.state_text == "The digits cannot be read."
    QTest.mouseClick(shown.part(QToolButton, "sample_retry"), LEFT)
    assert len(shown.worker.all(GetSamples)) == len(asked) + 1
    shown.worker.answer()
    assert shown.view.chooser.state_text == ""


def test_samples_stay_those_of_the_run_when_the_data_of_the_design_change(shown: Shown) -> None:
    shown.worker.answer()
    shown.studio.start()
    asked = len(shown.worker.all(GetSamples))
    shown.studio.bridge.do(SetData(recipe=DataRecipe(source=Shapes())))
    assert len(shown.worker.all(GetSamples)) == asked
    assert "The data have changed" in shown.text("run_changed")


# What is said of the run


def test_a_run_is_told_from_start_to_result(shown: Shown) -> None:
    shown.studio.start()
    assert shown.text("run_headline") == "Training “LeNet”"
    assert shown.text("run_facts") == "70 training, 60 validation, 20 test samples · 1,234 parameters · on CPU"
    assert not shown.part(QPushButton, "run_export").isVisible()
    for epoch in (1, 2):
        shown.studio.epoch(epoch, 1 / epoch)
    shown.studio.finish()
    assert shown.text("run_headline") == "Trained “LeNet”"
    assert shown.text("run_result") == "Test accuracy 97.4 %"
    assert shown.part(QLabel, "run_result").property("tone") == "ok"
    assert shown.text("run_facts").endswith("2 epochs in 12.3 s")


def test_export_hands_over_the_run_folder(shown: Shown, qtbot: QtBot) -> None:
    shown.studio.start()
    shown.studio.finish()
    with qtbot.waitSignal(shown.page.export_wanted) as wanted:
        QTest.mouseClick(shown.part(QPushButton, "run_export"), LEFT)
    assert wanted.args == [shown.studio.run.state.directory]


def test_a_design_that_has_moved_on_is_told_until_it_is_back(shown: Shown) -> None:
    shown.studio.start()
    assert shown.text("run_changed") == ""
    recipe = shown.studio.bridge.experiment.training
    shown.studio.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=99)))
    said = "The training recipe has changed since this run started."
    assert shown.text("run_changed") == f"{said} The run goes on with the copy it started from."
    shown.studio.finish()
    assert shown.text("run_changed") == f"{said} Press Train (F5) to train the design as it stands."
    shown.studio.bridge.undo()
    assert shown.text("run_changed") == ""


def test_a_failure_is_one_sentence_with_details_to_unfold(shown: Shown) -> None:
    shown.studio.start()
    run = shown.studio.run.state.run
    shown.worker.arrive(RunFailed(run, "The loss is not a number any more.", "Traceback: line 1"))
    assert shown.text("run_failure") == "It broke off in epoch 1 of 15. Press Train (F5) to try again."
    details = shown.part(QPlainTextEdit, "run_failure_details")
    assert not details.isVisible()
    QTest.mouseClick(shown.part(QToolButton, "run_failure_show_details"), LEFT)
    assert details.isVisible()
    assert details.toPlainText() == "The loss is not a number any more.\n\nTraceback: line 1"
    shown.studio.start()
    assert shown.text("run_failure") == ""
    assert not details.isVisible()


def test_every_control_has_a_name_and_says_what_it_does(shown: Shown) -> None:
    shown.worker.answer()
    for widget in shown.page.findChildren(QWidget):
        if (
            isinstance(widget, QAbstractButton | QComboBox)
            and widget.objectName()
            and not widget.objectName().startswith("qt_")
            and not isinstance(widget.parent(), QTabBar)  # Qt's own arrows, for tabs that do not fit
        ):
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
