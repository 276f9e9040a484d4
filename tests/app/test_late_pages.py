"""Pages that are built part by part: whoever comes before the last part finds them whole, and as they stand now."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QSplitter, QWidget

from cnnstudio.app.data.sources import SourceCard
from cnnstudio.app.late_page import LatePage
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.data.known import SOURCES
from cnnstudio.core.edits import SetData, SetTraining
from tests.helpers.recording import RecordingWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

NAMES = ("data", "train", "inspect", "runs")
LEAST_PARTS = 5
"""Of a page: it would else be built in so few slices that the window hangs."""
FEWEST = 100
"""Epochs of the first edit."""


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), RecordingWorker())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.bridge.mark_saved()


def page_of(window: MainWindow, name: str) -> LatePage[Any]:
    page = window.findChild(QWidget, f"{name}_page")
    assert isinstance(page, LatePage)
    return page


def parts(window: MainWindow) -> dict[str, int]:
    """How many parts each page is built in; afterwards all are built."""
    counted: Counter[str] = Counter()
    for _ in window.pages.get_ready():
        counted[next(name for name in reversed(NAMES) if window.findChild(QWidget, f"{name}_page") is not None)] += 1
    return dict(counted)


def stops(page: QWidget) -> list[str]:
    """What the Tab key would reach within the page, in order, in sight or not."""
    found, at = [], page.window().nextInFocusChain()
    while at is not None and at is not page.window():
        if page.isAncestorOf(at) and at.focusPolicy() & Qt.FocusPolicy.TabFocus and at.objectName():
            found.append(at.objectName())
        at = at.nextInFocusChain()
    return found


def sizes(page: QWidget) -> dict[str, int]:
    """How many parts each splitter of the page holds."""
    return {splitter.objectName(): splitter.count() for splitter in page.findChildren(QSplitter)}


def test_a_page_that_is_visited_in_the_middle_is_as_one_that_was_built_in_peace(
    window: MainWindow, qtbot: QtBot
) -> None:
    peaceful = MainWindow(Preferences(), RecordingWorker())
    peaceful.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(peaceful)
    peaceful.show()
    number = parts(peaceful)
    assert set(number) == set(NAMES)
    assert min(number.values()) >= LEAST_PARTS
    building = window.pages.get_ready()
    for name in NAMES:
        for _ in range(number[name] // 2):
            next(building)
        page = page_of(window, name)
        assert page.view is None, f"{name} is there before it is whole"
        assert not [w for w in page.findChildren(QWidget) if w.isVisible()]
        window.pages.show_page(name)
        peaceful.pages.show_page(name)
        twin = page_of(peaceful, name)
        assert page.view is not None
        assert stops(page) == stops(twin)
        assert sizes(page) == sizes(twin)
    assert next(building, None) is None
    peaceful.bridge.mark_saved()


def test_a_page_that_is_given_up_in_the_middle_goes_with_its_window(window: MainWindow) -> None:
    """What has no parent when the window closes would stay behind."""
    before = QApplication.topLevelWidgets()
    strays: list[str] = []
    for number, _ in enumerate(window.pages.get_ready()):
        found = [w for w in QApplication.topLevelWidgets() if w.parent() is None and w not in before]
        strays += [f'{type(w).__name__} "{w.objectName()}" after part {number}' for w in found]
    assert strays == []


def test_what_changes_while_pages_are_built_is_what_they_show(window: MainWindow) -> None:
    """After each part the recipe is another one, and now and then the data and the chosen block."""
    kinds = [kind for kind, source in SOURCES.items() if source.origin != "own"]
    blocks = list(window.bridge.experiment.architecture.blocks)
    for number, _ in enumerate(window.pages.get_ready()):
        experiment = window.bridge.experiment
        assert window.bridge.do(SetTraining(recipe=experiment.training.having("epochs", FEWEST + number)))
        if number % 4 == 0:
            source = SOURCES[kinds[number // 4 % len(kinds)]]()
            assert window.bridge.do(SetData(recipe=dataclasses.replace(experiment.data, source=source)))
        window.selection.select((blocks[number % len(blocks)],))
    experiment = window.bridge.experiment
    assert experiment.training.epochs > FEWEST + len(NAMES) * LEAST_PARTS
    epochs = window.findChild(QLineEdit, "field_epochs") or window.findChild(QAbstractSpinBox, "field_epochs")
    assert epochs is not None
    assert epochs.text() == str(experiment.training.epochs)
    sources = [card.kind for card in window.findChildren(SourceCard) if card.button.isChecked()]
    assert sources == [experiment.data.source.kind]
    for name in NAMES:
        window.pages.show_page(name)
    assert page_of(window, "train").content().block == window.selection.current
