"""The Mistakes tab, driven with mouse and keys: what it asks of the worker, and which samples stand behind a number."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton

from cnnstudio.app import asking
from cnnstudio.app.inspect.mistakes import panel as panel_module
from cnnstudio.app.inspect.mistakes.tally import FALSE, FOUND, MISSED, RIGHT, WRONG, Choice, Tally, orders
from cnnstudio.app.inspect.subject import Subject
from cnnstudio.app.inspect.view import InspectView
from cnnstudio.app.inspect.why import work_line
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Scale, theme
from cnnstudio.app.training.viewers.masks import ClassLegend
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.wire.messages import (
    CancelQuestion,
    Evaluation,
    ExplanationProgress,
    Failed,
    GetJudgements,
    GetSamples,
    Judgements,
    Sample,
)
from tests.helpers.mistakes import MistakesPage, judged

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
WORST_FIRST = list(range(59, -1, -1))


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a mouse to come to rest, nor for a bar to be worth showing."""
    monkeypatch.setattr(asking, "SETTLE_MS", 0)
    monkeypatch.setattr(work_line, "PATIENCE_MS", 0)


def click_cell(page: MistakesPage, row: int, column: int) -> None:
    matrix = page.panel.overview.matrix
    QTest.mouseClick(matrix.viewport(), LEFT, NONE, matrix.cell_rect(row, column).center().toPoint())


def click_kind(page: MistakesPage, kind: str) -> None:
    segments = page.find(Segments, "mistakes_kinds")
    place = segments.segment_rect(segments.texts.index(kind)).center().toPoint()
    QTest.mouseClick(segments, LEFT, NONE, place)


def click_sample(page: MistakesPage, row: int) -> None:
    view = page.panel.gallery.view
    view.doItemsLayout()
    rect: QRect = view.visualRect(page.panel.gallery.samples.index(row))
    QTest.mouseClick(view.viewport(), LEFT, NONE, rect.center())


def title(page: MistakesPage) -> str:
    return page.find(QLabel, "mistakes_title").text()


def evaluation(run: str, epoch: int, counts: Any) -> Evaluation:
    return Evaluation(
        run=run, epoch=epoch, part="validation", metrics={"loss": 1.0}, confusion=counts, precision=np.zeros((0, 101))
    )


def test_without_a_network_it_says_what_to_do_and_asks_nothing(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, subject=False)
    assert "Choose a network" in page.panel.message
    assert not page.worker.sent


def test_out_of_sight_it_asks_for_nothing(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, subject=False)
    page.panel.set_active(False)
    page.inspection.choose_subject(Subject("Design", page.experiment))
    qtbot.wait(20)
    assert not page.worker.sent
    page.panel.set_active(True)
    assert page.asked().part == "validation"


