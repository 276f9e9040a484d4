"""A slider for each value of a bottleneck, in two columns."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QSlider, QWidget

from cnnstudio.app.theme import mark, space

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST = 32
"""Values that have a slider; the others stay those of the sample."""
STEPS = 1000
"""Places of a slider from end to end."""
COLUMNS = 2


class ValueSliders(QScrollArea):
    """Shows values and reports those that the person wants. `values` always holds all of them."""

    moved = Signal()
    """The person has moved a slider: see `values`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("latent_sliders")
        self.setAccessibleName("Values of the bottleneck")
        self.setToolTip("Each slider is one value of the bottleneck; arrow keys move the one that has the focus")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._values = np.zeros(0, np.float32)
        self._low, self._high = -1.0, 1.0
        self._sliders: list[QSlider] = []
        self._labels: list[QLabel] = []
        self._filling = False

    @property
    def values(self) -> Any:
        """float32 (values,), those without a slider among them."""
        return self._values

    @property
    def sliders(self) -> Sequence[QSlider]:
        """One for each of the first values."""
        return self._sliders

    @property
    def range(self) -> tuple[float, float]:
        """The values at the ends of the sliders."""
        return self._low, self._high

    def show_values(self, values: Any, low: float, high: float) -> None:
        """Show these values, on sliders that go from `low` to `high`."""
        self._values = np.array(values, np.float32)
        self._low, self._high = low, high
        if len(self._sliders) != min(MOST, len(values)):
            self._build(min(MOST, len(values)))
        self._filling = True
        for slider, value in zip(self._sliders, self._values, strict=False):
            slider.setValue(self._place(float(value)))
        self._filling = False
        self._write()

    def randomise(self) -> None:
        """Draw every value that has a slider, from end to end alike."""
        drawn = np.array(self._values)
        for index in range(len(self._sliders)):
            drawn[index] = random.uniform(self._low, self._high)
        self.show_values(drawn, self._low, self._high)
        self.moved.emit()

    def _build(self, number: int) -> None:
        inside = QWidget()
        grid = QGridLayout(inside)
        grid.setContentsMargins(0, 0, space(2), 0)
        grid.setHorizontalSpacing(space(2))
        grid.setVerticalSpacing(space(1))
        self._sliders, self._labels = [], []
        rows = -(-number // COLUMNS)
        for index in range(number):
            slider, name, label = self._slider(index), QLabel(f"{index + 1}"), QLabel()
            for text in (name, label):
                mark(text, tone="muted", scale="caption")
                text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance("-00.00"))
            column = 3 * (index // rows)
            for place, widget in enumerate((name, slider, label)):
                grid.addWidget(widget, index % rows, column + place)
            grid.setColumnStretch(column + 1, 1)
            self._sliders.append(slider)
            self._labels.append(label)
        grid.setRowStretch(rows, 1)
        self.setWidget(inside)

    def _slider(self, index: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal)
        slider.setObjectName(f"latent_{index + 1}")
        slider.setAccessibleName(f"Value {index + 1}")
        slider.setToolTip(f"Value {index + 1} of the bottleneck")
        slider.setRange(0, STEPS)
        slider.setSingleStep(STEPS // 50)
        slider.setPageStep(STEPS // 10)
        slider.valueChanged.connect(partial(self._move, index))
        return slider

    def _move(self, index: int, place: int) -> None:
        if self._filling:  # the place says less than the value that is shown
            return
        self._values[index] = self._low + place / STEPS * (self._high - self._low)
        self._write()
        self.moved.emit()

    def _place(self, value: float) -> int:
        span = self._high - self._low
        return min(STEPS, max(0, round((value - self._low) / span * STEPS))) if span > 0 else 0

    def _write(self) -> None:
        for label, value in zip(self._labels, self._values, strict=False):
            label.setText(f"{float(value):.2f}")
