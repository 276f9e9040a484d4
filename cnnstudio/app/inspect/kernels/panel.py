"""The Kernels tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSlider, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.colormaps import COOL_TO_WARM
from cnnstudio.app.features.kernels import norms
from cnnstudio.app.features.layer_maps import LayerMaps, Scaling, number
from cnnstudio.app.features.tiles import TileView
from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import counted, shape
from cnnstudio.app.inspect.kernels.frequency_plot import FrequencyPlot
from cnnstudio.app.inspect.kernels.source import NO_KERNELS, NOT_KEPT, KernelSet, KernelSource
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.features.ranking import Ranks
    from cnnstudio.app.inspect.inspection import Inspection

NOW, CHANGE, START = range(3)
VIEWS = ("Weights", "Change", "At the start")
COMBINED = "Mean of all channels in"
BY_NUMBER, BY_NORM, BY_CHANGE = ORDERS = ("By number", "By norm", "By change")


UNTRAINED = "This network was not trained: its weights are those at the start. Press Train (F5), or choose a run."
UNKNOWN = "The weights before the first step are not known: the run did not keep them."


class KernelsPanel(QWidget):
    """Every kernel of the chosen convolution as a tile; of the one in front all channels that it reads."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_kernels")
        self._inspection = inspection
        self._set: KernelSet | None = None
        self._block = ""
        self._wished = NOW
        """The view that was chosen, also while it means nothing."""
        self._message = MessageView("kernels_message")
        self._view = Segments(VIEWS)
        self._input = _combo("kernels_input", "Channel in", "Which channel of the block's input the kernels read")
        self._order = _combo("kernels_order", "Order", "The order of the kernels", ORDERS)
        self._depth = QSlider(Qt.Orientation.Horizontal)
        self._slice_label = words("kernels_slice_label", tone="muted")
        self._title = words("kernels_title", scale="title")
        self._facts = words("kernels_facts", tone="muted", tip="Over all kernels of the block")
        self._chosen = words("kernels_chosen", scale="title")
        self._numbers = words("kernels_numbers", tone="muted", wrap=True)
        self.wall, self.parts = _tiles("kernels_wall", "Kernels"), _tiles("kernels_parts", "Channels of one kernel")
        self.frequency = FrequencyPlot()
        self._reading = words("kernels_reading", tone="muted", scale="caption", tip="The weight under the mouse")
        self._source = KernelSource(inspection, self)
        self._stack = QStackedWidget()
        self._prepare()
        self._arrange()
        self._connect()

    def _prepare(self) -> None:
        self._view.setObjectName("kernels_view")
        self._view.setAccessibleName("What is shown of the kernels")
        self._view.setToolTip("The weights, how they differ from those before the first step, or those")
        self._view.show_index(NOW)
        self._depth.setObjectName("kernels_depth")
        self._depth.setAccessibleName("Slice of the kernels")
        self._depth.setToolTip("Which slice of the kernels is shown, along the first axis")
        self._depth.setMaximumWidth(160)
        self.wall.setToolTip("One tile for each kernel, blue below zero and red above. Click one to see its channels")
        self.parts.setToolTip("The kernel in front, one tile for each channel that it reads")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(2))
        for widget in (self._view, self._input, self._order, self._slice_label, self._depth):
            top.addWidget(widget)
        top.addStretch(1)
        left, right = QWidget(), QWidget()
        for side, parts in (
            (left, (self._title, self._facts, self.wall)),
            (right, (self._chosen, self._numbers, self.parts, self.frequency)),
        ):
            column = QVBoxLayout(side)
            column.setContentsMargins(space(3) if side is right else 0, 0, 0, 0)
            column.setSpacing(space(1))
            for part in parts:
                column.addWidget(part, 1 if part in (self.wall, self.parts, self.frequency) else 0)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("kernels_splitter")
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(left)
        splitter.addWidget(right)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([580, 320])
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, space(2), 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(splitter, 1)
        column.addWidget(self._reading)
        self._reading.setFixedHeight(self._reading.fontMetrics().height() + space(1))
        self._stack.addWidget(self._message)
        self._stack.addWidget(shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space(3), 0, 0, 0)
        whole.addWidget(self._stack)

    def _connect(self) -> None:
        self._source.arrived.connect(self._take)
        self._source.waiting.connect(self._wait)
        self._source.failed.connect(self._fail)
        self._message.action.connect(self._source.retry)
        self._view.chosen.connect(self._choose_view)
        self._input.currentIndexChanged.connect(self._show)
        self._order.currentIndexChanged.connect(self._show)
        self._depth.valueChanged.connect(self._slice)
        self.wall.opened.connect(self._choose)
        for tiles in (self.wall, self.parts):
            tiles.hovered.connect(self._reading.setText)
        self._inspection.channel_changed.connect(self._show_chosen)

    @property
    def message(self) -> str:
        """What is said in place of the kernels; "" while they are shown."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    @property
    def numbers(self) -> str:
        """What is said of the kernel in front."""
        return self._numbers.text()

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it asks for nothing and draws nothing."""
        self._source.set_active(active)

    # What comes

    def _take(self, found: KernelSet) -> None:
        other = self._set is None or self._set.now.shape != found.now.shape or self._block != self._inspection.block
        self._set, self._block = found, self._inspection.block
        if other:
            self._offer_inputs(found.now.shape[1])
            deep = found.now.ndim == 5
            self._depth.setVisible(deep)
            self._slice_label.setVisible(deep)
            self._depth.setRange(0, found.now.shape[2] - 1 if deep else 0)
            self._depth.setValue(self._depth.maximum() // 2)
            self._slice(self._depth.value())
            self.frequency.setVisible(found.now.ndim == 3)
        self._stack.setCurrentIndex(1)
        self._show()

    def _offer_inputs(self, count: int) -> None:
        self._input.clear()
        self._input.addItem(COMBINED)
        self._input.addItems([f"Channel {channel}" for channel in range(count)])
        self._input.setVisible(count > 1)
        self._input.setCurrentIndex(0)

    def _wait(self, sentence: str) -> None:
        if self._set is None or self._block != self._inspection.block:
            self._say("One moment", sentence)

    def _fail(self, sentence: str, details: str) -> None:
        self._set = None
        if sentence == NO_KERNELS:
            self._say("No kernels", sentence)
        elif sentence == NOT_KEPT:
            self._say("Not kept", sentence)
        else:
            self._message.say("These kernels cannot be shown", sentence, action="Try again", details=details)
            self._stack.setCurrentWidget(self._message)

    def _say(self, title: str, text: str) -> None:
        self._message.say(title, text)
        self._stack.setCurrentWidget(self._message)

    # What is shown

    def _choose_view(self, view: int) -> None:
        self._wished = view
        self._show()

    def _why_no_change(self, kernels: KernelSet) -> str:
        """Why nothing can be said of changes; "" where it can."""
        subject = self._inspection.subject
        if subject is not None and not (subject.directory or subject.run or subject.folder):
            return UNTRAINED
        return UNKNOWN if kernels.start is None else ""

    def _offer_views(self, kernels: KernelSet) -> None:
        """Shut what would show nothing; it is on again with the next network that has it."""
        why = self._why_no_change(kernels)
        self._view.shut({CHANGE: why, START: why} if why else {})
        self._view.show_index(NOW if why else self._wished)
        entries, place = self._order.model(), self._order.findText(BY_CHANGE)
        if isinstance(entries, QStandardItemModel):
            entries.item(place).setEnabled(not why)
            entries.item(place).setToolTip(why)

    def _shown(self, kernels: KernelSet) -> Floats:
        """Kernels (out, in, sizes...) of the chosen view."""
        start = kernels.now if kernels.start is None else kernels.start
        if self._view.index == CHANGE:
            return kernels.now - start
        return start if self._view.index == START else kernels.now

    def _show(self) -> None:
        kernels = self._set
        if kernels is None or self._input.currentIndex() < 0:
            return
        self._offer_views(kernels)
        shown = self._shown(kernels)
        channel = self._input.currentIndex() - 1
        self.wall.show_layer(LayerMaps.made_of(shown.mean(axis=1) if channel < 0 else shown[:, channel]))
        self.wall.set_ranks(self._ranks(kernels))
        count, reads = shown.shape[:2]
        self._title.setText(f"{counted(count, 'kernel')} of {shape(shown.shape[2:])}")
        self._facts.setText(f"{counted(reads, 'channel')} in \u00b7 {self._changed(kernels, slice(None))}")
        self._show_chosen()

    def _ranks(self, kernels: KernelSet) -> Ranks | None:
        if self._order.currentText() == BY_NUMBER:
            return None
        by_norm = self._order.currentText() == BY_NORM or kernels.start is None
        values = norms(kernels.now if by_norm else kernels.now - self._start(kernels))
        return np.argsort(-values, kind="stable")

    def _start(self, kernels: KernelSet) -> Floats:
        return kernels.now if kernels.start is None else kernels.start

    def _show_chosen(self) -> None:
        kernels = self._set
        if kernels is None:
            return
        chosen = min(self._inspection.channel, len(kernels.now) - 1)
        one = slice(chosen, chosen + 1)
        self.wall.set_chosen(chosen)
        self._chosen.setText(f"Kernel {chosen}")
        self._numbers.setText(f"norm {number(float(norms(kernels.now[one])[0]))} \u00b7 {self._changed(kernels, one)}")
        self.parts.show_layer(LayerMaps.made_of(self._shown(kernels)[chosen]))
        if kernels.now.ndim == 3:
            self.frequency.show_kernel(kernels.now[chosen], None if kernels.start is None else kernels.start[chosen])

    def _changed(self, kernels: KernelSet, which: slice) -> str:
        """How far these kernels have come since the start, in words."""
        if kernels.start is None:
            return "those before the first step are not known"
        way, length = (float(np.linalg.norm(k[which])) for k in (kernels.now - kernels.start, kernels.start))
        if way == 0:
            return "as before the first step"
        return (
            f"changed by {number(way)} ({100 * way / length:,.0f} % of the norm at the start)" if length else "changed"
        )

    def _slice(self, depth: int) -> None:
        self._slice_label.setText(f"Slice {depth + 1} of {self._depth.maximum() + 1}")
        for tiles in (self.wall, self.parts):
            tiles.set_depth(depth)

    def _choose(self, kernel: int) -> None:
        self._inspection.choose_channel(kernel)


def _tiles(name: str, title: str) -> TileView:
    tiles = TileView()
    tiles.setObjectName(name)
    tiles.setAccessibleName(title)
    tiles.set_colours(COOL_TO_WARM)
    tiles.set_scaling(Scaling(whole_layer=True))
    return tiles


def _combo(name: str, title: str, tip: str, entries: Sequence[str] = ()) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setToolTip(tip)
    combo.addItems(entries)
    return combo
