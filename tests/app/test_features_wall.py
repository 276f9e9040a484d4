"""The wall as a person uses it: painted pixels, mouse, keys, switches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QSlider, QToolTip, QWidget

from cnnstudio.app.features.colormaps import MAGMA, VIRIDIS
from cnnstudio.app.features.wall import FeatureWall
from cnnstudio.app.theme import Role, theme
from tests.helpers.recording import feature_maps

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QImage
    from pytestqt.qtbot import QtBot


@pytest.fixture
def wall(qtbot: QtBot) -> FeatureWall:
    made = FeatureWall()
    qtbot.addWidget(made)
    made.resize(500, 420)
    made.show()
    return made


def random_maps(*shape: int) -> Any:
    return np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)


def painted(wall: FeatureWall) -> QImage:
    return wall.tiles.viewport().grab().toImage()


def middle(wall: FeatureWall, channel: int, row: int, column: int, shape: tuple[int, int]) -> QPoint:
    tile = wall.tiles.tile_rect(channel)
    cell = QPointF((column + 0.5) * tile.width() / shape[1], (row + 0.5) * tile.height() / shape[0])
    return (tile.topLeft() + cell).toPoint()


def part(wall: FeatureWall, kind: type[Any], name: str) -> Any:
    found = wall.findChild(kind, name)
    assert found is not None, name
    return found


def test_painted_pixels_are_the_maps_in_the_colours_of_the_table(wall: FeatureWall) -> None:
    maps = random_maps(12, 5, 7)
    wall.show_maps(feature_maps(maps))
    image, table = painted(wall), VIRIDIS.table()
    for channel in range(12):
        for row in range(5):
            for column in range(7):
                at = middle(wall, channel, row, column, (5, 7))
                assert image.pixel(at) == table[maps[channel, row, column]]
    gap = wall.tiles.tile_rect(0).topRight().toPoint() + QPoint(2, 4)
    assert image.pixelColor(gap) == theme().color(Role.SURFACE)


def test_new_maps_replace_the_old_ones(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(np.zeros((4, 3, 3), np.uint8)))
    before = painted(wall).pixel(middle(wall, 2, 1, 1, (3, 3)))
    wall.show_maps(feature_maps(np.full((4, 3, 3), 255, np.uint8)))
    after = painted(wall).pixel(middle(wall, 2, 1, 1, (3, 3)))
    assert (before, after) == (VIRIDIS.table()[0], VIRIDIS.table()[255])


def test_the_scale_can_be_that_of_the_whole_layer(wall: FeatureWall) -> None:
    maps = np.full((2, 3, 3), 255, np.uint8)
    maps[:, 0] = 0
    wall.show_maps(feature_maps(maps, [0, 0], [1, 4]))
    QTest.keyClick(part(wall, QComboBox, "feature_scaling"), Qt.Key.Key_Down)
    image = painted(wall)
    assert image.pixel(middle(wall, 0, 1, 1, (3, 3))) == VIRIDIS.table()[64]
    assert image.pixel(middle(wall, 1, 1, 1, (3, 3))) == VIRIDIS.table()[255]


def test_another_colour_map(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(np.full((2, 3, 3), 100, np.uint8)))
    QTest.keyClick(part(wall, QComboBox, "feature_colours"), Qt.Key.Key_M)
    assert painted(wall).pixel(middle(wall, 0, 1, 1, (3, 3))) == MAGMA.table()[100]


def test_count_range_and_dead_channels_are_told_and_flagged(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(random_maps(6, 4, 4), [0, -2, 0, 0, 0, 0], [1, 3, 0, 1, 1, 1]))
    assert part(wall, QLabel, "feature_count").text() == "6 maps of 4 × 4"
    assert part(wall, QLabel, "feature_range").text() == "−2 to 3"
    assert part(wall, QLabel, "feature_dead").text() == "1 dead"
    image = painted(wall)
    corner = QPoint(-3, 2)
    warning = theme().color(Role.WARNING)
    flagged = [image.pixelColor(wall.tiles.tile_rect(c).topRight().toPoint() + corner) == warning for c in range(6)]
    assert flagged == [False, False, True, False, False, False]


def test_pointing_reads_the_value_out(wall: FeatureWall) -> None:
    maps = random_maps(6, 4, 4)
    wall.show_maps(feature_maps(maps, high=[2] * 6))
    QTest.mouseMove(wall.tiles.viewport(), middle(wall, 4, 2, 3, (4, 4)))
    value = maps[4, 2, 3] / 255 * 2
    assert part(wall, QLabel, "feature_reading").text() == f"Channel 4 · row 2, column 3 · {value:.4g}"
    maps[4, 2, 3] = 255
    wall.show_maps(feature_maps(maps, high=[2] * 6))
    assert part(wall, QLabel, "feature_reading").text().endswith("· 2")


def test_no_tooltip_hides_the_maps(wall: FeatureWall, qtbot: QtBot) -> None:
    wall.show_maps(feature_maps(random_maps(6, 4, 4)))
    viewport = wall.tiles.viewport()
    for at, shown in ((middle(wall, 4, 2, 2, (4, 4)), ""), (QPoint(5, viewport.height() - 3), wall.tiles.toolTip())):
        QToolTip.hideText()
        qtbot.waitUntil(lambda: not QToolTip.isVisible())
        QApplication.sendEvent(viewport, QHelpEvent(QEvent.Type.ToolTip, at, viewport.mapToGlobal(at)))
        assert (QToolTip.text() if QToolTip.isVisible() else "") == shown
    QToolTip.hideText()
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_a_click_enlarges_and_escape_goes_back(wall: FeatureWall) -> None:
    maps = random_maps(6, 4, 4)
    wall.show_maps(feature_maps(maps))
    QTest.mouseClick(wall.tiles.viewport(), Qt.MouseButton.LeftButton, pos=middle(wall, 3, 1, 1, (4, 4)))
    assert wall.detail.isVisible()
    picture = wall.detail.picture
    place = picture.picture_rect()
    image = picture.grab().toImage()
    side = place.width() // 4
    for row in range(4):
        for column in range(4):
            at = place.topLeft() + QPoint(column * side + side // 2, row * side + side // 2)
            assert image.pixel(at) == VIRIDIS.table()[maps[3, row, column]]
    QTest.keyClick(wall.detail, Qt.Key.Key_Right)
    assert wall.detail.channel == 4
    QTest.keyClick(wall.detail, Qt.Key.Key_Escape)
    assert wall.tiles.isVisible()
    assert wall.tiles.current == 4


def test_the_enlarged_map_keeps_moving_with_training(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(np.zeros((2, 3, 3), np.uint8)))
    wall.enlarge(1)
    wall.show_maps(feature_maps(np.full((2, 3, 3), 255, np.uint8), high=[3, 5]))
    assert wall.detail.isVisible()
    assert "highest\u00a05" in part(wall, QLabel, "feature_detail_numbers").text()
    at = wall.detail.picture.picture_rect().center()
    assert wall.detail.picture.grab().toImage().pixel(at) == VIRIDIS.table()[255]


def test_arrow_keys_move_from_tile_to_tile_and_enter_opens(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(random_maps(40, 6, 6)))
    grid = wall.tiles.grid
    assert grid is not None
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Left):
        QTest.keyClick(wall.tiles, key)
    assert wall.tiles.current == 2 * grid.columns
    QTest.keyClick(wall.tiles, Qt.Key.Key_End)
    assert wall.tiles.current == 39
    QTest.keyClick(wall.tiles, Qt.Key.Key_Return)
    assert wall.detail.isVisible()
    assert wall.detail.channel == 39


def test_five_hundred_channels_scroll_and_the_last_one_is_painted(wall: FeatureWall) -> None:
    maps = random_maps(512, 16, 16)
    wall.show_maps(feature_maps(maps))
    bar = wall.tiles.verticalScrollBar()
    assert bar.maximum() > 0
    QTest.keyClick(wall.tiles, Qt.Key.Key_End)
    assert bar.value() > 0
    at = middle(wall, 511, 5, 6, (16, 16))
    assert wall.tiles.viewport().rect().contains(at)
    assert painted(wall).pixel(at) == VIRIDIS.table()[maps[511, 5, 6]]
    assert wall.tiles.channel_at(QPointF(at)) == 511


def test_volumes_start_at_their_middle_and_a_slider_moves_through(wall: FeatureWall) -> None:
    maps = random_maps(4, 6, 5, 5)
    wall.show_maps(feature_maps(maps))
    slider = part(wall, QSlider, "feature_depth")
    assert slider.isVisible()
    assert painted(wall).pixel(middle(wall, 2, 1, 1, (5, 5))) == VIRIDIS.table()[maps[2, 3, 1, 1]]
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert painted(wall).pixel(middle(wall, 2, 1, 1, (5, 5))) == VIRIDIS.table()[maps[2, 4, 1, 1]]
    wall.show_maps(feature_maps(random_maps(4, 5, 5)))
    assert not slider.isVisible()


def test_vectors_are_bars_from_a_common_zero(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(np.zeros(4, np.uint8), [1, -1, 0.5, 0], [1, -1, 0.5, 0]))
    image = painted(wall)
    up, down, ground = (theme().color(r) for r in (Role.CURVE_1, Role.CURVE_2, Role.SURFACE))

    def colours(channel: int) -> list[QColor]:
        tile = wall.tiles.tile_rect(channel)
        steps = (0.1, 0.35, 0.65)
        return [image.pixelColor(int(tile.center().x()), int(tile.top() + s * tile.height())) for s in steps]

    assert colours(0) == [up, up, ground]
    assert colours(1) == [ground, ground, down]
    assert colours(2) == [ground, up, ground]
    assert colours(3) == [ground] * 3
    QTest.mouseMove(wall.tiles.viewport(), wall.tiles.tile_rect(1).center().toPoint())
    assert part(wall, QLabel, "feature_reading").text() == "Channel 1 · −1"


def test_signals_are_lines_with_a_readout_of_the_position(wall: FeatureWall) -> None:
    maps = np.zeros((3, 10), np.uint8)
    maps[1, 5:] = 255
    wall.show_maps(feature_maps(maps, high=[1, 4, 1]))
    image, ink = painted(wall), theme().color(Role.CURVE_1)
    tile = wall.tiles.tile_rect(1)
    column = [image.pixelColor(int(tile.left() + 0.9 * tile.width()), int(tile.top()) + y) for y in range(8)]
    assert ink in column
    QTest.mouseMove(wall.tiles.viewport(), (tile.topLeft() + QPointF(0.95 * tile.width(), 5)).toPoint())
    assert part(wall, QLabel, "feature_reading").text() == "Channel 1 · position 9 · 4"


def test_a_message_takes_the_place_of_the_maps(wall: FeatureWall) -> None:
    wall.show_maps(feature_maps(random_maps(4, 3, 3)))
    wall.show_message("No maps", "Press Train.")
    assert wall.message == "No maps: Press Train."
    assert wall.layer is None
    assert not part(wall, QComboBox, "feature_scaling").isVisible()
    wall.show_maps(feature_maps(random_maps(4, 3, 3)))
    assert wall.message == ""
    assert part(wall, QComboBox, "feature_scaling").isVisible()


def test_the_grid_follows_the_size_of_the_window(wall: FeatureWall, qtbot: QtBot) -> None:
    wall.show_maps(feature_maps(random_maps(16, 8, 8)))
    small = wall.tiles.grid
    wall.resize(900, 900)
    qtbot.waitUntil(lambda: wall.tiles.grid is not None and small is not None and wall.tiles.grid.width > small.width)


def test_every_control_has_a_name_and_says_what_it_does(wall: FeatureWall) -> None:
    for widget in wall.findChildren(QWidget):
        if isinstance(widget, QAbstractButton | QComboBox | QSlider) and widget.objectName():
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
