"""A worker that only remembers what it was told, and a studio around it: for tests of pages without a process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.run_controller import RunController
from cnnstudio.app.selection import Selection
from cnnstudio.app.worker_client import WorkerClient
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.core.document import Document
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.wire.messages import (
    EpochEnd,
    FeatureMaps,
    GetSamples,
    Progress,
    RunEnded,
    Sample,
    Samples,
    StartRun,
    Watch,
)
from tests.helpers.started import PARTS, run_started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.wire.messages import Command, Event

C = TypeVar("C")


class RecordingWorker(WorkerClient):
    """Everything of the real client but the process: `sent` holds the commands, `arrive` plays its answers."""

    def __init__(self, state: str = "ready") -> None:
        super().__init__(command=("never started",))
        self.sent: list[Command] = []
        self.starts = 0
        self.parts = dict(PARTS)
        """Samples in each part of whatever data it is asked for."""
        self.enter(state)

    def start(self) -> None:
        """Count the starts."""
        self.starts += 1
        self.enter("starting")

    def send(self, command: Command) -> None:
        """Remember the command; make the run's folder, as the worker does, so that the next run gets another."""
        self.sent.append(command)
        if isinstance(command, StartRun):
            Path(command.directory).mkdir(parents=True)

    def enter(self, state: str) -> None:
        """Be in this state."""
        self._enter(state)

    def arrive(self, event: Event) -> None:
        """An event arrives from the worker."""
        self._take(event)

    def all(self, kind: type[C]) -> list[C]:
        """The commands of that type that were sent."""
        return [c for c in self.sent if isinstance(c, kind)]

    @property
    def watched(self) -> Watch:
        """What it was told last to watch."""
        return self.all(Watch)[-1]

    def answer(self, asked: GetSamples | None = None) -> Samples:
        """Answer this request for samples, or the latest, with `pictures` of its data; an epoch makes them darker."""
        asked = asked or self.all(GetSamples)[-1]
        info = read_experiment(asked.experiment, "The test").data.info()
        total = self.parts[asked.part]
        chosen: Sequence[int] = asked.indices or range(asked.start, min(total, asked.start + asked.count))
        inputs = pictures(chosen, info.input_shape) / (1 + asked.epoch)
        targets = _targets(info, chosen, inputs)
        classes = range(info.classes)
        counts = {p: tuple(len(range(c, n, info.classes)) for c in classes) for p, n in self.parts.items()}
        names = tuple(f"{asked.part}/{i}.png" for i in chosen) if '"facts"' in asked.experiment else ()
        samples = Samples(
            asked.request, asked.part, asked.start, total, inputs, targets, self.parts, counts, names, asked.indices
        )
        self.arrive(samples)
        return samples


def _targets(info: DataInfo, chosen: Sequence[int], inputs: Any) -> Any:
    """Class i of sample i, masks whose first row is of class 1, the samples themselves, or one box in each."""
    if info.task is Task.SEGMENTATION:
        masks = np.zeros((len(chosen), *info.input_shape[:2]), np.int32)
        masks[:, 0, :] = 1
        return masks
    if info.task is Task.RECONSTRUCTION:
        return inputs
    if info.task is Task.MULTILABEL:
        return np.array([[i % 2, *([1] * (info.classes - 1))] for i in chosen], np.int32)
    if info.task is Task.DETECTION:
        return np.array([[[0, 0, 1, 0.5, i % info.classes], [0, 0, 0, 0, -1]] for i in chosen], np.float32)
    return np.array([i % max(1, info.classes) for i in chosen], np.int32)


def pictures(numbers: Sequence[int], shape: tuple[int, ...]) -> Any:
    """Samples in 0..1 that differ in every value: the number of the sample decides."""
    return np.stack([np.random.default_rng(n).random(shape, np.float32) for n in numbers])


class Studio(NamedTuple):
    """What a page is made of."""

    bridge: DocumentBridge
    selection: Selection
    worker: RecordingWorker
    run: RunController

    def start(self, epochs: int = 15) -> str:
        """Start a run and let the worker say that it has started; the run's id."""
        self.run.start()
        run = self.run.state.run
        self.worker.arrive(run_started(run, self.run.state.directory, epochs=epochs))
        return run

    def progress(self, epoch: int, step: int, loss: float = 1.0, accuracy: float = 0.5) -> None:
        """The worker says where training is."""
        values = {"loss": loss, "accuracy": accuracy}
        self.worker.arrive(Progress(self.run.state.run, epoch, step, float(epoch), values, 1000.0))

    def epoch(self, number: int, loss: float, accuracy: float = 0.5) -> None:
        """The worker has done an epoch; validation is a little worse."""
        values = {"loss": loss, "accuracy": accuracy, "val_loss": loss + 0.1, "val_accuracy": accuracy - 0.01}
        self.worker.arrive(EpochEnd(self.run.state.run, number, float(number), values))

    def finish(self, outcome: str = "finished") -> None:
        """The worker says that the run is over."""
        state = self.run.state
        test = {"loss": 0.1, "accuracy": 0.974}
        self.worker.arrive(RunEnded(state.run, outcome, state.directory, state.epoch, 12.3, test))

    def maps(self, maps: Any, **other: Any) -> FeatureMaps:
        """Feature maps of what is watched, from 0 to 2, and a prediction in favour of class 3; they arrive."""
        watch = self.worker.watched
        prediction = np.full(10, 0.05, np.float32)
        prediction[3] = 0.55
        low, high = np.zeros(len(maps), np.float32), np.full(len(maps), 2, np.float32)
        values = {"run": self.run.state.run, "block": watch.block, "sample": watch.sample, **other}
        event = FeatureMaps(epoch=1, step=10, maps=maps, low=low, high=high, prediction=prediction, **values)
        self.worker.arrive(event)
        return event


def studio(state: str = "ready") -> Studio:
    """A small network on the digits, and a worker in that state."""
    blocks = (
        Block("input", spec_class("Input")(), ()),
        Block("conv", spec_class("Convolution")(), ("input",)),
        Block("flat", spec_class("Flatten")(), ("conv",)),
        Block("output", spec_class("Output")(), ("flat",)),
    )
    bridge = DocumentBridge(Document(Experiment(name="LeNet", architecture=Architecture.of(blocks))))
    selection, worker = Selection(), RecordingWorker(state)
    return Studio(bridge, selection, worker, RunController(bridge, selection, worker))


def feature_maps(maps: Any, low: Any = None, high: Any = None) -> FeatureMaps:
    """An event with these maps; each channel runs from 0 to 1 unless told otherwise."""
    count = len(maps)
    low = np.zeros(count, np.float32) if low is None else np.asarray(low, np.float32)
    high = np.ones(count, np.float32) if high is None else np.asarray(high, np.float32)
    return FeatureMaps("run", "conv", Sample(), 1, 1, maps, low, high, np.zeros(0, np.float32))
