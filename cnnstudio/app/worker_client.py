"""The window's end of the worker: starts it, speaks with it over private pipes, and outlives it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from cnnstudio.app.child_environment import child_environment
from cnnstudio.app.worker_end import WorkerEnd
from cnnstudio.wire.framing import FrameError, FrameReader, decode_event, encode
from cnnstudio.wire.messages import (
    PROTOCOL,
    Command,
    Decoded,
    EffectiveField,
    Event,
    Exciting,
    Explained,
    Exported,
    ExportRun,
    Failed,
    Hello,
    Judgements,
    Kernels,
    Maps,
    Pinned,
    Preflight,
    Previews,
    RateFound,
    ResumeRun,
    RunEnded,
    RunFailed,
    Samples,
    Scanned,
    ShiftResponse,
    StartRun,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Answer: TypeAlias = Callable[[Event], None]

QUIET_MS = 8_000
"""Without a sign of life for so long, a worker that was ready is said not to answer: heartbeats come every second."""
LOADING_MS = 120_000
"""TensorFlow loads in 4 to 6 seconds; on a cold disk it may take a minute."""
STOP_MS = 3_000
"""How long a worker may take to finish its batch and write its files before it is ended."""
MAX_FAILED_STARTS = 2
_STDERR_KEPT = 20_000
_OF_NETWORKS = Explained | Exciting | Judgements | Kernels | Pinned | ShiftResponse
_ANSWERS = (
    Samples | Scanned | Exported | Previews | Maps | EffectiveField | Decoded | Preflight | RateFound | Failed
    | _OF_NETWORKS
)  # fmt: skip
"""Events that end a request."""


class WorkerClient(QObject):
    """Keeps one worker running. When it dies unasked, `lost` says why and a new one is started."""

    received = Signal(object)
    """Every event that arrives; `event` would hide a method of QObject. Of lossy ones that arrive together only the
    latest is passed on."""
    state_changed = Signal(str)
    """"starting", "ready", "busy" (with a run), "lost" (gone, and no new one started) or "stopped"."""
    lost = Signal(str)
    """The worker died unasked: the sentence why. `details` has the end of its stderr."""
    quiet = Signal(str)
    """A worker that is alive gives no sign of life: the sentence to show; "" once it does again."""

    def __init__(self, parent: QObject | None = None, command: Sequence[str] = ()) -> None:
        super().__init__(parent)
        self._command = tuple(command) or (sys.executable, "-P", "-m", "cnnstudio.engine")
        self._process: QProcess | None = None
        self._reader: FrameReader[Event] = FrameReader(decode_event)
        self._state = "stopped"
        self._hello: Hello | None = None
        self._stderr = ""
        self._answers: dict[int, Answer | None] = {}
        self._exports: set[int] = set()
        """Requests for an export that wait for their answer."""
        self._last_request = 0
        self._failed_starts = 0
        self._is_quiet = False
        self._was_dismissed = False
        self._has_run = False
        self._is_outdated = False
        self._watch = QTimer(self)
        self._watch.setSingleShot(True)
        self._watch.timeout.connect(self._say_quiet)

    @property
    def state(self) -> str:
        """See `state_changed`."""
        return self._state

    @property
    def hello(self) -> Hello | None:
        """What the worker said of itself; None until it is ready."""
        return self._hello

    @property
    def details(self) -> str:
        """The end of the worker's stderr, for a report."""
        return self._stderr

    @property
    def will_restart(self) -> bool:
        """Whether a worker that dies is replaced at once: not when it could not be started or died twice at start."""
        return self._failed_starts < MAX_FAILED_STARTS

    @property
    def is_outdated(self) -> bool:
        """Whether the last worker was of another version, so that only a restart of the studio helps."""
        return self._is_outdated

    @property
    def is_quiet(self) -> bool:
        """Whether the worker is alive and gives no sign of life."""
        return self._is_quiet

    @property
    def pid(self) -> int:
        """Process id of the worker, 0 when there is none."""
        return self._process.processId() if self._process is not None else 0

    def start(self) -> None:
        """Start the worker if there is none. Returns at once."""
        if self._process is not None:
            return
        self._hello = None
        self._stderr = ""
        self._reader = FrameReader(decode_event)
        process = QProcess(self)
        process.setProcessEnvironment(child_environment())
        process.readyReadStandardOutput.connect(self._read)
        process.readyReadStandardError.connect(self._read_stderr)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._failed_to_start)
        self._process = process
        self._enter("starting")
        self._watch.start(LOADING_MS)
        process.start(self._command[0], list(self._command[1:]))

    def send(self, command: Command) -> None:
        """Send a command; one to a worker that is still loading waits in its pipe. Starts a worker if there is none.

        Raises FrameError for a message larger than a frame may be.
        """
        frame = encode(command)
        if self._process is None:
            self._failed_starts = 0
            self.start()
        if self._process is not None:
            self._process.write(frame)
            if isinstance(command, StartRun | ResumeRun):
                self._has_run = True
                if self._hello is not None:
                    self._enter("busy")

    def request(self, make: Callable[[int], Command], answer: Answer | None = None) -> int:
        """Send the command that `make` makes for a fresh request id, and return that id.

        The answer arrives as an event with this id, and at `answer` if it is given. A worker that dies answers
        `Failed`. `answer` should be a bound method of a living object.
        """
        self._last_request += 1
        number = self._last_request
        self._answers[number] = answer
        command = make(number)
        if isinstance(command, ExportRun):
            self._exports.add(number)
        self.send(command)
        return number

    def end(self) -> None:
        """End a worker that does not answer, at once. It counts as lost, so a new one is started."""
        if self._process is not None:
            self._was_dismissed = True
            self._process.kill()

    def stop(self) -> None:
        """End the worker: it may finish its batch or export, but not for long. Blocks until it is gone."""
        process = self._process
        self._watch.stop()
        if process is not None:
            self._dismiss(process)
            self._process = None
            process.deleteLater()
        self._answers.clear()
        self._exports.clear()
        self._enter("stopped")

    def _dismiss(self, process: QProcess) -> None:
        """End the process without another word from it. Blocks until it is gone."""
        process.finished.disconnect(self._finished)
        process.errorOccurred.disconnect(self._failed_to_start)
        process.readyReadStandardOutput.disconnect(self._read)
        process.closeWriteChannel()
        if not self._writes() or not process.waitForFinished(STOP_MS):
            process.kill()
        process.waitForFinished(STOP_MS)

    def _writes(self) -> bool:
        """Whether the worker may be writing a file that should not be cut short."""
        return self._state == "busy" or bool(self._exports)

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _read(self) -> None:
        process = self._process
        if process is None:
            return
        events: list[Event] = []
        error: FrameError | None = None
        try:
            events.extend(self._reader.feed(bytes(process.readAllStandardOutput().data())))
        except FrameError as wrong:
            error = wrong
        if events:
            self._sign_of_life()
        for event in _latest(events):
            self._take(event)
        if error is not None and self._process is process:
            self._stderr += f"\n{error}"
            process.kill()

    def _take(self, event: Event) -> None:
        if isinstance(event, Hello) and not self._greet(event):
            return
        if isinstance(event, RunEnded | RunFailed):
            self._has_run = False
            self._enter("ready")
        self.received.emit(event)
        if isinstance(event, _ANSWERS):
            self._exports.discard(event.request)
            answer = self._answers.pop(event.request, None)
            if answer is not None:
                answer(event)

    def _greet(self, hello: Hello) -> bool:
        if hello.protocol != PROTOCOL:
            if self._process is not None:
                self._dismiss(self._process)
            self._ended(WorkerEnd(is_outdated=True))
            return False
        self._hello = hello
        self._failed_starts = 0
        self._enter("busy" if self._has_run else "ready")
        return True

    def _sign_of_life(self) -> None:
        self._watch.start(QUIET_MS)
        self._speak_again()

    def _speak_again(self) -> None:
        if self._is_quiet:
            self._is_quiet = False
            self.quiet.emit("")

    def _say_quiet(self) -> None:
        self._is_quiet = True
        if self._hello is None:
            self.quiet.emit("TensorFlow has been loading for two minutes; the disk may be slow.")
        else:
            seconds = round(QUIET_MS / 1000)
            self.quiet.emit(
                f"The worker has not answered for {seconds} seconds: something holds it, or the computer is short of "
                "memory."
            )

    def _read_stderr(self) -> None:
        if self._process is not None:
            text = bytes(self._process.readAllStandardError().data()).decode(errors="replace")
            self._stderr = (self._stderr + text)[-_STDERR_KEPT:]

    def _failed_to_start(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._ended(WorkerEnd(start_error=self._process.errorString(), said_hello=False))

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_stderr()
        crashed = status == QProcess.ExitStatus.CrashExit
        self._ended(
            WorkerEnd(
                signal=code if crashed else 0,
                code=0 if crashed else code,
                was_dismissed=self._was_dismissed,
                said_hello=self._hello is not None,
                stderr=self._stderr,
            )
        )

    def _ended(self, end: WorkerEnd) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.deleteLater()
        self._watch.stop()
        self._has_run = False
        self._speak_again()
        self._exports.clear()
        hopeless = bool(end.start_error) or end.is_outdated
        self._is_outdated = end.is_outdated
        self._was_dismissed = False
        self._failed_starts = MAX_FAILED_STARTS if hopeless else self._failed_starts + (not end.said_hello)
        self._hello = None
        self._enter("lost")
        self.lost.emit(str(end))
        pending, self._answers = self._answers, {}
        for number, answer in pending.items():
            failed = Failed(number, str(end), self._stderr)
            self.received.emit(failed)
            if answer is not None:
                answer(failed)
        if self._process is None and self.will_restart:
            self.start()


def _latest(events: Iterable[Event]) -> list[Event]:
    """The events without lossy ones that a later one of their type and lane replaces."""
    kept: list[Event] = []
    seen: set[tuple[type[Event], str]] = set()
    for event in reversed(list(events)):
        key = (type(event), event.lane)
        if not event.lossy or key not in seen:
            kept.append(event)
        seen.add(key)
    kept.reverse()
    return kept
