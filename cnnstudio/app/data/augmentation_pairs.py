"""Training samples in pairs: as they are, and as an epoch varies them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from cnnstudio.app.data.sample_painter import boxes_of, mask_of, span_of, target_words, thumbnail
from cnnstudio.app.theme import Role, space, theme, themes
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QResizeEvent

    from cnnstudio.wire.messages import Samples

_Index = QModelIndex | QPersistentModelIndex

SIDE = 128
"""Edge of one of the two images of a pair, in logical pixels."""
SIGNAL = QSize(140, 64)
"""Room of one of two signals."""
GAP = 24
"""Between them, with an arrow in it."""


class PairModel(QAbstractListModel):
    """Two answers of the worker, sample beside sample; pictures are made when they are first looked at."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._before: Samples | None = None
        self._after: Samples | None = None
        self._info: DataInfo | None = None
        self._epoch = 0
        self._ratio = 1.0
        self._overlaid = True
        self._pictures: dict[int, QIcon] = {}
        themes.changed.connect(self._forget)

    def put(self, before: Samples, after: Samples, info: DataInfo, epoch: int, ratio: float) -> None:
        """Show these, the same samples twice, on a screen of that pixel ratio."""
        fresh = self.rowCount() != len(before.inputs) or info != self._info
        if fresh:
            self.beginResetModel()
        self._before, self._after, self._info, self._epoch, self._ratio = before, after, info, epoch, ratio
        self._pictures.clear()
        if fresh:
            self.endResetModel()
        else:  # in place: another draw must not scroll the list nor take the current sample away
            self._forget()

    def clear(self) -> None:
        """Show none."""
        self.beginResetModel()
        self._before = self._after = None
        self._pictures.clear()
        self.endResetModel()

    def set_overlaid(self, shown: bool) -> None:
        """Whether masks and boxes are drawn over the images."""
        self._overlaid = shown
        self._forget()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of pairs."""
        if (parent is not None and parent.isValid()) or self._before is None:
            return 0
        return len(self._before.inputs)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Label, pictures and what is told of a pair."""
        if self._before is None or self._after is None or self._info is None or not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._picture(row, (self._before, self._after), self._info)
        if role == Qt.ItemDataRole.DisplayRole:
            named = self._info.task in (Task.CLASSIFICATION, Task.MULTILABEL)
            return target_words(self._before.targets[row], self._info) if named else f"{self._before.start + row:,}"
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._told(row, self._before, self._after, self._info)
        return None

    def _told(self, row: int, before: Samples, after: Samples, info: DataInfo) -> str:
        number = f"Training sample {before.start + row:,}"
        was, became = (target_words(samples.targets[row], info) for samples in (before, after))
        told = f"{number}: {was}" if was else number
        changed = f" ({became})" if became != was else ""
        return f"{told}\nLeft as it is, right as in epoch {self._epoch:,}{changed}"

    def _picture(self, row: int, pair: tuple[Samples, Samples], info: DataInfo) -> QIcon:
        if row not in self._pictures:
            made = QPixmap(pair_size(info) * self._ratio)
            made.setDevicePixelRatio(self._ratio)
            made.fill(Qt.GlobalColor.transparent)
            painter = QPainter(made)
            size = single_size(info)
            for left, picture in zip((0, size.width() + GAP), self._thumbnails(row, pair, info), strict=True):
                painter.drawPixmap(QPointF(left, 0), picture)
            _draw_arrow(painter, size.width() + GAP / 2, size.height() / 2)
            painter.end()
            # The selected state has the same pixels: Qt would tint them, and they are data.
            self._pictures[row] = QIcon(made)
            self._pictures[row].addPixmap(made, QIcon.Mode.Selected)
        return self._pictures[row]

    def _thumbnails(self, row: int, pair: tuple[Samples, Samples], info: DataInfo) -> Iterator[QPixmap]:
        """Both in one range of values, else brightness, contrast and scale could not be seen."""
        inputs = [samples.inputs[row] for samples in pair]
        span = span_of(*inputs) if info.rank == 1 else span_of(inputs[0])
        if info.rank == 2 and span[0] >= 0 and span[1] <= 1:
            span = (0.0, 1.0)
        for samples in pair:
            mask = mask_of(samples.targets[row], info) if self._overlaid else None
            boxes = boxes_of(samples.targets[row], info) if self._overlaid else None
            yield thumbnail(samples.inputs[row], single_size(info), self._ratio, mask, boxes=boxes, span=span)

    def _forget(self) -> None:
        self._pictures.clear()
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


def single_size(info: DataInfo) -> QSize:
    """Logical size of one of the two pictures."""
    return SIGNAL if info.rank == 1 else QSize(SIDE, SIDE)


def pair_size(info: DataInfo) -> QSize:
    """Logical size of the picture of a pair."""
    size = single_size(info)
    return QSize(2 * size.width() + GAP, size.height())


def _draw_arrow(painter: QPainter, x: float, y: float) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color(Role.MUTED), 1.5))
    painter.drawPolyline([QPointF(x - 2.5, y - 5), QPointF(x + 2.5, y), QPointF(x - 2.5, y + 5)])


class PairList(QListView):
    """The pairs in rows that wrap."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("augmentation_pairs")
        self.setAccessibleName("Training samples before and after")
        self.setToolTip("Left the sample as it is, right as training sees it in this epoch")
        self.pairs = PairModel(self)
        self.setModel(self.pairs)
        self._least = QSize(1, 1)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)

    def put(self, before: Samples, after: Samples, info: DataInfo, epoch: int) -> None:
        """Show these, the same samples twice."""
        size = pair_size(info)
        self.setIconSize(size)
        self._least = QSize(size.width() + space(3), size.height() + self.fontMetrics().height() + space(4))
        self._spread()
        self.pairs.put(before, after, info, epoch, self.devicePixelRatioF())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As many columns as there is room for, over the whole width."""
        self._spread()
        super().resizeEvent(event)

    def _spread(self) -> None:
        # Of the list itself, not of its viewport: a scroll bar that comes and goes must not change the columns.
        width = self.width() - self.verticalScrollBar().sizeHint().width() - 2 * self.frameWidth() - 1
        columns = max(1, width // self._least.width())
        self.setGridSize(QSize(max(self._least.width(), width // columns), self._least.height()))
