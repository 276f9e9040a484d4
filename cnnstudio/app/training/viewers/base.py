"""What every viewer of predictions is: told the sample, then again and again what the network says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from cnnstudio.app.features.words import words
from cnnstudio.app.theme import space

if TYPE_CHECKING:
    from cnnstudio.core.data.info import DataInfo


class Viewer(QWidget):
    """Shows one sample and what the network says of it. The truth is known before the prediction."""

    said = Signal(str, str)
    """What the network makes of the sample in one line, and how good that is: "ok", "error" or "" as a tone."""
    threshold_changed = Signal(float)
    """The score from which on an answer counts, where the task has one."""
    class_picked = Signal(int)
    """The person clicked on a class."""
    grows = False
    """Whether more room shows more."""

    def show_sample(self, sample: Any, target: Any, info: DataInfo) -> None:
        """Another sample (float32, the input's shape) and its target as in wire.messages.Samples.targets.

        The target is None for a sample of which nobody knows the truth.
        """
        raise NotImplementedError

    def show_prediction(self, values: Any) -> None:
        """What the network says now, as in wire.messages.FeatureMaps.prediction."""
        raise NotImplementedError

    def forget(self) -> None:
        """Another network: what the last one said is gone."""
        raise NotImplementedError


class ShareSlider(QWidget):
    """A slider from 0 to 100 per cent with its name before it and its value after it."""

    moved = Signal(float)
    """The share, 0 to 1."""

    def __init__(self, name: str, title: str, tip: str, share: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setObjectName(name)
        self._slider.setAccessibleName(title)
        self._slider.setToolTip(tip)
        self._slider.setRange(0, 100)
        self._slider.setPageStep(10)
        self._slider.setValue(round(100 * share))
        self._slider.setMinimumWidth(60)
        self._value = words(f"{name}_value", tone="muted", scale="caption")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value.setMinimumWidth(self._value.fontMetrics().horizontalAdvance("100 %") + space(1))
        label = QLabel(title)
        label.setBuddy(self._slider)
        label.setToolTip(tip)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        row.addWidget(label)
        row.addWidget(self._slider, 1)
        row.addWidget(self._value)
        self._say()
        self._slider.valueChanged.connect(self._move)

    @property
    def share(self) -> float:
        """Where it stands, 0 to 1."""
        return self._slider.value() / 100

    def _say(self) -> None:
        self._value.setText(f"{self._slider.value()} %")

    def _move(self) -> None:
        self._say()
        self.moved.emit(self.share)
