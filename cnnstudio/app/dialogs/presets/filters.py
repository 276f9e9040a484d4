"""The bar above the cards: what is typed and chosen there is what is looked for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.words import named, words
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import space
from cnnstudio.core.data.info import Task
from cnnstudio.core.formats.preset_filter import KINDS, PresetFilter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cnnstudio.core.formats.presets import Preset

ANY_TASK, ANY_KIND, ANY_SIZE, ANY_TAG = "All tasks", "All data", "All sizes", "All tags"
OWNERS = {"All": None, "Shipped": False, "Yours": True}
TASKS = {task.value.capitalize(): task for task in Task}
SIZES = {
    "Up to 20,000 parameters": (-1, 20_000),
    "20,000 to 100,000 parameters": (20_000, 100_000),
    "100,000 to 1 million parameters": (100_000, 1_000_000),
    "Over 1 million parameters": (1_000_000, 1 << 62),
}
"""Ranges of parameters: more than the first number, up to the second."""
MOST_TAGS = 60
"""Tags offered, the most frequent ones."""


class FilterBar(QWidget):
    """Search field and choices. `wanted` is what they say together."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = named(QLineEdit(), "preset_search", "Search presets",
                             "Words of a preset's name, description, notes, tags or papers")  # fmt: skip
        self.search.setPlaceholderText("Search presets")
        self.search.setClearButtonEnabled(True)
        self.owners = named(Segments(tuple(OWNERS)), "preset_owners", "Whose presets",
                             "All presets, those that came with the studio, or your own")  # fmt: skip
        self.owners.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.owners.show_index(0)
        self.task = _choice("preset_task", "Task", "What the network learns to do", ANY_TASK, TASKS)
        self.kind = _choice("preset_kind", "Data", "Signals, images or volumes", ANY_KIND, KINDS)
        self.params = _choice(
            "preset_size", "Parameters", "How many weights and biases the network has", ANY_SIZE, SIZES
        )
        self.tag = _choice("preset_tag", "Tag", "Words that presets are marked with", ANY_TAG, ())
        self.totals = words("preset_totals", tone="muted", scale="caption")
        self.totals.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._lay_out()
        self.search.textChanged.connect(self.changed)
        self.owners.chosen.connect(self.changed)
        for box in (self.task, self.kind, self.params, self.tag):
            box.currentIndexChanged.connect(self.changed)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(space(2))
        first.addWidget(self.search, 1)
        first.addWidget(self.owners)
        second = QHBoxLayout()
        second.setSpacing(space(2))
        for box in (self.task, self.kind, self.params, self.tag):
            second.addWidget(box)
        second.addWidget(self.totals, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(first)
        column.addLayout(second)

    @property
    def wanted(self) -> PresetFilter:
        """What is looked for."""
        return PresetFilter(
            words=tuple(self.search.text().casefold().split()),
            task=TASKS.get(_chosen(self.task)),
            rank=KINDS.get(_chosen(self.kind)),
            params=SIZES.get(_chosen(self.params)),
            own=tuple(OWNERS.values())[self.owners.index],
            tag=_chosen(self.tag),
        )

    def show_all(self) -> None:
        """Take all filters away."""
        self.search.clear()
        self.owners.show_index(0)
        for box in (self.task, self.kind, self.params, self.tag):
            box.setCurrentIndex(0)
        self.changed.emit()

    def offer_tags(self, presets: Iterable[Preset]) -> None:
        """Offer the tags in use, in the order of the alphabet; the one that is looked for stays chosen."""
        tally: Counter[str] = Counter()
        spelt: dict[str, str] = {}
        for preset in presets:
            for tag in preset.outline.tags if preset.outline is not None else ():
                tally[tag.casefold()] += 1
                spelt.setdefault(tag.casefold(), tag)
        chosen = _chosen(self.tag)
        kept = {key for key, _ in tally.most_common(MOST_TAGS)}
        tags = sorted((spelt[key] for key in kept if spelt[key] != chosen), key=str.casefold)
        offered = sorted([*tags, chosen], key=str.casefold) if chosen else tags
        if offered == [self.tag.itemData(i) for i in range(1, self.tag.count())]:
            return
        for number in reversed(range(1, self.tag.count())):
            if self.tag.itemData(number) != chosen:
                self.tag.removeItem(number)
        for number, tag in enumerate(offered, start=1):
            if self.tag.itemData(number) != tag:
                self.tag.insertItem(number, tag, tag)
        self.tag.setEnabled(self.tag.count() > 1)


def _choice(name: str, title: str, tip: str, everything: str, offered: Iterable[str]) -> QComboBox:
    box = named(QComboBox(), name, title, tip)
    box.addItem(everything, "")
    for text in offered:
        box.addItem(text, text)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    box.setMaximumWidth(260)
    return box


def _chosen(box: QComboBox) -> str:
    return str(box.currentData() or "")
