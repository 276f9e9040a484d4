"""The samples of a part as a model of any length: those in sight are held, the least recently seen are let go."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from cnnstudio.app.data.sample_painter import boxes_of, mask_of, sample_size, target_words, thumbnail, to_unit
from cnnstudio.app.theme import themes
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QPixmap

    from cnnstudio.wire.messages import Samples

_Index = QModelIndex | QPersistentModelIndex

PAGE = 48
"""Samples asked for at a time, where they are small."""
PAGE_BYTES = 8 << 20
"""A page is made shorter so that its values do not take more than this."""
PAGES_KEPT = 24
SIDE = 96
"""Edge of a thumbnail in logical pixels."""
SLICE = 0.01
"""Seconds that pictures may take in one turn of the event loop: a page of them would hold the window up."""
REST = 0.004
"""Seconds without a picture after which it is another turn."""


def page_length(info: DataInfo, edge: int) -> int:
    """Samples of a page whose images have no edge longer than `edge` pixels."""
    *sizes, channels = info.input_shape
    cells = channels
    for size in sizes:
        cells *= min(size, edge) if info.rank == 2 else size
    return max(1, min(PAGE, PAGE_BYTES // (4 * cells)))


@dataclass
class Page:
    """Some samples, and the pictures that were made of them."""

    start: int
    inputs: list[Any]
    targets: Any
    names: tuple[str, ...]
    pictures: dict[int, QPixmap] = field(default_factory=dict)


class Thumbnails(QAbstractListModel):
    """Pictures with labels, as many as one likes: those in sight are asked for."""

    looks_changed = Signal()
    """Samples have arrived or are drawn otherwise. Not told by `dataChanged`: a list view then lays all rows out anew,
    which takes a tenth of a second for 100,000 of them."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._spent, self._ended = 0.0, 0.0
        """Seconds that pictures have taken in this turn, and when the last one was made."""
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._begin_turn)

    def in_turn(self, make: Callable[[], QPixmap]) -> QPixmap | None:
        """Make a picture, or, where others have taken the time of this turn, tell `looks_changed` in the next one."""
        begun = time.perf_counter()
        if begun > self._ended + REST:
            self._spent = 0.0
        if self._spent > SLICE:
            self._turn.start(0)
            return None
        made = make()
        self._ended = time.perf_counter()
        self._spent += self._ended - begun
        return made

    def _begin_turn(self) -> None:
        self._spent = 0.0
        self.looks_changed.emit()

    def label(self, row: int) -> str:
        """What stands under the picture."""
        raise NotImplementedError

    def told(self, row: int) -> str:
        """The sample in words."""
        raise NotImplementedError

    def picture(self, row: int) -> QPixmap | None:
        """The thumbnail; None while the sample, or its picture, is on its way."""
        raise NotImplementedError

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Label, picture and what is told of a sample."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.label(index.row())
        if role == Qt.ItemDataRole.DecorationRole:
            return self.picture(index.row())
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.told(index.row())
        return None


class GalleryModel(Thumbnails):
    """All samples of a part. What is not here has a placeholder until `put` brings it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._info: DataInfo | None = None
        self._part = "training"
        self._total = 0
        self._length = PAGE
        self._ratio = 1.0
        self._overlaid = True
        self._pages: OrderedDict[int, Page] = OrderedDict()
        themes.changed.connect(self._repaint)

    @property
    def length(self) -> int:
        """Samples of a page."""
        return self._length

    def begin(self, part: str, info: DataInfo, ratio: float) -> None:
        """Other samples are to come, on a screen of that pixel ratio."""
        self.beginResetModel()
        self._part, self._info, self._ratio = part, info, ratio
        self._total, self._length = 0, page_length(info, self.edge)
        self._pages.clear()
        self.endResetModel()

    @property
    def edge(self) -> int:
        """Longest edge of the pictures in device pixels."""
        return round(SIDE * self._ratio)

    @property
    def info(self) -> DataInfo | None:
        """What the samples are."""
        return self._info

    def put(self, samples: Samples) -> None:
        """Take a page that has arrived."""
        if samples.total != self._total:
            self.beginResetModel()
            self._total = samples.total
            self.endResetModel()
        page = Page(samples.start, [small(sample) for sample in samples.inputs], samples.targets, samples.names)
        self._pages[samples.start // self._length] = page
        self._pages.move_to_end(samples.start // self._length)
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)
        self.looks_changed.emit()

    def missing(self, first: int, last: int) -> int | None:
        """Start of a page with rows from `first` to `last` that is not here; the first of them, None when all are."""
        for number in range(max(0, first) // self._length, min(last, self._total - 1) // self._length + 1):
            if number in self._pages:
                self._pages.move_to_end(number)
            else:
                return number * self._length
        return None

    def set_overlaid(self, shown: bool) -> None:
        """Whether masks and boxes are drawn over the images."""
        self._overlaid = shown
        self._repaint()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Samples of the part."""
        return 0 if parent is not None and parent.isValid() else self._total

    def label(self, row: int) -> str:
        """What stands under the picture: the class, or the number where there are several or none."""
        page = self._page(row)
        if page is not None and self._info is not None and self._info.task in (Task.CLASSIFICATION, Task.MULTILABEL):
            return target_words(page.targets[row - page.start], self._info)
        return f"{row:,}"

    def told(self, row: int) -> str:
        """The sample in words."""
        page, told = self._page(row), f"{self._part.capitalize()} sample {row:,}"
        if page is None or self._info is None:
            return told
        shown = target_words(page.targets[row - page.start], self._info)
        told = f"{told}: {shown}" if shown else told
        name = page.names[row - page.start] if row - page.start < len(page.names) else ""
        return f"{told}\n{name}" if name else told

    def picture(self, row: int) -> QPixmap | None:
        """The thumbnail; None while the sample, or its picture, is on its way."""
        page, info = self._page(row), self._info
        if page is None or info is None:
            return None
        if row not in page.pictures:
            made = self.in_turn(lambda: self._drawn(page, row - page.start, info))
            if made is None:
                return None
            page.pictures[row] = made
        return page.pictures[row]

    def _drawn(self, page: Page, place: int, info: DataInfo) -> QPixmap:
        mask = mask_of(page.targets[place], info) if self._overlaid else None
        boxes = boxes_of(page.targets[place], info) if self._overlaid else None
        return thumbnail(page.inputs[place], sample_size(info, SIDE), self._ratio, mask, boxes=boxes)

    def _page(self, row: int) -> Page | None:
        page = self._pages.get(row // self._length)
        return page if page is not None and 0 <= row - page.start < len(page.inputs) else None

    def _repaint(self) -> None:
        for page in self._pages.values():
            page.pictures.clear()
        self.looks_changed.emit()


def small(sample: Any) -> Any:
    """Images as bytes, a quarter of their room; what is drawn as lines keeps its values."""
    return np.rint(to_unit(sample) * 255).astype(np.uint8) if sample.ndim > 2 else sample
