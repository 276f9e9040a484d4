"""Scans that the window asks for: in a thread of their own, told of as they go on, ended at once when asked."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NoReturn

import msgspec

from cnnstudio.core.data.files import FileSource
from cnnstudio.core.data.preparation import Preparation
from cnnstudio.core.declare import to_plain
from cnnstudio.core.formats.files import FileError, read_source, write_source
from cnnstudio.engine.scan import ScanError, recognise, scan, suggested
from cnnstudio.engine.scan.listing import ScanCancelled
from cnnstudio.wire.messages import CancelScan, Event, Failed, Scanned, ScanProgress, ScanSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.engine.scan.listing import Progress

CANCELLED = "The scan was cancelled."


class _Kind(msgspec.Struct):
    kind: str = ""


class Scans:
    """One scan after the other, in mid-training too."""

    def __init__(self, send: Callable[[Event], None]) -> None:
        self._send = send
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="scan")
        self._lock = threading.Lock()
        self._cancelled: set[int] = set()
        self._due: set[int] = set()
        """Requests that have no answer yet."""
        self._closed = threading.Event()

    def ask(self, command: ScanSource, answer: Callable[[ScanSource], None]) -> None:
        """Have `answer` called in the thread of the scans; it is to call `answered`, whatever it does about errors."""
        with self._lock:
            self._due.add(command.request)
        self._thread.submit(answer, command)

    def cancel(self, command: CancelScan) -> None:
        """End that scan, or do not begin it; one that has been answered is left alone."""
        with self._lock:
            if command.request in self._due:
                self._cancelled.add(command.request)

    def close(self) -> None:
        """Nobody waits for any answer any more."""
        self._closed.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def answered(self, command: ScanSource) -> None:
        """Scan and send what was found, or why not."""
        try:
            answer: Event = self._scanned(command)
        except ScanCancelled:
            answer = Failed(command.request, CANCELLED)
        except (ScanError, FileError) as error:
            answer = Failed(command.request, str(error))
        finally:
            with self._lock:
                self._due.discard(command.request)
                self._cancelled.discard(command.request)
        self._send(answer)

    def _scanned(self, command: ScanSource) -> Scanned:
        progress = self._progress(command.request)
        progress(0, 0)
        source = _source(command, progress)
        listing = scan(source, progress, fresh=command.fresh)
        preparation = json.dumps(changed(suggested(listing)))
        return Scanned(command.request, write_source(listing.source), listing.report, preparation)

    def _progress(self, request: int) -> Progress:
        def told(done: int, total: int) -> None:
            if self._closed.is_set() or request in self._cancelled:
                _end()
            self._send(ScanProgress(request, done, total))

        return told


def _end() -> NoReturn:
    raise ScanCancelled


def _source(command: ScanSource, progress: Progress) -> FileSource:
    """The source of the command, or the one told from what lies there. Raises FileError, ScanError."""
    try:
        kind = msgspec.json.decode(command.source, type=_Kind).kind
    except msgspec.MsgspecError as error:
        raise FileError(f"The source to scan cannot be read: {error}.") from error
    if not kind:
        return recognise(command.path, progress)
    source = read_source(command.source, "The source to scan")
    if not isinstance(source, FileSource):
        raise FileError(f"{source.title}: there is nothing to scan, since it is not read from files.")
    return source


def changed(preparation: Preparation) -> dict[str, object]:
    """The parameters that are not as they are by themselves, JSON-ready."""
    usual = to_plain(Preparation())
    return {name: value for name, value in to_plain(preparation).items() if value != usual[name]}
