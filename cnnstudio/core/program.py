"""The program: the flat list of Keras layer calls that an architecture comes down to.

Shapes, the Keras model and the generated code are all read from it, so they cannot disagree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.core.analysis.field import View, keep

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.declare import Shape

INPUT = "input"
"""Id of the one Input block of every architecture, and name of the model's input."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """What flows along an edge: the step that made it and its shape without the batch axis."""

    step: str
    shape: Shape

    @property
    def spatial(self) -> tuple[int, ...]:
        """Sizes of the spatial axes: (length,), (height, width) or (depth, height, width); () for a vector."""
        return self.shape[:-1]

    @property
    def channels(self) -> int:
        """Size of the last axis."""
        return self.shape[-1]

    @property
    def rank(self) -> int:
        """Number of spatial axes: 1 for signals, 2 for images, 3 for volumes, 0 for vectors."""
        return len(self.shape) - 1

    @property
    def cells(self) -> int:
        """Number of values of one sample."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Weight:
    """One array of a layer."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True

    @property
    def count(self) -> int:
        """Number of values in the array."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Step:
    """One Keras layer call: `layer` is the class name in keras.layers, `config` its keyword arguments."""

    name: str
    layer: str
    config: Mapping[str, Any]
    inputs: tuple[str, ...]
    block: str
    output: Tensor
    view: View = keep
    """How its receptive field follows from those of its inputs."""
    weights: tuple[Weight, ...] = ()
    macs: int = 0
    """Multiply-adds for one sample; normalisation, activation, pooling and biases are not counted."""

    @property
    def params(self) -> int:
        """All weights, trainable or not."""
        return sum(w.count for w in self.weights)

    @property
    def trainable_params(self) -> int:
        """Weights that training changes."""
        return sum(w.count for w in self.weights if w.trainable)


@dataclass(frozen=True, slots=True)
class Program:
    """The whole model: an input shape, the steps in order, and which step holds each block's output."""

    input_shape: Shape
    steps: tuple[Step, ...]
    outputs: Mapping[str, str]
    """Block id -> name of the step (or "input") whose result is that block's output."""
    result: str
    """Name of the step that is the model's output."""

    @property
    def gives_scores(self) -> bool:
        """Whether the result is raw scores: no curve brings them to shares, so a loss over classes has to do it."""
        return any(s.name == self.result and s.config.get("activation") == "linear" for s in self.steps)

    @property
    def params(self) -> int:
        """Number of weights of the model."""
        return sum(s.params for s in self.steps)
