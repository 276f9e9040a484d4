"""A scan of a person's files, seen from the window: asked of the worker, followed, given up, answered once."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal

from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.declare import DeclarationError, from_plain
from cnnstudio.core.formats.files import FileError, read_source, write_source
from cnnstudio.wire.messages import CancelScan, Event, Failed, Scanned, ScanProgress, ScanSource

if TYPE_CHECKING:
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.facts import ScanReport

UNKNOWN = '{"kind": ""}'
"""In place of a source: the worker tells what lies there."""


@dataclass(frozen=True)
class Outcome:
    """What a scan came to."""

    source: FileSource
    """With its facts."""
    report: ScanReport
    preparation: Preparation
    """What suits these samples."""


class SourceScanner(QObject):
    """At most one scan at a time; another one ends it."""

    changed = Signal()
    """It began, went on or ended: see `active`, `place`, `done` and `total`."""
    scanned = Signal(object)
    """The Outcome."""
    failed = Signal(str, str)
    """Nothing came of it: the sentence and the details."""

    def __init__(self, worker: WorkerClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker = worker
        self._request: int | None = None
        self.place = ""
        """Folder or file that is looked through."""
        self.done = 0
        """Files looked at."""
        self.total = 0
        """Files to look at; 0 while they are being counted."""
        worker.received.connect(self._take_progress)
        worker.state_changed.connect(self._follow)

    @property
    def active(self) -> bool:
        """Whether a scan is under way."""
        return self._request is not None

    @property
    def is_waiting(self) -> bool:
        """Whether the worker that scans is still being started."""
        return self._worker.state == "starting"

    def begin(self, path: str, source: FileSource | None = None, *, fresh: bool = False) -> None:
        """Look through that place; as `source` says, or as what is found there."""
        self._give_up()
        self.place, self.done, self.total = path, 0, 0
        text = UNKNOWN if source is None else write_source(source)
        self._request = self._worker.request(
            functools.partial(ScanSource, source=text, path=path, fresh=fresh), self._take
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Give it up: nothing more is told of it."""
        if self.active:
            self._give_up()
            self.changed.emit()

    def _give_up(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            self._worker.send(CancelScan(request))

    def _take_progress(self, event: object) -> None:
        if isinstance(event, ScanProgress) and event.request == self._request:
            self.done, self.total = event.done, event.total
            self.changed.emit()

    def _take(self, event: Event) -> None:
        if not isinstance(event, Scanned | Failed) or event.request != self._request:
            return  # of a scan that was given up
        self._request = None
        self.changed.emit()
        if isinstance(event, Failed):
            self.failed.emit(event.message, event.details)
            return
        try:
            outcome = _outcome(event)
        except FileError as error:
            self.failed.emit(str(error), "")
        else:
            self.scanned.emit(outcome)

    def _follow(self) -> None:
        if self.active:
            self.changed.emit()


def _outcome(event: Scanned) -> Outcome:
    source = read_source(event.source, "What the worker found")
    if not isinstance(source, FileSource):
        raise FileError(f"What the worker found is no source of files but {source.title.lower()}.")
    try:
        plain = msgspec.json.decode(event.preparation, type=dict[str, object])
        preparation = from_plain(Preparation, plain, "preparation")
    except (msgspec.MsgspecError, DeclarationError) as error:
        raise FileError(f"What the worker suggests for these samples cannot be read: {error}") from error
    return Outcome(source, event.report, preparation)
