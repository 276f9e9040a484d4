"""One class for each sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks.base import TaskKit, Verdict

if TYPE_CHECKING:
    from cnnstudio.engine.tasks.base import Judge


class Classification(TaskKit):
    """Cross-entropy over class indices; accuracy."""

    judged = ("accuracy",)

    def loss(self) -> Any:
        """Of raw scores or of shares."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=self.scores)

    def metrics(self) -> list[Any]:
        """Accuracy."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def judge(self) -> Judge:
        """Over class indices."""
        return ClassJudge(self.info.classes)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """Shares of the classes, float32 (classes,)."""
        return shares(output) if self.scores else output.astype("float32")


class ClassJudge:
    """Counts answers by true class."""

    def __init__(self, classes: int) -> None:
        self._confusion = np.zeros((classes, classes), "int64")

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """Targets (n, ...), outputs (n, ..., classes)."""
        add_confusion(self._confusion, targets, outputs.argmax(axis=-1))

    def verdict(self) -> Verdict:
        """Accuracy."""
        total = max(1, self._confusion.sum())
        return Verdict({"accuracy": float(np.trace(self._confusion) / total)}, self._confusion)


def add_confusion(confusion: np.ndarray, truth: np.ndarray, answers: np.ndarray) -> None:
    """Count pairs of class indices into `confusion` (classes, classes)."""
    pairs = truth.ravel().astype("int64") * len(confusion) + answers.ravel()
    confusion += np.bincount(pairs, minlength=confusion.size).reshape(confusion.shape)


def shares(scores: np.ndarray) -> np.ndarray:
    """Raw scores (..., classes) as shares that add up to 1, float32."""
    raised = np.exp(scores.astype("float64") - scores.max(axis=-1, keepdims=True))
    made: np.ndarray = (raised / raised.sum(axis=-1, keepdims=True)).astype("float32")
    return made
