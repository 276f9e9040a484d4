"""Parts side by side, whose widths a person can change; the window remembers them by the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence


class SideBySide(QSplitter):
    """Made before its parts, so that those with many fields can be made inside it: see `LatePage.built`."""

    def __init__(self, name: str, view: QWidget | None = None) -> None:
        """`view` is filled with it, if given."""
        super().__init__(Qt.Orientation.Horizontal)
        self.setObjectName(name)
        self.setChildrenCollapsible(False)
        if view is not None:
            whole = QVBoxLayout(view)
            whole.setContentsMargins(0, 0, 0, 0)
            whole.addWidget(self)

    def hold(self, parts: Sequence[QWidget], widths: Sequence[int], grows: Sequence[int]) -> None:
        """The parts with these widths in pixels; those at the places `grows` take what room there is more."""
        for part in parts:
            self.addWidget(part)
        for place in grows:
            self.setStretchFactor(place, 1)
        self.setSizes(list(widths))
