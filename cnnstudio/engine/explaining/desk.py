"""Where questions to a network come in, and how they are worked on: at one go, or between the steps of a run."""

from __future__ import annotations

import threading
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cnnstudio.engine import devices
from cnnstudio.engine.explaining.exciting import exciting
from cnnstudio.engine.explaining.judgements import judgements
from cnnstudio.engine.explaining.kernels import kernels
from cnnstudio.engine.explaining.methods import explain
from cnnstudio.engine.explaining.shifting import shift_response
from cnnstudio.engine.looking.previews import Replaced, check_that
from cnnstudio.engine.looking.sketch import SketchError
from cnnstudio.wire.messages import (
    Explain,
    Failed,
    FindExciting,
    GetJudgements,
    GetKernels,
    GetShiftResponse,
    NetworkQuestion,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.explaining.network import Answering, Network
    from cnnstudio.engine.looking.sketch import Sketches
    from cnnstudio.wire.messages import CancelQuestion, Event

ANSWERS: dict[type[NetworkQuestion], Callable[[Any, Network], Answering]] = {
    Explain: explain,
    FindExciting: exciting,
    GetShiftResponse: shift_response,
    GetKernels: kernels,
    GetJudgements: judgements,
}
"""Question -> the work on it. A new question is one line here, one type on the wire, and the work."""
_PROGRESS_SECONDS = 0.1
_CANCELLED = "The work was cancelled."


class Cancelled:
    """Requests that nobody waits for any more; asked and told from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: set[int] = set()

    def add(self, command: CancelQuestion) -> None:
        """Nobody waits for the answer to that request."""
        with self._lock:
            self._requests.add(command.request)

    def __contains__(self, request: int) -> bool:
        with self._lock:
            return request in self._requests


@dataclass
class Opened:
    """A question that is being worked on."""

    question: NetworkQuestion
    work: Answering
    put: Callable[[Event], None]
    cancelled: Cancelled
    _told: float = 0.0

    def go_on(self, seconds: float) -> bool:
        """Work for about so long; whether it is over, and answered."""
        until = time.perf_counter() + seconds
        try:
            while True:
                if self.question.request in self.cancelled:
                    raise SketchError(_CANCELLED)
                progress = next(self.work)
                now = time.perf_counter()
                if progress is not None and (progress.judged or now >= self._told + _PROGRESS_SECONDS):
                    self._told = now
                    self.put(progress)
                if now >= until:
                    return False
        except StopIteration as end:
            self.put(end.value)
        except SketchError as error:
            self.put(Failed(self.question.request, str(error)))
        except Exception as error:  # a look at a run must not end it
            self.put(unforeseen(self.question.request, type(self.question).__name__, error))
        return True


def unforeseen(request: int, what: str, error: Exception) -> Failed:
    """The answer to a request whose work ended in a way that nobody thought of."""
    first = (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
    return Failed(request, f"{what} failed unexpectedly: {first}.", "".join(traceback.format_exception(error)))


class Explaining:
    """Answers questions about designs between runs, on the thread that trains."""

    def __init__(
        self, sketches: Sketches, put: Callable[[Event], None], cancelled: Cancelled, has_time: Callable[[], bool]
    ) -> None:
        """`has_time`: whether nothing more urgent waits, as a run does."""
        self._sketches, self._put, self._cancelled = sketches, put, cancelled
        self._has_time = has_time

    def answer(self, question: NetworkQuestion) -> None:
        """Work on it to its end. Raises Replaced when something more urgent has come."""
        check = check_that(self._has_time)
        try:
            check()
            sketch = self._sketches.of(question.experiment, question.directory, check)
        except SketchError as error:
            self._put(Failed(question.request, str(error)))
            return
        with devices.scope(devices.devices()[0]):  # where the sketch lies: a GPU is left to training
            opened = Opened(question, ANSWERS[type(question)](question, sketch), self._put, self._cancelled)
            while not opened.go_on(_PROGRESS_SECONDS):
                if not self._has_time():
                    raise Replaced
