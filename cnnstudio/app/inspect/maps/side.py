"""One wall of the Maps tab: every channel of a block, what it is of, and what is the matter with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.layer_maps import Scaling
from cnnstudio.app.features.look import Look
from cnnstudio.app.features.ranking import Order, ranked
from cnnstudio.app.features.tiles import TileView
from cnnstudio.app.features.words import MessageView
from cnnstudio.app.inspect.maps.facts import WallFacts
from cnnstudio.app.inspect.maps.source import MapSource
from cnnstudio.app.inspect.maps.waveform import Waveform
from cnnstudio.app.theme import space
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.core.program import INPUT

if TYPE_CHECKING:
    from cnnstudio.app.features.layer_maps import LayerMaps
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.features.ranking import Ranks
    from cnnstudio.app.inspect.maps.source import Shown, Wanted
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.analysis.footprint import Footprint

SORT_SECONDS = 2.0
"""While maps change, their order is taken anew this often: tiles that change places all the time cannot be followed."""


class MapSide(QWidget):
    """Shows what it is told to want. A click or Enter opens a channel; the mouse points at cells."""

    changed = Signal()
    """Other maps, another sample or another slice are shown."""
    pointed = Signal(object)
    """Channel and cell under the mouse; None outside."""
    hovered = Signal(str)
    """The same in words."""
    chosen = Signal(int)
    """A channel is to be looked at: the arrow keys have reached it."""
    opened = Signal(int)
    """The same by a click or Enter."""

    def __init__(self, worker: WorkerClient, name: str, view: int, parent: QWidget | None = None) -> None:
        """`view`: the number of the watch, which no other view of the window may have."""
        super().__init__(parent)
        self.setObjectName(name)
        self._look = Look()
        self._span: tuple[float, float] | None = None
        self._layer: LayerMaps | None = None
        self._before: LayerMaps | None = None
        self._sample: Floats | None = None
        self._sight: Sight | None = None
        self._seen: tuple[tuple[tuple[int, ...], Sight], Footprint] | None = None
        self._sorted = 0.0
        self._given: Ranks | None = None
        self.source = MapSource(worker, view, self)
        self.tiles = TileView(one_column=True)
        self.tiles.setObjectName(f"{name}_tiles")
        self.wave = Waveform(f"{name}_wave")
        self._facts = WallFacts(name)
        self._message = MessageView(f"{name}_message")
        self._resort = QTimer(self)
        self._resort.setSingleShot(True)
        self._resort.timeout.connect(self._sort)
        self._arrange()
        self._connect()
        self.say("No block", "Choose a block in the list at the left.")

    def _arrange(self) -> None:
        walls = QWidget()
        inside = QVBoxLayout(walls)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(space(1))
        inside.addWidget(self.wave)
        inside.addWidget(self.tiles, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(walls)
        column = QVBoxLayout(self)
        column.setContentsMargins(space(3), 0, space(2), 0)
        column.setSpacing(space(1))
        column.addWidget(self._facts)
        column.addWidget(self._stack, 1)
        self.setMinimumWidth(space(50))

    def _connect(self) -> None:
        self.source.arrived.connect(self._take)
        self.source.sampled.connect(self._take_sample)
        self.source.waiting.connect(self._wait)
        self.source.failed.connect(self._fail)
        self._message.action.connect(self.source.retry)
        self.tiles.hovered.connect(self.hovered)
        self.tiles.pointed.connect(self._point)
        self.tiles.opened.connect(self.opened)
        self.tiles.framed.connect(self.chosen)
        self.tiles.viewport().installEventFilter(self)
        self._facts.sliced.connect(self._apply_slice)

    # What is shown

    @property
    def layer(self) -> LayerMaps | None:
        """The maps on the wall; None while there are none."""
        return self._layer

    @property
    def sample(self) -> Floats | None:
        """What they are of, float32 as the network sees it; None while it is not known."""
        return self._sample

    @property
    def sight(self) -> Sight | None:
        """What cells of the block see of the input."""
        return self._sight

    @property
    def shown_slice(self) -> int:
        """The slice of volumes that is shown."""
        return self._facts.slice

    @property
    def before(self) -> LayerMaps | None:
        """What changes are counted from: the first maps since looking at this began."""
        return self._before

    @property
    def message(self) -> str:
        """What is said in place of the maps; "" while maps are shown."""
        shown = self._stack.currentWidget() is self._message
        return f"{self._message.title}: {self._message.text}" if shown else ""

    def footprint(self, cell: tuple[int, ...]) -> Footprint | None:
        """What that cell of the maps, as they came, sees of the input."""
        sight, layer = self._sight, self._layer
        if self._seen is not None and self._seen[0] == (cell, sight):
            return self._seen[1]
        if sight is None or layer is None or len(cell) != len(sight.spatial):
            return None
        sizes = zip(cell, layer.maps.shape[1:], sight.spatial, strict=True)
        at = tuple([min(full - 1, place * full // sent) for place, sent, full in sizes])  # large maps are thinned
        self._seen = (cell, sight), sight.of(at)
        return self._seen[1]

    def want(self, wanted: Wanted | None, title: str = "") -> None:
        """Show this; `title` says what it is."""
        last = self.source.wanted
        if wanted != last:
            same = wanted is not None and last is not None and _is_same_place(wanted, last)
            if not same:
                self._before = self._given = None
                self._sight = None if wanted is None else _sight(wanted)
                self._sorted = 0.0
        self._facts.show_title(title)
        self.source.want(wanted)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.source.set_active(active)

    def set_look(self, look: Look, span: tuple[float, float] | None = None) -> None:
        """How the maps are painted and sorted; `span` is the range of both walls, where they share one."""
        other = look.order is not self._look.order
        self._look, self._span = look, span
        self.tiles.set_tile(look.tile)
        self._paint()
        if other:
            self._sort()

    def set_ranks(self, ranks: Ranks | None) -> None:
        """Follow the order of another wall of the same channels; None for an order of one's own."""
        if ranks is not self._given:
            self._given = ranks
            self._sort()

    def say(self, title: str, text: str, *, retry: bool = False, details: str = "") -> None:
        """Show this in place of the maps."""
        self._layer = None
        self.tiles.show_layer(None)
        self._message.say(title, text, action="Try again" if retry else "", details=details)
        self._stack.setCurrentWidget(self._message)
        self._facts.show_layer(None)
        self._facts.show_depth(1)
        self.changed.emit()

    def show_slice(self, depth: int) -> None:
        """Show that slice of volumes."""
        self._facts.show_slice(depth)

    def _apply_slice(self, depth: int) -> None:
        self.tiles.set_depth(depth)
        self.changed.emit()

    # What comes

    def _take(self, shown: Shown) -> None:
        layer, last = shown.layer, self._layer
        self._layer = layer
        if last is None or last.maps.shape != layer.maps.shape:
            self._stack.setCurrentIndex(1)
            self._facts.show_depth(layer.depth)
            self._sorted = 0.0
        if self._before is None or self._before.maps.shape != layer.maps.shape:
            self._before = layer
        self._facts.show_layer(layer)
        self._facts.show_origin(shown.words)
        self._paint()
        self.tiles.show_layer(layer)
        self._show_wave()
        if self._sorted:
            self._sort_soon()
            self.changed.emit()
        else:
            self._sort()

    def _take_sample(self, sample: Floats | None) -> None:
        self._sample = sample
        self.wave.show_sample(sample)
        self._show_wave()
        self._align()
        self.changed.emit()

    def _show_wave(self) -> None:
        """Above strips that are not the input themselves."""
        layer, sample, wanted = self._layer, self._sample, self.source.wanted
        strips = layer is not None and layer.kind == "signals" and wanted is not None and wanted.block != INPUT
        self.wave.setVisible(strips and sample is not None and sample.ndim == 2)

    def _wait(self, sentence: str) -> None:
        # Maps of the same place stay until others come: a slider that is moved must not make them flicker.
        if self._layer is None or self._before is None:
            self.say("", sentence)
        else:
            self._facts.show_origin(sentence)

    def _fail(self, sentence: str, details: str) -> None:
        self.say("These maps cannot be shown", sentence, retry=True, details=details)

    def _paint(self) -> None:
        self.tiles.set_scaling(self.scaling)
        self.tiles.set_colours(self._look.colours_for(self._layer))

    @property
    def scaling(self) -> Scaling:
        """Which values the ends of the colours stand for."""
        return Scaling(self._look.whole_layer or self._span is not None, self._span)

    # Order

    def _sort_soon(self) -> None:
        if self._look.order is Order.CHANNEL or self._resort.isActive():
            return
        self._resort.start(max(0, round(1000 * (self._sorted + SORT_SECONDS - time.monotonic()))))

    def _sort(self) -> None:
        layer = self._layer
        if layer is None:
            return
        if self.tiles.is_pointed_at and self._sorted:
            self._resort.start(round(1000 * SORT_SECONDS))  # no tile runs away from under the mouse
            return
        self._sorted = time.monotonic()
        given = self._given if self._given is not None and len(self._given) == layer.count else None
        self.tiles.set_ranks(ranked(layer, self._look.order, self._before) if given is None else given)
        self.changed.emit()

    # Pointing

    def _point(self, found: tuple[int, tuple[int, ...]] | None) -> None:
        if self.wave.isVisible():
            self.wave.show_footprint(None if found is None else self.footprint(found[1]))
        self.pointed.emit(found)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The signal above the strips begins and ends where they do."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Paint) and self.wave.isVisible():
            self._align()
        return super().eventFilter(watched, event)

    def _align(self) -> None:
        left = self.tiles.viewport().geometry().left()
        strip = self.tiles.tile_rect(0)
        self.wave.align(left + strip.left(), left + strip.right())


def _is_same_place(wanted: Wanted, last: Wanted) -> bool:
    """Whether the same channels for the same sample are wanted, whatever the weights: changes are counted on."""
    here = (wanted.block, wanted.sample, wanted.subject.experiment.architecture)
    return here == (last.block, last.sample, last.subject.experiment.architecture)


def _sight(wanted: Wanted) -> Sight | None:
    traced = wanted.subject.trace.blocks.get(wanted.block)
    return None if traced is None or traced.output is None else Sight(wanted.subject.trace, wanted.block)
