"""Waiting for a value to get better: what early stopping and the plateau of the learning rate have in common.

`cnnstudio code` copies the class into the scripts it writes: lines keep to the 88 columns of generated code.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Patience:
    """Counts epochs without progress; its fields are its whole state."""

    epochs: int
    """How many epochs in a row may bring no progress."""
    higher_is_better: bool = False
    min_delta: float = 0.0
    """Anything less is no progress."""
    best: float = math.nan
    waited: int = 0

    def is_over(self, value: float) -> bool:
        """Take in an epoch's value; whether so many epochs have brought no progress.

        As Keras's EarlyStopping and ReduceLROnPlateau count. What is no number is no
        progress.
        """
        if self._is_progress(value):
            self.best, self.waited = value, 0
            return False
        self.waited += 1
        return self.waited >= self.epochs

    def _is_progress(self, value: float) -> bool:
        if math.isnan(value) or math.isnan(self.best):
            return not math.isnan(value)
        gain = value - self.best if self.higher_is_better else self.best - value
        return gain > self.min_delta
