"""The presets as the gallery has them: listed at once, read in slices of a few milliseconds, those in sight first."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.core.formats.presets import Preset, presets

if TYPE_CHECKING:
    from collections.abc import Sequence

SLICE = 0.008
"""Seconds of reading between two looks at what else there is to do."""
TOLD_EVERY = 0.15
"""Seconds between two tellings of what has been read."""


class PresetShelf(QObject):
    """All presets, and how much of them is known. Views listen and pull."""

    changed = Signal()
    """Presets came, went or are others than before."""
    read = Signal()
    """More of the presets is known than before."""
    outlined = Signal()
    """The outlines of all are known: what searches and tags need."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.presets: list[Preset] = []
        self._waiting: deque[Preset] = deque()
        """Presets whose outline is not known yet."""
        self._unknown: deque[Preset] = deque()
        """Presets whose network is not known yet."""
        self._urgent: list[Preset] = []
        self._told_at = 0.0
        self._reading = QTimer(self, singleShot=True, interval=0)
        self._reading.timeout.connect(self._read)

    @property
    def is_reading(self) -> bool:
        """Whether there is more to be known."""
        return self._reading.isActive()

    def look(self) -> None:
        """Look at the folders and begin to read what is new."""
        self.presets = presets()
        self._waiting = deque(self.presets)
        self._unknown = deque(p for p in self.presets if p.known_summary is None and not p.conflict)
        self._urgent = []
        self.changed.emit()
        self._reading.start()

    def rest(self) -> None:
        """Read no more: nobody is looking."""
        self._reading.stop()

    def hurry(self, sighted: Sequence[Preset]) -> None:
        """These are in sight: read them before all others."""
        self._urgent = [p for p in reversed(sighted) if p.known_summary is None]
        if self._urgent and self._unknown:
            self._reading.start()

    def get(self, id: str) -> Preset | None:
        """The preset of that id."""
        return next((p for p in self.presets if p.id == id), None)

    def _read(self) -> None:
        until = time.perf_counter() + SLICE
        while time.perf_counter() < until:
            if self._urgent:
                self._know(self._urgent.pop())
            elif self._waiting:
                _ = self._waiting.popleft().known_error
                if not self._waiting:
                    self.outlined.emit()
            elif self._unknown:
                self._know(self._unknown.popleft())
            else:
                break
        more = bool(self._urgent or self._waiting or self._unknown)
        now = time.perf_counter()
        if not more or now - self._told_at > TOLD_EVERY:
            self._told_at = now
            self.read.emit()
        if more:
            self._reading.start()

    def _know(self, preset: Preset) -> None:
        _ = preset.summary  # kept by the preset itself
