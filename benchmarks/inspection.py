"""Whether the window keeps moving while a network is built, trained and inspected, and what watching costs the run.

    python benchmarks/inspection.py [--seconds 12] [--rounds 6] [--preset lenet-5] [--where]

The real window with the real worker. A timer of 5 ms runs in the window; the time between two ticks says how long the
event loop was away. It is told for the window at rest, while pages are made ready and shown for the first time, while
the worker sets the run up, while the run trains out of sight, while the maps of one block are watched, while blocks
change twice a second, and while the tabs of the page take turns; and beside each the same figure of the window at rest
in the same run, and how many milliseconds of a second the window's thread computes. These, and the longest time that it
computed between two ticks ("busy"), are what counts on a machine with other work: the rest of a gap it stood in line.

For the block that is watched it is told how many of its maps were painted a second. Then looking and not looking take
turns, and the steps a second of both are compared. `--where` also tells where the window was when it was away for more
than 30 ms. QT_QPA_PLATFORM=offscreen does where no screen is.
"""

from __future__ import annotations

import argparse
import collections
import os
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

from cnnstudio.app.start import load_window

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.main_window import MainWindow

TICK_MS = 5
WANTED_P99_MS, WANTED_LONGEST_MS = 16.0, 50.0
WANTED_SHARE = 0.02
WANTED_HERTZ = 10.0
AWAY_MS = 30.0
"""From which on it is told where the window was."""
LOOK_SECONDS = 0.004
PATIENCE_S = 180.0
BLOCK_EVERY_S, TAB_EVERY_S = 0.5, 2.0


@dataclass
class Measured:
    """What the ticks of one stretch of time say."""

    gaps: list[float] = field(default_factory=list)
    """Milliseconds between two ticks."""
    busy: list[float] = field(default_factory=list)
    """Of those, how many the window's thread computed."""
    seconds: float = 0.0
    places: list[tuple[float, list[str]]] = field(default_factory=list)
    """Of long gaps: milliseconds, and where the window was every few of them."""


class Beat(QObject):
    """Notes the time between two ticks of a timer in the window's thread, and where it was in between."""

    def __init__(self, *, where: bool = False) -> None:
        super().__init__()
        self._last = self._last_busy = self._began = 0.0
        self._found = Measured()
        self._timer = QTimer(self, interval=TICK_MS)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._seen: list[str] = []
        self._where = where
        if where:  # a signal, as another thread that looks at frames would keep painters alive
            signal.signal(signal.SIGALRM, self._look)

    def begin(self) -> None:
        """Count from now."""
        self._found = Measured()
        self._began = self._last = time.perf_counter()
        self._last_busy = time.thread_time()
        self._look_every(LOOK_SECONDS)
        self._timer.start()

    def end(self) -> Measured:
        """What was found since then."""
        self._timer.stop()
        self._look_every(0.0)
        self._found.seconds = time.perf_counter() - self._began
        return self._found

    def _tick(self) -> None:
        now, busy = time.perf_counter(), time.thread_time()
        gap = 1000 * (now - self._last)
        self._found.gaps.append(gap)
        self._found.busy.append(1000 * (busy - self._last_busy))
        if gap > AWAY_MS and self._seen:
            self._found.places.append((gap, list(self._seen)))
        self._seen.clear()
        self._last, self._last_busy = time.perf_counter(), time.thread_time()

    def _look_every(self, seconds: float) -> None:
        if self._where:
            signal.setitimer(signal.ITIMER_REAL, seconds, seconds)

    def _look(self, _signal: int, frame: FrameType | None) -> None:
        if not self._timer.isActive() or time.perf_counter() - self._last < AWAY_MS / 2000:
            return
        calls = []
        while frame is not None and frame.f_code.co_filename != __file__:
            calls.append(f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno} {frame.f_code.co_name}")
            frame = frame.f_back
        self._seen.append(" < ".join(calls[:1] + calls[1:][-4:]))


