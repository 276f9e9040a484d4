"""Where samples lie: all in memory, or in files that are read as they are wanted.

Kept samples have the size and channels of the network's input, but not yet its range: images of 8-bit files stay
uint8, a quarter of what float32 takes. `Finish` (in `parts`) does the rest, for a batch at a time.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np

from cnnstudio.core.code import preparing
from cnnstudio.core.code.reading import as_numbers
from cnnstudio.core.data.info import Task
from cnnstudio.engine.data.errors import DataError
from cnnstudio.engine.scan.listing import ReadError

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.recipe import DataRecipe
    from cnnstudio.engine.scan.listing import Listing, Raw

Fetched: TypeAlias = tuple[np.ndarray, "np.ndarray | None"]
"""Samples, uint8 or float32, and their targets; None: the samples themselves."""

WORKERS = max(2, min(8, os.cpu_count() or 2))
"""Threads that decode: Pillow lets the others work while it does."""
_FEWEST = 4
"""Samples that are worth a thread of their own."""

pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="decode")


class Store(Protocol):
    """Samples by their number in the source, prepared but for range."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""

    def __len__(self) -> int:
        """How many there are."""

    def fetch(self, rows: np.ndarray) -> Fetched:
        """These samples. Called from several threads. Raises DataError, which names a file that cannot be read."""

    def kept(self, rows: np.ndarray, most: int) -> Fetched | None:
        """The same where all of them are in memory already, in at most that many bytes; else None, reading none."""

    def counts(self, rows: np.ndarray, classes: int, *, exact: bool = True) -> np.ndarray:
        """How often these samples have each class, int64 (classes,).

        Not `exact`: masks may be counted as they are in the files, before they come to the network's size.
        """

    def name(self, row: int) -> str:
        """The file that the sample comes from; "" where there is none."""


def count_targets(targets: np.ndarray, task: Task, classes: int) -> np.ndarray:
    """How often each class is among targets as `Part.batch` gives them, int64 (classes,)."""
    if task is Task.MULTILABEL:
        sums: np.ndarray = targets.sum(axis=0, dtype="int64")
        return sums
    indices = targets[..., 4][targets[..., 4] >= 0] if task is Task.DETECTION else targets
    return np.bincount(indices.ravel().astype("int64"), minlength=classes)


class ArrayStore:
    """Samples that lie in memory: of built-in sources and Keras's data sets."""

    def __init__(self, inputs: np.ndarray, targets: np.ndarray | None, task: Task) -> None:
        self._inputs = inputs
        self._targets = targets
        self._task = task

    @property
    def shape(self) -> tuple[int, ...]:
        """See Store."""
        return self._inputs.shape[1:]

    def __len__(self) -> int:
        return len(self._inputs)

    def fetch(self, rows: np.ndarray) -> Fetched:
        """See Store."""
        return self._inputs[rows], None if self._targets is None else self._targets[rows]

    def kept(self, rows: np.ndarray, most: int) -> Fetched | None:
        """See Store."""
        each = sum(part[:1].nbytes for part in (self._inputs, self._targets) if part is not None)
        return self.fetch(rows) if len(rows) * each <= most else None

    def counts(self, rows: np.ndarray, classes: int, *, exact: bool = True) -> np.ndarray:
        """See Store."""
        if self._targets is None:
            return np.zeros(classes, "int64")
        return count_targets(self._targets[rows], self._task, classes)

    def name(self, row: int) -> str:
        """See Store."""
        return ""


