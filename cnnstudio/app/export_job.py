"""An export in the worker: asked for once, told of stage by stage, ended when nobody wants it any more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from cnnstudio.wire.framing import FrameError
from cnnstudio.wire.messages import CancelQuestion, Exported, ExportProgress, ExportRun, Failed

if TYPE_CHECKING:
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.exporting import Wish
    from cnnstudio.wire.messages import Command, Event

CANCELLED = "The export was cancelled; nothing was written."


@dataclass(frozen=True)
class Order:
    """What is to be written, and whose network it is."""

    wish: Wish
    directory: str = ""
    """Folder of the run; "" for the network of `experiment`."""
    experiment: str = ""
    """JSON text."""
    weights: str = "last"
    """Of a run: "last" or "best"."""


class ExportJob(QObject):
    """The one export of a window. It goes on when the dialog is closed."""

    changed = Signal()
    """It has come further, or will end."""
    ended = Signal(object)
    """Exported, or Failed with the sentence."""

    def __init__(self, worker: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._request = 0
        self._reset(None)
        worker.received.connect(self._hear)
        worker.state_changed.connect(self._follow)

    def _reset(self, order: Order | None) -> None:
        self.order = order
        """Of the export under way, or of the last one."""
        self.progress: ExportProgress | None = None
        """The latest the worker has said of it; None before it began."""
        self.ending = False
        """Whether it was cancelled and the worker still has to come to the end of a stage."""

    @property
    def under_way(self) -> bool:
        """Whether an answer is waited for."""
        return bool(self._request)

    @property
    def would_wait(self) -> bool:
        """Whether the worker trains, so that an export begins only when the run is over."""
        return self._worker.state == "busy"

    @property
    def waits_for_run(self) -> bool:
        """Whether the export under way is one that waits so."""
        return self.under_way and self.progress is None and self.would_wait

    def start(self, order: Order) -> None:
        """Ask for it, of a new worker where the last one has ended. One at a time."""
        if self.under_way:
            return
        self._reset(order)

        def made(number: int) -> Command:
            self._request = number
            wish = order.wish
            return ExportRun(
                number, order.directory, wish.format, str(wish.path), order.experiment,
                quantise=wish.quantise, weights=order.weights, example=wish.example,
            )  # fmt: skip

        try:
            self._worker.request(made, self._take)
        except FrameError as error:
            self._end(Failed(self._request, str(error)))
        else:
            self.changed.emit()

    def cancel(self) -> None:
        """Let nothing be written. What has not begun ends at once, the rest between two stages."""
        if not self.under_way or self.ending:
            return
        self._worker.send(CancelQuestion(self._request))
        if self.progress is None:
            self._end(Failed(self._request, CANCELLED))
            return
        self.ending = True
        self.changed.emit()

    def _follow(self, state: str) -> None:
        self.changed.emit()

    def _hear(self, event: object) -> None:
        if isinstance(event, ExportProgress) and event.request == self._request:
            self.progress = event
            self.changed.emit()

    def _take(self, event: Event) -> None:
        if isinstance(event, Exported | Failed) and event.request == self._request:
            self._end(event)

    def _end(self, event: Exported | Failed) -> None:
        self._request = 0
        self.ending = False
        self.ended.emit(event)


def was_cancelled(event: Exported | Failed) -> bool:
    """Whether it ended because the person wanted it to."""
    return isinstance(event, Failed) and event.message == CANCELLED


def shown_path(order: Order | None) -> Path:
    """Where the file of an export lies."""
    return order.wish.path if order is not None else Path()
