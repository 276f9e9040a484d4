"""Frame and edit times of the canvas in the real window, driven by real mouse, wheel and key events.

Run: python benchmarks/canvas.py [--sizes 10 100 1000] [--tab problems|layers|code|history] [--only WORDS] [--processor]
     QT_QPA_PLATFORM=offscreen where there is no display

A time runs from before the event is sent until the window is painted again and Qt has nothing left to do. The window
is the studio's own (1280 x 800, Design page, no worker); a frame of 60 a second is 16.7 ms. Each case is a row, each
size of the network a pair of columns: median and 99th percentile in milliseconds.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabWidget

from cnnstudio.app.application import make_application
from cnnstudio.app.canvas.card import Port
from cnnstudio.app.main_window import MainWindow
from cnnstudio.app.preferences import Preferences
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import MoveBlocks, RenameBlock, SetParameters
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.placing.layout import COLUMN, ROW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnnstudio.app.canvas import CanvasView

FRAMES, EDITS = 120, 24
LEFT, NONE, CTRL, SHIFT = (
    Qt.MouseButton.LeftButton,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
TABS = ("problems", "layers", "code", "history")


def network(count: int) -> Experiment:
    """`count` blocks, mostly convolutions with a skip every fourth, in columns so that all can be in view."""
    columns = max(1, round((count * ROW / COLUMN * 1.4) ** 0.5))
    rows = -(-count // columns)
    blocks = [Block("input", spec_class("Input")())]
    for n in range(1, count - 2):
        kind = "Add" if n % 4 == 0 else "Convolution"
        reads = (f"b{n - 1}", f"b{n - 3}") if n % 4 == 0 and n > 4 else (blocks[-1].id,)
        blocks.append(Block(f"b{n}", spec_class(kind)(), reads))
    blocks.append(Block("pool", spec_class("GlobalAveragePooling")(), (blocks[-1].id,)))
    blocks.append(Block("output", spec_class("Output")(), ("pool",)))
    placed = (
        dataclasses.replace(b, position=(float(n // rows * COLUMN), float(n % rows * ROW)))
        for n, b in enumerate(blocks)
    )
    return Experiment(architecture=Architecture.of(placed))


class Bench:
    """The window with a network of `count` blocks, and a hand on its canvas."""

    def __init__(self, count: int, tab: str, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.window = MainWindow(Preferences())
        self.window.resize(1280, 800)
        self.window.show()
        tabs = self.window.findChild(QTabWidget, "design_tabs")
        if tabs is not None:
            tabs.setCurrentIndex(TABS.index(tab))
        self.window.bridge.open(Document(network(count)))
        self.count = count
        self.canvas.setFocus()
        self.settle()

    @property
    def canvas(self) -> CanvasView:
        """The canvas."""
        return self.window.design.canvas

    def settle(self, milliseconds: int = 40) -> None:
        """Let everything that is due be painted."""
        QTest.qWait(milliseconds)

    def timed(self, frame: Callable[[], object]) -> float:
        """Milliseconds from before `frame` until it is painted."""
        start = self.clock()
        frame()
        QApplication.processEvents()
        return (self.clock() - start) * 1000

    def middle(self) -> str:
        """Id of a convolution half-way down."""
        return f"b{max(1, self.count // 8 * 4 - 1)}"

    def look_at(self, id: str) -> QPoint:
        """Bring a card to the middle; returns where it lies in the viewport."""
        self.canvas.centerOn(self.canvas.board.cards[id].body.center())
        self.settle()
        return self.canvas.mapFromScene(self.canvas.board.cards[id].body.center())

    def click(self, id: str) -> None:
        """Select a block, and so put the keyboard on the canvas."""
        QTest.mouseClick(self.canvas.viewport(), LEFT, NONE, self.look_at(id))
        self.settle()

    def wheel(self, turn: QPoint, held: Qt.KeyboardModifier = NONE) -> None:
        """Turn the wheel over the middle of the canvas."""
        view = self.canvas.viewport()
        at = QPointF(view.rect().center())
        event = QWheelEvent(
            at, QPointF(view.mapToGlobal(at.toPoint())), QPoint(), turn, Qt.MouseButton.NoButton, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, event)

    def close(self) -> None:
        """Close the window, unsaved edits and all."""
        self.window.bridge.mark_saved()
        self.window.close()
        QApplication.processEvents()


def panning(bench: Bench) -> Iterator[float]:
    """The middle button drags the canvas to and fro."""
    view, at = bench.canvas.viewport(), QPoint(400, 200)
    bench.look_at(bench.middle())
    QTest.mousePress(view, Qt.MouseButton.MiddleButton, NONE, at)
    for n in range(FRAMES):
        step = QPoint(abs(n % 40 - 20) * 12, abs(n % 60 - 30) * 9)
        yield bench.timed(partial(QTest.mouseMove, view, at + step))
    QTest.mouseRelease(view, Qt.MouseButton.MiddleButton, NONE, at)


def scrolling(bench: Bench) -> Iterator[float]:
    """The wheel scrolls over cards that were not in sight before."""
    bench.look_at("input")
    for _ in range(FRAMES):
        yield bench.timed(partial(bench.wheel, QPoint(0, -40)))


def zooming(bench: Bench) -> Iterator[float]:
    """The wheel with Ctrl zooms out and in again."""
    bench.look_at(bench.middle())
    for n in range(FRAMES):
        yield bench.timed(partial(bench.wheel, QPoint(0, -30 if n % 60 < 30 else 30), CTRL))


def _nothing() -> None:
    """What is due is painted all the same."""


def settling(bench: Bench) -> Iterator[float]:
    """After a zoom the canvas comes to rest: each paint until it is as sharp as it will be."""
    bench.look_at(bench.middle())
    for n in range(6):
        bench.wheel(QPoint(0, 120 if n % 2 else -120), CTRL)
        QApplication.processEvents()
        until = time.perf_counter() + 0.4
        while time.perf_counter() < until:
            took = bench.timed(_nothing)
            if took > 0.3:
                yield took
            QTest.qWait(1)


def dragging(bench: Bench) -> Iterator[float]:
    """A card follows the mouse."""
    view, at = bench.canvas.viewport(), bench.look_at(bench.middle())
    QTest.mousePress(view, LEFT, NONE, at)
    QTest.mouseMove(view, at + QPoint(40, 0))
    for n in range(FRAMES):
        yield bench.timed(partial(QTest.mouseMove, view, at + QPoint(40 + 2 * (n % 60), n % 40)))
    QTest.keyClick(bench.canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, at)


def repainting(bench: Bench) -> Iterator[float]:
    """Everything in view is painted again."""
    bench.look_at(bench.middle())
    for _ in range(FRAMES):
        yield bench.timed(bench.canvas.viewport().repaint)


def duplicating(bench: Bench) -> Iterator[float]:
    """Ctrl+D adds a block."""
    for _ in range(EDITS):
        bench.click(bench.middle())
        yield bench.timed(partial(QTest.keyClick, bench.canvas, Qt.Key.Key_D, CTRL))
        bench.window.bridge.undo()


def removing(bench: Bench) -> Iterator[float]:
    """Delete takes a block out and heals the chain."""
    for _ in range(EDITS):
        bench.click(bench.middle())
        yield bench.timed(partial(QTest.keyClick, bench.canvas, Qt.Key.Key_Delete))
        bench.window.bridge.undo()


def undoing(bench: Bench) -> Iterator[float]:
    """Ctrl+Z brings a removed block back."""
    for _ in range(EDITS):
        bench.click(bench.middle())
        QTest.keyClick(bench.canvas, Qt.Key.Key_Delete)
        bench.settle()
        yield bench.timed(partial(QTest.keyClick, bench.window, Qt.Key.Key_Z, CTRL))


def appending(bench: Bench) -> Iterator[float]:
    """Enter in the palette puts a block behind the selected one and makes room for it."""
    from cnnstudio.app.palette.append import append_block

    for _ in range(EDITS):
        bench.click(bench.middle())
        yield bench.timed(partial(append_block, bench.window.bridge, bench.window.selection, "Dropout"))
        bench.window.bridge.undo()


def renaming(bench: Bench) -> Iterator[float]:
    """Another name for a block."""
    bench.click(bench.middle())
    names = (bench.middle(), "another_name")
    for n in range(EDITS // 2 * 2):
        edit = RenameBlock(id=names[n % 2], new_id=names[1 - n % 2])
        yield bench.timed(partial(bench.window.bridge.do, edit))
        bench.settle()


def setting(bench: Bench) -> Iterator[float]:
    """Another activation of the first convolution: shapes stay."""
    bench.click("b1")
    for n in range(EDITS):
        edit = SetParameters(id="b1", values={"activation": ("relu", "elu")[n % 2]})
        yield bench.timed(partial(bench.window.bridge.do, edit))


def reshaping(bench: Bench) -> Iterator[float]:
    """Another stride of the first convolution: every shape behind it changes."""
    bench.click("b1")
    for n in range(EDITS // 2 * 2):
        edit = SetParameters(id="b1", values={"strides": 2 - n % 2})
        yield bench.timed(partial(bench.window.bridge.do, edit))


def moving(bench: Bench) -> Iterator[float]:
    """A card is put elsewhere."""
    id = bench.middle()
    bench.click(id)
    x, y = bench.window.bridge.experiment.architecture.blocks[id].position
    for n in range(EDITS // 2 * 2):
        edit = MoveBlocks(positions={id: (x + (0 if n % 2 else 120), y)})
        yield bench.timed(partial(bench.window.bridge.do, edit))


def connecting(bench: Bench) -> Iterator[float]:
    """The mouse lets a connection go over a block."""
    cards, view = bench.canvas.board.cards, bench.canvas.viewport()
    source, target = bench.middle(), bench.middle()[:1] + str(int(bench.middle()[1:]) + 1)
    for _ in range(EDITS // 2):
        bench.look_at(source)
        above = bench.window.bridge.experiment.architecture.blocks[source].inputs[0]
        ends = [
            bench.canvas.mapFromScene(cards[id].port(port)) for id, port in ((above, Port.OUTPUT), (target, Port.INPUT))
        ]
        QTest.mousePress(view, LEFT, NONE, ends[0])
        QTest.mouseMove(view, ends[0] + QPoint(20, 20))
        QTest.mouseMove(view, ends[1])
        before = bench.window.bridge.document.index
        yield bench.timed(partial(QTest.mouseRelease, view, LEFT, NONE, ends[1]))
        if bench.window.bridge.document.index > before:
            bench.window.bridge.undo()
        bench.settle()


class Case(NamedTuple):
    """A row of the table."""

    name: str
    run: Callable[[Bench], Iterator[float]]
    scales: tuple[float, ...]
    """0 is the scale at which all is in view."""


CASES = (
    *(
        Case(run.__name__, run, (1.0, 0.4, 0.0))
        for run in (panning, scrolling, zooming, settling, dragging, repainting)
    ),
    *(
        Case(run.__name__, run, (1.0, 0.0))
        for run in (setting, reshaping, moving, duplicating, appending, removing, undoing, renaming)
    ),
    Case("connecting", connecting, (1.0,)),
)


def measured(bench: Bench, case: Case, scale: float) -> str:
    """Median and 99th percentile as they stand in the table."""
    bench.canvas.set_zoom(scale or 1.0)
    if not scale:
        bench.canvas.zoom_fit()
    bench.settle(300)  # timers of a canvas that came to rest run out
    times = list(case.run(bench))[2:]  # the first only warm the caches
    if len(times) < 2:
        return f"{'-':>9}{'-':>8}"  # nothing was painted
    return f"{statistics.median(times):9.1f}{statistics.quantiles(times, n=100)[98]:8.1f}"


def main(arguments: Sequence[str]) -> None:
    """Print the table, a row at a time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", type=int, default=[10, 100, 1000], help="blocks of the networks")
    parser.add_argument("--tab", choices=TABS, default="problems", help="the tab below the canvas")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument(
        "--processor", action="store_true", help="processor time, which other programs on the machine do not change"
    )
    chosen = parser.parse_args(arguments)
    out = sys.stdout
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CNNSTUDIO_HOME"] = folder
        make_application()
        themes.choose(Mode.LIGHT)
        clock = time.process_time if chosen.processor else time.perf_counter
        benches = [Bench(count, chosen.tab, clock) for count in chosen.sizes]
        for bench in benches:
            bench.window.hide()
        out.write(f"{'':<22}" + "".join(f"{f'{n:,} blocks':>17}" for n in chosen.sizes) + "\n")
        out.write(f"{'case':<12}{'scale':>10}" + f"{'median':>9}{'p99':>8}" * len(benches) + "\n")
        for case in CASES:
            for scale in case.scales if chosen.only in case.name else ():
                out.write(f"{case.name:<12}{f'{scale:g}' if scale else 'all':>10}")
                for bench in benches:
                    bench.window.show()
                    bench.window.activateWindow()
                    bench.settle(200)
                    out.write(measured(bench, case, scale))
                    out.flush()
                    bench.window.hide()
                out.write("\n")
        for bench in benches:
            bench.close()


if __name__ == "__main__":
    main(sys.argv[1:])
