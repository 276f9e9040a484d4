"""What is to be said of blocks, a line each; a click chooses the block."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.health.history import Remark

MOST = 3
"""Lines; what is behind the worst of them often follows from it."""


class RemarkList(QWidget):
    """Shows the worst remarks, or that there are none."""

    block_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._remarks: tuple[Remark, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(space(1))
        self._well = words("health_well", tone="ok", wrap=True, tip="As the latest measurement has it")
        self._column.addWidget(self._well)
        self._lines: list[tuple[QToolButton, QLabel]] = []
        for number in range(MOST):
            button = tool(f"health_remark_{number}", "warning", "Choose this block")
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            label = words(f"health_remark_text_{number}", wrap=True, tip="As the latest measurement has it")
            line = QHBoxLayout()
            line.setSpacing(space(2))
            line.addWidget(button)
            line.addWidget(label, 1)
            self._column.addLayout(line)
            self._lines.append((button, label))
            button.clicked.connect(partial(self._choose, number))

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is said."""
        return tuple(remark.sentence for remark in self._remarks)

    def show_remarks(self, remarks: Sequence[Remark], well: str) -> None:
        """Say these, or `well` where there are none."""
        self._remarks = tuple(remarks)[:MOST]
        self._well.setText(well)
        self._well.setVisible(not self._remarks)
        for number, (button, label) in enumerate(self._lines):
            known = number < len(self._remarks)
            button.setVisible(known)
            label.setVisible(known)
            if known:
                remark = self._remarks[number]
                label.setText(remark.sentence)
                button.setToolTip(f"Choose {remark.block}")
                button.setAccessibleName(f"Choose {remark.block}")

    def _choose(self, number: int) -> None:
        self.block_chosen.emit(self._remarks[number].block)
