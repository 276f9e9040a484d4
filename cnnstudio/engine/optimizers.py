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


def _scaled(optimizer: Any, recipe: TrainingRecipe) -> Any:
    """The optimizer behind loss scaling where layers compute in float16, whose smallest gradients would be zero.

    A step whose gradients overflow is left out and the scale halved (Micikevicius et al., 2018). What computes the
    gradients multiplies the loss by `optimizer.scale_loss` first, which leaves it alone for every other optimizer.
    """
    return keras.optimizers.LossScaleOptimizer(optimizer) if recipe.precision == "float16" else optimizer


def compile_model(model: Any, kit: TaskKit, *, for_others: bool = False) -> None:
    """Give the model what it is trained with.

    `for_others`: with a loss that Keras itself has, so that a saved one can be opened, evaluated and trained on by
    plain Keras.
    """
    optimizer = make_optimizer(kit.recipe)
    if not for_others:
        optimizer = _scaled(optimizer, kit.recipe)
    loss = kit.usual_loss() if for_others else kit.loss()
    model.compile(optimizer=optimizer, loss=loss, metrics=kit.metrics())
