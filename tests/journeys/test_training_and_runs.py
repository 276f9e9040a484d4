"""A run held, broken off, taken up again and compared, in the real window with the real worker."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget
from safetensors import safe_open

from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.run_folder import CHECKPOINT, read_record
from tests.helpers.effort import LONGER
from tests.helpers.studio import LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from pytestqt.qtbot import QtBot

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
EPOCHS = 30


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, open on the default preset with a recipe of some seconds whose rate changes with every step."""
    made = Studio(qtbot)
    recipe = made.window.bridge.experiment.training
    wanted = recipe.having("epochs", EPOCHS).having("schedule", "one-cycle").having("checkpoint_seconds", 5)
    made.window.bridge.do(SetTraining(recipe=wanted))
    made.wait_for_worker()
    yield made
    made.close()


def arrays(folder: str) -> dict[str, np.ndarray]:
    """All variables of the run's last checkpoint."""
    with safe_open(Path(folder) / CHECKPOINT, framework="numpy") as file:
        return {name: file.get_tensor(name) for name in list(file.keys())}


def is_seen(studio: Studio, name: str) -> bool:
    """Whether a widget of that object name is there: what is costly to make comes a moment after its page."""
    return any(widget.isVisible() for widget in studio.window.findChildren(QWidget, name))


def test_a_run_is_held_broken_off_taken_up_and_compared(studio: Studio) -> None:
    """Pause and go on; kill -9 of the worker; resume; a second run undisturbed: the same to the last bit."""
    window, run = studio.window, studio.window.run
    studio.key(Qt.Key.Key_F5)
    studio.until(lambda: run.state.epoch >= 2, LONG)

    studio.key(Qt.Key.Key_F6)
    studio.until(lambda: run.state.phase == "paused", LONG)
    held = run.state
    assert read_record(Path(held.directory)).status == "PAUSED"
    assert held.checkpoint is not None
    studio.key(Qt.Key.Key_F6)
    studio.until(lambda: run.state.steps_done > held.steps_done, LONG)

    hello = window.worker.hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)
    studio.until(lambda: run.state.phase == "failed")
    assert window.isVisible()
    assert any("memory" in text for text in window.messages.texts)
    studio.until(lambda: window.worker.hello not in (None, hello), LONG)
    assert run.can_resume
    studio.key(Qt.Key.Key_F6, SHIFT)
    studio.until(lambda: run.state.phase == "finished", LONG)
    broken = run.state
    assert broken.directory == held.directory
    assert [end.epoch for end in broken.history] == list(range(1, EPOCHS + 1))

    studio.key(Qt.Key.Key_F5)
    studio.until(lambda: run.state.phase == "finished" and run.state.directory != broken.directory, LONG)
    whole = run.state
    assert dict(whole.test) == dict(broken.test)
    first, second = arrays(broken.directory), arrays(whole.directory)
    assert first.keys() == second.keys()
    for name, values in first.items():
        assert values.tobytes() == second[name].tobytes(), name

    studio.key(Qt.Key.Key_5, CONTROL)
    assert window.pages.name == "runs"
    studio.until(lambda: is_seen(studio, "runs_table"))
    table = studio.find(QAbstractItemView, "runs_table")
    studio.until(lambda: table.model().rowCount() == 2)
    table.setFocus()
    studio.key(Qt.Key.Key_A, CONTROL)
    assert len(table.selectionModel().selectedRows()) == 2
    studio.until(lambda: is_seen(studio, "comparison_curves"))


@pytest.mark.search
@LONGER
def test_a_run_stops_with_its_epoch_and_is_given_more(studio: Studio) -> None:
    """Stop after the epoch leaves a measured, whole one; resume ends as the recipe says; ten more follow."""
    run = studio.window.run
    studio.key(Qt.Key.Key_F5)
    studio.until(lambda: run.state.epoch >= 2, LONG)
    studio.key(Qt.Key.Key_F5, CONTROL | SHIFT)
    studio.until(lambda: run.state.phase == "stopped", LONG)
    stopped = run.state
    assert 2 <= len(stopped.history) < EPOCHS
    assert stopped.test["accuracy"] > 0.2
    studio.key(Qt.Key.Key_F6, SHIFT)
    studio.until(lambda: run.state.phase == "finished", LONG)
    assert len(run.state.history) == EPOCHS
    studio.key(Qt.Key.Key_F5, CONTROL)
    studio.until(lambda: run.state.phase == "finished" and len(run.state.history) == EPOCHS + 10, LONG)
    record = read_record(Path(run.state.directory))
    assert (record.status, record.epochs, record.epochs_done) == ("FINISHED", EPOCHS + 10, EPOCHS + 10)
