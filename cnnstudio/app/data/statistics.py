"""The right column of the Data page: task, parts, classes and their balance, and what the person should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QScrollArea, QVBoxLayout, QWidget

from cnnstudio.app.data.class_bars import ClassBars, PartBar
from cnnstudio.app.features.words import words
from cnnstudio.app.format import counted, shape
from cnnstudio.app.inspector.pieces import FindingList
from cnnstudio.app.theme import space
from cnnstudio.core.analysis.diagnostics import Diagnostic, Severity
from cnnstudio.core.data.balance import UNBALANCED, imbalance
from cnnstudio.core.data.info import DataInfo, Task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cnnstudio.core.data.facts import ScanReport
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

TASK_WORDS = {
    Task.CLASSIFICATION: "Classification: name the class of a sample",
    Task.MULTILABEL: "Several classes: name all that a sample shows",
    Task.SEGMENTATION: "Segmentation: name the class of every position",
    Task.RECONSTRUCTION: "Reconstruction: give the sample back",
    Task.DETECTION: "Detection: find things and name their classes",
}
COUNTED = {Task.SEGMENTATION: "pixels", Task.DETECTION: "boxes"}
SEVERITIES = {"error": Severity.ERROR, "warning": Severity.WARNING, "note": Severity.HINT}


class Statistics(QScrollArea):
    """What is known of the data, and one press for what can be done about it."""

    weigh_wanted = Signal()
    """Let training weigh classes, or count all alike again."""
    problems_wanted = Signal()
    """Show the problems of the design."""
    files_wanted = Signal()
    """Show the files that are not used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_statistics")
        self.setAccessibleName("Data statistics")
        self.setWidgetResizable(True)
        self._task = words("data_task", wrap=True)
        self._shape = words("data_shape", tone="muted", tip="Sizes of one sample as the network sees it, channels last")
        self._design = _button("data_design", "Show problems", "Go to the design and list what is wrong with it")
        self._skipped = _button("data_skipped_link", "Show files", "List the files that are not used, with reasons")
        self._findings = FindingList(self)
        self.parts = PartBar()
        self.classes = ClassBars()
        self._classes_title = words("data_classes_title", "Classes", scale="title")
        self._parts_title = words("data_parts_title", "Parts", scale="title")
        self._balance = words("data_balance", tone="warning", wrap=True)
        self._weigh = _button("data_weigh", "Weigh classes", "Count samples of rare classes for more in training")
        self._weigh.setCheckable(True)
        self._promise = words(
            "data_promise",
            "The test part is never used in training, nor for any choice.",
            scale="caption",
            tone="muted",
            wrap=True,
        )
        self._design.clicked.connect(self.problems_wanted)
        self._skipped.clicked.connect(self.files_wanted)
        self._weigh.clicked.connect(self.weigh_wanted)
        self._arrange()

    def _arrange(self) -> None:
        inside = QWidget()
        self.setWidget(inside)  # first, see LatePage.built
        column = QVBoxLayout(inside)
        column.setContentsMargins(space(4), space(4), space(4), space(4))
        column.setSpacing(space(2))
        for widget in (self._task, self._shape, self._design, self._findings, self._skipped):
            column.addWidget(widget)
        column.addSpacing(space(2))
        column.addWidget(self._parts_title)
        column.addWidget(self.parts)
        column.addWidget(self._promise)
        column.addSpacing(space(2))
        column.addWidget(self._classes_title)
        column.addWidget(self._balance)
        column.addWidget(self._weigh)
        column.addWidget(self.classes)
        column.addStretch(1)

    def show_experiment(self, experiment: Experiment) -> None:
        """What the declaration knows, before any sample is here."""
        info = experiment.data.info()
        self._task.setText(TASK_WORDS[info.task])
        self._shape.setText(f"One sample: {shape(info.input_shape)}")
        unit = COUNTED.get(info.task, "samples")
        self._classes_title.setText("Classes" if unit == "samples" else f"Classes by {unit}")
        self.classes.setToolTip(f"Number of {unit} of each class, by part")
        self.classes.setVisible(bool(info.classes))
        self.show_weights(experiment)

    def show_weights(self, experiment: Experiment) -> None:
        """Whether classes are weighed, and whether that could be wanted."""
        weighs = experiment.training.class_weights
        can = experiment.training.weighs_classes(experiment.data.info().task)
        self._weigh.setChecked(weighs)
        self._weigh.setText("Classes are weighed" if weighs else "Weigh classes")
        self._weigh.setVisible(can and (weighs or bool(self._balance.text())))

    def show_problems(self, errors: int) -> None:
        """How many errors the design has on these data."""
        self._design.setVisible(errors > 0)
        self._design.setText(f"{counted(errors, 'problem')} in the design")

    def show_report(self, report: ScanReport | None) -> None:
        """What the scan found that the person should know."""
        found = report.diagnostics if report is not None else ()
        self._findings.show_diagnostics(
            # The balance is told beside the button that mends it.
            [
                Diagnostic(SEVERITIES[f.severity], "", "", f.message)
                for f in found
                if not f.message.startswith(UNBALANCED)
            ]
        )
        skipped = report.skipped_total if report is not None else 0
        self._skipped.setVisible(skipped > 0)
        self._skipped.setText(f"{counted(skipped, 'file')} {'is' if skipped == 1 else 'are'} not used")

    def show_counts(self, samples: Samples, experiment: Experiment) -> None:
        """What the samples add to it."""
        info = experiment.data.info()
        self._show_parts(samples.parts)
        self._classes_title.setVisible(bool(info.classes))
        swatches = info.task in (Task.SEGMENTATION, Task.DETECTION)
        ground = info.task is Task.SEGMENTATION
        self.classes.show_counts(info.class_names, samples.class_counts, swatches=swatches, ground=ground)
        self._balance.setText(_balance(info, samples))
        self._balance.setVisible(bool(self._balance.text()))
        self.show_weights(experiment)

    def _show_parts(self, parts: Mapping[str, int]) -> None:
        self.parts.show_parts(parts)
        for widget in (self._parts_title, self.parts, self._promise):
            widget.setVisible(bool(parts))

    def forget_counts(self) -> None:
        """The data are others, and nothing is known of their classes yet."""
        self._balance.clear()
        self._balance.setVisible(False)
        self._show_parts({})
        self._classes_title.hide()
        self.classes.show_counts((), {})


def _balance(info: DataInfo, samples: Samples) -> str:
    counts = samples.class_counts.get("training", ())
    if info.task is Task.SEGMENTATION:
        counts = counts[1:]  # the ground has most of the pixels, always
        return imbalance(info.class_names[1:], counts) if len(counts) == info.classes - 1 else ""
    return imbalance(info.class_names, counts) if len(counts) == info.classes else ""


def _button(name: str, text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    button.hide()
    return button
