"""The Why tab, driven with mouse and keys: what it asks of the worker, and what it shows of the answers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QProgressBar, QSlider, QWidget

from cnnstudio.app import asking
from cnnstudio.app.features.colormaps import COOL_TO_WARM, MAGMA, VIRIDIS
from cnnstudio.app.features.words import MessageView
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.inspect.why import work_line
from cnnstudio.app.inspect.why.sentences import class_words, number_words, shift_words
from cnnstudio.app.training.prediction import ChosenSample
from cnnstudio.app.training.viewers.bars import ShareBars
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.edits import SetData
from cnnstudio.wire.messages import (
    PINNED,
    CancelQuestion,
    Explain,
    ExplanationProgress,
    Failed,
    GetMaps,
    GetSamples,
    Maps,
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
    """Nobody waits for a mouse to come to rest, nor for a bar to be worth showing."""
    monkeypatch.setattr(asking, "SETTLE_MS", 0)
    monkeypatch.setattr(work_line, "PATIENCE_MS", 0)


def text(page: WhyPage, name: str) -> str:
    return page.find(QLabel, name).text()


def test_without_a_network_it_says_what_to_do_and_asks_nothing(qtbot: QtBot) -> None:
    page = WhyPage(qtbot, subject=False)
    message = page.find(MessageView, "inspect_why_message")
    assert message.isVisible()
    assert "Choose a network" in message.text
    assert not page.worker.sent


def test_out_of_sight_it_asks_for_nothing(qtbot: QtBot) -> None:
    page = WhyPage(qtbot, subject=False)
    page.panel.set_active(False)
    experiment = page.studio.bridge.experiment
    page.inspection.choose_subject(Subject("Design", experiment))
    qtbot.wait(20)
    assert not page.worker.sent
    page.panel.set_active(True)
    page.asked(Explain)


def test_the_likeliest_class_is_explained_at_the_last_maps_unless_told_otherwise(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    sample = page.bring_sample()
    asked = page.asked(Explain)
    assert (asked.method, asked.sample, asked.block, asked.target) == ("grad-cam", Sample(), "", -1)
    picture = page.explain(asked)
    places = page.panel.explanation.places
    assert places.counting is not None
    np.testing.assert_array_equal(places.counting.values, picture)
    assert not places.counting.signed
    np.testing.assert_array_equal(places.sample, sample)
    assert text(page, "why_title") == "Grad-CAM for 3"
    assert text(page, "why_whose").startswith("Trained")
    assert text(page, "why_numbers") == "Score of 3: 4.5, a share of 90.0 %."
    assert page.find(ChosenSample, "chosen_sample").verdict == "Network says 3"


def test_a_click_on_a_bar_explains_that_class(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    bars = page.panel.explanation.prediction.findChildren(ShareBars)[0]
    line = bars.height() // 10
    QTest.mouseClick(bars, LEFT, NONE, QPoint(20, 7 * line + line // 2))
    asked = page.asked(Explain, 2)
    assert asked.target == 7
    assert page.find(QComboBox, "why_controls_target").currentText() == "7"
    page.explain(asked, target=7)
    assert text(page, "why_title") == "Grad-CAM for 7"


def test_keys_choose_another_method_whose_settings_are_remembered(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    method = page.find(QComboBox, "why_controls_method")
    method.setFocus()
    QTest.keyClick(method, Qt.Key.Key_Down)
    asked = page.asked(Explain, 2)
    assert asked.method == "integrated-gradients"
    assert asked.settings == {"steps": 128, "baseline": "zero"}
    page.explain(asked, score=4.0, baseline=1.0, gap=0.0042)
    counting = page.panel.explanation.places.counting
    assert counting is not None
    assert counting.signed
    assert text(page, "why_numbers").endswith("add up to the difference but for 0.42 %.")
    steps = page.find(QWidget, "why_controls_form").findChild(QWidget, "field_steps")
    assert steps is not None
    steps.setFocus()
    QTest.keyClick(steps, Qt.Key.Key_Up)
    assert page.asked(Explain, 3).settings["steps"] == 129
    again = WhyPage(qtbot)
    remembered = again.asked(Explain)
    assert (remembered.method, remembered.settings["steps"]) == ("integrated-gradients", 129)


def test_a_block_that_is_chosen_beside_is_weighed(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.explain(page.asked(Explain))
    page.inspection.choose_block("convolution_2")
    assert page.asked(Explain, 2).block == "convolution_2"
    page.explain(page.worker.all(Explain)[-1])
    page.inspection.choose_block("dense_1")  # has no maps: what was chosen stays
    qtbot.wait(10)
    assert len(page.worker.all(Explain)) == 2
    field = page.find(QComboBox, "why_controls_block")
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert page.asked(Explain, 3).block == "max_pooling_1"
    assert page.inspection.block == "max_pooling_1"


def test_progress_is_shown_and_can_be_cancelled_and_asked_again(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    page.panel.explain("occlusion")
    asked = page.asked(Explain, 2)
    picture = np.ones(page.info.input_shape[:-1], np.float32)
    page.worker.arrive(ExplanationProgress(asked.request, 3, 12, picture))
    bar = page.find(QProgressBar, "why_work_progress")
    qtbot.waitUntil(bar.isVisible)
    assert (bar.value(), bar.maximum()) == (3, 12)
    assert text(page, "why_title") == "Occlusion, so far"
    assert page.panel.explanation.places.counting is not None
    page.click("why_work_cancel")
    assert page.asked(CancelQuestion).request == asked.request
    page.worker.arrive(Failed(asked.request, "The work was cancelled."))
    assert page.panel.explanation.work.text == "The work was cancelled."
    assert page.panel.explanation.places.counting is None
    assert not bar.isVisible()
    page.click("why_work_retry")
    page.explain(page.asked(Explain, 3), score=1.0, fall=0.5, patches=64.0, patch=2.0)
    assert page.panel.explanation.work.text == ""
    assert "64 patches of 2 px were covered: the score falls by 0.5 at most." in text(page, "why_numbers")


def test_what_is_left_to_occlusion_stands_in_its_field_and_an_empty_one_is_not_sent(qtbot: QtBot) -> None:
    """A 32 x 32 image: a patch of an eighth, moved by half of it. Another patch has another stride."""
    page = WhyPage(qtbot, "shape-tags")
    page.bring_sample(np.full(3, 0.5, np.float32))
    page.explain(page.asked(Explain), target=0)
    page.panel.explain("occlusion")
    asked = page.asked(Explain, 2)
    assert asked.settings == {"fill": "mean"}
    page.explain(asked, target=0)
    lines = {name: page.find(QWidget, f"field_{name}").findChild(QLineEdit) for name in ("patch", "stride")}
    patch, stride = lines["patch"], lines["stride"]
    assert patch is not None
    assert stride is not None
    assert [(line.text(), line.placeholderText()) for line in (patch, stride)] == [
        ("", "automatic (4)"),
        ("", "automatic (2)"),
    ]
    patch.setFocus()
    QTest.keyClicks(patch, "9")
    QTest.keyClick(patch, Qt.Key.Key_Return)
    asked = page.asked(Explain, 3)
    assert asked.settings == {"patch": 9, "fill": "mean"}
    page.explain(asked, target=0)
    assert stride.placeholderText() == "automatic (4)"
    patch.selectAll()
    QTest.keyClick(patch, Qt.Key.Key_Delete)
    QTest.keyClick(patch, Qt.Key.Key_Return)
    assert (patch.placeholderText(), stride.placeholderText()) == ("automatic (4)", "automatic (2)")
    assert page.panel.explanation.places.counting is not None, "the answer from before is known"


def test_another_wish_ends_the_work_on_the_one_before(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    asked = page.asked(Explain)
    page.panel.explain("occlusion")
    assert page.asked(CancelQuestion).request == asked.request
    page.worker.arrive(Failed(asked.request, "The work was cancelled."))
    assert page.asked(Explain, 2).method == "occlusion"
    assert "cancelled" not in page.panel.explanation.work.text


def test_colours_follow_signs_until_one_is_chosen_and_strength_the_keys(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    look = page.panel.explanation.look
    assert (look.colours(False), look.colours(True)) == (MAGMA, COOL_TO_WARM)
    colours = page.find(QComboBox, "why_colours")
    colours.setFocus()
    QTest.keyClick(colours, Qt.Key.Key_Down)
    assert look.colours(False) == look.colours(True) == VIRIDIS
    strength = page.find(QSlider, "why_strength")
    strength.setFocus()
    QTest.keyClick(strength, Qt.Key.Key_End)
    assert look.strength == 1.0
    other = WhyPage(qtbot)
    again = other.panel.explanation.look
    assert (again.strength, again.colours(True)) == (1.0, VIRIDIS)


def test_strength_changes_what_is_painted(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    places = page.panel.explanation.places
    cell = places.grid().part((2, 3), (2, 3)).center().toPoint()
    painted = {}
    slider = page.find(QSlider, "why_strength")
    slider.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_End):
        QTest.keyClick(slider, key)
        painted[key] = places.grab().toImage().pixelColor(cell)
    assert painted[Qt.Key.Key_End].rgb() & 0xFFFFFF == MAGMA.table()[255] & 0xFFFFFF
    bare = painted[Qt.Key.Key_Home]
    assert bare.red() == bare.green() == bare.blue()


def test_the_mouse_and_the_arrow_keys_read_places(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    places = page.panel.explanation.places
    QTest.mouseMove(places, places.grid().part((2, 3), (2, 3)).center().toPoint())
    qtbot.waitUntil(lambda: text(page, "why_readout") == "Row 2, column 2 \u00b7 counts 2")
    places.setFocus()
    QTest.keyClick(places, Qt.Key.Key_Home)
    assert text(page, "why_readout") == "Row 2, column 0 \u00b7 counts 0"
    QTest.keyClick(places, Qt.Key.Key_Up)
    assert text(page, "why_readout").startswith("Row 1, column 0")


def test_the_explanation_is_saved_as_a_picture(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.explain(page.asked(Explain))
    path = tmp_path / "why.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "PNG image (*.png)"))
    page.click("why_save")
    assert path.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert text(page, "why_readout") == f"Figure saved to {path}"


def test_the_slices_of_a_volume_are_walked_through(qtbot: QtBot) -> None:
    page = WhyPage(qtbot, subject=False)
    experiment = page.studio.bridge.experiment
    source = Noise(task="classification", shape=(6, 8, 8, 1), classes=3)
    assert page.studio.bridge.do(SetData(recipe=dataclasses.replace(experiment.data, source=source)))
    experiment = page.studio.bridge.experiment
    page.info = experiment.data.info()
    page.inspection.choose_subject(Subject("Design", experiment))
    page.bring_sample(np.array([0.1, 0.2, 0.7], np.float32))
    picture = np.arange(6 * 8 * 8, dtype=np.float32).reshape(6, 8, 8)
    page.explain(page.asked(Explain), picture, 2)
    places = page.panel.explanation.places
    slider = page.find(QSlider, "why_slice")
    assert slider.isVisible()
    before = places.grab().toImage()
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert places.shown_slice == 0
    assert places.grab().toImage() != before
    places.setFocus()
    QTest.keyClick(places, Qt.Key.Key_Right)
    assert text(page, "why_readout") == "Row 4, column 5 \u00b7 counts 37"


def test_a_pinned_sample_has_no_truth_but_an_answer(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.bring_sample()
    page.inspection.pins.pin_values(np.zeros(page.info.input_shape, np.float32), "Seven by hand")
    asked = page.asked(GetMaps, 2)
    assert asked.sample.part == PINNED
    assert asked.sample == page.inspection.sample
    assert len(page.worker.all(GetSamples)) == 1  # the data do not have it
    values, bounds = np.full(page.info.input_shape, 0.5, np.float32), np.zeros(1, np.float32)
    shares = np.eye(10, dtype=np.float32)[4]
    maps = np.zeros((1, 4, 4), np.uint8)
    page.worker.arrive(Maps(asked.request, asked.block, asked.sample, True, values, maps, bounds, bounds, shares))
    shown = page.panel.explanation.prediction
    assert shown.verdict == "Network says 4"
    assert text(page, "chosen_sample_title") == "Seven by hand"
    np.testing.assert_array_equal(page.panel.explanation.places.sample, values)


def test_while_it_trains_every_epoch_is_explained_once_the_work_is_done(qtbot: QtBot) -> None:
    page = WhyPage(qtbot, subject=False)
    run = page.studio.start()
    experiment = page.studio.bridge.experiment
    page.inspection.choose_subject(Subject("Run", experiment, "", run, True))
    first = page.asked(Explain)
    page.studio.epoch(1, 1.0)
    page.studio.epoch(2, 0.9)
    qtbot.wait(10)
    assert len(page.worker.all(Explain)) == 1
    page.explain(first)
    second = page.asked(Explain, 2)
    page.explain(second)
    assert text(page, "why_whose").startswith("After 2 epochs, while it trains")
    page.studio.epoch(3, 0.8)
    page.asked(Explain, 3)


def test_a_sample_that_cannot_be_had_is_told_with_a_way_out(qtbot: QtBot) -> None:
    page = WhyPage(qtbot)
    page.worker.arrive(Failed(page.asked(GetSamples).request, "The data are gone: choose others on the Data page."))
    message = page.find(MessageView, "inspect_why_message")
    qtbot.waitUntil(message.isVisible)
    assert message.text == "The data are gone: choose others on the Data page."
    page.click("inspect_why_message_action")
    page.asked(GetSamples, 2)
    assert not message.isVisible(), "what was said is not true any more"


@pytest.mark.parametrize("task", list(Task))
def test_every_task_shows_a_sample_without_a_truth(qtbot: QtBot, task: Task) -> None:
    info = DataInfo(task, (8, 8, 1), () if task is Task.RECONSTRUCTION else ("ground", "ring", "bar"))
    sample = np.random.default_rng(0).random((8, 8, 1), np.float32)
    answers: dict[Task, Any] = {
        Task.SEGMENTATION: np.ones((8, 8), np.int32),
        Task.RECONSTRUCTION: sample * 0.5,
        Task.DETECTION: np.array([[0.1, 0.1, 0.5, 0.5, 1, 0.9]], np.float32),
    }
    view = ChosenSample()
    qtbot.addWidget(view)
    view.show_sample("pinned", 1, sample, None, info)
    view.show_prediction(answers.get(task, np.array([0.1, 0.7, 0.6], np.float32)))
    view.resize(400, 300)
    view.show()
    qtbot.waitExposed(view)
    said = {
        Task.CLASSIFICATION: "Network says ring",
        Task.MULTILABEL: "Network names 2 classes",
        Task.DETECTION: "Network draws 1 box",
        Task.SEGMENTATION: "",
    }
    assert view.verdict.startswith(said.get(task, "PSNR"))
    assert not view.grab().isNull()


def test_numbers_and_shifts_in_words() -> None:
    assert number_words({"score": -1.5}, "ring", 1) == "Score of ring: \u22121.5."
    back = number_words({"score": 1.0, "baseline": 0.25}, class_words(-1, DataInfo(Task.RECONSTRUCTION, (8, 1))), 1)
    assert back == "The output of this very sample counts as 1. The empty sample has 0.25."
    assert "nowhere" in number_words({"score": 1.0, "cells": 0.0}, "ring", 2)
    assert "1,024 px" in number_words({"score": 1.0, "cells": 1024.0}, "ring", 2)
    assert number_words({"score": 1.0, "largest": 0.0}, "ring", 2).endswith("No place speaks for it.")
    assert "No place" not in number_words({"score": 1.0, "largest": 0.5}, "ring", 2)
    assert "frame" in number_words({"score": 1.0, "left": 0.1}, "ring", 2)
    assert number_words({"score": 1.0, "gap": 1e-6}, "a", 2).endswith("but for less than 0.01 %.")
    assert shift_words(0, 0, 2) == "not moved"
    assert shift_words(-3, 0, 2) == "3 px to the left"
    assert shift_words(1, 1, 2) == "1 px down"
    assert shift_words(2, 0, 1) == "2 samples later"
    assert shift_words(-1, 2, 3) == "1 voxel to earlier slices"
