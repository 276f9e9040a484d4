"""The samples of a part that were chosen, in any order, as thumbnails that come as they are looked at."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app.data.gallery_model import SIDE, Thumbnails, page_length, small
from cnnstudio.app.data.sample_painter import boxes_of, mask_of, sample_size, thumbnail
from cnnstudio.app.inspect.mistakes.tally import Choice
from cnnstudio.app.theme import themes

if TYPE_CHECKING:
    from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex
    from PySide6.QtGui import QPixmap

    from cnnstudio.app.inspect.mistakes.tally import Tally
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.wire.messages import Samples

KEPT = 1200
"""Samples held, the least recently seen let go."""


class ChosenSamples(Thumbnails):
    """What the judgements say of each stands below it. A sample that was seen once is not asked for again."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._info: DataInfo | None = None
        self._part = ""
        self._ratio = 1.0
        self._tally: Tally | None = None
        self._by = "", Choice()
        self._order: Any = np.zeros(0, np.int64)
        self._held: OrderedDict[int, tuple[Any, Any, str]] = OrderedDict()
        self._pictures: dict[int, QPixmap] = {}
        themes.changed.connect(self._repaint)

    @property
    def edge(self) -> int:
        """Longest edge of the pictures in device pixels."""
        return round(SIDE * self._ratio)

    @property
    def order(self) -> Any:
        """The places in the part, int64."""
        return self._order

    def begin(self, part: str, info: DataInfo, ratio: float) -> None:
        """The samples are of other data, or of another part."""
        self._part, self._info, self._ratio = part, info, ratio
        self._held.clear()
        self._pictures.clear()
        self.show_order(None, np.zeros(0, np.int64))

    def show_order(self, tally: Tally | None, order: Any, by: tuple[str, Choice] | None = None) -> None:
        """Show these samples, of which `tally` has something to say; `by`: what their order is called, their choice."""
        self._tally = tally
        self._by = by or ("", Choice())
        if np.array_equal(order, self._order):
            self.looks_changed.emit()
            return
        self.beginResetModel()
        self._order = order
        self.endResetModel()

    def missing(self, first: int, last: int) -> tuple[int, ...]:
        """Places of samples of these rows that are not here, as many as are asked for at once."""
        if self._info is None:
            return ()
        there = [int(i) for i in self._order[max(0, first) : last + 1]]
        for sample in there:
            if sample in self._held:
                self._held.move_to_end(sample)
        return tuple(i for i in there if i not in self._held)[: page_length(self._info, self.edge)]

    def put(self, samples: Samples) -> None:
        """Take samples that have arrived."""
        for place, sample in enumerate(samples.indices):
            name = samples.names[place] if place < len(samples.names) else ""
            self._held[sample] = small(samples.inputs[place]), samples.targets[place], name
        while len(self._held) > KEPT:
            self._pictures.pop(self._held.popitem(last=False)[0], None)
        self.looks_changed.emit()

    def sample(self, row: int) -> int | None:
        """The place in the part of the sample of a row."""
        return int(self._order[row]) if 0 <= row < len(self._order) else None

    def row_of(self, sample: int) -> int | None:
        """The row of a sample; None where it is not among them."""
        found = np.flatnonzero(self._order == sample)
        return int(found[0]) if len(found) else None

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """Samples that were chosen."""
        return 0 if parent is not None and parent.isValid() else len(self._order)

    def label(self, row: int) -> str:
        """What the judgements say of it in a word or two."""
        return self._tally.label(int(self._order[row]), *self._by) if self._tally is not None else ""

    def told(self, row: int) -> str:
        """The sample, and what the judgements say of it."""
        sample = int(self._order[row])
        told = f"{self._part.capitalize()} sample {sample:,}"
        if self._tally is not None:
            told = f"{told}: {self._tally.told(sample)}"
        name = self._held[sample][2] if sample in self._held else ""
        return f"{told}\n{name}" if name else told

    def picture(self, row: int) -> QPixmap | None:
        """The thumbnail with its true mask or boxes; None while the sample, or its picture, is on its way."""
        sample, info = int(self._order[row]), self._info
        if sample not in self._held or info is None:
            return None
        if sample not in self._pictures:
            made = self.in_turn(lambda: self._drawn(sample, info))
            if made is None:
                return None
            self._pictures[sample] = made
        return self._pictures[sample]

    def _drawn(self, sample: int, info: DataInfo) -> QPixmap:
        values, target, _ = self._held[sample]
        size, mask = sample_size(info, SIDE), mask_of(target, info)
        return thumbnail(values, size, self._ratio, mask, boxes=boxes_of(target, info))

    def _repaint(self) -> None:
        self._pictures.clear()
        self.looks_changed.emit()
