"""Frame times of the canvas: dragging a card, repainting everything, and showing an edit.

Run: python benchmarks/canvas.py   (QT_QPA_PLATFORM=offscreen where there is no display)
"""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from cnnstudio.app.canvas import CanvasView
from cnnstudio.app.document_bridge import DocumentBridge
from cnnstudio.app.selection import Selection
from cnnstudio.app.theme import Mode, themes
from cnnstudio.core.architecture import Architecture, Block
from cnnstudio.core.catalogue import spec_class
from cnnstudio.core.document import Document
from cnnstudio.core.edits import SetParameters
from cnnstudio.core.experiment import Experiment
from cnnstudio.core.layout import COLUMN, ROW

if TYPE_CHECKING:
    from collections.abc import Callable

FRAMES = 120
SIZE = (1280, 800)


def network(count: int) -> Experiment:
    """`count` convolutions with a skip every fourth, in columns beside each other so that all can be in view."""
    columns = max(1, round((count * ROW / COLUMN * SIZE[0] / SIZE[1]) ** 0.5))
    rows = -(-count // columns)
    blocks = [Block("input", spec_class("Input")())]
    for n in range(1, count):
        kind = "Add" if n % 4 == 0 else "Convolution"
        reads = (f"b{n - 1}", f"b{n - 3}") if n % 4 == 0 and n > 4 else (blocks[-1].id,)
        blocks.append(Block(f"b{n}", spec_class(kind)(), reads))
    placed = (
        dataclasses.replace(b, position=(float(n // rows * COLUMN), float(n % rows * ROW)))
        for n, b in enumerate(blocks)
    )
    return Experiment(architecture=Architecture.of(placed))


def measure(frame: Callable[[int], None], frames: int = FRAMES) -> list[float]:
    """Milliseconds of each frame, painting included; the first few only warm the caches."""
    times = []
    for n in range(frames + 5):
        start = time.perf_counter()
        frame(n)
        QApplication.processEvents()
        times.append((time.perf_counter() - start) * 1000)
    return times[5:]


def dragging(canvas: CanvasView) -> list[float]:
    """A card follows the mouse."""
    middle = canvas.board.cards[list(canvas.board.cards)[len(canvas.board.cards) // 2]]
    canvas.centerOn(middle.body.center())
    at = canvas.mapFromScene(middle.body.center())
    view = canvas.viewport()
    QApplication.processEvents()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    QTest.mouseMove(view, at + QPoint(40, 0))

    def frame(n: int) -> None:
        QTest.mouseMove(view, at + QPoint(40 + 2 * (n % 60), n % 40))

    times = measure(frame)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    return times


def repainting(canvas: CanvasView) -> list[float]:
    """Everything in view is painted anew, from the cards' caches where they have one."""

    def frame(n: int) -> None:
        canvas.viewport().repaint()

    return measure(frame)


def zooming(canvas: CanvasView) -> list[float]:
    """Every card and edge in view is painted from nothing."""

    def frame(n: int) -> None:
        canvas.zoom_by(1.02 if n % 2 else 1 / 1.02)

    return measure(frame, 40)


def editing(canvas: CanvasView) -> list[float]:
    """An edit of the first convolution, from the document to the last card and label."""

    def frame(n: int) -> None:
        canvas.bridge.do(SetParameters(id="b1", values={"filters": 16 + n % 2}))

    return measure(frame, 30)


def main() -> None:
    """Print a table: median and 99th percentile for each size and case."""
    app = QApplication(sys.argv[:1])
    themes.choose(Mode.LIGHT)
    out = sys.stdout
    out.write(f"{'blocks':>7}  {'scale':>7}  {'case':<10}{'median ms':>11}{'p99 ms':>9}\n")
    for count in (10, 100, 1000):
        canvas = CanvasView(DocumentBridge(Document(network(count))), Selection())
        canvas.resize(*SIZE)
        canvas.show()
        app.processEvents()
        for scale in ("natural", "all"):
            canvas.set_zoom(1.0)
            if scale == "all":
                canvas.fit(QRectF(canvas.board.occupied()))
            for case in (dragging, repainting, zooming, editing):
                times = case(canvas)
                p99 = statistics.quantiles(times, n=100)[98]
                row = f"{count:>7,}  {canvas.zoom:>7.2f}  {case.__name__:<10}"
                out.write(f"{row}{statistics.median(times):>11.2f}{p99:>9.2f}\n")
        canvas.close()
        canvas.deleteLater()
    app.processEvents()


if __name__ == "__main__":
    main()
