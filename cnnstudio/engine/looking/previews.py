"""Answers to GetPreviews and GetMaps, from a design's sketch or from the network that trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine.looking.pictures import picture, sample_picture, telling_channels
from cnnstudio.engine.looking.probes import quantise
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Maps, Previews

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from cnnstudio.core.program import Program
    from cnnstudio.engine.looking.sketch import Sketches
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import GetMaps, GetPreviews, Sample

_SIZES = (16, 256)
"""Smallest and largest edge of a picture in pixels."""


class Network(Protocol):
    """What can be looked at: a `Sketch`, or the network of a run."""

    program: Program

    @property
    def predicts(self) -> bool:
        """Whether what comes out at the end is an answer."""

    @property
    def kit(self) -> TaskKit:
        """What follows from the task."""

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample."""

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Blocks and their results (..., channels) for these inputs. `check` is called between two layers."""

    def every_value(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """All blocks and their results."""


class Replaced(Exception):
    """Something else is to be done first, so the answer is given up."""


class Painter:
    """Paints the blocks of a network. It shows the same channels of a block each time, so that pictures do not jump."""

    def __init__(self) -> None:
        self._channels: dict[str, tuple[int, ...]] = {}

    def paint(
        self, network: Network, sample: Sample, size: int, check: Callable[[], None] | None = None
    ) -> tuple[tuple[str, ...], np.ndarray]:
        """Ids of all blocks that have a result, and their pictures, uint8 (blocks, size, size).

        Raises SketchError. `check` is called between two blocks; what it raises ends the painting.
        """
        edge = min(max(_SIZES[0], size), _SIZES[1])
        blocks, pictures = [], []
        for id, values in network.every_value(network.sample(sample)):
            if check is not None:
                check()
            blocks.append(id)
            pictures.append(self._picture(id, values, edge))
        return tuple(blocks), np.stack(pictures)

    def _picture(self, id: str, values: np.ndarray, size: int) -> np.ndarray:
        if id == INPUT:
            return sample_picture(values, size)
        known = self._channels.get(id, ())
        if not known or known[-1] >= values.shape[-1]:
            known = self._channels[id] = telling_channels(values)
        return picture(values, size, known)


def check_that(go_on: Callable[[], bool]) -> Callable[[], None]:
    """Something to call every now and then: it raises Replaced once `go_on` says no."""

    def check() -> None:
        if not go_on():
            raise Replaced

    return check


def previews(command: GetPreviews, sketches: Sketches, go_on: Callable[[], bool]) -> Previews:
    """The pictures of a design. Raises SketchError, and Replaced when `go_on` says no."""

    check = check_that(go_on)
    check()
    sketch = sketches.of(command.experiment, command.directory, check)
    blocks, pictures = Painter().paint(sketch, command.sample, command.size, check)
    run = Path(command.directory).name if sketch.trained and command.directory else ""
    return Previews(command.request, run, blocks, pictures)


def design_maps(command: GetMaps, sketches: Sketches, go_on: Callable[[], bool] = lambda: True) -> Maps:
    """The maps of one block of a design. Raises SketchError, and Replaced when `go_on` says no."""
    check = check_that(go_on)
    check()
    sketch = sketches.of(command.experiment, command.directory, check)
    return maps(command, sketch, trained=sketch.trained, check=check)


def maps(command: GetMaps, network: Network, *, trained: bool, check: Callable[[], None] | None = None) -> Maps:
    """The maps of one block of a network, and its answer. Raises SketchError. `check` is called between two layers."""
    if command.block not in network.program.outputs:
        raise SketchError(f'The block "{command.block[:64]}" has no maps: it is not in the network, or has an error.')
    inputs = network.sample(command.sample)
    end = _output_of(network.program) if command.predict and network.predicts else command.block
    values = dict(network.values(inputs, {command.block, end}, check))
    shown, low, high = quantise(values[command.block])
    itself = np.asarray(inputs[0], "float32")
    answer = network.kit.shown(values[end]) if command.predict and network.predicts else None
    return Maps(command.request, command.block, command.sample, trained, itself, shown, low, high, answer)


def _output_of(program: Program) -> str:
    """The block whose result is the network's answer."""
    return next(id for id, step in program.outputs.items() if step == program.result)
