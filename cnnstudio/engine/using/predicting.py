"""What a trained network says of samples that it has never seen, prepared as those that it learned from."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code import preparing
from cnnstudio.core.code.answers import boxes_as_found, mask_as_found
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.info import Task
from cnnstudio.engine import devices
from cnnstudio.engine.backend import keras
from cnnstudio.engine.build import build_keras
from cnnstudio.engine.data.stores import numbers_fitting
from cnnstudio.engine.scan.listing import ReadError
from cnnstudio.engine.tasks import kit_for
from cnnstudio.engine.using.new_samples import read_samples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cnnstudio.core.formats.run_folder import Which
    from cnnstudio.engine.using.new_samples import NewSample
    from cnnstudio.engine.using.trained import TrainedRun

_AT_ONCE = 64


@dataclass(frozen=True)
class Answer:
    """What the network says of one sample."""

    sample: NewSample
    values: np.ndarray
    """By task. Classification and several classes: shares or chances float32 (classes,). Segmentation: class indices
    int32 with the sizes found, -1 where the network saw nothing. Detection: boxes float32 (n, 6), best first: left,
    top, right and bottom in pixels of the sample as it was found, class, score. Reconstruction: the sample that comes
    out, float32 in the network's shape and the range of the files."""
    change: float = 0.0
    """For reconstruction: mean absolute difference to what went in, in the network's shape and the range of the files.
    """

    @property
    def found(self) -> tuple[int, ...]:
        """Spatial sizes of the sample in its file."""
        return self.sample.values.shape[:-1]


class Predictor:
    """The network of a run, with its weights and its preparation."""

    def __init__(self, opened: TrainedRun, which: Which = "last", least: float = 0.0) -> None:
        """Builds it where training would be by default. Boxes whose score is below `least` are left out.

        Raises RunError where the run has no weights yet.
        """
        self._least = least
        data, program = opened.experiment.data, opened.design.program()
        self.info = data.info()
        self.class_names = self.info.class_names
        self._mode = data.preparation.resize
        self._finish = opened.finish()
        self._device = devices.resolve(devices.AUTO)
        self._kit = kit_for(self.info, opened.experiment.training, scores=program.gives_scores)
        with devices.scope(self._device):
            self._model: Any = build_keras(program, precision=opened.experiment.training.precision)
            self.epoch = opened.give_weights(self._model, which)
            self._model.jit_compile = False  # to compile would take longer than most of what is asked
        self._known = _sizes_learned(opened)

    def is_unusual(self, answer: Answer) -> bool:
        """Whether the sample had to come to the network's size, and none did in training."""
        return self._known is not None and answer.found not in self._known

    def answers(self, path: Path) -> Iterator[Answer]:
        """What the network says of each sample in a file. Raises ReadError with a sentence that names the file."""
        samples = read_samples(path, self.info.input_shape)
        while together := list(itertools.islice(samples, _AT_ONCE)):
            yield from self._answered(together)

    def _answered(self, samples: Sequence[NewSample]) -> Iterator[Answer]:
        inputs = np.stack([self._prepared(sample) for sample in samples])
        with devices.scope(self._device):
            outputs = np.asarray(keras.ops.convert_to_numpy(self._model.predict_on_batch(inputs)), "float32")
        for sample, given, output in zip(samples, inputs, outputs, strict=True):
            if not np.isfinite(output).all():
                raise ReadError(
                    f'"{sample.name}" cannot be used: what the network says of it is not finite, so its numbers are '
                    "too large for it."
                )
            yield self._answer(sample, given, output)

    def _prepared(self, sample: NewSample) -> np.ndarray:
        """float32 in the network's shape."""
        try:
            values = numbers_fitting(sample.values, self.info.input_shape)
            made = preparing.prepared(values, self.info.input_shape, self._mode)
        except ValueError as error:
            raise ReadError(f'"{sample.name}" cannot be used: {error}.') from error
        return self._finish(made)

    def _answer(self, sample: NewSample, given: np.ndarray, output: np.ndarray) -> Answer:
        shown, sizes = self._kit.shown(output), sample.values.shape[:-1]
        wanted = self.info.input_shape[:-1]
        match self.info.task:
            case Task.SEGMENTATION:
                return Answer(sample, self._mask(shown, sizes))
            case Task.DETECTION:
                kept = shown[shown[:, 5] >= self._least]
                return Answer(sample, boxes_as_found(kept, sizes, wanted, self._mode))
            case Task.RECONSTRUCTION:
                made, before = (self._finish.undone(each) for each in (shown, given))
                return Answer(sample, made, float(np.abs(made - before).mean()))
        return Answer(sample, shown)

    def _mask(self, mask: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
        return mask if mask.shape == sizes or len(sizes) > 2 else mask_as_found(mask, sizes, self._mode)


def _sizes_learned(opened: TrainedRun) -> set[tuple[int, ...]] | None:
    """The sizes that samples had in training, where all had one; None where any size was brought to the network's."""
    data = opened.experiment.data
    source = data.source.info().input_shape[:-1]
    resized = source != data.info().input_shape[:-1]
    mixed = isinstance(data.source, FileSource) and data.source.facts.mixed
    return None if resized or mixed else {source}
