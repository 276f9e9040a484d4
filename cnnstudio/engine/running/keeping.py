"""Holding a run: while the person wants it to wait, and while the disk does not take what has been learned."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from cnnstudio.engine.running.control import PlaceError
from cnnstudio.wire.messages import RunContinued, RunPaused

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.core.formats.run_folder import Status
    from cnnstudio.engine.running.checkpoints import RunFolder
    from cnnstudio.engine.running.clock import Clock
    from cnnstudio.engine.running.control import Control
    from cnnstudio.wire.messages import Event

_GLANCE_SECONDS = 0.05
"""How often a run that waits looks whether something was asked."""
_RETRY_SECONDS = 2.0
"""How often a run that waits for the disk tries again by itself."""


class Keeper:
    """Lets a run wait, with the truth on its record and on the wire."""

    def __init__(
        self,
        folder: RunFolder,
        run: str,
        emit: Callable[[Event], None],
        control: Control,
        clock: Clock,
        meanwhile: Callable[[], None],
    ) -> None:
        """`meanwhile` is called again and again while the run waits: what is looked at can still be looked at."""
        self._folder = folder
        self._run = run
        self._emit = emit
        self._control = control
        self._clock = clock
        self._meanwhile = meanwhile

    def stand(self) -> None:
        """Wait while the control says so. What the run needs to go on is on disk already."""
        if not self._control.paused:
            return
        with self._clock.standing():
            self.write(lambda: self._folder.update(status="PAUSED", seconds=self._clock.seconds))
            if self._control.paused:
                self._emit(RunPaused(self._run))
            while self._control.paused:
                self._glance()
            if not self._control.stopped:
                self.write(lambda: self._folder.update(status="RUNNING"))
                self._emit(RunContinued(self._run))

    def write(self, action: Callable[[], None]) -> None:
        """Do what writes into the run's folder; where the disk does not take it, hold the run until it does.

        The action may be done several times. Raises PlaceError where the run is to end: nobody would free the space.
        """
        try:
            action()
        except PlaceError as error:
            if self._control.stopped:
                raise
            with self._clock.standing():
                self._hold(action, error)

    def _hold(self, action: Callable[[], None], trouble: PlaceError) -> None:
        goes_on = not self._control.paused
        self._tell(trouble)
        due = time.monotonic() + _RETRY_SECONDS
        while True:
            self._glance()
            if self._control.stopped:
                raise trouble
            told = not self._control.paused
            if not told and time.monotonic() < due:
                continue
            goes_on = goes_on or told
            try:
                action()
            except PlaceError as error:
                trouble = error
                due = time.monotonic() + _RETRY_SECONDS
                if told:
                    self._tell(trouble)
                continue
            break
        if goes_on:
            self._control.go_on()
            self._record("RUNNING")
            self._emit(RunContinued(self._run))

    def _tell(self, trouble: PlaceError) -> None:
        self._control.pause()
        self._record("PAUSED")
        why = f'The run waits, because its folder "{self._folder.path}" cannot be written ({trouble.why})'
        self._emit(
            RunPaused(self._run, f"{why}: {trouble.mend}, and it goes on by itself. Nothing that was learned is lost.")
        )

    def _record(self, status: Status) -> None:
        """The record tells it as soon as it can be written; until then the run's folder says less than it could."""
        with contextlib.suppress(PlaceError):
            self._folder.update(status=status)

    def _glance(self) -> None:
        self._meanwhile()
        self._control.wait(_GLANCE_SECONDS)
