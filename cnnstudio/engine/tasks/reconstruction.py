"""The sample itself, or without the noise that was added to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.scores import noise_ratio, span_of, squared_errors
from cnnstudio.engine.backend import keras
from cnnstudio.engine.tasks import losses
from cnnstudio.engine.tasks.base import Averaged, TaskKit, Verdict

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.training.recipe import TrainingRecipe
    from cnnstudio.engine.tasks.base import Judge


class Reconstruction(TaskKit):
    """Mean squared or absolute error, or SSIM; these and the peak signal-to-noise ratio."""

    def __init__(self, info: DataInfo, recipe: TrainingRecipe, **given: Any) -> None:
        super().__init__(info, recipe, **given)
        self.judged = ("psnr", *(("psnr_gain",) if self.noisy else ()), "ssim", "mae", "mse")

    def loss(self) -> Any:
        """Over all values."""
        chosen = self.recipe.loss_for(self.info.task)
        if chosen == "ssim":
            return Averaged(losses.unlikeness, joint=True)  # the span of values is that of the batch
        return keras.losses.MeanAbsoluteError() if chosen == "mae" else keras.losses.MeanSquaredError()

    def usual_loss(self) -> Any:
        """Mean squared error."""
        return keras.losses.MeanSquaredError()

    def metrics(self) -> list[Any]:
        """Mean absolute error."""
        return [keras.metrics.MeanAbsoluteError(name="mae")]

    def judge(self) -> Judge:
        """Over all values."""
        return ErrorJudge(noisy=self.noisy)

    def shown(self, output: np.ndarray) -> np.ndarray:
        """The sample that comes out, float32 with the input's shape."""
        return output.astype("float32")


class ErrorJudge:
    """Compares the clean sample with what comes out and, where noise was added, with what went in."""

    def __init__(self, *, noisy: bool = False) -> None:
        self._noisy = noisy
        self._absolute = 0.0
        self._likeness = 0.0
        self._after: list[np.ndarray] = []
        self._before: list[np.ndarray] = []
        self._ends = np.array([np.inf, -np.inf])
        self._count = 0

    def add(self, inputs: np.ndarray, targets: np.ndarray, outputs: np.ndarray) -> None:
        """All of one shape."""
        self._absolute += float(np.abs(outputs - targets).mean(dtype="float64")) * len(targets)
        likeness = keras.ops.convert_to_numpy(losses.structural_likeness(targets, outputs))
        self._likeness += float(likeness.sum(dtype="float64"))
        self._after.append(squared_errors(targets, outputs))
        if self._noisy:
            self._before.append(squared_errors(targets, inputs))
        low, high = self._ends
        self._ends = np.array([min(low, targets.min()), max(high, targets.max())])
        self._count += len(targets)

    def verdict(self) -> Verdict:
        """Errors over all values; PSNR and SSIM as means over samples, the gain in dB over what went in."""
        after, span = np.concatenate(self._after), span_of(self._ends)
        metrics = {"psnr": noise_ratio(after, span)}
        if self._noisy:
            metrics["psnr_gain"] = metrics["psnr"] - noise_ratio(np.concatenate(self._before), span)
        metrics |= {
            "ssim": self._likeness / self._count,
            "mae": self._absolute / self._count,
            "mse": float(after.mean()),
        }
        return Verdict(metrics)
