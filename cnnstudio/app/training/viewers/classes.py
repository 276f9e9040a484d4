"""Classification: the sample, and beside it a bar for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QBoxLayout, QLabel, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import sample_size, thumbnail
from cnnstudio.app.theme import space, themes
from cnnstudio.app.training.viewers.bars import ShareBars
from cnnstudio.app.training.viewers.base import Viewer

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from cnnstudio.core.data.info import DataInfo

SIDE = 112
LEAST_BARS = 150
"""With less width for the bars, they stand below the sample."""


class BarViewer(Viewer):
    """The sample at the left, bars at the right, or below it where it is narrow.

    What is true and what is said of it is for the task to tell.
    """

    WHAT = ""
    """What a bar stands for."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QLabel()
        self._picture.setObjectName("chosen_sample_picture")
        self._picture.setAccessibleName("The sample")
        self._picture.setToolTip("The sample whose feature maps are shown")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.bars = ShareBars(self.WHAT)
        self.bars.picked.connect(self.class_picked)
        self.column = QVBoxLayout()
        self.column.setSpacing(space(1))
        self.column.addWidget(self.bars)
        self.column.addStretch(1)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._both.setContentsMargins(0, 0, 0, 0)
        self._both.setSpacing(space(4))
        self._both.addWidget(self._picture)
        self._both.addLayout(self.column, 1)
        self._shown: tuple[Any, DataInfo] | None = None
        themes.changed.connect(self._paint)

    def show_sample(self, sample: Any, target: Any, info: DataInfo) -> None:
        """The bars wait for the network's answer."""
        self._shown = (sample, info)
        self._paint()
        self.bars.show_classes(info.class_names, self.true_classes(target))

    def show_prediction(self, values: Any) -> None:
        """One value for each class."""
        self.bars.show_values(values)
        self.said.emit(*self.verdict())

    def forget(self) -> None:
        """Empty the bars."""
        self.bars.show_classes(self.bars.names, self.bars.true_classes)

    def true_classes(self, target: Any) -> tuple[int, ...]:
        """The classes that a sample of this target has."""
        raise NotImplementedError

    def verdict(self) -> tuple[str, str]:
        """What the network says, and how good it is."""
        raise NotImplementedError

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange both for the width."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        picture = self._picture.pixmap().deviceIndependentSize().width()
        narrow = self.width() < picture + space(4) + LEAST_BARS
        directions = QBoxLayout.Direction
        self._both.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)

    def _paint(self) -> None:
        if self._shown is None:
            self._picture.setPixmap(QPixmap())
            return
        sample, info = self._shown
        self._picture.setPixmap(thumbnail(sample, sample_size(info, SIDE), self.devicePixelRatioF()))
        self._arrange()


class ClassViewer(BarViewer):
    """One class for each sample."""

    WHAT = "Probability that the network gives each class; the dot marks the true one"

    def true_classes(self, target: Any) -> tuple[int, ...]:
        """The one class; nothing for another kind of target."""
        return (int(target),) if target is not None and np.ndim(target) == 0 else ()

    def verdict(self) -> tuple[str, str]:
        """The likeliest class; right or wrong."""
        best = self.bars.best
        if best < 0:
            return "", ""
        said = f"Network says {self.bars.names[best]}"
        if not self.bars.true_classes:
            return said, ""
        return said, "ok" if best in self.bars.true_classes else "error"
