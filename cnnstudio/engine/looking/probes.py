"""Feature maps of any block of the model that trains, for one sample.

A block is watched through a compiled function that ends at the block's last step. It shares the layers, so it always
sees the weights of the moment, and it is traced once: training is never retraced.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.core.program import INPUT
from cnnstudio.engine.backend import DEVICE_ERRORS, keras, tensorflow
from cnnstudio.engine.build import layer_names, room_for
from cnnstudio.engine.data import DataError
from cnnstudio.engine.looking.compiled import for_one_sample
from cnnstudio.wire.messages import FeatureMaps, Watch, WatchFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cnnstudio.core.program import Program
    from cnnstudio.engine.looking.pinned import SampleBook
    from cnnstudio.engine.tasks import TaskKit
    from cnnstudio.wire.messages import Event, Sample

_LOOKERS_KEPT = 8
_SHARE = 0.014
"""Of the time, at least this may go into watching, whatever the number of views: what is slow to look at is looked at
less often. For the timeline and the pictures of the blocks it leaves what is theirs at least."""
_SHARE_OF_ALL = 0.017
"""With what others leave of it watching may take more: it is what looking may take (`recording.SHARE`) without the
least that is for the timeline."""
_HICCUP = 3.0
"""A look that took more than so many times as long as usual met something else: that is not made up for by a pause."""
_LEARNING = 0.2
"""How much the latest look says of what is usual."""
_MAX_BYTES = 16 << 20
"""Larger sets of maps are thinned along the spatial axes before they are sent."""


Looked: TypeAlias = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Maps uint8 (channels, ...), the values of 0 and of 255 for each channel, and the network's output for the sample."""


class ProbeError(ValueError):
    """The block or sample cannot be watched; one sentence says why."""


@dataclass
class _View:
    """What is known of one view's watch."""

    watch: Watch
    due: float = 0.0
    broken: bool = False

    @property
    def subject(self) -> tuple[str, Sample]:
        return self.watch.block, self.watch.sample


class Probe:
    """Looks at the model of one run. Used from the thread that trains, or after the run from the one that trained."""

    def __init__(
        self,
        model: Any,
        program: Program,
        samples: SampleBook,
        kit: TaskKit,
        run: str,
        emit: Callable[[Event], None],
        others: Callable[[], float] = lambda: 0.0,
    ) -> None:
        """`samples`: what can be watched; `others` tells the seconds that have gone into looking otherwise."""
        self._model = model
        self._kit = kit
        self._program = program
        self._layers = layer_names(program)
        self._samples = samples
        self._run = run
        self._emit = emit
        self._lookers: OrderedDict[str, Callable[[np.ndarray], Looked]] = OrderedDict()
        self._views: dict[int, _View] = {}
        self._others = others
        self._began: tuple[float, float] | None = None
        """When watching began, and what others had taken until then."""
        self._usual: dict[str, float] = {}
        """Block -> seconds that a look at it takes."""
        self._rested = 0.0
        """When the next look may be that no new watch asks for: all views have one share of the time."""
        self.seconds = 0.0
        """Time spent on watching so far."""

    def look(self, watches: Sequence[Watch], epoch: int, step: int, *, force: bool = False) -> None:
        """Send the maps of what is watched if it is time: at most `hertz` times a second, at once for a new watch.

        Each time at most one is looked at that is not new, so that no step waits for many. `force` sends all now.
        `step` counts from the start of the run.
        """
        views = self._followed(watches)
        if not views:
            return
        start = time.perf_counter()
        wanted = [view for view in views if force or not view.due]
        if not wanted and start >= self._rested:
            late = [view for view in views if not view.broken and start >= view.due]
            wanted = sorted(late, key=lambda view: view.due)[:1]
        self._look_all(wanted, epoch, step)

    def look_at_new(self, watches: Sequence[Watch], epoch: int, step: int) -> None:
        """Send the maps of what was not looked at yet: of a model that has not changed since."""
        self._look_all([view for view in self._followed(watches) if not view.due], epoch, step)

    def _followed(self, watches: Sequence[Watch]) -> list[_View]:
        """The views that watch something; one whose watch was replaced begins anew."""
        found = {watch.view: watch for watch in watches if watch.block}
        for number in [n for n in self._views if n not in found]:
            del self._views[number]
        for number, watch in found.items():
            if number not in self._views or self._views[number].watch is not watch:
                self._views[number] = _View(watch)
        return list(self._views.values())

    def _look_all(self, views: Sequence[_View], epoch: int, step: int) -> None:
        for view in {view.subject: view for view in views}.values():
            self._look(view, epoch, step)

    def _look(self, view: _View, epoch: int, step: int) -> None:
        """Send it; all views that watch the same have seen it then."""
        block, sample = view.subject
        compiles = block not in self._lookers
        start, computed, broken = time.perf_counter(), time.process_time(), False
        try:
            self._emit(self.maps(block, sample, epoch, step))
        except ProbeError as error:
            broken = True
            self._emit(WatchFailed(self._run, block, str(error)))
        now = time.perf_counter()
        spent = min(now - start, time.process_time() - computed)  # while it stood in line, so would have the run
        self.seconds += spent
        if not compiles:  # what comes once is not made up for
            self._rested = start + self._counted(block, spent) / self._share(now)
        for other in self._views.values():
            if other.subject == view.subject:
                other.broken = broken
                other.due = _next(
                    other.due, start, 1.0 / max(1e-3, other.watch.hertz)
                )  # so a rate of NaN is a slow one

    def _counted(self, block: str, seconds: float) -> float:
        """What the next look has to wait for, of a look that took so long."""
        usual = self._usual.get(block, seconds)
        self._usual[block] = usual + _LEARNING * (seconds - usual)
        return min(seconds, _HICCUP * usual)

    def _share(self, now: float) -> float:
        """Of the time, what watching may take: others leave more or less of what is for all."""
        others = self._others()
        if self._began is None:
            self._began = now, others
        began, before = self._began
        taken = (others - before) / max(1.0, now - began)
        return min(_SHARE_OF_ALL, max(_SHARE, _SHARE_OF_ALL - taken))

    def maps(self, block: str, sample: Sample, epoch: int, step: int) -> FeatureMaps:
        """The maps of `block` for `sample` as they are now. Raises ProbeError."""
        inputs = self._sample(sample)
        maps, low, high, prediction = self._run_to(block, inputs)
        return FeatureMaps(self._run, block, sample, epoch, step, maps, low, high, self._kit.shown(prediction))

    def _sample(self, sample: Sample) -> np.ndarray:
        try:
            return self._samples.inputs(sample)
        except DataError as error:
            raise ProbeError(str(error)) from error

    def _run_to(self, block: str, inputs: np.ndarray) -> Looked:
        try:
            return self._looker(block)(inputs)
        except DEVICE_ERRORS as error:  # looking needs memory of its own; the run must not end for it
            self._lookers.pop(block, None)
            first_line = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise ProbeError(f'The maps of "{block}" cannot be computed on this device ({first_line}).') from error

    def _looker(self, block: str) -> Callable[[np.ndarray], Looked]:
        if block in self._lookers:
            self._lookers.move_to_end(block)
            return self._lookers[block]
        step = INPUT if block == INPUT else self._program.outputs.get(block)
        if step is None:
            why = "it does not lead to Output, or was added later"
            raise ProbeError(f'The model of this run has no block "{block[:64]}": {why}.')
        model = self._model
        tensor = model.inputs[0] if step == INPUT else model.get_layer(self._layers[step]).output
        with room_for(len(self._program.steps)):
            made = self._lookers[block] = _compiled(model.inputs[0], tensor, model.outputs[0])
        while len(self._lookers) > _LOOKERS_KEPT:
            self._lookers.popitem(last=False)
        return made


