"""Data of a recipe, loaded and split. They are kept: the window asks for samples while a run trains on them."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.core.code import samples
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.info import Task
from cnnstudio.engine.data.dataset import DataError, Dataset, Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.core.recipe import DataRecipe

_KEPT = 2
"""Recipes kept loaded: the one that trains and the one that is looked at."""


Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]


def _digits(source: Digits) -> Arrays:
    images, labels = samples.digits()
    return images, images if source.info().task is Task.RECONSTRUCTION else labels


def _shapes(source: Shapes) -> Arrays:
    return samples.shapes(source.count, source.size, source.seed)


def _waveforms(source: Waveforms) -> Arrays:
    return samples.waveforms(source.count, source.length, source.noise, source.seed)


def _noise(source: Noise) -> Arrays:
    inputs, targets = samples.seeded_noise(source.task, source.shape, source.classes, source.count, source.seed)
    return inputs, inputs if source.info().task is Task.RECONSTRUCTION else targets


_LOADERS: dict[type[SourceSpec], Callable[[Any], Arrays]] = {
    Digits: _digits,
    Shapes: _shapes,
    Waveforms: _waveforms,
    Noise: _noise,
}


def data_bytes(recipe: DataRecipe) -> int:
    """Bytes of the loaded samples and their targets."""
    info = recipe.info()
    cells = math.prod(info.input_shape)
    targets = {Task.MULTILABEL: info.classes, Task.SEGMENTATION: cells // info.input_shape[-1], Task.RECONSTRUCTION: 0}
    return recipe.source.sample_count * (cells + targets.get(info.task, 1)) * 4


class _Cache:
    """Loaded recipes, the latest last. Two threads ask: the one that trains and the one that shows samples."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[DataRecipe, Dataset] = OrderedDict()

    def get(self, recipe: DataRecipe) -> Dataset:
        with self._lock:
            found = self._kept.pop(recipe, None) or _load(recipe)
            self._kept[recipe] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found


def _load(recipe: DataRecipe) -> Dataset:
    info = recipe.info()
    if type(recipe.source) not in _LOADERS:
        raise DataError(f"{recipe.source.title} cannot be loaded by this release.")
    inputs, targets = _LOADERS[type(recipe.source)](recipe.source)
    labels = targets if info.task is Task.CLASSIFICATION else None
    try:
        indices = samples.split(len(inputs), recipe.validation, recipe.test, recipe.seed, labels)
    except ValueError as error:
        raise DataError(str(error)) from error
    parts = {}
    for name, chosen in zip(PARTS, indices, strict=True):
        own = inputs[chosen]
        parts[name] = Part(own, own if info.task is Task.RECONSTRUCTION else targets[chosen])
    return Dataset(info, parts)


_cache = _Cache()


def load(recipe: DataRecipe) -> Dataset:
    """The recipe's samples, split. Raises DataError when a part would be empty."""
    return _cache.get(recipe)
