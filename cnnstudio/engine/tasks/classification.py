"""One class for each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.answers import as_shares
from cnnstudio.core.code.scores import among_best, area_under_curve, class_rates, count_pairs, mean_of
from cnnstudio.core.metrics import best_k
from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks import losses
from cnnstudio.engine.tasks.base import Averaged, TaskKit, Verdict

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.training.recipe import TrainingRecipe
    from cnnstudio.engine.tasks.base import Judge

MOST_IN_CONFUSION = 1000
"""Of more classes nobody reads the table, and it would need gigabytes."""
_VALUES_KEPT = 1 << 24


class Classification(TaskKit):
    """Cross-entropy or focal loss over class indices; accuracy, the k likeliest, F1, area under the ROC curve."""

    def __init__(self, info: DataInfo, recipe: TrainingRecipe, **given: Any) -> None:
        super().__init__(info, recipe, **given)
        self._k = best_k(info.classes)
        top = (f"top_{self._k}_accuracy",) if self._k else ()
        self.judged = ("accuracy", *top, "f1", "auc")

    def loss(self) -> Any:
        """Of raw scores or of shares."""
        if self.recipe.loss_for(self.info.task) == "focal":
            return Averaged(losses.focal, scores=self.scores, weights=self.weights)
        if self.weights is not None or self.smoothing:
            given: dict[str, Any] = {"weights": self.weights, "smoothing": self.smoothing}
            return Averaged(losses.cross_entropy, scores=self.scores, **given)
        return self.usual_loss()

    def usual_loss(self) -> Any:
        """Cross-entropy."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=self.scores)

    def metrics(self) -> list[Any]:
        """Accuracy."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def judge(self) -> Judge:
        """Over class indices."""
        return ClassJudge(self.info.classes, self._k, scores=self.scores)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """Shares of the classes, float32 (classes,)."""
        return as_shares(output) if self.scores else output.astype("float32")


class Kept:
    """Targets and outputs of the samples of a part; of very many, of every other, every fourth and so on."""

    def __init__(self) -> None:
        self._targets: list[np.ndarray] = []
        self._outputs: list[np.ndarray] = []
        self._every = 1
        self._seen = 0
        self._values = 0

    def add(self, targets: np.ndarray, outputs: np.ndarray) -> None:
        """A batch of them."""
        first = -self._seen % self._every
        self._seen += len(targets)
        self._targets.append(targets[first :: self._every])
        self._outputs.append(outputs[first :: self._every])
        self._values += self._outputs[-1].size
        while self._values > _VALUES_KEPT:
            targets, outputs = (each[::2] for each in self.all())
            self._targets, self._outputs = [targets], [outputs]
            self._every *= 2
            self._values = outputs.size

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """Targets (n, ...) and outputs (n, classes); there must be a batch."""
        return np.concatenate(self._targets), np.concatenate(self._outputs)


class ClassJudge:
    """Counts answers by true class, and keeps them for the area under the curve."""

    def __init__(self, classes: int, k: int, *, scores: bool = False) -> None:
        self._classes = classes
        self._k = k
        self._scores = scores
        self._confusion = np.zeros((classes, classes), "int64") if classes <= MOST_IN_CONFUSION else None
        self._hits, self._truth, self._answers = np.zeros((3, classes), "int64")
        self._among = 0
        self._kept = Kept()

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """Targets (n,), outputs (n, classes)."""
        answers = outputs.argmax(axis=-1)
        self._hits += self._counts(targets[targets == answers])
        self._truth += self._counts(targets)
        self._answers += self._counts(answers)
        if self._confusion is not None:
            self._confusion += count_pairs(targets, answers, self._classes)
        if self._k:
            self._among += among_best(targets, outputs, self._k)
        self._kept.add(targets, as_shares(outputs) if self._scores else outputs)

    def _counts(self, indices: np.ndarray) -> np.ndarray:
        return np.bincount(indices, minlength=self._classes)

    def verdict(self) -> Verdict:
        """See `core.code.scores.classification_scores`."""
        total = max(1, int(self._truth.sum()))
        rates = class_rates(self._hits, self._truth, self._answers)
        targets, outputs = self._kept.all()
        areas = area_under_curve(targets[:, np.newaxis] == np.arange(self._classes), outputs)
        metrics = {"accuracy": float(self._hits.sum() / total)}
        if self._k:
            metrics[f"top_{self._k}_accuracy"] = self._among / total
        metrics |= {"f1": mean_of(rates["f1"]), "auc": mean_of(areas)}
        tables = {name: rates[name] for name in ("precision", "recall", "f1")} | {"auc": areas}
        return Verdict(metrics, self._confusion, {name: tuple(values.tolist()) for name, values in tables.items()})
