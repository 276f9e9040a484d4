"""Boxes around objects, each with a class: a centre-point network over whatever maps come in."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.boxes import (
    centre_point_loss,
    detection_scores,
    found_boxes,
    precision_at_recalls,
)
from cnnstudio.engine.backend import keras, tensorflow
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.tasks.base import Averaged, TaskKit, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.tasks.base import Judge

_SHOWN = 0.05
"""Least score of the boxes that the window is told of; its slider hides more of them."""


class Detection(TaskKit):
    """Focal loss of middles and GIoU of boxes; mean average precision by COCO's rules."""

    judged = ("map_50", "map")

    def loss(self) -> Any:
        """See `centre_point_loss`."""
        suppression()  # what judges at the end of an epoch is missed before the first one
        return Averaged(centre_point_loss, ops=keras.ops, scores=self.scores)

    def usual_loss(self) -> Any:
        """Keras has none for boxes: a file for others answers, and is not compiled for training."""
        return None

    def metrics(self) -> list[Any]:
        """None: precision is of a whole part, not of batches."""
        return []

    def judge(self) -> Judge:
        """Over all boxes of a part."""
        return BoxJudge(self.info.classes, scores=self.scores)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """The boxes that are found, float32 (boxes, 6), best first."""
        return found_boxes(output[np.newaxis], suppression(), least=_SHOWN, scores=self.scores)[0]


class BoxJudge:
    """Keeps true and found boxes, and compares them at the end: a rank among all answers decides."""

    def __init__(self, classes: int, *, scores: bool) -> None:
        self._classes = classes
        self._scores = scores
        self._truth: list[np.ndarray] = []
        self._found: list[np.ndarray] = []

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """Targets (n, boxes, 5), outputs (n, height, width, classes + 4)."""
        self._truth.extend(targets)
        self._found.extend(found_boxes(outputs, suppression(), scores=self._scores))

    def verdict(self) -> Verdict:
        """Mean average precision at an overlap of 0.5, and over 0.5 to 0.95; both for each class, too."""
        precision, scores = precision_at_recalls(self._truth, self._found, self._classes)
        each = {"ap_50": precision[0].mean(axis=-1), "ap": precision.mean(axis=(0, 2))}
        return Verdict(
            detection_scores(precision),
            per_class={name: tuple(values.tolist()) for name, values in each.items()},
            precision=precision[0].astype("float32"),
            scores=scores.astype("float32"),
        )


def suppression() -> Callable[..., Any]:
    """TensorFlow's non-maximum suppression, whatever library trains. Raises RunError where it is not installed."""
    library: Any = tensorflow
    try:
        if library is None:
            library = importlib.import_module("tensorflow")
    except ImportError as error:
        raise RunError(
            "Boxes that overlap are sorted out by TensorFlow, which is not installed here: install it "
            "(pip install tensorflow), or choose data of another task."
        ) from error
    suppress: Callable[..., Any] = library.image.combined_non_max_suppression
    return suppress
