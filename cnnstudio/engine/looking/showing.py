"""Samples of an experiment's data, for the window to show and to choose from."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.declare import closest
from cnnstudio.core.formats.files import read_experiment
from cnnstudio.engine import memory
from cnnstudio.engine.augmenting import Augmenter
from cnnstudio.engine.data import PARTS, DataError, load
from cnnstudio.engine.data.thumbnails import shrunk, shrunk_shape, shrunk_targets
from cnnstudio.wire.messages import Samples

if TYPE_CHECKING:
    from cnnstudio.engine.data import Dataset
    from cnnstudio.wire.messages import GetSamples, Sample

_MAX_BYTES = 64 << 20


def show_samples(command: GetSamples) -> Samples:
    """The samples asked for, as many of them as a message should carry; a place beyond the end gives none.

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
    shape = shrunk_shape(part.shape, command.edge)
    most = max(1, _MAX_BYTES // (8 * math.prod(shape)))
    listed = tuple(i for i in command.indices if 0 <= i < len(part))[:most]
    row = slice(start, min(len(part), start + min(max(0, command.count), most)))
    chosen: slice | np.ndarray = np.array(listed, "int64") if command.indices else row
    varied = command.epoch > 0 and command.part == "training"  # the other parts are never varied
    if varied:
        augmenter = Augmenter(recipe.augmentation, data.info, experiment.training.seed)
        drawn = augmenter.draws(command.epoch, np.arange(len(part))[chosen])
        inputs, targets = augmenter.varied(*part.clean(chosen), drawn)
        noise = part.noise_of(chosen, command.epoch)
        inputs = inputs if noise is None else inputs + noise
    elif part.noise is None:
        inputs, targets = part.shrunk(chosen, shape)
    else:
        inputs, targets = part.batch(chosen)
    inputs = shrunk(inputs, shape)
    targets = shrunk_targets(targets, shape, data.info.task)
    return Samples(
        request=command.request,
        part=command.part,
        start=0 if command.indices else start,
        total=len(part),
        inputs=inputs,
        targets=targets,
        parts={name: len(p) for name, p in data.parts.items()},
        class_counts={name: data.class_counts(name, exact=False) for name in data.parts},
        names=part.names(chosen),
        indices=listed,
    )


def one_sample(data: Dataset, sample: Sample) -> np.ndarray:
    """The inputs of one sample, float32 (1, ...). Raises DataError where the data do not have it."""
    if sample.part not in PARTS:
        raise DataError(f'There is no part "{sample.part[:40]}" of the data. {closest(sample.part, PARTS)}')
    part = data.parts[sample.part]
    if not 0 <= sample.index < len(part):
        raise DataError(f"The {sample.part} part has samples 0 to {len(part) - 1:,}, not {sample.index:,}.")
    return part.batch(slice(sample.index, sample.index + 1))[0]
