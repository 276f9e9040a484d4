"""A list of sample thumbnails: the gallery of the Data page and the strip of the Train page are both this view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from cnnstudio.app.data.sample_painter import mask_of, sample_size, target_words, thumbnail
from cnnstudio.app.theme import space, themes
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from cnnstudio.wire.messages import Samples

_Index = QModelIndex | QPersistentModelIndex


class SampleModel(QAbstractListModel):
    """The samples of one answer of the worker; thumbnails are made when they are first looked at."""

    def __init__(self, side: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._side = side
        self._ratio = 1.0
        self._samples: Samples | None = None
        self._info: DataInfo | None = None
        self._thumbnails: dict[int, QIcon] = {}
        themes.changed.connect(self._forget)

    def put(self, samples: Samples, info: DataInfo, ratio: float) -> None:
        """Show these samples of data described by `info` on a screen of that pixel ratio."""
        self.beginResetModel()
        self._samples, self._info, self._ratio = samples, info, ratio
        self._thumbnails.clear()
        self.endResetModel()

    def clear(self) -> None:
        """Show none."""
        self.beginResetModel()
        self._samples = None
        self._thumbnails.clear()
        self.endResetModel()

    def samples(self) -> Samples | None:
        """What is shown."""
        return self._samples

    @property
    def info(self) -> DataInfo | None:
        """What the samples are."""
        return self._info

    def rowCount(self, parent: _Index | None = None) -> int:
        """Number of samples."""
        if (parent is not None and parent.isValid()) or self._samples is None:
            return 0
        return len(self._samples.inputs)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Label, thumbnail and tooltip."""
        if self._samples is None or self._info is None or not index.isValid():
            return None
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._thumbnail(row, self._samples, self._info)
        if role == Qt.ItemDataRole.DisplayRole:
            return self._label(row, self._samples, self._info)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            shown = target_words(self._samples.targets[row], self._info)
            told = f"{self._samples.part.capitalize()} sample {self._samples.start + row:,}"
            return f"{told}: {shown}" if shown else told
        return None

    def _label(self, row: int, samples: Samples, info: DataInfo) -> str:
        # A mask's classes make too long a line; its number says which image it is.
        if info.task is Task.CLASSIFICATION:
            return target_words(samples.targets[row], info)
        return f"{samples.start + row:,}"

    def _thumbnail(self, row: int, samples: Samples, info: DataInfo) -> QIcon:
        if row not in self._thumbnails:
            mask = mask_of(samples.targets[row], info)
            size = sample_size(info, self._side)
            picture = thumbnail(samples.inputs[row], size, self._ratio, mask)
            # The selected state has the same pixels: Qt would tint them, and they are data.
            self._thumbnails[row] = QIcon(picture)
            self._thumbnails[row].addPixmap(picture, QIcon.Mode.Selected)
        return self._thumbnails[row]

    def _forget(self) -> None:
        self._thumbnails.clear()
        if self.rowCount():
            self.dataChanged.emit(self.index(0), self.index(self.rowCount() - 1))


class SampleList(QListView):
    """Thumbnails with labels, in rows that wrap, or as a strip of one row."""

    picked = Signal(int)
    """Row of the sample that is now the current one."""

    def __init__(self, name: str, side: int, *, strip: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Samples")
        self._side = side
        self._samples = SampleModel(side, self)
        self.setModel(self._samples)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setUniformItemSizes(True)
        self.setWrapping(not strip)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        if strip:
            self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.selectionModel().currentChanged.connect(self._moved)

    @property
    def sample_model(self) -> SampleModel:
        """The samples in it."""
        return self._samples

    def put(self, samples: Samples, info: DataInfo) -> None:
        """Show these samples."""
        size = sample_size(info, self._side)
        self.setIconSize(size)
        self.setGridSize(QSize(size.width() + space(4), size.height() + self.fontMetrics().height() + space(4)))
        self._samples.put(samples, info, self.devicePixelRatioF())

    def select_row(self, row: int) -> None:
        """Make that sample the current one."""
        index = self._samples.index(row)
        if index.isValid() and self.currentIndex() != index:
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def _moved(self, current: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(current.row())
