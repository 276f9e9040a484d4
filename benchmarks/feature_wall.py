"""How long it takes to show all feature maps of a block: the wall's one picture beside matplotlib.

    python benchmarks/feature_wall.py [--channels 64] [--side 64] [--crowd 512] [--repeats 30]

A process of its own sends random maps in the frames of the worker; the window's own client takes them and the wall is
painted into pixels: what a person waits for. matplotlib draws the same maps on as many pixels, without any process in
between. Prints median milliseconds, and how many times longer each other way takes. The crowd is a block of many
channels: all of its tiles at once, and those of them that fit the window, which are all that is ever painted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the process that sends is started from anywhere

from cnnstudio.wire.framing import FrameReader, decode_command, encode
from cnnstudio.wire.messages import PROTOCOL, Device, FeatureMaps, Hello, Sample, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.features.wall import FeatureWall
    from cnnstudio.app.worker_client import WorkerClient

ROOM = (620, 620)
"""Pixels of the wall with its numbers, and of the figures."""
KINDS = 4
"""Different sets of maps that take turns."""
LONG = 60.0
"""Seconds after which a frame that does not come ends the benchmark."""


def random_maps(count: int, side: int) -> list[Any]:
    """Sets of maps, uint8 (count, side, side)."""
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (count, side, side)).astype(np.uint8) for _ in range(KINDS)]


def serve(count: int, side: int) -> None:
    """Be the worker: send one set of maps for each Watch, until the input ends."""
    sets = random_maps(count, side)
    ones, nothing = np.ones(count, np.float32), np.zeros(0, np.float32)
    out, reader = sys.stdout.buffer, FrameReader(decode_command)
    out.write(encode(Hello(PROTOCOL, {}, (Device("cpu", "Processor"),), os.getpid())))
    out.flush()
    step = 0
    while data := os.read(0, 65536):
        for command in reader.feed(data):
            if isinstance(command, Watch):
                step += 1
                maps = sets[step % KINDS]
                out.write(encode(FeatureMaps("run", "conv", Sample(), 1, step, maps, -ones, ones, nothing)))
                out.flush()


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Median time of `work` in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


class Wall:
    """The wall in a window, and a process that feeds it."""

    def __init__(self, count: int, side: int, *, tall: bool = False) -> None:
        from PySide6.QtGui import QImage
        from PySide6.QtWidgets import QApplication

        from cnnstudio.app.features.wall import FeatureWall
        from cnnstudio.app.worker_client import WorkerClient

        self._app = QApplication.instance() or QApplication(sys.argv[:1])
        self._wall: FeatureWall = FeatureWall()
        self._wall.resize(*ROOM)
        self._wall.show()
        self._count = 0
        command = (sys.executable, __file__, "--serve", str(count), str(side))
        self._worker: WorkerClient = WorkerClient(command=command)
        self._worker.received.connect(self._take)
        self._worker.start()
        self._until(lambda: self._worker.hello is not None)
        self._target = QImage(self._wall.size(), QImage.Format.Format_RGB32)
        self.frame()
        if tall:  # a window that shows every row, as large as that may be
            grid = self._wall.tiles.grid
            rows = 0 if grid is None else grid.total_height
            self._wall.resize(ROOM[0], ROOM[1] + rows)
            self._target = QImage(self._wall.size(), QImage.Format.Format_RGB32)
            self.frame()

    def frame(self) -> None:
        """Ask for maps, wait for them, paint them."""
        before = self._count
        self._worker.send(Watch("conv", Sample()))
        self._until(lambda: self._count > before)

    def paint(self) -> None:
        """Paint once more what is there."""
        self._wall.render(self._target)

    def close(self) -> None:
        """End the process."""
        self._worker.stop()
        self._wall.close()

    def _take(self, event: object) -> None:
        if isinstance(event, FeatureMaps):
            self._wall.show_maps(event)
            self._wall.render(self._target)
            self._count += 1

    def _until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while not condition():
            self._app.processEvents()
            if time.monotonic() > end:
                raise SystemExit("The process that sends the maps does not answer.")


def matplotlib_times(maps: list[Any], repeats: int) -> tuple[float, float]:
    """Milliseconds for one axes with all maps in it, and for an axes for each map."""
    from matplotlib.backends import backend_agg
    from matplotlib.figure import Figure

    agg: Any = backend_agg
    count, rows, columns = maps[0].shape
    across = max(1, round(count**0.5))
    down = -(-count // across)
    size = (ROOM[0] / 100, ROOM[1] / 100)

    one = Figure(figsize=size, dpi=100)
    one_canvas = agg.FigureCanvasAgg(one)
    whole = np.zeros((down * rows, across * columns), np.uint8)
    shown = one.add_axes((0, 0, 1, 1)).imshow(whole, vmin=0, vmax=255, interpolation="nearest")

    many = Figure(figsize=size, dpi=100)
    many_canvas = agg.FigureCanvasAgg(many)
    pictures = []
    for number in range(count):
        axes = many.add_subplot(down, across, number + 1)
        axes.set_axis_off()
        pictures.append(axes.imshow(maps[0][number], vmin=0, vmax=255, interpolation="nearest"))
    turn = iter(range(10**9))

    def draw_one() -> None:
        current = maps[next(turn) % len(maps)]
        for number in range(count):
            row, column = divmod(number, across)
            whole[row * rows : (row + 1) * rows, column * columns : (column + 1) * columns] = current[number]
        shown.set_data(whole)
        one_canvas.draw()

    def draw_many() -> None:
        for picture, data in zip(pictures, maps[next(turn) % len(maps)], strict=True):
            picture.set_data(data)
        many_canvas.draw()

    return median_ms(draw_one, repeats), median_ms(draw_many, max(3, repeats // 5))


def wall_times(count: int, side: int, repeats: int, *, tall: bool = False) -> tuple[float, float]:
    """Milliseconds from the request to painted pixels, and for a repaint of what is there."""
    wall = Wall(count, side, tall=tall)
    try:
        return median_ms(wall.frame, repeats), median_ms(wall.paint, repeats)
    finally:
        wall.close()


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--crowd", type=int, default=512, help="channels of the block with many")
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--serve", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(*options.serve)
        return 0
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    channels, side, crowd, repeats = options.channels, options.side, options.crowd, options.repeats
    fresh, again = wall_times(channels, side, repeats)
    one, many = matplotlib_times(random_maps(channels, side), repeats)
    all_of_crowd, _ = wall_times(crowd, side, max(5, repeats // 3), tall=True)
    in_sight, _ = wall_times(crowd, side, max(5, repeats // 3))
    lines = (
        (f"{channels} maps of {side} x {side} on {ROOM[0]} x {ROOM[1]} pixels", ""),
        ("wall, from another process to painted pixels", f"{fresh:8.2f} ms   {1000 / fresh:6.1f} frames a second"),
        ("wall, repaint", f"{again:8.2f} ms"),
        ("matplotlib, one axes", f"{one:8.2f} ms   {one / fresh:6.1f} times the wall"),
        ("matplotlib, an axes for each map", f"{many:8.2f} ms   {many / fresh:6.1f} times the wall"),
        (f"{crowd} maps of {side} x {side}, from another process to painted pixels", ""),
        ("wall, every row in sight", f"{all_of_crowd:8.2f} ms   {all_of_crowd / fresh:6.1f} times {channels} maps"),
        ("wall, the rows that fit the window", f"{in_sight:8.2f} ms   {in_sight / fresh:6.1f} times {channels} maps"),
    )
    for name, value in lines:
        sys.stdout.write(f"{name:48} {value}".rstrip() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
