"""Makes pages ready that are made late, before anyone goes there: importing their modules alone takes a second.

The window's start does not wait for them, and neither should the first click on a page. Libraries come in a thread of
their own, which holds the window up for some milliseconds at a time; what they serve comes after them, in slices, and
the pages themselves at the end.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cnnstudio.app.worker_client import WorkerClient

FIGURES = "matplotlib.figure"
LIBRARIES = ("numpy", FIGURES, "matplotlib.backends.backend_agg", "matplotlib.ticker")
MODULES = (
    "cnnstudio.core.analysis.footprint",
    "cnnstudio.core.formats.timeline",
    "cnnstudio.app.training.figures",
    "cnnstudio.app.features.layer_maps",
    "cnnstudio.app.features.pictures",
    "cnnstudio.app.features.look",
    "cnnstudio.app.features.tiles",
    "cnnstudio.app.features.wall",
    "cnnstudio.app.inspector.form",
    "cnnstudio.app.training.evaluation.confusion",
    "cnnstudio.app.data.sample_painter",
    "cnnstudio.app.training.viewers.boxes",
    "cnnstudio.app.training.viewers.masks",
    "cnnstudio.app.training.prediction",
    "cnnstudio.app.training.preflight",
    "cnnstudio.app.training.recipe_panel",
    "cnnstudio.app.training.plot",
    "cnnstudio.app.training.evaluation.tables",
    "cnnstudio.app.training.evaluation.panel",
    "cnnstudio.app.training.latent.panel",
    "cnnstudio.app.training.sample_chooser",
    "cnnstudio.app.training.curves",
    "cnnstudio.app.training.header",
    "cnnstudio.app.training.view",
    "cnnstudio.app.data.gallery_view",
    "cnnstudio.app.data.sample_detail",
    "cnnstudio.app.data.gallery",
    "cnnstudio.app.data.sources",
    "cnnstudio.app.data.augmentation",
    "cnnstudio.app.data.statistics",
    "cnnstudio.app.data.view",
    "cnnstudio.app.runs.comparison.lines",
    "cnnstudio.app.runs.comparison.plot",
    "cnnstudio.app.runs.comparison.canvas",
    "cnnstudio.app.runs.comparison.table",
    "cnnstudio.app.runs.comparison.panel",
    "cnnstudio.app.runs.table",
    "cnnstudio.app.runs.panel",
    "cnnstudio.app.runs.view",
    "cnnstudio.app.inspect.networks",
    "cnnstudio.app.inspect.probes.pins",
    "cnnstudio.app.inspect.inspection",
    "cnnstudio.app.inspect.probes.canvas",
    "cnnstudio.app.inspect.probes.pad_answer",
    "cnnstudio.app.inspect.probes.pad",
    "cnnstudio.app.inspect.probes.intake",
    "cnnstudio.app.inspect.probes.picker",
    "cnnstudio.app.inspect.probes.strip",
    "cnnstudio.app.inspect.maps.source",
    "cnnstudio.app.inspect.maps.side",
    "cnnstudio.app.lens.map_view",
    "cnnstudio.app.lens.sample_view",
    "cnnstudio.app.inspect.maps.kernel",
    "cnnstudio.app.inspect.maps.detail",
    "cnnstudio.app.inspect.maps.panel",
    "cnnstudio.app.inspect.kernels.panel",
    "cnnstudio.app.inspect.health.history",
    "cnnstudio.app.inspect.health.norm_plot",
    "cnnstudio.app.inspect.health.panel",
    "cnnstudio.app.inspect.why.controls",
    "cnnstudio.app.inspect.why.figure",
    "cnnstudio.app.inspect.why.places_view",
    "cnnstudio.app.inspect.why.explanation_view",
    "cnnstudio.app.inspect.why.channel_view",
    "cnnstudio.app.inspect.why.shift_view",
    "cnnstudio.app.inspect.why.panel",
    "cnnstudio.app.inspect.mistakes.tally",
    "cnnstudio.app.inspect.mistakes.gallery",
    "cnnstudio.app.inspect.mistakes.panel",
    "cnnstudio.app.inspect.timeline.bar",
    "cnnstudio.app.inspect.block_list",
    "cnnstudio.app.inspect.subject_choice",
    "cnnstudio.app.inspect.timeline.film_dialog",
    "cnnstudio.app.inspect.view",
)
"""In an order in which each brings little that those before it have not brought."""
THREAD = "warming"
LOOK_MS = 30
"""How often it is seen whether the libraries are there, and how far apart two modules or parts are."""


class Warming(QObject):
    """Begins when the worker is ready: until then the computer is busy with TensorFlow."""

    done = Signal()
    """All is there."""

    def __init__(
        self,
        worker: WorkerClient,
        parent: QObject | None = None,
        libraries: Sequence[str] = LIBRARIES,
        modules: Sequence[str] = MODULES,
        get_ready: Callable[[], Iterator[None]] = lambda: iter(()),
    ) -> None:
        """`get_ready` builds what the modules are for, with a rest after each part."""
        super().__init__(parent)
        self._get_ready = get_ready
        self._parts: Iterator[None] | None = None
        self._libraries, self._left = libraries, list(modules)
        self._thread: threading.Thread | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._go_on)
        worker.state_changed.connect(self._follow)

    def _follow(self, state: str) -> None:
        if state != "ready" or self._thread is not None or not self._missing:
            return
        self._thread = threading.Thread(target=_bring_libraries, args=(self._libraries,), name=THREAD, daemon=True)
        self._thread.start()
        self._timer.start()

    @property
    def _missing(self) -> bool:
        return any(name not in sys.modules for name in (*self._libraries, *self._left))

    def _go_on(self) -> None:
        if self._thread is not None and self._thread.is_alive():
            return
        while self._left and self._left[0] in sys.modules:
            del self._left[0]
        if self._left:
            _bring([self._left.pop(0)])
            return
        if self._parts is None:
            self._parts = self._get_ready()
        if next(self._parts, self) is self:
            self._timer.stop()
            self.done.emit()


def wait_for_libraries() -> None:
    """Let a thread that is bringing libraries in come to its end, before this one imports what it imports.

    Where two threads import parts of one package in different orders, Python breaks their deadlock by handing out
    modules that are half made, and an import fails that would have gone well.
    """
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join()


def _bring_libraries(names: Sequence[str]) -> None:
    _bring(names)
    if FIGURES in names and FIGURES in sys.modules:
        from matplotlib.figure import Figure

        # The first figure looks for fonts and makes glyphs. Nobody sees this one.
        figure = Figure()
        axes = figure.add_axes((0.2, 0.2, 0.6, 0.6))
        axes.set_title("0", loc="left", fontweight="bold")
        figure.savefig(io.BytesIO(), format="raw")


def _bring(names: Sequence[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):  # the page that needs it will say what is missing
            importlib.import_module(name)
