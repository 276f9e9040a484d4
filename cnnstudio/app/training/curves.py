"""The curves on the page: the figure as an image, redrawn at most five times a second, read out under the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from cnnstudio.app.features.words import MessageView, tool, words
from cnnstudio.app.theme import Role, space, theme
from cnnstudio.app.training.curve_data import CurveData
from cnnstudio.app.training.drawn import DrawnPlot
from cnnstudio.app.training.figure_files import ask_path, save_figure
from cnnstudio.app.training.figures import Look
from cnnstudio.app.training.plot import BOTTOM, TOP, MetricPlot, figure_file
from cnnstudio.core.metrics import metric_title

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from cnnstudio.app.theme import Theme
    from cnnstudio.wire.run_state import RunState

REDRAW_MS = 200


class CurveCanvas(DrawnPlot):
    """Shows a `CurveData`. While hidden it draws nothing."""

    hovered = Signal(str)
    """The values of the epoch under the mouse in words; "" outside."""

    def __init__(self, data: CurveData, parent: QWidget | None = None) -> None:
        super().__init__(REDRAW_MS, parent)
        self.setObjectName("curves")
        self.setAccessibleName("Curves of loss and metrics")
        self.setToolTip("Point at an epoch to read its values")
        self.setMouseTracking(True)
        self._data = data
        self._plot = MetricPlot()
        self._epoch: int | None = None

    @property
    def plot(self) -> MetricPlot:
        """The figure."""
        return self._plot

    def sizeHint(self) -> QSize:
        """Room for two axes."""
        return QSize(520, 420)

    def prepare(self, size: QSize) -> None:
        """The first point comes soon, and the widget is hidden: make ready for that size when there is time."""
        self.resize(size)
        QTimer.singleShot(0, self, self._prepare)

    def _prepare(self) -> None:
        if not self.isVisible():
            self.draw_in_turns(self._plot.prepare(self._data, *self._manner))

    def drawn(self) -> QImage:
        """The curves as they stand."""
        return self._plot.image(self._data, *self._manner)

    def parts(self) -> Iterator[QImage | None]:
        """The curves as they stand, begun anew when they have become those of another run or look."""
        while True:
            kind = self._kind
            for image in self._plot.parts(self._data, *self._manner):
                yield image
                if kind != self._kind:
                    break
            else:
                return

    @property
    def _manner(self) -> tuple[Look, tuple[int, int], float]:
        return Look.of(theme()), (self.width(), self.height()), self.devicePixelRatioF()

    @property
    def _kind(self) -> tuple[object, ...]:
        """What a picture under way must not mix; of another size it serves until the next, else none came for long."""
        return self._data.run, self._data.metrics, Look.of(theme()), self.devicePixelRatioF()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture, and a line at the epoch under the mouse."""
        super().paintEvent(event)
        if self._image is not None and self._epoch is not None and self._data.at(self._epoch) is not None:
            x = self._plot.x_of(self._epoch) * self.width()
            painter = QPainter(self)
            painter.setPen(QPen(theme().color(Role.EDGE), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QLineF(x, TOP, x, self.height() - BOTTOM))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the epoch under the mouse."""
        self._epoch = self._plot.epoch_at(event.position().x() / max(1, self.width()))
        self.hovered.emit("" if self._epoch is None else self._data.reading(self._epoch))
        self.update()

    def event(self, event: QEvent) -> bool:
        """Over the axes no tooltip hides the curves: the readout says what is there."""
        if isinstance(event, QHelpEvent) and self._epoch is not None:
            return True
        return super().event(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the mouse."""
        self._epoch = None
        self.hovered.emit("")
        self.update()


class CurvePanel(QWidget):
    """The curves of the latest run, or what to do to get some, with a readout and Save figure."""

    said = Signal(str)
    """A sentence for the person: a figure was saved, or why it was not."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curve_panel")
        self._data = CurveData()
        self._canvas = CurveCanvas(self._data)
        self._message = MessageView("curves_message")
        self._stack = QStackedWidget()
        self._stack.addWidget(self._message)
        self._stack.addWidget(self._canvas)
        self._reading = words("curves_reading", tone="muted", scale="caption")
        self._metric = QComboBox()
        self._metric.setObjectName("curves_metric")
        self._metric.setAccessibleName("Metric")
        self._metric.setToolTip("The metric that is drawn below the loss")
        self._metric.activated.connect(self._choose_metric)
        self._state: RunState | None = None
        self._save = tool(
            "curves_save", "image", "Save the curves as a figure: PNG, SVG or PDF", text="Save figure\u2026"
        )
        keep = self._save.sizePolicy()
        keep.setRetainSizeWhenHidden(True)  # with the first point the curves would be of another size than made ready
        self._save.setSizePolicy(keep)
        self._canvas.hovered.connect(self._reading.setText)
        self._save.clicked.connect(self._ask_and_save)
        bottom = QHBoxLayout()
        bottom.addWidget(self._reading, 1)
        bottom.addWidget(self._metric)
        bottom.addWidget(self._save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._stack, 1)
        column.addLayout(bottom)
        self._show_what_there_is("idle")

    @property
    def data(self) -> CurveData:
        """The numbers drawn."""
        return self._data

    @property
    def canvas(self) -> CurveCanvas:
        """The drawing."""
        return self._canvas

    @property
    def message(self) -> str:
        """What is said in place of curves; "" while there are curves."""
        return self._message.text if self._stack.currentWidget() is self._message else ""

    def follow(self, state: RunState) -> None:
        """Take in the state of the run."""
        self._state = state
        changed = self._data.follow(state)
        if changed:
            self._offer_metrics()
        self._show_what_there_is(state.phase)
        if changed and self._data.is_empty and self._data.metrics and self.isVisible():
            self._canvas.prepare(self._stack.size())
        if changed:
            self._canvas.refresh()

    def _show_what_there_is(self, phase: str) -> None:
        empty = self._data.is_empty
        self._save.setVisible(not empty)
        if not empty:
            self._stack.setCurrentWidget(self._canvas)
            return
        title, text = {
            "idle": ("No run yet", "Press Train (F5): loss and metrics are drawn here while it trains."),
            "starting": ("Building the model", "The first point appears after a few steps."),
            "running": ("Compiling the model", "The first point appears after a few steps."),
            "pausing": ("Pausing", "The run waits after the current batch."),
            "paused": ("Paused before the first step", "Continue (F6): the first point appears after a few steps."),
            "stopping": ("Stopping", "The run ends after the current batch."),
            "stopped": ("Stopped before the first step", "Press Train (F5) to train the design as it stands."),
            "failed": ("The run failed before the first step", "The line above says why."),
        }.get(phase, ("No epoch was trained", "Press Train (F5) to train the design as it stands."))
        self._message.say(title, text)
        self._stack.setCurrentWidget(self._message)

    def _offer_metrics(self) -> None:
        names = list(self._data.names[1:])
        if names != [self._metric.itemData(row) for row in range(self._metric.count())]:
            self._metric.clear()
            for name in names:
                self._metric.addItem(metric_title(name), name)
        self._metric.setCurrentIndex(self._metric.findData(next(iter(self._data.metrics[1:2]), "")))
        self._metric.setVisible(len(names) > 1 and not self._data.is_empty)

    def _choose_metric(self) -> None:
        self._data.chosen = str(self._metric.currentData() or "")
        if self._state is not None:
            self.follow(self._state)

    def _ask_and_save(self) -> None:
        if path := ask_path(self, "Save figure", self._data.name or "curves"):
            self.save(path)

    def save(self, path: Path) -> bool:
        """Write the figure; the suffix names the format. Says how that went."""
        done, sentence = save_figure(path, self._figure)
        self.said.emit(sentence)
        return done

    def _figure(self, drawn_in: Theme, form: str) -> bytes:
        return figure_file(self._data, Look.of(drawn_in), form)
