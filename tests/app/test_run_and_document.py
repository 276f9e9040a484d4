"""A run and the document part ways: another experiment is opened, blocks are renamed or removed while it trains."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QWidget

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.message_bar import Choice
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.training import TrainPage
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import AddBlock, RemoveBlocks, RenameBlock, RenameExperiment, SetParameters
from cnnstudio.core.formats.files import load_experiment, save_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.renaming import renamed
from cnnstudio.wire.messages import RunFailed
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.app.training.view import TrainView
    from cnnstudio.core.experiment import Experiment

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
WAIT = 20_000


class Desk:
    """A window with a recording worker."""

    def __init__(self, qtbot: QtBot) -> None:
        themes.choose(Mode.LIGHT)
        self.worker = RecordingWorker()
        self.window = MainWindow(Preferences(), self.worker)
        self.window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        qtbot.addWidget(self.window)
        self.window.show()
        self.bridge, self.run = self.window.bridge, self.window.run
        self.studio = Studio(self.bridge, self.window.selection, self.worker, self.run)

    def label(self, name: str) -> str:
        found = self.window.findChild(QLabel, name)
        assert found is not None, name
        return "" if found.isHidden() else found.text()

    def open(self, id: str) -> None:
        experiment = preset(id).experiment
        assert experiment is not None
        self.bridge.open(Document(experiment))

    @property
    def view(self) -> TrainView:
        page = self.window.pages.findChild(TrainPage)
        assert page is not None
        assert page.view is not None
        return page.view


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.bridge.mark_saved()


def first_convolution(experiment: Experiment) -> str:
    return next(b.id for b in experiment.architecture.blocks.values() if b.spec.kind == "Convolution")


def test_a_run_of_an_experiment_that_is_no_longer_open_is_named_everywhere(desk: Desk) -> None:
    desk.studio.start()
    desk.studio.progress(1, 3)
    assert desk.label("run_phase") == "Training"
    desk.open("deep-cnn")
    assert desk.run.is_foreign
    assert desk.label("run_phase") == "Training: “LeNet on digits”"
    assert "Stop it (Shift+F5)" in desk.label("run_changed")
    assert "“LeNet on digits”" in desk.label("run_changed")
    assert "no longer open" in desk.view.wall.message
    assert desk.worker.watched.block == ""
    desk.studio.finish()
    assert desk.label("run_phase") == "Finished: “LeNet on digits”"
    assert "Press Train (F5) to train “" in desk.label("run_changed")
    desk.run.start()
    assert not desk.run.is_foreign
    assert desk.label("run_phase") == "Starting"
    assert desk.label("run_changed") == ""
    assert desk.worker.watched.block != ""


def test_the_same_file_opened_again_has_its_run_back(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    save_experiment(path, desk.bridge.experiment)
    desk.bridge.open(Document(load_experiment(path), path))
    desk.studio.start()
    assert desk.bridge.do(SetParameters(id=first_convolution(desk.bridge.experiment), values={"filters": 11}))
    save_experiment(path, desk.bridge.experiment)
    desk.open("deep-cnn")
    assert desk.run.is_foreign
    desk.bridge.open(Document(load_experiment(path), path))
    assert not desk.run.is_foreign
    assert desk.label("run_phase") == "Training"
    assert "The architecture has changed" in desk.label("run_changed")


def test_an_unchanged_preset_opened_again_has_its_run_back(desk: Desk) -> None:
    desk.studio.start()
    desk.open("deep-cnn")
    desk.open("lenet-5")
    assert not desk.run.is_foreign
    assert desk.label("run_phase") == "Training"


def test_a_failure_of_a_run_that_is_no_longer_open_says_whose_it_is(desk: Desk) -> None:
    run = desk.studio.start()
    desk.open("deep-cnn")
    desk.worker.arrive(RunFailed(run, "The loss is no number any more."))
    assert desk.window.messages.texts == ("The run of “LeNet on digits” failed. The loss is no number any more.",)


def test_a_long_name_leaves_the_strip_its_room(desk: Desk) -> None:
    desk.bridge.do(RenameExperiment(name="A very long name indeed " * 5))
    desk.studio.start()
    desk.open("deep-cnn")
    assert len(desk.label("run_phase")) < 40
    assert desk.label("run_phase").endswith("…”")


def test_a_block_renamed_in_training_is_watched_on_under_its_old_id(desk: Desk) -> None:
    block = first_convolution(desk.bridge.experiment)
    desk.window.selection.select((block,))
    desk.studio.start()
    assert desk.worker.watched.block == block
    assert desk.bridge.do(RenameBlock(id=block, new_id="eyes"))
    assert desk.window.selection.ids == ("eyes",)
    assert desk.view.block == "eyes"
    assert desk.worker.watched.block == block
    assert "not part of this run" not in desk.view.wall.message
    assert desk.bridge.do(RenameBlock(id="eyes", new_id="ears"))
    assert desk.worker.watched.block == block
    desk.bridge.undo()
    desk.bridge.undo()
    assert (desk.view.block, desk.worker.watched.block) == (block, block)
    desk.bridge.redo()
    assert (desk.view.block, desk.worker.watched.block) == ("eyes", block)
    desk.studio.finish()
    desk.run.start()
    assert desk.worker.watched.block == "eyes"


def test_a_new_block_under_a_renamed_ones_old_id_is_not_taken_for_it(desk: Desk) -> None:
    block = first_convolution(desk.bridge.experiment)
    desk.studio.start()
    assert desk.bridge.do(RenameBlock(id=block, new_id="eyes"))
    assert desk.bridge.do(AddBlock(spec=spec_class("Convolution")(), id=block, after="eyes"))
    desk.window.selection.select((block,))
    assert desk.worker.watched.block == ""
    assert f"{block} is not part of this run" in desk.view.wall.message
    desk.window.selection.select(("eyes",))
    assert desk.worker.watched.block == block


def test_deleting_the_watched_block_watches_another_and_undo_does_no_harm(desk: Desk) -> None:
    block = first_convolution(desk.bridge.experiment)
    desk.window.selection.select((block,))
    desk.studio.start()
    assert desk.bridge.do(RemoveBlocks(ids=(block,)))
    assert desk.view.block != block
    assert desk.view.block in desk.bridge.experiment.architecture.blocks
    assert desk.worker.watched.block == desk.view.block
    desk.bridge.undo()
    desk.window.selection.select((block,))
    assert desk.worker.watched.block == block


def test_an_id_typed_and_left_for_another_block_renames_and_goes_there(desk: Desk, qtbot: QtBot) -> None:
    window, block = desk.window, first_convolution(desk.bridge.experiment)
    window.activateWindow()
    window.selection.select((block,))
    line = window.findChild(QLineEdit, "block_id")
    assert line is not None
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    line.selectAll()
    QTest.keyClicks(line, "eyes")
    canvas = window.design.canvas
    at = canvas.mapFromScene(canvas.board.cards["input"].body.center())
    QTest.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert "eyes" in desk.bridge.experiment.architecture.blocks
    assert window.selection.ids == ("input",)
    qtbot.waitUntil(canvas.hasFocus)


def test_only_a_rename_is_taken_for_one() -> None:
    experiment = preset("lenet-5").experiment
    assert experiment is not None
    before, block = experiment.architecture, first_convolution(experiment)
    after = RenameBlock(id=block, new_id="eyes").change(before)
    assert renamed(before, after) == (block, "eyes")
    assert renamed(after, before) == ("eyes", block)
    assert renamed(before, before) is None
    gone = RemoveBlocks(ids=(block,)).change(before)
    assert renamed(before, gone) is None
    spec = before.blocks[block].spec
    assert renamed(before, AddBlock(spec=spec, id="eyes", position=(0.0, 0.0)).change(gone)) is None
    other = SetParameters(id="eyes", values={"filters": 77}).change(after)
    assert renamed(before, other) is None


@pytest.fixture
def outdated(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window whose worker speaks another protocol."""
    window = MainWindow(Preferences(), WorkerClient(command=(sys.executable, str(FAKE), "old")))
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    window.show()
    yield window
    window.worker.stop()


def test_a_worker_of_another_version_asks_for_a_restart_and_promises_nothing(
    outdated: MainWindow, qtbot: QtBot
) -> None:
    window = outdated
    window.show_data()  # asks for samples, and must not wait for them for ever
    window.begin()
    qtbot.waitUntil(lambda: window.worker.is_outdated, timeout=WAIT)
    assert window.worker.state == "lost"
    assert window.messages.texts == ("CNN Studio was updated while it was open: save your work and restart it.",)
    window.run.start()
    qtbot.waitUntil(lambda: window.run.state.phase == "failed", timeout=WAIT)
    assert "updated while it was open" in window.run.state.message


def test_news_do_not_push_a_question_away(desk: Desk) -> None:
    bar = desk.window.messages
    bar.show_message("Restore it?", "warning", (Choice("Restore", desk.window.show_data),), key="recovery")
    for number in range(5):
        bar.show_message(f"News {number}")
    assert bar.texts == ("Restore it?", "News 3", "News 4")
    button = bar.findChild(QWidget, "message_restore")
    assert button is not None
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert desk.window.pages.name == "data"
    assert "Restore it?" not in bar.texts
