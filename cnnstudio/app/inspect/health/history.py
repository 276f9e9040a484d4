"""The numbers of a run's blocks over its moments: what the Health tab draws, and what they mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from cnnstudio.app.features.layer_maps import number
from cnnstudio.core.formats.vitals import BINS, NORMS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
VANISHED = 1e-3
"""A block's gradient is small where it is, against its weights, less than so many times that of the strongest block."""
EXPLODED = 1e3
"""Norm of the gradients of one block from which on steps can hardly be of use."""
DEAD = 0.5
"""Share of channels without any value, from which on it is said."""


@dataclass(frozen=True)
class Vital:
    """What one moment tells of one block."""

    norms: Floats
    """(len(NORMS),)."""
    histograms: Mapping[str, Floats] = field(default_factory=dict)
    """By what they are of: (2 + BINS,), see `core.formats.vitals`."""


@dataclass(frozen=True)
class History:
    """The moments at which a run was measured, in order."""

    steps: tuple[int, ...] = ()
    blocks: tuple[str, ...] = ()
    """In the order of the flow."""
    vitals: tuple[Mapping[str, Vital], ...] = ()
    """Block -> what each moment tells of it."""

    def line(self, block: str, norm: str) -> Floats:
        """One of the NORMS of a block at each step, NaN where it was not measured."""
        at = NORMS.index(norm)
        return np.array([v[block].norms[at] if block in v else np.nan for v in self.vitals], np.float32)

    def spread(self, block: str, what: str, rows: int = BINS) -> tuple[Floats, float, float]:
        """Shares (rows, steps) of values by size, the largest first, with the lowest and the highest size.

        All columns share one scale; a column without a histogram is NaN. Empty (0, 0) where there is none at all.
        """
        given = [v[block].histograms.get(what) if block in v else None for v in self.vitals]
        known = [g for g in given if g is not None and g[2:].sum() > 0]
        if not known:
            return np.zeros((0, 0), np.float32), 0.0, 0.0
        low, high = float(min(g[0] for g in known)), float(max(g[1] for g in known))
        if not low < high:
            low, high = low - 0.5, high + 0.5
        columns = [np.full(rows, np.nan, np.float32) if g is None else _onto(g, low, high, rows) for g in given]
        return np.stack(columns, axis=1)[::-1], low, high

    @property
    def has_weights(self) -> tuple[str, ...]:
        """The blocks that learn."""
        at = NORMS.index("weights")
        return tuple(b for b in self.blocks if any(b in v and v[b].norms[at] > 0 for v in self.vitals))


def _onto(histogram: Floats, low: float, high: float, rows: int) -> Floats:
    """The shares of a histogram in `rows` equal parts of another range that holds it."""
    counts = histogram[2:].astype(np.float64)
    total = counts.sum()
    if total <= 0:
        return np.full(rows, np.nan, np.float32)
    start, end = float(histogram[0]), float(histogram[1])
    if not start < end:
        start, end = start - 0.5, end + 0.5
    edges = np.linspace(start, end, len(counts) + 1)
    below = np.concatenate([[0.0], np.cumsum(counts)]) / total
    shares: Floats = np.diff(np.interp(np.linspace(low, high, rows + 1), edges, below)).astype(np.float32)
    return shares


@dataclass(frozen=True)
class Remark:
    """Something about a block that a person should know."""

    block: str
    sentence: str


def remarks(history: History) -> Sequence[Remark]:
    """What the latest moment with gradients says, worst first; () where all is well."""
    if not history.vitals:
        return ()
    latest = history.vitals[-1]
    slope, weight, dead = (NORMS.index(n) for n in ("gradients", "weights", "dead"))
    learning = [b for b in history.has_weights if b in latest]
    shares = {b: float(latest[b].norms[slope]) / max(1e-12, float(latest[b].norms[weight])) for b in learning}
    found = [
        Remark(b, f"The gradients of {b} explode: their norm is {number(float(latest[b].norms[slope]))}. "
               "Lower the learning rate, clip gradients, or normalise in front of it.")
        for b in learning if not latest[b].norms[slope] < EXPLODED
    ]  # fmt: skip
    strongest = max(shares, key=lambda b: shares[b], default="")
    if strongest and not found and shares[strongest] > 0:
        weak = [b for b in learning if shares[b] < VANISHED * shares[strongest]]
        found += [Remark(b, _vanishing(b, shares[b] / shares[strongest], strongest)) for b in weak]
    found += [
        Remark(b, f"{100 * latest[b].norms[dead]:.0f} % of the channels of {b} are 0 for every sample: they learn "
               "nothing. A lower learning rate or leaky ReLU can keep them alive.")
        for b in history.blocks if b in latest and latest[b].norms[dead] >= DEAD
    ]  # fmt: skip
    return found


def _vanishing(block: str, share: float, strongest: str) -> str:
    told = "nothing" if share <= 0 else f"1 in {1 / share:,.0f}"
    return (
        f"The gradients of {block} vanish: against its weights they are {told} of those of {strongest}. "
        "Use ReLU, normalisation or a skip connection on the way to it."
    )
