"""A run that this window trains, as its messages tell it: its record on disk lags some seconds behind."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import msgspec

from cnnstudio.core.metrics import all_defined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.core.formats.run_index import RunSummary
    from cnnstudio.wire.run_state import Phase, RunState

_STATUS: Mapping[Phase, Status] = {
    "starting": "RUNNING",
    "running": "RUNNING",
    "pausing": "RUNNING",
    "stopping": "RUNNING",
    "paused": "PAUSED",
    "finished": "FINISHED",
    "stopped": "STOPPED",
    "failed": "FAILED",
}


def is_of(state: RunState, run: RunSummary) -> bool:
    """Whether the state is that of this run."""
    return state.phase != "idle" and bool(state.directory) and state.directory == str(run.folder)


def as_it_stands(run: RunSummary, state: RunState) -> RunSummary:
    """The run with what the messages say: state, epochs, time, and the metrics of the last whole epoch.

    Once it is over the record has the last word, if it could be written: a run that was to go on and was refused is
    what it was before.
    """
    if not is_of(state, run):
        return run
    record = run.record
    if not state.active and not run.under_way:
        if run.status != "INTERRUPTED" or not state.message:
            return run
        return dataclasses.replace(run, record=msgspec.structs.replace(record, message=state.message))
    changed: dict[str, object] = {"message": state.message or state.reason or record.message}
    if state.epochs:  # the run has been set up
        changed |= {"epochs": state.epochs, "epochs_done": len(state.history), "seconds": state.seconds}
        changed |= {"params": state.params, "device": state.device, "plan": state.plan}
    if state.history:
        changed["metrics"] = all_defined(state.history[-1].metrics)
    if state.test:
        changed["test"] = all_defined(state.test)
    return dataclasses.replace(run, record=msgspec.structs.replace(record, **changed), status=_STATUS[state.phase])
