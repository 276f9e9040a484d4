"""The form of the training recipe against every recipe there can be: what a field shows is the value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox

from cnnstudio.app.inspector.spin import NumberSpin
from cnnstudio.app.training.recipe_panel import RecipePanel
from cnnstudio.core.edits import SetTraining
from tests.helpers.effort import times
from tests.helpers.recipes import recipes
from tests.helpers.recording import studio

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.core.training.recipe import TrainingRecipe


def same(one: object, other: object) -> bool:
    """Equal, or no further apart than the twelve figures that a field shows."""
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-11)
    return one == other


def test_typing_anew_what_the_fields_show_leaves_a_recipe_as_it_is(qtbot: QtBot) -> None:
    made = studio()
    panel = RecipePanel(made.bridge, made.worker)
    qtbot.addWidget(panel)
    panel.resize(760, 900)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)

    @settings(max_examples=times(12))
    @given(training=recipes(), drawn=st.data())
    def holds(training: TrainingRecipe, drawn: st.DataObject) -> None:
        made.bridge.do(SetTraining(recipe=training))
        kept = made.bridge.experiment.training
        rows = [row for row in panel.form.rows.values() if row.isVisible()]
        for row in drawn.draw(st.lists(st.sampled_from(rows), max_size=12, unique_by=id)):
            for field in row.editor.fields():
                if isinstance(field, NumberSpin):  # what it shows, typed anew
                    field.setFocus()
                    shown = field.lineEdit().text()
                    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
                    QTest.keyClicks(field, shown)
                if not isinstance(field, QComboBox):
                    QTest.keyClick(field, Qt.Key.Key_Return)
            now = made.bridge.experiment.training
            assert all(same(getattr(now, p.name), getattr(kept, p.name)) for p in kept.parameters), row.objectName()

    holds()
