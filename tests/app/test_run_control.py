"""Holding, ending and going on with runs: by buttons, keys and messages, and what is offered at the next start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QMenu, QVBoxLayout, QWidget

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.message_bar import MessageBar
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.run_messages import RunMessages
from cnnstudio.app.run_strip import RunStrip
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.training.header import RunHeader
from cnnstudio.app.training.rate_dialog import RateDialog
from cnnstudio.core.edits import RenameExperiment, SetTraining
from cnnstudio.core.formats.presets import preset
from cnnstudio.core.formats.storage import runs_folder
from cnnstudio.wire.messages import (
    PROTOCOL,
    Checkpointed,
    ContinueRun,
    Device,
    EpochEnd,
    GetPreflight,
    Hello,
    PauseRun,
    Progress,
    ResumeRun,
    RunContinued,
    RunEnded,
    RunFailed,
    RunPaused,
    StartRun,
    StopRun,
)
from tests.helpers.recording import RecordingWorker, Studio, studio
from tests.helpers.run_folders import leave_run
from tests.helpers.started import STEPS, run_started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

    from cnnstudio.core.experiment import Experiment

LEFT = Qt.MouseButton.LeftButton
KEYS = Qt.KeyboardModifier
FULL = 'The folder "/runs" is full: make room, then press Continue (F6).'
HUNG = "The worker has not answered for 8 seconds."


def no(messages: tuple[str, ...]) -> bool:
    return not messages


class Bench:
    """Strip, header and message bar of a run, without the window round them; a worker that only remembers."""

    def __init__(self, qtbot: QtBot, state: str = "ready") -> None:
        themes.choose(Mode.LIGHT)
        self.studio = studio(state)
        self.worker, self.run = self.studio.worker, self.studio.run
        self.window = QWidget()
        self.bar, self.header = MessageBar(), RunHeader()
        self.told = RunMessages(self.run, self.worker, self.bar, Preferences(), self.window)
        column = QVBoxLayout(self.window)
        for part in (self.bar, self.header, RunStrip(self.run, self.worker)):
            column.addWidget(part)
        self.header.resume.clicked.connect(self.run.resume)
        self.header.more.clicked.connect(self.run.train_more)
        self.run.changed.connect(self.follow)
        self.window.resize(1200, 300)
        qtbot.addWidget(self.window)
        self.window.show()

    def follow(self) -> None:
        """What the Train page does."""
        self.header.show_run(self.run, self.experiment)

    @property
    def experiment(self) -> Experiment:
        return self.studio.bridge.experiment

    @property
    def directory(self) -> Path:
        return Path(self.run.state.directory)

    @property
    def messages(self) -> tuple[str, ...]:
        return self.bar.texts

    def part(self, name: str) -> Any:
        found = [w for w in self.window.findChildren(QWidget, name) if w.isVisible()]
        assert len(found) == 1, f"{len(found)} visible widgets named {name}"
        return found[0]

    def text(self, name: str) -> str:
        found = self.window.findChild(QLabel, name)
        assert found is not None, name
        return "" if found.isHidden() else found.text()

    def press(self, name: str) -> None:
        button = self.part(name)
        assert button.isEnabled(), name
        QTest.mouseClick(button, LEFT)

    def end(self, outcome: str = "stopped") -> None:
        """The run ends, and leaves behind what the worker does."""
        leave_run(self.experiment, "FINISHED" if outcome == "finished" else "STOPPED", self.directory)
        self.studio.finish(outcome)


@pytest.fixture
def bench(qtbot: QtBot) -> Bench:
    return Bench(qtbot)


def test_pause_holds_the_run_and_the_same_button_lets_it_go_on(bench: Bench) -> None:
    assert not bench.part("run_pause").isEnabled()
    run = bench.studio.start()
    bench.studio.progress(2, 3)
    bench.press("run_pause")
    assert bench.worker.all(PauseRun) == [PauseRun(run)]
    assert bench.text("run_phase") == "Pausing"
    bench.worker.arrive(RunPaused(run))
    assert bench.text("run_phase") == "Paused"
    assert bench.text("run_headline") == "Paused “LeNet”"
    assert bench.part("run_pause").accessibleName() == "Continue"
    assert bench.part("run_pause").text() == "Continue", "what to do next is not left to an icon"
    assert not bench.part("run_train").isEnabled()
    assert no(bench.messages), "whoever pauses knows why"
    bench.press("run_pause")
    assert bench.worker.all(ContinueRun) == [ContinueRun(run)]
    bench.worker.arrive(RunContinued(run))
    assert bench.text("run_phase") == "Training"
    assert bench.part("run_pause").text() == ""


def test_a_run_that_starts_is_not_told_to_press_train(bench: Bench) -> None:
    bench.run.start()
    assert bench.text("run_headline") == f"Building “{bench.experiment.name}”"
    assert bench.text("run_facts") == "Data are read, and the network is built."
    bench.worker.arrive(RunFailed(bench.run.state.run, "The digits cannot be read."))
    assert bench.text("run_facts") == "", "the line beneath says what to do"


def test_in_a_narrow_window_the_state_of_the_run_stays_whole(bench: Bench, qtbot: QtBot) -> None:
    bench.studio.start(12)
    bench.studio.progress(12, STEPS)
    bench.end("finished")
    bench.window.resize(900, 300)
    phase = bench.part("run_phase")
    qtbot.waitUntil(lambda: bench.window.width() == 900)
    assert phase.text() == "Finished"
    assert phase.width() >= phase.fontMetrics().horizontalAdvance("Finished")
    bar = bench.window.findChild(QWidget, "run_progress")
    assert bar is not None
    assert bar.isHidden(), "a full bar tells nothing"


def test_stop_after_this_epoch_is_asked_once_and_shown(bench: Bench) -> None:
    run = bench.studio.start()
    bench.studio.progress(2, 3)
    for _ in range(2):
        bench.run.stop_after_epoch()
    assert bench.worker.all(StopRun) == [StopRun(run, after_epoch=True)]
    assert bench.text("run_phase") == "Ends with this epoch"
    bench.press("run_stop")
    assert bench.worker.all(StopRun)[-1] == StopRun(run), "whoever cannot wait may stop at once"
    bench.end()
    assert bench.text("run_phase") == "Stopped"


def test_a_stopped_run_goes_on_or_gets_more_epochs(bench: Bench) -> None:
    run = bench.studio.start()
    bench.studio.progress(3, 5)
    assert not bench.run.can_resume
    bench.end()
    directory = str(bench.directory)
    bench.press("run_resume")
    assert bench.worker.all(ResumeRun) == [ResumeRun(run, directory)]
    assert bench.text("run_phase") == "Starting"
    history = tuple(EpochEnd(run, n, float(n), {"loss": 1 / n, "val_loss": 1 / n}) for n in (1, 2))
    bench.worker.arrive(run_started(run, directory, epochs=15, history=history, steps_before=25))
    assert bench.text("run_place") == "Epoch 3 of 15, step 5 of 10"
    bench.end()
    bench.press("run_more_epochs")
    assert bench.worker.all(ResumeRun)[-1] == ResumeRun(run, directory, 10)


def test_a_finished_run_gets_more_epochs_and_has_nothing_to_resume(bench: Bench) -> None:
    bench.studio.start()
    bench.end("finished")
    assert not bench.run.can_resume
    bench.press("run_more_epochs")
    assert bench.worker.all(ResumeRun)[-1].more == 10


def test_a_run_that_left_no_checkpoint_is_not_offered_to_go_on(bench: Bench) -> None:
    bench.studio.start()
    bench.studio.finish("stopped")
    assert not bench.run.can_resume
    assert not bench.run.can_extend
    bench.run.resume()
    assert len(bench.messages) == 1
    assert "cannot go on" in bench.messages[0]
    assert bench.worker.all(ResumeRun) == []


def test_a_failed_run_can_go_on_from_its_message(bench: Bench) -> None:
    run = bench.studio.start()
    bench.studio.progress(4, 2)
    leave_run(bench.experiment, "FAILED", bench.directory)
    bench.worker.arrive(RunFailed(run, "The loss is no number any more."))
    way = "Resume it as it was (Shift+F6), or change the recipe and press Train (F5)."  # its own recipe stays with it
    assert bench.text("run_failure") == f"It broke off in epoch 4 of 15. {way}"
    assert (bench.text("run_phase"), bench.text("run_headline")) == ("Failed", "The run of “LeNet” failed")
    bench.press("message_resume")
    assert bench.worker.all(ResumeRun) == [ResumeRun(run, str(bench.directory))]
    assert no(bench.messages)


def test_the_death_of_the_worker_is_said_once_with_the_way_on(bench: Bench) -> None:
    bench.studio.start()
    leave_run(bench.experiment, "RUNNING", bench.directory)
    bench.worker.lost.emit("The worker ended without warning (SIGKILL).")
    assert len(bench.messages) == 1
    assert bench.messages[0].endswith("your design is safe, and the run can go on from its last checkpoint.")
    assert (bench.text("run_phase"), bench.text("run_headline")) == (
        "Interrupted",
        "The run of “LeNet” was interrupted",
    )
    assert bench.part("message_resume").isEnabled()


def test_a_run_that_is_held_for_a_full_disk_says_so_until_it_goes_on(bench: Bench) -> None:
    run = bench.studio.start()
    bench.worker.arrive(RunPaused(run, FULL))
    assert bench.messages == (FULL,)
    assert bench.part("run_phase").toolTip() == FULL
    bench.press("message_continue")
    assert bench.worker.all(ContinueRun) == [ContinueRun(run)]
    assert no(bench.messages)
    bench.worker.arrive(RunPaused(run, FULL))
    bench.press("message_stop")
    assert bench.worker.all(StopRun) == [StopRun(run)]


def test_how_a_run_stands_and_why_it_ended_are_told(bench: Bench) -> None:
    run = bench.studio.start()
    bench.worker.arrive(Progress(run, 3, 4, 9.0, {"loss": 0.5}, 1234.5, 0.00025))
    bench.worker.arrive(Checkpointed(run, 3, 0))
    assert bench.text("run_state") == "Learning rate 0.00025 · 1,234 samples/s · Kept up to the end of epoch 2"
    bench.worker.arrive(Checkpointed(run, 3, 4))
    assert bench.text("run_state").endswith("Kept up to epoch 3, step 4")
    why = "Early stopping: no progress for 5 epochs."
    bench.worker.arrive(RunEnded(run, "finished", str(bench.directory), 3, 9.0, {"loss": 0.5}, why))
    assert bench.text("run_reason") == why
    assert bench.text("run_state") == ""


# A worker that hangs


def test_stop_ends_a_worker_that_hangs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    bench.studio.start()
    bench.press("run_stop")
    assert not bench.part("run_stop").isEnabled()
    monkeypatch.setattr(RecordingWorker, "end", lambda worker: ended.append(True))
    monkeypatch.setattr(bench.worker, "_is_quiet", True)
    bench.worker.quiet.emit(HUNG)
    assert ended == [True], "it was to stop: that it does not hear this is no reason to wait"
    monkeypatch.setattr(bench.worker, "_is_quiet", False)
    bench.worker.quiet.emit("")


def test_a_worker_that_hangs_is_told_and_ended_on_demand(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []
    monkeypatch.setattr(RecordingWorker, "end", lambda worker: ended.append(True))
    bench.studio.start()
    monkeypatch.setattr(bench.worker, "_is_quiet", True)
    bench.worker.quiet.emit(HUNG)
    assert ended == []
    assert bench.messages[0].startswith(HUNG)
    assert bench.text("run_worker") == "Worker does not answer"
    bench.press("run_stop")
    assert ended == [True]
    assert bench.worker.all(StopRun) == []
    monkeypatch.setattr(bench.worker, "_is_quiet", False)
    bench.worker.quiet.emit("")
    assert no(bench.messages)


# Devices


def test_the_strip_shows_the_device_of_the_recipe_and_sets_it(bench: Bench) -> None:
    bench.worker.arrive(Hello(PROTOCOL, {"fake": "1"}, (Device("cpu", "CPU"), Device("gpu:0", "A GPU")), 1))
    bench.worker.enter("busy")
    bench.worker.enter("ready")
    combo = bench.part("run_device")
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(i) for i in range(combo.count())] == ["Auto", "CPU", "GPU", "GPU 0"]
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert bench.experiment.training.device == "cpu"
    bench.studio.bridge.undo()
    assert combo.currentText() == "Auto"


def test_a_device_that_is_absent_is_said_before_the_start(bench: Bench) -> None:
    bench.worker.arrive(Hello(PROTOCOL, {"fake": "1"}, (Device("cpu", "CPU"),), 1))
    bench.worker.enter("ready")
    bench.studio.bridge.do(SetTraining(recipe=bench.experiment.training.having("device", "gpu:1")))
    assert bench.part("run_device").currentText() == "GPU 1"
    bench.press("run_train")
    assert bench.worker.all(StartRun) == []
    said = "The recipe asks for GPU 1, and this computer has no GPU that can train. Choose the device auto or cpu."
    assert bench.messages == (said,)


# The next start


def interrupted(qtbot: QtBot) -> Bench:
    """The worker has just become ready."""
    made = Bench(qtbot, "starting")
    made.worker.enter("ready")
    return made


def deep_cnn() -> Experiment:
    found = preset("deep-cnn").experiment
    assert found is not None
    return found


def test_a_run_that_broke_off_with_the_window_is_offered_and_goes_on(qtbot: QtBot) -> None:
    folder = leave_run(deep_cnn(), "RUNNING")
    leave_run(deep_cnn(), "FINISHED")
    leave_run(deep_cnn(), "INTERRUPTED", checkpoint=False)
    bench = interrupted(qtbot)
    assert len(bench.messages) == 1
    assert "was interrupted after 3 of 15 epochs" in bench.messages[0]
    with qtbot.waitSignal(bench.told.opening_wanted) as opening:
        bench.press("message_resume")
    assert opening.args == [str(folder)]
    assert bench.worker.all(ResumeRun) == [ResumeRun(folder.name, str(folder))]
    assert bench.run.is_foreign, "nobody has opened its experiment"
    assert bench.text("run_changed").startswith(f"This run trains “{deep_cnn().name}”")
    assert no(bench.messages)


def test_a_run_that_is_left_is_not_offered_again(qtbot: QtBot) -> None:
    for _ in range(2):
        leave_run(deep_cnn(), "INTERRUPTED")
    bench = interrupted(qtbot)
    assert bench.messages[0].endswith("So was 1 more: see Runs.")
    bench.press("message_leave_it")
    assert len(bench.messages) == 1, "the other one"
    bench.press("message_leave_it")
    assert no(bench.messages)
    assert no(interrupted(qtbot).messages)


def test_a_later_worker_offers_nothing(qtbot: QtBot) -> None:
    bench = interrupted(qtbot)
    leave_run(deep_cnn(), "INTERRUPTED")
    for state in ("lost", "starting", "ready"):
        bench.worker.enter(state)
    assert no(bench.messages)


def test_broken_folders_keep_nothing_from_starting(qtbot: QtBot, home: Path) -> None:
    broken = home / "runs" / "2026-11-22-100000-broken"
    broken.mkdir(parents=True)
    (broken / "state.json").write_text("{")
    folder = leave_run(deep_cnn(), "INTERRUPTED")
    (folder / "experiment.json").write_text("nonsense")
    bench = interrupted(qtbot)
    bench.press("message_resume")
    assert bench.worker.all(ResumeRun) == []
    assert len(bench.messages) == 1
    assert bench.messages[0].startswith('The run in "')
    assert "experiment.json" in bench.messages[0]


def test_once_the_new_worker_is_ready_the_message_no_longer_says_that_it_starts(qtbot: QtBot) -> None:
    bench = interrupted(qtbot)
    bench.studio.start()
    leave_run(bench.experiment, "RUNNING", bench.directory)
    bench.worker.lost.emit("The worker ended without warning (SIGKILL).")
    bench.worker.enter("starting")
    assert "A new one is starting; your design" in bench.messages[0]
    bench.worker.enter("ready")
    told = (
        "The worker ended without warning (SIGKILL). A new one is ready; your design is safe, and the run can go on "
        "from its last checkpoint."
    )
    assert (bench.messages, bench.part("message_text").text()) == ((told,), told)
    assert bench.part("message_resume").toolTip() == f"Resume: {told}"
    bench.press("message_close")
    for state in ("busy", "ready"):
        bench.worker.enter(state)
    assert no(bench.messages), "what was put away stays away"


# The window


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """In front, its worker not yet ready; whatever it asked for stays without an answer."""
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), RecordingWorker("starting"))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.bridge.mark_saved()


def test_keys_and_menus_do_what_the_buttons_do(window: MainWindow, qtbot: QtBot) -> None:
    worker, actions = window.worker, window.actions_table
    assert isinstance(worker, RecordingWorker)
    made = Studio(window.bridge, window.selection, worker, window.run)

    def key(key: Qt.Key, modifier: KEYS = KEYS.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget() or window, key, modifier)

    folder = leave_run(deep_cnn(), "RUNNING")
    worker.enter("ready")
    button = window.findChild(QWidget, "message_resume")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    assert worker.all(ResumeRun) == [ResumeRun(folder.name, str(folder))]
    assert window.bridge.experiment == deep_cnn(), "it takes the place of one that has no changes"
    assert not window.run.is_foreign
    made.finish("stopped")
    key(Qt.Key.Key_F5)
    run = worker.all(StartRun)[-1].run
    key(Qt.Key.Key_F6)
    assert worker.all(PauseRun) == [PauseRun(run)]
    assert actions["pause"].text() == "Continue"
    key(Qt.Key.Key_F6)
    assert worker.all(ContinueRun) == [ContinueRun(run)]
    menu = window.strip.findChild(QMenu, "run_more_menu")
    assert menu is not None
    assert [(a.text(), a.isEnabled()) for a in menu.actions()] == [
        ("Stop after this epoch", True), ("Resume run", False), ("Train 10 more epochs", False)
    ]  # fmt: skip
    menu.popup(window.mapToGlobal(window.rect().center()))
    QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert not actions["stop_after_epoch"].isEnabled()
    key(Qt.Key.Key_F5, KEYS.ShiftModifier)
    assert worker.all(StopRun) == [StopRun(run, after_epoch=True), StopRun(run)]
    leave_run(deep_cnn(), "STOPPED", Path(window.run.state.directory))
    made.finish("stopped")
    key(Qt.Key.Key_F5, KEYS.ControlModifier)
    assert worker.all(ResumeRun)[-1] == ResumeRun(run, str(runs_folder() / run), 10)
    made.finish("stopped")
    key(Qt.Key.Key_F7)
    assert worker.all(GetPreflight)[-1].measure
    key(Qt.Key.Key_F7, KEYS.ShiftModifier)
    dialog = window.findChild(RateDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)


def test_unsaved_work_stays_in_front_of_a_run_that_goes_on(window: MainWindow) -> None:
    folder = leave_run(deep_cnn(), "INTERRUPTED")
    window.bridge.do(RenameExperiment(name="Mine"))
    window.run_messages.opening_wanted.emit(str(folder))
    assert window.bridge.experiment.name == "Mine"
