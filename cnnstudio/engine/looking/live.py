"""Pictures of the network that trains, for cards of the canvas: sent between two steps, and never at training's cost.

One pass through all layers takes some ten milliseconds, so it is made at most once a second, and less often where it
is slow.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.core.formats.weights_store import WeightsError
from cnnstudio.core.program import INPUT
from cnnstudio.engine import devices
from cnnstudio.engine.backend import DEVICE_ERRORS, keras
from cnnstudio.engine.build import layer_names, room_for
from cnnstudio.engine.data import DataError
from cnnstudio.engine.explaining import ANSWERS, Cancelled, Opened, unforeseen
from cnnstudio.engine.explaining.still import StillNetwork
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.looking.decoding import decoded
from cnnstudio.engine.looking.effective_field import effective_field
from cnnstudio.engine.looking.flow import compiled_flow, flow
from cnnstudio.engine.looking.pinned import SampleBook
from cnnstudio.engine.looking.previews import Painter, maps
from cnnstudio.engine.looking.sketch import SketchError, decoder, fingerprint, untrained, weights_of
from cnnstudio.wire.messages import (
    Failed,
    GetDecoded,
    GetEffectiveField,
    GetMaps,
    GetPreviews,
    NetworkQuestion,
    Previews,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    import numpy as np

    from cnnstudio.core.program import Step
    from cnnstudio.engine.looking.pinned import Pins
    from cnnstudio.engine.running.control import Question
    from cnnstudio.engine.workbench import Workbench
    from cnnstudio.wire.messages import Event, Sample, WatchPreviews

_SHARE = 0.003
"""Of the time, at most this goes into pictures; the wall and the timeline have shares of their own."""
_SHARE_OF_QUESTIONS = 0.5
"""Of the time, at most this goes into answers that take long: a person waits for them."""
_COMPILE_AFTER_SECONDS = 0.8
"""Less than the time between two pictures."""
_SLICE_SECONDS = 0.03
"""How long a step may be put off for them at a time."""
_KEPT_BYTES = 64 << 20
"""Of the weights before the first step: of a larger network only those that were asked for last are kept."""
_ANOTHER = "A run is under way, and its network is another one: this design is shown when the run is over."


class RunNetwork:
    """The model of a run, layer by layer."""

    trained = True
    """Whether the weights are those of a run."""
    predicts = True
    """Whether what comes out at the end is an answer."""

    def __init__(self, bench: Workbench, pins: Pins | None = None) -> None:
        """`pins`: what it can be shown beside the samples of its data."""
        self.program = bench.program
        self.recipe = bench.experiment.data
        self.data = bench.data
        self.kit = bench.kit
        self.samples = SampleBook(self.recipe, lambda: self.data, pins)
        self._bench = bench
        self._model = bench.model
        self._decoders: dict[str, Any] = {}
        self._every: Callable[[np.ndarray], Iterator[tuple[str, np.ndarray]]] | None = None
        self._first_pass: float | None = None
        self._before: dict[str, list[np.ndarray]] = {}
        """Weights before the first step: they stay what they were."""
        layers = {layer.name: layer for layer in self._model.layers}
        self._layers = {step: layers[name] for step, name in layer_names(self.program).items()}

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample of the run's data, or of a pinned one. Raises SketchError."""
        try:
            return self.samples.inputs(sample)
        except DataError as error:
            raise SketchError(str(error)) from error

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Blocks and their results (..., channels), with the weights of the moment. Raises SketchError."""
        stream = flow(self.program, self.layer_of, inputs, wanted, check)
        while (found := self._next(stream)) is not None:
            yield found

    @property
    def is_getting_ready(self) -> bool:
        """Whether the next `every_value` takes longer than the ones after it will."""
        return self._every is None and (self._first_pass is None or self._is_time_to_compile)

    @property
    def _is_time_to_compile(self) -> bool:
        """Not before the first step of a run nor beside it: a person waits for that one."""
        return self._first_pass is not None and time.perf_counter() > self._first_pass + _COMPILE_AFTER_SECONDS

    def every_value(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """As `values` of all blocks; it is compiled some time after the first one. Raises SketchError."""
        if self._every is None and not self._is_time_to_compile:
            self._first_pass = self._first_pass or time.perf_counter()
            yield from self.values(inputs)
            return
        if self._every is None:
            tensors = {step: layer.output for step, layer in self._layers.items()}
            with room_for(len(self.program.steps)):
                self._every = compiled_flow(self.program, self._model.inputs[0], tensors) or self.values
        try:
            with room_for(len(self.program.steps)):
                yield from self._every(inputs)
        except DEVICE_ERRORS as error:
            raise _unseen(error) from error

    def model_to(self, block: str) -> Any:
        """The Keras model from the input to what `block` yields; it shares the run's layers. Raises SketchError."""
        step = self.program.outputs.get(block)
        if step is None:
            raise SketchError(f'The model of this run has no block "{block[:64]}": it does not lead to Output.')
        return keras.Model(self._model.inputs, self.inputs if step == INPUT else self._layers[step].output)

    def model_from(self, block: str) -> Any:
        """The Keras model from what `block` yields to the output; it shares the run's layers. Raises SketchError."""
        if block not in self._decoders:
            with room_for(len(self.program.steps)):
                self._decoders[block] = decoder(self.program, self._layers, block)
        return self._decoders[block]

    def still(self) -> StillNetwork:
        """The network with the weights of the moment, which the run does not change."""
        return StillNetwork(self)

    def weights(self, block: str) -> list[np.ndarray]:
        """The weights of the block's first layer that has any, in Keras's order; [] where none has."""
        return weights_of(self.program, self._layers, block)

    def weights_before(self, block: str) -> list[np.ndarray]:
        """The same before the first step of training. Raises SketchError where their file is gone."""
        if block not in self._before:
            blocks = self.program.outputs if 4 * self.program.params <= _KEPT_BYTES else (block,)
            layers = self._begun_layers()
            self._before = {id: weights_of(self.program, layers, id) for id in blocks}
        return self._before[block]

    def _begun_layers(self) -> dict[str, Any]:
        """Layers of their own as they were before the first step.

        Without a seed for all of TensorFlow, as `begun_model` has: that would make every compiled function of the run,
        its steps too, be set up anew.
        """
        experiment = self._bench.experiment
        with room_for(len(self.program.steps)), devices.scope(devices.devices()[0]):
            layers = untrained(self.program, layer_names(self.program), experiment.training.seed)
            try:
                give_weights(self.program, lambda step: layers[step.name], experiment)
            except WeightsError as error:
                raise SketchError(str(error)) from error
        return layers

    def _next(self, stream: Iterator[tuple[str, np.ndarray]]) -> tuple[str, np.ndarray] | None:
        try:
            with room_for(len(self.program.steps)):
                return next(stream, None)
        except DEVICE_ERRORS as error:
            raise _unseen(error) from error

    @property
    def inputs(self) -> Any:
        """Keras's symbolic input."""
        return self._model.inputs[0]

    def layer_of(self, step: Step) -> Any:
        """The run's Keras layer of a step."""
        return self._layers[step.name]


