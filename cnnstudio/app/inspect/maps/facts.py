"""What stands above a wall: what it is of, its numbers, what is the matter with it, and the slice of volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.features.wall import show_flags
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.features.layer_maps import LayerMaps


class WallFacts(QWidget):
    """Three lines of words and a slider."""

    sliced = Signal(int)
    """Another slice of the volumes is wanted."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """`name`: that of the wall."""
        super().__init__(parent)
        self._title = words(f"{name}_title", scale="title")
        self._origin = words(f"{name}_origin", tone="muted")
        self._count = words(f"{name}_count", tip="Channels are counted from 0")
        self._range = words(f"{name}_range", tone="muted", tip="Lowest and highest value of all channels")
        self._dead = words(f"{name}_dead", tone="warning")
        self._saturated = words(f"{name}_saturated", tone="error")
        self._slice_label = words(f"{name}_slice_label", tone="muted")
        self._slice = QSlider(Qt.Orientation.Horizontal)
        self._slice.setObjectName(f"{name}_slice")
        self._slice.setAccessibleName("Slice of the volume")
        self._slice.setToolTip("Which slice of the volumes is shown, along the first axis")
        self._arrange()
        self._slice.valueChanged.connect(self._tell_slice)

    def _arrange(self) -> None:
        head, facts, slices = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        head.setSpacing(space(3))
        head.addWidget(self._title)
        head.addWidget(self._origin, 1)
        facts.setSpacing(space(3))
        for label in (self._count, self._range, self._dead, self._saturated):
            facts.addWidget(label)
        facts.addStretch(1)
        slices.setSpacing(space(2))
        slices.addWidget(self._slice_label)
        slices.addWidget(self._slice, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        for line in (head, facts, slices):
            column.addLayout(line)

    @property
    def slice(self) -> int:
        """The slice of volumes that is shown, from 0."""
        return self._slice.value()

    def show_title(self, title: str) -> None:
        """What the wall is of."""
        self._title.setText(title)
        self._title.setToolTip(title)

    def show_origin(self, origin: str) -> None:
        """Of which weights, or what is waited for."""
        self._origin.setText(origin)

    def show_layer(self, layer: LayerMaps | None) -> None:
        """The numbers of these maps; none for None."""
        for label in (self._count, self._range):
            label.setVisible(layer is not None)
        if layer is None:
            self._dead.setVisible(False)
            self._saturated.setVisible(False)
            self._origin.clear()
            return
        low, high = layer.range
        self._count.setText(layer.words)
        self._range.setText(f"{number(low)} to {number(high)}")
        show_flags(layer, self._dead, self._saturated)

    def show_depth(self, depth: int) -> None:
        """Offer so many slices, the one in the middle first."""
        self._slice.setVisible(depth > 1)
        self._slice_label.setVisible(depth > 1)
        self._slice.setRange(0, depth - 1)
        self._slice.setValue(depth // 2)
        self._tell_slice(self._slice.value())

    def show_slice(self, depth: int) -> None:
        """Go to that slice."""
        self._slice.setValue(depth)

    def _tell_slice(self, depth: int) -> None:
        self._slice_label.setText(f"Slice {depth + 1} of {self._slice.maximum() + 1}")
        self.sliced.emit(depth)
