"""The optimizer of a recipe, and what a model is compiled with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnstudio.core.training.optimizers import OPTIMIZERS
from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from cnnstudio.core.training.recipe import TrainingRecipe
    from cnnstudio.engine.tasks import TaskKit


def make_optimizer(recipe: TrainingRecipe) -> Any:
    """The Keras optimizer of a recipe, at the recipe's learning rate; `Pace` sets those of the steps."""
    kind = getattr(keras.optimizers, OPTIMIZERS[recipe.optimizer].keras_class)
    return kind(recipe.learning_rate, **recipe.optimizer_arguments())


def compile_model(model: Any, kit: TaskKit, *, for_others: bool = False) -> None:
    """Give the model what it is trained with.

    `for_others`: with a loss that Keras itself has, so that a saved one can be opened, evaluated and trained on by
    plain Keras.
    """
    loss = kit.usual_loss() if for_others else kit.loss()
    model.compile(optimizer=make_optimizer(kit.recipe), loss=loss, metrics=kit.metrics())
