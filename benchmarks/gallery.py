"""What it costs to scroll through a gallery: python benchmarks/gallery.py [SAMPLES]

Prints the time to lay the samples out, and the median and longest frame in milliseconds of scrolling through them by
the wheel, with pages of samples arriving in between, in a window of 1280 x 800.
"""

from __future__ import annotations

import os
import statistics
import sys
import time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QApplication

from cnnstudio.app.data.gallery_model import GalleryModel
from cnnstudio.app.data.gallery_view import GalleryView
from cnnstudio.core.data.info import DataInfo, Task
from cnnstudio.wire.messages import Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES = 300
INFO = DataInfo(Task.CLASSIFICATION, (64, 64, 3), ("cat", "dog"))


def page(model: GalleryModel, start: int, total: int, inputs: NDArray[np.float32]) -> None:
    """The worker's answer: a page from `start` on."""
    number = min(model.length, total - start)
    targets = np.arange(start, start + number) % 2
    model.put(Samples(0, "training", start, total, inputs[:number], targets))


def main() -> None:
    """Print the figures."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    app = QApplication.instance() or QApplication([])
    model = GalleryModel()
    view = GalleryView(model)
    view.resize(880, 640)
    view.show()
    inputs = np.random.default_rng(0).random((48, 64, 64, 3), np.float32)
    began = time.perf_counter()
    model.begin("training", INFO, 1.0)
    view.fit(INFO)
    page(model, 0, total, inputs)
    view.grab()
    laid_out = (time.perf_counter() - began) * 1000
    bar, frames = view.verticalScrollBar(), []
    for frame in range(FRAMES):
        began = time.perf_counter()
        bar.setValue(bar.maximum() * frame // FRAMES if frame % 10 == 0 else bar.value() + 60)
        start = model.missing(*view.sight())
        if start is not None:
            page(model, start, total, inputs)
        view.viewport().grab()
        frames.append((time.perf_counter() - began) * 1000)
    sys.stdout.write(
        f"{total:,} samples laid out and painted in {laid_out:.0f} ms\n"
        f"a frame of scrolling: median {statistics.median(frames):.1f} ms, longest {max(frames):.1f} ms\n"
    )
    view.close()
    app.quit()


if __name__ == "__main__":
    main()
