"""How a run goes on from step to step and from epoch to epoch: learning rates, plateau, early stopping."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.metrics import VALIDATION, higher_is_better
from cnnstudio.core.training.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cnnstudio.core.training.recipe import TrainingRecipe


class Pace:
    """Follows the recipe over one run. What it has seen so far is part of every checkpoint."""

    def __init__(self, recipe: TrainingRecipe, steps_per_epoch: int, judged: Sequence[str]) -> None:
        """`judged`: names of the metrics of validation without the loss; the first can be what is watched."""
        self._recipe = recipe
        self._steps_per_epoch = steps_per_epoch
        watched = judged[0] if recipe.monitor == "metric" and judged else "loss"
        self.watched = f"{VALIDATION}{watched}"
        """The metric that tells progress."""
        higher = higher_is_better(self.watched)
        self._plateau = Patience(recipe.plateau_patience, higher)
        self._stopping = Patience(recipe.patience, higher, recipe.min_delta)
        self._best = Patience(1, higher)
        self._factor = 1.0

    def rates(self, step: int, count: int) -> np.ndarray:
        """The learning rates of so many steps, float32, from that step of the run (from 0) on."""
        rates = [self._recipe.rate_at(s, self._steps_per_epoch) * self._factor for s in range(step, step + count)]
        return np.asarray(rates, "float32")

    def follow(self, step: int, rate: float) -> None:
        """Let that step of the run have this rate, and all later ones change with it: a Keras callback has set it."""
        self._factor = rate / self._recipe.rate_at(step, self._steps_per_epoch)

    def end_epoch(self, metrics: Mapping[str, float]) -> bool:
        """Take in the metrics of an epoch; whether it is the best so far."""
        value = metrics[self.watched]
        if self._recipe.schedule == "plateau" and self._plateau.is_over(value):
            self._factor *= self._recipe.decay
            self._plateau.waited = 0
        self._stopping.is_over(value)
        return not self._best.is_over(value)

    @property
    def is_over(self) -> bool:
        """Whether early stopping ends the run with the last epoch."""
        return self._recipe.early_stopping and self._stopping.waited >= self._recipe.patience

    def wait_anew(self) -> None:
        """Count anew the epochs that early stopping waits for progress: the person wants more of them."""
        self._stopping.waited = 0

    def state(self) -> dict[str, Any]:
        """JSON-ready values for a checkpoint."""
        kept = {"plateau": self._plateau, "stopping": self._stopping, "best": self._best}
        return {name: dataclasses.asdict(patience) for name, patience in kept.items()} | {"factor": self._factor}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` gave."""
        self._plateau, self._stopping, self._best = (Patience(**state[n]) for n in ("plateau", "stopping", "best"))
        self._factor = float(state["factor"])
