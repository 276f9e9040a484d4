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
    numbers: tuple[float, ...] = ()
    """What Keras takes for the first of the parameters, in their order, where nothing is said; the rest are switches
    or have a default of the recipe's."""

    @property
    def defaults(self) -> dict[str, float]:
        """Keras's values of the numbers that a recipe may leave open, by name."""
        return {"weight_decay": self.weight_decay, **dict(zip(self.parameters, self.numbers, strict=False))}


_OF_FTRL = (
    "learning_rate_power",
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
    "beta",
)

OPTIMIZERS: dict[str, Optimizer] = {
    "adam": Optimizer("Adam", ("beta_1", "beta_2", "epsilon", "amsgrad"), 2, 0.0, (0.9, 0.999, 1e-7)),
    "adamw": Optimizer("AdamW", ("beta_1", "beta_2", "epsilon", "amsgrad"), 2, 0.004, (0.9, 0.999, 1e-7)),
    "adamax": Optimizer("Adamax", ("beta_1", "beta_2", "epsilon"), 2, 0.0, (0.9, 0.999, 1e-7)),
    "nadam": Optimizer("Nadam", ("beta_1", "beta_2", "epsilon"), 2, 0.0, (0.9, 0.999, 1e-7)),
    "lamb": Optimizer("Lamb", ("beta_1", "beta_2", "epsilon"), 2, 0.0, (0.9, 0.999, 1e-7)),
    "lion": Optimizer("Lion", ("beta_1", "beta_2"), 1, 0.0, (0.9, 0.99)),
    "sgd": Optimizer("SGD", ("momentum", "nesterov"), 1),
    "rmsprop": Optimizer("RMSprop", ("rho", "epsilon", "centered"), 2, 0.0, (0.9, 1e-7)),
    "adagrad": Optimizer("Adagrad", ("initial_accumulator_value", "epsilon"), 1, 0.0, (0.1, 1e-7)),
    "adadelta": Optimizer("Adadelta", ("rho", "epsilon"), 2, 0.0, (0.95, 1e-7)),
    "adafactor": Optimizer("Adafactor", ("beta_2_decay", "clip_threshold", "relative_step"), 1, 0.0, (-0.8, 1.0)),
    "ftrl": Optimizer("Ftrl", _OF_FTRL, 2, 0.0, (-0.5, 0.1, 0.0, 0.0, 0.0, 0.0)),
    "schedule-free": Optimizer("ScheduleFreeAdamW", ("beta_1", "beta_2", "epsilon"), 2, 0.0, (0.9, 0.999, 1e-8)),
}
"""By name in a recipe. What a recipe leaves open is Keras's default."""
