"""Means over batches."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.engine.tasks import Verdict


def with_loss(verdict: Verdict, loss: float) -> Verdict:
    """The verdict with the loss in front of its metrics."""
    return dataclasses.replace(verdict, metrics={"loss": loss, **verdict.metrics})


class Mean:
    """Means of metrics over batches of different sizes."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: Mapping[str, Any], samples: int) -> None:
        """A batch of so many samples."""
        self._count += samples
        for name, value in sorted(values.items(), key=lambda item: item[0] != "loss"):
            self._sums[name] = self._sums.get(name, 0.0) + float(value) * samples

    def result(self) -> dict[str, float]:
        """The means."""
        return {name: total / max(1, self._count) for name, total in self._sums.items()}

    def state(self) -> dict[str, np.ndarray]:
        """The sums, for a checkpoint."""
        sums = {f"mean:{name}": np.asarray(total, "float64") for name, total in self._sums.items()}
        return sums | {"mean": np.asarray(self._count, "int64")}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take over what `state` gave."""
        self._count = int(state["mean"])
        sums = {name.removeprefix("mean:"): value for name, value in state.items() if name.startswith("mean:")}
        self._sums = {name: float(value) for name, value in sums.items()}
