"""The blocks of the network that is inspected, with what each makes of the sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QListView

from cnnstudio.app.inspect.block_model import BlockModel, BlockRows
from cnnstudio.app.inspect.block_pictures import BlockPictures
from cnnstudio.app.theme import themes

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.inspect.inspection import Inspection


class BlockList(QListView):
    """One row for each block, in the order of the flow. Arrows, Home and End walk; letters find a block by its name."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_blocks")
        self.setAccessibleName("Blocks")
        self.setToolTip("The block that is looked at (Alt+Up, Alt+Down)")
        self._inspection = inspection
        self._pictures = BlockPictures(inspection)
        self.blocks = BlockModel(self)
        self.setModel(self.blocks)
        self.setItemDelegate(BlockRows(self, self.blocks))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(150)
        inspection.subject_changed.connect(self._fill)
        inspection.block_changed.connect(self._show)
        self._pictures.changed.connect(self._show_pictures)
        self.selectionModel().currentChanged.connect(self._choose)
        themes.changed.connect(self.viewport().update)

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it."""
        self._pictures.set_active(active)

    def step(self, by: int) -> None:
        """Look at the block so many places further; it stops at the ends."""
        row = self.currentIndex().row() + by
        if 0 <= row < self.blocks.rowCount():
            self.setCurrentIndex(self.blocks.index(row))

    def _show_pictures(self) -> None:
        self.blocks.show_pictures(self._pictures.pictures)

    def _fill(self) -> None:
        self.blocks.show_subject(self._inspection.subject)
        self._show()

    def _show(self) -> None:
        ids = self.blocks.ids
        if self._inspection.block in ids:
            index = self.blocks.index(ids.index(self._inspection.block))
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self._inspection.choose_block(self.blocks.ids[index.row()])