def _next(due: float, now: float, period: float) -> float:
    """When the next look is due after one now that was due then.

    A look waits for the end of a step. What it comes late is not added to the time until the next one: else a network
    whose steps take long would be seen less often than it could be.
    """
    return due + period if due + period > now else now + period


def _compiled(inputs: Any, watched: Any, outputs: Any) -> Callable[[np.ndarray], Looked]:
    """Takes one sample (1, ...) through the layers between these symbolic tensors."""
    if tensorflow is None:
        model = keras.Model(inputs, [watched, outputs])

        def predicted(sample: np.ndarray) -> Looked:
            values, prediction = (np.asarray(each)[0] for each in model.predict_on_batch(sample))
            return (*quantise(values), prediction)

        return predicted
    way = keras.Function(inputs, [watched, outputs])  # a Model would be a layer among Keras's, and stay there
    compiled = for_one_sample(way, inputs)

    def looked(sample: np.ndarray) -> Looked:
        values, prediction = (each.numpy()[0] for each in compiled(sample))
        return (*quantise(values), prediction)

    return looked


def quantise(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maps (..., channels) as uint8 (channels, ...), with the float32 value of 0 and of 255 for each channel.

    What is not a number is shown as the channel's lowest value.
    """
    maps = np.moveaxis(thinned(np.asarray(values, "float32")), -1, 0)
    flat = maps.reshape(len(maps), -1)
    low, high = _range(flat)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        finite = np.isfinite(flat)
        low, _ = _range(np.where(finite, flat, np.inf))
        _, high = _range(np.where(finite, flat, -np.inf))
        low, high = (np.where(np.isfinite(each), each, np.float32(0)) for each in (low, high))
        flat = np.where(finite, flat, low[:, np.newaxis])
    steps = flat - low[:, np.newaxis]
    steps /= np.where(high > low, high - low, np.float32(1))[:, np.newaxis]
    steps *= 255
    np.rint(steps, out=steps)
    return steps.astype("uint8").reshape(maps.shape), low, high


def _range(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest of each row, NaN where there is one."""
    return flat.min(axis=1, initial=np.inf), flat.max(axis=1, initial=-np.inf)


def thinned(values: np.ndarray, most: int = _MAX_BYTES) -> np.ndarray:
    """`values` (..., channels), with rows and columns left out evenly until there are at most so many."""
    return values[tuple([slice(None, None, _every(values.shape, most))] * (values.ndim - 1))]


def _every(shape: tuple[int, ...], most: int = _MAX_BYTES) -> int:
    """How far apart along each spatial axis the values lie that are sent."""
    every = 1
    while math.prod(-(-n // every) for n in shape[:-1]) * shape[-1] > most and len(shape) > 1:
        every += 1
    return every
