"""Autosave and recovery: unsaved work is kept beside the person's files, and offered again after a crash.

Each window keeps one snapshot of its document, written whole a moment after an edit, the one before kept as a backup.
A lock file tells the snapshot of a window that runs from one whose window is gone.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.locks import is_held, take
from cnnstudio.core.formats.files import MAX_BYTES, read_experiment, write_experiment
from cnnstudio.core.formats.storage import data_folder, open_regular, write_atomic

if TYPE_CHECKING:
    from PySide6.QtCore import QLockFile

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.core.experiment import Experiment

DELAY_MS = 1_500
"""From the first unsaved edit to the snapshot: at most so much work is lost."""
_HEADER_BYTES = 8_192


@dataclass(frozen=True)
class Remains:
    """What a window that is gone has left behind."""

    snapshot: Path
    experiment: Experiment
    path: Path | None
    """The file it had been opened from."""
    time: datetime.datetime

    def __str__(self) -> str:
        when = self.time.astimezone().strftime("%d %B, %H:%M")
        return f'CNN Studio ended with unsaved changes in "{self.experiment.name}" (as of {when}).'


class Recovery(QObject):
    """Writes the snapshot of this window's document, and finds those of windows that are gone."""

    failed = Signal(str)
    """The snapshot cannot be written: the sentence why. Sent once, until a write succeeds again."""

    def __init__(self, bridge: DocumentBridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._snapshot = folder() / f"{uuid.uuid4().hex}.json"
        self._lock: QLockFile | None = None
        self._has_failed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self.write)
        bridge.title_changed.connect(self._schedule)

    def _schedule(self) -> None:
        if not self._bridge.document.is_modified:
            self.forget()
        elif not self._timer.isActive():
            self._timer.start()

    def write(self) -> None:
        """Write the snapshot now."""
        self._timer.stop()
        document = self._bridge.document
        header = {"path": str(document.path or ""), "time": datetime.datetime.now(datetime.UTC).isoformat()}
        text = json.dumps(header) + "\n" + write_experiment(document.value)
        try:
            self._take_lock()
            write_atomic(self._snapshot, text.encode(), backup=True)
        except OSError as error:
            if not self._has_failed:
                reason = error.strerror or str(error)
                self.failed.emit(f"Unsaved changes cannot be kept safe in {folder()}: {reason}. Save your work soon.")
            self._has_failed = True
        else:
            self._has_failed = False

    def forget(self) -> None:
        """Everything is saved, or is not to be: remove the snapshot."""
        self._timer.stop()
        _remove(self._snapshot)

    def close(self) -> None:
        """This window ends in good order."""
        self.forget()
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def _take_lock(self) -> None:
        if self._lock is None:
            self._snapshot.parent.mkdir(parents=True, exist_ok=True)
            self._lock = take(self._snapshot.with_suffix(".lock"))


def folder() -> Path:
    """Where snapshots lie."""
    return data_folder() / "recovery"


def find_remains() -> Remains | None:
    """The latest snapshot whose window is gone; None when there is none. Broken ones are taken from their backup."""
    found = [r for path in _abandoned() if (r := _read(path) or _read(path.with_name(path.name + "~"))) is not None]
    return max(found, key=lambda r: r.time, default=None)


def discard(remains: Remains) -> None:
    """Remove one snapshot. Those of other windows that are gone stay, to be offered in their turn."""
    _remove(remains.snapshot)
    with contextlib.suppress(OSError):
        remains.snapshot.with_suffix(".lock").unlink(missing_ok=True)


def _abandoned() -> list[Path]:
    return [path for path in folder().glob("*.json") if not is_held(path.with_suffix(".lock"))]


def _read(path: Path) -> Remains | None:
    try:
        with open_regular(path) as file:
            header = json.loads(file.readline(_HEADER_BYTES).decode())
            experiment = read_experiment(file.read(MAX_BYTES + 1), "the kept work")
        time = datetime.datetime.fromisoformat(header["time"]).astimezone()
        origin = Path(header["path"]) if header["path"] else None
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None
    return Remains(path.with_name(path.name.rstrip("~")), experiment, origin, time)


def _remove(snapshot: Path) -> None:
    for path in (snapshot, snapshot.with_name(snapshot.name + "~")):
        with contextlib.suppress(OSError):
            os.unlink(path)
