"""What a person does with probes from wherever they are: the Inspect page comes to the front, and its strip does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.probes.strip import ProbeStrip


class ProbeCommands:
    """Targets of the actions about probes; the page they are on is made when it is first wanted."""

    def __init__(self, strip: Callable[[], ProbeStrip]) -> None:
        """`strip` brings the Inspect page to the front and gives its strip."""
        self._strip = strip

    def pin_this(self) -> None:
        """Keep the sample that is looked at."""
        self._strip().pin_this()

    def pin_from_data(self) -> None:
        """Choose among the samples of the data."""
        self._strip().pin_from_data()

    def pin_from_file(self) -> None:
        """Take a file."""
        self._strip().pin_from_file()

    def paste(self) -> None:
        """Take what the clipboard holds."""
        self._strip().paste()

    def draw(self) -> None:
        """Draw one."""
        self._strip().draw()
