"""A person drops data of every kind on the real window and trains on them; the real worker scans and learns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QPushButton

from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.run_folder import METRICS
from tests.helpers import own_data
from tests.helpers.studio import LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytestqt.qtbot import QtBot

PICTURES = os.environ.get("CNNSTUDIO_PICTURES")


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, open on the default preset."""
    made = Studio(qtbot)
    yield made
    made.close()


def drop(studio: Studio, path: Path) -> None:
    """Drag the folder or file from a file manager onto the middle of the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    place = QPoint(studio.window.width() // 2, studio.window.height() // 2)
    left, none, copy = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction
    enter = QDragEnterEvent(place, copy, mime, left, none)
    QApplication.sendEvent(studio.window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(studio.window, QDropEvent(QPointF(place), copy, mime, left, none))


def source_of(studio: Studio) -> FileSource | None:
    """The person's own files that the experiment reads."""
    source = studio.window.bridge.experiment.data.source
    return source if isinstance(source, FileSource) else None


def adopt(studio: Studio, path: Path) -> FileSource:
    """Drop and wait until the experiment has the data and the gallery shows samples."""
    before = studio.window.bridge.experiment.data.source
    drop(studio, path)
    studio.until(lambda: studio.window.bridge.experiment.data.source is not before, LONG)
    source = source_of(studio)
    assert source is not None
    return source


def use_fitting_design(studio: Studio) -> None:
    """Press the button of the message bar that puts a preset's design in place, where one is needed."""
    if not any(d.severity == "error" for d in studio.window.bridge.diagnostics):
        return
    offers = [
        b
        for b in studio.window.findChildren(QPushButton)
        if b.isVisible() and b.text().replace("&", "").startswith("Use the design of")
    ]
    assert offers, [str(d) for d in studio.window.bridge.diagnostics]
    offers[0].click()
    assert not any(d.severity == "error" for d in studio.window.bridge.diagnostics)


SOURCES: dict[str, tuple[Callable[[Path], Path], str, Task, tuple[int, ...], int]] = {
    "folder": (own_data.image_folder, "ImageFolder", Task.CLASSIFICATION, (24, 24, 3), 3),
    "masks": (own_data.image_masks, "ImageMasks", Task.SEGMENTATION, (24, 24, 3), 4),
    "coco": (own_data.coco, "CocoImages", Task.DETECTION, (24, 24, 3), 3),
    "yolo": (own_data.yolo, "YoloImages", Task.DETECTION, (24, 24, 3), 3),
    "table": (own_data.file_table, "FileTable", Task.CLASSIFICATION, (24, 24, 3), 3),
    "several": (lambda p: own_data.file_table(p, several=True), "FileTable", Task.MULTILABEL, (24, 24, 3), 5),
    "arrays": (own_data.arrays, "ArrayFile", Task.CLASSIFICATION, (24, 24, 3), 3),
    "signal table": (own_data.signal_table, "SignalTable", Task.CLASSIFICATION, (64, 1), 3),
    "signal array": (own_data.signal_array, "ArrayFile", Task.RECONSTRUCTION, (128, 1), 0),
    "signal folder": (own_data.signal_folder, "SignalFolder", Task.CLASSIFICATION, (128, 2), 3),
    "WAV folder": (own_data.wav_folder, "SignalFolder", Task.CLASSIFICATION, (128, 1), 3),
}
"""What is dropped, and the kind of source, task, shape and number of classes that come of it."""
TRAINED = ("folder", "masks", "coco", "several", "signal array", "WAV folder")
"""Each task once, images and signals; the others train on what these do, once they are read: see tests/engine."""


def test_every_kind_of_data_is_dropped_and_every_task_trained(studio: Studio, tmp_path: Path) -> None:
    """Each in the same window, one after the other, each task with one epoch of training."""
    studio.wait_for_worker()
    for name, (make, kind, task, shape, classes) in SOURCES.items():
        source = adopt(studio, make(tmp_path / name.replace(" ", "-")))
        info = studio.window.bridge.experiment.data.info()
        assert (source.kind, info.task, info.input_shape, info.classes) == (kind, task, shape, classes), name
        use_fitting_design(studio)
        if name in TRAINED or PICTURES:
            train_an_epoch(studio, name)


def train_an_epoch(studio: Studio, name: str) -> None:
    """Press Train and stop after the first epoch."""
    runs = studio.window.run
    before = runs.state.run
    studio.key(Qt.Key.Key_F5)
    studio.until(lambda: runs.state.run != before)
    studio.until(lambda: bool(runs.state.history) or runs.state.phase == "failed", LONG)
    assert runs.state.phase != "failed", (name, runs.state.message)
    if runs.state.active:
        studio.press("run_stop")
    studio.until(lambda: not runs.state.active, LONG)
    if PICTURES:
        studio.shot(Path(PICTURES) / f"own-{name.replace(' ', '-')}.png")
    assert (Path(runs.state.directory) / METRICS).exists()
