"""The Inspect page by the keyboard alone: Tab goes through all of it as it is read, and the focus is seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QToolButton, QWidget

from cnnstudio.app.inspect.view import InspectView
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.wire.messages import GetKernels, GetMaps, Kernels, Maps, RunEnded, Sample
from tests.helpers.recording import RecordingWorker
from tests.helpers.started import run_started
from tests.helpers.timelines import keep_timeline, moments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytestqt.qtbot import QtBot

MOST = 60
TOP = ("inspect_subject_name", "pin_0", "pin_1", "pin_add", "inspect_blocks", "qt_tabwidget_tabbar")
TIMELINE = (
    "timeline_first", "timeline_back", "timeline_play", "timeline_last", "timeline_moment",
    "timeline_speed", "timeline_live", "timeline_compare", "timeline_export",
)  # fmt: skip


@pytest.fixture
def page(qtbot: QtBot) -> Iterator[InspectView]:
    """The page of a window, about a run with two moments and two pinned samples."""
    themes.choose(Mode.LIGHT)
    window = MainWindow(Preferences(), worker := RecordingWorker())
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    window.resize(1280, 800)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.run.start()
    state = window.run.state
    worker.arrive(run_started(state.run, state.directory, epochs=4))
    folder = Path(state.directory)
    (folder / LAST).parent.mkdir()
    (folder / LAST).write_bytes(b"weights")
    keep_timeline(folder, {"input": (8, 8, 1)}, moments(2))
    worker.arrive(RunEnded(state.run, "finished", state.directory, 4, 2.0, {}))
    window.show_inspect()
    found = window.findChild(InspectView)
    assert found is not None
    found.inspection.pins.pin(Sample("training", 3))
    qtbot.waitUntil(lambda: found.timeline.player.count == 2)
    qtbot.waitUntil(lambda: bool(worker.all(GetMaps)))
    answer(worker, worker.all(GetMaps)[-1])
    qtbot.waitUntil(lambda: found.maps.first.layer is not None)
    yield found
    window.bridge.mark_saved()


def answer(worker: RecordingWorker, asked: GetMaps) -> None:
    values = np.random.default_rng(0).integers(0, 256, (6, 8, 8)).astype(np.uint8)
    low, inputs = np.zeros(6, np.float32), np.ones((8, 8, 1), np.float32)
    prediction = np.full(10, 0.1, np.float32)
    worker.arrive(Maps(asked.request, asked.block, asked.sample, True, inputs, values, low, low + 1, prediction))


def round_of(page: InspectView) -> list[QWidget]:
    """Where Tab stops on the page, from the list of blocks on until it comes to it again."""
    page.blocks.setFocus()
    stops: list[QWidget] = []
    for _ in range(MOST):
        at = QApplication.focusWidget()
        assert at is not None
        if stops and at is stops[0]:
            break
        stops.append(at)
        QTest.keyClick(at, Qt.Key.Key_Tab)
    else:
        pytest.fail(f"the round does not end: {[each.objectName() for each in stops]}")
    return [stop for stop in stops if page.isAncestorOf(stop)]


def in_order(stops: list[QWidget], *wanted: str) -> bool:
    """Whether the wanted ones are all there, in this order, wherever the round began."""
    names = [stop.objectName() for stop in stops]
    first = names.index("inspect_subject_name")
    names = names[first:] + names[:first]
    return [name for name in names if name in wanted] == list(wanted)


def test_tab_goes_from_left_to_right_and_from_top_to_bottom(page: InspectView) -> None:
    maps = (
        "inspect_maps_order", "inspect_maps_scaling", "inspect_maps_tile_size", "inspect_beside_kind",
        "inspect_maps_first_tiles", "inspect_detail_next", "inspect_detail_map",
    )  # fmt: skip
    stops = round_of(page)
    names = [stop.objectName() for stop in stops]
    assert in_order(stops, *TOP, *maps, *TIMELINE), "\n".join(names)
    page.inspection.pins.move(0, 1)  # the strip has another order
    page.inspection.pins.pin(Sample("training", 5))
    assert in_order(round_of(page), *TOP[:3], "pin_2", *TOP[3:]), names
    page.inspection.choose_second_moment(0)
    assert in_order(round_of(page), "timeline_moment", "timeline_export", "timeline_second")


def test_so_it_is_among_the_kernels(page: InspectView, qtbot: QtBot) -> None:
    page.tabs.setCurrentIndex(1)
    worker = page.inspection.worker
    assert isinstance(worker, RecordingWorker)
    qtbot.waitUntil(lambda: bool(worker.all(GetKernels)))
    asked = worker.all(GetKernels)[-1]
    kernels = np.random.default_rng(0).normal(size=(3, 3, 1, 4)).astype(np.float32)
    worker.arrive(Kernels(asked.request, asked.block, True, kernels, kernels))
    wanted = ("kernels_view", "kernels_order", "kernels_wall", "kernels_parts")
    stops = round_of(page)
    assert in_order(stops, *TOP, *wanted, *TIMELINE), "\n".join(stop.objectName() for stop in stops)


def test_the_focus_is_seen_wherever_it_is(page: InspectView) -> None:
    unseen = []
    for stop in round_of(page):
        stop.setFocus(Qt.FocusReason.TabFocusReason)
        focused = stop.grab().toImage()
        stop.clearFocus()
        if stop.grab().toImage() == focused:
            unseen.append(stop.objectName())
    assert unseen == []


def test_compare_leads_to_where_two_moments_are_seen(page: InspectView) -> None:
    """Walls as wide as each other; Health stays in front, as it marks both."""
    page.tabs.setCurrentIndex(1)
    button = page.findChild(QToolButton, "timeline_compare")
    assert button is not None
    button.setFocus()
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert page.tabs.currentWidget() is page.maps
    assert page.maps.second.width() == pytest.approx(page.maps.first.width(), abs=2)
    title = page.findChild(QLabel, "inspect_maps_second_title")
    assert title is not None
    assert title.toolTip() == "Before the first step"
    page.tabs.setCurrentIndex(2)
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert page.inspection.second_moment == 0
    assert page.tabs.currentWidget() is page.health
