"""The samples that excite a channel most, each with an outline round what the cell sees that answers most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QListWidget, QListWidgetItem, QWidget

from cnnstudio.app.data.sample_painter import sample_size, scale_for, thumbnail
from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.theme import Role, space, theme, themes
from cnnstudio.core.analysis.footprint import Sight
from cnnstudio.wire.messages import Sample

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.subject import Subject
    from cnnstudio.wire.messages import Exciting

SIDE = 72
Outline = tuple[tuple[int, int], ...]


class ExcitingList(QListWidget):
    """Best first. A click or Enter looks at the sample."""

    picked = Signal(Sample)
    """The person wants to look at this sample."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("why_exciting")
        self.setAccessibleName("Samples that excite the channel most")
        self.setToolTip("Click a sample, or press Enter, to look at it; the outline is what the cell sees")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self._shown: tuple[Exciting, Subject] | None = None
        self.itemClicked.connect(self._pick)
        self.itemActivated.connect(self._pick)
        themes.changed.connect(self._paint)

    def show_exciting(self, found: Exciting, subject: Subject) -> None:
        """Show these."""
        self._shown = (found, subject)
        self._paint()

    def forget(self) -> None:
        """Show none."""
        self._shown = None
        self.clear()

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
        self.setCurrentRow(min(row, self.count() - 1))

    def _pick(self, item: QListWidgetItem) -> None:
        self.picked.emit(item.data(Qt.ItemDataRole.UserRole))


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
    painter = QPainter(made)
    for role, thick in ((Role.SURFACE, 3.0), (Role.ACCENT, 1.5)):
        painter.setPen(QPen(theme().color(role), thick))
        painter.drawRect(part.adjusted(1, 1, -1, -1))
    painter.end()
    return made
