"""The chosen sample with its truth, and what the network says of it now, in the viewer of its task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import target_words
from cnnstudio.app.features.words import words
from cnnstudio.app.theme import mark, space
from cnnstudio.app.training.viewers.table import VIEWERS
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.training.viewers.base import Viewer


class ChosenSample(QWidget):
    """The sample that is watched: number, truth, and the live prediction. Viewers are made when their task comes."""

    threshold_changed = Signal(float)
    """The score from which on an answer counts."""
    class_picked = Signal(int)
    """The person clicked on a class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("chosen_sample")
        self._title = words("chosen_sample_title")
        self._label = words("chosen_sample_label", tone="muted", wrap=True)  # all that is true of it, however narrow
        self._verdict = words("chosen_sample_verdict", wrap=True, tip="What the network says of the sample now")
        self._viewers: dict[Task, Viewer] = {}
        self._task = Task.CLASSIFICATION
        told = QHBoxLayout()
        told.setSpacing(space(3))
        told.addWidget(self._title)
        told.addWidget(self._label, 1)
        self._room = QVBoxLayout()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addLayout(told)
        column.addWidget(self._verdict)
        column.addLayout(self._room, 1)
        self._fill(self._task)

    def _fill(self, task: Task) -> None:
        """Put the viewer of a task in sight. It alone says how much room is needed."""
        viewer = self._viewers.get(task)
        if viewer is None:
            viewer = self._viewers[task] = VIEWERS[task](self)
            viewer.said.connect(self._say)
            viewer.threshold_changed.connect(self.threshold_changed)
            viewer.class_picked.connect(self.class_picked)
        self._room.removeWidget(self._viewers[self._task])
        self._viewers[self._task].hide()
        self._room.addWidget(viewer, 1)
        viewer.show()
        self._task = task

    @property
    def viewer(self) -> Viewer:
        """The viewer of the task at hand."""
        return self._viewers[self._task]

    @property
    def verdict(self) -> str:
        """What the network says of the sample; "" while it has said nothing."""
        return self._verdict.text()

    def show_sample(self, part: str, index: int, sample: Floats, target: Any, info: DataInfo, name: str = "") -> None:
        """Show sample `index` of the part, the answer being waited for; `target` is None where nobody knows it.

        `name`: what it is called, where not by its place.
        """
        if info.task is not self._task:
            self._fill(info.task)
        title = name or f"{part.capitalize()} sample {index:,}"
        label = "" if target is None else target_words(target, info)
        self._title.setText(title)
        self._label.setText(f"is {label}" if label and info.task is Task.CLASSIFICATION else label)
        self._label.setToolTip(f"What the sample shows: {label}" if label else "")
        self._verdict.clear()
        self.viewer.show_sample(sample, target, info)
        self.viewer.setAccessibleName(f"{title} {label}")

    def show_prediction(self, values: Floats) -> None:
        """What the network says now, in the form of the task (see wire.messages.FeatureMaps)."""
        self.viewer.show_prediction(values)

    def forget_prediction(self) -> None:
        """Another network: what the last one said is gone."""
        self.viewer.forget()
        self._verdict.clear()

    def _say(self, sentence: str, tone: str) -> None:
        self._verdict.setText(sentence)
        if self._verdict.property("tone") != tone:
            mark(self._verdict, tone=tone)
