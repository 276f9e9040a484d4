"""The Augmentation tab: what can be set for which data, what is asked for and when, before and after side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QPushButton, QTabBar, QToolButton

from cnnstudio.app.data.augmentation import SHOWN
from cnnstudio.app.data.augmentation_pairs import GAP, SIDE, SIGNAL
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.core.data.augmentation import STRENGTHS, Augmentation
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.edits import SetData, SetTraining
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.wire.messages import Failed, GetSamples
from tests.helpers.data_page import Shown
from tests.helpers.recording import studio
from tests.helpers.started import PARTS

if TYPE_CHECKING:
    from PySide6.QtGui import QImage
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.data.augmentation import BeforeAndAfter
    from cnnstudio.core.data.sources import SourceSpec

LEFT = Qt.MouseButton.LeftButton


class Tab(Shown):
    """The Data page with this tab in front."""

    def __init__(self, qtbot: QtBot, source: SourceSpec, augmentation: Augmentation | None = None) -> None:
        super().__init__(qtbot, studio())
        self.answered = 0
        recipe = DataRecipe(source=source, augmentation=augmentation or Augmentation())
        self.bridge.do(SetData(recipe=recipe))
        self.show()
        qtbot.waitUntil(lambda: self.view.isVisible() and bool(self.asked))
        self.worker.answer()
        self.turn_to(1)

    def turn_to(self, index: int) -> None:
        bar = self.part(QTabBar, "data_tab_bar")
        QTest.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())

    @property
    def gallery(self) -> BeforeAndAfter:
        return self.view.augmentation.gallery

    @property
    def augmentation(self) -> Augmentation:
        return self.bridge.experiment.data.augmentation

    @property
    def previewed(self) -> list[GetSamples]:
        """What this tab has asked for; the gallery of the first tab asks for more at a time."""
        return [asked for asked in self.asked if asked.count == SHOWN]

    def answer_all(self, number: int) -> None:
        """Answer this many more requests, in the order in which they come."""
        wanted = self.answered + number
        self.qtbot.waitUntil(lambda: len(self.previewed) >= wanted, timeout=2000)
        for asked in self.previewed[self.answered : wanted]:
            self.worker.answer(asked)
        self.answered = wanted

    def choose_strength(self, index: int) -> None:
        row = self.part(Segments, "augmentation_strength")
        QTest.mouseClick(row, LEFT, pos=row.segment_rect(index).center().toPoint())

    def picture(self, row: int = 0) -> QImage:
        model = self.gallery.pairs.pairs
        icon = model.data(model.index(row), Qt.ItemDataRole.DecorationRole)
        size = icon.availableSizes()[0]
        assert isinstance(size, QSize)
        image: QImage = icon.pixmap(size).toImage()
        return image


def levels(image: QImage, left: int, width: int, height: int) -> np.ndarray:
    """Red, green and blue of every fourth pixel from `left` on, the frame of boxes among them."""
    colours = [[image.pixelColor(left + x, y) for x in range(0, width, 4)] for y in range(0, height, 4)]
    return np.array([[(c.red(), c.green(), c.blue()) for c in row] for row in colours])


def halves(image: QImage) -> tuple[np.ndarray, np.ndarray]:
    return levels(image, 0, SIDE, SIDE), levels(image, SIDE + GAP, SIDE, SIDE)


def test_where_nothing_is_varied_it_says_so_and_offers_to_begin(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits())
    assert tab.previewed == []
    assert tab.text("augmentation_message_title") == "Nothing is varied"
    assert not tab.part(QToolButton, "augmentation_again").isEnabled()
    QTest.mouseClick(tab.part(QPushButton, "augmentation_message_action"), LEFT)
    assert tab.augmentation == STRENGTHS["gentle"]
    tab.answer_all(2)
    assert [(a.part, a.start, a.epoch) for a in tab.previewed] == [("training", 0, 0), ("training", 0, 1)]
    assert tab.gallery.message == ""
    assert tab.gallery.pairs.pairs.rowCount() == SHOWN
    assert tab.text("augmentation_epoch") == "As in epoch 1"
    tab.bridge.undo()
    assert tab.augmentation == Augmentation()
    assert tab.text("augmentation_message_title") == "Nothing is varied"


def test_it_asks_only_while_it_is_in_front(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits())
    tab.turn_to(0)
    before = len(tab.asked)
    tab.bridge.do(SetData(recipe=DataRecipe(augmentation=STRENGTHS["strong"])))
    qtbot.wait(300)
    assert len(tab.asked) == before, "the samples themselves are the same, and nobody sees the varied ones"
    tab.turn_to(1)
    assert [a.epoch for a in tab.previewed] == [0, 1]


def test_strengths_are_chosen_by_mouse_and_by_keys_and_keep_flip_and_fill(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), Augmentation(flip="horizontal", fill="reflect", rotation=7.0))
    row = tab.part(Segments, "augmentation_strength")
    assert row.index == -1, "values of one's own"
    tab.choose_strength(1)
    assert (tab.augmentation.flip, tab.augmentation.fill, tab.augmentation.rotation) == ("horizontal", "reflect", 5.0)
    assert row.index == 1
    row.setFocus()
    QTest.keyClick(row, Qt.Key.Key_Right)
    assert tab.augmentation.strength(tab.bridge.experiment.data.info()) == "strong"
    assert tab.augmentation.flip == "horizontal"
    QTest.keyClick(row, Qt.Key.Key_Home)
    assert not tab.augmentation.acts_on(tab.bridge.experiment.data.info())
    for strength in ("strong", "gentle"):
        tab.bridge.undo()
        assert list(STRENGTHS)[row.index] == strength


@pytest.mark.parametrize(
    ("source", "fields"),
    [
        (Shapes(count=60), {"flip", "rotation", "shift", "zoom", "crop", "brightness", "contrast", "noise", "cutout"}),
        (Waveforms(count=60), {"shift", "crop", "scale", "noise"}),
    ],
)
def test_only_what_means_something_for_the_data_can_be_set(qtbot: QtBot, source: SourceSpec, fields: set[str]) -> None:
    tab = Tab(qtbot, source)
    form = tab.part(DeclaredForm, "augmentation_form")
    assert {name for name in form.rows if form.has_field(name)} == fields
    tab.choose_strength(2)
    assert {name for name in form.rows if form.has_field(name)} == {*fields, "fill"}


@pytest.mark.parametrize(("shape", "kind"), [((16,), "vectors"), ((8, 8, 8, 1), "volumes")])
def test_vectors_and_volumes_have_nothing_to_set(qtbot: QtBot, shape: tuple[int, ...], kind: str) -> None:
    tab = Tab(qtbot, Noise(shape=shape))
    assert tab.gallery.message == f"Images and signals can be varied, {kind} cannot."
    assert not tab.seen("augmentation_settings")


def test_a_value_is_typed_and_shown_at_once(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits())
    form = tab.part(DeclaredForm, "augmentation_form")
    assert form.focus_field("rotation")
    field = QApplication.focusWidget()
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, "30")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert tab.augmentation == Augmentation(rotation=30.0)
    tab.answer_all(2)
    assert '"rotation": 30' in tab.previewed[-1].experiment
    assert tab.gallery.pairs.pairs.rowCount() == SHOWN


def test_another_draw_is_that_of_the_next_epoch(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), STRENGTHS["gentle"])
    tab.answer_all(2)
    left, right = halves(tab.picture())
    np.testing.assert_allclose(right, left / 2, atol=1.5)  # the played worker makes epoch 1 half as bright
    again = tab.part(QToolButton, "augmentation_again")
    QTest.mouseClick(again, LEFT)
    assert [a.epoch for a in tab.previewed] == [0, 1, 2], "the samples as they are stay"
    assert tab.gallery.message == "", "what is there stays until the next is"
    tab.answer_all(1)
    same, darker = halves(tab.picture())
    np.testing.assert_array_equal(same, left)
    np.testing.assert_allclose(darker, left / 3, atol=1.5)
    assert tab.text("augmentation_epoch") == "As in epoch 2"
    again.setFocus()
    QTest.keyClick(again, Qt.Key.Key_Space)
    assert tab.previewed[-1].epoch == 3


def test_another_seed_of_training_is_another_draw(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), STRENGTHS["gentle"])
    tab.answer_all(2)
    tab.bridge.do(SetTraining(recipe=TrainingRecipe(epochs=3)))
    tab.bridge.do(SetTraining(recipe=TrainingRecipe(epochs=3, seed=8)))
    tab.qtbot.waitUntil(lambda: len(tab.previewed) == 3, timeout=2000)
    assert (tab.previewed[-1].epoch, '"seed": 8' in tab.previewed[-1].experiment) == (1, True)


@pytest.mark.parametrize(
    ("source", "name"), [(Shapes(count=60), "Show masks"), (Shapes(count=60, task="detection"), "Show boxes")]
)
def test_masks_and_boxes_lie_over_both_and_can_be_taken_away(qtbot: QtBot, source: SourceSpec, name: str) -> None:
    tab = Tab(qtbot, source, STRENGTHS["strong"])
    tab.answer_all(2)
    box = tab.part(QCheckBox, "augmentation_overlay")
    assert (box.text(), box.isVisible()) == (name, True)
    overlaid = halves(tab.picture())
    QTest.mouseClick(box, LEFT)
    bare = halves(tab.picture())
    for with_it, without in zip(overlaid, bare, strict=True):
        assert (with_it != without).any()
    np.testing.assert_allclose(bare[1], bare[0] / 2, atol=1.5)


def test_signals_are_drawn_in_one_range(qtbot: QtBot) -> None:
    """One half as high is seen to be half as high."""
    tab = Tab(qtbot, Waveforms(count=60), STRENGTHS["gentle"])
    assert not tab.part(QCheckBox, "augmentation_overlay").isVisible()
    tab.answer_all(2)
    image, width, height = tab.picture(), SIGNAL.width(), SIGNAL.height()
    ground = image.pixelColor(0, 0)

    def top(left: int) -> int:
        places = [y for y in range(height) for x in range(left, left + width) if image.pixelColor(x, y) != ground]
        return min(places)

    assert top(0) < 4
    assert top(width + GAP) == pytest.approx(height / 2, abs=4)


def test_pairs_tell_what_they_are(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), STRENGTHS["gentle"])
    tab.answer_all(2)
    model = tab.gallery.pairs.pairs
    assert model.data(model.index(7)) == "7"
    told = model.data(model.index(7), Qt.ItemDataRole.AccessibleTextRole)
    assert told == "Training sample 7: 7\nLeft as it is, right as in epoch 1"


def test_other_data_take_the_old_pairs_away(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), STRENGTHS["gentle"])
    tab.answer_all(2)
    tab.bridge.do(SetData(recipe=DataRecipe(source=Shapes(count=60), augmentation=STRENGTHS["gentle"])))
    assert tab.gallery.message == "Loading the samples…"
    tab.answer_all(2)
    assert tab.gallery.message == ""
    assert tab.gallery.pairs.iconSize() == QSize(2 * SIDE + GAP, SIDE)


def test_a_failure_is_told_and_retried(qtbot: QtBot) -> None:
    tab = Tab(qtbot, Digits(), STRENGTHS["gentle"])
    tab.answer_all(1)
    tab.qtbot.waitUntil(lambda: len(tab.previewed) == 2, timeout=2000)
    tab.worker.arrive(Failed(tab.previewed[1].request, "The folder has gone.", ""))
    assert tab.gallery.message == "The folder has gone."
    tab.answered = 2
    QTest.mouseClick(tab.part(QPushButton, "augmentation_message_action"), LEFT)
    tab.answer_all(2)
    assert tab.gallery.message == ""
    assert PARTS["training"] >= tab.gallery.pairs.pairs.rowCount() == SHOWN
