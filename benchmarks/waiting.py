"""What the benchmarks of pages share: the window lives until something is so, and its longest pause meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable


class Pulse:
    """Beats as often as the window has nothing else to do; remembers its longest pause, in milliseconds."""

    def __init__(self) -> None:
        self.begin()
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def begin(self) -> None:
        """Forget what was."""
        self.longest, self._last = 0.0, time.perf_counter()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.longest, self._last = max(self.longest, 1000 * (now - self._last)), now


def wait(condition: Callable[[], bool], began: float | None = None) -> float:
    """Let the window live until the condition holds; milliseconds since `began`, else since the call."""
    since = time.perf_counter() if began is None else began
    loop = QEventLoop()
    poll = QTimer(interval=1)
    poll.timeout.connect(loop.quit)
    poll.start()
    while not condition():
        loop.exec()
    return 1000 * (time.perf_counter() - since)
