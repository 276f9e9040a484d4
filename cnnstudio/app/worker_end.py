"""How a worker ended, as a value whose text is the sentence for the person."""

from __future__ import annotations

import signal
from dataclasses import dataclass

_SIGNALS = {
    "SIGKILL": "the system or someone ended it, most often because memory ran out: "
    "try a smaller batch size or a smaller network",
    "SIGTERM": "someone asked it to end",
    "SIGINT": "someone interrupted it",
    "SIGSEGV": "it reached for memory that is not its own, a fault in a library",
    "SIGBUS": "it reached for memory that is not there, a fault in a library or a full disk",
    "SIGABRT": "a library gave up, often because memory ran out",
    "SIGFPE": "a library divided by zero",
    "SIGILL": "this processor lacks an instruction that TensorFlow was built for",
}


@dataclass(frozen=True, slots=True)
class WorkerEnd:
    """What the system said of a worker that ended unasked."""

    signal: int = 0
    """The signal that ended it, 0 for none."""
    code: int = 0
    """Its exit code, where no signal ended it."""
    start_error: str = ""
    """Why the process could not be started at all."""
    was_dismissed: bool = False
    """Whether the person ended it, since it did not answer."""
    is_outdated: bool = False
    """Whether it speaks another protocol, so that it was sent away: the files of the studio have changed."""
    said_hello: bool = True
    """Whether it had been ready before."""
    stderr: str = ""
    """The end of what it wrote to stderr."""

    def __str__(self) -> str:
        if self.is_outdated:
            return "CNN Studio was updated while it was open: save your work and restart it."
        if self.start_error:
            return f"The worker could not be started: {self.start_error}."
        if self.was_dismissed:
            return "The worker did not answer any more and was ended."
        if self.signal:
            name = _signal_name(self.signal)
            reason = _SIGNALS.get(name, "the system says no more")
            return f"The worker ended without warning ({name}): {reason}."
        when = "" if self.said_hello else " before it was ready"
        if self.code == 0:
            return f"The worker ended{when}, without an error."
        last = _last_line(self.stderr)
        end = "" if last.endswith((".", "?", ")")) else "."
        return f"The worker ended{when} with exit code {self.code}{f': {last}' if last else ''}{end}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""
