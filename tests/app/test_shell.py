"""The window as a whole: pages, files, presets, recovery, runs, and closing without losing anything."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMenu,
    QMenuBar,
    QPlainTextEdit,
    QPushButton,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from cnnstudio.app.actions import TABLE
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.dialogs.questions import StopQuestion, UnsavedQuestion
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.recovery import Recovery, discard, find_remains
from cnnstudio.app.theme import Mode, theme, themes
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.edits import RemoveBlocks, RenameExperiment
from cnnstudio.core.formats.files import load_experiment, write_experiment
from cnnstudio.core.formats.presets import preset, presets
from cnnstudio.wire.run_state import RunState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
D = TypeVar("D", bound=QDialog)
WAIT = 20_000
QtsOwn = (QAbstractSpinBox, QComboBox, QLineEdit, QTabBar, QToolBar, QMenuBar)
"""Their buttons and fields are made by Qt itself."""


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window on the default preset, with a worker that needs no Keras, not started."""
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), WorkerClient(command=(sys.executable, str(FAKE))))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.bridge.mark_saved()
    made.worker.stop()


def dialog(window: QWidget, kind: type[D]) -> D:
    shown = [d for d in window.findChildren(kind) if d.isVisible()]
    assert len(shown) == 1, f"{len(shown)} dialogs of {kind.__name__}"
    return shown[0]


def press(parent: QWidget, name: str) -> None:
    button = parent.findChild(QAbstractButton, name)
    assert button is not None, name
    assert button.isEnabled(), name
    button.click()


def act(window: MainWindow, id: str) -> None:
    action = window.actions_table[id]
    assert action.isEnabled(), id
    action.trigger()


def rename(window: MainWindow, name: str) -> None:
    assert window.bridge.do(RenameExperiment(name=name))


def choose_file(window: MainWindow, path: Path) -> None:
    shown = dialog(window, QFileDialog)
    assert isinstance(shown, QFileDialog)
    shown.fileSelected.emit(str(path))
    shown.close()


def test_it_opens_on_the_default_preset_without_an_unsaved_mark(window: MainWindow) -> None:
    assert window.bridge.experiment == preset("lenet-5").experiment
    assert window.windowTitle() == "LeNet on digits[*] – CNN Studio"
    assert not window.isWindowModified()
    assert window.messages.texts == ()


def test_an_edit_marks_the_title_and_undo_takes_the_mark_away(window: MainWindow) -> None:
    rename(window, "Mine")
    assert window.windowTitle().startswith("Mine[*]")
    assert window.isWindowModified()
    assert window.actions_table["undo"].text().startswith("Undo ")
    assert len(window.actions_table["undo"].text()) > len("Undo ")
    act(window, "undo")
    assert not window.isWindowModified()
    assert not window.actions_table["undo"].isEnabled()
    act(window, "redo")
    assert window.bridge.experiment.name == "Mine"


