"""Several classes for one sample: a chance for each, the true ones marked, and the threshold from which one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cnnstudio.app.format import counted
from cnnstudio.app.training.viewers.base import ShareSlider
from cnnstudio.app.training.viewers.classes import BarViewer

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

USUAL = 0.5
"""The threshold that metrics are measured at."""


class LabelViewer(BarViewer):
    """Any number of classes for each sample."""

    WHAT = "Chance that the network gives each class; dots mark the true ones, the line the threshold"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._knows = True
        tip = "A class counts as named from this chance on. Metrics are measured at 50 %."
        self._slider = ShareSlider("prediction_threshold", "Threshold", tip, USUAL)
        self._slider.moved.connect(self._move)
        self.bars.show_threshold(USUAL)
        self.column.addWidget(self._slider)

    def true_classes(self, target: Any) -> tuple[int, ...]:
        """Those that are 1."""
        self._knows = target is not None
        return tuple(int(i) for i in np.flatnonzero(target)) if np.ndim(target) == 1 else ()

    def verdict(self) -> tuple[str, str]:
        """How many of the true classes are named, and how many others."""
        if not self.bars.values:
            return "", ""
        named, true = self.bars.named, self.bars.true_classes
        if not self._knows:
            return f"Network names {counted(len(named), 'class', 'classes')}", ""
        wrong = len(named - true)
        found = f"{len(named & true)} of {counted(len(true), 'class', 'classes')} found" if true else "No class to find"
        return f"{found}, {wrong} named wrongly" if wrong else found, "ok" if named == true else "error"

    def _move(self, share: float) -> None:
        self.bars.show_threshold(share)
        self.threshold_changed.emit(share)
        if self.bars.values:
            self.said.emit(*self.verdict())
