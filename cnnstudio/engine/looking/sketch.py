"""The network of a design that does not train: what its previews, its lens and its maps are computed with.

A sketch is the network that Train would begin with, weight for weight, or the one that a run has learned. It is built
between runs, on the thread that trains, and leaves nothing behind that a run could notice.
"""

from __future__ import annotations

import functools
import random
from collections import Counter, OrderedDict
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.core.analysis.tracing import trace
from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.core.formats.run_folder import LAST
from cnnstudio.core.formats.run_weights import RunWeights
from cnnstudio.core.formats.weights_store import WeightsError
from cnnstudio.core.program import INPUT
from cnnstudio.engine import devices, memory
from cnnstudio.engine.backend import DEVICE_ERRORS, keras
from cnnstudio.engine.build import layer_names, make_layer, room_for
from cnnstudio.engine.data import DataError, load
from cnnstudio.engine.initial import give_weights
from cnnstudio.engine.learned import take_over
from cnnstudio.engine.looking.flow import compiled_flow, flow, tensors_from, tensors_of, tensors_to
from cnnstudio.engine.looking.pinned import SampleBook
from cnnstudio.engine.tasks import kit_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from cnnstudio.core.analysis.tracing import Trace
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.data import Dataset
    from cnnstudio.engine.looking.pinned import Pins
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Sample

_KEPT = 4
"""Designs kept built: a design, the one before an undo, and the one that a lens still asks about."""
_KEPT_BYTES = 256 << 20
"""Of weights; beyond it only the latest design is kept."""
_MAX_MACS = 30_000_000_000
"""Multiply-adds of one pass. VGG-16 on photographs takes 15 thousand million, about a second on two cores."""
_OFTEN = 3
"""Passes to the same blocks from which on compiling them pays: somebody draws, or goes through the samples."""
_COMPILED_KEPT = 4
"""Of one design."""
_MAX_MAP_BYTES = 1 << 30
"""Of all results of one block for one sample."""

_Way: TypeAlias = "Callable[[np.ndarray], Iterator[tuple[str, np.ndarray]]]"


class SketchError(ValueError):
    """The design cannot be computed; one sentence says why and what to do."""


