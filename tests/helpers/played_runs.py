"""Runs in this process, with what they told and what became of them, and whether two came to the same."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from cnnstudio.core.data.augmentation import Augmentation
from cnnstudio.core.data.builtin import Digits
from cnnstudio.core.formats.run_folder import METRICS
from cnnstudio.engine.running.control import Control
from cnnstudio.engine.running.resuming import read_checkpoint
from cnnstudio.engine.running.training import Run, resumed
from cnnstudio.wire.messages import Event, RunEnded
from tests.engine.conftest import chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cnnstudio.core.experiment import Experiment


def changeable(**training: Any) -> Experiment:
    """A small network with everything in it that an exact resume could forget; with batch statistics and drawn noise.

    Dropout, noise in the network, batch normalisation, augmentation, a rate that changes with each step.
    """
    experiment = chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("normalisation_1", "BatchNormalisation", {}),
        ("noise_1", "GaussianNoise", {}),
        ("max_pooling_1", "MaxPooling", {}),
        ("dropout_1", "Dropout", {"rate": 0.3}),
        ("flatten_1", "Flatten", {}),
        **{"epochs": 4, "schedule": "one-cycle", "early_stopping": True, "patience": 50, **training},
    )
    varied = Augmentation(rotation=20.0, noise=0.1, contrast=0.2)
    return dataclasses.replace(experiment, data=dataclasses.replace(experiment.data, augmentation=varied))


class Played:
    """A run in this process, its events, and what came out; `at` is told of every event and may ask of the control."""

    def __init__(self, at: Callable[[Event, Control], None] = lambda event, control: None) -> None:
        self.control = Control()
        self.events: list[Event] = []
        self._at = at

    def _emit(self, event: Event) -> None:
        self.events.append(event)
        self._at(event, self.control)

    def begun(self, folder: Path, experiment: Experiment | None = None) -> Played:
        Run(experiment or changeable(), folder, self._emit, self.control).execute()
        return self

    def resumed(self, folder: Path, more: int = 0) -> Played:
        resumed(folder, more, self._emit, self.control).execute()
        return self

    def all(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def ended(self) -> RunEnded:
        assert isinstance(self.events[-1], RunEnded)
        return self.events[-1]


def lines(folder: Path) -> list[list[str]]:
    """The metrics without the seconds, which differ each time."""
    return [
        line.split(",")[:1] + line.split(",")[2:]
        for line in (folder / METRICS).read_text(encoding="utf-8").splitlines()
    ]


def same(one: Path, other: Path) -> bool:
    """Whether two runs have come to the same, bit by bit: weights, optimizer, random states, metrics."""
    first, second = read_checkpoint(one), read_checkpoint(other)
    places = [(c.position.epoch, c.position.step, c.position.best_epoch, c.position.pace) for c in (first, second)]
    bits = [{name: array.tobytes() for name, array in c.learner.items()} for c in (first, second)]
    best = [[array.tobytes() for array in c.best] for c in (first, second)]
    return (
        repr(places[0]) == repr(places[1]) and bits[0] == bits[1] and best[0] == best[1] and lines(one) == lines(other)
    )
