"""A Train page for each task, with a worker that only remembers: samples, predictions and evaluations are made here."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app.training import TrainPage
from cnnstudio.core.data.builtin import Noise
from cnnstudio.core.data.info import Task
from cnnstudio.core.edits import SetData
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.wire.messages import Evaluation, FeatureMaps, GetSamples, Samples
from tests.helpers.recording import studio
from tests.helpers.started import PARTS, run_started

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot

    from cnnstudio.app.training.view import TrainView
    from cnnstudio.core.data.sources import SourceSpec

EDGE = 16


class TaskPage:
    """The Train page with data of a task: it has been shown, has its samples and a run under way."""

    def __init__(
        self, qtbot: QtBot, task: Task, shape: tuple[int, ...] = (EDGE, EDGE, 3), classes: int = 4, start: bool = True
    ) -> None:
        self.studio = studio()
        self.worker = self.studio.worker
        source: SourceSpec = Noise(task=task.value, shape=shape, classes=classes)
        recipe = dataclasses.replace(DataRecipe(), source=source)
        assert self.studio.bridge.do(SetData(recipe=recipe))
        self.info = self.studio.bridge.experiment.data.info()
        self.page = TrainPage(self.studio.bridge, self.studio.selection, self.worker, self.studio.run)
        qtbot.addWidget(self.page)
        self.page.resize(1240, 720)
        self.page.show()
        qtbot.waitUntil(self.view.isVisible)  # a layout shows what it is given a little later
        self.inputs = drawn(len(range(6)), shape)
        self.targets = targets_of(task, self.inputs, classes)
        self.answer()
        if start:
            self.start()

    @property
    def view(self) -> TrainView:
        """What the page holds."""
        assert self.page.view is not None
        return self.page.view

    def answer(self) -> None:
        """Answer the latest request for samples with six of them."""
        asked = self.worker.all(GetSamples)[-1]
        self.worker.arrive(
            Samples(asked.request, asked.part, 0, len(self.inputs), self.inputs, self.targets, dict(PARTS))
        )

    def start(self, metrics: tuple[str, ...] = ("loss",), judged: tuple[str, ...] = ("loss",)) -> str:
        """Start a run past the checks of the design, which is none of the task's; the run's id."""
        self.studio.run.start()
        state = self.studio.run.state
        run = state.run or "run"
        self.worker.arrive(run_started(run, state.directory, epochs=9, metrics=metrics, judged=judged))
        return run

    def predict(self, prediction: Any) -> None:
        """The worker shows what is watched, with this prediction."""
        watch = self.worker.watched
        maps = np.zeros((2, 4, 4), np.uint8)
        bounds = np.zeros(2, np.float32), np.ones(2, np.float32)
        run = self.studio.run.state.run
        self.worker.arrive(FeatureMaps(run, watch.block, watch.sample, 1, 10, maps, *bounds, np.asarray(prediction)))

    def evaluate(self, part: str = "validation", epoch: int = 1, **given: Any) -> Evaluation:
        """The worker has evaluated the network."""
        values: dict[str, Any] = {
            "metrics": {"loss": 0.5, "accuracy": 0.75},
            "confusion": np.zeros((0, 0), np.int64),
            "precision": np.zeros((0, 101), np.float32),
            **given,
        }
        event = Evaluation(run=self.studio.run.state.run, epoch=epoch, part=part, **values)
        self.worker.arrive(event)
        return event


def drawn(number: int, shape: tuple[int, ...]) -> Any:
    """Samples in 0..1 with a bright rectangle each, so that a picture shows something."""
    samples = 0.25 * np.random.default_rng(0).random((number, *shape), np.float32)
    for index, sample in enumerate(samples):
        inside = tuple(slice(n // 4 + index % 3, n * 3 // 4) for n in shape[:-1])
        sample[inside] += 0.6
    return samples


def targets_of(task: Task, inputs: Any, classes: int) -> Any:
    """Targets in the form of the task: the bright rectangle is what is to be found."""
    number, sizes = len(inputs), inputs.shape[1:-1]
    if task is Task.CLASSIFICATION:
        return np.arange(number, dtype=np.int32) % classes
    if task is Task.MULTILABEL:
        return (np.arange(classes) % (2 + np.arange(number)[:, None] % 2) == 0).astype(np.int32)
    if task is Task.SEGMENTATION:
        masks = np.zeros((number, *sizes), np.int32)
        for index, mask in enumerate(masks):
            mask[tuple(slice(n // 4 + index % 3, n * 3 // 4) for n in sizes)] = 1 + index % (classes - 1)
        return masks
    if task is Task.DETECTION:
        boxes = np.full((number, 5, 5), -1, np.float32)
        boxes[:, 0] = [0.25, 0.25, 0.75, 0.75, 1]
        boxes[:, 1] = [0.0, 0.0, 0.2, 0.3, 2]
        return boxes
    return inputs
