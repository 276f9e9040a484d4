"""The Data page: what it asks for and when, what it shows, and the edits it makes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QWidget,
)

from cnnstudio.app.data import gallery_model
from cnnstudio.app.data.gallery import NOTES
from cnnstudio.app.data.gallery_model import PAGE, SIDE, page_length
from cnnstudio.app.data.sample_painter import picture_of, scale_for, target_words, thumbnail, to_unit
from cnnstudio.app.data.sources import BADGES
from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.theme import Role, theme
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.catalogue.ends import Input
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.files import ImageFolder
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.data.known import SOURCES
from cnnstudio.core.edits import AddBlock, RenameExperiment, SetData
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import Failed
from tests.helpers.data_page import FACTS, Shown
from tests.helpers.recording import pictures, studio
from tests.helpers.started import PARTS

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QImage, QPixmap
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.data.gallery_view import GalleryView


LEFT = Qt.MouseButton.LeftButton


def rgb(colour: QColor) -> Any:
    return np.array([colour.red(), colour.green(), colour.blue()], np.float32)


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot, studio()).show()


@pytest.fixture
def filled(shown: Shown) -> Shown:
    shown.worker.answer()
    return shown


def test_it_asks_once_and_only_when_it_is_shown(qtbot: QtBot) -> None:
    page = Shown(qtbot, studio())
    page.bridge.do(SetData(recipe=DataRecipe(source=Waveforms())))
    assert page.asked == []
    page.show()
    assert [(a.part, a.start, a.count) for a in page.asked] == [("training", 0, PAGE)]
    assert '"Waveforms"' in page.asked[0].experiment
    assert page.view.gallery.message == "Loading the samples…"


def test_while_the_worker_loads_it_says_so_and_then_fills_by_itself(qtbot: QtBot) -> None:
    page = Shown(qtbot, studio("starting")).show()
    assert page.asked == []
    assert page.view.gallery.message == "Starting the worker that reads the data…"
    page.worker.enter("ready")
    page.worker.answer()
    assert page.view.gallery.message == ""
    assert page.view.gallery.model.rowCount() == PARTS["training"]


def test_thumbnails_have_the_pixels_of_the_samples(filled: Shown) -> None:
    model = filled.view.gallery.model
    inputs = pictures(range(PAGE), (8, 8, 1))
    for row in (0, 17, 47):
        image = pictured(filled, row)
        levels = np.array([[image.pixelColor(12 * x + 4, 12 * y + 4).red() for x in range(8)] for y in range(8)])
        assert np.abs(levels - inputs[row, :, :, 0] * 255).max() <= 1
        assert model.data(model.index(row)) == str(row % 10)
        told = model.data(model.index(row), Qt.ItemDataRole.ToolTipRole)
        assert told == f"Training sample {row}: {row % 10}"


def reaches_the_edge(view: GalleryView) -> bool:
    top = view.visualRect(view.model().index(0, 0)).top()
    places = [view.visualRect(view.model().index(row, 0)) for row in range(view.model().rowCount())]
    return 0 <= view.viewport().width() - max(p.right() for p in places if p.top() == top) < 28


def test_columns_fill_the_width_and_pictures_their_room(filled: Shown) -> None:
    view = filled.view.gallery.samples
    for width in (1200, 1600, 960):
        filled.page.resize(width, 720)
        filled.qtbot.waitUntil(partial(reaches_the_edge, view))
        assert SIDE < view.gridSize().width() < 2 * (SIDE + 16)
    scales = [scale_for(n, n, QSize(96, 96)) for n in (8, 28, 48, 64, 90, 128)]
    assert scales == [12, 3, 2, 1.5, 1, 0.75], "whole numbers where single pixels are seen"


def test_tab_goes_through_the_forms_from_top_to_bottom(shown: Shown) -> None:
    for source in (Shapes(), ImageFolder(path="/gone").found(FACTS)):
        shown.bridge.do(SetData(recipe=DataRecipe(source=source)))
        sources = shown.view.sources
        own = [*sources.source_form.stops, *sources.preparation_form.stops]
        fields = [w for w in own if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus]
        fields[0].setFocus()
        seen = [fields[0].objectName()]
        for _ in fields[1:]:
            QTest.keyClick(shown.page.focusWidget(), Qt.Key.Key_Tab)
            seen.append(shown.page.focusWidget().objectName())
        assert seen == [w.objectName() for w in fields]
        left = {w.mapTo(sources, QPoint()).x() for w in fields if w.objectName().startswith("field_")}
        assert len(left) == 1, "all fields begin at one place"


def test_numbers_of_parts_and_classes_are_told(filled: Shown) -> None:
    assert [filled.part(QPushButton, f"data_part_{p}").text() for p in PARTS] == [
        "Training  70",
        "Validation  60",
        "Test  20",
    ]
    bars = filled.view.statistics.classes
    assert [bars.total(i) for i in range(10)] == [15] * 10
    assert bars.words(3) == "3: training 7, validation 6, test 2"
    image = bars.grab().toImage()
    colours = {image.pixelColor(x, bars.height() // 20).name() for x in range(image.width())}
    assert {theme().color(r).name() for r in (Role.CURVE_1, Role.CURVE_2, Role.EDGE)} <= colours


def test_it_says_that_the_test_part_is_used_for_nothing_else(filled: Shown) -> None:
    assert filled.text("data_promise") == "The test part is never used in training, nor for any choice."
    QTest.mouseClick(filled.part(QPushButton, "data_part_test"), LEFT)
    assert filled.text("data_part_note") == NOTES["test"]
    assert "Never used in training" in NOTES["test"]
    assert (filled.asked[-1].part, filled.asked[-1].start) == ("test", 0)


def test_all_samples_are_in_the_list_and_only_those_in_sight_are_asked_for(shown: Shown) -> None:
    shown.worker.parts["training"] = 100_000
    shown.worker.answer()
    view, model = shown.view.gallery.samples, shown.view.gallery.model
    assert model.rowCount() == 100_000
    assert all((a.count, a.edge) == (PAGE, SIDE) for a in shown.asked)
    QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(model.index(0)).center())
    QTest.keyClick(view, Qt.Key.Key_End)
    assert view.currentIndex().row() == 99_999
    last = 99_999 // PAGE * PAGE
    await_start(shown, last)
    assert model.picture(99_999) is None
    shown.worker.answer()
    pictured(shown, 99_999)
    assert model.told(99_999) == "Training sample 99,999: 9"


def pictured(shown: Shown, row: int) -> QImage:
    """The thumbnail in that row, once its turn has come."""
    model = shown.view.gallery.model

    def made() -> QPixmap | None:
        found: QPixmap | None = model.data(model.index(row), Qt.ItemDataRole.DecorationRole)
        return found

    shown.qtbot.waitUntil(lambda: made() is not None)
    found = made()
    assert found is not None
    return found.toImage()


def await_start(shown: Shown, start: int) -> None:
    """Answer requests until this one has been asked; each waits for the one before."""

    def there() -> bool:
        if shown.asked[-1].start != start and shown.view.gallery._loader.is_waiting:
            shown.worker.answer()
        return shown.asked[-1].start == start

    shown.qtbot.waitUntil(there, timeout=5000)


def test_one_page_is_asked_for_at_a_time_and_the_least_recently_seen_is_let_go(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_model, "PAGES_KEPT", 3)
    shown.worker.parts["training"] = 100_000
    shown.worker.answer()
    model, view = shown.view.gallery.model, shown.view.gallery.samples
    for page in (1000, 500, 2000):
        view.scrollTo(model.index(page * PAGE), view.ScrollHint.PositionAtTop)
        await_start(shown, page * PAGE)
        shown.worker.answer()
        pictured(shown, page * PAGE)
    assert len(model._pages) == 3
    assert model.picture(0) is None
    assert len({a.start for a in shown.asked}) == len(shown.asked)


def test_pictures_of_a_page_are_made_in_turns_that_do_not_hold_the_window_up(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_model, "SLICE", 0.0)
    monkeypatch.setattr(gallery_model, "REST", 1e9)
    model = gallery_model.GalleryModel()  # of its own: nobody paints it
    model.begin("training", shown.bridge.experiment.data.info(), 1.0)
    model.put(shown.worker.answer())
    assert model.picture(0) is not None
    assert [model.picture(row) for row in (1, 2)] == [None, None]
    assert model.picture(0) is not None
    seen = []

    def looked() -> None:
        seen.append(sum(model.picture(row) is not None for row in range(4)))

    model.looks_changed.connect(looked)
    shown.qtbot.waitUntil(lambda: 4 in seen)
    assert seen == [2, 3, 4]


def test_an_answer_to_an_earlier_question_is_dropped(filled: Shown) -> None:
    QTest.mouseClick(filled.part(QPushButton, "data_part_validation"), LEFT)
    earlier = filled.asked[-1].request
    QTest.mouseClick(filled.part(QPushButton, "data_part_test"), LEFT)
    filled.worker.arrive(Failed(earlier, "Too late."))
    assert filled.view.gallery.message == "Loading the samples…"
    filled.worker.answer()
    assert filled.view.gallery.model.rowCount() == 20


def test_enter_shows_one_sample_large_and_arrows_walk(filled: Shown) -> None:
    view, detail = filled.view.gallery.samples, filled.view.gallery.detail
    QTest.mouseClick(view.viewport(), LEFT, pos=view.visualRect(filled.view.gallery.model.index(3)).center())
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert (filled.asked[-1].start, filled.asked[-1].count, filled.asked[-1].edge) == (3, 1, 0)
    samples = filled.worker.answer()
    assert filled.text("data_detail_title") == "Training sample 3 of 70"
    assert filled.text("data_detail_classes") == "3"
    low = float(samples.inputs.min())
    assert filled.text("data_detail_facts").startswith(f"8 × 8 × 1; values from {low:.3g} to")
    scale = min(detail.picture.width(), detail.picture.height()) // 8
    left, top = (detail.picture.width() - 8 * scale) // 2, (detail.picture.height() - 8 * scale) // 2
    QTest.mouseMove(detail.picture, QPoint(left + 2 * scale + 4, top + 5 * scale + 4))
    value = float(f"{samples.inputs[0, 5, 2, 0]:.3g}")
    filled.qtbot.waitUntil(lambda: filled.text("data_detail_cell") == f"Row 5, column 2: {value:.12g}")
    assert filled.page.focusWidget() is detail
    QTest.keyClick(detail, Qt.Key.Key_Right)
    assert filled.asked[-1].start == 4
    QTest.keyClick(detail, Qt.Key.Key_End)
    assert filled.asked[-1].start == 69
    filled.worker.answer()
    assert not filled.part(QToolButton, "data_detail_next").isEnabled()
    QTest.keyClick(detail, Qt.Key.Key_Escape)
    assert view.isVisible()
    assert (filled.page.focusWidget(), view.currentIndex().row()) == (view, 69)


def test_a_double_click_enlarges_and_other_data_go_back_to_the_list(filled: Shown) -> None:
    view = filled.view.gallery.samples
    place = view.visualRect(filled.view.gallery.model.index(1)).center()
    QTest.mouseClick(view.viewport(), LEFT, pos=place)
    QTest.mouseDClick(view.viewport(), LEFT, pos=place)
    assert filled.view.gallery.detail.isVisible()
    filled.bridge.do(SetData(recipe=DataRecipe(source=Shapes())))
    assert filled.view.gallery.message == "Loading the samples…"


@pytest.mark.parametrize(
    ("shape", "length"),
    [((8, 8, 1), PAGE), ((4000, 3000, 3), PAGE), ((1 << 18, 1), 8), ((1 << 21, 4), 1), ((64, 64, 64, 1), 8)],
)
def test_a_page_of_large_samples_is_shorter(shape: tuple[int, ...], length: int) -> None:
    assert page_length(DataInfo(Task.RECONSTRUCTION, shape), SIDE) == length


@pytest.mark.parametrize(
    ("task", "label", "words"),
    [("multi-label", "1, 2", "Training sample 2: 1, 2"), ("detection", "2", "Training sample 2: 2")],
)
def test_several_classes_and_boxes_have_names(filled: Shown, task: Any, label: str, words: str) -> None:
    filled.bridge.do(SetData(recipe=DataRecipe(source=Noise(task=task, shape=(16, 16, 3), classes=3))))
    filled.await_request(2)
    filled.worker.answer()
    assert (filled.view.gallery.model.label(2), filled.view.gallery.model.told(2)) == (label, words)


def test_boxes_are_drawn_over_images_and_can_be_taken_off(filled: Shown) -> None:
    filled.bridge.do(SetData(recipe=DataRecipe(source=Noise(task="detection", shape=(48, 48, 3), classes=3))))
    filled.await_request(2)
    filled.worker.answer()

    def pixel(x: int, y: int) -> str:
        return str(pictured(filled, 1).pixelColor(x, y).name())

    frame = class_colour(2).name()
    assert [pixel(0, 10), pixel(40, 0), pixel(95, 20), pixel(30, 47)] == [frame] * 4
    assert frame not in (pixel(30, 20), pixel(0, 70))
    box = filled.part(QCheckBox, "data_masks")
    assert box.text() == "Show boxes"
    QTest.mouseClick(box, LEFT)
    assert pixel(40, 0) != frame


def test_a_click_on_a_source_is_one_edit_that_can_be_undone(filled: Shown) -> None:
    card = filled.part(QWidget, "source_shapes")
    QTest.mouseClick(card, LEFT, pos=card.rect().center())
    assert filled.source() == Shapes()
    assert filled.bridge.experiment.architecture.input.spec == Input(shape=(32, 32, 3))
    assert filled.text("data_shape") == "One sample: 32 × 32 × 3"
    filled.await_request(2)
    filled.worker.answer()
    assert filled.part(QCheckBox, "data_masks").isVisible()
    filled.bridge.undo()
    assert filled.part(QRadioButton, "source_digits_button").isChecked()
    assert filled.source() == Digits()
    filled.await_request(3)


def test_sources_are_chosen_by_keyboard_too_and_remember_what_was_set(filled: Shown) -> None:
    filled.bridge.do(SetData(recipe=DataRecipe(source=Waveforms(length=64))))
    digits = filled.part(QRadioButton, "source_digits_button")
    filled.part(QScrollArea, "data_sources").ensureWidgetVisible(digits)
    QTest.mouseClick(digits, LEFT)
    assert filled.source() == Digits()
    QTest.keyClick(digits, Qt.Key.Key_Down)
    QTest.keyClick(filled.page.focusWidget(), Qt.Key.Key_Down)
    assert filled.source() == Waveforms(length=64)


def test_every_source_says_whether_it_is_real(filled: Shown) -> None:
    for kind, source in SOURCES.items():
        if source.origin == "own":
            continue
        assert filled.text(f"source_{kind.lower()}_note") == source.note
        assert filled.text(f"source_{kind.lower()}_badge") == BADGES[source.origin][0]


def test_typing_a_parameter_asks_once_after_it_has_settled(filled: Shown) -> None:
    filled.bridge.do(SetData(recipe=DataRecipe(source=Waveforms())))
    filled.await_request(2)
    form = filled.part(QWidget, "data_source_form")
    form.focus_field("length")
    field = filled.page.focusWidget()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "256")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert filled.source() == Waveforms(length=256)
    filled.await_request(3)
    assert '"length": 256' in filled.asked[-1].experiment


def test_the_split_is_part_of_the_recipe(filled: Shown) -> None:
    form = filled.part(QWidget, "data_split_form")
    form.focus_field("seed")
    field = filled.page.focusWidget()
    QTest.keyClick(field, Qt.Key.Key_Up)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert filled.bridge.experiment.data == DataRecipe(seed=1)


def test_edits_of_the_design_do_not_load_the_data_again(filled: Shown, qtbot: QtBot) -> None:
    filled.bridge.do(AddBlock(spec=spec_class("Dropout")(), id="drop", after="conv"))
    filled.bridge.do(RenameExperiment(name="Another"))
    qtbot.wait(250)
    assert len(filled.asked) == 1


def test_an_error_is_shown_in_the_page_and_retried(shown: Shown) -> None:
    shown.worker.arrive(Failed(shown.asked[0].request, "The digits cannot be read. Install scikit-learn.", "Traceback"))
    assert shown.view.gallery.message == "The digits cannot be read. Install scikit-learn."
    details = shown.part(QToolButton, "data_message_show_details")
    QTest.mouseClick(details, LEFT)
    assert shown.part(QWidget, "data_message_details").isVisible()
    QTest.mouseClick(shown.part(QPushButton, "data_message_action"), LEFT)
    assert len(shown.asked) == 2
    shown.worker.answer()
    assert shown.view.gallery.message == ""


def test_a_worker_that_dies_over_the_samples_is_not_asked_again_by_itself(shown: Shown) -> None:
    request = shown.asked[0].request
    shown.worker.enter("lost")
    shown.worker.arrive(Failed(request, "The worker was ended by the system."))
    shown.worker.enter("starting")
    shown.worker.enter("ready")
    assert len(shown.asked) == 1  # it might die of it for ever
    assert shown.view.gallery.message == "The worker was ended by the system."
    QTest.mouseClick(shown.part(QPushButton, "data_message_action"), LEFT)
    assert len(shown.asked) == 2


def test_retry_starts_a_worker_when_there_is_none(qtbot: QtBot) -> None:
    page = Shown(qtbot, studio("starting")).show()
    page.worker.enter("lost")
    assert "has ended" in page.view.gallery.message
    QTest.mouseClick(page.part(QPushButton, "data_message_action"), LEFT)
    assert page.worker.starts == 1
    page.worker.enter("ready")
    page.worker.answer()
    assert page.view.gallery.message == ""


def test_a_hidden_page_asks_for_nothing_until_it_is_shown_again(filled: Shown, qtbot: QtBot) -> None:
    filled.page.hide()
    filled.bridge.do(SetData(recipe=DataRecipe(source=Shapes())))
    qtbot.wait(250)
    assert len(filled.asked) == 1
    filled.page.show()
    assert len(filled.asked) == 2
    assert '"Shapes"' in filled.asked[-1].experiment


def test_masks_are_laid_over_images_and_can_be_taken_off(filled: Shown) -> None:
    filled.bridge.do(SetData(recipe=DataRecipe(source=Shapes(size=48))))
    filled.await_request(2)
    samples = filled.worker.answer()

    def pixel(row: int) -> Any:
        image = pictured(filled, 0)
        return rgb(image.pixelColor(1, 2 * row + 1))

    plain = samples.inputs[0, :, 0] * 255
    mask = rgb(class_colour(1))
    assert np.abs(pixel(0) - (0.35 * plain[0] + 0.65 * mask)).max() <= 2  # the first row is of class 1
    assert np.abs(pixel(1) - plain[1]).max() <= 2
    QTest.mouseClick(filled.part(QCheckBox, "data_masks"), LEFT)
    assert np.abs(pixel(0) - plain[0]).max() <= 2


def test_every_control_has_a_name_and_says_what_it_does(filled: Shown) -> None:
    for widget in filled.page.findChildren(QWidget):
        name = widget.objectName()
        if isinstance(widget, QAbstractButton) and name and not name.startswith(("qt_", "Scroll")):
            assert widget.accessibleName(), name
            assert widget.toolTip(), name


# How one sample is painted


def test_a_sample_is_scaled_by_whole_numbers_and_centred(qapp: object) -> None:
    picture = thumbnail(np.ones((8, 8, 1), np.float32), QSize(60, 60), 1.0).toImage()
    white = [(x, y) for x in range(60) for y in range(60) if picture.pixelColor(x, y).alpha()]
    assert (min(white), max(white), len(white)) == ((2, 2), (57, 57), 56 * 56)


def test_an_image_larger_than_its_room_is_made_smaller(qapp: object) -> None:
    picture = thumbnail(np.ones((100, 200, 3), np.float32), QSize(50, 50), 2.0)
    assert picture.size() == QSize(100, 100)
    image = picture.toImage()
    assert image.pixelColor(50, 50).alpha() == 255
    assert image.pixelColor(50, 10).alpha() == 0


def test_values_beyond_0_to_1_are_stretched_to_their_range() -> None:
    values = np.array([-2, 0, 2], np.float32)
    assert to_unit(values) == pytest.approx([0, 0.5, 1])
    assert to_unit(np.array([0.2, 0.4], np.float32)) == pytest.approx([0.2, 0.4])
    assert not to_unit(np.full(3, 7, np.float32)).any()


def test_signals_volumes_and_odd_channel_counts_have_pictures(qapp: object) -> None:
    room = QSize(80, 40)
    ink, ground = theme().color(Role.CURVE_1), theme().color(Role.CANVAS)
    line = picture_of(np.sin(np.arange(64, dtype=np.float32))[:, np.newaxis], room)
    assert line.size() == room
    colours = {line.pixelColor(x, y).name() for x in range(80) for y in range(40)}
    assert {ink.name(), ground.name()} <= colours
    volume = np.zeros((5, 4, 6, 1), np.float32)
    volume[2] = 1
    assert picture_of(volume, room).size() == QSize(6, 4)
    assert picture_of(volume, room).pixelColor(3, 2).red() == 255
    assert picture_of(np.zeros((4, 6, 2), np.float32), room).size() == QSize(6, 4)


def test_targets_in_words() -> None:
    names = ("background", "circle", "square")
    digits = DataInfo(Task.CLASSIFICATION, (8, 8, 1), names)
    assert target_words(np.int32(1), digits) == "circle"
    assert target_words(np.int32(9), digits) == "class 9"
    masks = DataInfo(Task.SEGMENTATION, (2, 2, 3), names)
    assert target_words(np.array([[0, 2], [1, 1]]), masks) == "circle, square"
    assert target_words(np.zeros((2, 2), int), masks) == "background"
    assert target_words(np.zeros((8, 8, 1)), DataInfo(Task.RECONSTRUCTION, (8, 8, 1))) == ""
