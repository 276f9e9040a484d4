"""The Inspect page: which network is inspected, the list of its blocks, keys, and what is remembered."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QListView, QTabWidget, QToolButton

from cnnstudio.app.inspect.block_model import SHAPE
from cnnstudio.app.inspect.networks import DESIGN, REMEMBERED
from cnnstudio.app.inspect.subject_choice import SubjectChoice
from cnnstudio.app.inspect.subject_picker import SubjectPicker
from cnnstudio.app.inspect.view import TABS, InspectView
from cnnstudio.app.runs.view import RunsView
from cnnstudio.core.document import Document
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.run_folder import EXPERIMENT, LAST
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.wire.messages import GetPreviews, Progress, RunEnded, WatchPreviews
from tests.helpers.played import PlayedWorker
from tests.helpers.runs import make_run
from tests.helpers.started import run_started
from tests.helpers.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


def kept(name: str, number: int = 0) -> Path:
    """A run that has kept weights."""
    folder = make_run(runs_folder(), name, number=number)
    (folder / LAST).parent.mkdir()
    (folder / LAST).write_bytes(b"weights")
    return folder


@pytest.fixture
def worker() -> PlayedWorker:
    return PlayedWorker()


@pytest.fixture
def studio(qtbot: QtBot, worker: PlayedWorker) -> Iterator[Studio]:
    """The window with a worker that draws."""
    made = Studio(qtbot, worker=worker)
    worker.enter("ready")
    yield made
    state = made.window.run.state
    if state.active:
        finish(made, worker)
    made.close()


def inspected(studio: Studio) -> InspectView:
    """Go to the page by its key; its content."""
    studio.key(Qt.Key.Key_4, CONTROL)
    view = studio.window.findChild(InspectView)
    assert view is not None
    studio.until(view.subject.isVisible)
    return view


def told(studio: Studio) -> str:
    """What is said of the network."""
    return studio.find(QLabel, "inspect_subject_state").text()


def blocks(studio: Studio) -> QListView:
    """The list of blocks."""
    return studio.find(QListView, "inspect_blocks")


def choose_run(studio: Studio, words: str) -> None:
    """Open the list of networks, type, and take what stands first."""
    studio.press("inspect_subject_name")
    picker = studio.window.findChild(SubjectPicker)
    assert picker is not None
    studio.until(lambda: picker.isVisible() and studio.window.runs.library.has_looked)
    QTest.keyClicks(picker.field, words)
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    assert not picker.isVisible()


def train(studio: Studio, worker: PlayedWorker) -> None:
    """Start a run, which stands and is in its first epoch."""
    studio.key(Qt.Key.Key_F5)
    state = studio.window.run.state
    worker.arrive(run_started(state.run, state.directory, epochs=4))
    worker.arrive(Progress(state.run, 1, 3, 1.0, {"loss": 1.0}, 1000.0))


def finish(studio: Studio, worker: PlayedWorker, *, weights: bool = True) -> None:
    """The run is over."""
    state = studio.window.run.state
    if weights:
        (Path(state.directory) / LAST).parent.mkdir()
        (Path(state.directory) / LAST).write_bytes(b"weights")
    worker.arrive(RunEnded(state.run, "finished", state.directory, 4, 2.0, {}))


def test_the_design_is_inspected_until_a_run_starts(studio: Studio, worker: PlayedWorker) -> None:
    """Its blocks with shapes and pictures; then those of the run, which sends pictures while they are seen."""
    view = inspected(studio)
    subject = view.inspection.subject
    assert subject is not None
    assert (subject.title, subject.directory, told(studio)) == ("Design", "", "Untrained")
    model = blocks(studio).model()
    traced = studio.window.bridge.trace.blocks
    assert [model.index(row, 0).data() for row in range(model.rowCount())] == list(traced)
    assert model.index(0, 0).data(SHAPE) == "8 × 8 × 1"
    studio.until(lambda: all(view.blocks.blocks.picture(row) is not None for row in range(model.rowCount())))
    asked = worker.all(GetPreviews)[-1]
    assert (asked.directory, asked.view) == ("", 1)

    train(studio, worker)
    assert studio.window.pages.name == "train"
    inspected(studio)
    subject = view.inspection.subject
    assert subject is not None
    assert subject.active
    assert (subject.run, subject.directory) == (studio.window.run.state.run, "")
    assert told(studio) == "Training, epoch 1 of 4"
    studio.until(lambda: [watch for watch in worker.all(WatchPreviews) if watch.view == 1][-1].hertz > 0)

    finish(studio, worker)
    subject = view.inspection.subject
    assert subject is not None
    assert not subject.active
    assert subject.run, "the worker still has its model"
    assert subject.directory == studio.window.run.state.directory
    studio.until(lambda: [watch for watch in worker.all(WatchPreviews) if watch.view == 1][-1].hertz == 0)

    worker.enter("lost")
    assert view.inspection.subject is not None
    assert not view.inspection.subject.run, "the model went with the worker"
    assert told(studio) == "Worker ended"
    studio.press("inspect_start_worker")
    assert worker.starts == 2
    assert told(studio).endswith("the worker loads")


def test_any_run_is_found_by_typing_and_remembered(qtbot: QtBot, studio: Studio, worker: PlayedWorker) -> None:
    """The list by mouse and keys; the next window shows the same; a run that is gone is not missed."""
    wide, deep = kept("Wide net"), kept("Deep net", 1)
    view = inspected(studio)
    choose_run(studio, "wide")
    assert view.inspection.subject is not None
    assert (view.inspection.subject.directory, view.inspection.subject.title) == (str(wide), "Wide net")
    assert told(studio) == "Finished, 3 epochs"
    assert studio.find(QToolButton, "inspect_subject_name").text() == "Wide net"
    studio.until(lambda: worker.all(GetPreviews)[-1].directory == str(wide))

    studio.until(studio.window.isActiveWindow)
    studio.key(Qt.Key.Key_N, ALT)
    picker = studio.window.findChild(SubjectPicker)
    assert picker is not None
    assert picker.isVisible()
    assert picker.runs.shown[picker.rows.currentIndex().row()].folder == wide
    QTest.keyClick(picker.field, Qt.Key.Key_Down)
    assert picker.rows.hasFocus() or not picker.isActiveWindow()
    QTest.keyClick(picker.rows, Qt.Key.Key_Home)
    QTest.keyClick(picker.rows, Qt.Key.Key_Return)
    assert view.inspection.networks.chosen == str(deep)

    picker.open_at(picker.pos())
    QTest.keyClicks(picker.field, "no such words")
    assert studio.find(QLabel, "inspect_no_run_title", picker).text() == "No such run"
    QTest.keyClick(picker.field, Qt.Key.Key_Escape)
    QTest.keyClick(picker.field, Qt.Key.Key_Escape)
    assert not picker.isVisible()
    assert view.inspection.preferences.choice(REMEMBERED) == str(deep)

    shutil.rmtree(deep)
    studio.key(Qt.Key.Key_1, CONTROL)
    inspected(studio)
    assert view.inspection.networks.chosen == DESIGN


def test_a_run_that_cannot_be_read_is_named_and_another_chosen(studio: Studio) -> None:
    broken = kept("Broken net")
    (broken / EXPERIMENT).write_text("{", encoding="utf-8")
    inspected(studio)
    choose_run(studio, "broken")
    assert studio.find(QLabel, "inspect_message_title").text() == "Not this run"
    assert "cannot be inspected" in studio.find(QLabel, "inspect_message_text").text()
    studio.press("inspect_subject_name")
    picker = studio.window.findChild(SubjectPicker)
    assert picker is not None
    QTest.mouseClick(picker.design, Qt.MouseButton.LeftButton)
    assert blocks(studio).isVisible()
    assert told(studio) == "Untrained"


def test_keys_walk_blocks_and_tabs(studio: Studio) -> None:
    """Alt and arrows from anywhere, arrows and letters in the list, Alt and digits; the tab is remembered."""
    view = inspected(studio)
    ids = list(view.inspection.subject.blocks) if view.inspection.subject is not None else []
    assert QApplication.focusWidget() is blocks(studio)
    studio.key(Qt.Key.Key_Home)
    assert view.inspection.block == ids[0]
    studio.key(Qt.Key.Key_Up, ALT)
    assert view.inspection.block == ids[0], "it stops at the ends"
    studio.key(Qt.Key.Key_Down, ALT)
    assert view.inspection.block == ids[1]
    assert studio.window.selection.current == ids[1], "the Design page has it selected, too"
    QTest.keyClicks(blocks(studio), "max")
    assert view.inspection.block == "max_pooling_1"
    tabs = studio.find(QTabWidget, "inspect_tabs")
    for number, name in enumerate(TABS):
        studio.key(Qt.Key(Qt.Key.Key_1 + number), ALT)
        assert tabs.currentIndex() == number, name
    studio.key(Qt.Key.Key_2, ALT)
    assert view.inspection.preferences.choice("inspect_tab") == "kernels"


def test_other_pages_lead_here(studio: Studio, worker: PlayedWorker) -> None:
    """Ctrl+Enter on a run, and the button beside the wall of the Train page; a run that kept no weights says so."""
    folder = kept("Wide net")
    studio.key(Qt.Key.Key_5, CONTROL)
    runs = studio.window.findChild(RunsView)
    assert runs is not None
    studio.until(lambda: bool(studio.window.runs.chosen))
    runs.panel.table.setFocus()
    studio.key(Qt.Key.Key_Return, CONTROL)
    assert studio.window.pages.name == "inspect"
    view = inspected(studio)
    assert view.inspection.networks.chosen == str(folder)
    train(studio, worker)
    button = studio.window.findChild(QToolButton, "train_inspect")
    assert button is not None
    studio.until(button.isVisible)
    studio.press("train_inspect")
    assert studio.window.pages.name == "inspect"
    assert view.inspection.networks.chosen == studio.window.run.state.directory
    assert studio.find(SubjectChoice, "inspect_subject").isVisible()
    finish(studio, worker, weights=False)
    subject = view.inspection.subject
    assert subject is not None
    assert (subject.directory, subject.folder) == ("", studio.window.run.state.directory)
    assert told(studio) == "No weights were kept"
    assert view.inspection.timeline_folder == subject.folder


def test_a_design_opens_at_kernels_and_says_what_to_do_where_nothing_can_be_computed(studio: Studio) -> None:
    """A composite that convolves counts, not the input before it."""
    experiment = preset("signal-cnn").experiment
    assert experiment is not None
    studio.window.bridge.open(Document(experiment))
    view = inspected(studio)
    assert view.inspection.block == "conv_norm_activation_1"
    shape = experiment.data.info().input_shape
    assert studio.window.bridge.do(SetParameters(id="input", values={"shape": (0, *shape[1:])}))
    assert studio.find(QLabel, "inspect_message_title").text() == "No block can be computed"
    studio.window.bridge.undo()
    assert blocks(studio).isVisible()
