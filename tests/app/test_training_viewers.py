"""What the Train page shows of a prediction, task by task: against plain sums, with real keys and clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QRectF, QSizeF, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QToolTip, QWidget

from cnnstudio.app.theme import themes
from cnnstudio.app.theme.theme import DARK, LIGHT
from cnnstudio.app.training.viewers.boxes import BoxViewer, draw_boxes, matches, on_picture, overlap, tag_places
from cnnstudio.app.training.viewers.labels import LabelViewer
from cnnstudio.app.training.viewers.masks import MaskViewer
from cnnstudio.app.training.viewers.pictures import Picture, PictureRow, fitted
from cnnstudio.app.training.viewers.rebuilt import RebuiltViewer
from cnnstudio.app.training.viewers.table import VIEWERS
from cnnstudio.core.data.info import DataInfo, Task
from tests.helpers.tasks import TaskPage

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton


def colours(image: QImage | None) -> Any:
    """RGB of every cell."""
    assert image is not None
    cells = [[image.pixelColor(x, y) for x in range(image.width())] for y in range(image.height())]
    return np.array([[(c.red(), c.green(), c.blue()) for c in row] for row in cells])


def slider(page: TaskPage, name: str) -> QSlider:
    found = page.page.findChild(QSlider, name)
    assert isinstance(found, QSlider)
    return found


def test_every_task_has_a_viewer() -> None:
    assert set(VIEWERS) == set(Task)


def test_another_task_brings_its_own_viewer(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    view = page.view.chooser.view
    assert isinstance(view.viewer, MaskViewer)
    view.show_sample("validation", 0, page.inputs[0], np.zeros(4, np.int32), page.info.__class__(
        Task.MULTILABEL, page.info.input_shape, page.info.class_names))  # fmt: skip
    assert isinstance(view.viewer, LabelViewer)
    assert view.viewer.isVisible()
    assert len([v for v in view.findChildren(MaskViewer) if v.isVisible()]) == 0


def test_several_classes_are_found_from_the_threshold_on(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.MULTILABEL)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, LabelViewer)
    assert viewer.bars.true_classes == {0, 2}
    page.predict(np.array([0.9, 0.6, 0.45, 0.1], np.float32))
    assert page.view.chooser.view.verdict == "1 of 2 classes found, 1 named wrongly"
    threshold = slider(page, "prediction_threshold")
    threshold.setFocus()
    for _ in range(10):
        QTest.keyClick(threshold, Qt.Key.Key_Left)
    assert viewer.bars.named == {0, 1, 2}
    assert page.view.chooser.view.verdict == "2 of 2 classes found, 1 named wrongly"
    QTest.keyClick(threshold, Qt.Key.Key_End)
    assert page.view.chooser.view.verdict == "0 of 2 classes found"


def test_masks_are_laid_over_and_errors_stand_out(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, MaskViewer)
    truth = page.targets[0]
    answer = truth.copy()
    answer[:4, :4] = 2  # ground taken for class 2
    page.predict(answer)
    titles = [picture.title for picture in viewer.pictures]
    assert titles == ["Input", "Truth", "Prediction", "Errors"]
    right, whole = int((truth == answer).sum()), truth.size
    ground = 1 - 16 / int((truth == 0).sum())  # intersection over union: what is missing is in the truth alone
    assert page.view.chooser.view.verdict.startswith(f"{100 * right / whole:.1f} % of the pixels right")
    rows = {index: value for index, _, value in viewer.legend.rows}
    assert rows == pytest.approx({0: ground, 1: 1.0, 2: 0.0})
    plain, wrong = colours(viewer.pictures[0].image), colours(viewer.pictures[3].image)
    dimmed = wrong.astype(float).sum(axis=-1) < plain.sum(axis=-1)
    assert dimmed[truth == answer].mean() > 0.95
    assert len({tuple(c) for c in wrong[truth != answer]}) == 1


def test_opacity_goes_from_the_sample_alone_to_the_mask_alone(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, MaskViewer)
    inside = page.targets[0] > 0
    opacity = slider(page, "mask_opacity")
    opacity.setFocus()
    QTest.keyClick(opacity, Qt.Key.Key_Home)
    assert np.array_equal(colours(viewer.pictures[1].image), colours(viewer.pictures[0].image))
    QTest.keyClick(opacity, Qt.Key.Key_End)
    covered = colours(viewer.pictures[1].image)
    assert len({tuple(c) for c in covered[inside]}) == 1
    assert np.array_equal(covered[~inside], colours(viewer.pictures[0].image)[~inside])


def test_the_tooltip_names_the_classes_of_a_pixel(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    page.predict(np.zeros_like(page.targets[0]))
    row = page.page.findChild(PictureRow, "prediction_masks")
    assert isinstance(row, PictureRow)
    place = row.places()[1].center()
    QApplication.sendEvent(row, QHelpEvent(QEvent.Type.ToolTip, place, row.mapToGlobal(place)))
    cell = row.cell_at(place)
    assert cell is not None
    assert page.targets[0][cell] == 1
    assert QToolTip.text() == f"Row {cell[0]}, column {cell[1]}: is 1, network says 0"
    QToolTip.hideText()


def test_an_answer_of_another_shape_is_not_shown(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, MaskViewer)
    page.predict(np.zeros((3, 3), np.int32))
    assert viewer.pictures[2].image is None
    assert page.view.chooser.view.verdict == ""


@pytest.mark.parametrize("shape", [(16, 16, 3), (64, 1), (6, 8, 8, 1)])
def test_a_rebuilt_sample_is_measured(qtbot: QtBot, shape: tuple[int, ...]) -> None:
    page = TaskPage(qtbot, Task.RECONSTRUCTION, shape)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, RebuiltViewer)
    wanted = page.targets[0]
    page.predict(wanted + np.float32(0.1))
    ratio = 10 * np.log10(1 / 0.1**2)
    assert page.view.chooser.view.verdict == f"PSNR {ratio:.2f} dB, largest error 0.1"
    assert [p.title.split(",")[0] for p in viewer.pictures] == ["Input", "Output", "Absolute error"]
    assert viewer.scale.most == pytest.approx(0.1, abs=1e-5)


def test_a_noisy_input_is_compared_with(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.RECONSTRUCTION)
    clean = page.inputs[0]
    noisy = clean + np.float32(0.2) * (np.indices(clean.shape).sum(axis=0) % 2 * 2 - 1).astype(np.float32)
    view = page.view.chooser.view
    view.show_sample("validation", 0, noisy, clean, page.info)
    page.predict(clean + np.float32(0.02))
    assert view.verdict == "PSNR 33.98 dB (+20.00 dB over the noisy input), largest error 0.02"


def test_boxes_are_counted_from_the_threshold_on(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.DETECTION)
    view, viewer = page.view.chooser.view, page.view.chooser.view.viewer
    assert isinstance(viewer, BoxViewer)
    assert len(viewer.truth) == 2
    page.predict(
        np.array(
            [[0.25, 0.25, 0.75, 0.7, 1, 0.9], [0.3, 0.3, 0.75, 0.75, 1, 0.8], [0.0, 0.0, 0.2, 0.3, 2, 0.3]], np.float32
        )
    )
    assert view.verdict == "1 of 2 objects found, 1 box too many"  # the second meets an object that is taken
    threshold = slider(page, "prediction_threshold")
    threshold.setFocus()
    with qtbot.waitSignal(view.threshold_changed):
        QTest.keyClick(threshold, Qt.Key.Key_PageDown)
    QTest.keyClick(threshold, Qt.Key.Key_PageDown)
    assert len(viewer.shown) == 3
    assert view.verdict == "2 of 2 objects found, 1 box too many"
    for _ in range(3):
        QTest.keyClick(threshold, Qt.Key.Key_PageUp)
    QTest.keyClick(threshold, Qt.Key.Key_PageUp)
    for _ in range(15):
        QTest.keyClick(threshold, Qt.Key.Key_Right)
    assert view.verdict == "1 of 2 objects found"


def test_overlap_is_intersection_over_union() -> None:
    assert overlap((0, 0, 2, 2), (1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert overlap((0, 0, 1, 1), (1, 1, 2, 2)) == 0
    assert overlap((0, 0, 1, 1), (0, 0, 1, 1)) == 1
    assert matches(np.zeros((0, 6)), np.zeros((0, 5))) == 0


def test_a_box_is_drawn_where_it_is_and_holds_on_white_and_black(qtbot: QtBot) -> None:
    place = QRectF(0, 0, 100, 100)
    box = np.array([0.2, 0.3, 0.6, 0.9, 1], np.float32)
    assert on_picture(box, place).toRect().getRect() == (20, 30, 40, 60)
    for ground in (Qt.GlobalColor.white, Qt.GlobalColor.black):
        image = QImage(100, 100, QImage.Format.Format_RGB32)
        image.fill(ground)
        painter = QPainter(image)
        draw_boxes(painter, place, boxes=[(box, "", False)])
        painter.end()
        before = image.pixelColor(5, 5)
        edge = [image.pixelColor(x, 60) for x in range(17, 24)]
        assert max(abs(c.lightness() - before.lightness()) for c in edge) > 90


def test_whole_pixels_where_there_is_room() -> None:
    from PySide6.QtCore import QSize

    assert fitted(QSize(10, 10), QSize(35, 60)) == QSize(30, 30)
    assert fitted(QSize(100, 50), QSize(50, 50)) == QSize(50, 25)


def test_viewers_paint_in_both_looks_and_name_their_controls(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [TaskPage(qtbot, task) for task in (Task.SEGMENTATION, Task.DETECTION, Task.MULTILABEL)]
    labels = pages[2].view.chooser.view.viewer
    assert isinstance(labels, LabelViewer)
    qtbot.waitUntil(lambda: labels.bars.height() >= labels.bars.sizeHint().height() > 0)
    looks = []
    for look in (LIGHT, DARK):  # what the viewers paint themselves; a style sheet for all widgets takes seconds
        monkeypatch.setattr(themes, "current", look)
        looks.append([page.view.chooser.view.grab().toImage() for page in pages])
    assert [light != dark for light, dark in zip(*looks, strict=True)] == [True, True, True]
    for page in pages:
        for control in page.view.chooser.view.findChildren(QSlider):
            assert control.accessibleName()
            assert control.toolTip()


def test_a_click_on_another_sample_forgets_the_prediction(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.SEGMENTATION)
    viewer = page.view.chooser.view.viewer
    assert isinstance(viewer, MaskViewer)
    page.predict(page.targets[0])
    assert viewer.pictures[2].image is not None
    strip = page.view.chooser.strip
    place: QPoint = strip.visualRect(strip.sample_model.index(3)).center()
    QTest.mouseClick(strip.viewport(), LEFT, pos=place)
    assert viewer.pictures[2].image is None
    assert page.view.chooser.view.verdict == ""


def test_pictures_stand_in_the_columns_that_show_them_largest(qtbot: QtBot) -> None:
    row = PictureRow("row", "Four pictures")
    qtbot.addWidget(row)
    image = QImage(16, 16, QImage.Format.Format_RGB32)
    row.show_pictures([Picture(title, image) for title in "abcd"])
    row.resize(800, 200)
    assert len({place.top() for place in row.places()}) == 1
    row.resize(320, 500)
    places = row.places()
    assert len({place.top() for place in places}) == len({place.left() for place in places}) == 2
    assert min(place.width() for place in places) > 320 // 4
    assert not any(a.intersects(b) for n, a in enumerate(places) for b in places[:n])
    assert all(row.rect().contains(place) for place in places)
    corner = places[3].topLeft()
    assert row.cell_at(corner) == (0, 0)


def test_bars_stand_below_a_sample_that_leaves_no_room_beside_it(qtbot: QtBot) -> None:
    viewer = VIEWERS[Task.CLASSIFICATION]()
    qtbot.addWidget(viewer)
    info = DataInfo(Task.CLASSIFICATION, (64, 1), ("sine", "square"))
    viewer.show_sample(np.zeros((64, 1), np.float32), 1, info)
    bars, picture = viewer.findChild(QWidget, "prediction_bars"), viewer.findChild(QWidget, "chosen_sample_picture")
    assert bars is not None
    assert picture is not None
    viewer.show()
    viewer.resize(600, 200)
    qtbot.waitUntil(lambda: bars.x() > picture.x())
    viewer.resize(300, 200)
    qtbot.waitUntil(lambda: bars.y() >= picture.geometry().bottom() and bars.width() > 250)


PLACE = QRectF(10, 20, 200, 160)
corners = st.tuples(st.floats(0, 150), st.floats(0, 120), st.floats(1, 50), st.floats(1, 40))


@given(st.lists(st.tuples(corners, st.integers(10, 60)), max_size=6))
def test_tags_of_boxes_stay_within_the_picture_and_the_most_certain_ones_stands_above_its_box(drawn: list[Any]) -> None:
    rects = [QRectF(10 + x, 20 + y, width, height) for (x, y, width, height), _ in drawn]
    sizes = [QSizeF(length, 12) for _, length in drawn]
    tags = tag_places(rects, sizes, PLACE)
    assert [tag.size() for tag in tags] == sizes
    assert all(PLACE.contains(tag) for tag in tags)
    if rects and rects[-1].top() >= PLACE.top() + 12:
        assert tags[-1].bottom() == pytest.approx(rects[-1].top())


def test_a_tag_goes_to_another_corner_before_it_covers_one() -> None:
    near = [QRectF(60, 80, 60, 40), QRectF(64, 82, 60, 40), QRectF(62, 78, 60, 40)]
    tags = tag_places(near, [QSizeF(40, 12)] * 3, PLACE)
    assert tags[2].bottom() == 78.0
    assert not any(tags[one].intersects(tags[other]) for one, other in ((0, 1), (0, 2), (1, 2)))
