"""Telling the worker what to watch: one block and one sample while the page is in sight, nothing otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from cnnstudio.wire.messages import Sample, Watch

if TYPE_CHECKING:
    from cnnstudio.app.worker_client import WorkerClient


class Watcher(QObject):
    """Sends `Watch` when what is wanted differs from what the worker was told last; a new worker knows nothing."""

    def __init__(
        self, worker: WorkerClient, parent: QObject | None = None, *, view: int = 0, hertz: float = 10.0
    ) -> None:
        """`view`: the number of the watch, which no other watcher may have; `hertz`: looks a second at most."""
        super().__init__(parent)
        self._worker = worker
        self._view, self._hertz = view, hertz
        self._wanted = ("", Sample())
        self._told = ("", Sample())
        self._active = False
        worker.state_changed.connect(self._follow)

    @property
    def wanted(self) -> tuple[str, Sample]:
        """Block and sample that are watched while the page is in sight."""
        return self._wanted

    def watch(self, block: str, sample: Sample) -> None:
        """Watch this block for this sample; block "" watches nothing."""
        self._wanted = (block, sample)
        self._tell()

    def set_active(self, active: bool) -> None:
        """Whether anyone is looking."""
        self._active = active
        self._tell()

    def tell_again(self) -> None:
        """A run has started: say it once more, so that nothing depends on what the worker kept."""
        if self._told[0]:
            self._told = ("", Sample())
        self._tell()

    def _tell(self) -> None:
        block, sample = self._wanted if self._active else ("", Sample())
        if not block:
            sample = Sample()
        if (block, sample) == self._told or self._worker.state not in ("ready", "busy"):
            return
        self._told = (block, sample)
        self._worker.send(Watch(block, sample, self._hertz, self._view))

    def _follow(self, state: str) -> None:
        if state in ("starting", "lost", "stopped"):
            self._told = ("", Sample())
        else:
            self._tell()
