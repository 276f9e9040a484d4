"""Samples of an experiment's data, for the window to show and to choose from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.info import Task
from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.engine import memory
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.data import PARTS, DataError, load
from cnnstudio.wire.messages import Samples

if TYPE_CHECKING:
    from cnnstudio.engine.data import Dataset
    from cnnstudio.wire.messages import GetSamples, Sample

_MAX_BYTES = 64 << 20


def show_samples(command: GetSamples) -> Samples:
    """The samples asked for, as many of them as a message should carry; `start` beyond the end gives none.

    Raises FileError or DataError with the sentence for the person.
    """
    if command.part not in PARTS:
        raise DataError(f'There is no part "{command.part[:40]}" of the data. {closest(command.part, PARTS)}')
    experiment = read_experiment(command.experiment, "The experiment")
    recipe = experiment.data
    if problem := memory.data_problem(recipe, memory.free_bytes()):
        raise DataError(problem)
    data = load(recipe)
    part = data.parts[command.part]
    start = min(max(0, command.start), len(part))
    each = part.inputs[0].nbytes + part.targets[:1].nbytes
    chosen = slice(start, start + min(max(0, command.count), max(1, _MAX_BYTES // each)))
    inputs, targets = part.batch(chosen)
    if command.epoch > 0 and command.part == "training":  # the other parts are never varied
        augmenter = Augmenter(recipe.augmentation, data.info, experiment.training.seed)
        drawn = augmenter.draws(command.epoch, np.arange(start, start + len(inputs)))
        inputs, targets = augmenter.varied(inputs, targets, drawn)
    return Samples(
        request=command.request,
        part=command.part,
        start=start,
        total=len(part),
        inputs=inputs,
        targets=targets if data.info.task is Task.RECONSTRUCTION else targets.astype(np.int32, copy=False),
        parts={name: len(p) for name, p in data.parts.items()},
        class_counts={name: data.class_counts(name) for name in data.parts},
    )


def one_sample(data: Dataset, sample: Sample) -> np.ndarray:
    """The inputs of one sample, float32 (1, ...). Raises DataError where the data do not have it."""
    if sample.part not in PARTS:
        raise DataError(f'There is no part "{sample.part[:40]}" of the data. {closest(sample.part, PARTS)}')
    part = data.parts[sample.part]
    if not 0 <= sample.index < len(part):
        raise DataError(f"The {sample.part} part has samples 0 to {len(part) - 1:,}, not {sample.index:,}.")
    return part.inputs[sample.index : sample.index + 1]
