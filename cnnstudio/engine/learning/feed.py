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
        size = self.batch_bytes(max(map(len, batches), default=0))
        self._ahead = Ahead(self._made, batches[done:], size) if self.is_slow else None

    def batch_bytes(self, samples: int) -> int:
        """About what a batch of so many samples takes."""
        return 4 * math.prod(self._training.shape) * samples

    def batch(self, number: int) -> Batch:
        """What the step on that batch of the epoch learns from."""
        indices = self._batches[number]
        return self._made(indices) if self._ahead is None else self._ahead.take(indices)

    def chunk(self, first: int, count: int) -> Batch:
        """What so many steps from that batch of the epoch on learn from, one sample behind the other."""
        batches = [self.batch(number) for number in range(first, first + count)]
        if len(batches) == 1:
            return batches[0]
        inputs = np.concatenate([batch.inputs for batch in batches])
        same = batches[0].targets is batches[0].inputs
        targets = inputs if same else np.concatenate([batch.targets for batch in batches])
        drawn = {name: np.concatenate([batch.drawn[name] for batch in batches]) for name in batches[0].drawn}
        noise = {name: np.concatenate([batch.noise[name] for batch in batches]) for name in batches[0].noise}
        return Batch(inputs, targets, drawn, noise)

    @property
    def is_slow(self) -> bool:
        """Whether batches take time to make, so that they are made ahead."""
        return self._samples or self._augmenter.acts or self._training.noise is not None

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
