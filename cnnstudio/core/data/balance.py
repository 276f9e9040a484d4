"""Whether the classes of data have about as many samples each."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_TIMES = 3
"""Beyond this ratio of the most frequent to the rarest class, classes are called unbalanced."""


UNBALANCED = "The classes are out of balance"
"""How a finding of a scan that says the same begins."""


def imbalance(names: Sequence[str], counts: Sequence[int]) -> str:
    """One sentence where the most frequent class has more than MOST_TIMES the samples of the rarest; "" otherwise.

    Classes without any sample are another matter, which the scan tells of.
    """
    present = [(n, name) for n, name in zip(counts, names, strict=True) if n > 0]
    if len(present) < 2:
        return ""
    (rarest, rare), (most, frequent) = min(present), max(present)
    if most <= MOST_TIMES * rarest:
        return ""
    return f"Unbalanced: “{frequent}” is {most / rarest:,.1f} times as frequent as “{rare}”."
