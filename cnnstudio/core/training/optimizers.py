"""Keras's optimizers: their names in a recipe, what each can be told, and what it keeps for each weight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Optimizer:
    """One optimizer of Keras."""

    keras_class: str
    parameters: tuple[str, ...] = ()
    """Those of the recipe's parameters that it takes, by Keras's names, beside rate, weight decay and clipping."""
    slots: int = 1
    """Arrays it keeps that are as large as the weights."""
    weight_decay: float = 0.0
    """What Keras takes where nothing is said."""


_OF_FTRL = (
    "learning_rate_power",
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "beta",
)

OPTIMIZERS: dict[str, Optimizer] = {
    "adam": Optimizer("Adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), 2),
    "adamw": Optimizer("AdamW", ("beta_1", "beta_2", "epsilon", "amsgrad"), 2, 0.004),
    "adamax": Optimizer("Adamax", ("beta_1", "beta_2", "epsilon"), 2),
    "nadam": Optimizer("Nadam", ("beta_1", "beta_2", "epsilon"), 2),
    "lamb": Optimizer("Lamb", ("beta_1", "beta_2", "epsilon"), 2),
    "lion": Optimizer("Lion", ("beta_1", "beta_2"), 1),
    "sgd": Optimizer("SGD", ("momentum", "nesterov"), 1),
    "rmsprop": Optimizer("RMSprop", ("rho", "epsilon", "centered"), 2),
    "adagrad": Optimizer("Adagrad", ("initial_accumulator_value", "epsilon"), 1),
    "adadelta": Optimizer("Adadelta", ("rho", "epsilon"), 2),
    "adafactor": Optimizer("Adafactor", ("beta_2_decay", "clip_threshold", "relative_step"), 1),
    "ftrl": Optimizer("Ftrl", _OF_FTRL, 2),
    "schedule-free": Optimizer("ScheduleFreeAdamW", ("beta_1", "beta_2", "epsilon"), 2),
}
"""By name in a recipe. What a recipe leaves open is Keras's default."""
