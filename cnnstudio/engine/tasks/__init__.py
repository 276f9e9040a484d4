"""What follows from the task: loss, metrics, how a network is judged, what is shown of its answers; a module each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.engine.tasks.base import Judge, TaskKit, Verdict
from cnnstudio.engine.tasks.classification import Classification
from cnnstudio.engine.tasks.detection import Detection
from cnnstudio.engine.tasks.multilabel import MultiLabel
from cnnstudio.engine.tasks.reconstruction import Reconstruction
from cnnstudio.engine.tasks.segmentation import Segmentation
from cnnstudio.wire.messages import Evaluation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.training.recipe import TrainingRecipe

__all__ = ["Judge", "TaskKit", "Verdict", "evaluation", "kit_for"]

_KITS: dict[Task, type[TaskKit]] = {
    Task.CLASSIFICATION: Classification,
    Task.MULTILABEL: MultiLabel,
    Task.SEGMENTATION: Segmentation,
    Task.RECONSTRUCTION: Reconstruction,
    Task.DETECTION: Detection,
}


def kit_for(
    info: DataInfo,
    recipe: TrainingRecipe,
    *,
    scores: bool = False,
    noisy: bool = False,
    counts: Sequence[int] = (),
    samples: int = 0,
) -> TaskKit:
    """The kit of a task.

    `scores`: the model gives raw scores, as `Program.gives_scores` says. `noisy`: noise is added to what goes in.
    `counts`: how often each class occurs in the `samples` of the training part, for the weights of classes.
    """
    return _KITS[info.task](info, recipe, scores=scores, noisy=noisy, counts=counts, samples=samples)


def evaluation(run: str, epoch: int, part: str, verdict: Verdict) -> Evaluation:
    """The verdict as the window is told it."""
    return Evaluation(
        run=run,
        epoch=epoch,
        part=part,
        metrics=verdict.metrics,
        confusion=np.empty((0, 0), "int64") if verdict.confusion is None else verdict.confusion,
        per_class={name: tuple(values) for name, values in verdict.per_class.items()},
        precision=np.empty((0, 101), "float32") if verdict.precision is None else verdict.precision,
        scores=verdict.scores,
    )
