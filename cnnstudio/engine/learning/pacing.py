"""How many steps one call takes: as many as fill the time for which nobody minds waiting."""

from __future__ import annotations

_SECONDS = 0.075
"""Of a call: what starts it no longer matters, and pause, stop and live views are still prompt."""
_GROWTH = 4
"""At most so many times as many steps as in the call before: the first ones take longer than those after them."""


class Pacing:
    """Follows how long calls take."""

    def __init__(self, steps: int = 1, most: int | None = None) -> None:
        """`most`: steps whose samples can be made ready at once."""
        self._most = most
        self.steps = max(1, steps if most is None else min(steps, most))
        """That the next call may take."""

    def took(self, steps: int, seconds: float) -> None:
        """A call of so many steps took so long."""
        fitting = int(_SECONDS / max(seconds / steps, 1e-6))
        most = _GROWTH * self.steps if self._most is None else min(_GROWTH * self.steps, self._most)
        self.steps = max(1, min(fitting, most))
