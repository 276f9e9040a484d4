"""Going through the moments of a timeline: step, play, first, last, and the network as it is now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from cnnstudio.app.format import counted, duration

if TYPE_CHECKING:
    from cnnstudio.app.inspect.inspection import Inspection
    from cnnstudio.core.formats.timeline import Moment

SPEEDS = (1, 2, 5, 10, 20, 30)
"""Moments a second that can be chosen."""
_SPEED = 5
_CHOICE = "timeline_speed"


class Player(QObject):
    """Moves `inspection.moment`. Places are moments counted from 0, and behind the last one the network as it is now.

    What stands beside it for comparison (`inspection.second_moment`) is moved by hand alone.
    """

    changed = Signal()
    """Another place, other moments, or playing began or ended."""

    def __init__(self, inspection: Inspection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspection = inspection
        remembered = inspection.preferences.choice(_CHOICE)
        self._speed = int(remembered) if remembered in {str(speed) for speed in SPEEDS} else _SPEED
        self._clock = QTimer(self)
        self._clock.timeout.connect(self._tick)
        self._pace()
        inspection.moment_changed.connect(self.changed)
        inspection.record.changed.connect(self._follow)
        inspection.subject_changed.connect(self._follow)

    @property
    def count(self) -> int:
        """How many moments there are."""
        return len(self._inspection.record.timeline)

    @property
    def place(self) -> int:
        """Where it stands; `count` for now."""
        moment = self._inspection.moment
        return self.count if moment is None else min(moment, self.count)

    @property
    def is_playing(self) -> bool:
        """Whether it goes on by itself."""
        return self._clock.isActive()

    @property
    def speed(self) -> int:
        """Moments a second."""
        return self._speed

    def set_speed(self, speed: int) -> None:
        """Play so many moments a second, the next time as well."""
        self._speed = speed
        self._inspection.preferences.keep_choice(_CHOICE, str(speed))
        self._pace()

    def go(self, place: int) -> None:
        """Show that place. What plays is held."""
        self.pause()
        self._show(place)

    def step(self, by: int) -> None:
        """So many places on, or back where it is negative."""
        self.go(self.place + by)

    def previous(self) -> None:
        """One place back."""
        self.step(-1)

    def next(self) -> None:
        """One place on."""
        self.step(1)

    def first(self) -> None:
        """The first moment, before the first step of training where the run kept it."""
        self.go(0)

    def last(self) -> None:
        """The latest moment that was kept."""
        self.go(self.count - 1)

    def live(self) -> None:
        """The network as it is now, or as the run has left it."""
        self.go(self.count)

    def toggle(self) -> None:
        """Play from here, or from the start where nothing follows; or hold."""
        if self.is_playing:
            self.pause()
            return
        if self.count < 2:
            return
        if self.place >= self.count - 1:
            self._show(0)
        self._clock.start()
        self.changed.emit()

    def pause(self) -> None:
        """Hold."""
        if self._clock.isActive():
            self._clock.stop()
            self.changed.emit()

    def compare(self, on: bool) -> None:
        """Show a second moment, the first one to begin with, or none."""
        inspection = self._inspection
        if on and inspection.second_moment is None and self.count:
            inspection.choose_second_moment(0)
        elif not on:
            inspection.choose_second_moment(None)

    def go_second(self, place: int) -> None:
        """Show that moment as the second one."""
        if self._inspection.second_moment is not None and self.count:
            self._inspection.choose_second_moment(min(max(0, place), self.count - 1))

    def words_of(self, place: int) -> str:
        """What to call that place."""
        moments = self._inspection.record.timeline.moments
        if 0 <= place < len(moments):
            return moment_words(moments[place])
        return "Now" if self._inspection.record.grows else "As the run left it"

    def _pace(self) -> None:
        self._clock.setInterval(round(1000 / self._speed))

    def _show(self, place: int) -> None:
        place = min(max(0, place), self.count)
        self._inspection.choose_moment(place if place < self.count else None)

    def _tick(self) -> None:
        if self.place >= self.count - 1:
            self.pause()
        else:
            self._show(self.place + 1)

    def _follow(self) -> None:
        if self.count < 2:
            self.pause()
        self.changed.emit()


def moment_words(moment: Moment) -> str:
    """When a moment was: "Epoch 3, 120 steps, 4.1 s"."""
    if not moment.step:
        return "Before the first step"
    return f"Epoch {moment.epoch:,}, {counted(moment.step, 'step')}, {duration(moment.seconds)}"
