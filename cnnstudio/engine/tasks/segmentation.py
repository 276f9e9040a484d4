"""One class for each position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks.base import TaskKit, Verdict
from cnnstudio.engine.tasks.classification import add_confusion

if TYPE_CHECKING:
    from cnnstudio.engine.tasks.base import Judge


class Segmentation(TaskKit):
    """Cross-entropy at each position; accuracy and mean intersection over union."""

    judged = ("accuracy", "mean_iou")

    def loss(self) -> Any:
        """Of raw scores or of shares."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=self.scores)

    def metrics(self) -> list[Any]:
        """Accuracy and mean IoU."""
        overlap = keras.metrics.MeanIoU(self.info.classes, sparse_y_true=True, sparse_y_pred=False, name="mean_iou")
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy"), overlap]

    def judge(self) -> Judge:
        """Over all positions."""
        return MaskJudge(self.info.classes)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """The likeliest class of each position, int32 with the mask's shape."""
        likeliest: np.ndarray = output.argmax(axis=-1).astype("int32")
        return likeliest


class MaskJudge:
    """Counts answers by true class over all positions."""

    def __init__(self, classes: int) -> None:
        self._confusion = np.zeros((classes, classes), "int64")

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """Masks (n, ...), outputs (n, ..., classes)."""
        add_confusion(self._confusion, targets, outputs.argmax(axis=-1))

    def verdict(self) -> Verdict:
        """Accuracy; IoU of each class, and its mean over the classes that occur in truth or answers."""
        hits = np.diag(self._confusion).astype("float64")
        union = self._confusion.sum(axis=0) + self._confusion.sum(axis=1) - hits
        overlap = np.divide(hits, union, out=np.full(len(hits), np.nan), where=union > 0)
        mean = float(np.nanmean(overlap)) if (union > 0).any() else 0.0
        accuracy = float(hits.sum() / max(1, self._confusion.sum()))
        return Verdict({"accuracy": accuracy, "mean_iou": mean}, self._confusion, {"iou": tuple(overlap.tolist())})
