"""The line of choices above the curves of a comparison: which metric, on which part, over what, how smooth."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QWidget

from cnnstudio.app.features.words import tool, words
from cnnstudio.app.inspector.editors import CalmCombo
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.runs.comparison.lines import MOST_SMOOTHING, Against, Choice, Part
from cnnstudio.app.theme import space
from cnnstudio.core.metrics import metric_title

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QAbstractButton

PARTS, AXES = tuple(Part), tuple(Against)
_SLIDER_WIDTH = 120


class Controls(QWidget):
    """Shows a `Choice` and says when the person made another one."""

    chosen = Signal()
    """`choice` is another."""
    zoom_in_wanted = Signal()
    zoom_out_wanted = Signal()
    fit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = Choice()
        self._wanted = ""
        """The metric that the person chose; it is shown whenever a run has it."""
        self._metric = CalmCombo()
        self._metric.setObjectName("comparison_metric")
        self._metric.setAccessibleName("Metric")
        self._metric.setToolTip("The metric that is compared, or the learning rate")
        self._metric.setMinimumContentsLength(14)
        self._part = _segments("comparison_part", "Part", [part.value for part in PARTS],
                               "On which part it was measured; in both, validation is dashed")  # fmt: skip
        self._against = _segments("comparison_against", "Against", [axis.value for axis in AXES],
                                  "What the curves run over")  # fmt: skip
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName("comparison_smoothing")
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip(
            "How far each value is drawn towards those before it; what was measured stays, faint, behind"
        )
        self._smoothing.setRange(0, round(100 * MOST_SMOOTHING))
        self._smoothing.setPageStep(10)
        self._smoothing.setMinimumWidth(_SLIDER_WIDTH // 2)
        self._smoothing.setMaximumWidth(_SLIDER_WIDTH)
        self._smoothing_words = words("comparison_smoothing_value", tone="muted")
        self._smoothing_words.setMinimumWidth(self._smoothing_words.fontMetrics().horizontalAdvance("0.00") + space(1))
        self._log_x = _check("comparison_log_x", "Log x", "Logarithmic axis for epochs or time")
        self._log_y = _check("comparison_log_y", "Log y", "Logarithmic axis for the metric; values of 0 and below have "
                             "no place on it")  # fmt: skip
        self._out = tool("comparison_zoom_out", "zoom-out", "Show more (-)")
        self._fit = tool("comparison_fit", "zoom-fit", "Show all (0)")
        self._in = tool("comparison_zoom_in", "zoom-in", "Show less, larger (+)")
        self._arrange()
        self._connect()
        self._show_choice()

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(space(2))
        row.addWidget(self._metric)
        row.addWidget(self._part)
        row.addWidget(self._against)
        row.addSpacing(space(1))
        row.addWidget(words("comparison_smoothing_name", "Smoothing", tone="muted"))
        row.addWidget(self._smoothing, 1)
        row.addWidget(self._smoothing_words)
        row.addSpacing(space(1))
        row.addWidget(self._log_x)
        row.addWidget(self._log_y)
        row.addStretch(2)
        buttons = QHBoxLayout()
        buttons.setSpacing(space(1))
        for button in (self._out, self._fit, self._in):
            buttons.addWidget(button)
        row.addLayout(buttons)

    def _connect(self) -> None:
        self._metric.activated.connect(self._choose_metric)
        self._part.chosen.connect(self._choose_part)
        self._against.chosen.connect(self._choose_against)
        self._smoothing.valueChanged.connect(self._smooth)
        self._log_x.toggled.connect(self._scale)
        self._log_y.toggled.connect(self._scale)
        self._out.clicked.connect(self.zoom_out_wanted)
        self._fit.clicked.connect(self.fit_wanted)
        self._in.clicked.connect(self.zoom_in_wanted)

    @property
    def choice(self) -> Choice:
        """What is wanted."""
        return self._choice

    @property
    def remembered(self) -> Choice:
        """What was chosen, with the metric that the person wants whenever a run has it: "" for the usual one."""
        return dataclasses.replace(self._choice, metric=self._wanted)

    def restore(self, choice: Choice) -> None:
        """Choose what was `remembered`."""
        self._wanted = choice.metric
        self._smoothing.setValue(round(100 * choice.smoothing))
        self._log_x.setChecked(choice.log_x)
        self._log_y.setChecked(choice.log_y)
        self._put(dataclasses.replace(choice, metric=choice.metric or self._choice.metric))

    @property
    def fit_button(self) -> QAbstractButton:
        """Shows all."""
        return self._fit

    def offer(self, metrics: Sequence[str], usual: str) -> None:
        """The metrics that there are. Unless the person chose one of them, the usual one is shown."""
        if list(metrics) != [self._metric.itemData(row) for row in range(self._metric.count())]:
            self._metric.clear()
            for name in metrics:
                self._metric.addItem(metric_title(name), name)
        wanted = next((name for name in (self._wanted, usual, *metrics) if name in metrics), self._choice.metric)
        self._choice = dataclasses.replace(self._choice, metric=wanted)
        self._show_choice()

    def enable_parts(self, enabled: bool) -> None:
        """Whether the metric was measured on both parts."""
        self._part.setEnabled(enabled)

    def _show_choice(self) -> None:
        self._metric.setCurrentIndex(self._metric.findData(self._choice.metric))
        self._part.show_index(PARTS.index(self._choice.part))
        self._against.show_index(AXES.index(self._choice.against))
        self._smoothing_words.setText(f"{self._choice.smoothing:.2f}")

    def _put(self, choice: Choice) -> None:
        if choice != self._choice:
            self._choice = choice
            self._show_choice()
            self.chosen.emit()

    def _choose_metric(self) -> None:
        self._wanted = str(self._metric.currentData() or "")
        self._put(dataclasses.replace(self._choice, metric=self._wanted))

    def _choose_part(self, index: int) -> None:
        self._put(dataclasses.replace(self._choice, part=PARTS[index]))

    def _choose_against(self, index: int) -> None:
        self._put(dataclasses.replace(self._choice, against=AXES[index]))

    def _smooth(self, value: int) -> None:
        self._put(dataclasses.replace(self._choice, smoothing=value / 100))

    def _scale(self) -> None:
        across, up = self._log_x.isChecked(), self._log_y.isChecked()
        self._put(dataclasses.replace(self._choice, log_x=across, log_y=up))


def _segments(name: str, title: str, texts: Sequence[str], tip: str) -> Segments:
    made = Segments(texts)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.setMaximumWidth(made.sizeHint().width() + space(4))
    return made


def _check(name: str, text: str, tip: str) -> QCheckBox:
    made = QCheckBox(text)
    made.setObjectName(name)
    made.setAccessibleName(tip.split(";")[0])
    made.setToolTip(tip)
    return made
