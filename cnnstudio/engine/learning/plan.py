"""How the steps of a run are computed on this machine: what was chosen, and in which words it is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides how fast steps are, and to which rounding; part of a checkpoint."""

    steps_per_call: int = 1
    """Steps that one call of the compiled function takes; it does not change what comes out."""

    def plain(self) -> dict[str, Any]:
        """JSON-ready values."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Plan:
        """The plan that `plain` has written. Raises TypeError for anything else."""
        return cls(**plain)

    @property
    def words(self) -> str:
        """The plan in a few words, for the person."""
        return f"{self.steps_per_call} steps a call" if self.steps_per_call > 1 else "one step a call"
