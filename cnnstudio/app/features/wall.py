"""The wall: all feature maps of one block, how many and of what range, and one of them enlarged on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QSlider, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.detail import MapDetail
from cnnstudio.app.features.layer_maps import LayerMaps, Scaling, number
from cnnstudio.app.features.look import LookBar
from cnnstudio.app.features.tiles import TileView
from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.format import counted
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel

    from cnnstudio.wire.messages import FeatureMaps


class FeatureWall(QWidget):
    """Shows what a `FeatureMaps` event holds. Click a channel to enlarge it, Esc to see all again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("feature_wall")
        self._layer: LayerMaps | None = None
        self._words = words("feature_count", tip="Channels are counted from 0")
        self._range = words("feature_range", tone="muted", tip="Lowest and highest value of all channels")
        self._dead = words("feature_dead", tone="warning", tip="")
        self._saturated = words("feature_saturated", tone="error", tip="")
        self._look = LookBar("feature")
        self._depth_label = words("feature_depth_label", tone="muted")
        self._depth = QSlider(Qt.Orientation.Horizontal)
        self._depth.setObjectName("feature_depth")
        self._depth.setAccessibleName("Slice of the volume")
        self._depth.setToolTip("Which slice of the volumes is shown, along the first axis")
        self._message = MessageView("feature_message")
        self._tiles = TileView()
        self._detail = MapDetail()
        self._stack = QStackedWidget()
        for page in (self._message, self._tiles, self._detail):
            self._stack.addWidget(page)
        self._reading = words("feature_reading", tone="muted", scale="caption")
        self._reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._arrange()
        self._connect()
        self.show_message("No feature maps yet", "They appear here while a network trains.")

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(2))
        top.addWidget(self._words)
        top.addWidget(self._range)
        top.addWidget(self._dead)
        top.addWidget(self._saturated)
        top.addStretch(1)
        top.addWidget(self._look)
        slices = QHBoxLayout()
        slices.setSpacing(space(2))
        slices.addWidget(self._depth_label)
        slices.addWidget(self._depth, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addLayout(slices)
        column.addWidget(self._stack, 1)
        column.addWidget(self._reading)
        # The readout keeps its line, so that the wall does not jump when the mouse enters it.
        self._reading.setFixedHeight(self._reading.fontMetrics().height() + space(1))
        for label in (self._words, self._range):
            label.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def _connect(self) -> None:
        self._look.changed.connect(self._apply_look)
        self._depth.valueChanged.connect(self._slice)
        self._tiles.hovered.connect(self._reading.setText)
        self._detail.hovered.connect(self._reading.setText)
        self._tiles.opened.connect(self.enlarge)
        self._detail.closed.connect(self.show_all)
        self._detail.moved.connect(self._tiles.set_current)

    # What is shown

    @property
    def layer(self) -> LayerMaps | None:
        """The maps shown; None while there are none."""
        return self._layer

    @property
    def tiles(self) -> TileView:
        """The view of all channels."""
        return self._tiles

    @property
    def detail(self) -> MapDetail:
        """The view of one channel."""
        return self._detail

    def show_maps(self, event: FeatureMaps) -> None:
        """Show what the worker sent. Raises ValueError when its arrays do not belong together."""
        layer = LayerMaps.of(event)
        before = self._layer
        self._layer = layer
        if before is None or before.maps.shape != layer.maps.shape:
            self._prepare(layer)
        self._describe(layer)
        self._tiles.set_colours(self._look.look.colours_for(layer))
        if self._stack.currentWidget() is self._detail:
            self._enlarge(layer, self._detail.channel)
        else:
            self._tiles.show_layer(layer)

    def show_message(self, title: str, text: str) -> None:
        """Show this in place of the maps."""
        self._layer = None
        self._tiles.show_layer(None)
        self._message.say(title, text)
        self._stack.setCurrentWidget(self._message)
        for part in (self._words, self._range, self._dead, self._saturated):
            part.setVisible(False)
        self._look.show_kind(None)
        self._show_slices(1)
        self._reading.clear()

    @property
    def message(self) -> str:
        """What is said in place of the maps; "" while maps are shown."""
        if self._stack.currentWidget() is not self._message:
            return ""
        return f"{self._message.title}: {self._message.text}"

    def enlarge(self, channel: int) -> None:
        """Show one channel in large. A vector's values are numbers already: nothing to enlarge."""
        if self._layer is not None and self._layer.kind != "vector":
            self._enlarge(self._layer, channel)
            self._stack.setCurrentWidget(self._detail)
            self._detail.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_all(self) -> None:
        """Back to all channels."""
        if self._layer is not None:
            self._tiles.show_layer(self._layer)
            self._stack.setCurrentWidget(self._tiles)
            self._tiles.setFocus(Qt.FocusReason.OtherFocusReason)

    def _prepare(self, layer: LayerMaps) -> None:
        self._stack.setCurrentWidget(self._tiles)
        self._show_slices(layer.depth)
        self._words.setVisible(True)
        self._range.setVisible(True)
        self._look.show_kind(layer.kind)

    def _show_slices(self, depth: int) -> None:
        self._depth.setVisible(depth > 1)
        self._depth_label.setVisible(depth > 1)
        self._depth.setRange(0, depth - 1)
        self._depth.setValue(depth // 2)
        self._slice(self._depth.value())

    def _describe(self, layer: LayerMaps) -> None:
        low, high = layer.range
        self._words.setText(layer.words)
        self._range.setText(f"{number(low)} to {number(high)}")
        show_flags(layer, self._dead, self._saturated)

    def _enlarge(self, layer: LayerMaps, channel: int) -> None:
        look = self._look.look
        scaling = Scaling(look.whole_layer)
        self._detail.show_channel(layer, channel, self._depth.value(), scaling, look.colours_for(layer))

    def _apply_look(self) -> None:
        look = self._look.look
        self._tiles.set_scaling(Scaling(look.whole_layer))
        self._tiles.set_colours(look.colours_for(self._layer))
        self._refresh_detail()

    def _slice(self, depth: int) -> None:
        self._depth_label.setText(f"Slice {depth + 1} of {self._depth.maximum() + 1}")
        self._tiles.set_depth(depth)
        self._refresh_detail()

    def _refresh_detail(self) -> None:
        if self._layer is not None and self._stack.currentWidget() is self._detail:
            self._enlarge(self._layer, self._detail.channel)


def show_flags(layer: LayerMaps, dead: QLabel, saturated: QLabel) -> None:
    """Say in these labels how many channels are dead and saturated; a label with nothing to say is hidden."""
    for label, channels, name, reason in (
        (dead, layer.dead, "dead", "the same value everywhere for this sample: marked with a corner on the tile"),
        (
            saturated,
            layer.saturated,
            "saturated",
            "nearly all values where the block's curve has levelled off: marked with a disc on the tile",
        ),
    ):
        many = len(channels)
        label.setVisible(many > 0)
        label.setText(f"{many:,} {name}")
        label.setToolTip(f"{counted(many, 'channel has', 'channels have')} {reason}")
