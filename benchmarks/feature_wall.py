"""How long it takes to show all feature maps of a layer: the wall's one picture beside matplotlib.

    python benchmarks/feature_wall.py [--channels 64] [--side 64] [--repeats 30]

Both draw the same random maps on the same number of pixels. Prints median milliseconds; the wall's line is split into
making the picture (once for each message from the worker) and painting it (at each repaint).
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Callable


def median_ms(work: Callable[[], object], repeats: int) -> float:
    """Median time of `work` in milliseconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def wall_times(maps: list[Any], width: int, height: int, repeats: int) -> tuple[float, float]:
    """Milliseconds for a message to become a picture on screen, and for a repaint of what is there."""
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication

    from cnnstudio.app.features.layer_maps import LayerMaps
    from cnnstudio.app.features.tiles import TileView

    app = QApplication.instance() or QApplication(sys.argv[:1])
    view = TileView()
    view.resize(width, height)
    view.show()
    ones = np.ones(len(maps[0]), np.float32)
    layers = [LayerMaps(m, 0 * ones, ones) for m in maps]
    target = QImage(view.viewport().size(), QImage.Format.Format_RGB32)
    turn = iter(range(10**9))

    def update() -> None:
        view.show_layer(layers[next(turn) % len(layers)])
        view.viewport().render(target)

    update()
    fresh = median_ms(update, repeats)
    again = median_ms(lambda: view.viewport().render(target), repeats)
    view.close()
    del app
    return fresh, again


def matplotlib_times(maps: list[Any], width: int, height: int, repeats: int) -> tuple[float, float]:
    """Milliseconds for one axes with all maps in it, and for an axes for each map."""
    from matplotlib.backends import backend_agg

    agg: Any = backend_agg
    count, rows, columns = maps[0].shape
    across = max(1, round(count**0.5))
    down = -(-count // across)
    size = (width / 100, height / 100)

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


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=30)
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 256, (options.channels, options.side, options.side)).astype(np.uint8) for _ in range(4)]
    width, height = 620, 620
    fresh, again = wall_times(maps, width, height, options.repeats)
    one, many = matplotlib_times(maps, width, height, options.repeats)
    lines = (
        (f"{options.channels} maps of {options.side} x {options.side} on {width} x {height} pixels", ""),
        ("wall, new maps (picture and paint)", f"{fresh:8.2f} ms"),
        ("wall, repaint", f"{again:8.2f} ms"),
        ("matplotlib, one axes", f"{one:8.2f} ms   {one / fresh:6.1f} times the wall"),
        ("matplotlib, an axes for each map", f"{many:8.2f} ms   {many / fresh:6.1f} times the wall"),
    )
    for name, value in lines:
        sys.stdout.write(f"{name:48} {value}".rstrip() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
