"""The Health tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView, words
from cnnstudio.app.inspect.health.history import remarks
from cnnstudio.app.inspect.health.norm_plot import NormPlot
from cnnstudio.app.inspect.health.reader import HealthReader
from cnnstudio.app.inspect.health.remark_list import RemarkList
from cnnstudio.app.inspect.health.spread_plot import SpreadPlot
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import space
from cnnstudio.core.formats.vitals import HISTOGRAMS, NORMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnstudio.app.inspect.inspection import Inspection

WELL = "No block stands out: gradients reach every block, and its channels are alive."
_NEVER = "Press Train (F5): how weights, gradients and activations of every block develop is kept with the run."
_NONE_YET = "The first measurement of this run comes after its first steps."
_NOT_KEPT = "This run kept no measurements: it was trained by an earlier version, on several devices, or for a moment."


class HealthPanel(QWidget):
    """Norms and histograms of every block over the run, and what they mean in words."""

    def __init__(self, inspection: Inspection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_health")
        self._inspection = inspection
        self._active = False
        self._message = MessageView("inspect_health_message")
        self._remarks = RemarkList()
        self._norm = _segments(
            "health_norm", "Which number", [name.capitalize() for name in NORMS],
            "Norm of the gradients of the loss on a few samples, norm of the weights, size of the activations, share "
            "of channels that are always 0",
        )  # fmt: skip
        self._what = _segments(
            "health_what", "Histogram of", [name.capitalize() for name in HISTOGRAMS],
            "Which values of the chosen block are spread out over the steps. Weights and gradients are those of its "
            "kernels, where it has any: biases and scales of normalisation are left out",
        )  # fmt: skip
        self.norms, self.spread = NormPlot(), SpreadPlot()
        self._nothing = words("health_nothing", tone="muted", wrap=True)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._spreads = QStackedWidget()
        self._spreads.addWidget(self.spread)
        self._spreads.addWidget(self._nothing)
        self._reading = words("health_reading", tone="muted", scale="caption", tip="The value under the mouse")
        self._reader = HealthReader(inspection)
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setObjectName("health_splitter")
        splitter.setChildrenCollapsible(False)
        for choice, plot in ((self._norm, self.norms), (self._what, self._spreads)):
            side = QWidget()
            column = QVBoxLayout(side)
            column.setContentsMargins(space(3) if plot is self._spreads else 0, 0, 0, 0)
            column.setSpacing(space(2))
            column.addWidget(choice, 0, Qt.AlignmentFlag.AlignLeft)
            column.addWidget(plot, 1)
            splitter.addWidget(side)
        shown = QWidget()
        column = QVBoxLayout(shown)
        column.setContentsMargins(0, space(2), 0, 0)
        column.setSpacing(space(2))
        column.addWidget(self._remarks)
        column.addWidget(splitter, 1)
        column.addWidget(self._reading)
        self._reading.setFixedHeight(self._reading.fontMetrics().height() + space(1))
        self._stack.addWidget(self._message)
        self._stack.addWidget(shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(space(3), 0, 0, 0)
        whole.addWidget(self._stack)

    def _connect(self) -> None:
        self._norm.chosen.connect(self._choose_norm)
        self._what.chosen.connect(self._show_spread)
        for plot in (self.norms, self.spread):
            plot.hovered.connect(self._reading.setText)
        self.norms.block_chosen.connect(self._inspection.choose_block)
        self._remarks.block_chosen.connect(self._inspection.choose_block)
        self._reader.changed.connect(self._show)
        self._inspection.block_changed.connect(self._show_block)
        self._inspection.moment_changed.connect(self._show_moment)
        self._inspection.subject_changed.connect(self._show)

    @property
    def message(self) -> str:
        """What is said in place of the plots; "" while they are shown."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    @property
    def remarks(self) -> Sequence[str]:
        """What is said of blocks."""
        return self._remarks.sentences

    def set_active(self, active: bool) -> None:
        """Whether anyone can see it; out of sight it reads nothing and draws nothing."""
        self._active = active
        self._reader.set_active(active)
        if active:
            self._show()

    def _show(self) -> None:
        if not self._active:
            return
        history, subject = self._reader.history, self._inspection.subject
        if not history.steps or subject is None:
            self._explain()
            return
        families = {id: traced.spec.group for id, traced in subject.trace.blocks.items()}
        self._stack.setCurrentIndex(1)
        self.norms.show_history(history, families)
        self._remarks.show_remarks(remarks(history), WELL)
        self._show_block()
        self._show_moment()

    def _explain(self) -> None:
        self._stack.setCurrentWidget(self._message)
        if not self._inspection.timeline_folder:
            self._message.say("Not trained yet", _NEVER)
        elif self._reader.reading:
            self._message.say("One moment", "The measurements of the run are being read.")
        elif self._inspection.record.grows:
            self._message.say("Not measured yet", _NONE_YET)
        else:
            self._message.say("Nothing was measured", self._inspection.record.problem or _NOT_KEPT)

    def _choose_norm(self, index: int) -> None:
        self.norms.show_norm(NORMS[index])

    def _show_block(self) -> None:
        self.norms.show_block(self._inspection.block)
        self._show_spread()

    def _show_spread(self) -> None:
        what = HISTOGRAMS[max(0, self._what.index)]
        block, history = self._inspection.block, self._reader.history
        self.spread.show_spread(history, block, what)
        if self.spread.is_empty and what == "activations":
            self._nothing.setText(f"The activations of {block} were not measured.")
        else:
            self._nothing.setText(f"{block} has no weights that are trained.")
        self._spreads.setCurrentWidget(self._nothing if self.spread.is_empty else self.spread)

    def _show_moment(self) -> None:
        inspection = self._inspection
        moments = inspection.record.timeline.moments
        places = (inspection.moment, inspection.second_moment)
        steps = tuple([moments[place].step for place in places if place is not None and place < len(moments)])
        for plot in (self.norms, self.spread):
            plot.show_steps(steps)


def _segments(name: str, title: str, texts: Sequence[str], tip: str) -> Segments:
    made = Segments(texts)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.show_index(0)
    return made
