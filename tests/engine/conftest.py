"""Small experiments, and a worker to talk to over real pipes. TensorFlow is loaded once for all of them."""

from __future__ import annotations

import dataclasses
import os
import queue
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.data.builtin import Digits, Shapes
from cnnstudio.core.declare import from_plain
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.recipe import DataRecipe
from cnnstudio.core.training.recipe import TrainingRecipe
from cnnstudio.wire.framing import FrameReader, decode_event, encode
from cnnstudio.wire.messages import Event, Failed, RunFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.wire.messages import Command

E = TypeVar("E", bound=Event)
PATIENCE = 60.0
"""Seconds; only a broken worker makes a test wait that long."""


def chain(source: SourceSpec, *blocks: tuple[str, str, dict[str, Any]], **training: Any) -> Experiment:
    """An experiment of Input, these (id, kind, parameters) one behind the other, and Output."""
    first = ("input", "Input", {"shape": source.info().input_shape})
    placed: list[Block] = []
    for id, kind, parameters in (first, *blocks, ("output", "Output", {})):
        spec = from_plain(spec_class(kind), parameters, id)
        placed.append(Block(id, spec, tuple(b.id for b in placed[-1:])))
    recipe = dataclasses.replace(TrainingRecipe(epochs=2, batch_size=64, seed=3, learning_rate=0.01), **training)
    return Experiment("Small", "", (), Architecture.of(placed), DataRecipe(source=source), recipe)


def small(**training: Any) -> Experiment:
    """A small classifier of the digits, with dropout so that every kind of randomness is in it."""
    return chain(
        Digits(),
        ("convolution_1", "Convolution", {"filters": 4}),
        ("max_pooling_1", "MaxPooling", {}),
        ("dropout_1", "Dropout", {"rate": 0.2}),
        ("flatten_1", "Flatten", {}),
        **training,
    )


def segmenter(**training: Any) -> Experiment:
    """A small segmentation network."""
    source = Shapes(count=60, size=16)
    recipe = {"batch_size": 16, "epochs": 1, **training}
    return chain(source, ("convolution_1", "Convolution", {"filters": 6}), **recipe)


class Peer:
    """The window's end of the pipes: sends commands, keeps what arrives."""

    def __init__(self, commands: int, events: int) -> None:
        self.commands = commands
        self._arrived: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._reading = threading.Thread(target=self._read, args=(events,), daemon=True)
        self._reading.start()

    def _read(self, events: int) -> None:
        reader = FrameReader(decode_event)
        while data := os.read(events, 1 << 16):
            for event in reader.feed(data):
                self._arrived.put(event)
        os.close(events)
        self._arrived.put(None)

    def send(self, *commands: Command) -> None:
        data = b"".join(encode(c) for c in commands)
        while data:
            data = data[os.write(self.commands, data) :]

    def next(self) -> Event | None:
        """The next event; None at the end."""
        return self._arrived.get(timeout=PATIENCE)

    def until(self, kind: type[E], where: Callable[[E], bool] = lambda event: True) -> E:
        """The next event of that kind that fits; a failure that was not asked for ends the test."""
        while True:
            event = self.next()
            if isinstance(event, kind) and where(event):
                return event
            assert event is not None, f"the worker ended before {kind.__name__} came"
            assert not isinstance(event, Failed | RunFailed), event

    def end(self) -> list[Event]:
        """Close the pipe; what still came until the worker closed its own."""
        os.close(self.commands)
        rest = []
        while (event := self.next()) is not None:
            rest.append(event)
        self._reading.join(PATIENCE)
        return rest


def serve() -> tuple[Peer, threading.Thread]:
    """A worker in a thread of this process, over real pipes: TensorFlow is loaded already."""
    from cnnstudio.engine.worker import Worker

    commands, to_worker = os.pipe()
    from_worker, events = os.pipe()

    def work() -> None:
        Worker(commands, events).serve()
        os.close(events)
        os.close(commands)

    thread = threading.Thread(target=work)
    thread.start()
    return Peer(to_worker, from_worker), thread


@pytest.fixture(scope="session")
def worker() -> Iterator[Peer]:
    """One warm worker for many tests."""
    peer, thread = serve()
    yield peer
    peer.end()
    thread.join(PATIENCE)
    assert not thread.is_alive()
