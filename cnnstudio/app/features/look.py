"""How feature maps are looked at: scale, colours and order, and the fields that choose them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from cnnstudio.app.features.colormaps import COLOUR_MAPS, COOL_TO_WARM, VIRIDIS
from cnnstudio.app.features.ranking import Order
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from cnnstudio.app.features.colormaps import ColourMap
    from cnnstudio.app.features.layer_maps import Kind, LayerMaps

EACH, LAYER = "Each channel", "Whole layer"
AUTOMATIC = "Automatic"
FIT = "Fit the room"
TILES = {FIT: 0, "Small tiles": 48, "Medium tiles": 96, "Large tiles": 192}
"""Logical pixels along the longer edge of a map; a wall of larger ones is scrolled."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was chosen."""

    whole_layer: bool = False
    colours: ColourMap | None = None
    """None: what suits the values."""
    order: Order = Order.CHANNEL
    tile: int = 0
    """How large tiles are: one of TILES."""

    def colours_for(self, layer: LayerMaps | None) -> ColourMap:
        """The colour map to use: a diverging one where values have both signs, unless another was chosen."""
        if self.colours is not None:
            return self.colours
        return COOL_TO_WARM if layer is not None and layer.is_signed else VIRIDIS


class LookBar(QWidget):
    """The fields for a `Look`; those that mean nothing for the maps at hand are hidden."""

    changed = Signal()

    def __init__(self, name: str, *, is_large: bool = False, parent: QWidget | None = None) -> None:
        """`is_large`: the wall has room for an order and for sizes of its tiles to choose from."""
        super().__init__(parent)
        self.setObjectName(f"{name}_look")
        self._is_large = is_large
        self._order = _choice(
            f"{name}_order",
            "Order",
            tuple(order.value for order in Order),
            "by number, by mean absolute value, by variance over the map, or by change since looking began",
        )
        self._scale = _choice(
            f"{name}_scaling",
            "Colour scale",
            (EACH, LAYER),
            "over each channel's own range, to see patterns, or over the whole layer's, to compare",
        )
        self._colours = _choice(
            f"{name}_colours",
            "Colour map",
            (AUTOMATIC, *COLOUR_MAPS),
            "the colours from low to high; automatic takes one with zero in its middle where values have both signs",
        )
        self._tile = _choice(
            f"{name}_tile_size",
            "Size of the tiles",
            tuple(TILES),
            "as large as the wall has room for all of them, or of one size; then the wall is scrolled",
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        for combo in self._combos:
            row.addWidget(combo)
            combo.currentTextChanged.connect(self._tell)
        self._order.setVisible(is_large)
        self._tile.setVisible(is_large)

    @property
    def _combos(self) -> tuple[QComboBox, ...]:
        return self._order, self._scale, self._colours, self._tile

    @property
    def look(self) -> Look:
        """What the fields say."""
        order = Order(self._order.currentText())
        colours = COLOUR_MAPS.get(self._colours.currentText())
        return Look(self._scale.currentText() == LAYER, colours, order, TILES[self._tile.currentText()])

    def show_names(self, names: list[str]) -> None:
        """Choose what `names` told of an earlier bar; what is not known stays as it is."""
        for combo, name in zip(self._combos, names, strict=False):
            if combo.findText(name) >= 0:
                combo.setCurrentText(name)

    @property
    def names(self) -> list[str]:
        """The choices in words, to be remembered."""
        return [combo.currentText() for combo in self._combos]

    def show_kind(self, kind: Kind | None) -> None:
        """Offer what means something for such maps; None for no maps."""
        self.setVisible(kind is not None)  # without fields, its spacing would move what stands beside it
        self._order.setVisible(self._is_large and kind is not None)
        self._tile.setVisible(self._is_large and kind not in (None, "vector"))
        self._scale.setVisible(kind not in (None, "vector"))
        self._colours.setVisible(kind in ("images", "volumes"))

    def _tell(self) -> None:
        self.changed.emit()


def _choice(name: str, title: str, entries: tuple[str, ...], tip: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setToolTip(f"{title}: {tip}")
    combo.addItems(entries)
    return combo
