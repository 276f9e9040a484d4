"""Weights of runs, held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.core.formats.run_weights import RunWeights

if TYPE_CHECKING:
    from pathlib import Path


def weights_of_run(folder: Path) -> dict[str, list[np.ndarray]]:
    """The last weights of a run, by layer name."""
    with RunWeights(folder) as weights:
        return {layer: weights.read(layer) for layer in weights.shapes}


def difference(one: Path, other: Path) -> float:
    """The largest of any weight between two runs (their folders); 0 where they are the same to the bit."""
    first, second = weights_of_run(one), weights_of_run(other)
    assert list(first) == list(second)
    pairs = [pair for name in first for pair in zip(first[name], second[name], strict=True)]
    return max(float(np.abs(a - b).max()) for a, b in pairs)
