"""Parts side by side, whose widths a person can change; the window remembers them by the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget


def side_by_side(name: str, parts: Sequence[QWidget], widths: Sequence[int], grows: int) -> QSplitter:
    """The parts with these widths in pixels; the part `grows` takes what room there is more."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.setObjectName(name)
    splitter.setChildrenCollapsible(False)
    for part in parts:
        splitter.addWidget(part)
    splitter.setStretchFactor(grows, 1)
    splitter.setSizes(list(widths))
    return splitter
