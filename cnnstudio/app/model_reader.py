"""Reads large files of others in a process of its own: the window lives on meanwhile, and the file cannot harm it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, QProcess, Signal

from cnnstudio.app.child_environment import child_environment
from cnnstudio.core.formats.weights_store import forget_parts
from cnnstudio.core.importing import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

_COMMAND = (sys.executable, "-P", "-m", "cnnstudio.core.importing")
_ENDING_MS = 3_000


class ModelReader(QObject):
    """One reading, of a Keras model or of the weights beside an experiment; see `core.importing`."""

    progressed = Signal(str, float)
    """What is being done, and its share (below 0: not known)."""
    done = Signal(Told)
    """What came of it."""
    failed = Signal(str)
    """Nothing came of it: the sentence why."""

    def __init__(self, name: str, parent: QObject | None = None, command: Sequence[str] = _COMMAND) -> None:
        super().__init__(parent)
        self._name = name
        self._command = tuple(command)
        self._heard = b""
        self._outcome: Told | None = None
        self._process: QProcess | None = None

    def start(self, arguments: Sequence[str]) -> None:
        """Begin; one of `done` and `failed` follows, unless it is cancelled."""
        process = QProcess(self)
        process.setProcessEnvironment(child_environment())
        process.setProcessChannelMode(QProcess.ProcessChannelMode.SeparateChannels)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._finished)
        process.errorOccurred.connect(self._not_started)
        self._process = process
        process.start(self._command[0], [*self._command[1:], *arguments])

    def cancel(self) -> None:
        """Give it up at once: nothing more is told, and nothing half written is left."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._finished)
            process.errorOccurred.disconnect(self._not_started)
            process.readyReadStandardOutput.disconnect(self._read)
            number = process.processId()
            process.kill()
            process.waitForFinished(_ENDING_MS)
            process.deleteLater()
            if number:
                forget_parts()

    def _read(self) -> None:
        if self._process is None:
            return
        *lines, self._heard = (self._heard + bytes(self._process.readAllStandardOutput().data())).split(b"\n")
        for line in lines:
            try:
                told = msgspec.json.decode(line, type=Told)
            except msgspec.MsgspecError:
                continue  # no word of ours; without an outcome its end will be named
            if told.doing:
                self.progressed.emit(told.doing, told.share)
            else:
                self._outcome = told

    def _finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        told = self._outcome
        if told is None:
            crashed = status == QProcess.ExitStatus.CrashExit
            how = f"signal {code}" if crashed else f"exit code {code}"
            self.failed.emit(
                f"{self._name} could not be read: the process that read it ended unexpectedly ({how}). The file may be "
                "damaged, or larger than the free memory."
            )
        elif told.failed:
            self.failed.emit(told.failed)
        else:
            self.done.emit(told)

    def _not_started(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            why = self._process.errorString()
            self._process.deleteLater()
            self._process = None
            self.failed.emit(f"{self._name} could not be read: no process for it could be started ({why}).")
