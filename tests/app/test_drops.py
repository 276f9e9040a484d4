"""What is dropped on the window, on whatever lies under the mouse: data, experiments, and what is neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel, QMenu

from cnnstudio.app.drops import DropHint
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.formats.files import write_source
from cnnstudio.wire.messages import Scanned, ScanSource
from tests.helpers.data_page import FACTS, REPORT, SQUARE
from tests.helpers.recording import RecordingWorker
from tests.helpers.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtWidgets import QWidget
    from pytestqt.qtbot import QtBot

NONE, LEFT = Qt.KeyboardModifier.NoModifier, Qt.MouseButton.LeftButton
COPY = Qt.DropAction.CopyAction


@pytest.fixture
def opened(qtbot: QtBot) -> Iterator[tuple[Studio, RecordingWorker]]:
    worker = RecordingWorker()
    studio = Studio(qtbot, worker=worker)
    yield studio, worker
    studio.close()


def carried(*paths: Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def drag_onto(target: QWidget, data: QMimeData) -> bool:
    event = QDragEnterEvent(QPoint(20, 20), COPY, data, LEFT, NONE)
    QApplication.sendEvent(target, event)
    return event.isAccepted()


def drop_onto(target: QWidget, data: QMimeData) -> None:
    QApplication.sendEvent(target, QDropEvent(QPointF(20, 20), COPY, data, LEFT, NONE))


def test_a_folder_dropped_on_the_canvas_becomes_the_data(
    opened: tuple[Studio, RecordingWorker], tmp_path: Path
) -> None:
    studio, worker = opened
    window, folder = studio.window, tmp_path / "flowers"
    folder.mkdir()
    under = window.design.canvas.viewport()
    data = carried(folder)
    assert drag_onto(under, data)
    hint = studio.find(DropHint, "drop_hint")
    assert studio.find(QLabel, "drop_hint_text").text() == "Drop to use “flowers” as data"
    assert hint.size() == window.size()
    drop_onto(window, data)
    assert not hint.isVisible()
    assert window.pages.name == "data"
    asked = worker.all(ScanSource)[-1]
    assert asked.path == str(folder)
    assert window.actions_table["data_cancel"].isEnabled()
    found = ImageFolder(path=str(folder)).found(FACTS)
    worker.arrive(Scanned(asked.request, write_source(found), REPORT, SQUARE))
    assert window.bridge.experiment.data.source == found
    assert not window.actions_table["data_cancel"].isEnabled()
    assert window.actions_table["data_rescan"].isEnabled()
    window.actions_table["data_weigh"].trigger()
    assert window.bridge.experiment.training.class_weights
    assert window.actions_table["data_weigh"].isChecked()
    recent = window.findChild(QMenu, "menu_recent_data")
    assert recent is not None
    recent.aboutToShow.emit()
    assert recent.actions()[0].text() == "flowers  (image folder)"


@pytest.mark.parametrize(("name", "taken"), [("x.npz", True), ("x.NPY", True), ("x.csv", True), ("x.txt", False)])
def test_files_of_data_are_taken_and_others_are_not(
    opened: tuple[Studio, RecordingWorker], tmp_path: Path, name: str, taken: bool
) -> None:
    studio, worker = opened
    file = tmp_path / name
    file.write_bytes(b"0")
    data = carried(file)
    assert drag_onto(studio.window, data) is taken
    drop_onto(studio.window, data)
    assert [s.path for s in worker.all(ScanSource)] == ([str(file)] if taken else [])


def test_several_things_at_once_are_not_taken_and_leaving_ends_the_hint(
    opened: tuple[Studio, RecordingWorker], tmp_path: Path
) -> None:
    studio, worker = opened
    assert not drag_onto(studio.window, carried(tmp_path, tmp_path / "x.csv"))
    one = carried(tmp_path)
    assert drag_onto(studio.window, one)
    QApplication.sendEvent(studio.window, QDragLeaveEvent())
    hint = studio.window.findChild(DropHint, "drop_hint")
    assert hint is not None
    assert not hint.isVisible()
    assert worker.all(ScanSource) == []


def test_an_experiment_keeps_its_meaning(opened: tuple[Studio, RecordingWorker], tmp_path: Path) -> None:
    studio, worker = opened
    file = tmp_path / "net.json"
    file.write_text("{}")
    data = carried(file)
    assert drag_onto(studio.window, data)
    assert studio.find(QLabel, "drop_hint_text").text() == "Drop to open “net.json”"
    drop_onto(studio.window, data)
    assert worker.all(ScanSource) == []
    assert "net.json" in " ".join(studio.window.messages.texts)
