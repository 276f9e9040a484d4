"""Whether the two halves of a batch go through the network side by side: found out while the first steps are learned.

Convolutions over small maps do not keep two cores busy; two halves do, and cost a sum of gradients. Which is faster
depends on the network and the computer, so both take turns in the first steps, and the faster one goes on. Halves
round otherwise than whole batches do. So the steps that each learns are always the same, and what was chosen is kept
for the next run of such a network: the same experiment then comes to the same bits again.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

from cnnstudio.engine.backend import backend_version, cores, keras, threads
from cnnstudio.engine.learning.remembered import recall, remember

if TYPE_CHECKING:
    from cnnstudio.engine.data import Part
    from cnnstudio.engine.learning.plan import Plan
    from cnnstudio.engine.tasks import TaskKit

_TRIED = 32
"""Steps of a run in which whole batches and halves take turns."""
_TURN = 2
"""Steps of a turn, and so of a call."""
_NOT_TIMED = 1
"""First turns of each kind: they compile, and take memory for the first time."""
_BETTER = 0.97
"""Halves must take less than this share of the time of whole batches."""
_LEAST_WORK = 20e6
"""Multiplications of a batch's way through the network; with fewer, starting operations is what takes the time."""


class Halving:
    """Says for each step of a run whether its batch is halved."""

    def __init__(self, halves: bool | None = False, *, tried: bool = False, key: str = "") -> None:
        """See Plan. What is found out where `halves` is None is kept under `key`."""
        self.halves = halves
        self.tried = tried
        self._key = key
        self._seconds: dict[int, list[float]] = {}
        """Of a step, call by call in each turn."""

    def alike(self, step: int, count: int) -> tuple[bool, int]:
        """Whether the batch of that step of the run is halved, and how many of the `count` steps from there on too."""
        if self.tried and step < _TRIED:
            return bool(step // _TURN % 2), min(count, _TURN - step % _TURN)
        return bool(self.halves), count

    def took(self, step: int, count: int, seconds: float) -> None:
        """So long did `count` steps from that step of the run on take, in one call; chooses once both are timed."""
        if self.halves is not None:
            return
        self._seconds.setdefault(step // _TURN, []).append(seconds / count)
        if step + count >= _TRIED:
            self.halves = self._least(halved=True) < _BETTER * self._least(halved=False)
            remember(self._key, self.halves)

    def _least(self, *, halved: bool) -> float:
        """Of a step in the turns of one kind.

        What else the computer does only adds to a time, and as turns follow each other quickly, to those of both kinds.
        """
        turns = [self._seconds[turn] for turn in sorted(self._seconds) if turn % 2 == halved]
        return min((min(turn) for turn in turns[_NOT_TIMED:]), default=math.inf)


def halving(model: Any, kit: TaskKit, training: Part, device: str, plan: Plan | None) -> Halving:
    """How the batches of a run are computed on that device ("CPU", "GPU"); `plan` is that of a resumed one."""
    if plan is not None and plan.halves is not None:
        return Halving(plan.halves, tried=plan.tried)
    if plan is None and (device != "CPU" or cores() < 2 or not may_halve(model, kit, training)):
        return Halving()
    key = _key(model, kit)
    return Halving(recall(key), tried=True, key=key)


def may_halve(model: Any, kit: TaskKit, training: Part) -> bool:
    """Whether halves come to the same as whole batches but for rounding, and there is enough work to share.

    Not with statistics of the batch, and not with random layers: they would draw other numbers.
    """
    size = kit.recipe.batch_size
    if min(size, len(training)) < 2 or len(training) % size == 1 or model.losses:
        return False
    if size * _multiplications(model) < _LEAST_WORK:
        return False
    of_batches = keras.layers.BatchNormalization | keras.layers.SpectralNormalization
    return not any(isinstance(layer, of_batches) or _draws(layer) or _adds_loss(layer) for layer in model.layers)


def _draws(layer: Any) -> bool:
    """Whether the layer keeps more than weights: the state of random numbers."""
    return len(layer.variables) > len(layer.weights)


def _adds_loss(layer: Any) -> bool:
    """Whether the layer adds a loss each time it is called."""
    return getattr(layer, "activity_regularizer", None) is not None


def _multiplications(model: Any) -> float:
    """Of one sample's way forward, about: each kernel at each place of what comes out."""
    total = 0.0
    for layer in model.layers:
        shape = layer.output.shape[1:-1] if isinstance(layer.output, keras.KerasTensor) else ()
        total += math.prod(shape) * sum(math.prod(w.shape) for w in layer.trainable_weights if len(w.shape) > 1)
    return total


def _key(model: Any, kit: TaskKit) -> str:
    """What the choice depends on: the network's layers and shapes, batch and number format, computer and library."""
    layers = [
        (type(each).__name__, str(getattr(each.output, "shape", "")), [list(w.shape) for w in each.weights])
        for each in model.layers
    ]
    recipe = kit.recipe
    place = (backend_version(), cores(), threads())
    told = json.dumps([layers, recipe.batch_size, recipe.precision, recipe.optimizer, recipe.loss, place])
    return hashlib.sha256(told.encode()).hexdigest()[:32]
