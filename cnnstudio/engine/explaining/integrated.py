"""Integrated gradients: how much each place of a sample adds to the score, on the way from an empty sample.

After Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks" (ICML 2017). What the places add comes to
the difference of the scores at both ends of the way. A sum over steps misses that by a little, and the scores at the
ends of each stretch tell where: stretches that miss the most are halved, so that a network which decides early on the
way (behind a normalisation, say) gets its steps there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cnnstudio.engine.backend import tensorflow
from cnnstudio.engine.explaining.aims import aim_at
from cnnstudio.engine.explaining.baselines import empty
from cnnstudio.engine.explaining.passing import gradient, passed, plain, portions, require_gradients
from cnnstudio.wire.messages import Explained, ExplanationProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cnnstudio.core.explaining import IntegratedGradients
    from cnnstudio.engine.explaining.aims import Aim
    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.wire.messages import Explain

_NODES = 4
"""Steps of a stretch, at the places of Gauss and Legendre."""
_ENOUGH = 0.001
"""Share of the difference that may be missing before more steps are taken."""
_TOGETHER = 4
"""Stretches that are halved at a time, at most: fewer waste passes, more waste steps."""


@dataclass(frozen=True)
class _Stretch:
    """A part of the way, both ends as shares of it."""

    low: float
    high: float
    slopes: np.ndarray
    """Integral of the gradient along it, float32 with the sample's shape."""
    gap: float
    """What the slopes add, less the difference of the scores at both ends."""


def integrated_gradients(command: Explain, network: Network, settings: IntegratedGradients) -> Answering:
    """The picture is float32 with the input's spatial shape, in the units of the score, summed over channels.

    Numbers: "baseline", the score of the empty sample; "gap", how far the sum of the picture is from the difference of
    both scores, as a share of it; "samples", how many steps were taken.
    """
    require_gradients("Integrated gradients")
    inputs = network.sample(command.sample)
    aim = aim_at(command.target, network, inputs)
    way = _Way(network, aim, empty(inputs, settings.baseline), inputs)
    yield from way.go(settings.steps, command.request)
    numbers = {**aim.numbers, "baseline": way.scores[0.0], "gap": way.gap, "samples": float(way.steps)}
    return Explained(command.request, command.method, command.block, aim.target, network.trained, way.picture, numbers)


class _Way:
    """The straight way from an empty sample to another one, (1, ...) each, walked as far as is needed."""

    def __init__(self, network: Network, aim: Aim, start: np.ndarray, end: np.ndarray) -> None:
        self._network, self._aim = network, aim
        self._start, self._way = start, end - start
        self._stretches: list[_Stretch] = []
        ends = plain(aim(passed(network, np.concatenate([start, end])))).tolist()
        self.scores: dict[float, float] = dict(zip((0.0, 1.0), ends, strict=True))
        """Score at ends of stretches."""
        self.steps = 0

    @property
    def picture(self) -> np.ndarray:
        """What each place adds, as far as the way is walked; each value of a vector is a place."""
        total = np.zeros(self._way.shape[1:])
        for stretch in self._stretches:
            total += stretch.slopes
        added = total * self._way[0]
        made: np.ndarray = (added.sum(axis=-1) if added.ndim > 1 else added).astype("float32")
        return made

    @property
    def gap(self) -> float:
        """As a share of the difference, or of the sum where the difference is next to nothing."""
        missing = sum(stretch.gap for stretch in self._stretches)
        return abs(missing) / self._scale

    @property
    def _scale(self) -> float:
        wanted = abs(self.scores[1.0] - self.scores[0.0])
        return max(wanted, 1e-6 * max(1.0, *map(abs, self.scores.values())))

    def go(self, steps: int, request: int) -> Iterator[ExplanationProgress]:
        """Walk it in about so many steps, fewer where they are enough."""
        count = max(2, steps // (8 * _NODES))
        wanted = list(zip(np.linspace(0, 1, count + 1)[:-1], np.linspace(0, 1, count + 1)[1:], strict=True))
        while wanted:
            for part in portions(self._network.program, len(wanted), max(1, 64 // (_NODES + 1))):
                self._stretches += self._walked(wanted[part])
                yield ExplanationProgress(request, min(self.steps, steps), steps, self.picture)
            wanted = self._halves(steps)

    def _halves(self, steps: int) -> list[tuple[float, float]]:
        """Take out the stretches that miss the most, and give their halves."""
        room = (steps - self.steps) // (2 * _NODES)
        missing = sum(abs(stretch.gap) for stretch in self._stretches)
        if room < 1 or missing <= _ENOUGH * self._scale:
            return []
        worst = sorted(self._stretches, key=lambda stretch: -abs(stretch.gap))[: min(room, _TOGETHER)]
        chosen = [stretch for stretch in worst if abs(stretch.gap) >= abs(worst[0].gap) / 4]
        self._stretches = [stretch for stretch in self._stretches if stretch not in chosen]
        middles = [(stretch.low, (stretch.low + stretch.high) / 2, stretch.high) for stretch in chosen]
        return [pair for low, middle, high in middles for pair in ((low, middle), (middle, high))]

    def _walked(self, pairs: Sequence[tuple[float, float]]) -> list[_Stretch]:
        """These stretches; the score at the end of each is taken in the same pass."""
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        inner = (nodes + 1) / 2
        places = np.array([[*(low + (high - low) * inner), high] for low, high in pairs])
        along = places.reshape(-1, *(1,) * (self._way.ndim - 1))
        scores, slopes = _scored(self._network, self._aim, (self._start + along * self._way).astype("float32"))
        scores, slopes = scores.reshape(len(pairs), -1), slopes.reshape(len(pairs), _NODES + 1, *self._way.shape[1:])
        for (_, high), last in zip(pairs, scores[:, -1], strict=True):
            self.scores.setdefault(high, float(last))
        self.steps += _NODES * len(pairs)
        return [self._stretch(pair, slope[:_NODES], weights / 2) for pair, slope in zip(pairs, slopes, strict=True)]

    def _stretch(self, ends: tuple[float, float], slopes: np.ndarray, weights: np.ndarray) -> _Stretch:
        low, high = ends
        integral = np.tensordot(weights * (high - low), slopes.astype("float64"), axes=1)
        gap = float((integral * self._way[0]).sum()) - (self.scores[high] - self.scores[low])
        return _Stretch(low, high, integral.astype("float32"), gap)


def _scored(network: Network, aim: Aim, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The score of each sample (n,), and its gradient on the sample (n, ...)."""
    x = tensorflow.constant(inputs)
    with tensorflow.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(x)
        scores = aim(passed(network, x))
    found = gradient(scores, x, tape)
    return plain(scores), np.zeros_like(inputs) if found is None else found
