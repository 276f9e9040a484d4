"""How the steps of a run are computed on this machine: what was chosen, and in which words it is told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides how fast steps are, and to which rounding; part of a checkpoint."""

    steps_per_call: int = 1
    """Steps that one call of the compiled function takes; it does not change what comes out."""
    halves: bool | None = False
    """Whether each batch goes through the network in two halves side by side; None until both have been timed."""
    tried: bool = False
    """Whether the first steps of the run learn in whole batches and then in halves, whatever is chosen after them."""
    fused: bool = False
    """Whether weights change in one operation each. Told only: it follows from the optimizer."""
    threads: int = 0
    """Threads of one operation, 0 for all cores. Told only: it is settled before anything is computed."""

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
        batches = {True: "batches in two halves", False: "whole batches", None: "whole batches beside halves, on trial"}
        said = [batches[self.halves]]
        if self.steps_per_call > 1:
            said.append(f"{self.steps_per_call:,} steps a call")
        if self.fused:
            said.append("fused updates")
        if self.threads:
            said.append(f"{self.threads} thread{'s' if self.threads > 1 else ''} an operation")
        return ", ".join(said)