def _unseen(error: Exception) -> SketchError:
    return SketchError(f"The maps cannot be computed on this device ({str(error)[:200]}).")


class LiveViews:
    """Shows the network of one run, on the thread that trains, between two steps."""

    def __init__(
        self, network: RunNetwork, run: str, emit: Callable[[Event], None], cancelled: Cancelled | None = None
    ) -> None:
        self._network = network
        self._cancelled = cancelled or Cancelled()
        self._open: list[Opened] = []
        """Questions that are being worked on, between the steps of the run."""
        self._rested = 0.0
        """When the next slice of that work may begin."""
        self._run = run
        self._emit = emit
        self._painter = Painter()
        self._seen: WatchPreviews | None = None
        self._broken: WatchPreviews | None = None
        self._due = 0.0
        self.seconds = 0.0
        """Time spent on pictures so far."""

    def look(self, watch: WatchPreviews | None, *, force: bool = False) -> None:
        """Send the pictures if it is time: at most `hertz` times a second, at once for a new watch or with `force`."""
        if watch is None or watch is self._broken:
            return
        start = time.perf_counter()
        if watch is self._seen and start < self._due and not force:
            return
        self._seen = watch
        is_getting_ready = self._network.is_getting_ready
        try:
            blocks, pictures = self._painter.paint(self._network, watch.sample, watch.size)
            self._emit(Previews(0, self._run, blocks, pictures))
        except SketchError as error:
            self._broken = watch
            self._emit(Failed(0, str(error)))
        except Exception as error:  # a look at a run must not end it
            self._broken = watch
            self._emit(unforeseen(0, "Looking at all blocks", error))
        spent = time.perf_counter() - start
        self.seconds += spent
        rest = 0.0 if is_getting_ready else spent / _SHARE  # what comes once is not made up for
        self._due = start + max(1.0 / max(1e-3, watch.hertz), rest)  # so a rate of NaN is a slow one

    def answer(self, commands: Iterable[Question]) -> None:
        """Answer what was asked of a design while the run goes on: from the run, if it trains that design.

        What takes long is worked on a little each time, in turn.
        """
        for command in commands:
            start = time.perf_counter()
            try:
                self._refuse_another(command)
                if isinstance(command, NetworkQuestion):
                    work = ANSWERS[type(command)](command, self._network)
                    self._open.append(Opened(command, work, self._emit, self._cancelled))
                else:
                    self._emit(self._answer(command))
            except SketchError as error:
                self._emit(Failed(command.request, str(error)))
            except Exception as error:  # a question to a run must not end it
                self._emit(unforeseen(command.request, type(command).__name__, error))
            self.seconds += time.perf_counter() - start
        self._work()

    def finish(self, has_time: Callable[[], bool]) -> None:
        """Work on what is open to its end, or until something more urgent has come: no step comes any more."""
        while self._open and has_time():
            self._rested = 0.0
            self._work()
        self.close("Another run has begun, and this one was not answered before it: ask again.")

    def close(self, why: str = "The run that was asked has failed.") -> None:
        """Nothing that is open will be answered."""
        for opened in self._open:
            self._emit(Failed(opened.question.request, why))
        self._open.clear()

    def _work(self) -> None:
        start = time.perf_counter()
        if not self._open or start < self._rested:
            return
        opened = self._open.pop(0)
        if not opened.go_on(_SLICE_SECONDS):
            self._open.append(opened)  # so that a short question does not wait for a long one
        spent = time.perf_counter() - start
        self._rested = start + spent / _SHARE_OF_QUESTIONS

    def _answer(self, command: GetPreviews | GetMaps | GetEffectiveField | GetDecoded) -> Event:
        if isinstance(command, GetMaps):
            return maps(command, self._network, trained=True)
        if isinstance(command, GetEffectiveField):
            return effective_field(command, self._network, trained=True)
        if isinstance(command, GetDecoded):
            return decoded(command, self._network)
        blocks, pictures = self._painter.paint(self._network, command.sample, command.size)
        return Previews(command.request, self._run, blocks, pictures)

    def _refuse_another(self, command: Question) -> None:
        elsewhere = isinstance(command, NetworkQuestion | GetMaps) and bool(command.directory)
        if elsewhere and Path(command.directory).name != self._run:
            raise SketchError(_ANOTHER)
        try:
            design = read_experiment(command.experiment, "The experiment")
            program = trace(design.architecture, design.data.info()).program()
        except FileError as error:
            raise SketchError(str(error)) from error
        except ValueError as error:  # a design with errors is not what trains
            raise SketchError(_ANOTHER) from error
        if (fingerprint(program), design.data) != (fingerprint(self._network.program), self._network.recipe):
            raise SketchError(_ANOTHER)
