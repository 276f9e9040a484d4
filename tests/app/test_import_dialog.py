"""File > Import as a person does it: keys, the dialog while it reads, the list of what differs, missing weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QProgressBar,
    QPushButton,
)
from shiboken6 import isValid

from cnnstudio.app.dialogs.export import ExportDialog
from cnnstudio.app.dialogs.import_report import ImportReport, findings
from cnnstudio.app.dialogs.questions import UnsavedQuestion
from cnnstudio.app.dialogs.reading import ReadingDialog
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.model_reader import ModelReader
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.recovery import Recovery, find_remains
from cnnstudio.app.theme import Mode, themes
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.document import Document
from cnnstudio.core.edits import RenameExperiment
from cnnstudio.core.formats import weights_store
from cnnstudio.core.formats.files import load_experiment, read_experiment, save_experiment
from cnnstudio.core.formats.weights_store import beside, is_kept, place_of, store_folder
from cnnstudio.core.importing import Told, import_model
from cnnstudio.wire.messages import ExportRun
from tests.helpers.small_keras import NAME, model_text, write_keras

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytestqt.qtbot import QtBot

    from cnnstudio.wire.messages import Command

FAKE = Path(__file__).parents[1] / "helpers" / "fake_worker.py"
LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier
WAIT = 20_000
ENDLESS = """
import time
from cnnstudio.core.formats.weights_store import keep
def write(part):
    part.write_bytes(b"half")
    print('{"doing": "Keeping its weights", "share": 0.25}', flush=True)
    time.sleep(600)
keep(write)
"""
"""A reader that has begun to write and does not come to an end."""
SAID = "Imported small_net: 4 blocks, 90 parameters with weights"


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """A window whose worker is not started."""
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), WorkerClient(command=(sys.executable, str(FAKE))))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.bridge.mark_saved()
    made.worker.stop()


def shown(window: MainWindow, kind: type[QDialog]) -> QDialog | None:
    return next((d for d in window.findChildren(kind) if d.isVisible()), None)


def said(window: MainWindow) -> list[str]:
    """The messages that are shown."""
    return list(window.messages.texts)


def wait_for(qtbot: QtBot, window: MainWindow, kind: type[QDialog]) -> QDialog:
    qtbot.waitUntil(lambda: shown(window, kind) is not None, timeout=WAIT)
    found = shown(window, kind)
    assert found is not None
    return found


def click(parent: QDialog, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isEnabled(), name
    QTest.mouseClick(button, LEFT)


def choose(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Ctrl+I, then the file."""
    QTest.keyClick(window, Qt.Key.Key_I, CONTROL)
    name_file(qtbot, window, path)


