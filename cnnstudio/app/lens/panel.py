"""The Lens tab: the sample and the selected block's map side by side, and what a cell of the one sees of the other.

What is seen in theory is worked out here, at once, from the design alone. The sample, the values in the map and the
effective field come from the worker when it has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from cnnstudio.app import format
from cnnstudio.app.features.layer_maps import LayerMaps
from cnnstudio.app.features.words import words
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.lens import sentences
from cnnstudio.app.lens.answers import FIELD, MAP, Answers
from cnnstudio.app.lens.drawing import share_holding
from cnnstudio.app.lens.failures import Failures
from cnnstudio.app.lens.map_view import MEAN, MapView
from cnnstudio.app.lens.sample_steps import SampleSteps
from cnnstudio.app.lens.sample_view import SampleView
from cnnstudio.app.lens.told import Told
from cnnstudio.app.panels.empty import EmptyState
from cnnstudio.app.theme import space
from cnnstudio.app.when_shown import WhenShown
from cnnstudio.core.analysis.footprint import Sight

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QHideEvent, QShowEvent

    from cnnstudio.app.document_bridge import DocumentBridge
    from cnnstudio.app.run_controller import RunController
    from cnnstudio.app.selection import Selection
    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.analysis.footprint import Footprint
    from cnnstudio.wire.messages import EffectiveField, Maps

THEORETICAL, EFFECTIVE = range(2)
MODES = ("Theoretical", "Effective")
SAMPLE = "sample"


class LensPanel(QWidget):
    """Follows the selection and every edit. Out of sight it asks for nothing and computes nothing."""

    def __init__(
        self,
        bridge: DocumentBridge,
        selection: Selection,
        worker: WorkerClient,
        run: RunController,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("lens_panel")
        self.setAccessibleName("Receptive-field lens")
        self._bridge, self._selection, self._run = bridge, selection, run
        self._block = ""
        self._sight: Sight | None = None
        self._footprint: Footprint | None = None
        self._shown: Maps | None = None
        self._empty = EmptyState("search", sentences.NOTHING_SELECTED)
        self._mode = Segments(MODES)
        self._steps = SampleSteps(worker, bridge.probe)
        self.sample_view, self.map_view = SampleView(), MapView()
        self._input_label = words("lens_input_label", tone="muted", tip="Size of the input")
        self._map_label = words("lens_map_label", tone="muted", tip="Size of the map, and the network it comes from")
        self._channel = QSpinBox()
        self._input_slice, self._map_slice = _slice_slider("lens_input_slice"), _slice_slider("lens_map_slice")
        self._told = Told()
        self._effective = words("lens_effective", tip="Where the gradient of the cell lies, for this sample")
        self._failures = Failures()
        self._answers = Answers(worker, run, self)
        self._show = WhenShown(self, self._refresh)
        self._prepare()
        self._arrange()
        self._connect()

    # Composition

    def _prepare(self) -> None:
        self._mode.setObjectName("lens_mode")
        self._mode.setAccessibleName("Which field")
        self._mode.setToolTip(
            "Theoretical: all that could matter to the cell. Effective: how much it does, by the gradient"
        )
        self._mode.show_index(THEORETICAL)
        self._channel.setObjectName("lens_channel")
        self._channel.setAccessibleName("Channel of the map")
        self._channel.setToolTip("The channel whose values are shown; below the first one, the mean over all of them")
        self._channel.setPrefix("Channel ")
        self._channel.setSpecialValueText("Mean of channels")
        self._channel.setRange(MEAN, MEAN)
        self._channel.lineEdit().setTextMargins(space(1), 0, 0, 0)
        self._channel.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._input_slice.setAccessibleName("Slice of the input")
        self._input_slice.setToolTip("The slice of the input that is shown")
        self._map_slice.setAccessibleName("Slice of the map")
        self._map_slice.setToolTip("The slice of the map that is shown, and in which the cell lies")
        self._mode.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(3))
        top.addWidget(self._mode)
        top.addWidget(self._steps)
        top.addStretch(1)
        top.addWidget(self._channel)
        both = QGridLayout()
        both.setHorizontalSpacing(space(4))
        both.setVerticalSpacing(space(1))
        both.addWidget(self._input_label, 0, 0)
        both.addWidget(self._map_label, 0, 1)
        sides = ((self.sample_view, self._input_slice), (self.map_view, self._map_slice))
        for side, (view, slider) in enumerate(sides):
            both.addWidget(view, 1, side)
            both.addWidget(slider, 2, side)
            both.setColumnStretch(side, 1)
        both.setRowStretch(1, 1)
        lens = QWidget()
        column = QVBoxLayout(lens)
        column.setContentsMargins(space(4), space(2), space(4), space(2))
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addLayout(both, 1)
        for line in (self._failures, self._effective, self._told):
            column.addWidget(line)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(lens)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    def _connect(self) -> None:
        self._bridge.changed.connect(self._show.ask)
        self._selection.changed.connect(self._show.ask)
        self._answers.network_changed.connect(self._show.ask)
        self._mode.chosen.connect(self._look)
        self._steps.chosen.connect(self._show.ask)
        self._steps.arrived.connect(self._show_sample)
        self._steps.waiting.connect(self._wait_for_sample)
        self._steps.failed.connect(self._miss_sample)
        self.map_view.chosen.connect(self._look)
        self._channel.valueChanged.connect(self._show_map)
        self._input_slice.valueChanged.connect(self.sample_view.show_slice)
        self._map_slice.valueChanged.connect(self.map_view.show_slice)
        self._answers.maps.connect(self._take_maps)
        self._answers.field.connect(self._take_field)
        self._answers.waiting.connect(self._wait)
        self._answers.failed.connect(self._miss)
        self._failures.retry.connect(self._ask_again)

    @property
    def told(self) -> str:
        """What is said of the cell."""
        return self._told.whole

    @property
    def failure(self) -> str:
        """What the worker could not give; "" while nothing failed."""
        return self._failures.text

    @property
    def footprint(self) -> Footprint | None:
        """What the chosen cell sees; None while there is no cell."""
        return self._footprint

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is shown."""
        super().showEvent(event)
        self._set_active(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for nothing."""
        super().hideEvent(event)
        self._set_active(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The map has the keyboard."""
        self.map_view.setFocus()

    def _set_active(self, active: bool) -> None:
        self._steps.set_active(active)
        self._answers.set_active(active)

    # Block and cell

    def _refresh(self) -> None:
        block = self._selection.current
        traced = self._bridge.trace.blocks.get(block)
        self._sight = sight = _sight(self._bridge, block)
        if sight is None:
            self._empty.sentence.setText(sentences.no_output(block) if traced else sentences.NOTHING_SELECTED)
            self._stack.setCurrentIndex(0)
            self._block, self._footprint = "", None
            self._answers.forget_maps()
            self._answers.forget_field()
            return
        self._stack.setCurrentIndex(1)
        view = self.map_view
        same = block == self._block and len(view.cell) == len(sight.spatial)
        cell = tuple(min(c, n - 1) for c, n in zip(view.cell, sight.spatial, strict=True)) if same else sight.middle
        self._block = block
        view.show_sizes(sight.spatial, cell, sentences.all_seen(block, sight.shape[-1]))
        self._channel.setRange(MEAN, sight.shape[-1] - 1)
        self._channel.setVisible(bool(sight.spatial))
        _set_slices(self._map_slice, sight.spatial)
        _set_slices(self._input_slice, self._input_sizes)
        self._show_sample()
        self.sample_view.show_reach(sight.beyond)
        self._steps.show_experiment(self._bridge.experiment)
        self._ask_for_maps()
        self._look()

    def _look(self) -> None:
        """Show what the chosen cell sees."""
        sight, view = self._sight, self.map_view
        if sight is None:
            return
        self._footprint = footprint = sight.of(view.cell)
        params, sizes = self._bridge.trace.blocks[self._block].params, self._input_sizes
        cell, seen = sentences.cell_words(self._block, view.cell), sentences.seen_words(footprint, sight, sizes)
        more = _joined(sentences.parameter_words(params), "pinned" if view.is_pinned else "")
        self._told.say(f"{cell} {seen}", more)
        view.setAccessibleDescription(self.told)
        self.sample_view.show_footprint(footprint if sizes else None)
        if len(view.cell) == 3:
            self._map_slice.setValue(view.cell[0])
        if len(sizes) == 3:
            self._input_slice.setValue(_seen_slice(footprint, self.sample_view.shown_slice))
        self._ask_for_field()

    @property
    def _input_shape(self) -> tuple[int, ...]:
        return self._bridge.trace.architecture.input_shape

    @property
    def _input_sizes(self) -> tuple[int, ...]:
        return self._input_shape[:-1]

    # Sample

    def _show_sample(self) -> None:
        self.sample_view.show_input(self._input_sizes, self._steps.values)
        self._say_input()
        if self._steps.values is not None:
            self._failures.clear(SAMPLE)

    def _wait_for_sample(self, sentence: str) -> None:
        self._failures.clear(SAMPLE)
        self._say_input(sentence)

    def _miss_sample(self, sentence: str, details: str) -> None:
        self._say_input()
        self._failures.say(SAMPLE, sentence, details)

    def _say_input(self, instead: str = "") -> None:
        told = self._steps.words if self._steps.values is not None else ""
        self._input_label.setText(instead or _joined(f"Input {format.shape(self._input_shape)}", told))

    # From the worker

    def _ask_for_maps(self) -> None:
        self._shown = None
        self._failures.clear(MAP)
        self._show_map()
        if self._sight is None or not self._sight.spatial:
            self._answers.forget_maps()
            return
        self._answers.want_maps(self._bridge.experiment, self._block, self._steps.sample)

    def _ask_for_field(self) -> None:
        wanted = self._sight is not None and self._mode.index == EFFECTIVE and bool(self._input_sizes)
        self._effective.setVisible(wanted)
        self._effective.clear()
        self._failures.clear(FIELD)
        if not wanted:
            self._answers.forget_field()
            return
        self._answers.want_field(self._bridge.experiment, self._block, self.map_view.cell, self._steps.sample)

    def _wait(self, what: str, sentence: str) -> None:
        self._failures.clear(what)
        if what == FIELD:
            self._effective.setText(sentence)
        else:
            self._say_map(sentence)

    def _miss(self, what: str, sentence: str, details: str) -> None:
        if what == FIELD:
            self._effective.setText("No effective field")
        else:
            self._say_map("no values")
        self._failures.say(what, sentence, details)

    def _take_maps(self, event: Maps) -> None:
        self._failures.clear(MAP)
        self._shown = event
        self._show_map()

    def _show_map(self) -> None:
        event, sight = self._shown, self._sight
        if sight is None:
            return
        self.map_view.show_maps(None if event is None else LayerMaps.of(event), self._channel.value())
        self._say_map("" if event is None else sentences.whose(event.trained, self._answers.directory))

    def _say_map(self, more: str) -> None:
        if self._sight is not None:
            self._map_label.setText(_joined(f"{self._block} {format.shape(self._sight.shape)}", more))

    def _take_field(self, event: EffectiveField) -> None:
        self._failures.clear(FIELD)
        self.sample_view.show_field(event.field)
        held = share_holding(event.field, sentences.HELD)
        seen = self._footprint.count if self._footprint is not None else 0
        network = sentences.whose(event.trained, self._answers.directory)
        self._effective.setText(sentences.held_words(held, seen, network))

    def _ask_again(self) -> None:
        self._steps.retry()
        self._answers.retry()


def _sight(bridge: DocumentBridge, block: str) -> Sight | None:
    """What cells of the block see; None where the block has no output."""
    traced = bridge.trace.blocks.get(block)
    if traced is None or traced.output is None:
        return None
    return Sight(bridge.trace, block)


def _joined(*parts: str) -> str:
    return " \u00b7 ".join(part for part in parts if part)


def _slice_slider(name: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setObjectName(name)
    slider.setVisible(False)
    return slider


def _set_slices(slider: QSlider, sizes: tuple[int, ...]) -> None:
    slider.setVisible(len(sizes) == 3)
    slider.setRange(0, sizes[0] - 1 if len(sizes) == 3 else 0)


def _seen_slice(footprint: Footprint, shown: int) -> int:
    """The slice that is shown if something is seen of it, else the middle one of those of which something is."""
    slices = [place for box in footprint.seen for start, end in box[0].runs() for place in range(start, end)]
    return shown if shown in slices or not slices else sorted(slices)[len(slices) // 2]
