"""Live previews: what is asked of the worker and when, what cards show, and the switch by mouse and by key."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.canvas import CanvasView
from cnnstudio.app.canvas.card import FRAME
from cnnstudio.app.canvas.thumbnails import Ink, painted
from cnnstudio.app.features.colormaps import GREY, VIRIDIS
from cnnstudio.app.lens.sample_steps import SampleSteps
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.preview_bubble import PreviewBubble
from cnnstudio.app.previews import LivePreviews
from cnnstudio.app.theme import Mode, Role, theme, themes
from cnnstudio.app.training.sample_chooser import SampleChooser
from cnnstudio.core.data.builtin import Waveforms
from cnnstudio.core.document import Document
from cnnstudio.core.edits import (
    BypassBlocks,
    MoveBlocks,
    RenameBlock,
    SetData,
    SetGroupClosed,
    SetParameters,
    SetTraining,
    group_blocks,
)
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.core.placing.layout import CARD_WIDTH, arrange
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import Failed, GetMaps, GetPreviews, Maps, Previews, Sample, StartRun, WatchPreviews
from tests.helpers.recording import RecordingWorker, Studio, studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.canvas.card import Card

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
ALL = ("input", "conv", "flat", "output")


class Shown:
    """A canvas with live previews on a recording studio."""

    def __init__(self, qtbot: QtBot, state: str = "ready", *, enabled: bool = True) -> None:
        self.bot = qtbot
        self.studio: Studio = studio(state)
        self.bridge, self.worker, self.run = self.studio.bridge, self.studio.worker, self.studio.run
        assert self.bridge.do(MoveBlocks(positions=arrange(self.bridge.experiment.architecture)))
        self.canvas = CanvasView(self.bridge, self.studio.selection)
        qtbot.addWidget(self.canvas)
        self.canvas.resize(700, 700)
        self.previews = LivePreviews(self.bridge, self.run, self.worker, self.canvas, enabled=enabled)
        self.previews.setParent(self.canvas)
        self.canvas.show()
        qtbot.waitExposed(self.canvas)

    @property
    def asked(self) -> list[GetPreviews]:
        return self.worker.all(GetPreviews)

    @property
    def watched(self) -> list[WatchPreviews]:
        return self.worker.all(WatchPreviews)

    @property
    def with_pictures(self) -> set[str]:
        return {id for id, card in self.canvas.board.cards.items() if card.thumbnail is not None}

    @property
    def note(self) -> str:
        label = self.canvas.findChild(QLabel, "canvas_preview_note")
        assert isinstance(label, QLabel)
        return label.text() if label.isVisible() else ""

    def wait_for(self, count: int) -> GetPreviews:
        """Until so many requests have been sent."""
        self.bot.waitUntil(lambda: len(self.asked) >= count)
        assert len(self.asked) == count
        return self.asked[-1]

    def looks(self, id: str) -> QImage:
        """A card as it is painted, whatever time a frame has."""
        image = QImage(240, 100, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(0)
        painter = QPainter(image)
        painter.translate(12, 12)
        self.canvas.board.cards[id].draw(painter, 1.0)
        painter.end()
        return image

    def let_pause_end(self) -> None:
        """Until edits made so far have been followed."""
        timer = self.previews.findChild(QTimer)
        assert isinstance(timer, QTimer)
        self.bot.waitUntil(lambda: not timer.isActive())

    def arrive(self, request: int, run: str = "", blocks: tuple[str, ...] = ALL, level: int = 200) -> None:
        """Pictures arrive, all of one level."""
        self.worker.arrive(Previews(request, run, blocks, np.full((len(blocks), 44, 44), level, np.uint8)))

    def filters(self, count: int) -> None:
        assert self.bridge.do(SetParameters(id="conv", values={"filters": count}))

    def colour(self, id: str) -> int:
        """The colour in the middle of a card's picture."""
        picture = self.canvas.board.cards[id].thumbnail
        assert picture is not None
        return picture.toImage().pixel(20, 20)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_cards_show_what_the_worker_draws_of_the_design(shown: Shown) -> None:
    asked = shown.wait_for(1)
    assert read_experiment(asked.experiment, "The test") == shown.bridge.experiment
    assert (asked.sample, asked.directory) == (Sample(), "")
    assert asked.size == 88 * shown.canvas.devicePixelRatioF()
    assert shown.with_pictures == set()
    shown.arrive(asked.request)
    assert shown.with_pictures == set(ALL)
    assert shown.colour("input") == GREY.table()[200]
    assert shown.colour("conv") == VIRIDIS.table()[200]
    assert (shown.previews.origin, shown.previews.words) == ("untrained", "untrained · validation sample 0")
    assert shown.note == ""


