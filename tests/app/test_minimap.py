"""The overview in the canvas's corner and zoom to selection, by mouse, wheel and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas.overlays import ZoomBar
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Role, theme
from cnnstudio.app.worker_client import WorkerClient
from tests.helpers.canvas import Row, Studio

if TYPE_CHECKING:
    from PySide6.QtCore import QRectF
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.canvas.minimap import Minimap

LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LONG: tuple[Row, ...] = (
    ("input", "Input", "", {}),
    *((f"c{n}", "Convolution", f"c{n - 1}" if n else "input", {"filters": 4}) for n in range(14)),
    ("output", "Output", "c13", {}),  # lacks a pooling, so it is marked
)


@pytest.fixture
def long(qtbot: QtBot) -> Studio:
    studio = Studio.shown(qtbot, *LONG)
    studio.canvas.centerOn(studio.canvas.board.cards["input"].body.center())
    return studio


def _map(studio: Studio) -> Minimap:
    return studio.canvas.minimap


def _click(studio: Studio, at: QPoint) -> None:
    QTest.mouseClick(_map(studio), LEFT, Qt.KeyboardModifier.NoModifier, at)


def _painted(qtbot: QtBot, minimap: Minimap, place: QPoint, color: int) -> None:
    """Wait until a pixel at or beside `place` has that colour."""

    def look() -> bool:
        image = minimap.grab().toImage()
        return any(image.pixelColor(place + QPoint(dx, dy)).rgb() == color for dx in (-1, 0, 1, 2) for dy in (-1, 0, 1))

    qtbot.waitUntil(look)


def test_it_shows_itself_where_the_architecture_does_not_fit(long: Studio) -> None:
    assert _map(long).isVisible()
    long.canvas.zoom_fit()
    assert not _map(long).isVisible()
    for _ in range(8):
        long.key(Qt.Key.Key_Plus)
    assert _map(long).isVisible()


def test_a_small_architecture_needs_none(qtbot: QtBot) -> None:
    studio = Studio.shown(qtbot, ("input", "Input", "", {}), ("output", "Output", "input", {}))
    assert not _map(studio).isVisible()


def test_a_click_goes_there_and_a_drag_on(long: Studio) -> None:
    minimap, canvas = _map(long), long.canvas
    bottom = QPoint(minimap.width() // 2, minimap.height() - 6)
    before = long.bridge.document.index
    _click(long, bottom)
    assert canvas.seen().contains(canvas.board.cards["output"].body.center())
    QTest.mousePress(minimap, LEFT, Qt.KeyboardModifier.NoModifier, bottom)
    QTest.mouseMove(minimap, QPoint(minimap.width() // 2, 8))
    assert canvas.seen().contains(canvas.board.cards["input"].body.center())
    QTest.mouseRelease(minimap, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(minimap.width() // 2, 8))
    assert long.bridge.document.index == before
    assert long.selected == []


def test_the_wheel_over_it_zooms(long: Studio) -> None:
    minimap, before = _map(long), long.canvas.zoom
    at = QPointF(minimap.rect().center())
    turn = QWheelEvent(
        at, QPointF(minimap.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(minimap, turn)
    assert long.canvas.zoom == pytest.approx(before / 1.2)


def test_its_frame_follows_what_is_in_sight(long: Studio) -> None:
    seen: list[QRectF] = [_map(long).seen]
    long.canvas.scroll_by(0, 900)
    seen.append(_map(long).seen)
    assert seen[1].top() > seen[0].top()
    long.canvas.zoom_by(1.5)
    assert _map(long).seen.height() < seen[1].height()


def test_cards_errors_and_the_selection_are_painted(qtbot: QtBot, long: Studio) -> None:
    minimap = _map(long)
    long.canvas.centerOn(long.canvas.board.cards["output"].body.center())
    long.selection.select(["c12"])
    _painted(qtbot, minimap, _rim(long, "c12"), theme().color(Role.ACCENT).rgb())
    _painted(qtbot, minimap, _rim(long, "output"), theme().color(Role.ERROR).rgb())


def _rim(studio: Studio, id: str) -> QPoint:
    """The middle of a card's upper rim on the overview."""
    minimap, extent, body = studio.canvas.minimap, studio.canvas.board.extent, studio.canvas.board.cards[id].body
    inside = minimap.rect().adjusted(4, 4, -4, -4)
    down = inside.top() + (body.top() - extent.top()) / extent.height() * inside.height()
    return QPoint(minimap.width() // 2, round(down) - 1)


def test_it_keeps_clear_of_the_zoom_buttons(long: Studio) -> None:
    for size in ((900, 900), (400, 300), (1600, 900)):
        long.canvas.resize(*size)
        bar, minimap = long.canvas.findChild(ZoomBar, "canvas_zoom"), _map(long)
        assert bar is not None
        assert minimap.isVisible()
        assert not minimap.geometry().intersects(bar.geometry())
        assert long.canvas.viewport().geometry().contains(minimap.geometry())


def test_the_switch_is_remembered(qtbot: QtBot) -> None:
    window = MainWindow(Preferences(), WorkerClient(command=("false",)))
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(window)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    canvas, action = window.design.canvas, window.actions_table["minimap"]
    canvas.setFocus()
    canvas.set_zoom(3.0)
    assert action.isChecked()
    assert canvas.minimap.isVisible()
    QTest.keyClick(canvas, Qt.Key.Key_M, CTRL | SHIFT)
    assert not action.isChecked()
    assert not canvas.minimap.isVisible()
    assert Preferences().minimap is False
    action.trigger()
    assert canvas.minimap.isVisible()
    assert Preferences().minimap is True


def test_zoom_to_selection(long: Studio) -> None:
    canvas, cards = long.canvas, long.canvas.board.cards
    before = canvas.zoom
    long.key(Qt.Key.Key_9, CTRL)  # nothing is selected
    assert canvas.zoom == before
    canvas.set_zoom(0.3)
    long.selection.select(["c10", "c11"])
    long.key(Qt.Key.Key_9, CTRL)
    assert canvas.zoom == pytest.approx(1.0)
    assert all(canvas.seen().contains(cards[id].body) for id in ("c10", "c11"))
    assert not canvas.seen().contains(cards["input"].body)
