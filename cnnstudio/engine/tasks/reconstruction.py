"""The sample itself, or without the noise that was added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks.base import TaskKit, Verdict

if TYPE_CHECKING:
    from cnnstudio.engine.tasks.base import Judge


class Reconstruction(TaskKit):
    """Mean squared error; mean absolute error."""

    judged = ("mae",)

    def loss(self) -> Any:
        """Over all values."""
        return keras.losses.MeanSquaredError()

    def metrics(self) -> list[Any]:
        """Mean absolute error."""
        return [keras.metrics.MeanAbsoluteError(name="mae")]

    def judge(self) -> Judge:
        """Over all values."""
        return ErrorJudge()

    def shown(self, output: np.ndarray) -> np.ndarray:
        """The sample that comes out, float32 with the input's shape."""
        return output.astype("float32")


class ErrorJudge:
    """Adds up differences between the clean sample and what comes out."""

    def __init__(self) -> None:
        self._sum = 0.0
        self._count = 0

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """All of one shape."""
        self._sum += float(np.abs(outputs - targets).sum(dtype="float64"))
        self._count += targets.size

    def verdict(self) -> Verdict:
        """Mean absolute error."""
        return Verdict({"mae": self._sum / max(1, self._count)})
