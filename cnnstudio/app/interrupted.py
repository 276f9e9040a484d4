"""Runs that broke off with the window or the computer: which of them is offered for going on at the next start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnnstudio.app.format import count

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cnnstudio.core.formats.run_index import RunSummary


@dataclass(frozen=True)
class Interrupted:
    """The latest run that broke off and can go on; its text is the sentence for the person."""

    run: RunSummary
    others: int = 0
    """How many more there are."""

    def __str__(self) -> str:
        record = self.run.record
        started = self.run.started
        when = f" of {started.strftime('%d %B, %H:%M')}" if started is not None else ""
        place = f"after {count(record.epochs_done)} of {count(record.epochs)} epochs"
        were = "was" if self.others == 1 else "were"
        more = "" if not self.others else f" So {were} {count(self.others)} more: see Runs."
        return f"The run “{self.run.title}”{when} was interrupted {place}; it can go on where it was.{more}"


def find_interrupted(runs: Iterable[RunSummary], declined: Collection[str]) -> Interrupted | None:
    """The latest of the runs that were interrupted and can go on, without those that the person left; None for none."""
    found = [r for r in runs if r.status == "INTERRUPTED" and r.can_resume and r.id not in declined]
    if not found:
        return None
    latest = max(found, key=lambda run: (run.record.started, run.id))
    return Interrupted(latest, len(found) - 1)
