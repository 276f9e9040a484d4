"""What is told of the network that is inspected: whose weights they are, and what does not work at the moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cnnstudio.app.format import counted
from cnnstudio.app.runs.columns import state_words

if TYPE_CHECKING:
    from cnnstudio.app.inspect.networks import Networks
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.wire.run_state import RunState


class Told(NamedTuple):
    """A line, and the whole of it with what can be done."""

    text: str
    tip: str
    tone: str = "muted"
    needs_worker: bool = False
    """Whether a new worker has to be started by hand."""


def told_of(networks: Networks, subject: Subject | None, state: RunState, worker: WorkerClient) -> Told:
    """The line for this network as things stand."""
    if networks.problem:
        return Told(networks.problem, f"{networks.problem} Choose another network.", "error")
    if subject is None:
        return Told("", "")
    if worker.state in ("lost", "stopped"):
        still = "The timeline of a run is still replayed." if subject.folder else "Nothing can be computed without it."
        return Told("Worker ended", f"The worker has ended. {still}", "warning", needs_worker=True)
    text, tip = _weights(networks, subject, state)
    if worker.state == "starting":
        return Told(f"{text}; the worker loads", f"{tip} The worker is loading: what it computes appears then.")
    return Told(text, tip)


def _weights(networks: Networks, subject: Subject, state: RunState) -> tuple[str, str]:
    if subject.active:
        now = "" if state.epoch < 1 else f", epoch {state.epoch:,} of {state.epochs:,}"
        word = {"paused": "Paused", "pausing": "Pausing", "stopping": "Stopping"}.get(state.phase, "Training")
        return f"{word}{now}", f"{word}{now}. What is shown follows the run."
    if not subject.folder:
        if subject.experiment.weights:
            return "Imported weights", "The design with the weights that it was imported with."
        return "Untrained", "The weights that training would start from. Press Train (F5), or choose a run."
    if not subject.directory:
        return "No weights were kept", "The run ended before it kept weights: these are those that it started from."
    summary = networks.summary
    if summary is None:
        return "Trained", "The last weights of the run."
    epochs = counted(summary.record.epochs_done, "epoch")
    word = state_words(summary)
    return f"{word}, {epochs}", f"{word} after {epochs}. These are the last weights of the run."
