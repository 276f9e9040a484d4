"""A network seen while it learns and after, in the real window with the real worker."""

from __future__ import annotations

import dataclasses
import os
import signal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSlider, QTabWidget

from cnnstudio.app.inspect.view import TABS, InspectView
from cnnstudio.core.edits import SetTraining
from tests.helpers.looking import BOTH, FOLDER, SMALL, look
from tests.helpers.studio import LONG, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

ALT, CONTROL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
SIZES = BOTH if FOLDER else (SMALL,)
EPOCHS = 2000
"""More than anybody waits for: the run is stopped."""


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    """The window, open on the default preset with a recipe that goes on and on."""
    made = Studio(qtbot)
    recipe = made.window.bridge.experiment.training
    made.window.bridge.do(SetTraining(recipe=dataclasses.replace(recipe, epochs=EPOCHS)))
    made.wait_for_worker()
    yield made
    made.close()


def inspected(studio: Studio) -> InspectView:
    """Go to the page by its key."""
    studio.key(Qt.Key.Key_4, CONTROL)
    view = studio.window.findChild(InspectView)
    assert view is not None
    studio.until(view.subject.isVisible)
    return view


def shows(view: InspectView, block: str, run: str) -> bool:
    """Whether the wall shows the maps of that block; `run`: "" for a network that is over or does not train."""
    wanted, layer = view.maps.first.source.wanted, view.maps.first.layer
    return layer is not None and wanted is not None and (wanted.block, wanted.subject.run) == (block, run)


def test_a_network_is_inspected_before_during_and_after_its_run(studio: Studio) -> None:
    """Untrained; live while it trains; every tab; replayed once the worker is dead; explained by the next worker."""
    window, run = studio.window, studio.window.run
    view = inspected(studio)
    model = view.blocks.blocks
    studio.until(lambda: shows(view, "convolution_1", ""), LONG)
    studio.until(lambda: model.picture(model.rowCount() - 1) is not None, LONG)
    look(studio, "inspect-untrained")

    studio.key(Qt.Key.Key_F5)
    inspected(studio)
    studio.until(lambda: run.state.is_set_up, LONG)
    studio.until(lambda: shows(view, "convolution_1", run.state.run), LONG)
    arrived: list[object] = []
    view.maps.first.source.arrived.connect(arrived.append)
    studio.until(lambda: len(arrived) >= 2, LONG)
    studio.key(Qt.Key.Key_Down, ALT)
    assert view.inspection.block != "convolution_1"
    studio.key(Qt.Key.Key_Up, ALT)
    look(studio, "inspect-live", sizes=SIZES)
    studio.key(Qt.Key.Key_F5, Qt.KeyboardModifier.ShiftModifier)
    studio.until(lambda: run.state.phase == "stopped", LONG)
    subject = view.inspection.subject
    assert subject is not None
    assert subject.directory == run.state.directory
    assert studio.find(QLabel, "inspect_subject_state").text().startswith("Stopped")

    tabs = studio.find(QTabWidget, "inspect_tabs")
    for number, name in enumerate(TABS):
        studio.key(Qt.Key(Qt.Key.Key_1 + number), ALT)
        assert tabs.currentIndex() == number
        if FOLDER:
            studio.bot.wait(6000)
            look(studio, f"inspect-{name}", sizes=SIZES)
    studio.key(Qt.Key.Key_1, ALT)
    view.maps.first.source.arrived.disconnect(arrived.append)

    assert len(view.inspection.record.timeline) >= 2
    hello = window.worker.hello
    assert hello is not None
    os.kill(hello.pid, signal.SIGKILL)
    studio.until(lambda: window.worker.hello is not hello)
    slider = studio.find(QSlider, "timeline_moment")
    slider.setFocus()
    studio.key(Qt.Key.Key_Home)
    assert view.inspection.moment == 0
    studio.until(lambda: shows(view, "convolution_1", ""))
    look(studio, "inspect-replayed", sizes=SIZES)
    studio.key(Qt.Key.Key_End)
    studio.until(lambda: window.worker.hello is not None, LONG)
    studio.until(lambda: shows(view, "convolution_1", ""), LONG)
