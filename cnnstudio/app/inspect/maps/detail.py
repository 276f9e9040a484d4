"""What is known of one channel: enlarged, its histogram, what a cell of it sees of the input, and its kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QTransform
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.colormaps import VIRIDIS
from cnnstudio.app.features.detail import channel_words, ramp
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.features.marks import reading
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspect.maps.histogram import Histogram
from cnnstudio.app.inspect.maps.kernel import KernelView
from cnnstudio.app.lens.map_view import MapView
from cnnstudio.app.lens.sample_view import SampleView
from cnnstudio.app.lens.sentences import seen_words
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPaintEvent

    from cnnstudio.app.features.colormaps import ColourMap
    from cnnstudio.app.features.layer_maps import LayerMaps
    from cnnstudio.app.inspect.maps.side import MapSide
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.analysis.footprint import Footprint

BAR = 12
"""Width of the colour bar."""
LEAST_STRIP = 12
"""Steps of the spacing: the least height of an enlarged signal."""


class ColourBar(QWidget):
    """The colours of the enlarged channel and the values at their ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_colour_bar")
        self.setAccessibleName("Colour bar")
        self.setToolTip("The values at the two ends of the colours")
        self.setFixedHeight(BAR + space(5))
        self._colours: ColourMap = VIRIDIS
        self._ends = (0.0, 0.0)
        themes.changed.connect(self.update)

    def show_ends(self, colours: ColourMap, low: float, high: float) -> None:
        """Those colours from `low` to `high`."""
        self._colours, self._ends = colours, (low, high)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar lying, low at the left."""
        painter = QPainter(self)
        bar = QRectF(0, 0, self.width() - 1, BAR)
        painter.drawImage(bar, ramp(self._colours).transformed(QTransform().rotate(90)))
        painter.setPen(theme().color(Role.BORDER))
        painter.drawRect(bar)
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        below = QRectF(0, BAR + 2, self.width(), self.height() - BAR - 2)
        places = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight)
        for value, place in zip(self._ends, places, strict=True):
            painter.drawText(below, place | Qt.AlignmentFlag.AlignTop, number(value))
        if self._ends[0] < 0 < self._ends[1]:
            at = -self._ends[0] / (self._ends[1] - self._ends[0]) * self.width()
            painter.drawText(QRectF(at - 20, BAR + 2, 40, below.height()), Qt.AlignmentFlag.AlignHCenter, "0")


class ChannelDetail(QWidget):
    """Follows one wall. The mouse or the arrow keys choose a cell of the enlarged map; a click or Enter pins it."""

    moved = Signal(int)
    """Another channel is wanted."""
    hovered = Signal(str)
    left = Signal()
    """Esc: back to the wall."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_detail")
        self.setAccessibleName("The chosen channel")
        self.setToolTip("One channel: enlarged, its histogram, its kernel, and what a cell of it sees")
        self._side: MapSide | None = None
        self._channel = 0
        self._is_signal: bool | None = None
        """How the pictures lie; None before they do."""
        self._sizes: tuple[object, ...] = ()
        self._pointed: tuple[int, ...] | None = None
        self._under: tuple[object, object] = (None, None)
        self._footprint: Footprint | None = None
        self._title = words("inspect_detail_title", scale="title")
        self._previous = tool("inspect_detail_previous", "chevron-left", "Previous channel")
        self._next = tool("inspect_detail_next", "chevron-right", "Next channel")
        self._numbers = words("inspect_detail_numbers", tone="muted", wrap=True)
        self.map_view = MapView()
        self.map_view.setObjectName("inspect_detail_map")
        self.map_view.setAccessibleName("Enlarged feature map")
        self.bar = ColourBar()
        self.histogram = Histogram()
        self.sample_view = SampleView()
        self.sample_view.setObjectName("inspect_detail_input")
        self.kernel = KernelView(worker)
        self._seen = words("inspect_detail_seen", tone="muted", wrap=True)
        self._arrange()
        self._connect()
        self.show_side(None, 0)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(space(1))
        head.addWidget(self._title, 1)
        head.addWidget(self._previous)
        head.addWidget(self._next)
        self._enlarged = _pane(self.map_view, self.bar)
        self._seen_pane = _pane(words("inspect_detail_input_label", "Input", tone="muted"), self.sample_view)
        self._spread = _pane(words("inspect_histogram_label", "Histogram", tone="muted"), self.histogram)
        self._grid = grid = QGridLayout()
        grid.setHorizontalSpacing(space(3))
        grid.setVerticalSpacing(space(2))
        self._lay(is_signal=False)
        self._inner = QWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._inner)
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(space(2), 0, space(1), 0)
        column.setSpacing(space(2))
        column.addLayout(head)
        column.addWidget(self._numbers)
        column.addLayout(grid, 1)
        column.addWidget(self._seen)
        self.setMinimumWidth(space(72))
        for label in (self._numbers, self._seen):  # two lines at most: the pictures must not jump as numbers change
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setFixedHeight(2 * label.fontMetrics().lineSpacing() + 1)
        self.histogram.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def _lay(self, *, is_signal: bool) -> None:
        """Pictures beside each other; signals below each other, as wide as there is room."""
        if is_signal is self._is_signal:
            return
        self._is_signal = is_signal
        for view in (self.map_view, self.sample_view):  # lines need less height than pictures
            view.setMinimumHeight(space(LEAST_STRIP) if is_signal else 0)
        enlarged, seen, spread, kernel = self._enlarged, self._seen_pane, self._spread, self.kernel
        places = (
            ((enlarged, 0, 0, 2), (seen, 1, 0, 2), (spread, 2, 0, 1), (kernel, 2, 1, 1))
            if is_signal
            else ((enlarged, 0, 0, 1), (spread, 0, 1, 1), (seen, 1, 0, 1), (kernel, 1, 1, 1))
        )
        for pane, row, column, columns in places:
            self._grid.addWidget(pane, row, column, 1, columns)
        for line in range(3):
            self._grid.setRowStretch(line, 1 if is_signal or line < 2 else 0)
            self._grid.setColumnStretch(line, 1 if line < 2 else 0)

    def _connect(self) -> None:
        self._previous.clicked.connect(self._step_back)
        self._next.clicked.connect(self._step_on)
        self.map_view.chosen.connect(self._choose_cell)
        self.kernel.hovered.connect(self.hovered)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back to the wall; the enlarged map takes the arrow keys."""
        if Qt.Key(event.key()) is Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Room for two pictures beside each other."""
        return QSize(space(100), space(120))

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self.kernel.set_active(active)

    def show_side(self, side: MapSide | None, channel: int, colours: ColourMap = VIRIDIS, epoch: int = 0) -> None:
        """Show that channel of what the wall shows now; `epoch` is that of the run, for kernels that change."""
        self._side = side
        layer = None if side is None else side.layer
        self.setVisible(layer is None or layer.kind != "vector")
        self._inner.setVisible(layer is not None)
        if side is None or layer is None or layer.kind == "vector":
            self.kernel.want(None, 0, 0, 0)
            return
        self._channel = channel = max(0, min(layer.count - 1, channel))
        self._title.setText(f"Channel {channel}")
        self._title.setToolTip(f"One of {layer.count:,} channels, counted from 0")
        self._numbers.setText(channel_words(layer, channel))
        self._previous.setEnabled(channel > 0)
        self._next.setEnabled(channel < layer.count - 1)
        self._lay(is_signal=layer.kind == "signals")
        self._show_map(side, layer, channel, colours)
        self.histogram.show_channel(layer, channel)
        self.kernel.want(side.source.wanted, channel, layer.count, epoch)
        self._look()

    def point(self, found: tuple[int, tuple[int, ...]] | None) -> None:
        """Show what this cell of the wall sees, while the mouse is there; None: the cell chosen here again."""
        self._pointed = None if found is None or not found[1] else found[1]
        self._look()

    def _show_map(self, side: MapSide, layer: LayerMaps, channel: int, colours: ColourMap) -> None:
        view, sight = self.map_view, side.sight
        spatial = tuple(int(n) for n in layer.maps.shape[1:])
        wanted = side.source.wanted
        place = (spatial, None if wanted is None else wanted.block)
        if place != self._sizes or len(view.cell) != len(spatial):
            self._sizes = place
            view.show_sizes(spatial, tuple(n // 2 for n in spatial))
        view.show_colours(colours, side.scaling)
        view.show_maps(layer, channel)
        view.show_slice(side.shown_slice)
        bottom, top = layer.spans(side.scaling, colours.diverging and layer.kind != "signals")
        self.bar.setVisible(layer.kind != "signals")
        self.bar.show_ends(colours, float(bottom[channel]), float(top[channel]))
        if self._under[0] is not side.sample or self._under[1] is not sight:
            self._under = side.sample, sight
            sizes = () if wanted is None else wanted.subject.trace.architecture.input_shape[:-1]
            self.sample_view.setVisible(bool(sizes))
            self.sample_view.show_input(sizes, side.sample)
            if sight is not None:
                self.sample_view.show_reach(sight.beyond)

    def _choose_cell(self) -> None:
        cell = self.map_view.cell
        if self._side is not None and len(cell) == 3:
            self._side.show_slice(cell[0])
        self._look()

    def _look(self) -> None:
        """Show what the cell sees: the one under the mouse on the wall, or the one chosen here."""
        side = self._side
        layer = None if side is None else side.layer
        if side is None or layer is None or side.sight is None or layer.kind == "vector":
            return
        cell = self._pointed if self._pointed is not None else self.map_view.cell
        if len(cell) != layer.maps.ndim - 1 or any(at >= n for at, n in zip(cell, layer.maps.shape[1:], strict=True)):
            return
        footprint = side.footprint(cell)
        self.histogram.mark(layer.value(self._channel, cell))
        if self._pointed is None and (self.map_view.underMouse() or self.map_view.hasFocus()):
            self.hovered.emit(reading(layer, self._channel, cell))
        if footprint is not self._footprint:
            self._footprint = footprint
            self._show_footprint(side, footprint)

    def _show_footprint(self, side: MapSide, footprint: Footprint | None) -> None:
        wanted = side.source.wanted
        sizes = () if wanted is None else wanted.subject.trace.architecture.input_shape[:-1]
        self.sample_view.show_footprint(footprint if sizes else None)
        if footprint is not None and len(sizes) == 3 and footprint.seen:
            first = next(iter(footprint.seen[0][0].runs()), (0, 1))
            self.sample_view.show_slice(first[0])
        told = "" if footprint is None or side.sight is None else seen_words(footprint, side.sight, sizes)
        self._seen.setText(f"The cell {told}" if told else "")

    def _step_back(self) -> None:
        self.moved.emit(self._channel - 1)

    def _step_on(self) -> None:
        self.moved.emit(self._channel + 1)


def _pane(*parts: QWidget) -> QWidget:
    """Those below each other; what is no line of text takes the room."""
    pane = QWidget()
    column = QVBoxLayout(pane)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(space(1))
    for part in parts:
        column.addWidget(part, 0 if isinstance(part, QLabel | ColourBar) else 1)
    return pane
