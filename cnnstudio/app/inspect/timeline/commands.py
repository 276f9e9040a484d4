"""What can be done with the timeline from menus, keys and the command palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.timeline.player import Player
    from cnnstudio.app.inspect.view import InspectView


class TimelineCommands:
    """Verbs of the timeline: each brings the Inspect page into sight."""

    def __init__(self, view: Callable[[], InspectView]) -> None:
        """`view` goes to the page and returns its content."""
        self._view = view

    def play(self) -> None:
        """Play the moments, or hold."""
        self._player.toggle()

    def previous(self) -> None:
        """One moment back."""
        self._player.previous()

    def next(self) -> None:
        """One moment on."""
        self._player.next()

    def first(self) -> None:
        """The first moment."""
        self._player.first()

    def live(self) -> None:
        """The network as it is now."""
        self._player.live()

    def compare(self) -> None:
        """Show a second moment beside the first one, or no longer."""
        view = self._view()
        view.timeline.player.compare(view.inspection.second_moment is None)

    def export_gif(self) -> None:
        """Save what is shown, moment by moment, as an animation."""
        self._view().timeline.export("gif")

    def export_png(self) -> None:
        """The same as a folder of images."""
        self._view().timeline.export("png")

    @property
    def _player(self) -> Player:
        return self._view().timeline.player