class Frames(QObject):
    """Counts the pictures of maps that were painted: those that had come since the one before."""

    def __init__(self, view: InspectView) -> None:
        super().__init__(view)
        self.painted = 0
        self._has_come = False
        view.maps.first.source.arrived.connect(self._note)
        self._tiles = view.maps.first.tiles.viewport()
        self._tiles.installEventFilter(self)

    def _note(self) -> None:
        self._has_come = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The paint event is about to be handled; that takes a millisecond or two."""
        if event.type() == QEvent.Type.Paint and self._has_come:
            self._has_come = False
            self.painted += 1
        return False


class Session:
    """The window, and what a person does in it."""

    def __init__(self, preset: str) -> None:
        from cnnstudio.app.application import make_window, spare_what_stays
        from cnnstudio.app.preferences import Preferences
        from cnnstudio.core.document import Document
        from cnnstudio.core.edits import SetTraining
        from cnnstudio.core.formats import presets

        self.window: MainWindow = make_window(Preferences())
        self.window.warming.done.connect(spare_what_stays)
        self.window.resize(1280, 800)
        self.window.show()
        self.window.begin()
        chosen = presets.preset(preset).experiment
        if chosen is None:
            raise SystemExit(f"The preset {preset} cannot be read.")
        self.window.bridge.open(Document(chosen))
        self.window.bridge.do(SetTraining(recipe=chosen.training.having("epochs", 10_000)))
        self.view: InspectView

    def get_ready(self) -> None:
        """Live until the pages are made, as somebody does who looks at the design first."""
        loop = QEventLoop()
        self.window.warming.done.connect(loop.quit)
        QTimer.singleShot(round(1000 * PATIENCE_S), loop.quit)
        loop.exec()

    def visit(self) -> None:
        """Go to each page and to each tab for the first time."""
        from cnnstudio.app.inspect.page import InspectPage

        window = self.window
        for show in (window.show_inspect, window.show_train, window.show_data, window.show_runs, window.show_inspect):
            show()
            live(TAB_EVERY_S / 2)
        (page,) = window.findChildren(InspectPage)
        self.view = page.content()
        self.take_turns(TAB_EVERY_S * self.view.tabs.count())
        window.show_design()
        live(1.0)  # TensorFlow has traced something small

    def look_at(self, seconds: float) -> None:
        """Watch the maps of one block."""
        self.window.show_inspect()
        self.window.inspect.show_maps()
        live(seconds)

    def stroll(self, seconds: float) -> None:
        """Watch the maps; another block twice a second."""
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
        live(0.5)  # it is taken apart before the interpreter is

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
    sys.stdout.write("".join(f"{column:{34 if n == 0 else 12}}" for n, column in enumerate(columns)).rstrip() + "\n")
    sys.stdout.flush()


def told(name: str, found: Measured, rest: float | None) -> None:
    """Print a line, and where the window was when it was away for long."""
    gaps, busy = sorted(found.gaps), sorted(found.busy)
    p99 = percentile(gaps)
    write(
        name, f"{statistics.median(gaps):.1f} ms", f"{p99:.1f} ms", f"{gaps[-1]:.1f} ms",
        "" if rest is None else f"{p99 / rest:.1f} x rest", f"{percentile(busy):.1f} ms", f"{busy[-1]:.1f} ms",
        f"{sum(busy) / found.seconds:.0f} ms/s",
    )  # fmt: skip
    for gap, seen in sorted(found.places, reverse=True)[:3]:
        sys.stdout.write(f"    away for {gap:.0f} ms\n")
        for place, times in collections.Counter(seen).most_common(4):
            sys.stdout.write(f"        {times} of {len(seen)}: {place}\n")


def percentile(ordered: list[float]) -> float:
    """The 99th of a hundred."""
    return ordered[int(0.99 * (len(ordered) - 1))]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--preset", default="lenet-5")
    parser.add_argument("--where", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["CNNSTUDIO_HOME"] = tempfile.mkdtemp()
    load_window()  # as the window is started
    from cnnstudio.app.application import make_application

    app = QApplication.instance() or make_application()
    session, beat = Session(options.preset), Beat(where=options.where)
    window = session.window
    write("Time between two ticks of 5 ms", "median", "p99", "longest", "", "busy p99", "busy most", "computing")
    found: dict[str, Measured] = {}

    def measured(name: str, act: Callable[[], None]) -> None:
        beat.begin()
        act()
        found[name] = beat.end()
        at_rest = found.get("at rest")
        told(name, found[name], None if at_rest is None or name == "at rest" else percentile(sorted(at_rest.gaps)))

    measured("pages are made ready", session.get_ready)
    measured("pages and tabs, the first time", session.visit)
    measured("at rest", lambda: live(options.seconds))
    window.run.start()
    measured("while the run is set up", lambda: until(lambda: window.run.state.steps_done > 0))
    measured("the first seconds of the run", lambda: live(5.0))
    window.show_data()
    live(2.0)
    measured("training, out of sight", lambda: live(options.seconds))
    window.show_inspect()
    frames = Frames(session.view)
    live(1.0)
    before = frames.painted
    measured("watching one block", lambda: session.look_at(options.seconds))
    rate = (frames.painted - before) / found["watching one block"].seconds
    measured("watching, blocks change", lambda: session.stroll(options.seconds))
    measured("the tabs take turns", lambda: session.take_turns(2 * options.seconds))
    window.inspect.show_maps()
    looking, away = [], []
    for _ in range(options.rounds):
        window.show_inspect()
        looking.append(session.rate(options.seconds / 2))
        window.show_data()
        away.append(session.rate(options.seconds / 2))
    share = 1 - statistics.median(a / max(b, 1e-3) for a, b in zip(looking, away, strict=True))
    write("Steps a second", "watching", "out of sight", "cost")
    write("", f"{statistics.median(looking):.0f}", f"{statistics.median(away):.0f}", f"{share:.1%}")
    write("Maps of the block painted a second", f"{rate:.1f}")
    with_work = [each for name, each in found.items() if name != "at rest"]
    p99 = max(percentile(sorted(each.gaps)) for each in with_work)
    longest = max(max(each.gaps) for each in with_work)
    sys.stdout.write(
        f"wanted: p99 under {WANTED_P99_MS:.0f} ms, longest under {WANTED_LONGEST_MS:.0f} ms, cost {WANTED_SHARE:.0%}, "
        f"{WANTED_HERTZ:.0f} maps a second\n"
        f"found:  p99 {p99:.1f} ms, longest {longest:.1f} ms, cost {share:.1%}, {rate:.1f} maps a second\n"
    )
    session.stop()
    del app
    return 0


if __name__ == "__main__":
    sys.exit(main())
