"""What others may ask of a run while it trains, from any thread, and how it says that it cannot go on."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.engine.explaining import Cancelled
    from cnnstudio.engine.looking.pinned import Pins
    from cnnstudio.wire.messages import (
        GetDecoded,
        GetEffectiveField,
        GetMaps,
        GetPreviews,
        NetworkQuestion,
        Sample,
        Watch,
        WatchPreviews,
    )

Question: TypeAlias = "GetPreviews | GetMaps | GetEffectiveField | GetDecoded | NetworkQuestion"
Asked: TypeAlias = "queue.SimpleQueue[Question]"
"""Questions about a design that came while a run was going on."""


class RunError(Exception):
    """A run cannot start or go on: one sentence for the person, and details for a report."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class PlaceError(RunError):
    """The run's folder or its disk is at fault, not the experiment."""

    def __init__(self, message: str, details: str = "", why: str = "", mend: str = "") -> None:
        super().__init__(message, details)
        self.why = why
        """What the system says, in its words."""
        self.mend = mend
        """What the person can do, as an order: "free some space"."""


class FolderTaken(PlaceError):
    """The folder holds a run already, maybe one that began at this moment."""


class Control:
    """Asks of one run. The training loop looks here after every batch; nobody waits for it."""

    def __init__(
        self,
        watches: Sequence[Watch] = (),
        previews: WatchPreviews | None = None,
        asked: Asked | None = None,
        cancelled: Cancelled | None = None,
        pins: Pins | None = None,
        kept: Sequence[Sample] = (),
    ) -> None:
        self._changed = threading.Condition()
        self._stopped = self._paused = False
        self.stops_with_epoch = False
        """Whether the run is to end with the epoch in progress."""
        self.abandoned = False
        """Whether nobody waits for the run's end any more: keep the weights, leave out the test."""
        self.watches = watches
        """The blocks and samples whose feature maps are sent, one for each view. Replaced as a whole."""
        self.previews = previews
        """The sample for which pictures of all blocks are sent; None for none. Replaced as a whole."""
        self._asked: Asked = queue.SimpleQueue() if asked is None else asked
        self.cancelled = cancelled
        """Requests among those asked that nobody waits for any more."""
        self.pins = pins
        """The samples of the person's own that may be watched and asked about."""
        self.kept = kept
        """The samples whose maps go into the timeline. Replaced as a whole."""
        self.steps_done = 0
        """Steps of training done so far; written by the training loop only."""

    @property
    def stopped(self) -> bool:
        """Whether the run is to end after the current batch."""
        return self._stopped

    @property
    def paused(self) -> bool:
        """Whether the run is to wait after the current batch."""
        return self._paused and not self._stopped

    def stop(self) -> None:
        """End the run after the current batch."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def stop_with_epoch(self) -> None:
        """End the run with the epoch in progress, or at once where it waits."""
        with self._changed:
            self.stops_with_epoch = True
            self._stopped = self._stopped or self._paused
            self._changed.notify_all()

    def abandon(self) -> None:
        """End the run after the current batch without measuring it: the window is gone."""
        self.abandoned = True
        self.stop()

    def pause(self) -> None:
        """Hold the run after the current batch."""
        with self._changed:
            self._paused = True

    def go_on(self) -> None:
        """Let a paused run go on."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait so long, or until a paused run is to go on or to end."""
        with self._changed:
            self._changed.wait_for(lambda: not self.paused, seconds)

    def take_asked(self) -> list[Question]:
        """What was asked since the last time."""
        taken = []
        while not self._asked.empty():  # only the training loop takes
            taken.append(self._asked.get())
        return taken
