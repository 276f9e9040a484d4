"""Presets from the window: kept with what a run came to, imported from the menu, refused in words."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from cnnstudio.app.dialogs.describing import DescribingDialog
from cnnstudio.app.dialogs.presets import PresetsGallery
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.edits import SetTraining
from cnnstudio.core.formats.files import write_experiment
from cnnstudio.core.formats.presets import preset, user_folder
from tests.helpers.presets_gallery import answer, lenet
from tests.helpers.recording import RecordingWorker, Studio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


KEY, LEFT = Qt.Key, Qt.MouseButton.LeftButton

W = TypeVar("W", bound=QWidget)


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    """The window on the default preset."""
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), RecordingWorker())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.bridge.mark_saved()


def ask(window: MainWindow) -> DescribingDialog:
    """File > Save as preset."""
    window.actions_table["save_preset"].trigger()
    return next(f for f in window.findChildren(DescribingDialog) if f.isVisible())


def part(form: DescribingDialog, kind: type[W], name: str) -> W:
    found = form.findChild(kind, name)
    assert found is not None, name
    return found


def test_a_preset_is_kept_with_tags_notes_and_what_the_latest_run_came_to(window: MainWindow) -> None:
    studio = Studio(window.bridge, window.selection, cast("RecordingWorker", window.worker), window.run)
    studio.start()
    studio.epoch(1, 0.2, 0.9)
    studio.finish()
    form = ask(window)
    promise = part(form, QCheckBox, "naming_expected")
    assert promise.text() == "Accuracy 97.4 % on the test part"
    name = part(form, QLineEdit, "naming_name")
    name.selectAll()
    QTest.keyClicks(name, "Kept net")
    tags = part(form, QLineEdit, "naming_tags")
    tags.selectAll()
    QTest.keyClicks(tags, "mine, tiny")
    notes = part(form, QPlainTextEdit, "naming_notes")
    notes.setFocus()
    notes.selectAll()
    QTest.keyClicks(notes, "For later")
    QTest.mouseClick(part(form, QPushButton, "naming_ok"), LEFT)
    kept = preset("kept-net").experiment
    assert kept is not None
    assert (kept.tags, kept.notes, kept.expected) == (("mine", "tiny"), "For later", (("accuracy", 0.974),))
    assert kept.architecture == window.bridge.experiment.architecture
    assert "“Kept net” is kept among your presets." in window.messages.texts


def test_the_form_begins_with_the_name_and_ends_with_the_result(window: MainWindow) -> None:
    form = ask(window)
    form.activateWindow()
    name = part(form, QLineEdit, "naming_name")
    assert form.focusWidget() is name
    assert name.selectedText() == name.text()
    assert not part(form, QLabel, "naming_problem").isVisible(), "nothing to say takes no room"
    stops = [w for w in following(name) if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isVisible()]
    ordered = [w.objectName() for w in stops if w.window() is form]
    assert ordered[-4:] == ["naming_link", "naming_expected", "naming_ok", "naming_cancel"]
    form.reject()


def following(widget: QWidget) -> Iterator[QWidget]:
    """It and all that Tab leads to from there, once."""
    yield widget
    at = widget.nextInFocusChain()
    while at is not None and at is not widget:
        yield at
        at = at.nextInFocusChain()


def test_the_result_of_another_design_is_not_promised(window: MainWindow) -> None:
    studio = Studio(window.bridge, window.selection, cast("RecordingWorker", window.worker), window.run)
    studio.start()
    studio.finish()
    recipe = dataclasses.replace(window.bridge.experiment.training, epochs=3)
    window.bridge.do(SetTraining(recipe=recipe))
    form = ask(window)
    assert not part(form, QCheckBox, "naming_expected").isVisible()
    form.reject()


def test_a_promise_can_be_left_out(window: MainWindow) -> None:
    form = ask(window)  # of the preset that is open, as it stands
    promise = part(form, QCheckBox, "naming_expected")
    assert promise.text().startswith("Accuracy 9")
    promise.setFocus()
    QTest.keyClick(promise, KEY.Key_Space)
    name = part(form, QLineEdit, "naming_name")
    name.selectAll()
    QTest.keyClicks(name, "No promise")
    QTest.keyClick(name, KEY.Key_Return)
    kept = preset("no-promise").experiment
    assert kept is not None
    assert kept.expected == ()


def test_a_preset_that_is_broken_further_down_says_so_in_the_palette_of_commands(window: MainWindow) -> None:
    text = write_experiment(lenet("Half broken")).replace('"Convolution"', '"Convolutoin"', 1)
    user_folder().mkdir(parents=True)
    (user_folder() / "half.json").write_text(text, encoding="utf-8")
    before = window.bridge.experiment
    window.presets.open_preset(preset("half"))
    assert any('Did you mean "Convolution"' in said for said in window.messages.texts)
    assert window.bridge.experiment is before


def test_importing_from_the_menu_asks_for_files_in_front_of_the_gallery(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "given.json"
    file.write_text(write_experiment(lenet("Given")), encoding="utf-8")
    window.actions_table["import_presets"].trigger()
    gallery = next(g for g in window.findChildren(PresetsGallery) if g.isVisible())
    answer(gallery, file)
    assert gallery.current is not None
    assert gallery.current.id == "given"
    QTest.keyClick(gallery.cards, KEY.Key_Return)
    assert window.bridge.experiment.name == "Given"
    assert window.bridge.document.path is None


def test_the_open_experiment_is_described_in_one_step(window: MainWindow) -> None:
    before = window.bridge.experiment
    window.actions_table["rename"].trigger()
    form = next(f for f in window.findChildren(DescribingDialog) if f.isVisible())
    QTest.keyClicks(part(form, QLineEdit, "naming_tags"), ", mine")
    notes = part(form, QPlainTextEdit, "naming_notes")
    notes.setFocus()
    notes.selectAll()
    QTest.keyClicks(notes, "To be compared")
    QTest.mouseClick(part(form, QPushButton, "naming_ok"), LEFT)
    now = window.bridge.experiment
    assert (now.notes, set(now.tags)) == ("To be compared", {*before.tags, "mine"})
    assert now.expected == before.expected
    window.bridge.undo()
    assert window.bridge.experiment == before
