"""Whether the window keeps moving while a network is built, trained and inspected, and what watching costs the run.

    python benchmarks/inspection.py [--seconds 12] [--rounds 6] [--preset lenet-5]

The real window with the real worker. A timer of 5 ms runs in the window; the time between two ticks says how long the
event loop was away. It is told for the window at rest, while the worker sets the run up, while the run trains out of
sight, while its maps are watched as blocks change twice a second, and while the tabs of the page take turns; and beside
each the same figure of the window at rest in the same run. Then looking and not looking take turns, and the steps a
second of both are compared. QT_QPA_PLATFORM=offscreen does where no screen is.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.main_window import MainWindow

TICK_MS = 5
WANTED_P99_MS, WANTED_LONGEST_MS = 16.0, 50.0
WANTED_SHARE = 0.02
PATIENCE_S = 180.0
BLOCK_EVERY_S, TAB_EVERY_S = 0.5, 2.0


class Beat(QObject):
    """Notes the time between two ticks of a timer in the window's thread."""

    def __init__(self) -> None:
        super().__init__()
        self._last = 0.0
        self._gaps: list[float] = []
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    def begin(self) -> None:
        """Count from now."""
        self._gaps = []
        self._last = time.perf_counter()
        self._timer.start()

    def end(self) -> list[float]:
        """Milliseconds between ticks since then, sorted."""
        self._timer.stop()
        return sorted(self._gaps)

    def _tick(self) -> None:
        now = time.perf_counter()
        self._gaps.append(1000 * (now - self._last))
        self._last = now


class Session:
    """The window, and what a person does in it."""

    def __init__(self, preset: str) -> None:
        from cnnstudio.app.inspect.page import InspectPage
        from cnnstudio.app.main_window import MainWindow
        from cnnstudio.app.preferences import Preferences
        from cnnstudio.core.document import Document
        from cnnstudio.core.edits import SetTraining
        from cnnstudio.core.formats import presets

        self.window: MainWindow = MainWindow(Preferences())
        self.window.resize(1280, 800)
        self.window.show()
        self.window.begin()
        chosen = presets.preset(preset).experiment
        if chosen is None:
            raise SystemExit(f"The preset {preset} cannot be read.")
        self.window.bridge.open(Document(chosen))
        self.window.bridge.do(SetTraining(recipe=chosen.training.having("epochs", 10_000)))
        until(lambda: self.window.worker.hello is not None)
        self.window.show_inspect()
        (page,) = self.window.findChildren(InspectPage)
        self.view: InspectView = page.content()
        self.window.show_train()
        live(3.0)  # both pages have been made, TensorFlow has traced something small

    def stroll(self, seconds: float) -> None:
        """Watch the maps; another block twice a second."""
        self.window.inspect.show_maps()
        self._every(seconds, BLOCK_EVERY_S, self._next_block)

    def take_turns(self, seconds: float) -> None:
        """One tab after the other."""
        self._every(seconds, TAB_EVERY_S, self._next_tab)

    def stop(self) -> None:
        """End the run, and the window."""
        self.window.run.stop()
        until(lambda: not self.window.run.state.active)
        self.window.bridge.mark_saved()
        self.window.close()

    def rate(self, seconds: float) -> float:
        """Steps of training a second."""
        start, steps = time.perf_counter(), self.window.run.state.steps_done
        live(seconds)
        return (self.window.run.state.steps_done - steps) / (time.perf_counter() - start)

    def _every(self, seconds: float, pause: float, act: Callable[[], None]) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            act()
            live(pause)

    def _next_block(self) -> None:
        blocks = self.view.blocks
        if blocks.currentIndex().row() + 1 < blocks.blocks.rowCount():
            blocks.step(1)
        else:
            blocks.step(-blocks.currentIndex().row())

    def _next_tab(self) -> None:
        tabs = self.view.tabs
        tabs.setCurrentIndex((tabs.currentIndex() + 1) % tabs.count())


def until(condition: Callable[[], bool]) -> None:
    """Let the window live until then."""
    end = time.perf_counter() + PATIENCE_S
    while not condition():
        if time.perf_counter() > end:
            raise SystemExit("The window or its worker did not get there in time.")
        live(0.02)


def live(seconds: float) -> None:
    """Let the window live for so long, in an event loop as the real one: qWait sleeps ten milliseconds at a time."""
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()


def write(*columns: str) -> None:
    """One line of the table."""
    sys.stdout.write("".join(f"{column:{42 if n == 0 else 14}}" for n, column in enumerate(columns)).rstrip() + "\n")
    sys.stdout.flush()


def told(name: str, gaps: list[float], rest: tuple[float, float] | None) -> tuple[float, float]:
    """Print a line; the 99th of a hundred and the longest."""
    p99, longest = gaps[int(0.99 * (len(gaps) - 1))], gaps[-1]
    ratio = "" if rest is None else f"{p99 / rest[0]:.1f} x rest"
    write(name, f"{statistics.median(gaps):.1f} ms", f"{p99:.1f} ms", f"{longest:.1f} ms", ratio)
    return p99, longest


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--preset", default="lenet-5")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["CNNSTUDIO_HOME"] = tempfile.mkdtemp()
    app = QApplication.instance() or QApplication([])
    session, beat = Session(options.preset), Beat()
    window, found = session.window, []
    write("Time between two ticks of 5 ms", "median", "p99", "longest")

    def measured(name: str, act: Callable[[], None], rest: tuple[float, float] | None) -> tuple[float, float]:
        beat.begin()
        act()
        return told(name, beat.end(), rest)

    rest = measured("at rest", lambda: live(options.seconds), None)
    window.inspect.show_maps()
    window.run.start()
    found.append(measured("while the run is set up", lambda: until(lambda: window.run.state.steps_done > 0), rest))
    window.show_data()
    live(2.0)
    found.append(measured("training, out of sight", lambda: live(options.seconds), rest))
    window.show_inspect()
    live(1.0)
    found.append(measured("watching, blocks change", lambda: session.stroll(options.seconds), rest))
    found.append(measured("the tabs take turns", lambda: session.take_turns(2 * options.seconds), rest))
    window.inspect.show_maps()
    looking, away = [], []
    for _ in range(options.rounds):
        window.show_inspect()
        looking.append(session.rate(options.seconds / 2))
        window.show_data()
        away.append(session.rate(options.seconds / 2))
    share = 1 - statistics.median(a / b for a, b in zip(looking, away, strict=True))
    write("Steps a second", "watching", "out of sight", "cost")
    write("", f"{statistics.median(looking):.0f}", f"{statistics.median(away):.0f}", f"{share:.1%}")
    p99, longest = max(each[0] for each in found), max(each[1] for each in found)
    write(
        f"wanted: p99 under {WANTED_P99_MS:.0f} ms, longest under {WANTED_LONGEST_MS:.0f} ms, cost {WANTED_SHARE:.0%}"
    )
    write(f"found:  p99 {p99:.1f} ms, longest {longest:.1f} ms, cost {share:.1%}")
    session.stop()
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
