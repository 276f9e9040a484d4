"""The Evaluation tab: how the network does on validation and test, in the views that the task has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.inspector.segments import Segments
from cnnstudio.app.theme import space
from cnnstudio.app.training.evaluation.confusion import ConfusionMatrix
from cnnstudio.app.training.evaluation.precision import PrecisionCanvas
from cnnstudio.app.training.evaluation.tables import NumberTable, class_numbers, metric_numbers

if TYPE_CHECKING:
    from cnnstudio.wire.messages import Evaluation
    from cnnstudio.wire.run_state import RunState

PARTS = ("validation", "test")
METRICS, CONFUSION, CLASSES, PRECISION = "Metrics", "Confusion matrix", "Classes", "Precision and recall"


class EvaluationPanel(QWidget):
    """Follows the run. While it is hidden it only remembers the latest state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_panel")
        self._state: RunState | None = None
        self._names: tuple[str, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._part = "validation"
        self._wanted = ""
        """The view that the person chose; "" until then."""
        self._message = MessageView("evaluation_message")
        self._parts = Segments([part.capitalize() for part in PARTS])
        self._parts.setObjectName("evaluation_part")
        self._parts.setAccessibleName("Part")
        self._parts.setToolTip("Validation: measured after each epoch. Test: measured once, when the run is over")
        self._views = QTabBar()
        self._views.setObjectName("evaluation_views")
        self._views.setAccessibleName("View of the evaluation")
        self._views.setToolTip("What of the evaluation is shown")
        self._views.setDrawBase(False)
        self._views.setExpanding(False)
        self._views.setUsesScrollButtons(False)
        self._when = words("evaluation_when", tone="muted", scale="caption")
        self._no_part = MessageView("evaluation_part_message")
        self.metrics = NumberTable("evaluation_metrics", "Metrics of the parts")
        self.confusion = ConfusionMatrix()
        self.classes = NumberTable("evaluation_classes", "How each class fares")
        self.precision = PrecisionCanvas()
        self._arrange()
        self._connect()
        self._refresh()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(space(3))
        top.addWidget(self._views, 1)
        top.addWidget(self._parts, 0, Qt.AlignmentFlag.AlignVCenter)
        self._body = QStackedWidget()
        for view in (self.metrics, self.confusion, self.classes, self.precision, self._no_part):
            self._body.addWidget(view)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addLayout(top)
        column.addWidget(self._body, 1)
        column.addLayout(self._foot())
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, space(2), 0, 0)
        whole.addWidget(self._stack)

    def _foot(self) -> QHBoxLayout:
        self._reading = words("evaluation_reading", tone="muted", scale="caption")
        self._written = Segments(("Counts", "Row shares"))
        self._written.setObjectName("confusion_written")
        self._written.setAccessibleName("Numbers in the matrix")
        self._written.setToolTip("Write counts, or shares of the true class in per cent")
        self._written.show_index(0)
        self._out = tool("confusion_zoom_out", "zoom-out", "Smaller cells (-)")
        self._fit = tool("confusion_fit", "zoom-fit", "The whole matrix (0)")
        self._in = tool("confusion_zoom_in", "zoom-in", "Larger cells (+)")
        self._copy = tool("evaluation_copy", "copy", "Copy what is shown as a table of text", text="Copy")
        foot = QHBoxLayout()
        foot.setSpacing(space(1))
        foot.addWidget(self._when)
        foot.addWidget(self._reading, 1)
        for widget in (self._written, self._out, self._fit, self._in, self._copy):
            foot.addWidget(widget)
        return foot

    def _connect(self) -> None:
        self._parts.chosen.connect(self._choose_part)
        self._views.tabBarClicked.connect(self._choose_view)
        self._views.currentChanged.connect(self._show_view)
        self.confusion.pointed.connect(self._reading.setText)
        self._written.chosen.connect(self._write_as)
        self._out.clicked.connect(self._zoom_out)
        self._in.clicked.connect(self._zoom_in)
        self._fit.clicked.connect(self.confusion.fit)
        self._copy.clicked.connect(self.copy)

    # What others look at

    @property
    def message(self) -> str:
        """What is said in place of an evaluation; "" while there is one."""
        if self._stack.currentWidget() is self._message:
            return f"{self._message.title}: {self._message.text}"
        if self._body.currentWidget() is self._no_part:
            return f"{self._no_part.title}: {self._no_part.text}"
        return ""

    @property
    def view(self) -> str:
        """The view that is open; "" while there is none."""
        return self._views.tabText(self._views.currentIndex())

    def follow(self, state: RunState, names: tuple[str, ...]) -> None:
        """Take in the state of the run; `names` are those of its classes."""
        if self._state is not None and state.run != self._state.run:
            self._part = "validation"
        self._state, self._names = state, names
        if self.isVisible():
            self._refresh()

    def show_threshold(self, threshold: float) -> None:
        """The score from which on boxes count."""
        self.precision.show_threshold(threshold)

    def showEvent(self, event: object) -> None:
        """Catch up with what happened while it was hidden."""
        self._refresh()

    # Filling

    def _refresh(self) -> None:
        state = self._state
        parts = {} if state is None else state.evaluations
        shown = (tuple(id(e) for e in parts.values()), self._part, self._names, "" if state is None else state.phase)
        if shown == self._shown:
            return
        self._shown = shown
        if not parts:
            self._message.say(*self._nothing())
            self._stack.setCurrentWidget(self._message)
            return
        self._stack.setCurrentIndex(1)
        self._parts.show_index(PARTS.index(self._part))
        self.metrics.show_numbers(metric_numbers(parts))
        self._offer(list(parts.values()))
        self._fill(parts.get(self._part))
        self._show_view()

    def _nothing(self) -> tuple[str, str]:
        phase = "idle" if self._state is None else self._state.phase
        if phase in ("starting", "running", "stopping"):
            return "One moment", "The network is evaluated on the validation part at the end of the first epoch."
        if phase == "idle":
            return "No evaluation yet", "Press Train (F5): after each epoch you see here what the network gets wrong."
        return "No evaluation", "The run ended before its first epoch was over. Press Train (F5) to train again."

    def _offer(self, evaluations: list[Evaluation]) -> None:
        latest = evaluations[-1]
        views = [METRICS]
        views += [CONFUSION] if latest.confusion.size else []
        views += [PRECISION] if latest.precision.size else []
        views += [CLASSES] if latest.per_class or latest.confusion.size else []
        if views == [self._views.tabText(i) for i in range(self._views.count())]:
            return
        wanted = self._wanted if self._wanted in views else views[1] if len(views) > 1 else METRICS
        while self._views.count():
            self._views.removeTab(0)
        for view in views:
            self._views.addTab(view)
        self._views.setCurrentIndex(views.index(wanted))

    def _fill(self, evaluation: Evaluation | None) -> None:
        if evaluation is None:
            self._when.clear()
            self._reading.clear()
            return
        self._when.setText(f"After epoch {evaluation.epoch:,}")
        if evaluation.confusion.size:
            self.confusion.show_counts(evaluation.confusion, self._names)
        if evaluation.precision.size:
            self.precision.show_curves(evaluation.precision, evaluation.scores, self._names)
        self.classes.show_numbers(class_numbers(self._names, evaluation))

    def _show_view(self) -> None:
        view = self.view
        has_part = self._state is not None and self._part in self._state.evaluations
        bodies = {METRICS: self.metrics, CONFUSION: self.confusion, CLASSES: self.classes, PRECISION: self.precision}
        if view not in bodies:
            return
        shows = bodies[view] if has_part or view == METRICS else self._no_part
        if shows is self._no_part:
            self._no_part.say(*self._no_part_words())
        self._body.setCurrentWidget(shows)
        matrix = shows is self.confusion
        for widget in (self._written, self._out, self._fit, self._in):
            widget.setVisible(matrix)
        if not matrix:
            self._reading.clear()
        self._when.setVisible(shows in (self.confusion, self.classes, self.precision))
        self._parts.setVisible(view != METRICS)
        self._copy.setVisible(shows not in (self.precision, self._no_part))

    def _no_part_words(self) -> tuple[str, str]:
        active = self._state is not None and self._state.active
        if self._part == "test" and active:
            return "Not measured yet", "The test part is measured once, when the run is over."
        return "Not measured", f"This run has no evaluation on its {self._part} part. Press Train (F5) to train again."

    # Gestures

    def _choose_part(self, index: int) -> None:
        self._part = PARTS[index]
        self._refresh()

    def _choose_view(self, index: int) -> None:
        if index >= 0:
            self._wanted = self._views.tabText(index)

    def _write_as(self, index: int) -> None:
        self.confusion.show_as_shares(index == 1)

    def _zoom_in(self) -> None:
        self.confusion.zoom_by(1)

    def _zoom_out(self) -> None:
        self.confusion.zoom_by(-1)

    def copy(self) -> None:
        """Copy what is shown."""
        shows = self._body.currentWidget()
        if shows is self.confusion:
            self.confusion.copy()
        elif isinstance(shows, NumberTable):
            shows.copy_rows()
