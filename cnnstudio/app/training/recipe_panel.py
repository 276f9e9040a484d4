"""The training recipe: one line that says it, and the form behind it."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspector import DeclaredForm
from cnnstudio.app.theme import set_icon, space
from cnnstudio.app.training.sentences import recipe_words
from cnnstudio.core.training.recipe import LOSSES, TrainingRecipe

if TYPE_CHECKING:
    from cnnstudio.core.data.info import Task

FORM_WIDTH = 420


class RecipePanel(QWidget):
    """Shows the recipe and reports the one that is wanted."""

    wanted = Signal(object, str)
    """The TrainingRecipe that the person asks for, and the gesture it belongs to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_panel")
        self._recipe = TrainingRecipe()
        self._toggle = tool("recipe_toggle", "chevron-right", "Show the fields of the training recipe", text="Recipe")
        self._toggle.setCheckable(True)
        self._toggle.toggled.connect(self._unfold)
        self._summary = words("recipe_summary", tone="muted")
        self._summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._form = DeclaredForm(self)
        self._form.setObjectName("recipe_form")
        self._form.setMaximumWidth(FORM_WIDTH)
        self._form.edited.connect(self._edit)
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addWidget(self._toggle)
        top.addWidget(self._summary, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self._form)
        self._form.setVisible(False)

    @property
    def form(self) -> DeclaredForm:
        """The fields."""
        return self._form

    def show_recipe(self, recipe: TrainingRecipe, task: Task) -> None:
        """Show this recipe, with the losses that fit the task, and class weights where there are classes to weigh."""
        self._recipe = recipe
        self._summary.setText(recipe_words(recipe))
        self._summary.setToolTip(f"How the next run trains: {recipe_words(recipe)}")
        choice = len(LOSSES[task]) > 1
        meant = {"class_weights": recipe.weighs_classes(task), "loss": choice}
        only = [p.name for p in recipe.parameters if meant.get(p.name, True)]
        self._form.show_value(recipe, only=only, offered={"loss": ("auto", *LOSSES[task])})

    def _unfold(self, open_: bool) -> None:
        self._form.setVisible(open_)
        set_icon(self._toggle, "chevron-down" if open_ else "chevron-right")

    def _edit(self, name: str, value: Any, gesture: str) -> None:
        self.wanted.emit(dataclasses.replace(self._recipe, **{name: value}), gesture)