def test_save_as_then_save_writes_the_file_and_remembers_it(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    rename(window, "Mine")
    act(window, "save")
    choose_file(window, path)
    assert load_experiment(path) == window.bridge.experiment
    assert not window.isWindowModified()
    rename(window, "Mine too")
    act(window, "save")
    assert load_experiment(path).name == "Mine too"
    assert Preferences().recent_files == [path]


def test_a_file_that_cannot_be_written_says_so_and_loses_nothing(window: MainWindow, tmp_path: Path) -> None:
    rename(window, "Mine")
    act(window, "save_as")
    (tmp_path / "file").write_text("in the way")
    choose_file(window, tmp_path / "file" / "mine.json")
    assert len(window.messages.texts) == 1
    assert "cannot be written" in window.messages.texts[0]
    assert window.isWindowModified()
    assert window.bridge.experiment.name == "Mine"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": "cnnstudio-experiment 9.0"}', "\x00\xff"])
def test_a_bad_file_is_one_sentence_and_the_experiment_stays(window: MainWindow, tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(text.encode("latin-1"))
    before = window.bridge.document
    window.open_file(path)
    assert window.bridge.document is before
    assert len(window.messages.texts) == 1
    assert "bad.json" in window.messages.texts[0]
    assert "\n" not in window.messages.texts[0]


def test_opening_over_unsaved_work_asks_and_cancel_keeps_it(window: MainWindow, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    experiment = preset("deep-cnn").experiment
    assert experiment is not None
    other.write_text(write_experiment(experiment))
    rename(window, "Mine")
    window.open_file(other)
    press(dialog(window, UnsavedQuestion), "unsaved_cancel")
    assert window.bridge.experiment.name == "Mine"
    window.open_file(other)
    press(dialog(window, UnsavedQuestion), "unsaved_discard")
    assert window.bridge.experiment == experiment
    assert window.bridge.document.path == other


def test_saving_from_the_question_saves_and_goes_on(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    act(window, "save_as")
    choose_file(window, path)
    rename(window, "Mine")
    act(window, "new")
    press(dialog(window, UnsavedQuestion), "unsaved_save")
    assert load_experiment(path).name == "Mine"
    assert window.bridge.experiment.name == "Untitled"
    assert set(window.bridge.experiment.architecture.blocks) == {"input", "output"}


def test_a_dropped_experiment_file_opens(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    experiment = preset("u-net").experiment
    assert experiment is not None
    path.write_text(write_experiment(experiment))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(QPoint(5, 5)), copy, data, left, none)
    window.dropEvent(event)
    assert event.isAccepted()
    assert window.bridge.experiment == experiment


def test_recent_files_open_again(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    act(window, "save_as")
    choose_file(window, path)
    act(window, "new")
    recent = window.findChild(QMenu, "menu_recent")
    assert recent is not None
    recent.aboutToShow.emit()
    first = next(a for a in recent.actions() if a.text() == "mine.json")
    first.trigger()
    assert window.bridge.document.path == path


def test_the_presets_gallery_finds_by_words_and_opens_with_enter(window: MainWindow) -> None:
    act(window, "presets")
    gallery = dialog(window, PresetsGallery)
    search = gallery.findChild(QLineEdit, "preset_search")
    assert search is not None
    assert gallery.model.rowCount() == len(presets())
    QTest.keyClicks(search, "u-net")
    assert [p.id for p in gallery.model.rows] == ["u-net"]
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert window.bridge.experiment == preset("u-net").experiment
    assert window.bridge.document.path is None


def test_a_search_without_a_match_opens_nothing(window: MainWindow) -> None:
    act(window, "presets")
    gallery = dialog(window, PresetsGallery)
    search = gallery.findChild(QLineEdit, "preset_search")
    assert search is not None
    QTest.keyClicks(search, "zeppelin")
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert gallery.isVisible()
    assert window.bridge.experiment.name == "LeNet on digits"
    gallery.close()


def test_saving_a_preset_refuses_a_shipped_name_and_replaces_ones_own(window: MainWindow) -> None:
    def keep(name: str) -> QDialog:
        act(window, "save_preset")
        naming = next(d for d in window.findChildren(QDialog, "naming_dialog") if d.isVisible())
        field = naming.findChild(QLineEdit, "naming_name")
        assert field is not None
        field.setText(name)
        press(naming, "naming_ok")
        return naming

    refused = keep("lenet-5")
    assert refused.isVisible()
    refused.reject()
    assert not keep("My net").isVisible()
    assert [p.id for p in presets() if p.user] == ["my-net"]
    again = keep("My net")
    button = again.findChild(QPushButton, "naming_ok")
    assert button is not None
    assert button.text() == "Replace"
    button.click()
    assert not again.isVisible()


def test_training_a_design_with_errors_names_the_first_and_selects_its_block(window: MainWindow) -> None:
    window.bridge.do(RemoveBlocks(ids=("output",)))
    act(window, "train")
    assert window.run.state.phase == "idle"
    assert window.worker.state == "stopped"
    assert window.messages.texts[0].startswith("Mend this before training.")
    assert "Output" in window.messages.texts[0]


def test_a_run_shows_in_the_strip_and_can_be_stopped(window: MainWindow, qtbot: QtBot, home: Path) -> None:
    act(window, "train")
    assert not window.actions_table["train"].isEnabled()
    assert Path(window.run.state.directory).parent == home / "runs"
    qtbot.waitUntil(lambda: window.run.state.epoch == 1 and bool(window.run.state.history), timeout=WAIT)
    assert window.pages.name == "train"
    texts = strip_texts(window)
    assert "Training" in texts
    assert "Epoch 1 of 2, step 10 of 10" in texts
    assert "loss 0.4000  accuracy 80.0 %" in texts
    act(window, "stop")
    qtbot.waitUntil(lambda: window.run.state.phase == "stopped", timeout=WAIT)
    assert "Stopped" in strip_texts(window)
    assert any("test accuracy 90.0 %" in t for t in strip_texts(window))


def test_the_strip_has_room_for_the_longest_step_of_a_run(window: MainWindow) -> None:
    """Else its parts would move, and the last figure be cut off, whenever a number grows."""
    place = window.strip.findChild(QLabel, "run_place")
    assert place is not None
    early = RunState(phase="running", epochs=300, epoch=9, step=9, steps_per_epoch=1000)
    late = dataclasses.replace(early, epoch=300, step=1000)
    window.strip.show_run(early)
    room = place.minimumWidth()
    window.strip.show_run(late)
    assert place.sizeHint().width() <= place.minimumWidth() == room


def test_layers_and_code_get_room_to_be_read(window: MainWindow, qtbot: QtBot) -> None:
    tabs = window.findChild(QTabWidget, "design_tabs")
    assert tabs is not None
    before = tabs.height()
    window.show_code()
    qtbot.waitUntil(lambda: tabs.height() >= 240)
    assert before < 240
    assert window.design.canvas.height() > 240


def strip_texts(window: MainWindow) -> list[str]:
    return [label.text() for label in window.strip.findChildren(QLabel)]


def test_killing_the_worker_in_training_is_named_and_train_works_again(window: MainWindow, qtbot: QtBot) -> None:
    act(window, "train")
    qtbot.waitUntil(lambda: window.run.state.phase == "running", timeout=WAIT)
    os.kill(window.worker.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: window.run.state.phase == "failed", timeout=WAIT)
    assert [t for t in window.messages.texts if "SIGKILL" in t and "memory" in t]
    assert "Failed" in strip_texts(window)
    qtbot.waitUntil(lambda: window.worker.state == "ready", timeout=WAIT)
    act(window, "train")
    qtbot.waitUntil(lambda: window.run.state.phase == "running", timeout=WAIT)
    assert not [t for t in window.messages.texts if "SIGKILL" in t]


def test_closing_with_unsaved_work_asks_and_cancel_stays(window: MainWindow) -> None:
    rename(window, "Mine")
    assert not window.close()
    press(dialog(window, UnsavedQuestion), "unsaved_cancel")
    assert window.isVisible()
    window.close()
    press(dialog(window, UnsavedQuestion), "unsaved_discard")
    assert not window.isVisible()
    assert find_remains() is None


def test_closing_during_a_run_asks_and_ends_the_worker(window: MainWindow, qtbot: QtBot) -> None:
    act(window, "train")
    qtbot.waitUntil(lambda: window.run.state.phase == "running", timeout=WAIT)
    assert not window.close()
    press(dialog(window, StopQuestion), "go_on_training")
    assert window.run.state.active
    window.close()
    press(dialog(window, StopQuestion), "stop_and_close")
    assert not window.isVisible()
    assert window.worker.state == "stopped"


def test_closing_a_saved_document_asks_nothing_and_remembers_the_layout(window: MainWindow) -> None:
    window.resize(1100, 700)
    act(window, "look_dark")
    assert theme().is_dark
    assert window.close()
    assert Preferences().mode is Mode.DARK
    assert Preferences().geometry.size() > 0
    assert Preferences().split("design_across", 3)


@pytest.mark.parametrize("text", ["", "[General]\nlook=purple\n", "\x00\x01garbage=]][",
                                  "[splits]\ndesign_across=1,x,-3\n"])  # fmt: skip
def test_nonsense_in_the_preferences_is_as_good_as_nothing(qapp: QApplication, home: Path, text: str) -> None:
    home.mkdir()
    (home / "preferences.ini").write_text(text)
    remembered = Preferences()
    assert remembered.mode is Mode.SYSTEM
    assert remembered.recent_files == []
    assert remembered.split("design_across", 3) == []
    assert remembered.geometry.isEmpty()


def test_unsaved_work_of_a_window_that_is_gone_is_offered_and_restored(window: MainWindow, home: Path) -> None:
    lost = write_experiment(window.bridge.experiment).replace("LeNet on digits", "Lost and found")
    header = {"path": "/somewhere/lost.json", "time": "2026-01-02T03:04:05+00:00"}
    snapshot = home / "recovery" / "abc.json"
    snapshot.parent.mkdir(parents=True)
    snapshot.write_text(json.dumps(header) + "\n" + lost)
    (home / "recovery" / "broken.json").write_text("not even close")
    window.begin()
    assert "Lost and found" in window.messages.texts[0]
    press(window.messages, "message_restore")
    assert window.bridge.experiment.name == "Lost and found"
    assert window.bridge.document.path == Path("/somewhere/lost.json")
    assert window.isWindowModified()
    assert window.messages.texts == ()
    assert not snapshot.exists()


@pytest.mark.parametrize("button", ["message_restore", "message_discard"])
def test_of_two_windows_that_are_gone_each_is_offered(window: MainWindow, home: Path, button: str) -> None:
    (home / "recovery").mkdir(parents=True)
    for name, day in (("Earlier", "02"), ("Later", "03")):
        text = write_experiment(window.bridge.experiment).replace("LeNet on digits", name)
        header = {"path": "", "time": f"2026-01-{day}T03:04:05+00:00"}
        (home / "recovery" / f"{name}.json").write_text(json.dumps(header) + "\n" + text)
    window.begin()
    assert '"Later"' in window.messages.texts[0]
    press(window.messages, button)
    assert not (home / "recovery" / "Later.json").exists()
    assert '"Earlier"' in window.messages.texts[0]
    assert (home / "recovery" / "Earlier.json").exists()


def test_a_snapshot_comes_with_an_edit_and_goes_with_saving(window: MainWindow, qtbot: QtBot, home: Path) -> None:
    folder = home / "recovery"
    rename(window, "Precious")
    qtbot.waitUntil(lambda: len(list(folder.glob("*.json"))) == 1, timeout=WAIT)
    assert find_remains() is None  # this window lives: its snapshot is no remains
    assert "Precious" in next(folder.glob("*.json")).read_text()
    window.bridge.mark_saved()
    assert not list(folder.glob("*.json"))


def test_a_snapshot_survives_its_window_and_can_be_discarded(window: MainWindow, qapp: QApplication) -> None:
    rename(window, "Precious")
    other = Recovery(window.bridge)
    other.write()
    assert other._lock is not None
    other._lock.unlock()  # as when the process is gone
    found = find_remains()
    assert found is not None
    assert found.experiment.name == "Precious"
    discard(found)
    assert find_remains() is None
    other.close()
    other.deleteLater()


def test_every_page_opens_and_every_control_on_it_says_what_it_is(window: MainWindow) -> None:
    for page in ("design", "data", "train", "runs"):
        act(window, f"page_{page}")
        assert window.pages.name == page
        assert window.actions_table[f"page_{page}"].isChecked()
    kinds = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QAbstractSpinBox)
    nameless = [
        f"{type(w).__name__} {w.objectName()!r} in {type(w.parent()).__name__}"
        for kind in kinds
        for w in window.findChildren(kind)
        if not w.objectName().startswith("qt_")
        and not isinstance(w.parent(), QtsOwn)
        and not (w.objectName() and w.accessibleName() and w.toolTip())
    ]
    assert nameless == []


def test_actions_have_ids_targets_and_shortcuts_of_their_own(window: MainWindow) -> None:
    ids = [s.id for s in TABLE]
    assert len(set(ids)) == len(ids)
    for others in (True, False):  # the canvas and the table of runs never have the focus at once
        here = [s.id for s in TABLE if not (s.on_canvas if others else s.on_runs)]
        keys = [k.toString() for i in here for k in window.actions_table[i].shortcuts()]
        assert len(set(keys)) == len(keys)
    named = {a.objectName() for a in window.findChildren(QAction)}
    assert {f"action_{i}" for i in ids} <= named
    assert all(s.tip and not s.tip.endswith((".", "!")) for s in TABLE)


def test_the_keras_script_comes_to_the_front(window: MainWindow) -> None:
    act(window, "page_data")
    act(window, "code")
    assert window.pages.name == "design"
    assert window.design.code.isVisible()


def test_shortcuts_and_about_open(window: MainWindow) -> None:
    act(window, "shortcuts")
    act(window, "about")
    shown = {d.objectName() for d in window.findChildren(QDialog) if d.isVisible()}
    assert shown == {"shortcuts_dialog", "about_dialog"}
    for one in window.findChildren(QDialog):
        one.close()


def test_the_history_comes_to_the_front_and_its_list_takes_the_keys(window: MainWindow, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    rename(window, "Other")
    act(window, "page_data")
    QTest.keyClick(window, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert window.pages.name == "design"
    focused = QApplication.focusWidget()
    assert focused is not None
    assert focused.objectName() == "history_list"
    QTest.keyClick(focused, Qt.Key.Key_Home)
    QTest.keyClick(focused, Qt.Key.Key_Return)
    assert not window.isWindowModified()
    assert window.bridge.document.redo_label


def test_the_toolbar_holds_what_is_often_wanted_in_sections_and_checks_show_in_menus(window: MainWindow) -> None:
    (bar,) = window.findChildren(QToolBar)
    shown = ["|" if a.isSeparator() else a.objectName().removeprefix("action_") for a in bar.actions()]
    assert " ".join(shown) == (
        "new presets open | save | undo redo | group | bypass add_comment tidy | zoom_fit | previews"
    )
    assert all(not a.icon().isNull() for a in bar.actions() if not a.isSeparator())
    for spec in TABLE:
        if spec.checked is not None:  # an icon would stand where the check mark is
            assert not window.actions_table[spec.id].isIconVisibleInMenu(), spec.id
    button = bar.findChild(QAbstractButton, "tool_previews")
    assert isinstance(button, QAbstractButton)
    was = window.previews.enabled
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert (window.previews.enabled, button.isChecked()) == (not was, not was)
