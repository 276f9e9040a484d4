"""A worker that draws: answers at once what the window asks for its pictures, without a process and without Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QTimer

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.core.program import INPUT
from cnnstudio.wire.messages import (
    PROTOCOL,
    Device,
    EffectiveField,
    GetEffectiveField,
    GetMaps,
    GetPreviews,
    GetSamples,
    Hello,
    Maps,
    Previews,
)
from tests.helpers.recording import RecordingWorker

if TYPE_CHECKING:
    from cnnstudio.wire.messages import Command


class PlayedWorker(RecordingWorker):
    """Draws rings in place of maps, another one for each block and channel. Loads until it is told to be ready."""

    def __init__(self) -> None:
        super().__init__("starting")
        self._due: list[Command] = []
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._play)

    def send(self, command: Command) -> None:
        """Remember the command, and answer it once it has been sent."""
        super().send(command)
        self._due.append(command)
        if self.state in ("ready", "busy"):
            self._timer.start(0)

    def enter(self, state: str) -> None:
        """Be in this state; ready, answer what waits."""
        if state == "ready" and self.hello is None:
            self.arrive(Hello(PROTOCOL, {"played": "1.0"}, (Device("cpu", "Processor"),), 0))
        else:
            super().enter(state)
        if state == "ready":
            self._timer.start(0)

    def _play(self) -> None:
        due, self._due = self._due, []
        for command in due:
            if isinstance(command, GetSamples):
                self.answer(command)
            elif isinstance(command, GetPreviews):
                self.arrive(_previews(command))
            elif isinstance(command, GetMaps):
                self.arrive(_maps(command))
            elif isinstance(command, GetEffectiveField):
                self.arrive(_field(command))


def _shape(experiment: str, block: str) -> tuple[int, ...]:
    read = read_experiment(experiment, "The test")
    output = trace(read.architecture, read.data.info()).blocks[block].output
    assert output is not None
    return output.shape


def _rings(sizes: tuple[int, ...], number: int) -> Any:
    """Values in 0..1 over these axes."""
    axes = np.meshgrid(*[np.linspace(-1, 1, n) for n in sizes], indexing="ij")
    away = np.sqrt(sum((axis - 0.3 * np.sin(number + i)) ** 2 for i, axis in enumerate(axes)))
    return 0.5 + 0.5 * np.cos((3 + number % 5) * away)


def _previews(asked: GetPreviews) -> Previews:
    read = read_experiment(asked.experiment, "The test")
    traced = trace(read.architecture, read.data.info()).blocks
    ids = tuple(id for id, block in traced.items() if block.output is not None)
    drawn = np.stack([1 + 254 * _rings((asked.size, asked.size), number) for number in range(len(ids))])
    return Previews(asked.request, "", ids, drawn.astype(np.uint8))


def _maps(asked: GetMaps) -> Maps:
    *sizes, channels = _shape(asked.experiment, asked.block)
    maps = np.stack([np.rint(255 * _rings(tuple(sizes), n)) for n in range(channels)]).astype(np.uint8)
    bounds = np.zeros(channels, np.float32), np.ones(channels, np.float32)
    sample = _rings(_shape(asked.experiment, INPUT), 0).astype(np.float32)
    return Maps(asked.request, asked.block, asked.sample, False, sample, maps, *bounds)


def _field(asked: GetEffectiveField) -> EffectiveField:
    sizes = _shape(asked.experiment, INPUT)[:-1]
    places = np.meshgrid(*[np.arange(n) for n in sizes], indexing="ij")
    cells = (*asked.cell, *(0,) * len(sizes))[: len(sizes)]
    field = np.exp(-sum((place - cell) ** 2 for place, cell in zip(places, cells, strict=True)) / 1.5)
    return EffectiveField(asked.request, asked.block, asked.cell, False, field.astype(np.float32))
