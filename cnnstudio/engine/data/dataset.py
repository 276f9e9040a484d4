"""Samples in three parts, prepared as the network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.core.code.preparing import noise_for
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.engine.data import thumbnails
from cnnstudio.engine.data.stores import ArrayStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cnnstudio.engine.data.stores import Fetched, Store

_TO_UNIT = np.float32(1 / 255)
"""As in `preparing.in_unit`."""
_AT_ONCE = 64
"""Samples that are fetched together where a part is gone through."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The last steps from kept values to those that the network sees, the same for arrays and tensors of any kind."""

    mean: np.ndarray | None = None
    """float32 (channels,), of the training part, where samples are standardised."""
    scale: np.ndarray | None = None
    """One over the standard deviation of each channel, float32 (channels,)."""

    def plain(self) -> dict[str, list[float]]:
        """The figures as RunRecord keeps them: float32 is written as a double that reads back as the same."""
        kept = {"channel_mean": self.mean, "channel_scale": self.scale}
        return {name: [] if values is None else values.tolist() for name, values in kept.items()}

    def undone(self, values: np.ndarray) -> np.ndarray:
        """What goes in from what `steps` makes of it, but for the bytes: float32."""
        if self.mean is None or self.scale is None:
            return values
        return np.asarray(values / self.scale + self.mean, "float32")

    def steps(self, values: Any, *, bytes: bool) -> Any:
        """`values` as float32, an array or a tensor; `bytes`: kept as uint8, so that 255 stands for 1."""
        if bytes:
            values = values * _TO_UNIT
        return values if self.mean is None else (values - self.mean) * self.scale

    def __call__(self, values: np.ndarray) -> np.ndarray:
        """Kept values as float32."""
        made: np.ndarray = self.steps(values.astype("float32", copy=False), bytes=values.dtype == np.uint8)
        return made


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise that is added to what goes in, so that the network learns to take it away."""

    deviation: float
    seed: int


@dataclass(frozen=True, slots=True)
class Part:
    """Samples of one part, wherever they lie.

    Targets by task: class indices int32 (n,); 0 or 1 for each class int32 (n, classes); masks int32 (n, ...); for
    reconstruction the clean samples; for detection boxes float32 (n, most boxes of a sample, 5): left, top, right and
    bottom as shares of width and height, and the class index, -1 where there is no box.

    What reads samples raises DataError, which names a file that cannot be read.
    """

    store: Store
    rows: np.ndarray
    """Numbers of the samples in the source, int64 (n,)."""
    task: Task
    finish: Finish = Finish()
    noise: Noise | None = None

    @classmethod
    def of(cls, inputs: np.ndarray, targets: np.ndarray, task: Task = Task.CLASSIFICATION) -> Part:
        """A part of these arrays; for reconstruction `targets` may be `inputs` itself."""
        store = ArrayStore(inputs, None if targets is inputs else targets, task)
        return cls(store, np.arange(len(inputs)), task)

    def __len__(self) -> int:
        return len(self.rows)

    def clean(self, indices: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """Inputs float32 (n, ...) without added noise, and targets, of these samples of the part.

        Where the target is the sample itself, both are one object.
        """
        return self.finished(self.store.fetch(self.rows[indices]))

    def batch(self, indices: np.ndarray | slice, epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """The same with the noise of that epoch; 0: the noise in which samples are judged and shown."""
        inputs, targets = self.clean(indices)
        noise = self.noise_of(indices, epoch)
        return inputs if noise is None else inputs + noise, targets

    def shrunk(self, indices: np.ndarray | slice, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """As `clean`, but images in a smaller `shape`: they are made so before their range is, at a quarter's cost."""
        values, targets = self.store.fetch(self.rows[indices])
        small = thumbnails.shrunk(values, shape)
        if targets is not None:
            targets = thumbnails.shrunk_targets(targets, shape, self.task)
        return self.finished((small, targets))

    def noise_of(self, indices: np.ndarray | slice, epoch: int) -> np.ndarray | None:
        """What is added to these samples in that epoch, float32 (n, ...); None where nothing is."""
        if self.noise is None:
            return None
        rows = self.rows[indices]
        return noise_for(rows, self.shape, self.noise.deviation, self.noise.seed, epoch)

    def finished(self, fetched: Fetched) -> tuple[np.ndarray, np.ndarray]:
        """Inputs float32 without added noise, and targets, of samples as the store gives them."""
        values, targets = fetched
        inputs = self.finish(values)
        if targets is None:
            return inputs, inputs
        if self.task is Task.RECONSTRUCTION:
            return inputs, self.finish(targets)
        return inputs, targets if self.task is Task.DETECTION else targets.astype("int32", copy=False)

    def batches(self, size: int = _AT_ONCE) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The whole part in order, `size` samples at a time, as they are judged."""
        for start in range(0, len(self), size):
            yield self.batch(slice(start, start + size))

    def kept(self, most: int) -> Fetched | None:
        """All samples as they are kept, if they are in memory: `finish` has still to be done.

        None where some are not, or all take more than `most` bytes.
        """
        return self.store.kept(self.rows, most)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""
        return self.store.shape

    def names(self, indices: np.ndarray | slice) -> tuple[str, ...]:
        """The files of these samples; () where they come from none."""
        found = tuple(self.store.name(int(row)) for row in self.rows[indices])
        return found if any(found) else ()

    def class_counts(self, classes: int, *, exact: bool = True) -> tuple[int, ...]:
        """Samples (for segmentation pixels, for detection boxes) of each class; () without classes.

        Not `exact`: without reading masks that the scan has counted in another size.
        """
        return tuple(int(n) for n in self.store.counts(self.rows, classes, exact=exact)) if classes else ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """The three parts of a recipe's data; no sample is in two of them."""

    info: DataInfo
    parts: Mapping[str, Part]

    @property
    def training(self) -> Part:
        """What the network learns from."""
        return self.parts["training"]

    @property
    def validation(self) -> Part:
        """What is watched while it learns, and what the best epoch is chosen by."""
        return self.parts["validation"]

    @property
    def test(self) -> Part:
        """What the trained network is measured on, once, at the end."""
        return self.parts["test"]

    def class_counts(self, part: str, *, exact: bool = True) -> tuple[int, ...]:
        """As Part.class_counts."""
        return self.parts[part].class_counts(self.info.classes, exact=exact)
