"""Samples of a person's own: held as they came, and prepared for whichever network is asked about them.

The same picture may be looked at through two runs whose preparation differs, so what is held is the file or the
values; each network gets them exactly as its own samples were made, and as `cnnstudio predict` would.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from cnnstudio.core.code import preparing
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.engine.data import DataError, load
from cnnstudio.engine.data.dataset import Finish
from cnnstudio.engine.data.stores import numbers_fitting
from cnnstudio.engine.looking.showing import one_sample
from cnnstudio.engine.running.control import RunError
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.using.new_samples import read_samples
from cnnstudio.engine.using.trained import open_run
from cnnstudio.wire.messages import PINNED, Pinned, Sample

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.engine.data import Dataset
    from cnnstudio.wire.messages import PinSample, UnpinSample

_MOST = 64
"""Pins held at a time; the strip shows eight, a drawing replaces its own with each stroke."""
_KEPT = 4
"""Preparations kept of each: as many networks may be looked at in turn before it is prepared again."""

_Key: TypeAlias = tuple[object, ...]


class Pins:
    """The pinned samples, by number. Asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: OrderedDict[int, _Pin] = OrderedDict()

    def hold(self, command: PinSample) -> None:
        """From now on the number stands for this sample; nothing is read yet. The oldest makes way for the 65th."""
        with self._lock:
            self._held.pop(command.pin, None)
            self._held[command.pin] = _Pin(command)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)

    def release(self, command: UnpinSample) -> None:
        """Let go of it; one that is not held is gone already."""
        with self._lock:
            self._held.pop(command.pin, None)

    def inputs(self, pin: int, recipe: DataRecipe, finish: Callable[[], Finish]) -> np.ndarray:
        """As a network of that recipe sees it, float32 (1, ...). `finish` gives the last steps of its preparation.

        Raises DataError with a sentence.
        """
        return self._pin(pin).inputs(recipe, finish)

    def answer(self, command: PinSample) -> Pinned:
        """Answer PinSample, once it is held. Raises DataError or FileError, and then the pin is not held any more."""
        try:
            recipe = read_experiment(command.experiment, "The experiment").data
            samples = SampleBook(recipe, lambda: load(recipe), self, command.directory)
            inputs = samples.inputs(Sample(PINNED, command.pin))[0]
            return Pinned(command.request, command.pin, inputs, Path(command.path).name, self._pin(command.pin).total)
        except ValueError:  # DataError and FileError are such
            with self._lock:
                if command.pin in self._held and self._held[command.pin].is_of(command):
                    del self._held[command.pin]
            raise

    def _pin(self, pin: int) -> _Pin:
        with self._lock:
            found = self._held.get(pin)
        if found is None:
            raise DataError("This sample is not pinned any more: pin it again, or choose another probe.")
        return found


class SampleBook:
    """The samples that a network can be shown: those of its data, and the pinned ones."""

    def __init__(
        self, recipe: DataRecipe, data: Callable[[], Dataset], pins: Pins | None = None, directory: str = ""
    ) -> None:
        """`data` gives the recipe's samples; it is called when one of them is wanted. `directory`: of a run that is
        over, whose own record says how its samples were prepared.
        """
        self._recipe, self._data, self._directory = recipe, data, directory
        self._pins = pins or Pins()
        self._finish: Finish | None = None

    def inputs(self, sample: Sample) -> np.ndarray:
        """What the network sees of it, float32 (1, ...). Raises DataError with a sentence."""
        if sample.part == PINNED:
            return self._pins.inputs(sample.index, self._recipe, self._known_finish)
        return one_sample(self._data(), sample)

    def _known_finish(self) -> Finish:
        if self._finish is None:
            self._finish = _finish(self._recipe, self._data, self._directory)
        return self._finish


class _Pin:
    """One of them."""

    def __init__(self, command: PinSample) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._prepared: OrderedDict[_Key, np.ndarray] = OrderedDict()
        self.total = 1
        """Samples in its file, once it was read."""

    def is_of(self, command: PinSample) -> bool:
        """Whether it was made by that command."""
        return self._command is command

    def inputs(self, recipe: DataRecipe, finish: Callable[[], Finish]) -> np.ndarray:
        """See Pins. Who comes while another prepares it waits."""
        shape, mode = recipe.info().input_shape, recipe.preparation.resize
        steps = finish()
        key = (shape, mode, *(tuple(values) for values in steps.plain().values()))
        with self._lock:
            found = self._prepared.pop(key, None)
            if found is None:
                found = self._made(shape, mode, steps)
            self._prepared[key] = found
            while len(self._prepared) > _KEPT:
                self._prepared.popitem(last=False)
        return found

    def _made(self, shape: tuple[int, ...], mode: str, finish: Finish) -> np.ndarray:
        name, values = self._values(shape)
        try:
            if not values.size:
                raise ValueError("it is empty")
            made = finish(preparing.prepared(numbers_fitting(values, shape), shape, mode))
        except ValueError as error:
            raise DataError(f"{name} cannot be used: {error}.") from error
        made = np.ascontiguousarray(made[np.newaxis])
        made.flags.writeable = False  # several networks are shown the same array
        return made

    def _values(self, shape: tuple[int, ...]) -> tuple[str, np.ndarray]:
        """The name for sentences, and the values (..., channels) as they are in the file."""
        values, path = self._command.values, self._command.path
        if values is not None:
            whole = values.ndim == len(shape) - 1 > 0
            return "The pinned sample", values[..., np.newaxis] if whole else values
        try:
            found = list(read_samples(Path(path), shape))
        except ReadError as error:
            raise DataError(str(error)) from error
        self.total, number = len(found), self._command.number
        if not 0 <= number < len(found):
            raise DataError(f'"{path}" holds samples 0 to {len(found) - 1:,}, not {number:,}.')
        return f'"{found[number].name}"', found[number].values


def _finish(recipe: DataRecipe, data: Callable[[], Dataset], directory: str) -> Finish:
    """The last steps of preparation; a run that is over kept what they need, its data may be gone."""
    if recipe.preparation.normalisation != "standardise":
        return Finish()
    if not directory:
        return data().training.finish
    try:
        return open_run(Path(directory)).finish()
    except RunError as error:
        raise DataError(error.message) from error