def test_a_closed_group_shows_what_leaves_it(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    group = group_blocks(shown.bridge.experiment.architecture, ("conv", "flat"), "Head")
    assert shown.bridge.do(group)
    assert shown.bridge.do(SetGroupClosed(id=group.id, closed=True))
    board = shown.canvas.board
    assert shown.with_pictures == {"input", group.id, "output"}
    assert board.shown_block(group.id) == "flat"
    assert shown.bridge.do(SetGroupClosed(id=group.id, closed=False))
    assert shown.with_pictures == set(ALL)


def test_resting_on_a_closed_group_asks_for_the_maps_that_leave_it(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    bubble = PreviewBubble(shown.canvas, shown.previews)
    group = group_blocks(shown.bridge.experiment.architecture, ("conv", "flat"), "Head")
    assert shown.bridge.do(group)
    assert shown.bridge.do(SetGroupClosed(id=group.id, closed=True))
    shown.canvas.set_zoom(1.0)
    card = shown.canvas.board.cards[group.id]
    shown.canvas.centerOn(card)
    at = shown.canvas.mapFromScene(card.pos() + FRAME.center())
    rest = QHelpEvent(QEvent.Type.ToolTip, at, shown.canvas.viewport().mapToGlobal(at))
    QApplication.sendEvent(shown.canvas.viewport(), rest)
    assert bubble.block == "flat"
    assert [ask.block for ask in shown.worker.all(GetMaps)] == ["flat"]
    bubble.close()


def test_one_sample_on_cards_under_the_lens_and_on_the_train_page(shown: Shown) -> None:
    studio, probe = shown.studio, shown.bridge.probe
    lens = SampleSteps(studio.worker, probe)
    train = SampleChooser(studio.worker, probe)
    page = QWidget()
    row = QVBoxLayout(page)
    row.addLayout(train.buttons)
    row.addWidget(train)
    shown.bot.addWidget(lens)
    shown.bot.addWidget(page)
    part = lens.findChild(QComboBox, "lens_part")
    other = page.findChild(QComboBox, "sample_part")
    assert part is not None
    assert other is not None
    QTest.keyClick(part, Qt.Key.Key_Down)
    assert probe.sample == shown.previews.sample == lens.sample == train.sample == Sample("training", 0)
    assert other.currentText() == part.currentText() == "Training samples"
    QTest.keyClick(other, Qt.Key.Key_Up)
    assert part.currentText() == "Validation samples"
    probe.choose(Sample("training", 5))
    assert shown.bridge.do(SetData(recipe=DataRecipe(source=Waveforms())))
    assert probe.sample == Sample()
    assert part.currentText() == other.currentText() == "Validation samples"


def test_an_edit_is_asked_for_after_a_pause_and_once_for_many(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    for count in (5, 6, 7, 8):
        shown.filters(count)
    assert len(shown.asked) == 1
    asked = shown.wait_for(2)
    conv = read_experiment(asked.experiment, "The test").architecture.blocks["conv"].spec
    assert "filters=8" in repr(conv)


def test_what_changes_no_picture_is_not_asked_for(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    conv = shown.canvas.board.cards["conv"].thumbnail
    assert shown.bridge.do(MoveBlocks(positions={"conv": (300.0, 90.0)}))
    epochs = dataclasses.replace(shown.bridge.experiment.training, epochs=3)
    assert shown.bridge.do(SetTraining(recipe=epochs))
    shown.filters(5)
    shown.bridge.undo()
    shown.let_pause_end()
    assert len(shown.asked) == 1
    assert shown.canvas.board.cards["conv"].thumbnail is conv
    seed = dataclasses.replace(shown.bridge.experiment.training, seed=77)
    assert shown.bridge.do(SetTraining(recipe=seed))
    shown.wait_for(2)


def test_one_request_is_under_way_and_a_stale_answer_is_not_shown(shown: Shown) -> None:
    first = shown.wait_for(1)
    shown.filters(5)
    shown.let_pause_end()
    assert len(shown.asked) == 1
    shown.arrive(first.request)
    assert shown.with_pictures == set()
    second = shown.wait_for(2)
    shown.arrive(first.request)  # twice, out of turn
    assert shown.with_pictures == set()
    shown.arrive(second.request)
    assert shown.with_pictures == set(ALL)


def test_a_picture_that_stays_the_same_is_not_painted_again(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    before = {id: shown.canvas.board.cards[id].thumbnail for id in ALL}
    shown.filters(5)
    asked = shown.wait_for(2)
    pictures = np.full((4, 44, 44), 200, np.uint8)
    pictures[2] = 90
    shown.worker.arrive(Previews(asked.request, "", ALL, pictures))
    after = {id: shown.canvas.board.cards[id].thumbnail for id in ALL}
    assert [id for id in ALL if after[id] is not before[id]] == ["flat"]


def test_out_of_sight_nothing_is_asked(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    shown.canvas.hide()
    shown.filters(5)
    shown.let_pause_end()
    assert len(shown.asked) == 1
    shown.canvas.show()
    shown.wait_for(2)


def test_blocks_behind_an_error_have_no_picture(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    assert shown.bridge.do(SetParameters(id="conv", values={"kernel_size": 40, "padding": "valid"}))
    assert shown.with_pictures == {"input"}  # at once: a card without a shape has no picture
    shown.arrive(shown.wait_for(2).request, blocks=("input",))
    assert shown.with_pictures == {"input"}


def test_why_there_are_none_is_said(qtbot: QtBot) -> None:
    shown = Shown(qtbot, "starting")
    shown.let_pause_end()
    assert shown.asked == []
    assert shown.note == shown.previews.reason == ""  # the run strip says that TensorFlow is loading
    shown.worker.enter("ready")
    asked = shown.wait_for(1)
    assert shown.note == ""
    shown.worker.arrive(Failed(asked.request, "No previews: too large."))
    assert shown.note == shown.previews.reason == "No previews: too large."
    shown.let_pause_end()
    assert len(shown.asked) == 1  # asking again would not help
    shown.filters(5)
    shown.arrive(shown.wait_for(2).request)
    assert shown.note == ""
    shown.worker.enter("lost")
    assert "need the worker" in shown.note
    assert shown.with_pictures == set(ALL)  # still true


def test_a_new_worker_is_asked_again_for_what_the_old_one_owed(shown: Shown) -> None:
    first = shown.wait_for(1)
    shown.worker.enter("starting")
    shown.worker.enter("ready")
    second = shown.wait_for(2)
    shown.worker.arrive(Failed(first.request, "The worker has ended."))
    assert shown.note == ""
    shown.arrive(second.request)
    assert shown.with_pictures == set(ALL)


def test_another_sample_and_other_data(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    shown.bridge.probe.choose(Sample("training", 7))
    second = shown.wait_for(2)
    assert second.sample == Sample("training", 7)
    shown.arrive(second.request)
    assert shown.bridge.do(SetData(recipe=DataRecipe(source=Waveforms())))
    assert shown.wait_for(3).sample == Sample()


def test_while_training_the_run_is_watched_and_afterwards_its_weights(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    run = shown.studio.start()
    assert [w.hertz for w in shown.watched] == [1.0]
    shown.studio.progress(3, 1)
    shown.arrive(0, run, level=150)
    assert shown.colour("conv") == VIRIDIS.table()[150]
    assert shown.previews.origin == "training, epoch 3"
    shown.arrive(0, "another run", level=10)
    assert shown.colour("conv") == VIRIDIS.table()[150]
    shown.canvas.hide()
    shown.bot.waitUntil(lambda: shown.watched[-1].hertz == 0)
    shown.canvas.show()
    shown.bot.waitUntil(lambda: shown.watched[-1].hertz == 1)
    assert len(shown.asked) == 1  # training is not disturbed
    shown.studio.finish()
    trained = shown.wait_for(2)
    assert trained.directory == shown.run.trained_directory
    assert shown.watched[-1].hertz == 0
    shown.arrive(trained.request, run, level=160)
    assert shown.previews.origin == "trained, epoch 3"
    shown.filters(5)
    untrained = shown.wait_for(3)
    assert untrained.directory == ""
    shown.arrive(untrained.request)
    assert shown.previews.origin == "untrained"
    shown.bridge.undo()
    assert shown.wait_for(4).directory == shown.run.trained_directory


def test_an_edit_during_a_run_takes_the_pictures_from_what_it_changes(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    run = shown.studio.start()
    shown.arrive(0, run)
    assert shown.bridge.do(BypassBlocks(ids=("flat",), bypassed=True))
    assert shown.with_pictures == {"input", "conv"}
    assert "when it is over" in shown.note
    shown.bridge.undo()
    assert shown.with_pictures == set(ALL)
    assert shown.note == ""
    shown.let_pause_end()
    assert len(shown.asked) == 1
    assert shown.bridge.do(BypassBlocks(ids=("flat",), bypassed=True))
    shown.studio.finish()
    assert shown.wait_for(2).directory == ""


def test_a_renamed_block_keeps_its_trained_maps(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    run = shown.studio.start()
    shown.studio.finish()
    shown.arrive(shown.wait_for(2).request, run)
    assert shown.bridge.do(RenameBlock(id="conv", new_id="edges"))
    asked = shown.wait_for(3)
    assert asked.directory
    assert "conv" in read_experiment(asked.experiment, "The test").architecture.blocks  # as the run knows it
    shown.arrive(asked.request, run)
    assert shown.with_pictures == {"input", "edges", "flat", "output"}
    assert shown.previews.name_in_pictures("edges") == "conv"


def test_a_run_of_another_experiment_is_not_shown(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request)
    run = shown.studio.start()
    shown.bridge.open(Document(dataclasses.replace(shown.bridge.experiment, name="Other")))
    shown.arrive(0, run, level=20)
    assert shown.watched[-1].hertz == 0
    assert "other experiment" in shown.note
    shown.studio.finish()
    assert shown.wait_for(2).directory == ""
    assert shown.note == ""


def test_off_there_is_no_frame_and_nothing_is_asked(qtbot: QtBot) -> None:
    shown = Shown(qtbot, enabled=False)
    shown.let_pause_end()
    assert shown.asked == []
    assert shown.note == ""
    plain = shown.looks("flat")
    shown.previews.toggle()
    shown.arrive(shown.wait_for(1).request)
    assert shown.with_pictures == set(ALL)
    assert shown.looks("flat") != plain
    shown.previews.toggle()
    assert shown.with_pictures == set()
    assert shown.looks("flat") == plain


def test_lines_and_bars_follow_the_theme(shown: Shown) -> None:
    shown.arrive(shown.wait_for(1).request, level=255)
    before = shown.colour("flat")
    themes.choose(Mode.DARK)
    try:
        assert shown.colour("flat") == theme().color(Role.ACCENT).rgb() != before
        assert shown.colour("conv") == VIRIDIS.table()[255]
    finally:
        themes.choose(Mode.LIGHT)
    assert painted(bytes(16), 4, Ink.MAPS).toImage().pixelColor(1, 1).alpha() == 0  # nothing shows the card


def test_a_bypassed_card_looks_and_sounds_off(shown: Shown) -> None:
    card = shown.canvas.board.cards["flat"]
    before = shown.looks("flat")
    assert shown.bridge.do(BypassBlocks(ids=("flat",), bypassed=True))
    assert card.face.bypassed
    assert "bypassed" in card.face.spoken
    assert "passes unchanged" in card.face.tool_tip
    assert shown.looks("flat") != before


def point_at(shown: Shown, card: Card) -> QPoint:
    """The middle of a card's picture in the viewport."""
    return shown.canvas.mapFromScene(card.pos() + QPointF(CARD_WIDTH - 26, 25))


def rest(shown: Shown, at: QPoint) -> None:
    """The pointer has rested there, as Qt tells it."""
    viewport = shown.canvas.viewport()
    QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at)))


def test_resting_on_a_picture_shows_all_maps_of_the_block(shown: Shown) -> None:
    bubble = PreviewBubble(shown.canvas, shown.previews)
    shown.arrive(shown.wait_for(1).request)
    conv = shown.canvas.board.cards["conv"]
    rest(shown, point_at(shown, conv))
    asked = shown.worker.all(GetMaps)[-1]
    assert (asked.block, asked.sample, asked.directory) == ("conv", Sample(), "")
    maps = np.arange(6 * 64, dtype=np.uint8).reshape(6, 8, 8)
    low, high = np.zeros(6, np.float32), np.ones(6, np.float32)
    itself = np.zeros((8, 8, 1), np.float32)
    shown.worker.arrive(Maps(asked.request, "conv", Sample(), False, itself, maps, low, high))
    assert bubble.frame is not None
    assert bubble.frame.isVisible()
    said = {label.text() for label in bubble.frame.findChildren(QLabel)}
    assert said == {"Convolution  conv", "6 maps of 8 × 8 · untrained · validation sample 0"}
    QTest.mouseMove(shown.canvas.viewport(), point_at(shown, conv) + QPoint(2, 2))
    assert bubble.frame.isVisible()
    QTest.mouseMove(shown.canvas.viewport(), QPoint(5, 5))
    shown.bot.waitUntil(lambda: bubble.frame is not None and not bubble.frame.isVisible())
    rest(shown, point_at(shown, conv))
    QTest.keyClick(shown.canvas, Qt.Key.Key_Down)
    assert bubble.block == ""
    shown.worker.arrive(Maps(shown.worker.all(GetMaps)[-1].request, "conv", Sample(), False, itself, maps, low, high))
    assert not bubble.frame.isVisible()  # the answer came too late


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    made = MainWindow(Preferences(), RecordingWorker())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_the_switch_by_key_and_in_the_menu_is_remembered(window: MainWindow, qtbot: QtBot) -> None:
    action = window.actions_table["previews"]
    assert action.isChecked()
    QTest.keyClick(window.design.canvas, Qt.Key.Key_P, CTRL_SHIFT)
    assert not action.isChecked()
    assert not window.previews.enabled
    assert not Preferences().previews
    menu = window.findChild(QMenu, "menu_view")
    assert isinstance(menu, QMenu)
    menu.popup(window.mapToGlobal(QPoint(100, 100)))
    qtbot.waitUntil(menu.isVisible)
    QTest.mouseClick(menu, LEFT, Qt.KeyboardModifier.NoModifier, menu.actionGeometry(action).center())
    assert action.isChecked()
    assert window.previews.enabled
    assert Preferences().previews


def test_the_sample_of_the_train_page_is_the_one_on_the_cards(window: MainWindow) -> None:
    worker = window.worker
    assert isinstance(worker, RecordingWorker)
    window.show_train()
    worker.answer()
    following = window.findChild(QToolButton, "sample_next")
    assert isinstance(following, QToolButton)
    QTest.mouseClick(following, LEFT)
    assert window.previews.sample == Sample("validation", 1)
    window.show_design()
    assert worker.all(StartRun) == []


def test_a_fix_on_trial_stands_where_the_note_did(shown: Shown) -> None:
    shown.worker.arrive(Failed(shown.wait_for(1).request, "No previews: too large."))
    assert shown.bridge.do(SetParameters(id="conv", values={"kernel_size": 40, "padding": "valid"}))
    shown.worker.arrive(Failed(shown.wait_for(2).request, "No previews: too large."))
    assert shown.note
    fix = next(fix for found in shown.bridge.diagnostics for fix in found.fixes if fix.after is not None)
    trial = shown.bridge.fix_preview
    trial.point_at(fix, shown.canvas)
    shown.bot.waitUntil(lambda: trial.shown is fix)
    assert shown.note == ""
    trial.drop()
    assert shown.note == "No previews: too large."
