"""The samples that excite a channel most, each with an outline round what the cell sees that answers most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import sample_size, scale_for, thumbnail
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.features.words import words
from cnnstudio.app.inspect.why.sentences import seen_of_words
from cnnstudio.app.lens.sample_view import SampleView
from cnnstudio.app.lens.sentences import seen_words
from cnnstudio.app.theme import Role, space, theme, themes
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.wire.messages import Exciting

SIDE = 72
LEAST_FRAME = 11
"""Pixels: an outline round a cell that sees next to nothing would else be a dot."""
Outline = tuple[tuple[int, int], ...]


@dataclass(frozen=True, eq=False)
class Seen:
    """A sample, and the cell of a block's map that answers most to it."""

    sample: Sample
    values: Floats
    """(..., channels), as the network sees it."""
    cell: tuple[int, ...]
    sight: Sight


class ExcitingList(QListWidget):
    """Best first. A click or Enter looks at the sample."""

    picked = Signal(Sample)
    """The person wants to look at this sample."""
    looked = Signal(object)
    """The `Seen` of the sample that is marked; None while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_exciting")
        self.setAccessibleName("Samples that excite the channel most")
        self.setToolTip("Click a sample, or press Enter, to pin it as the probe; the outline is what its cell sees")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._shown: tuple[Exciting, Subject] | None = None
        self.currentRowChanged.connect(self._look)
        self.itemClicked.connect(self._pick)
        self.itemActivated.connect(self._pick)
        themes.changed.connect(self._paint)

    def show_exciting(self, found: Exciting, subject: Subject) -> None:
        """Show these; those that are shown already stay, with the one that is marked."""
        if self._shown is None or self._shown[0] is not found:
            self._shown = (found, subject)
            self._paint()

    def forget(self) -> None:
        """Show none."""
        self._shown = None
        self.clear()
        self.looked.emit(None)

    def outlines(self) -> list[Outline]:
        """For each sample what its cell sees, from first to before last along each axis of the input."""
        if self._shown is None:
            return []
        found, subject = self._shown
        sight = Sight(subject.trace, found.block)
        cells = [tuple(int(n) for n in cell) for cell in found.cells]
        return [_within(sight.of(cell).outline, subject.info.input_shape[:-1]) for cell in cells]

    def _paint(self) -> None:
        row = self.currentRow()
        self.clear()
        if self._shown is None:
            return
        found, subject = self._shown
        size = sample_size(subject.info, SIDE)
        self.setIconSize(size)
        self.setGridSize(QSize(size.width() + space(4), size.height() + self.fontMetrics().height() + space(4)))
        for sample, index, value, outline in zip(
            found.inputs, found.indices.tolist(), found.values.tolist(), self.outlines(), strict=True
        ):
            item = QListWidgetItem(QIcon(_outlined(sample, size, outline, self.devicePixelRatioF())), number(value))
            item.setData(Qt.ItemDataRole.UserRole, Sample(found.part, index))
            told = f"{found.part.capitalize()} sample {index:,}: the channel reaches {number(value)}"
            item.setToolTip(told)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, told)
            self.addItem(item)
        self.setCurrentRow(max(0, min(row, self.count() - 1)))

    def _look(self, row: int) -> None:
        if self._shown is None or not 0 <= row < self.count():
            return  # the list is being filled
        found, subject = self._shown
        cell = tuple(int(n) for n in found.cells[row])
        sample = Sample(found.part, int(found.indices[row]))
        self.looked.emit(Seen(sample, found.inputs[row], cell, Sight(subject.trace, found.block)))

    def _pick(self, item: QListWidgetItem) -> None:
        self.picked.emit(item.data(Qt.ItemDataRole.UserRole))


class ExcitingSight(QWidget):
    """The sample that is marked in the list, enlarged: what the cell that answers most sees of it is lit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_exciting_sight")
        self.view = SampleView()
        self.view.setObjectName("why_exciting_sample")
        self.view.setAccessibleName("The sample, and what the cell sees that answers most")
        self.view.setToolTip("The marked sample: what the cell sees that answers most is lit")
        self._said = words(
            "why_exciting_said",
            tone="muted",
            scale="caption",
            wrap=True,
            tip="The cell of the block's map, and its view",
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self.view, 1)
        column.addWidget(self._said)
        self.hide()

    @property
    def text(self) -> str:
        """What is said of it."""
        return self._said.text()

    def show_seen(self, seen: Seen | None) -> None:
        """Show this, or nothing."""
        self.setVisible(seen is not None)
        if seen is None:
            return
        sizes = seen.values.shape[:-1]
        footprint = seen.sight.of(seen.cell)
        self.view.show_input(sizes, seen.values)
        self.view.show_reach(seen.sight.beyond)
        self.view.show_footprint(footprint)
        if len(sizes) == 3 and footprint.seen:
            first, _ = next(iter(footprint.seen[0][0].runs()), (0, 1))
            self.view.show_slice(first)
        self._said.setText(seen_of_words(seen.sample, seen.cell, seen_words(footprint, seen.sight, sizes)))


def _within(outline: Outline, sizes: tuple[int, ...]) -> Outline:
    """Without the padding, which no sample shows."""
    return tuple((max(0, first), min(size, end)) for (first, end), size in zip(outline, sizes, strict=False))


def _outlined(sample: Floats, size: QSize, outline: Outline, ratio: float) -> QPixmap:
    made = thumbnail(sample, size, ratio)
    if not outline:
        return made
    room = QSize(round(size.width() * ratio), round(size.height() * ratio))
    if sample.ndim == 2:
        place, rows, columns = QRectF(0, 0, size.width(), size.height()), (0, 1), outline[0]
        height, width = 1, sample.shape[0]
    else:
        height, width = sample.shape[-3:-1]
        rows, columns = outline[-2:]
        scale = scale_for(width, height, room) / ratio
        drawn = QSize(round(width * scale), round(height * scale))
        left, top = (size.width() - drawn.width()) // 2, (size.height() - drawn.height()) // 2
        place = QRectF(left, top, drawn.width(), drawn.height())
    across, down = place.width() / width, place.height() / height
    part = QRectF(
        place.left() + columns[0] * across,
        place.top() + rows[0] * down,
        float(np.diff(columns)[0]) * across,
        float(np.diff(rows)[0]) * down,
    )
    across_more, down_more = (max(0.0, LEAST_FRAME - size) / 2 for size in (part.width(), part.height()))
    part.adjust(-across_more, -down_more, across_more, down_more)
    painter = QPainter(made)
    for role, thick in ((Role.SURFACE, 3.0), (Role.ACCENT, 1.5)):
        painter.setPen(QPen(theme().color(role), thick))
        painter.drawRect(part.adjusted(1, 1, -1, -1))
    painter.end()
    return made
