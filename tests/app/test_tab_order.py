"""The Tab key: it reaches everything on a page, in the order in which it is read, and is caught nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from tests.helpers.recording import RecordingWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

MOST = 80


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[MainWindow]:
    themes.choose(Mode.LIGHT)
    made = MainWindow(Preferences(), RecordingWorker())
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.bridge.mark_saved()


def tour() -> list[str]:
    """Names of the stops from the focused one until the first comes again."""
    names: list[str] = []
    for _ in range(MOST):
        at = QApplication.focusWidget()
        assert at is not None
        if names and at.objectName() == names[0]:
            return names
        names.append(at.objectName())
        QTest.keyClick(at, Qt.Key.Key_Tab)
    raise AssertionError(f"the round does not end: {names}")


def in_order(found: list[str], *wanted: str) -> bool:
    """Whether the wanted ones are all there, in this order."""
    return [name for name in found if name in wanted] == list(wanted)


def test_the_design_page_is_read_from_left_to_right(window: MainWindow) -> None:
    window.selection.select(("convolution_1",))
    window.design.canvas.setFocus()
    stops = tour()
    assert in_order(
        stops, "canvas", "block_id", "section_parameters", "field_filters", "follow_filters", "field_use_bias",
        "section_numbers", "run_train", "run_device", "activity_page_design", "palette_search", "palette_list",
    ), stops  # fmt: skip
    window.selection.select(("flatten_1",))
    window.selection.select(("max_pooling_1",))  # another form: its fields take the place of the first one's
    window.design.canvas.setFocus()
    stops = tour()
    assert in_order(stops, "section_parameters", "field_pool_size", "section_numbers", "run_train"), stops


def test_tabs_below_the_canvas_follow_it(window: MainWindow) -> None:
    window.selection.select(("convolution_1",))
    window.show_code()
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Backtab)
    window.design.canvas.setFocus()
    stops = tour()
    assert in_order(stops, "canvas", "code_text", "code_copy", "code_save", "block_id", "run_train"), stops
    window.show_code()
    assert tour()[:3] == ["code_text", "code_copy", "code_save"]


def test_going_to_the_design_page_gives_the_canvas_the_keyboard(window: MainWindow) -> None:
    window.show_data()
    window.show_design()
    assert window.design.canvas.hasFocus()


def test_the_fields_of_the_split_come_before_the_gallery(window: MainWindow, qtbot: QtBot) -> None:
    window.show_data()
    qtbot.waitUntil(lambda: any(b.isVisible() for b in window.findChildren(QWidget, "source_digits_button")))
    QTest.keyClick(QApplication.focusWidget() or window, Qt.Key.Key_Tab)
    stops = tour()
    assert in_order(
        stops, "data_sources", "field_validation", "field_seed", "source_digits_button", "data_statistics"
    ), stops
