"""Keeps the timeline of a run while it trains: maps, answers and kernels from the first step on.

Moments lie close together at first, when most changes, and then at the ends of epochs. What a moment costs is
measured, and the next one waits until training has earned it, so that looking at a network stays a small share of
training it. A disk that is full costs moments and never the run.
"""

from __future__ import annotations

import contextlib
import math
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np

from cnnstudio.core.formats.timeline import Moment, pin_of
from cnnstudio.core.formats.timeline_writing import TimelineWriter
from cnnstudio.engine.backend import keras
from cnnstudio.engine.looking.probes import quantise, thinned
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import Recorded, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cnnstudio.core.program import Program, Step
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Event

SHARE = 0.02
"""Of the time of training, at most this goes into watching, pictures and recording together."""
LEAST_SHARE = 0.003
"""So much of it is always for the maps of a moment: the shares of all others leave it (`probes`, `live`, `vitals`)."""
CREDIT_SECONDS = 0.25
"""What moments may cost before training has earned it: a run of some seconds is worth replaying, too."""
AT_ONCE = 0.4
"""Of that, so much is for the first epoch of several, and the rest comes with the others: where moments cost much, the
first ones would leave nothing for those at the end of a short run."""
MOST_EPOCHS = 20
"""Over which the credit is spread; a longer run has earned more by then."""
MOST_PINS = 8
_GROWTH = 1.3
"""Each moment of the first epochs comes after so many times the steps of the one before."""
_MOST_VALUES = 512 << 10
"""Of the maps of one block, and of an input; larger ones are thinned along the spatial axes."""
_KERNEL_BYTES = 1 << 20
"""Of one block; larger kernels are kept in half precision, or not where that is too large, too."""
_KERNELS_BYTES = 4 << 20
"""Of all blocks."""
_WAIT_SECONDS = 10.0
"""After the disk refused a moment."""

Reading: TypeAlias = Callable[[bool], Iterator[tuple[str, np.ndarray]]]
"""Gives named arrays of the network as it is now, or none where that would take too long, unless it is told True.

The names are told in `core.formats.timeline.Timeline`."""


_Values: TypeAlias = Callable[[np.ndarray], Iterator[tuple[str, np.ndarray]]]


@dataclass(frozen=True, slots=True)
class _Held:
    """A moment that is still to be kept."""

    moment: Moment
    samples: tuple[Sample, ...]
    weights: list[tuple[Any, Any]]
    """Keras's variables, and what they were."""


