"""Reading models that Keras saved: `.keras` files and the text of `model.to_json()`, translated into blocks.

The studio never lets Keras read a file of a stranger. The configuration is read here as plain JSON and each layer that
the catalogue can express becomes a block; the others become Opaque blocks that keep their class and configuration.
Nothing in a file is executed, imported by name or unpickled, and every fault is one sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from cnnstudio.core.strict_json import FileError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy as np

    from cnnstudio.core.experiment import Experiment

__all__ = ["FileError", "Imported", "WeightArray", "read_model", "read_model_file"]

WeightArray: TypeAlias = "np.ndarray"
"""One weight as float32, of the shape that the program's `Weight` of that name has."""


@dataclass(frozen=True)
class Imported:
    """What a Keras file came to."""

    experiment: Experiment
    """The design, laid out, with `Noise` as its data: a stand-in with the samples' shape and the number of classes.

    `experiment.weights` is "": the caller stores `weights` and puts the fingerprint in.
    """
    weights: Mapping[str, WeightArray]
    """Values under "STEP/WEIGHT": `Step.name` and `Weight.name` of the program that tracing the architecture yields.

    All of a step's weights are there or none. Empty for a file without weights. Each imported block lays one step,
    named like the block. The layer of a step is found with `engine.build.layer_names`, its weights, in the order of
    `Step.weights`, are `layer.weights`.
    """
    notes: tuple[str, ...] = ()
    """A sentence for everything that was not carried over one to one; empty where the design says all."""


def read_model(data: bytes, name: str) -> Imported:
    """Translate the bytes of a `.keras` file, or of the text of `to_json()`; `name` names the file in sentences.

    Raises FileError with one sentence.
    """
    raise FileError(f"{name} cannot be imported yet.")


def read_model_file(path: Path) -> Imported:
    """Like `read_model`, for a file on disk, whose weights need not be in memory twice. Raises FileError."""
    raise FileError(f"{path.name} cannot be imported yet.")
