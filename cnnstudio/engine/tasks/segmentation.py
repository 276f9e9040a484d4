"""One class for each position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.scores import class_rates, count_pairs, mask_scores
from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks import losses
from cnnstudio.engine.tasks.base import Averaged, TaskKit, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.tasks.base import Judge

_LOSSES: dict[str, Callable[..., Any]] = {
    "cross-entropy": losses.cross_entropy,
    "dice": losses.dice,
    "cross-entropy + dice": losses.cross_entropy_and_dice,
    "focal": losses.focal,
}
_OF_AREAS = ("dice", "cross-entropy + dice")
"""Those that compare whole areas over a batch."""


class Segmentation(TaskKit):
    """Losses at each position and of whole areas; accuracy, mean intersection over union, Dice."""

    judged = ("mean_iou", "dice", "accuracy")

    def loss(self) -> Any:
        """Of raw scores or of shares."""
        chosen = self.recipe.loss_for(self.info.task)
        if chosen == "cross-entropy" and self.weights is None and not self.smoothing:
            return self.usual_loss()
        smoothed = {"smoothing": self.smoothing} if self.smoothing else {}
        joint = chosen in _OF_AREAS
        return Averaged(_LOSSES[chosen], joint=joint, scores=self.scores, weights=self.weights, **smoothed)

    def usual_loss(self) -> Any:
        """Cross-entropy."""
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
        self._confusion += count_pairs(targets, outputs.argmax(axis=-1), len(self._confusion))

    def verdict(self) -> Verdict:
        """See `core.code.scores.mask_scores`."""
        confusion = self._confusion
        rates = class_rates(np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0))
        tables = {"iou": rates["iou"], "dice": rates["f1"], "precision": rates["precision"], "recall": rates["recall"]}
        lists = {name: tuple(values.tolist()) for name, values in tables.items()}
        return Verdict(mask_scores(confusion), confusion, lists)
