"""The Evaluation and Bottleneck tabs: what a run's evaluations say, by mouse and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QSlider, QTabBar, QToolButton, QToolTip, QWidget

from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import Role
from cnnstudio.app.theme.ink import contrast, ink_on
from cnnstudio.app.theme.theme import DARK
from cnnstudio.app.theme.theme import LIGHT as LIGHT_LOOK
from cnnstudio.app.training.evaluation.confusion import blend
from cnnstudio.app.training.evaluation.panel import CLASSES, CONFUSION, METRICS, PRECISION
from cnnstudio.app.training.evaluation.tables import NumberModel, Numbers, NumberTable
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.data.info import Task
from cnnstudio.core.document import Document
from cnnstudio.core.formats.presets import preset
from cnnstudio.wire.messages import Decoded, EpochEnd, Failed, GetDecoded, GetMaps, Maps
from tests.helpers.recording import studio
from tests.helpers.tasks import TaskPage

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.training.evaluation.confusion import ConfusionMatrix

LEFT = Qt.MouseButton.LeftButton
EVALUATION, LATENT = 2, 3
"""Tabs of the Train page, after recipe and curves."""
CONTROL = Qt.KeyboardModifier.ControlModifier
COUNTS = np.array([[8, 2, 0], [1, 9, 0], [0, 0, 0]], np.int64)


@pytest.fixture
def page(qtbot: QtBot) -> TaskPage:
    made = TaskPage(qtbot, Task.CLASSIFICATION, classes=3)
    open_tab(made, EVALUATION)
    return made


def open_tab(page: TaskPage, index: int) -> None:
    """Click a tab of the Train page."""
    around = page.view.tabs.parentWidget()
    layout = around.layout() if around is not None else None
    assert layout is not None
    layout.activate()
    bar = page.view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
    assert page.view.tabs.currentIndex() == index


def choose_view(page: TaskPage, title: str) -> None:
    bar = page.page.findChild(QTabBar, "evaluation_views")
    assert isinstance(bar, QTabBar)
    index = [bar.tabText(i) for i in range(bar.count())].index(title)
    QTest.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
    assert page.view.evaluation.view == title


def choose_segment(page: TaskPage, name: str, index: int) -> None:
    row = page.page.findChild(Segments, name)
    assert isinstance(row, Segments)
    QTest.mouseClick(row, LEFT, pos=row.segment_rect(index).center().toPoint())
    assert row.index == index


def reading(page: TaskPage) -> str:
    label = page.page.findChild(QLabel, "evaluation_reading")
    assert isinstance(label, QLabel)
    return label.text()


def middle(matrix: ConfusionMatrix, row: int, column: int) -> QPoint:
    return matrix.cell_rect(row, column).center().toPoint()


def test_before_the_first_epoch_it_says_what_comes(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.CLASSIFICATION, start=False)
    open_tab(page, EVALUATION)
    assert "Press Train (F5)" in page.view.evaluation.message
    page.start()
    assert page.view.evaluation.message.startswith("One moment")
    page.evaluate(confusion=np.eye(4, dtype=np.int64))
    assert page.view.evaluation.message == ""


def test_the_views_are_those_that_the_task_has(page: TaskPage) -> None:
    bar = page.page.findChild(QTabBar, "evaluation_views")
    assert isinstance(bar, QTabBar)
    page.evaluate(metrics={"loss": 0.1, "psnr": 21.0})
    assert [bar.tabText(i) for i in range(bar.count())] == [METRICS]
    page.evaluate(confusion=COUNTS, per_class={"f1": (0.8, 0.7, np.nan)})
    assert [bar.tabText(i) for i in range(bar.count())] == [METRICS, CONFUSION, CLASSES]
    page.evaluate(precision=np.ones((3, 101), np.float32), per_class={"ap_50": (0.8, 0.7, 0.1)})
    assert [bar.tabText(i) for i in range(bar.count())] == [METRICS, PRECISION, CLASSES]


def test_a_cell_is_read_with_mouse_tooltip_and_keys(page: TaskPage) -> None:
    page.evaluate(confusion=COUNTS)
    matrix = page.view.evaluation.confusion
    QTest.mouseMove(matrix.viewport(), middle(matrix, 0, 1))
    QTest.mouseClick(matrix.viewport(), LEFT, pos=middle(matrix, 0, 1))
    assert reading(page) == "0 taken for 1: 2 of 10 (20.0 %)"
    QTest.keyClick(matrix, Qt.Key.Key_Down)
    assert matrix.current == (1, 1)
    assert reading(page) == "1 answered rightly: 9 of 10 (90.0 %)"
    for _ in range(5):
        QTest.keyClick(matrix, Qt.Key.Key_Down)
    assert reading(page) == "2 taken for 1: 0 of 0 (\u2013)"
    QTest.keyClick(matrix, Qt.Key.Key_Home)
    assert matrix.current == (2, 0)
    at = middle(matrix, 1, 0)
    tip = QHelpEvent(QEvent.Type.ToolTip, at, matrix.viewport().mapToGlobal(at))
    QApplication.sendEvent(matrix.viewport(), tip)
    assert QToolTip.text() == "1 taken for 0: 1 of 10 (10.0 %)"
    QToolTip.hideText()


def test_counts_and_shares_are_written_and_copied(page: TaskPage) -> None:
    page.evaluate(confusion=COUNTS)
    matrix = page.view.evaluation.confusion
    assert [[matrix.text(r, c) for c in range(3)] for r in range(2)] == [["8", "2", ""], ["1", "9", ""]]
    matrix.setFocus()
    QTest.keyClick(matrix, Qt.Key.Key_C, CONTROL)
    assert QApplication.clipboard().text().splitlines()[:2] == ["truth / answer\t0\t1\t2", "0\t8\t2\t0"]
    choose_segment(page, "confusion_written", 1)
    assert matrix.text(0, 1) == "20"
    copy = page.page.findChild(QToolButton, "evaluation_copy")
    assert isinstance(copy, QToolButton)
    QTest.mouseClick(copy, LEFT)
    assert QApplication.clipboard().text().splitlines()[1] == "0\t0.8000\t0.2000\t0.0000"


@pytest.mark.parametrize("classes", [2, 10, 100])
def test_a_matrix_of_any_size_fits_and_can_be_read(qtbot: QtBot, classes: int) -> None:
    page = TaskPage(qtbot, Task.CLASSIFICATION, classes=classes)
    open_tab(page, EVALUATION)
    page.evaluate(confusion=np.random.default_rng(0).integers(0, 90, (classes, classes)))
    matrix = page.view.evaluation.confusion
    qtbot.waitUntil(lambda: matrix.isVisible() and matrix.width() < 640)
    view = matrix.viewport().rect()
    last = matrix.cell_rect(classes - 1, classes - 1)
    assert view.contains(last.toRect())
    assert matrix.cell_at(last.center().toPoint()) == (classes - 1, classes - 1)
    matrix.setFocus()
    for _ in range(9):
        QTest.keyClick(matrix, Qt.Key.Key_Plus)
    for key in (Qt.Key.Key_End, Qt.Key.Key_End, Qt.Key.Key_PageDown):
        QTest.keyClick(matrix, key)
    assert matrix.current == (classes - 1, classes - 1)
    shown = matrix.cell_rect(*matrix.current)
    assert shown.width() >= 24
    assert view.contains(shown.center().toPoint())  # keys bring the cell into sight
    QTest.keyClick(matrix, Qt.Key.Key_0)
    assert matrix.zoom == 1


def test_words_in_cells_keep_their_contrast() -> None:
    for look in (LIGHT_LOOK, DARK):
        for role in (Role.CURVE_1, Role.CURVE_2):
            for strength in np.linspace(0, 1, 11):
                back = blend(look.color(Role.SURFACE), look.color(role), float(strength))
                assert contrast(back, ink_on(back)) >= 4.5, (look.name, role, strength)


def test_classes_sort_by_number_and_copy(page: TaskPage) -> None:
    page.evaluate(confusion=COUNTS, per_class={"f1": (0.25, 0.75, float("nan"))})
    choose_view(page, CLASSES)
    table = page.view.evaluation.classes
    assert table.rows_in_order() == [["0", "10", "0.250"], ["1", "10", "0.750"], ["2", "0", "\u2013"]]
    header = table.horizontalHeader()
    place = QPoint(header.sectionViewportPosition(2) + 10, header.height() // 2)
    orders = []
    for _ in range(2):
        QTest.mouseClick(header.viewport(), LEFT, pos=place)
        orders.append([row[0] for row in table.rows_in_order()])
    assert sorted(orders) == [["0", "1", "2"], ["1", "0", "2"]]  # what is not defined stays last
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_C, CONTROL)
    assert QApplication.clipboard().text().splitlines()[0] == "Class\tOccurs\tF1"
    assert len(QApplication.clipboard().text().splitlines()) == 4


def test_test_is_told_apart_from_validation(page: TaskPage) -> None:
    page.evaluate(confusion=COUNTS, metrics={"loss": 0.5, "accuracy": 0.85})
    choose_segment(page, "evaluation_part", 1)
    assert page.view.evaluation.message == "Not measured yet: The test part is measured once, when the run is over."
    page.evaluate("test", 4, confusion=COUNTS * 2, metrics={"loss": 0.25, "accuracy": 0.8})
    page.studio.finish()
    assert page.view.evaluation.message == ""
    assert np.array_equal(page.view.evaluation.confusion.counts, COUNTS * 2)
    choose_view(page, METRICS)
    assert page.view.evaluation.metrics.rows_in_order() == [
        ["Loss", "0.5000", "0.2500"],
        ["Accuracy", "85.0 %", "80.0 %"],
    ]


def test_a_new_run_begins_without_an_evaluation(page: TaskPage) -> None:
    page.evaluate(confusion=COUNTS)
    page.studio.finish()
    page.start()
    assert page.view.evaluation.message.startswith("One moment")


def test_the_threshold_has_its_place_on_the_curves(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.DETECTION, classes=2)
    open_tab(page, EVALUATION)
    precision = np.stack([np.linspace(1, 0.5, 101), np.linspace(0.8, 0, 101)]).astype(np.float32)
    scores = np.stack([np.linspace(1, 0, 101)] * 2).astype(np.float32)
    page.evaluate(precision=precision, scores=scores, per_class={"ap_50": (0.75, 0.4)})
    curves = page.view.evaluation.precision
    assert curves.place(0) == pytest.approx((0.5, 0.75))
    threshold = page.page.findChild(QSlider, "prediction_threshold")
    assert isinstance(threshold, QSlider)
    threshold.setFocus()
    for _ in range(2):
        QTest.keyClick(threshold, Qt.Key.Key_PageUp)
    assert curves.place(0) == pytest.approx((0.3, 0.85))
    curves.setFocus()
    QTest.keyClick(curves, Qt.Key.Key_Down)
    assert curves.chosen == 0
    legend = curves.figure.axes[0].get_legend()
    assert legend is not None
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["0, AP 0.750"]
    QTest.keyClick(curves, Qt.Key.Key_Up)
    assert curves.chosen == -1


def test_a_metric_that_only_validation_has_draws_one_curve(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.DETECTION, classes=2, start=False)
    run = page.start(("loss",), ("loss", "map_50", "map"))
    page.worker.arrive(EpochEnd(run, 1, 1.0, {"loss": 1.0, "val_loss": 1.1, "val_map_50": 0.4, "val_map": 0.2}))
    curves = page.view.curves
    assert curves.data.metrics == ("loss", "map_50")
    assert curves.data.by_epoch("map_50").x == ()
    assert curves.data.by_epoch("val_map_50").y == (0.4,)
    assert curves.data.reading(1).endswith("Validation mAP at 0.5 0.4")
    combo = page.page.findChild(QComboBox, "curves_metric")
    assert isinstance(combo, QComboBox)
    assert [combo.itemText(i) for i in range(combo.count())] == ["mAP at 0.5", "mAP at 0.5 to 0.95"]
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert curves.data.metrics == ("loss", "map")


# The bottleneck


class Coder:
    """The Train page on the autoencoder preset, with a worker that is answered by hand."""

    def __init__(self, qtbot: QtBot) -> None:
        experiment = preset("autoencoder").experiment
        assert experiment is not None
        assert isinstance(experiment.data.source, Digits)
        self.page: Any = TaskPage.__new__(TaskPage)
        self.page.studio = studio()
        self.page.studio.bridge.open(Document(experiment))
        self.page.worker = self.page.studio.worker
        from cnnstudio.app.training import TrainPage

        self.page.page = TrainPage(
            self.page.studio.bridge, self.page.studio.selection, self.page.worker, self.page.studio.run
        )
        qtbot.addWidget(self.page.page)
        self.page.page.resize(1240, 720)
        self.page.page.show()
        qtbot.waitUntil(self.page.view.isVisible)
        self.worker = self.page.worker
        self.panel = self.page.view.latent

    def encode(self, values: Any) -> None:
        asked = self.worker.all(GetMaps)[-1]
        code = np.asarray(values, np.float32)
        maps, picture = np.zeros(len(code), np.uint8), np.zeros((8, 8, 1), np.float32)
        self.worker.arrive(Maps(asked.request, asked.block, asked.sample, True, picture, maps, code, code))

    def decode(self, level: float) -> None:
        asked = self.worker.all(GetDecoded)[-1]
        self.worker.arrive(Decoded(asked.request, np.full((8, 8, 1), level, np.float32)))

    def slider(self, number: int) -> QSlider:
        found = self.page.page.findChild(QSlider, f"latent_{number}")
        assert isinstance(found, QSlider)
        return found

    def press(self, name: str) -> None:
        QTest.mouseClick(self.page.page.findChild(QToolButton, name), LEFT)


@pytest.fixture
def coder(qtbot: QtBot) -> Coder:
    made = Coder(qtbot)
    open_tab(made.page, LATENT)
    return made


CODE = np.linspace(-2, 2, 16).astype(np.float32)


def test_sliders_start_from_the_sample_and_move_the_output(coder: Coder) -> None:
    assert "Press Train (F5)" in coder.panel.message
    coder.page.studio.start()
    asked = coder.worker.all(GetMaps)[-1]
    assert (asked.block, asked.directory) == ("dense_1", coder.page.studio.run.state.directory)
    coder.encode(CODE)
    assert coder.panel.message == ""
    first = coder.worker.all(GetDecoded)[-1]
    np.testing.assert_allclose(first.values, CODE)
    coder.decode(0.5)
    shown = coder.panel.pictures[1].image
    assert shown is not None
    assert shown.pixelColor(0, 0).red() == 128
    knob = coder.slider(3)
    knob.setFocus()
    QTest.keyClick(knob, Qt.Key.Key_End)
    moved = coder.worker.all(GetDecoded)[-1].values
    assert moved[2] == pytest.approx(coder.panel.sliders.range[1])
    np.testing.assert_allclose(np.delete(moved, 2), np.delete(CODE, 2))  # the others keep their exact values


def test_while_one_answer_is_awaited_only_the_newest_values_wait(coder: Coder) -> None:
    coder.page.studio.start()
    coder.encode(CODE)
    knob = coder.slider(1)
    for _ in range(6):
        QTest.keyClick(knob, Qt.Key.Key_Right)
    assert len(coder.worker.all(GetDecoded)) == 1
    coder.decode(0.1)
    assert len(coder.worker.all(GetDecoded)) == 2
    assert coder.worker.all(GetDecoded)[-1].values[0] == pytest.approx(coder.panel.sliders.values[0])


def test_reset_and_randomise(coder: Coder) -> None:
    coder.page.studio.start()
    coder.encode(CODE)
    coder.decode(0.1)
    coder.press("latent_randomise")
    drawn = coder.worker.all(GetDecoded)[-1].values
    low, high = coder.panel.sliders.range
    assert (drawn >= low).all()
    assert (drawn <= high).all()
    assert not np.allclose(drawn, CODE)
    coder.decode(0.2)
    coder.press("latent_reset")
    np.testing.assert_allclose(coder.worker.all(GetDecoded)[-1].values, CODE)


def test_the_output_follows_training_but_moved_values_stay(coder: Coder) -> None:
    coder.page.studio.start()
    coder.encode(CODE)
    coder.decode(0.1)
    QTest.keyClick(coder.slider(1), Qt.Key.Key_Home)
    coder.decode(0.2)
    kept = np.array(coder.panel.sliders.values)
    sent = len(coder.worker.all(GetDecoded))
    coder.page.studio.epoch(1, 0.5)
    assert len(coder.worker.all(GetDecoded)) == sent + 1
    coder.encode(CODE + 1)
    np.testing.assert_allclose(coder.panel.sliders.values, kept)


def test_a_network_that_cannot_be_asked_says_why(coder: Coder) -> None:
    coder.page.studio.start()
    coder.worker.arrive(Failed(coder.worker.all(GetMaps)[-1].request, "The weights cannot be read."))
    assert coder.panel.message == "The network cannot be asked: The weights cannot be read."


def test_without_a_bottleneck_it_says_how_to_make_one(qtbot: QtBot) -> None:
    page = TaskPage(qtbot, Task.RECONSTRUCTION)
    open_tab(page, LATENT)
    assert "Dense with 16 units" in page.view.latent.message


def test_other_tasks_have_no_bottleneck_tab(page: TaskPage) -> None:
    assert not page.view.tabs.isTabVisible(LATENT)


def test_controls_of_the_tabs_are_named(coder: Coder) -> None:
    coder.page.studio.start()
    coder.encode(CODE)
    names = ("evaluation_part", "evaluation_views", "confusion_matrix", "precision_curves", "latent_1", "latent_reset")
    for name in names:
        widget = coder.page.page.findChild(QWidget, name)
        assert isinstance(widget, QWidget)
        assert widget.accessibleName(), name
        assert widget.toolTip(), name


def test_a_compact_table_is_as_wide_as_its_widest_cells_and_asks_little_for_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told anew several times a second while samples are judged."""
    table = NumberTable("compact", "Classes")
    qtbot.addWidget(table)
    table.make_compact()
    table.resize(400, 300)
    table.show()
    asked: list[int] = []
    data = NumberModel.data

    def counted(model: NumberModel, index: QModelIndex, role: int = 0) -> object:
        asked.append(role)
        return data(model, index, role)

    monkeypatch.setattr(NumberModel, "data", counted)
    for largest in (9, 1_234_567, 12):
        values = [largest, *range(100, 199)]
        rows = tuple((f"class {i}", (value, value / 7)) for i, value in enumerate(values))
        asked.clear()
        table.show_numbers(Numbers(("Class", "n", "Mean"), rows, ("", "", "")))
        assert len(asked) < 100, "of 300 cells"
        header = table.horizontalHeader()
        for column in (1, 2):
            assert header.sectionSize(column) >= table.sizeHintForColumn(column)
    table.show_numbers(Numbers((), ()))
    assert table.minimumWidth() == 0
