"""Samples in three parts, prepared as the network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Mapping


class DataError(ValueError):
    """The recipe yields no data to train on; one sentence says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """Samples of one part: `inputs` float32 (n, ...), and what is to be answered.

    `targets` by task: class indices int32 (n,); 0 or 1 for each class int32 (n, classes); masks int32 (n, ...); for
    reconstruction the clean samples; for detection boxes float32 (n, most boxes of a sample, 5): left, top, right and
    bottom as shares of width and height, and the class index, -1 where there is no box.
    """

    inputs: np.ndarray
    targets: np.ndarray

    def __len__(self) -> int:
        return len(self.inputs)

    def batch(self, indices: np.ndarray | slice) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and targets of these samples of the part."""
        return self.inputs[indices], self.targets[indices]


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

    def class_counts(self, part: str) -> tuple[int, ...]:
        """Samples (for segmentation pixels, for detection boxes) of each class in a part; () without classes."""
        if not self.info.classes:
            return ()
        targets = self.parts[part].targets
        if self.info.task is Task.MULTILABEL:
            counts = targets.sum(axis=0)
        else:
            indices = targets[..., 4][targets[..., 4] >= 0] if self.info.task is Task.DETECTION else targets
            counts = np.bincount(indices.ravel().astype("int64"), minlength=self.info.classes)
        return tuple(int(n) for n in counts)
