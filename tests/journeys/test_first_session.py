"""What a new user does in the first half hour, in the real window with the real worker."""

from __future__ import annotations

import dataclasses
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QLabel, QPlainTextEdit, QProgressBar, QTabWidget

from cnnstudio.app.dialogs.export import ExportDialog
from cnnstudio.app.features.wall import FeatureWall
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.core.catalogue.convolution import Convolution
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.files import load_experiment
from cnnstudio.core.formats.presets import preset
from cnnstudio.wire.messages import FeatureMaps
from tests.helpers.effort import LONGER
from tests.helpers.studio import LEFT, LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot


CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, open on the default preset."""
    made = Studio(qtbot)
    yield made
    made.close()


def test_design_by_mouse_and_keyboard(studio: Studio) -> None:
    """Step 3: add, edit, reorder, remove, undo; shapes follow at once and a mistake is marked on its block."""
    window = studio.window
    assert window.windowTitle().startswith("LeNet on digits")
    assert not window.bridge.diagnostics

    studio.click_card("max_pooling_1")
    assert window.selection.current == "max_pooling_1"
    added = studio.append_from_palette("convol")
    assert studio.order.index(added) == studio.order.index("max_pooling_1") + 1
    assert window.selection.current == added

    studio.type_into("field_filters", "24")
    spec = studio.architecture.blocks[added].spec
    assert isinstance(spec, Convolution)
    assert spec.filters == 24
    output = window.bridge.trace.blocks[added].output
    assert output is not None
    assert output.shape == (4, 4, 24)

    studio.click_card(added)
    studio.key(Qt.Key.Key_Up, ALT)
    assert studio.order.index(added) == studio.order.index("max_pooling_1") - 1

    studio.type_into("field_strides", "2")
    studio.type_into("field_dilation_rate", "2")
    wrong = [d for d in window.bridge.diagnostics if d.block == added]
    assert len(wrong) == 1
    assert wrong[0].message.endswith("set one of them to 1.")
    problems = studio.find(QAbstractItemView, "problems_list")
    assert problems.model().rowCount() == len(window.bridge.diagnostics)

    studio.click_card(added)
    studio.key(Qt.Key.Key_Delete)
    assert added not in studio.architecture.blocks
    assert not window.bridge.diagnostics
    while window.bridge.document.can_undo:
        studio.key(Qt.Key.Key_Z, CONTROL)
    assert window.bridge.experiment == preset("lenet-5").experiment
    assert not window.isWindowModified()


def test_a_card_is_dragged_in_one_undo_step(studio: Studio) -> None:
    """Press, move in many small steps, release: one edit."""
    viewport = studio.window.design.canvas.viewport()
    home = studio.architecture.blocks["convolution_1"].position
    start = studio.card_point("convolution_1")
    QTest.mousePress(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, 16):
        QTest.mouseMove(viewport, start + QPoint(8 * step, 3 * step))
    QTest.mouseRelease(viewport, LEFT, Qt.KeyboardModifier.NoModifier, start + QPoint(120, 45))
    x, y = studio.architecture.blocks["convolution_1"].position
    assert x > home[0] + 50
    assert y > home[1] + 10
    studio.key(Qt.Key.Key_Z, CONTROL)
    assert studio.architecture.blocks["convolution_1"].position == home
    assert not studio.window.bridge.document.can_undo


def test_train_watch_stop_train_export(studio: Studio, tmp_path: Path) -> None:
    """Steps 4 and 5: curves, progress and all feature maps move; another sample; Stop; export; the lens."""
    window = studio.window
    seen: list[FeatureMaps] = []

    def keep(event: object) -> None:
        if isinstance(event, FeatureMaps):
            seen.append(event)

    window.worker.received.connect(keep)
    recipe = window.bridge.experiment.training
    window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=400)))
    studio.wait_for_worker()

    studio.key(Qt.Key.Key_F5)
    assert window.pages.name == "train"
    studio.until(lambda: len(window.run.state.history) >= 2, LONG)
    assert studio.find(QProgressBar, "run_progress").value() > 0
    wall = studio.find(FeatureWall, "feature_wall")
    studio.until(lambda: len({m.step + 1000 * m.epoch for m in seen if m.block == "convolution_1"}) >= 5, LONG)
    shown = [m for m in seen if m.block == "convolution_1"]
    assert shown[-1].maps.shape == (6, 8, 8)
    assert wall.isVisible()

    window.selection.select(["convolution_2"])
    studio.until(lambda: seen[-1].block == "convolution_2" and seen[-1].maps.shape == (16, 4, 4), LONG)
    studio.press("sample_next")
    studio.until(lambda: seen[-1].sample.index == 1, LONG)

    asked = time.monotonic()
    studio.press("run_stop")
    studio.until(lambda: window.run.state.phase == "stopped", LONG)
    assert time.monotonic() - asked < 5  # a second by the clock of a quiet machine; see benchmarks
    state = window.run.state
    assert 0 < state.epoch < 400
    assert state.test["accuracy"] > 0.5

    path = tmp_path / "model.keras"
    studio.press("run_export")
    dialog = studio.dialog(ExportDialog)
    studio.type_into("export_path", str(path), dialog)
    studio.until(path.exists, LONG)
    studio.until(lambda: studio.find(QLabel, "export_verdict", dialog).text() != "", LONG)
    assert "gives the same predictions" in studio.find(QLabel, "export_verdict", dialog).text()
    studio.press("export_close", dialog)
    assert Path(state.directory, "experiment.json").is_file()

    window.activateWindow()
    studio.key(Qt.Key.Key_L, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    mode = studio.find(Segments, "lens_mode")
    QTest.mouseClick(mode, LEFT, Qt.KeyboardModifier.NoModifier, mode.segment_rect(1).center().toPoint())
    trained = f"Effective field (run {state.run}): 95 % of the gradient lies in "
    studio.until(lambda: studio.find(QLabel, "lens_effective").text().startswith(trained), LONG)
    assert studio.find(QLabel, "lens_map_label").text() == f"convolution_2 4 \u00d7 4 \u00d7 16 \u00b7 run {state.run}"


def test_save_open_presets_code(studio: Studio, tmp_path: Path) -> None:
    """Step 5: save, open another preset, open the file again, keep it as a preset, see the script."""
    window = studio.window
    studio.click_card("convolution_1")
    studio.type_into("field_filters", "9")
    assert window.isWindowModified()
    path = tmp_path / "mine.json"
    studio.key(Qt.Key.Key_S, CONTROL)
    studio.answer_file_dialog(path)
    assert not window.isWindowModified()
    saved = window.bridge.experiment
    assert load_experiment(path) == saved

    window.presets.choose()
    gallery = studio.dialog()
    QTest.keyClicks(gallery.focusWidget() or gallery, "u-net")
    QTest.keyClick(gallery.focusWidget() or gallery, Qt.Key.Key_Return)
    studio.until(lambda: window.bridge.experiment == preset("u-net").experiment)

    studio.key(Qt.Key.Key_O, CONTROL)
    studio.answer_file_dialog(path)
    studio.until(lambda: window.bridge.experiment == saved)

    window.show_code()
    tabs = studio.find(QTabWidget, "design_tabs")
    assert tabs.tabText(tabs.currentIndex()) == "Code"
    text = studio.find(QPlainTextEdit, "code_text")
    studio.until(lambda: "layers.Conv2D( 9, 5" in " ".join(text.toPlainText().split()))
    assert "cnnstudio" not in text.toPlainText()
    compile(text.toPlainText(), "script.py", "exec")

    window.presets.save()
    dialog = studio.dialog()
    studio.type_into("naming_name", "Nine kernels", dialog)
    studio.until(lambda: preset_ids("nine-kernels"))


def preset_ids(id: str) -> bool:
    """Whether a preset of that id is there."""
    from cnnstudio.core.formats.presets import presets

    return id in {p.id for p in presets()}


def test_unsaved_changes_are_asked_about(studio: Studio) -> None:
    """Cancel keeps the window and the work."""
    studio.click_card("convolution_1")
    studio.type_into("field_filters", "9")
    studio.window.close()
    studio.answer("Cancel")
    assert studio.window.isVisible()
    assert studio.window.isWindowModified()
    studio.window.close()
    studio.answer("Don't save")
    studio.until(lambda: not studio.window.isVisible())


@pytest.mark.search
@LONGER
def test_a_killed_worker_is_named_and_train_works_again(studio: Studio) -> None:
    """SIGKILL in mid-training: the window lives, one sentence says what happened, and the next run finishes."""
    window = studio.window
    recipe = window.bridge.experiment.training
    window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=500)))
    studio.wait_for_worker()
    studio.press("run_train")
    studio.until(lambda: len(window.run.state.history) >= 1, LONG)
    hello = window.worker.hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)
    studio.until(lambda: window.run.state.phase == "failed", LONG)
    message = studio.find(QLabel, "message_text").text()
    assert "memory" in message
    assert "your design is safe" in message

    window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=2)))
    studio.until(lambda: window.worker.hello is not None and window.worker.hello.pid != hello.pid, LONG)
    studio.press("run_train")
    studio.until(lambda: window.run.state.phase == "finished", LONG)
    assert window.run.state.test["accuracy"] > 0.3