def test_all_samples_stand_worst_first_and_their_pictures_are_asked_for_as_they_come_into_sight(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    assert "answers every sample" in page.panel.message
    page.judge()
    assert (page.panel.message, title(page), page.order) == ("", "All samples", WORST_FIRST)
    asked = page.bring_pictures()
    assert asked.indices == tuple(WORST_FIRST[: len(asked.indices)])
    samples = page.panel.gallery.samples
    qtbot.waitUntil(lambda: samples.picture(0) is not None)
    assert samples.label(0) == "9 \u2192 0"
    assert samples.told(0).startswith("Validation sample 59: Is 9, network says 0 (50.0 %), loss 3")
    assert page.find(QLabel, "mistakes_whose").text() == "Untrained"


def test_a_cell_shows_its_samples_by_mouse_and_keys_and_escape_shows_all(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    matrix, view = page.panel.overview.matrix, page.panel.gallery.view
    assert matrix.counts.sum() == 60
    click_cell(page, 2, 3)
    assert title(page) == "2 taken for 3"
    assert page.order == [32, 2]
    assert len(page.order) == matrix.counts[2, 3]
    assert not page.find(Segments, "mistakes_kinds").isVisible()
    page.key(matrix, Qt.Key.Key_Left)
    assert (title(page), page.order) == ("2, found", [52, 42, 22, 12])
    page.key(matrix, Qt.Key.Key_Up)
    assert (title(page), page.order, matrix.current) == ("1 taken for 2", [41, 11], (1, 2))
    page.key(view, Qt.Key.Key_Escape)
    assert (title(page), page.order, matrix.current) == ("All samples", WORST_FIRST, None)
    click_cell(page, 0, 5)
    assert not page.order
    QTest.mouseClick(page.find(QToolButton, "mistakes_all"), LEFT)
    assert page.order == WORST_FIRST


def test_a_sample_becomes_the_probe_and_keys_lead_to_its_maps_and_its_explanation(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    page.bring_pictures()
    view = page.panel.gallery.view
    click_sample(page, 1)
    assert page.inspection.sample == Sample("validation", 58)
    page.key(view, Qt.Key.Key_Left)
    assert page.inspection.sample == Sample("validation", 59)
    with qtbot.waitSignal(page.panel.maps_wanted):
        page.key(view, Qt.Key.Key_Return)
    with qtbot.waitSignal(page.panel.explanation_wanted):
        page.key(view, Qt.Key.Key_G)
    with qtbot.waitSignal(page.panel.explanation_wanted):
        QTest.mouseClick(page.find(QToolButton, "mistakes_why"), LEFT)
    qtbot.waitUntil(lambda: page.worker.all(GetSamples)[-1].start == 59)
    page.worker.answer()
    said = page.find(QLabel, "mistakes_said").text()
    assert said.endswith("loss 3, place 1 of 60 by loss")
    assert page.find(QLabel, "chosen_sample_title").text() == "Validation sample 59"


def test_a_class_shows_what_is_missed_false_and_found(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    page.key(page.find(Segments, "mistakes_view"), Qt.Key.Key_Right)
    table = page.panel.overview.table
    assert table.isVisible()
    page.key(table, Qt.Key.Key_Home)
    page.key(table, Qt.Key.Key_Down)
    assert (title(page), sorted(page.order)) == ("1", [1, 11, 20, 21, 31, 41, 50, 51])
    shown = {}
    for kind in (MISSED, FALSE, FOUND):
        click_kind(page, kind)
        shown[kind] = sorted(page.order)
    assert shown == {MISSED: [11, 41], FALSE: [20, 50], FOUND: [1, 21, 31, 51]}
    headings, row = table.numbers.headings, table.numbers.rows[1]
    told = dict(zip(headings[1:], row[1], strict=True))
    assert row[0] == "1"
    assert (told["Occurs"], told["Missed"], told["False"]) == (6, 2, 2)
    assert told["Precision"] == told["Recall"] == pytest.approx(4 / 6)
    table.sortByColumn(headings.index("Occurs"), Qt.SortOrder.DescendingOrder)
    table.choose(9)
    assert title(page).startswith("9")


def test_wrong_and_right_samples_and_orders_that_are_remembered(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    click_kind(page, WRONG)
    assert page.order == [n for n in WORST_FIRST if n % 3 == 2]
    click_kind(page, RIGHT)
    assert page.order == [n for n in WORST_FIRST if n % 3 != 2]
    field = page.find(QComboBox, "mistakes_order")
    page.key(field, Qt.Key.Key_End)
    assert field.currentText() == "Least sure answer first"
    page.key(field, Qt.Key.Key_Up)
    assert field.currentText() == "Surest answer first"
    assert page.order == [n for n in range(60) if n % 3 != 2]
    again = MistakesPage(qtbot)
    again.judge()
    assert again.find(QComboBox, "mistakes_order").currentText() == "Surest answer first"


def test_while_it_trains_the_matrix_follows_each_epoch_and_samples_are_judged_when_it_costs_little(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = MistakesPage(qtbot, subject=False)
    run = page.begin_run()
    page.judge()
    matrix, again = page.panel.overview.matrix, page.find(QToolButton, "mistakes_again")
    page.panel._cost = 1000.0  # as if it had taken so many seconds
    page.evaluate(evaluation(run, 1, np.full((10, 10), 7)), 1)
    assert matrix.counts[4, 4] == 7
    assert again.isVisible()
    assert page.find(QLabel, "mistakes_whose").text() == "Samples judged after 0 epochs, 1 epoch done"
    assert page.order == WORST_FIRST
    QTest.mouseClick(again, LEFT)
    page.judge(2)
    assert not again.isVisible()
    assert page.find(QLabel, "mistakes_whose").text() == "After 1 epoch, while it trains"
    monkeypatch.setattr(panel_module, "SHARE", 1.0)
    page.evaluate(evaluation(run, 2, np.full((10, 10), 8)), 2)
    page.judge(3, count=30)
    assert page.panel.overview.matrix.counts.sum() == 30
    assert len(page.order) == 30


def test_epochs_that_are_faster_than_judging_do_not_make_it_judge_all_the_time(qtbot: QtBot) -> None:
    """The answer is of the epoch in which it was asked for; the next is asked for when it costs next to nothing."""
    page = MistakesPage(qtbot, subject=False)
    run = page.begin_run()
    page.asked()
    for epoch in (1, 2):
        page.evaluate(evaluation(run, epoch, np.full((10, 10), 7)), epoch)
    page.judge()
    qtbot.wait(20)
    assert len(page.worker.all(GetJudgements)) == 1
    assert page.find(QToolButton, "mistakes_again").isVisible()
    assert page.find(QLabel, "mistakes_whose").text() == "Samples judged after 0 epochs, 2 epochs done"


def test_progress_cancel_and_what_failed(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    asked = page.asked()
    page.worker.arrive(ExplanationProgress(asked.request, 20, 60))
    assert page.panel.work.text == "20 of 60"
    cancel = page.find(QToolButton, "mistakes_work_cancel")
    qtbot.waitUntil(cancel.isVisible)
    QTest.mouseClick(cancel, LEFT)
    assert page.worker.all(CancelQuestion) == [CancelQuestion(asked.request)]
    page.worker.arrive(Failed(asked.request, "The work was cancelled."))
    assert page.panel.message == "The work was cancelled."
    QTest.mouseClick(page.find(QToolButton, "mistakes_work_retry"), LEFT)
    page.judge(2)
    assert page.panel.message == ""


def test_another_part_is_asked_for_and_remembered(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    page.key(page.panel.part, Qt.Key.Key_Down)
    assert page.asked(2).part == "training"
    page.judge(2)
    click_sample(page, 0)
    assert page.inspection.sample == Sample("training", 59)
    assert MistakesPage(qtbot).asked().part == "training"


def test_an_empty_part_says_so(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge(count=0)
    assert page.panel.message == "The validation part is empty. Choose another one above."


def test_boxes_that_are_missed_and_false_have_cells(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, "shape-detector")
    page.judge()
    wrong = [n for n in WORST_FIRST if n % 3 == 2]
    none = page.info.classes
    click_cell(page, 1, none)
    name = page.info.class_names[1]
    assert (title(page), page.order) == (f"{name}, missed", wrong)
    assert page.find(QLabel, "mistakes_reading").text().startswith(f"{name} missed: 20 of 60")
    click_cell(page, none, 2)
    assert (title(page), page.order) == (f"{page.info.class_names[2]} where nothing is", wrong)
    assert page.panel.gallery.samples.label(0) == "1 missed, 1 false"


def test_the_threshold_of_boxes_is_that_of_the_sample_in_front(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, "shape-detector")
    page.judge()
    page.panel.chosen.prediction.threshold_changed.emit(0.25)
    assert page.asked(2).threshold == 0.25
    page.judge(2)
    assert "from a score of 25 %" in page.find(QLabel, "mistakes_whose").text()


def test_cells_of_masks_lead_to_the_samples_with_most_of_them(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, "u-net")
    page.judge(count=9)
    click_cell(page, 1, 0)
    assert page.order == [8, 7, 6, 5, 4, 3, 2, 1]
    assert page.panel.overview.matrix.counts[1, 0] == sum(range(9))
    assert page.panel.gallery.samples.label(0) == "8 px wrong"
    click_cell(page, 0, 0)
    assert page.panel.gallery.samples.label(0) == "10 px right"


def test_masks_stand_by_the_number_that_is_written_below_them(qtbot: QtBot) -> None:
    """A class that is large in a sample is no mistake: the worst have the most wrong cells of it."""
    page = MistakesPage(qtbot, "u-net")
    page.judge(count=9)
    samples, field = page.panel.gallery.samples, page.find(QComboBox, "mistakes_order")
    assert [samples.label(row) for row in (0, 8)] == ["8 px wrong", "0 px wrong"]
    page.panel.gallery.choose(Choice(label=0))
    assert (page.order[0], samples.label(0)) == (8, "8 px wrong")
    field.setFocus()
    for title, label in (("Largest loss first", "Loss 3"), ("Lowest mean IoU first", "IoU 0.100")):
        while field.currentText() != title:
            QTest.keyClick(field, Qt.Key.Key_Down)
        assert (page.order[0], samples.label(0)) == (8, label)


def test_what_is_judged_so_far_is_shown_and_grows(qtbot: QtBot) -> None:
    """First nothing, then some, then all; cancelled between, what is there stays. What is whole is not taken apart."""
    page = MistakesPage(qtbot)
    asked = page.asked()
    for done in (6, 21):
        page.worker.arrive(ExplanationProgress(asked.request, done, 60, judged=judged(page.info, asked, done)))
        assert page.panel.message == ""
        assert page.panel.overview.matrix.counts.sum() == done
        assert page.order == list(range(done - 1, -1, -1))
        assert page.find(QLabel, "mistakes_count").text() == f"{done} samples so far"
        assert page.find(QLabel, "mistakes_whose").text().startswith(f"{done} of 60 samples judged so far")
    page.worker.arrive(Failed(asked.request, "The work was cancelled."))
    assert (len(page.order), page.panel.work.text) == (21, "The work was cancelled.")
    QTest.mouseClick(page.find(QToolButton, "mistakes_work_retry"), LEFT)
    page.judge(2)
    assert page.find(QLabel, "mistakes_count").text() == "60 samples"
    page.inspection.choose_subject(Subject("Run", page.experiment, directory="/runs/r1", folder="/runs/r1"))
    asked = page.asked(3)
    page.worker.arrive(ExplanationProgress(asked.request, 6, 60, judged=judged(page.info, asked, 6)))
    assert page.order == WORST_FIRST


def test_no_mistake_so_far_is_not_none_at_all(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    asked = page.asked()
    page.worker.arrive(ExplanationProgress(asked.request, 2, 60, judged=judged(page.info, asked, 2)))
    click_kind(page, WRONG)
    said = page.find(QLabel, "mistakes_samples_message_title").text()
    assert said == "None so far"


def test_the_test_part_is_offered_for_the_end_alone(qtbot: QtBot) -> None:
    """It says what it is for, and nobody comes back to it without choosing it again."""
    page = MistakesPage(qtbot)
    page.judge()
    told = page.find(QLabel, "mistakes_for_the_end")
    assert not told.isVisible()
    page.key(page.panel.part, Qt.Key.Key_End)
    assert page.asked(2).part == "test"
    assert "answers every sample of the test part" in page.panel.message
    assert told.isVisible()
    assert "for the end only" in told.text()
    page.judge(2)
    click_sample(page, 0)
    assert page.inspection.sample == Sample("test", 59)
    page.key(page.panel.part, Qt.Key.Key_Home)
    assert not told.isVisible()
    page.key(page.panel.part, Qt.Key.Key_End)
    assert MistakesPage(qtbot).asked().part == "validation"


def test_several_classes_have_a_table_and_no_matrix(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, "shape-tags")
    page.judge()
    overview = page.panel.overview
    assert overview.table.isVisible()
    assert not overview.matrix.isVisible()
    page.key(overview.table, Qt.Key.Key_Home)
    page.key(overview.table, Qt.Key.Key_Down)
    click_kind(page, MISSED)
    assert page.order == [n for n in WORST_FIRST if n % 3 == 2]


def test_samples_that_come_back_have_losses_alone(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot, "autoencoder")
    page.judge()
    assert not page.panel.overview.isVisible()
    assert page.order == WORST_FIRST
    assert page.panel.gallery.samples.label(0) == "Loss 3"


def test_other_weights_keep_what_is_shown_until_the_answer_comes_and_other_data_do_not(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    page.inspection.choose_subject(Subject("Run", page.experiment, directory="/runs/r1", folder="/runs/r1"))
    assert page.order == WORST_FIRST
    page.judge(2)
    assert page.find(QLabel, "mistakes_whose").text() == "Trained"
    other = MistakesPage(qtbot, "shape-detector", subject=False).experiment
    page.inspection.choose_subject(Subject("Run", other))
    assert page.panel.tally is None
    assert "One moment" in page.panel._message.title


def test_another_task_that_came_while_nobody_looked_is_judged_anew(qtbot: QtBot) -> None:
    """The judgements of the task before say nothing of it."""
    page = MistakesPage(qtbot)
    page.judge()
    page.panel.set_active(False)
    other = MistakesPage(qtbot, "shape-detector", subject=False)
    page.inspection.choose_subject(Subject("Run", other.experiment))
    page.panel.set_active(True)
    assert page.panel.tally is None
    asked = page.asked(2)
    page.worker.arrive(judged(other.info, asked, 30))
    assert page.panel.tally is not None
    assert page.panel.tally.info == other.info
    assert len(page.order) == 30


def test_another_network_starts_at_its_worst_and_the_same_one_stays_where_it_is(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    bar = page.panel.gallery.view.verticalScrollBar()
    bar.setValue(100)
    assert bar.value() == 100
    run = Subject("Run", page.experiment, directory="/runs/r1", folder="/runs/r1")
    page.inspection.choose_subject(run)
    page.judge(2)
    assert bar.value() == 0
    bar.setValue(100)
    page.inspection.choose_subject(dataclasses.replace(run, stamp=1))
    page.judge(3)
    assert bar.value() == 100


def test_from_a_mistake_to_its_maps_and_its_grad_cam(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    view = InspectView(
        page.studio.bridge, page.studio.selection, page.worker, page.studio.run, Preferences()
    )  # fmt: skip
    qtbot.addWidget(view)
    view.mistakes.maps_wanted.emit()
    assert view.tabs.currentWidget() is view.maps
    view.mistakes.explanation_wanted.emit()
    assert view.tabs.currentWidget() is view.why
    assert view.why.explanation.controls.method.name == "grad-cam"


@pytest.mark.parametrize("task", list(Task))
def test_numbers_and_the_samples_behind_them_agree(task: Task) -> None:
    """Of random pairs: every cell and every kind has as many samples as a plain count finds."""
    rng = np.random.default_rng(4)
    names = () if task is Task.RECONSTRUCTION else ("a", "b", "c")
    info = DataInfo(task, (8, 8, 1), names)
    made = judged(info, GetJudgements(request=1, experiment=""), 40)
    if made.pairs is not None:
        pairs = np.unique(rng.integers(0, (40, 3, 3, 1), (150, 4)), axis=0)
        pairs[:, 3] = rng.integers(1, 9, len(pairs))
        made = Judgements(1, "validation", made.losses, made.truths, made.answers, made.numbers, pairs)
    tally = Tally(made, info)
    losses = [float(made.losses[n]) for n in tally.chosen(Choice(), "Largest loss first")]
    assert losses == sorted(losses, reverse=True)
    for order in orders(task):
        assert sorted(tally.chosen(Choice(), order)) == list(range(40))
    if not names:
        assert tally.classes().rows == ()
        return
    plain = made.pairs if made.pairs is not None else np.stack(
        [np.arange(40), made.truths, made.answers, np.ones(40, int)], axis=1
    )  # fmt: skip
    counts = tally.confusion()
    for truth in range(3):
        for answer in range(3):
            there = plain[(plain[:, 1] == truth) & (plain[:, 2] == answer)]
            assert counts[truth, answer] == there[:, 3].sum()
            assert set(tally.chosen(Choice(cell=(truth, answer))).tolist()) == set(there[:, 0].tolist())
        row = dict(zip(tally.classes().headings[1:], tally.classes().rows[truth][1], strict=True))
        assert row["Occurs"] == plain[plain[:, 1] == truth, 3].sum()
        assert row["Missed"] == plain[(plain[:, 1] == truth) & (plain[:, 2] != truth), 3].sum()
        assert row["False"] == plain[(plain[:, 1] != truth) & (plain[:, 2] == truth), 3].sum()


@pytest.mark.parametrize("id", ["u-net", "shape-tags", "lenet-5"])
def test_all_columns_of_the_classes_are_in_sight_in_a_small_window(qtbot: QtBot, id: str) -> None:
    """At 1,280 pixels the tab has 945: no bar below the table, no heading cut, and samples beside it."""
    page = MistakesPage(qtbot, id)
    page.panel.resize(945, 490)
    page.judge()
    table = page.panel.overview.table
    if not table.isVisible():  # several classes have no matrix
        page.key(page.find(Segments, "mistakes_view"), Qt.Key.Key_Right)
    qtbot.waitUntil(table.isVisible)
    header = table.horizontalHeader()
    qtbot.waitUntil(lambda: header.length() <= table.viewport().width())
    metrics = QFontMetrics(theme().font(Scale.CAPTION, bold=True))
    for column, heading in enumerate(table.numbers.headings):
        assert header.sectionSize(column) >= metrics.horizontalAdvance(heading)
        assert header.sectionSize(column) >= table.sizeHintForColumn(column), heading
    assert page.panel.gallery.view.viewport().width() > 200
    assert page.panel.width() == 945


def test_a_narrow_legend_keeps_the_names_of_its_classes(qtbot: QtBot) -> None:
    legend = ClassLegend()
    qtbot.addWidget(legend)
    names = ("background", "circle", "square", "triangle")
    legend.show_classes(names, np.ones(4, int), np.full(4, 0.5))
    legend.show()
    for width, lines in ((400, 2), (160, 4)):
        legend.resize(width, 100)
        rects = [legend.cell(place) for place in range(4)]
        assert len({rect.top() for rect in rects}) == lines
        assert legend.sizeHint().height() >= rects[-1].bottom()
        metrics = QFontMetrics(theme().font(Scale.CAPTION))
        for rect, name in zip(rects, names, strict=True):
            assert rect.right() <= width
            assert rect.width() >= metrics.horizontalAdvance(f"{name}0.500") + 16


def test_what_is_shown_can_be_copied(qtbot: QtBot) -> None:
    page = MistakesPage(qtbot)
    page.judge()
    QTest.mouseClick(page.find(QToolButton, "mistakes_copy"), LEFT, NONE, QPoint(5, 5))
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("truth / answer\t0\t1")
