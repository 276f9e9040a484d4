"""What the loop over an epoch asks of a learner."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from cnnstudio.engine.data import Part
    from cnnstudio.engine.learning.plan import Plan
    from cnnstudio.engine.tasks import TaskKit, Verdict


class Learner(Protocol):
    """Learns batches of the training part and judges any part. Metrics are means over the epoch so far."""

    @property
    def plan(self) -> Plan:
        """How steps are computed."""

    def begin_epoch(self, epoch: int, batches: Sequence[np.ndarray], done: int = 0) -> None:
        """Make ready for the batches (indices into the training part) of an epoch, in this order.

        `epoch` counts from 1 and decides how samples are varied. Metrics start anew unless `done` batches of the epoch
        have been learned before: then what `restore` brought back goes on.
        """

    def learn(self, first: int, rates: np.ndarray) -> None:
        """Learn as many batches as there are `rates` (float32), from that number of the epoch (from 0) on.

        Does not wait for the device. Raises DataError, which names a file that cannot be read.
        """

    def metrics(self) -> dict[str, float]:
        """Means over the epoch so far, the loss first. Waits for the device."""

    def judge(self, part: Part, batch_size: int) -> Verdict:
        """The network over a whole part, nothing learned; the loss is the first of the metrics."""

    def state(self) -> Mapping[str, np.ndarray]:
        """All that decides what later steps do: weights, the optimizer's, states of random layers, running metrics.

        Each array is read when it is asked for, and is to be read only: see `VariablesState`.
        """

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave. Raises ValueError where it is another network's."""


def metric_names(kit: TaskKit) -> tuple[str, ...]:
    """Names of the metrics of training, the loss first."""
    return ("loss", *(metric.name for metric in kit.metrics()))


def is_finite(metrics: dict[str, float]) -> bool:
    """Whether the losses are numbers; what else is measured may be undefined, as precision is without any boxes."""
    return all(math.isfinite(value) for name, value in metrics.items() if name in ("loss", "val_loss"))