def name_file(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Go to the folder in the open file dialog, type the name and press Enter."""
    dialog = wait_for(qtbot, window, QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.setDirectory(str(path.parent))
    line = dialog.findChild(QLineEdit)
    assert line is not None
    line.setCompleter(QCompleter(line))
    line.selectAll()
    QTest.keyClicks(line, path.name)
    QTest.keyClick(line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not (isValid(dialog) and dialog.isVisible()))


def wait_for_model(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.bridge.experiment.name == NAME, timeout=WAIT)


def test_a_model_is_imported_by_keys_alone_and_opens_unsaved(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    choose(qtbot, window, write_keras(tmp_path / "m.keras"))
    reading = wait_for(qtbot, window, ReadingDialog)
    assert reading.windowTitle() == "Import Keras model"
    wait_for_model(qtbot, window)
    assert shown(window, ReadingDialog) is None
    assert shown(window, ImportReport) is None
    assert said(window) == [f"{SAID}."]
    document = window.bridge.document
    assert (document.path, document.is_modified, len(document.states)) == (None, True, 1)
    assert is_kept(window.bridge.experiment.weights)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_S, CONTROL)
    name_file(qtbot, window, tmp_path / "net.json")
    assert beside(tmp_path / "net.json").is_file()
    assert load_experiment(tmp_path / "net.json") == window.bridge.experiment
    assert not document.is_modified


def test_what_differs_is_listed_and_leads_to_its_block(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    choose(qtbot, window, write_keras(tmp_path / "m.keras", odd=True))
    wait_for_model(qtbot, window)
    report = wait_for(qtbot, window, ImportReport)
    assert not report.isModal()
    notes = report.findChild(QListWidget, "import_notes")
    title, summary = (report.findChild(QLabel, f"import_{name}") for name in ("title", "summary"))
    assert notes is not None
    assert title is not None
    assert summary is not None
    assert title.text().startswith("Imported small_net: 5 blocks")
    assert summary.text().startswith("1 layer is not known to the studio and must be replaced before training")
    assert "Wobble" in notes.item(0).text()
    report.activateWindow()
    qtbot.waitUntil(notes.hasFocus)
    QTest.keyClick(notes, Qt.Key.Key_Return)
    assert list(window.selection.ids) == ["wobble"]
    window.selection.select(())
    window.show_data()
    click(report, "import_show")
    assert list(window.selection.ids) == ["wobble"]
    assert window.pages.name == "design"
    assert report.isVisible()
    QTest.keyClick(report, Qt.Key.Key_Escape)
    assert shown(window, ImportReport) is None


def test_the_list_goes_with_its_experiment(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.files.import_path(write_keras(tmp_path / "m.keras", odd=True))
    report = wait_for(qtbot, window, ImportReport)
    window.bridge.mark_saved()
    window.files.new()
    assert not (isValid(report) and report.isVisible())


def test_unsaved_work_is_asked_about_before_anything_is_read(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    assert window.bridge.do(RenameExperiment(name="Mine"))
    choose(qtbot, window, write_keras(tmp_path / "m.keras"))
    question = wait_for(qtbot, window, UnsavedQuestion)
    click(question, "unsaved_cancel")
    assert shown(window, ReadingDialog) is None
    assert window.bridge.experiment.name == "Mine"
    choose(qtbot, window, tmp_path / "m.keras")
    click(wait_for(qtbot, window, UnsavedQuestion), "unsaved_discard")
    wait_for_model(qtbot, window)


@pytest.mark.parametrize("way", ["button", "escape"])
def test_reading_can_be_given_up(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, way: str
) -> None:
    slow(monkeypatch, ENDLESS)
    before = window.bridge.experiment
    window.files.import_path(write_keras(tmp_path / "m.keras"))
    reading = wait_for(qtbot, window, ReadingDialog)
    doing, bar = reading.findChild(QLabel, "reading_doing"), reading.findChild(QProgressBar, "reading_progress")
    assert doing is not None
    assert bar is not None
    qtbot.waitUntil(lambda: doing.text() == "Keeping its weights", timeout=WAIT)
    assert bar.value() == bar.maximum() // 4
    assert len(list(store_folder().iterdir())) == 1
    if way == "button":
        click(reading, "reading_cancel")
    else:
        QTest.keyClick(reading, Qt.Key.Key_Escape)
    assert shown(window, ReadingDialog) is None
    assert window.bridge.experiment is before
    assert said(window) == []
    assert list(store_folder().iterdir()) == []


def slow(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Let every reader run this code instead."""
    real = ModelReader.start

    def start(self: ModelReader, arguments: Sequence[str]) -> None:
        self._command = (sys.executable, "-c", code)
        real(self, arguments)

    monkeypatch.setattr(ModelReader, "start", start)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "m.keras could not be read: the process that read"),
        ("print('noise')", "ended unexpectedly (exit code 0)"),
        ('print(\'{"failed": "It is no model."}\')', "It is no model."),
    ],
)
def test_a_reader_that_fails_leaves_everything_as_it_was(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, words: str
) -> None:
    slow(monkeypatch, code)
    before = window.bridge.experiment
    window.files.import_path(write_keras(tmp_path / "m.keras"))
    qtbot.waitUntil(lambda: said(window) != [], timeout=WAIT)
    assert words in said(window)[0]
    assert window.bridge.experiment is before
    assert shown(window, ReadingDialog) is None


def test_models_that_are_dropped_or_opened_are_imported(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    text = tmp_path / "m.json"
    text.write_text(model_text(), encoding="utf-8")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(text))])
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, none))
    wait_for_model(qtbot, window)
    assert window.bridge.experiment.weights == ""
    assert not window.actions_table["start_fresh"].isEnabled()
    window.bridge.mark_saved()
    broken = tmp_path / "broken.keras"
    broken.write_bytes(b"PK")
    window.files.open_path(broken)
    qtbot.waitUntil(lambda: any("broken.keras" in t for t in window.messages.texts), timeout=WAIT)
    assert window.bridge.experiment.name == NAME


def saved(tmp_path: Path) -> Path:
    """An experiment with weights beside it, and nothing in the store."""
    file = tmp_path / "net.json"
    done = import_model(write_keras(tmp_path / "m.keras"))
    assert save_experiment(file, done.experiment) == ""
    place_of(done.experiment.weights).unlink()
    return file


