"""A person starts from a preset, makes it their own, keeps it, loses it and has it back: by keys and mouse alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.theme import Mode
from cnnstudio.core.formats.presets import preset, presets
from tests.helpers.recording import RecordingWorker
from tests.helpers.studio import Studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

KEY = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def studio(qtbot: QtBot) -> Iterator[Studio]:
    made = Studio(qtbot, mode=Mode.DARK, worker=RecordingWorker())
    yield made
    made.close()


def gallery(studio: Studio) -> PresetsGallery:
    """Ctrl+Shift+N."""
    studio.window.activateWindow()  # without a window manager nobody else gives the focus back
    studio.until(studio.window.isActiveWindow)
    studio.window.design.canvas.setFocus()
    studio.key(KEY.Key_N, CONTROL | SHIFT)
    shown = studio.dialog(PresetsGallery)
    assert isinstance(shown, PresetsGallery)
    shown.activateWindow()
    studio.until(shown.isActiveWindow)
    return shown


def test_from_a_preset_to_ones_own_and_back(studio: Studio) -> None:
    window = studio.window
    shown = gallery(studio)
    QTest.keyClicks(studio.find(QLineEdit, "preset_search", shown), "waveforms group")
    assert [p.id for p in shown.model.rows] == ["signal-cnn"]
    studio.key(KEY.Key_Return)
    studio.until(lambda: window.bridge.experiment.name == "CNN on waveforms")
    assert window.bridge.experiment.expected

    studio.click_card(studio.order[1])
    studio.type_into("field_filters", "12")
    assert window.bridge.experiment.expected == ()  # nobody knows what that comes to

    window.actions_table["save_preset"].trigger()
    form = studio.dialog(DescribingDialog)
    notes = studio.find(QPlainTextEdit, "naming_notes", form)
    notes.setFocus()
    notes.selectAll()
    QTest.keyClicks(notes, "Twelve filters will do")
    studio.type_into("naming_name", "Small waves", form)
    studio.until(lambda: any(p.id == "small-waves" for p in presets()))
    kept = preset("small-waves")
    assert kept.experiment is not None
    assert kept.experiment.architecture == window.bridge.experiment.architecture

    shown = gallery(studio)
    QTest.keyClicks(studio.find(QLineEdit, "preset_search", shown), "twelve filters")
    assert [p.id for p in shown.model.rows] == ["small-waves"]
    shown.cards.setFocus()
    studio.key(KEY.Key_Delete)
    assert not kept.path.exists()
    studio.press("preset_undo", shown)
    assert kept.path.exists()
    studio.key(KEY.Key_Return)
    studio.until(lambda: not shown.isVisible())  # what has changed was not saved to a file: the question comes
    studio.answer("Don't save")
    studio.until(lambda: window.bridge.experiment.name == "Small waves")
    assert window.bridge.experiment.notes == "Twelve filters will do"
    assert not window.isWindowModified()
