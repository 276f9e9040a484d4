"""Any number of classes for each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.answers import as_chances
from cnnstudio.core.code.scores import area_under_curve, class_rates, label_weights, mean_of
from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks import losses
from cnnstudio.engine.tasks.base import Averaged, TaskKit, Verdict
from cnnstudio.engine.tasks.classification import Kept

if TYPE_CHECKING:
    from cnnstudio.engine.tasks.base import Judge


class MultiLabel(TaskKit):
    """Binary cross-entropy or focal loss of each class; accuracy, F1 and area under the ROC curve over classes."""

    judged = ("accuracy", "f1", "auc")

    def weights_of(self, counts: np.ndarray, samples: int) -> np.ndarray:
        """float32 (classes, 2): of samples without the class, and of those with it."""
        return label_weights(counts, samples)

    def loss(self) -> Any:
        """Of raw scores or of chances."""
        if self.recipe.loss_for(self.info.task) == "focal":
            return Averaged(losses.label_focal, scores=self.scores, weights=self.weights)
        if self.weights is not None or self.smoothing:
            given: dict[str, Any] = {"weights": self.weights, "smoothing": self.smoothing}
            return Averaged(losses.label_entropy, scores=self.scores, **given)
        return self.usual_loss()

    def usual_loss(self) -> Any:
        """Binary cross-entropy."""
        return keras.losses.BinaryCrossentropy(from_logits=self.scores)

    def metrics(self) -> list[Any]:
        """Share of the classes that are rightly named or left out."""
        return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if self.scores else 0.5)]

    def judge(self) -> Judge:
        """Over targets of 0 and 1."""
        return LabelJudge(self.info.classes, scores=self.scores)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """The chance of each class, float32 (classes,)."""
        return as_chances(output) if self.scores else output.astype("float32")


class LabelJudge:
    """Counts for each class how often it is there, named, and both."""

    def __init__(self, classes: int, *, scores: bool = False) -> None:
        self._scores = scores
        self._samples = 0
        self._hits, self._truth, self._named, self._right = np.zeros((4, classes), "int64")
        self._kept = Kept()

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """Both (n, classes)."""
        there = targets != 0
        named = outputs > (0.0 if self._scores else 0.5)
        self._samples += len(targets)
        self._hits += (there & named).sum(axis=0)
        self._truth += there.sum(axis=0)
        self._named += named.sum(axis=0)
        self._right += (there == named).sum(axis=0)
        self._kept.add(targets, outputs)

    def verdict(self) -> Verdict:
        """See `core.code.scores.label_scores`."""
        rates = class_rates(self._hits, self._truth, self._named)
        accuracy = self._right / max(1, self._samples)
        areas = area_under_curve(*self._kept.all())
        tables = {"accuracy": accuracy} | {name: rates[name] for name in ("precision", "recall", "f1")}
        tables |= {"auc": areas}
        return Verdict(
            {"accuracy": float(accuracy.mean()), "f1": mean_of(rates["f1"]), "auc": mean_of(areas)},
            per_class={name: tuple(values.tolist()) for name, values in tables.items()},
        )
