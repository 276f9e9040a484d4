"""Data of a recipe, loaded, prepared and split. They are kept: the window asks for samples while a run trains on them.

Loading a person's files reads none of them but what standardising needs: samples are decoded when they are wanted, so
the first step of training comes as early with 100,000 images as with 100.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from cnnstudio.core.code import preparing, samples
from cnnstudio.core.data.builtin import Digits, Noise, Shapes, Waveforms
from cnnstudio.core.data.facts import PARTS
from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.info import Task
from cnnstudio.core.data.packaged import KerasDataset, PackageData
from cnnstudio.engine import memory, scan
from cnnstudio.engine.data.carried import carried
from cnnstudio.engine.data.dataset import Dataset, Finish, Part
from cnnstudio.engine.data.dataset import Noise as AddedNoise
from cnnstudio.engine.data.errors import DataError
from cnnstudio.engine.data.keras_sets import keras_set
from cnnstudio.engine.data.splitting import split_rows
from cnnstudio.engine.data.stores import ArrayStore, FileStore
from cnnstudio.engine.scan.listing import ScanError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from cnnstudio.core.data.sources import SourceSpec
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.engine.data.stores import Store
    from cnnstudio.engine.scan.listing import Listing

_KEPT = 2
"""Recipes kept loaded: the one that trains and the one that is looked at."""


Arrays: TypeAlias = tuple[np.ndarray, np.ndarray]


class Loaded(NamedTuple):
    """All samples of a source, prepared but for range, and what is known for splitting them."""

    store: Store
    labels: np.ndarray | None
    """Class index of each sample, where it has one."""
    given: np.ndarray | None
    """Index into PARTS of each sample, -1 where the source does not say; None: it never does."""


def _digits(source: Digits) -> Arrays:
    images, labels = samples.digits()
    return images, images if source.info().task is Task.RECONSTRUCTION else labels


def _shapes(source: Shapes) -> Arrays:
    images, targets = samples.shapes(source.count, source.size, source.seed, source.task)
    return images, images if source.info().task is Task.RECONSTRUCTION else targets


def _waveforms(source: Waveforms) -> Arrays:
    signals, labels = samples.waveforms(source.count, source.length, source.noise, source.seed)
    return signals, signals if source.info().task is Task.RECONSTRUCTION else labels


def _noise(source: Noise) -> Arrays:
    inputs, targets = samples.seeded_noise(source.task, source.shape, source.classes, source.count, source.seed)
    return inputs, inputs if source.info().task is Task.RECONSTRUCTION else targets


_LOADERS: dict[type[SourceSpec], Callable[[Any], Arrays]] = {
    Digits: _digits,
    Shapes: _shapes,
    Waveforms: _waveforms,
    Noise: _noise,
}


class _Cache:
    """Loaded recipes, the latest last. Two threads ask: the one that trains and the one that shows samples.

    What was decoded outlives a change of split or augmentation: recipes that prepare the same source alike share it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._datasets: OrderedDict[DataRecipe, Dataset] = OrderedDict()
        self._loaded: OrderedDict[Hashable, Loaded] = OrderedDict()

    def get(self, recipe: DataRecipe) -> Dataset:
        with self._lock:
            found = self._datasets.pop(recipe, None) or self._made(recipe)
            if isinstance(recipe.source, FileSource) and not Path(recipe.source.path).exists():
                raise DataError(gone(recipe.source.path))
            self._datasets[recipe] = found
            while len(self._datasets) > _KEPT:
                self._datasets.popitem(last=False)
            return found

    def _made(self, recipe: DataRecipe) -> Dataset:
        key = (recipe.source, recipe.info(), recipe.preparation.resize)
        loaded = self._loaded.pop(key, None)
        for kept in (self._loaded, self._datasets) if loaded is None else ():
            while len(kept) >= _KEPT:
                kept.popitem(last=False)  # before the next one takes its memory
        loaded = self._loaded[key] = loaded or _load(recipe)
        return _split(recipe, loaded)


