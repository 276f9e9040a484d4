"""What a task has to say of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.recipe import TrainingRecipe


@dataclass(frozen=True)
class Verdict:
    """How good a network is on a part: metrics and the tables behind them, as wire.messages.Evaluation has them."""

    metrics: dict[str, float]
    """By name, without the loss, in the order of `TaskKit.judged`."""
    confusion: np.ndarray | None = None
    """int64 (classes, classes): rows are the truth, columns the answer."""
    per_class: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Metric -> a value for each class; NaN where it is not defined."""
    precision: np.ndarray | None = None
    """float32 (classes, 101): detection's precision at recall 0, 0.01, ... 1, at an overlap of 0.5."""


class Judge(Protocol):
    """Takes in a network's answers over a part, batch by batch, in NumPy."""

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """One batch."""

    def verdict(self) -> Verdict:
        """Over all that was added."""


class TaskKit:
    """Base of the kits: what a task needs in training, judging and showing."""

    judged: tuple[str, ...] = ()
    """Names of the metrics of validation and test, without the loss."""

    def __init__(self, info: DataInfo, recipe: TrainingRecipe, *, scores: bool = False) -> None:
        self.info = info
        self.recipe = recipe
        self.scores = scores

    def loss(self) -> Any:
        """Fresh Keras loss: (targets, outputs) -> mean over the batch."""
        raise NotImplementedError

    def metrics(self) -> list[Any]:
        """Fresh Keras metrics, updated at each training step: few, and cheap. Their names are those on the wire."""
        raise NotImplementedError

    def judge(self) -> Judge:
        """A fresh judge."""
        raise NotImplementedError

    def shown(self, output: np.ndarray) -> np.ndarray:
        """What the window is told of one sample's output; see FeatureMaps.prediction."""
        raise NotImplementedError
