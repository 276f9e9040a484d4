"""The blocks of the network that is inspected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QListWidget

from cnnstudio.app.format import tensor_shape

if TYPE_CHECKING:
    from PySide6.QtWidgets import QListWidgetItem, QWidget

    from cnnstudio.app.inspect.inspection import Inspection


class BlockList(QListWidget):
    """One row for each block, in the order of the flow."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_blocks")
        self.setAccessibleName("Blocks")
        self.setToolTip("The block that is looked at")
        self._inspection = inspection
        self._filling = False
        inspection.subject_changed.connect(self._fill)
        inspection.block_changed.connect(self._show)
        self.currentItemChanged.connect(self._choose)

    def _fill(self) -> None:
        subject = self._inspection.subject
        self._filling = True
        self.clear()
        for id in () if subject is None else subject.blocks:
            output = subject.trace.blocks[id].output if subject is not None else None
            self.addItem(f"{id}   {tensor_shape(output)}")
        self._filling = False
        self._show()

    def _show(self) -> None:
        subject = self._inspection.subject
        if subject is not None and self._inspection.block in subject.blocks:
            self.setCurrentRow(list(subject.blocks).index(self._inspection.block))

    def _choose(self, item: QListWidgetItem | None) -> None:
        subject = self._inspection.subject
        if subject is not None and item is not None and not self._filling:
            self._inspection.choose_block(subject.blocks[self.row(item)])
