"""Choosing what stands beside the wall: another block, probe, network or moment."""

from __future__ import annotations

import dataclasses
import enum
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QWidget

from cnnstudio.app.theme import space
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.maps.source import Wanted
    from cnnstudio.app.inspect.subject import Subject


class Other(enum.Enum):
    """In what the second wall differs; the value is what it is called on screen."""

    NOTHING = "One wall"
    BLOCK = "Beside another block"
    PROBE = "Beside another probe"
    NETWORK = "Beside another network"
    MOMENT = "Beside another moment"


@dataclasses.dataclass(frozen=True)
class Offers:
    """What there is to choose from, each with its name on screen."""

    blocks: Sequence[str] = ()
    probes: Sequence[tuple[str, Sample]] = ()
    networks: Sequence[tuple[str, str]] = ()
    """Name and key, see `Networks`."""


class BesideChoice(QWidget):
    """Two fields: in what the second wall differs, and what it shows of that; and whether both share a scale."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_beside")
        self._offers = Offers()
        self._kind = _field("inspect_beside_kind", "Second wall", "What stands beside the wall, to compare")
        self._kind.addItems([other.value for other in Other])
        self._which = _field("inspect_beside_which", "What the second wall shows", "What the second wall shows")
        self._same_scale = QCheckBox("Same scale")
        self._same_scale.setObjectName("inspect_same_scale")
        self._same_scale.setAccessibleName("Same scale")
        self._same_scale.setToolTip("Paint both walls with the colours over the values of both, so that they compare")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        for widget in (self._kind, self._which, self._same_scale):
            row.addWidget(widget)
        self._kind.activated.connect(self._choose_kind)
        self._which.activated.connect(self._tell)
        self._same_scale.toggled.connect(self._tell)
        self._fill()

    @property
    def other(self) -> Other:
        """In what the second wall differs."""
        return Other(self._kind.currentText())

    @property
    def same_scale(self) -> bool:
        """Whether both walls share one scale."""
        return self._same_scale.isChecked()

    @property
    def chosen(self) -> object:
        """What was chosen: a block's id, a Sample or a network's key; None where there is nothing to choose."""
        return self._which.currentData()

    def show_offers(self, offers: Offers) -> None:
        """Offer these; what was chosen stays where it is still there."""
        if offers != self._offers:
            self._offers = offers
            self._fill()

    def show_other(self, other: Other) -> None:
        """Let the second wall differ in this."""
        if other is not self.other:
            self._kind.setCurrentText(other.value)
            self._fill()

    def beside(self, wanted: Wanted, network: Subject | None) -> Wanted | None:
        """What the second wall shows where it is no other moment; None for nothing. `network` is the one chosen."""
        other, chosen = self.other, self.chosen
        if other is Other.BLOCK and isinstance(chosen, str):
            return dataclasses.replace(wanted, block=chosen)
        if other is Other.PROBE and isinstance(chosen, Sample):
            return dataclasses.replace(wanted, sample=chosen)
        if other is Other.NETWORK and network is not None and wanted.block in network.blocks:
            return dataclasses.replace(wanted, subject=network, moment=None, timeline=None)
        return None

    def _choose_kind(self) -> None:
        self._fill()
        self._tell()

    def _fill(self) -> None:
        last = self._which.currentData()
        self._which.clear()
        for name, data in self._entries():
            self._which.addItem(name, data)
        entries = range(self._which.count())
        at = next((row for row in entries if last is not None and self._which.itemData(row) == last), 0)
        self._which.setCurrentIndex(at if self._which.count() else -1)
        two = self.other is not Other.NOTHING
        self._which.setVisible(two and self.other is not Other.MOMENT)  # a moment is chosen on the timeline
        self._same_scale.setVisible(two)

    def _entries(self) -> list[tuple[str, object]]:
        offers = self._offers
        if self.other is Other.BLOCK:
            return [(block, block) for block in offers.blocks]
        if self.other is Other.PROBE:
            return list(offers.probes)
        if self.other is Other.NETWORK:
            return list(offers.networks)
        return []

    def _tell(self) -> None:
        self.changed.emit()


def _field(name: str, title: str, tip: str) -> QComboBox:
    combo = QComboBox()
    combo.setObjectName(name)
    combo.setAccessibleName(title)
    combo.setToolTip(tip)
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(16)
    return combo