def _load(recipe: DataRecipe) -> Loaded:
    source, info = recipe.source, recipe.info()
    if problem := recipe.problem():
        raise DataError(problem)
    if isinstance(source, FileSource):
        listing = _listing(source)
        store = FileStore(listing, info, recipe, memory.room_for_samples(memory.free_bytes()))
        return Loaded(store, listing.labels if info.task is Task.CLASSIFICATION else None, listing.parts)
    given: np.ndarray | None = None
    if isinstance(source, KerasDataset):
        inputs, targets, given = keras_set(source)
    elif isinstance(source, PackageData):
        inputs, targets, given = carried(source)
    elif type(source) in _LOADERS:
        inputs, targets = _LOADERS[type(source)](source)
    else:
        raise DataError(f"{source.title} cannot be loaded by this release.")
    labels = targets if info.task is Task.CLASSIFICATION else None
    inputs, goal = _prepared(inputs, None if targets is inputs else targets, recipe)
    return Loaded(ArrayStore(inputs, None if info.task is Task.RECONSTRUCTION else goal, info.task), labels, given)


def _prepared(
    inputs: np.ndarray, targets: np.ndarray | None, recipe: DataRecipe
) -> tuple[np.ndarray, np.ndarray | None]:
    """Arrays of a source brought to the size and channels that the recipe wants."""
    info, mode = recipe.info(), recipe.preparation.resize
    shape, found = info.input_shape, inputs.shape[1:]
    if found == shape or info.rank not in (1, 2):
        return inputs, targets
    made = np.stack([preparing.prepared(values, shape, mode) for values in inputs])
    if targets is not None and info.task is Task.SEGMENTATION:
        targets = np.stack([preparing.prepared_mask(mask, shape[:-1], mode) for mask in targets])
    elif targets is not None and info.task is Task.DETECTION:
        targets = preparing.resized_boxes(targets, found[:-1], shape[:-1], mode)
    return made, targets


def _listing(source: FileSource) -> Listing:
    """The scanned files, the same ones that the experiment knows of."""
    if not Path(source.path).exists():
        raise DataError(gone(source.path))
    try:
        listing = scan.scan(source)
    except ScanError as error:
        raise DataError(str(error)) from error
    known, facts = source.facts, listing.facts
    if facts.classes != known.classes:
        raise DataError(
            f'The classes in "{source.path}" are others than when it was scanned ({_few(facts.classes)}; then '
            f"{_few(known.classes)}): scan it again on the Data page."
        )
    if facts.fingerprint != known.fingerprint:
        raise DataError(
            f'The files in "{source.path}" have changed since they were scanned ({facts.samples:,} samples; then '
            f"{known.samples:,}): scan them again on the Data page."
        )
    return listing


def gone(path: str) -> str:
    """The sentence for files that are not where they were."""
    return f'"{path}" is not there: relink it on the Data page.'


def _few(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4:,} more" if len(names) > 4 else shown or "none"


def _split(recipe: DataRecipe, loaded: Loaded) -> Dataset:
    info, store = recipe.info(), loaded.store
    rows = split_rows(recipe, len(store), loaded.labels, loaded.given)
    preparation = recipe.preparation
    finish = _standardising(store, rows["training"]) if preparation.normalisation == "standardise" else Finish()
    noise = None
    if preparation.added_noise and info.task is Task.RECONSTRUCTION:
        noise = AddedNoise(preparation.added_noise, recipe.seed)
    parts = {name: Part(store, rows[name].astype("int64"), info.task, finish, noise) for name in PARTS}
    return Dataset(info, parts)


def _standardising(store: Store, training: np.ndarray) -> Finish:
    """Mean and deviation of each channel on the training part alone, read a batch at a time."""
    chosen = preparing.statistics_rows(training)
    batches = (store.fetch(chosen[at : at + 64])[0] for at in range(0, len(chosen), 64))
    mean, scale = preparing.channel_statistics(values for batch in batches for values in preparing.in_unit(batch))
    return Finish(mean, scale)


_cache = _Cache()


def load(recipe: DataRecipe) -> Dataset:
    """The recipe's samples, split.

    Raises DataError when a part would be empty, or when files are gone, cannot be read or have changed since the scan.
    """
    return _cache.get(recipe)
