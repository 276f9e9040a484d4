"""How soon maps and prediction follow the pen of the drawing pad, in the real window with the real worker.

    python benchmarks/drawing.py [--events 240] [--preset lenet-5]

Circles are drawn with 60 mouse events a second. For each drawing that the network was asked about, the time runs from
the earliest mouse event in it until the wall of the first convolution, and the bars of the prediction, are painted.
This is done on the design, while a run trains it, and after the run. Beside it stands how long it takes on the design
until the maps of another sample of the data are painted, for which the page waits until the choice has settled. Prints
milliseconds: the median, the 95th of a hundred and the longest; and drawings shown a second.
"""

from __future__ import annotations

import argparse
import functools
import math
import os
import statistics
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.inspect.view import InspectView
    from cnnstudio.app.main_window import MainWindow

EVENTS_A_SECOND = 60
PATIENCE_S = 180.0
WANTED_MS = 100.0
LEFT = Qt.MouseButton.LeftButton


class Painted(QObject):
    """Tells when what has arrived has been painted."""

    def __init__(self, widget: Any) -> None:
        super().__init__(widget)
        self._arrived: list[object] = []
        self.times: dict[object, float] = {}
        widget.installEventFilter(self)

    def arrived(self, what: object) -> None:
        """It is to be painted next."""
        self._arrived.append(what)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The paint event is about to be handled; that takes a millisecond or two."""
        if event.type() == QEvent.Type.Paint:
            for what in self._arrived:
                self.times.setdefault(what, time.perf_counter())
            self._arrived.clear()
        return False


class Session:
    """The window on its Inspect page."""

    def __init__(self, preset: str) -> None:
        from cnnstudio.app.application import make_window
        from cnnstudio.app.inspect.page import InspectPage
        from cnnstudio.app.preferences import Preferences
        from cnnstudio.core.document import Document
        from cnnstudio.core.formats import presets

        self.window: MainWindow = make_window(Preferences())
        self.window.resize(1280, 800)
        self.window.show()
        self.window.begin()
        chosen = presets.preset(preset).experiment
        if chosen is None:
            raise SystemExit(f"The preset {preset} cannot be read.")
        self.window.bridge.open(Document(chosen))
        until(self._is_ready)
        self.window.show_inspect()
        (page,) = self.window.findChildren(InspectPage)
        self.view: InspectView = page.content()
        self.first = self.view.maps.first
        self.wall = Painted(self.first.tiles.viewport())
        self.first.source.arrived.connect(self._note_maps)
        until(self._has_maps)

    def _is_ready(self) -> bool:
        return self.window.worker.hello is not None

    def _has_maps(self) -> bool:
        return self.first.layer is not None

    def _is_trained_a_little(self) -> bool:
        return self.window.run.state.epoch > 1

    def _is_over(self) -> bool:
        return not self.window.run.state.active

    def train(self) -> None:
        """Start a run, and look at it."""
        self.window.run.start()
        until(self._is_trained_a_little)
        self.window.show_inspect()
        live(1.0)

    def stop(self) -> None:
        """End the run."""
        self.window.run.stop()
        until(self._is_over)
        live(1.0)

    def _note_maps(self) -> None:
        wanted = self.first.source.wanted
        if wanted is not None:
            self.wall.arrived(wanted.sample)

    def draw(self, events: int) -> tuple[list[float], list[float], float]:
        """Draw; milliseconds to the painted maps, to the painted prediction, and drawings shown a second."""
        self.view.probes.draw()
        pad = self.view.probes.pad
        if pad is None or pad.canvas is None:
            raise SystemExit("Samples of this preset cannot be drawn.")
        canvas = pad.canvas
        bars = Painted(pad.view.viewer)
        pad.answered.connect(bars.arrived)
        begun: dict[object, float] = {}
        earliest: list[float] = []

        def note() -> None:
            if earliest:
                begun[self.view.inspection.sample] = earliest[0]
                earliest.clear()

        self.view.inspection.sample_changed.connect(note)
        middle, reach = canvas.rect().center(), canvas.height() / 3
        QTest.mousePress(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle)
        start = time.perf_counter()
        for number in range(events):
            turn = number / 20
            there = middle + QPoint(round(reach * math.cos(turn)), round(reach * math.sin(turn)))
            earliest[:] = earliest[:1] or [time.perf_counter()]
            QTest.mouseMove(canvas, there)
            QApplication.processEvents()
            live(max(0.001, start + (number + 1) / EVENTS_A_SECOND - time.perf_counter()))
        seconds = time.perf_counter() - start
        QTest.mouseRelease(canvas, LEFT, Qt.KeyboardModifier.NoModifier, middle)
        live(0.5)
        self.view.inspection.sample_changed.disconnect(note)
        pad.close()
        self.view.inspection.pins.remove(len(self.view.inspection.pins.items) - 1)
        maps = [1000 * (self.wall.times[s] - t) for s, t in begun.items() if s in self.wall.times]
        answers = [1000 * (bars.times[s] - t) for s, t in begun.items() if s in bars.times]
        return maps, answers, len(maps) / seconds

    def choose(self, samples: int) -> list[float]:
        """Look at one sample of the data after the other; milliseconds to the painted maps of each."""
        from cnnstudio.wire.messages import Sample

        found = []
        for index in range(1, samples + 1):
            sample, start = Sample("validation", index), time.perf_counter()
            self.view.inspection.probe.choose(sample)
            until(functools.partial(self.wall.times.__contains__, sample))
            found.append(1000 * (self.wall.times[sample] - start))
        return found


def live(seconds: float) -> None:
    """Let the window live for so long."""
    QTest.qWait(max(1, round(1000 * seconds)))


def until(holds: Callable[[], bool]) -> None:
    """Let the window live until it holds."""
    end = time.perf_counter() + PATIENCE_S
    while not holds():
        if time.perf_counter() > end:
            raise SystemExit("The window did not come to what was waited for.")
        live(0.005)


def _line(name: str, times: list[float], rate: float = 0.0) -> None:
    ordered = sorted(times)
    told = f"{statistics.median(ordered):8.0f} {ordered[int(0.95 * (len(ordered) - 1))]:8.0f} {ordered[-1]:8.0f}"
    _write(f"{name:44}{told}" + (f"{rate:10.1f}" if rate else ""))


def _write(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=240)
    parser.add_argument("--preset", default="lenet-5")
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as home:
        os.environ["CNNSTUDIO_HOME"] = home
        app = QApplication(sys.argv[:1])
        session = Session(options.preset)
        _write(f"{'milliseconds to the painted':44}{'median':>8} {'95 %':>8} {'longest':>8}{'a second':>10}")
        chosen = session.choose(12)
        session.draw(30)  # the first drawing compiles, imports and fills caches
        slowest = 0.0
        for name, prepare in (("design", None), ("while it trains", session.train), ("after the run", session.stop)):
            if prepare is not None:
                prepare()
            maps, answers, rate = session.draw(options.events)
            _line(f"maps of the drawing, {name}", maps, rate)
            _line(f"prediction, {name}", answers)
            slowest = max(slowest, statistics.median(maps), statistics.median(answers))
        _line("maps of another sample, design", chosen)
        _write(f"largest median {slowest:.0f} ms of {WANTED_MS:.0f}; another sample {statistics.median(chosen):.0f} ms")
        session.window.bridge.mark_saved()
        session.window.close()
        live(0.5)
        del app
    return 0 if slowest <= WANTED_MS else 1


if __name__ == "__main__":
    sys.exit(main())
