"""What an axis shows: a piece of a scale, linear or logarithmic, that is zoomed and moved by shares of its length."""

from __future__ import annotations

import math
from dataclasses import dataclass

NARROWEST, WIDEST = 1e-4, 4.0
"""How far one may zoom in and out, as shares of the whole."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `low` to `high`. On a logarithmic scale both are above zero, and equal lengths are equal ratios."""

    low: float
    high: float
    log: bool = False

    @property
    def length(self) -> float:
        """In units of the scale: decades where it is logarithmic."""
        return self._on_scale(self.high) - self._on_scale(self.low)

    def at(self, share: float) -> float:
        """The value at that share of the length, 0 at the low end."""
        return self._value(self._on_scale(self.low) + share * self.length)

    def share(self, value: float) -> float:
        """Where the value lies, 0 at the low end and 1 at the high one; NaN for what has no place on the scale."""
        if self.log and value <= 0:
            return math.nan
        return (self._on_scale(value) - self._on_scale(self.low)) / self.length

    def zoomed(self, factor: float, around: float, whole: Span) -> Span:
        """`factor` times as much of the scale; the value at the share `around` stays where it is."""
        wanted = min(WIDEST * whole.length, max(NARROWEST * whole.length, factor * self.length))
        real = wanted / self.length
        return self.piece(around * (1 - real), around + (1 - around) * real)

    def moved(self, share: float) -> Span:
        """As long, further up by that share of the length."""
        return self.piece(share, 1 + share)

    def piece(self, start: float, end: float) -> Span:
        """From one share of the length to another; the same where numbers are too coarse to tell the two apart."""
        made = Span(self.at(min(start, end)), self.at(max(start, end)), self.log)
        tellable = made.high - made.low > 1e-12 * max(abs(made.low), abs(made.high))
        return made if math.isfinite(made.low) and math.isfinite(made.high) and tellable else self

    def _on_scale(self, value: float) -> float:
        return math.log10(value) if self.log else value

    def _value(self, place: float) -> float:
        if not self.log:
            return place
        return math.pow(10.0, min(300.0, max(-300.0, place)))
