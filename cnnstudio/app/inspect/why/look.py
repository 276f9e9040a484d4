"""How an explanation lies over its sample: how strongly, and in which colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from cnnstudio.app.features.colormaps import COLOUR_MAPS, COOL_TO_WARM, MAGMA
from cnnstudio.app.theme import space
from cnnstudio.app.training.viewers.base import ShareSlider

if TYPE_CHECKING:
    from cnnstudio.app.features.colormaps import ColourMap
    from cnnstudio.app.preferences import Preferences

AUTOMATIC = "Automatic"
USUAL = 0.7


class LookFields(QWidget):
    """Strength and colour map, remembered from one start to the next."""

    changed = Signal()

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        strength = _share(preferences.choice("why/strength"))
        tip = "How strongly colours cover the sample, which fades to grey"
        self._strength = ShareSlider("why_strength", "Strength", tip, strength)
        self._colours = QComboBox()
        self._colours.setObjectName("why_colours")
        self._colours.setAccessibleName("Colour map")
        self._colours.setToolTip(
            "Colour map: automatic takes one with zero in its middle where places can count against what is explained"
        )
        self._colours.addItems([AUTOMATIC, *COLOUR_MAPS])
        self._colours.setCurrentIndex(max(0, self._colours.findText(preferences.choice("why/colours"))))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(3))
        row.addWidget(self._strength, 1)
        row.addWidget(self._colours)
        self._strength.moved.connect(self._keep)
        self._colours.currentIndexChanged.connect(self._keep)

    @property
    def strength(self) -> float:
        """0 to 1."""
        return self._strength.share

    def colours(self, signed: bool) -> ColourMap:
        """The colour map for such values."""
        suiting = COOL_TO_WARM if signed else MAGMA
        return COLOUR_MAPS.get(self._colours.currentText(), suiting)

    def _keep(self) -> None:
        self._preferences.keep_choice("why/strength", str(self._strength.share))
        self._preferences.keep_choice("why/colours", self._colours.currentText())
        self.changed.emit()


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        return USUAL
    return share if 0 <= share <= 1 else USUAL
