"""Where a window's questions for trials come in, and from where they are answered."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from cnnstudio.core.formats.files import FileError, read_experiment
from cnnstudio.engine import held
from cnnstudio.engine.trials.preflight import estimate, preflight
from cnnstudio.engine.trials.rates import find_rate
from cnnstudio.engine.trials.trial import TrialError
from cnnstudio.wire.messages import Failed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.experiment import Experiment
    from cnnstudio.engine.trials.trial import Check
    from cnnstudio.wire.messages import CancelTrial, Event, FindRate, GetPreflight


class Trials:
    """Answers what a window asks to be tried. `cancel` may be called from any thread, the others from one at a time."""

    def __init__(self, put: Callable[[Event], None], has_time: Callable[[], bool]) -> None:
        """`has_time`: whether nothing more urgent waits, as a run does."""
        self._put = put
        self._has_time = has_time
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()

    def cancel(self, command: CancelTrial) -> None:
        """End the trial that answers this request, also one that has not begun."""
        with self._lock:
            self._cancelled.add(command.request)

    def preflight(self, command: GetPreflight) -> None:
        """Answer GetPreflight."""
        self._answer(
            command, lambda experiment, check: preflight(experiment, command.request, check, measure=command.measure)
        )

    def estimate(self, command: GetPreflight) -> None:
        """Answer GetPreflight while a run is under way: whatever can be said without computing."""
        self._answer(command, lambda experiment, check: estimate(experiment, command.request), meanwhile=True)

    def find_rate(self, command: FindRate) -> None:
        """Answer FindRate."""
        self._answer(command, lambda experiment, check: find_rate(experiment, command, self._put, check))

    def refuse(self, command: FindRate) -> None:
        """Answer FindRate while a run is under way."""
        self._put(Failed(command.request, "Rates cannot be tried while a run is under way: wait until it has ended."))

    def _answer(
        self,
        command: GetPreflight | FindRate,
        work: Callable[[Experiment, Check], Event],
        *,
        meanwhile: bool = False,
    ) -> None:
        def check() -> None:
            self._refuse_to_go_on(command.request, meanwhile=meanwhile)

        try:
            check()
            answer = work(read_experiment(command.experiment, "The experiment"), check)
        except FileError as error:
            answer = Failed(command.request, str(error))
        except TrialError as error:
            answer = Failed(command.request, error.message, error.details)
        with self._lock:
            self._cancelled.discard(command.request)
        if not meanwhile:
            held.give_back()  # before a run takes its own
        self._put(answer)

    def _refuse_to_go_on(self, request: int, *, meanwhile: bool) -> None:
        with self._lock:
            cancelled = request in self._cancelled
        if cancelled:
            raise TrialError("The trial was cancelled.")
        if not meanwhile and not self._has_time():
            raise TrialError("A run has begun, so the trial was ended.")