class Network(Protocol):
    """What is recorded: the network of a run."""

    program: Program
    kit: TaskKit

    def sample(self, sample: Sample) -> np.ndarray:
        """The inputs (1, ...) of a sample. Raises SketchError."""

    @property
    def is_getting_ready(self) -> bool:
        """Whether the next `every_value` takes longer than the ones after it will."""

    def every_value(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """All blocks and their results (..., channels). Raises SketchError."""

    def values(self, inputs: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """The same, never compiled."""

    def layer_of(self, step: Step) -> Any:
        """The Keras layer of a step."""


class Recorder:
    """Keeps the timeline of one run, on the thread that trains, between two steps."""

    def __init__(
        self,
        network: Network,
        folder: Path,
        run: str,
        emit: Callable[[Event], None],
        steps_per_epoch: int,
        watching: Callable[[], float] = lambda: 0.0,
        epochs: int = 1,
    ) -> None:
        """`folder` is the run's; `watching` tells the seconds that have gone into looking otherwise; `epochs`: how many
        the run has.
        """
        self._network, self._folder, self._run, self._emit = network, folder, run, emit
        self._steps_per_epoch = max(1, steps_per_epoch)
        self._watching = watching
        self._epochs = min(max(1, epochs), MOST_EPOCHS)
        self._writer: TimelineWriter | None = None
        self._next_step = 0
        self._began = 0.0
        """Seconds that the run had trained when this recording began."""
        self._rested = 0.0
        self._spent = 0.0
        """Time that maps and kernels have cost, without the first moments: what is made once is not made up for."""
        self._read = 0.0
        """Time that readings have cost, which have a share of their own and keep to it."""
        self.seconds = 0.0
        """Time that it has cost so far."""
        self._convolutions = convolutions(network.program)
        self._held: _Held | None = None
        self.readings: list[Reading] = []
        """What others keep of the network at a moment, beside maps and kernels."""

    def begin(self, step: int, seconds: float) -> None:
        """The run begins, or goes on, at that step: moments after it are dropped, as it comes by them again."""
        self._began = seconds
        try:
            writer = TimelineWriter(self._folder)
            writer.cut(step)
        except OSError as error:
            self._refused(error)
            return
        self._writer = writer
        self._next_step = 0 if writer.last is None else self._after(writer.last.step)

    def hold(self, samples: Sequence[Sample], epoch: int, step: int, seconds: float) -> None:
        """As `look`, but of what the network is now only its weights are taken: the moment is kept at the next look.

        So a person who waits for the first step of a run does not wait for looking, too.
        """
        if self._writer is not None and (self._writer.last is None or self._writer.last.step < step):
            steps = self._network.program.steps
            weights = {id(w): w for each in steps for w in self._network.layer_of(each).weights}
            copies = [(w, keras.ops.copy(w.value)) for w in weights.values()]
            self._held = _Held(Moment(step, epoch, seconds), tuple(samples), copies)

    def _keep_held(self) -> None:
        held, self._held = self._held, None
        if held is not None and self._writer is not None:
            start = time.perf_counter()
            with keras.StatelessScope(held.weights):
                self._try_keep(self._writer, held.moment, held.samples, force=True, values=self._network.values)
            self._next_step = self._after(held.moment.step)
            self.seconds += time.perf_counter() - start

    def look(self, samples: Sequence[Sample], epoch: int, step: int, seconds: float, *, force: bool = False) -> None:
        """Keep this moment if it is time. `step` and `seconds` count from the start of the run; `force` keeps it now.

        Without samples it is the first one of validation.
        """
        self._keep_held()
        if not force and (step < self._next_step or not self._has_earned(epoch, seconds)):
            return
        start = time.perf_counter()
        writer = self._writer
        is_new = writer is not None and (writer.last is None or writer.last.step < step)
        if writer is not None and is_new and (force or start >= self._rested):
            is_getting_ready = self._network.is_getting_ready
            values = self._network.every_value
            read = self._try_keep(writer, Moment(step, epoch, seconds), samples, force=force, values=values)
            self._next_step = self._after(step)
            spent = time.perf_counter() - start
            if not is_getting_ready:
                self._spent += spent - read
                self._read += read
            self.seconds += spent

    def _has_earned(self, epoch: int, seconds: float) -> bool:
        trained = seconds - self._began
        left = SHARE * trained - self._watching() - self._read
        allowed = max(left, LEAST_SHARE * trained, CREDIT_SECONDS * self._granted(epoch))
        return self._spent <= allowed

    def _granted(self, epoch: int) -> float:
        """The share of the credit that may have been used up in that epoch, which is counted from 1."""
        if self._epochs == 1:
            return 1.0
        return AT_ONCE + (1 - AT_ONCE) * min(1.0, max(0, epoch - 1) / (self._epochs - 1))

    def _after(self, step: int) -> int:
        """The step from which on the next moment may be."""
        epoch_end = (step // self._steps_per_epoch + 1) * self._steps_per_epoch
        soon = min(epoch_end, math.ceil(_GROWTH * step) + 1)
        gap = self._writer.gap if self._writer is not None else 0
        return max(soon, step + gap)

    def _try_keep(
        self, writer: TimelineWriter, moment: Moment, samples: Sequence[Sample], *, force: bool, values: _Values
    ) -> float:
        """Keep the moment; the seconds that readings have taken."""
        try:
            return self._keep(writer, moment, samples, force=force, values=values)
        except Exception as error:  # a look at a run must not end it
            traceback.print_exception(error)
            self._failed(error)
            return 0.0

    def _keep(
        self, writer: TimelineWriter, moment: Moment, samples: Sequence[Sample], *, force: bool, values: _Values
    ) -> float:
        arrays: dict[str, np.ndarray] = {}
        for sample in list(dict.fromkeys(samples))[:MOST_PINS] or [Sample()]:
            with contextlib.suppress(SketchError):  # the data has no such sample: the rest of the moment is kept
                arrays.update(self._seen(sample, values))
        arrays.update(self._kernels())
        start = time.perf_counter()
        for reading in self.readings:
            with contextlib.suppress(SketchError):
                arrays.update(reading(force))
        read = time.perf_counter() - start
        try:
            if writer.add(moment, arrays):
                self._emit(Recorded(self._run, len(writer.moments)))
        except OSError as error:
            self._refused(error)
        return read

    def _refused(self, error: OSError) -> None:
        self._rested = time.perf_counter() + _WAIT_SECONDS
        count = 0 if self._writer is None else len(self._writer.moments)
        why = (error.strerror or str(error)).lower()
        told = f"The timeline is missing moments, because the run's folder cannot be written ({why}): free some space."
        self._emit(Recorded(self._run, count, told))

    def _failed(self, error: Exception) -> None:
        """In a way that nobody thought of: what fails at every moment is to be told seldom."""
        self._rested = time.perf_counter() + _WAIT_SECONDS
        count = 0 if self._writer is None else len(self._writer.moments)
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
        self._emit(Recorded(self._run, count, f"The timeline is missing moments, because looking failed: {first}."))

    def _seen(self, sample: Sample, passed: _Values) -> Iterator[tuple[str, np.ndarray]]:
        """The sample, what every block makes of it, and the network's answer."""
        pin = pin_of(sample.part, sample.index)
        inputs = self._network.sample(sample)
        yield f"input/{pin}", thinned(np.asarray(inputs[0], "float32"), _MOST_VALUES)
        result = self._network.program.result
        outputs = self._network.program.outputs
        for block, values in passed(inputs):
            maps, low, high = quantise(thinned(values, _MOST_VALUES))
            yield f"maps/{pin}/{block}", maps
            yield f"low/{pin}/{block}", low
            yield f"high/{pin}/{block}", high
            if outputs[block] == result:
                yield f"prediction/{pin}", self._network.kit.shown(values)

    def _kernels(self) -> Iterator[tuple[str, np.ndarray]]:
        """The kernels of the convolutions, as long as there is room."""
        left = _KERNELS_BYTES
        for block, step in self._convolutions.items():
            weight = next(w for w in self._network.layer_of(step).weights if len(w.shape) > 2)
            kernel = np.asarray(keras.ops.convert_to_numpy(weight.value), "float32")
            kept = kernel if kernel.nbytes <= _KERNEL_BYTES else kernel.astype("float16")
            if kept.nbytes <= min(left, _KERNEL_BYTES):
                left -= kept.nbytes
                yield f"kernel/{block}", kept


def convolutions(program: Program) -> dict[str, Step]:
    """The blocks whose first weights are a kernel, each with that step."""
    first: dict[str, Step] = {}
    for step in program.steps:
        if step.weights:
            first.setdefault(step.block, step)
    return {block: step for block, step in first.items() if any(len(w.shape) > 2 for w in step.weights)}
