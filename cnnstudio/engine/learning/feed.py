"""The batches of an epoch, made ready ahead of the step that learns from them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cnnstudio.engine.data.ahead import Ahead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.engine.augmenting import Augmenter
    from cnnstudio.engine.data import Part

_NONE = np.empty(0, "float32")


class Batch(NamedTuple):
    """What a step learns from, made ahead of it."""

    inputs: np.ndarray
    """float32, clean; empty where the samples lie on the device already."""
    targets: np.ndarray
    drawn: dict[str, np.ndarray]
    """How samples are varied."""
    noise: dict[str, np.ndarray]
    """What is added to the inputs after that, as "noise"; {} where nothing is."""


class Feed:
    """Makes the batches of a learner, ahead of it where that takes time."""

    def __init__(self, training: Part, augmenter: Augmenter, *, samples: bool) -> None:
        """`samples`: whether batches hold the samples themselves."""
        self._training = training
        self._augmenter = augmenter
        self._samples = samples
        self._epoch = 0
        self._batches: Sequence[np.ndarray] = ()
        self._ahead: Ahead[Batch] | None = None

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """See Learner."""
        if self._ahead is not None:
            self._ahead.close()
        self._epoch, self._batches = epoch, batches
        slow = self._samples or self._augmenter.acts or self._training.noise is not None
        size = 4 * math.prod(self._training.shape) * max(map(len, batches), default=0)
        self._ahead = Ahead(self._made, batches[done:], size) if slow else None

    def batch(self, number: int) -> Batch:
        """What the step on that batch of the epoch learns from."""
        indices = self._batches[number]
        return self._made(indices) if self._ahead is None else self._ahead.take(indices)

    def _made(self, indices: np.ndarray) -> Batch:
        inputs, targets = self._training.clean(indices) if self._samples else (_NONE, _NONE)
        noise = self._training.noise_of(indices, self._epoch)
        drawn = self._augmenter.draws(self._epoch, indices)
        return Batch(inputs, targets, drawn, {} if noise is None else {"noise": noise})


def judged_batches(part: Part, batch_size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The part's batches in order, read ahead, with the noise in which it is judged."""
    indices = [np.arange(at, min(at + batch_size, len(part))) for at in range(0, len(part), batch_size)]
    ahead = Ahead(part.batch, indices, 4 * math.prod(part.shape) * batch_size)
    try:
        for batch in indices:
            yield ahead.take(batch)
    finally:
        ahead.close()