class Sketch:
    """The layers of one design, built, with weights."""

    def __init__(
        self,
        trace: Trace,
        program: Program,
        experiment: Experiment,
        learned: RunWeights | None,
        check: Callable[[], None] | None = None,
        pins: Pins | None = None,
        directory: str = "",
    ) -> None:
        """`learned`: the weights of the run in `directory`, None for those that training starts from. Raises
        SketchError, and FileError where the run's are damaged.

        `check` is called between two layers; what it raises ends the building. `pins`: what it can be shown beside the
        samples of its data.
        """
        self.trace = trace
        self.program = program
        self._recipe = experiment.data
        self._experiment = experiment
        self._samples = SampleBook(experiment.data, self._loaded, pins, directory)
        self._names = layer_names(program)
        with room_for(len(program.steps)), _on_cpu():
            self._layers = untrained(program, self._names, experiment.training.seed, check)
            try:
                start = give_weights(program, self.layer_of, experiment)
            except WeightsError as error:
                raise SketchError(str(error)) from error
            misfits = [] if learned is None else take_over(self._layers.values(), learned, whole=False)
        self.trained = not misfits if learned is not None else start is not None and start.is_whole
        """Whether all weights are those of a run (or of an imported file)."""
        self._models: dict[str, Any] = {}
        self._decoders: dict[str, Any] = {}
        self._passes: Counter[frozenset[str]] = Counter()
        """How often one has gone step by step to these blocks."""
        self._compiled: OrderedDict[frozenset[str], _Way] = OrderedDict()
        self._never: set[frozenset[str]] = set()
        """What cannot be compiled."""

    @property
    def blocks(self) -> tuple[str, ...]:
        """Ids of the blocks that have an output, in the order in which `values` yields them."""
        return tuple(self.program.outputs)

    @property
    def data(self) -> Dataset:
        """The data of the experiment. Raises SketchError."""
        return self._loaded()

    def _loaded(self) -> Dataset:
        if problem := memory.data_problem(self._recipe, memory.free_bytes()):
            raise SketchError(problem)
        try:
            return load(self._recipe)
        except DataError as error:
            raise SketchError(str(error)) from error

    @functools.cached_property
    def predicts(self) -> bool:
        """Whether what comes out at the end is an answer: the Output works."""
        try:
            return self.trace.program().result == self.program.result
        except ValueError:
            return False

    @functools.cached_property
    def kit(self) -> TaskKit:
        """What follows from the task; classes count alike."""
        return kit_for(self._recipe.info(), self._experiment.training, scores=self.program.gives_scores)

    def still(self) -> Sketch:
        """Itself: nothing trains it."""
        return self

    def weights(self, block: str) -> list[np.ndarray]:
        """The weights of the block's first layer that has any, in Keras's order; [] where none has."""
        return weights_of(self.program, self._layers, block)

    def weights_before(self, block: str) -> list[np.ndarray]:
        """The same before the first step of training."""
        started = Sketch(self.trace, self.program, self._experiment, None)
        return started.weights(block)

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs of a sample of the experiment's data, or of a pinned one: float32 (1, ...). Raises SketchError."""
        try:
            inputs = self._samples.inputs(sample)
        except DataError as error:
            raise SketchError(str(error)) from error
        shape = self.program.input_shape
        if inputs.shape[1:] != shape:
            found, wanted = (" x ".join(str(n) for n in s) for s in (inputs.shape[1:], shape))
            raise SketchError(f"The samples are {found}, but Input is {wanted}: give Input the shape of the data.")
        return inputs

    def values(
        self, inputs: np.ndarray, wanted: Collection[str] | None = None, check: Callable[[], None] | None = None
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Each block (of those wanted, or all) with its result for one sample (1, ...): float32 (..., channels).

        Raises SketchError, on the way too. `check` is called between two layers; what it raises ends the pass.
        """
        key = frozenset(self.blocks if wanted is None else wanted)
        stream = self._compiled_to(key, inputs, check)
        if stream is None:
            if wanted is not None and key not in self._never:
                self._passes[key] += 1
            stream = flow(self.program, self.layer_of, inputs, wanted, check)
        while (found := self._next(stream)) is not None:
            yield found

    def every_value(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """As `values` of all blocks. Raises SketchError."""
        return self.values(inputs, self.blocks)

    def _compiled_to(
        self, key: frozenset[str], inputs: np.ndarray, check: Callable[[], None] | None
    ) -> Iterator[tuple[str, np.ndarray]] | None:
        if key not in self._compiled:
            return None
        if check is not None:
            check()
        self._compiled.move_to_end(key)
        return self._compiled[key](inputs)

    @property
    def could_be_faster(self) -> bool:
        """Whether something has been asked so often that compiling it would pay."""
        return any(count >= _OFTEN for count in self._passes.values())

    def get_faster(self) -> None:
        """Compile what was asked most often, which takes some tenths of a second: for when nobody waits.

        Raises SketchError where the device has no room for it.
        """
        if not self.could_be_faster:
            return
        key, _ = self._passes.most_common(1)[0]
        del self._passes[key]
        self._never.add(key)  # until it has been
        names = {self.program.outputs[id] for id in key}
        try:
            with room_for(len(self.program.steps)), _on_cpu():
                tensors = tensors_of(self.program, self._layers, names)
                way = compiled_flow(self.program, tensors[INPUT], tensors, key)
                if way is not None:
                    list(way(np.zeros((1, *self.program.input_shape), "float32")))
        except DEVICE_ERRORS as error:
            raise SketchError(f"The maps cannot be computed: {_first_line(error)}.") from error
        if way is not None:
            self._compiled[key] = way
            self._never.remove(key)
        while len(self._compiled) > _COMPILED_KEPT:
            self._compiled.popitem(last=False)

    def _next(self, stream: Iterator[tuple[str, np.ndarray]]) -> tuple[str, np.ndarray] | None:
        try:
            with room_for(len(self.program.steps)), _on_cpu():
                return next(stream, None)
        except DEVICE_ERRORS as error:
            raise SketchError(f"The maps cannot be computed: {_first_line(error)}.") from error

    def model_to(self, block: str) -> Any:
        """The Keras model from the input to what `block` yields; it shares the sketch's layers. Raises SketchError."""
        if block not in self.program.outputs:
            raise SketchError(f'The block "{block[:64]}" has no output: mend what stands in Problems first.')
        if block not in self._models:
            with room_for(len(self.program.steps)), _on_cpu():
                start, end = tensors_to(self.program, self._layers, self.program.outputs[block])
                self._models[block] = keras.Model(start, end)
        return self._models[block]

    def model_from(self, block: str) -> Any:
        """The Keras model from what `block` yields to the output; it shares the sketch's layers. Raises SketchError."""
        if block not in self._decoders:
            with room_for(len(self.program.steps)), _on_cpu():
                self._decoders[block] = decoder(self.program, self._layers, block)
        return self._decoders[block]

    def layer_of(self, step: Step) -> Any:
        """The Keras layer of a step, built, with weights."""
        return self._layers[step.name]


class Sketches:
    """Sketches by what they are made of, the latest kept."""

    def __init__(self, pins: Pins | None = None) -> None:
        """`pins`: samples that can be shown to all of them."""
        self._pins = pins
        self._kept: OrderedDict[object, Sketch] = OrderedDict()

    def of(self, experiment: str, directory: str = "", check: Callable[[], None] | None = None) -> Sketch:
        """The sketch of an experiment (its JSON text); `directory` is a run folder whose weights to take.

        Layers for which the folder has no fitting weights keep those they would begin to train with. Raises
        SketchError. `check` is called between two layers of one that has to be built; what it raises ends that.
        """
        try:
            design = read_experiment(experiment, "The experiment")
        except FileError as error:
            raise SketchError(str(error)) from error
        traced = trace(design.architecture, design.data.info())
        try:
            program = traced.whole_program()
        except ValueError as error:
            raise SketchError(
                "The Input block has errors: mend it to see what the network makes of a sample."
            ) from error
        origins = (design.weights, *(b.weights_from for b in design.architecture.blocks.values() if design.weights))
        key = (*fingerprint(program), design.data, design.training.seed, origins, *_version_of(directory))
        found = self._kept.pop(key, None)
        if found is None:
            if problem := _too_large(traced, memory.free_bytes()):
                raise SketchError(problem)
            try:
                with RunWeights(Path(directory)) if directory else nullcontext() as learned:
                    found = Sketch(traced, program, design, learned, check, self._pins, directory)
            except FileError as error:
                raise SketchError(str(error)) from error
        self._kept[key] = found
        self._make_room()
        return found

    @property
    def could_be_faster(self) -> bool:
        """Whether compiling pays for what the latest one is asked."""
        return bool(self._kept) and next(reversed(self._kept.values())).could_be_faster

    def get_faster(self) -> None:
        """Let the latest one compile something, see `Sketch.get_faster`."""
        if self._kept:
            next(reversed(self._kept.values())).get_faster()

    def clear(self) -> None:
        """Let all go: a run wants the memory."""
        self._kept.clear()

    def _make_room(self) -> None:
        held = sum(4 * s.program.params for s in self._kept.values())
        while len(self._kept) > 1 and (len(self._kept) > _KEPT or held > _KEPT_BYTES):
            held -= 4 * self._kept.popitem(last=False)[1].program.params


def untrained(
    program: Program, names: Mapping[str, str], seed: int = 0, check: Callable[[], None] | None = None
) -> dict[str, Any]:
    """The layers by step, with the weights that a run with this seed starts from; `names` are those of the layers."""
    shapes = {INPUT: (None, *program.input_shape)} | {s.name: (None, *s.output.shape) for s in program.steps}
    layers: dict[str, Any] = {}
    with _drawing_from(seed):
        for step in program.steps:
            layer = layers[step.name] = make_layer(step, names[step.name])
            given = [shapes[source] for source in step.inputs]
            layer.build(given if len(given) > 1 else given[0])
            if check is not None:
                check()
    return layers


@contextmanager
def _drawing_from(seed: int) -> Iterator[None]:
    """Keras takes the seeds of its layers from Python's `random`: begin there as a run does, and leave no trace."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


def weights_of(program: Program, layers: Mapping[str, Any], block: str) -> list[np.ndarray]:
    """The weights of a block's first layer that has any, by layers of step names; [] where none has."""
    for step in program.steps:
        if step.block == block and layers[step.name].weights:
            return [np.asarray(keras.ops.convert_to_numpy(w), "float32") for w in layers[step.name].weights]
    return []


def decoder(program: Program, layers: Mapping[str, Any], block: str) -> Any:
    """The Keras model from what `block` yields to the output, by layers of step names. Raises SketchError."""
    try:
        return keras.Model(*tensors_from(program, layers, program.outputs[block]))
    except ValueError as error:
        raise SketchError(
            f'The output does not follow from the block "{block[:64]}" alone: a connection leads past it.'
        ) from error


def fingerprint(program: Program) -> tuple[object, ...]:
    """Equal for programs that compute the same from the same weights."""
    steps = tuple((s.name, s.layer, repr(sorted(s.config.items())), s.inputs) for s in program.steps)
    return program.input_shape, steps, tuple(program.outputs.items())


def _version_of(directory: str) -> tuple[object, ...]:
    """The folder and the time of its weights, which change while its run goes on."""
    if not directory:
        return ("",)
    try:
        status = (Path(directory) / LAST).stat()
    except OSError:
        return (directory,)
    return directory, status.st_mtime_ns, status.st_size


def _too_large(trace: Trace, free: int | None) -> str:
    """Why the design is not computed while it is edited, with the numbers; "" when it is."""
    cells = [t.output.cells for t in trace.blocks.values() if t.output is not None]
    largest = 4 * max(cells, default=0)
    if trace.macs > _MAX_MACS:
        return (
            f"No previews: one sample takes {trace.macs:,} multiply-adds, and above {_MAX_MACS:,} that is too slow "
            "while editing. Use fewer filters, or shrink the maps earlier."
        )
    if largest > _MAX_MAP_BYTES:
        return (
            f"No previews: the maps of one block take {memory.readable(largest)} for one sample, and at most "
            f"{memory.readable(_MAX_MAP_BYTES)} are computed while editing. Shrink the maps earlier."
        )
    needed = 2 * 4 * trace.params + 4 * largest
    if free is not None and needed > free:
        return (
            f"No previews: they need {memory.readable(needed)} of memory, but {memory.readable(free)} are free. "
            "Make the widest Dense or Convolution smaller."
        )
    return ""


def _on_cpu() -> Any:
    """A GPU is left to training; and one pass of one sample is over before it would be of use."""
    return devices.scope(devices.devices()[0])


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
