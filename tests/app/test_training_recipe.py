"""The recipe's page: fields under headings that fit the task, the schedule they come to, and the preflight."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPushButton, QToolButton, QWidget

from cnnstudio.app.inspector.spin import NumberSpin
from cnnstudio.app.training import preflight as preflight_module
from cnnstudio.app.training.memory_bar import MemoryBar
from cnnstudio.app.training.recipe_panel import TWO_COLUMNS, RecipePanel
from cnnstudio.app.training.schedule_plot import MOST_POINTS, STEPS_PER_EPOCH, curve, schedule_words
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.edits import MoveBlocks, SetData, SetTraining
from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.core.training.recipe import SECTIONS, TrainingRecipe
from cnnstudio.wire.messages import PROTOCOL, CancelTrial, Device, Failed, GetPreflight, Hello, Preflight
from tests.helpers.recording import Studio, studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

LEFT = Qt.MouseButton.LeftButton
NEEDED = {"weights": 1_000_000, "activations": 50_000_000}


def focused() -> QWidget:
    found = QApplication.focusWidget()
    assert found is not None
    return found


class Shown:
    """The panel on a studio, wide enough for two columns."""

    def __init__(self, qtbot: QtBot, made: Studio) -> None:
        self.studio = made
        self.worker = made.worker
        self.panel = RecipePanel(made.bridge, made.worker)
        qtbot.addWidget(self.panel)
        self.panel.resize(760, 900)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(self.panel.isActiveWindow)

    @property
    def recipe(self) -> TrainingRecipe:
        return self.studio.bridge.experiment.training

    def change(self, **values: Any) -> None:
        assert self.studio.bridge.do(SetTraining(recipe=dataclasses.replace(self.recipe, **values)))

    def part(self, kind: type[Any], name: str) -> Any:
        found = self.panel.findChild(kind, name)
        assert found is not None, name
        return found

    def text(self, name: str) -> str:
        label = self.part(QLabel, name)
        return str(label.text()) if label.isVisible() else ""

    def press(self, name: str) -> None:
        button = self.part(QWidget, name)
        assert button.isVisible()
        assert button.isEnabled()
        QTest.mouseClick(button, LEFT)

    def type_into(self, name: str, text: str) -> None:
        assert self.panel.form.focus_field(name)
        field = focused()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)

    def offered(self, name: str) -> list[str]:
        combo = self.panel.form.rows[name].editor.fields()[0]
        assert isinstance(combo, QComboBox)
        return [combo.itemText(row) for row in range(combo.count())]

    def asked(self) -> GetPreflight:
        return self.worker.all(GetPreflight)[-1]

    def answer(self, **values: Any) -> None:
        told = {"device": "cpu", "needed": NEEDED, "free": 2_000_000_000, "largest_batch": 70, **values}
        self.worker.arrive(Preflight(self.asked().request, **told))


@pytest.fixture
def shown(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Shown:
    monkeypatch.setattr(preflight_module, "REST_MS", 0)
    return Shown(qtbot, studio())


def chosen_loss(shown: Shown) -> str:
    return shown.recipe.loss


def has_asked(shown: Shown, times: int) -> bool:
    return len(shown.worker.all(GetPreflight)) == times


def test_every_parameter_stands_under_one_heading() -> None:
    named = [name for _, names in SECTIONS for name in names]
    assert sorted(named) == sorted(p.name for p in TrainingRecipe.parameters)


def test_an_edit_goes_to_the_document_and_is_undone(shown: Shown) -> None:
    shown.type_into("epochs", "40")
    assert shown.recipe.epochs == 40
    shown.studio.bridge.undo()
    assert shown.recipe.epochs == 15
    assert shown.part(NumberSpin, "field_epochs").value_in_text() == 15


def test_a_value_out_of_bounds_stays_in_its_field_with_the_rule(shown: Shown) -> None:
    shown.type_into("batch_size", "0")
    assert shown.recipe.batch_size == 32
    assert "Batch size must be a whole number from 1" in shown.panel.form.rows["batch_size"].problem.sentence.text()


def test_an_optimizer_shows_its_own_parameters_alone(shown: Shown) -> None:
    own = {name for known in OPTIMIZERS.values() for name in known.parameters}
    for optimizer, known in reversed(OPTIMIZERS.items()):
        shown.change(optimizer=optimizer)
        seen = {name for name in own if shown.panel.form.has_field(name)}
        assert seen == set(known.parameters), optimizer


def test_what_is_offered_fits_the_task_and_comes_back_with_it(shown: Shown) -> None:
    form = shown.panel.form
    assert shown.offered("loss") == ["auto", "cross-entropy", "focal"]
    assert form.focus_field("loss")
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert chosen_loss(shown) == "focal"
    assert not form.has_field("label_smoothing"), "the focal loss does not smooth"
    before = shown.studio.bridge.experiment.data
    assert shown.studio.bridge.do(SetData(recipe=dataclasses.replace(before, source=Digits(task="reconstruction"))))
    assert shown.offered("loss") == ["auto", "mse", "mae", "ssim"]
    assert chosen_loss(shown) == "auto"
    assert not form.has_field("class_weights")
    shown.studio.bridge.undo()
    assert chosen_loss(shown) == "focal"
    assert form.has_field("class_weights")


def test_devices_are_those_of_the_computer_and_one_that_is_absent_is_told(shown: Shown) -> None:
    assert shown.offered("device") == ["auto", "cpu"]
    gpus = tuple(Device(f"gpu:{n}", "A GPU") for n in range(2))
    shown.worker.arrive(Hello(PROTOCOL, {}, (Device("cpu", "CPU"), *gpus), 1))
    shown.worker.enter("busy")
    shown.worker.enter("ready")
    assert shown.offered("device") == ["auto", "cpu", "gpu", "gpu:0", "gpu:1", "all gpus"]
    shown.change(device="gpu:5")
    assert "gpu:5" in shown.offered("device")
    assert shown.panel.form.rows["device"].is_invalid
    shown.change(device="gpu:1")
    assert not shown.panel.form.rows["device"].is_invalid


def test_sections_fold_stand_side_by_side_and_a_wanted_field_unfolds_its_own(shown: Shown) -> None:
    loss, length = (shown.part(QToolButton, f"section_{n}") for n in ("loss", "length"))
    assert loss.mapTo(shown.panel, loss.rect().topLeft()).x() > length.width()
    shown.panel.resize(TWO_COLUMNS - 60, 900)
    QApplication.sendPostedEvents()
    assert loss.mapTo(shown.panel, loss.rect().topLeft()).x() < TWO_COLUMNS / 4
    QTest.mouseClick(loss, LEFT)
    field = shown.panel.form.rows["loss"]
    assert not field.isVisible()
    assert shown.panel.form.focus_field("loss")
    assert field.isVisible()


def test_tab_goes_from_heading_to_field_in_the_order_of_the_sections(shown: Shown) -> None:
    shown.part(QToolButton, "section_length").setFocus()
    seen = []
    for _ in range(40):
        seen.append(focused().objectName())
        QTest.keyClick(focused(), Qt.Key.Key_Tab)
    wanted = ["section_length", "field_batch_size", "field_epochs", "section_optimizer", "field_optimizer",
              "section_learning_rate", "field_learning_rate", "recipe_find_rate", "section_loss",
              "section_computing", "field_device", "preflight_measure"]  # fmt: skip
    assert [name for name in dict.fromkeys(seen) if name in wanted] == wanted


def test_the_focused_field_is_explained_where_it_does_not_scroll_away(shown: Shown) -> None:
    assert not shown.panel.form.focus_field("patience"), "without early stopping there is none"
    assert shown.panel.form.focus_field("epochs")
    assert shown.text("recipe_help") == "Epochs: how often every training sample is seen"


# The schedule


def test_the_plot_shows_the_rate_of_every_schedule(shown: Shown) -> None:
    pictures = []
    for schedule in ("one-cycle", "step", "exponential", "cosine", "plateau", "constant"):
        shown.change(schedule=schedule, warmup_epochs=2.0, epochs=30)
        epochs, rates = curve(shown.recipe)
        assert len(epochs) == MOST_POINTS
        for x, rate in zip(epochs[::50], rates[::50], strict=True):
            assert rate == shown.recipe.rate_at(round(x * STEPS_PER_EPOCH), STEPS_PER_EPOCH)
        assert shown.text("schedule_words") == schedule_words(shown.recipe)
        shown.panel.plot.redraw()
        pictures.append(shown.panel.plot.grab().toImage())
    assert all(one != other for one, other in itertools.combinations(pictures[:5], 2))
    assert pictures[4] == pictures[5], "a plateau cannot be foreseen"


def test_schedules_in_words() -> None:
    made = TrainingRecipe()
    assert schedule_words(made) == "0.001 throughout"
    cosine = dataclasses.replace(made, schedule="cosine", warmup_epochs=2.0)
    assert schedule_words(cosine) == "From 0.001 after 2 epochs of warm-up down to 1e-05"
    cycle = dataclasses.replace(made, schedule="one-cycle")
    assert schedule_words(cycle) == "Up from 4e-05 to 0.001, then down to 1e-05"
    plateau = dataclasses.replace(made, schedule="plateau")
    warm = dataclasses.replace(made, warmup_epochs=1.0)
    assert schedule_words(warm) == "0.001 throughout after 1 epoch of warm-up"
    assert schedule_words(plateau) == "0.001, times 0.5 after 3 epochs without progress on validation"


# Preflight


def test_memory_is_estimated_when_the_page_is_seen_and_after_each_edit(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    assert not shown.asked().measure
    shown.answer()
    assert shown.text("preflight_words") == "Memory on the CPU: 51 MB of 2 GB free · batches of up to 70 fit"
    assert "Activations: 50 MB" in shown.part(MemoryBar, "preflight_memory").toolTip()
    shown.change(batch_size=64)
    assert shown.text("preflight_words") == "Memory is being estimated…"
    qtbot.waitUntil(lambda: has_asked(shown, 2))
    assert '"batch_size": 64' in shown.asked().experiment


def test_moving_a_card_asks_for_nothing_and_neither_does_a_hidden_page(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.answer()
    assert shown.studio.bridge.do(MoveBlocks(positions={"conv": (500.0, 500.0)}))
    assert shown.panel.preflight.found is not None
    shown.panel.hide()
    shown.change(batch_size=64)
    qtbot.wait(20)
    assert has_asked(shown, 1)
    shown.panel.show()
    qtbot.waitUntil(lambda: has_asked(shown, 2))


def test_time_is_measured_on_demand_and_can_be_cancelled(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.answer()
    shown.press("preflight_measure")
    assert shown.asked().measure
    assert shown.part(QWidget, "preflight_busy").isVisible()
    shown.press("preflight_cancel")
    assert shown.worker.all(CancelTrial) == [CancelTrial(shown.asked().request)]
    shown.worker.arrive(Failed(shown.asked().request, "The measurement was cancelled."))
    assert shown.text("preflight_problem") == ""
    assert shown.text("preflight_words").startswith("Memory on the CPU"), "what was known stays"
    shown.press("preflight_measure")
    shown.answer(seconds_per_epoch=2.0, plan="in halves")
    assert shown.text("preflight_told") == "An epoch takes about 2.0\u00a0s, all 15 about 30.0\u00a0s"
    assert shown.part(QLabel, "preflight_told").toolTip() == "How steps are computed: in halves"


def test_an_edit_while_time_is_measured_ends_the_measurement(shown: Shown, qtbot: QtBot) -> None:
    shown.panel.preflight.measure()
    old = shown.asked()
    shown.change(batch_size=64)
    assert shown.worker.all(CancelTrial) == [CancelTrial(old.request)]
    qtbot.waitUntil(lambda: shown.asked() is not old)
    shown.worker.arrive(Preflight(old.request, "cpu", NEEDED, 10**9, 70))
    assert shown.panel.preflight.found is None, "the answer to an older question is none"


def test_what_does_not_fit_is_told_with_the_way_out(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.answer(problem="Training needs 3 GB, and 2 GB are free: choose smaller batches.", largest_batch=16)
    assert shown.text("preflight_problem").startswith("Training needs 3 GB")
    assert not shown.part(QPushButton, "preflight_measure").isEnabled()
    use = shown.part(QPushButton, "preflight_use")
    assert (use.text(), use.property("kind")) == ("Use 16", "primary")
    QTest.mouseClick(use, LEFT)
    assert shown.recipe.batch_size == 16
    assert not use.isVisible()
    shown.studio.bridge.undo()
    assert shown.recipe.batch_size == 32


def test_the_whole_training_part_in_one_batch_is_no_suggestion(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.answer(largest_batch=1257, training_samples=1257)
    assert shown.text("preflight_words").endswith("any batch fits")
    assert not shown.part(QPushButton, "preflight_use").isVisible()


def test_fields_left_open_show_the_value_that_keras_takes(shown: Shown) -> None:
    def blank(name: str) -> str:
        field = shown.panel.form.rows[name].editor.fields()[0]
        line = field.findChild(QLineEdit)
        assert line is not None
        return line.placeholderText()

    assert (blank("beta_2"), blank("epsilon"), blank("weight_decay")) == ("0.999", "1e-07", "0")
    shown.change(optimizer="adamw")
    assert blank("weight_decay") == "0.004"
    shown.change(optimizer="lion")
    assert blank("beta_2") == "0.99"


def test_what_is_to_be_known_of_a_run_that_can_start_is_said(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.answer(warning="The CPU computes bfloat16 slowly.")
    assert shown.text("preflight_warning") == "The CPU computes bfloat16 slowly."
    shown.change(precision="float32", batch_size=16)
    assert shown.text("preflight_warning") == ""


def test_words_on_memory_and_time_break_where_the_panel_is_narrow(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.panel.resize(360, 640)
    shown.answer(seconds_per_epoch=2.0)
    labels = [shown.part(QLabel, name) for name in ("preflight_words", "preflight_told")]
    qtbot.waitUntil(lambda: all(label.height() >= label.heightForWidth(label.width()) for label in labels))


def test_a_single_column_takes_the_whole_width(shown: Shown, qtbot: QtBot) -> None:
    row = shown.panel.form.rows["batch_size"]
    shown.panel.resize(700, 640)
    qtbot.waitUntil(lambda: 240 <= row.width() < 350)
    shown.panel.resize(400, 640)
    qtbot.waitUntil(lambda: row.width() >= 280)


def test_an_experiment_that_cannot_be_looked_at_says_why(shown: Shown, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: has_asked(shown, 1))
    shown.worker.arrive(Failed(shown.asked().request, "The digits cannot be read."))
    assert shown.text("preflight_problem") == "The digits cannot be read."
    assert shown.text("preflight_words") == "A run cannot start as the experiment stands"


def test_the_estimate_waits_for_a_worker(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight_module, "REST_MS", 0)
    shown = Shown(qtbot, studio("starting"))
    assert shown.text("preflight_words") == "Memory: the worker is not ready yet"
    qtbot.wait(20)
    assert has_asked(shown, 0)
    shown.worker.enter("ready")
    qtbot.waitUntil(lambda: has_asked(shown, 1))


def test_the_legend_breaks_into_lines_where_it_is_narrow(qtbot: QtBot) -> None:
    bar = MemoryBar()
    qtbot.addWidget(bar)
    bar.show_memory({name: 10**6 for name in ("weights", "optimizer", "activations", "data")}, 10**9)
    assert bar.heightForWidth(160) > bar.heightForWidth(900)