def test_large_weights_are_put_beside_by_another_process(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights_store, "_SMALL", 0)
    window.files.import_path(write_keras(tmp_path / "m.keras"))
    wait_for_model(qtbot, window)
    weights, file = window.bridge.experiment.weights, tmp_path / "mine" / "net.json"
    window.files._write(file)
    assert not window.bridge.document.is_modified  # the file itself is there at once
    reading = wait_for(qtbot, window, ReadingDialog)
    assert reading.windowTitle() == "Save the weights"
    qtbot.waitUntil(lambda: shown(window, ReadingDialog) is None, timeout=WAIT)
    assert beside(file).read_bytes() == place_of(weights).read_bytes()
    assert not [t for t in said(window) if "net.json" in t]
    window.files._write(file)
    assert shown(window, ReadingDialog) is None  # they are known to lie there

    other = tmp_path / "other" / "net.json"
    window.files._write(other)
    reading = wait_for(qtbot, window, ReadingDialog)
    click(reading, "reading_cancel")
    assert shown(window, ReadingDialog) is None
    assert [t for t in window.messages.texts if "net.json is saved, but its weights are not beside it" in t]
    assert load_experiment(other).weights == weights
    assert [p.name for p in other.parent.iterdir()] == ["net.json"]


def test_opening_an_experiment_takes_its_weights_over(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    file = saved(tmp_path)
    window.files.open_path(file)
    wait_for_model(qtbot, window)
    assert is_kept(window.bridge.experiment.weights)
    assert said(window) == []
    assert window.bridge.document.path == file
    assert not window.bridge.document.is_modified


def test_an_imported_model_can_be_exported_untrained(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sent: list[Command] = []
    monkeypatch.setattr(window.worker, "send", sent.append)
    window.files.import_path(write_keras(tmp_path / "m.keras"))
    wait_for_model(qtbot, window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_E, CONTROL)
    dialog = wait_for(qtbot, window, ExportDialog)
    path = dialog.findChild(QLineEdit, "export_path")
    assert path is not None
    path.selectAll()
    QTest.keyClicks(path, str(tmp_path / "again.keras"))
    QTest.keyClick(path, Qt.Key.Key_Return)
    dialog.close()
    command = next(c for c in sent if isinstance(c, ExportRun))
    assert (command.directory, command.format, command.path) == ("", "keras", str(tmp_path / "again.keras"))
    assert read_experiment(command.experiment, "it") == window.bridge.experiment


def test_missing_weights_are_named_and_fresh_ones_offered(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    file = saved(tmp_path)
    beside(file).write_bytes(b"others")
    window.files.open_path(file)
    wait_for_model(qtbot, window)
    assert len(said(window)) == 1
    assert "net.safetensors is not the weights file that net.json starts from" in said(window)[0]
    assert window.bridge.experiment == load_experiment(file)
    button = window.messages.findChild(QPushButton, "message_go_on_with_fresh_weights")
    assert button is not None
    QTest.mouseClick(button, LEFT)
    assert window.bridge.experiment.weights == ""
    assert said(window) == []
    window.bridge.undo()
    assert "net.safetensors is not the weights file" in said(window)[0]
    window.actions_table["start_fresh"].trigger()
    assert said(window) == []
    assert window.bridge.document.undo_label == "Start from fresh weights"


def test_recovery_keeps_the_weights(window: MainWindow, tmp_path: Path) -> None:
    done = import_model(write_keras(tmp_path / "m.keras"))
    document = Document(done.experiment)
    document.mark_unsaved()
    window.bridge.open(document)
    gone = Recovery(window.bridge)
    gone.write()
    assert gone._lock is not None
    gone._lock.unlock()
    remains = find_remains()
    assert remains is not None
    assert remains.experiment == done.experiment
    assert list(store_folder().iterdir()) == [place_of(done.experiment.weights)]


def test_sentences_lead_to_all_blocks_of_their_kind() -> None:
    told = Told(
        said="Imported",
        notes=(
            "Optimizer, loss and metrics are not carried over.",
            'No block stands for the Keras layer Wobble: "Wob/A" and 1 more; kept.',
            'The activation of "conv" became a block.',
        ),
        unknown=(("wob_a", "Wobble"), ("wob_b", "Wobble"), ("other", "Lambda")),
    )
    found = findings(told, {"wob_a", "wob_b", "other", "conv", "optimizer"})
    assert [(f.blocks, f.unknown) for f in found] == [
        (("wob_a", "wob_b"), True),
        (("other",), True),
        ((), False),
        (("conv",), False),
    ]
