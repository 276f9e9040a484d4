"""What a task has to say of itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cnnstudio.core.code.scores import class_weights
from cnnstudio.engine.backend import keras

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.training.recipe import TrainingRecipe


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
    scores: np.ndarray | None = None
    """float32 (classes, 101): the score from which on boxes count at each of these recalls, 0 beyond the last."""


class Judge(Protocol):
    """Takes in a network's answers over a part, batch by batch, in NumPy."""

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """One batch."""

    def verdict(self) -> Verdict:
        """Over all that was added."""


class Averaged:
    """A function (targets, outputs, **given) -> values as a loss: their mean."""

    def __init__(self, function: Callable[..., Any], *, joint: bool = False, **given: Any) -> None:
        """`joint`: what comes of a sample depends on the others of its batch."""
        self.__name__ = function.__name__  # what Keras calls the loss by
        self.joint = joint
        self._function = function
        self._given = given

    def call(self, targets: Any, outputs: Any) -> Any:
        """The values, (n, ...) unless they are `joint`."""
        return self._function(targets, outputs, **self._given)

    def __call__(self, targets: Any, outputs: Any) -> Any:
        """Over a batch."""
        return keras.ops.mean(self.call(targets, outputs))


class TaskKit:
    """Base of the kits: what a task needs in training, judging and showing."""

    judged: tuple[str, ...] = ()
    """Names of the metrics of validation and test, without the loss."""

    def __init__(
        self,
        info: DataInfo,
        recipe: TrainingRecipe,
        *,
        scores: bool = False,
        noisy: bool = False,
        counts: Sequence[int] = (),
        samples: int = 0,
    ) -> None:
        """See `kit_for`."""
        self.info = info
        self.recipe = recipe
        self.scores = scores
        self.noisy = noisy
        wanted = recipe.class_weights and recipe.weighs_classes(info.task) and any(counts)
        self.weights = self.weights_of(np.asarray(counts, "int64"), samples) if wanted else None
        """Of the classes, float32; None where all samples count the same."""
        self.smoothing = recipe.label_smoothing if recipe.smooths_labels(info.task) else 0.0
        """Share of each target that is spread over all classes."""

    def weights_of(self, counts: np.ndarray, samples: int) -> np.ndarray:
        """Weights of classes that occur that often in the training part."""
        return class_weights(counts)

    def loss(self) -> Any:
        """Fresh Keras loss: (targets, outputs) -> mean over the batch."""
        raise NotImplementedError

    def sample_losses(self, targets: np.ndarray, outputs: np.ndarray) -> np.ndarray:
        """The loss of each sample alone, float32 (n,)."""
        loss = self.loss()
        if getattr(loss, "joint", False):
            pairs = zip(targets[:, np.newaxis], outputs[:, np.newaxis], strict=True)
            return np.array([keras.ops.convert_to_numpy(loss(*pair)) for pair in pairs], "float32")
        values = keras.ops.convert_to_numpy(loss.call(targets, keras.ops.convert_to_tensor(outputs)))
        return np.asarray(values.reshape(len(targets), -1).mean(axis=1), "float32")

    def usual_loss(self) -> Any:
        """A loss of the task that Keras itself has: what a file for others is compiled with."""
        return self.loss()

    def metrics(self) -> list[Any]:
        """Fresh Keras metrics, updated at each training step: few, and cheap. Their names are those on the wire."""
        raise NotImplementedError

    def judge(self) -> Judge:
        """A fresh judge."""
        raise NotImplementedError

    def shown(self, output: np.ndarray) -> np.ndarray:
        """What the window is told of one sample's output; see FeatureMaps.prediction."""
        raise NotImplementedError