class FileStore:
    """Samples that are read from files when they are wanted, and kept as long as there is room for more.

    The room is filled by those that come first: in training every sample comes once an epoch, so whichever is kept
    serves as well as another, and nothing has to make way. 16-bit and float samples among 8-bit ones are kept as
    float32, each by itself.

    A file that cannot be read any more ends what asked for it, a run as well, with its name and the reason: to leave it
    out would change batches and figures without a word. What the scan could not read is not among the samples.
    """

    def __init__(self, listing: Listing, info: DataInfo, recipe: DataRecipe, room: int) -> None:
        """`room` is how many bytes may be kept."""
        self.listing = listing
        self._info = info
        self._mode = recipe.preparation.resize
        self._sizes = {shape[:-1] for shape in listing.shapes}
        self._lock = threading.Lock()
        self._room = room
        self._kept: dict[int, Fetched] = {}

    @property
    def shape(self) -> tuple[int, ...]:
        """See Store."""
        return self._info.input_shape

    def __len__(self) -> int:
        return len(self.listing)

    def fetch(self, rows: np.ndarray) -> Fetched:
        """See Store."""
        missing = [row for row in map(int, rows) if row not in self._kept]
        fresh: dict[int, Fetched] = {}
        if _in_pool() or len(missing) < 2 * _FEWEST:
            fresh = {row: self._read(row) for row in missing}
        else:
            share = max(_FEWEST, -(-len(missing) // WORKERS))
            spans = [missing[at : at + share] for at in range(0, len(missing), share)]
            for found in pool.map(self._read_all, spans):
                fresh.update(found)
        if not len(rows):
            return self._together([]), self._targets([])
        got = [fresh[row] if row in fresh else self._kept[row] for row in map(int, rows)]
        return self._together([values for values, _ in got]), self._targets([target for _, target in got])

    def kept(self, rows: np.ndarray, most: int) -> Fetched | None:
        """See Store."""
        found = [self._kept.get(int(row)) for row in rows]
        if any(each is None for each in found) or sum(kept_bytes(each) for each in found if each is not None) > most:
            return None  # before one array is made of them: it would take as much again
        return self.fetch(rows)

    def counts(self, rows: np.ndarray, classes: int, *, exact: bool = True) -> np.ndarray:
        """See Store. Where the scan has not counted just these, the samples are read once, a span at a time."""
        if self.listing.counts is not None and not (exact and self._masks_change_size()):
            sums: np.ndarray = self.listing.counts[rows].sum(axis=0, dtype="int64")
            return sums
        if self.listing.labels is not None and self._info.task is Task.CLASSIFICATION:
            return np.bincount(self.listing.labels[rows], minlength=classes)
        total = np.zeros(classes, "int64")
        for start in range(0, len(rows), 256):
            targets = self.fetch(rows[start : start + 256])[1]
            if targets is not None:
                total += count_targets(targets, self._info.task, classes)
        return total

    def _masks_change_size(self) -> bool:
        found = {shape[:-1] for shape in self.listing.shapes}
        return self._info.task is Task.SEGMENTATION and found != {self._info.input_shape[:-1]}

    def name(self, row: int) -> str:
        """See Store."""
        return self.listing.names[row]

    def _read_all(self, rows: list[int]) -> dict[int, Fetched]:
        return {row: self._read(row) for row in rows}

    def _read(self, row: int) -> Fetched:
        try:
            found = self._prepared(self.listing.read(row))
        except ReadError as error:
            raise DataError(f"{_sentence(error)} Scan the data again on the Data page.") from error
        except ValueError as error:
            raise DataError(f'"{self.name(row)}" cannot be used: {error}.') from error
        size = kept_bytes(found)
        with self._lock:
            if row not in self._kept and self._room >= size:
                self._room -= size
                self._kept[row] = found
        return found

    def _prepared(self, raw: Raw) -> Fetched:
        """A sample of the network's size, uint8 or float32, and its target."""
        shape, mode = self._info.input_shape, self._mode
        values = numbers_fitting(raw.values, shape)
        if self._sizes and values.shape[:-1] not in self._sizes:  # cut short or replaced: resizing would hide it
            raise ValueError(f"it is {_sizes(values.shape)} now, a size that no sample had when it was scanned")
        made = values if values.shape == shape else preparing.prepared(values, shape, mode)
        target = raw.target
        if target is None:
            return made, None
        task = self._info.task
        if task is Task.DETECTION:
            boxes = np.asarray(target, "float32").reshape(-1, 5)
            return made, preparing.prepared_boxes(boxes, values.shape[:-1], shape[:-1], mode)
        if task is Task.SEGMENTATION:
            mask = np.asarray(target)
            if mask.shape != values.shape[:-1]:
                raise ValueError(f"its mask is {_sizes(mask.shape)}, but it is {_sizes(values.shape[:-1])}")
            small = mask.astype("uint8" if self._info.classes <= 256 else "int32")
            return made, preparing.prepared_mask(small, shape[:-1], mode)
        if task is Task.RECONSTRUCTION:
            wanted = _numbers(np.asarray(target))
            return made, wanted if wanted.shape == shape else preparing.prepared(wanted, shape, mode)
        return made, np.asarray(target, "int32")

    def _together(self, samples: list[np.ndarray]) -> np.ndarray:
        if not samples:
            return np.empty((0, *self._info.input_shape), "float32")
        if len({values.dtype for values in samples}) == 1:
            return np.stack(samples)
        return np.stack([preparing.in_unit(values) for values in samples])

    def _targets(self, targets: list[np.ndarray | None]) -> np.ndarray | None:
        known = [target for target in targets if target is not None]
        if self._info.task is Task.RECONSTRUCTION:
            return self._together(known) if known else None
        if self._info.task is Task.DETECTION:
            return preparing.padded(known)
        if not known:
            sizes = {Task.MULTILABEL: (self._info.classes,), Task.SEGMENTATION: self._info.input_shape[:-1]}
            return np.empty((0, *sizes.get(self._info.task, ())), "int32")
        return np.stack(known)


def kept_bytes(found: Fetched) -> int:
    """Memory that a kept sample takes, with what Python needs for it."""
    values, target = found
    return 300 + values.nbytes + (0 if target is None else target.nbytes)


def numbers_fitting(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Values of a file as uint8 or float32, such as can be prepared for that shape. Raises ValueError with a clause."""
    made = _numbers(values)
    if made.ndim != len(shape) or (len(shape) not in (2, 3) and made.shape != shape):
        raise ValueError(f"it is {_sizes(made.shape)}, but {_sizes(shape)} is wanted")
    return made


def _numbers(values: np.ndarray) -> np.ndarray:
    """Values of a file as uint8, or as float32: 16 bits are brought to 0..1, other numbers stay as they are."""
    made = as_numbers(values)
    if made.dtype != np.uint8 and not np.isfinite(made).all():
        raise ValueError("it has values that are no finite numbers")
    return made


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{n:,}" for n in shape)


def _sentence(error: Exception) -> str:
    text = str(error).strip()
    return text if text.endswith(".") else f"{text}."


def _in_pool() -> bool:
    return threading.current_thread().name.startswith("decode")
