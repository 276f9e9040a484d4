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


@dataclass(frozen=True, slots=True)
class Look:
    """What was chosen."""

    whole_layer: bool = False
    colours: ColourMap | None = None
    """None: what suits the values."""
    order: Order = Order.CHANNEL

    def colours_for(self, layer: LayerMaps | None) -> ColourMap:
        """The colour map to use: a diverging one where values have both signs, unless another was chosen."""
        if self.colours is not None:
            return self.colours
        return COOL_TO_WARM if layer is not None and layer.is_signed else VIRIDIS


class LookBar(QWidget):
    """The fields for a `Look`; those that mean nothing for the maps at hand are hidden."""

    changed = Signal()

    def __init__(self, name: str, *, with_order: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}_look")
        self._with_order = with_order
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
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        for combo in (self._order, self._scale, self._colours):
            row.addWidget(combo)
            combo.currentTextChanged.connect(self._tell)
        self._order.setVisible(with_order)

    @property
    def look(self) -> Look:
        """What the fields say."""
        order = Order(self._order.currentText())
        return Look(self._scale.currentText() == LAYER, COLOUR_MAPS.get(self._colours.currentText()), order)

    def show_names(self, names: list[str]) -> None:
        """Choose what `names` told of an earlier bar; what is not known stays as it is."""
        for combo, name in zip((self._order, self._scale, self._colours), names, strict=False):
            if combo.findText(name) >= 0:
                combo.setCurrentText(name)

    @property
    def names(self) -> list[str]:
        """The choices in words, to be remembered."""
        return [combo.currentText() for combo in (self._order, self._scale, self._colours)]

    def show_kind(self, kind: Kind | None) -> None:
        """Offer what means something for such maps; None for no maps."""
        self._order.setVisible(self._with_order and kind is not None)
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
