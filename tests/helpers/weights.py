"""Weights of runs, held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.looking.sketch import weights_of_run

if TYPE_CHECKING:
    from pathlib import Path


def difference(one: Path, other: Path) -> float:
    """The largest of any weight between two runs (their folders); 0 where they are the same to the bit."""
    first, second = weights_of_run(one), weights_of_run(other)
    assert list(first) == list(second)
    pairs = [pair for name in first for pair in zip(first[name], second[name], strict=True)]
    return max(float(np.abs(a - b).max()) for a, b in pairs)
