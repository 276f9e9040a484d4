"""One sample, as large as there is room for: as the network sees it, with its file, its classes and its values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.data.loader import SampleLoader, Wish
from cnnstudio.app.data.sample_painter import boxes_of, mask_of, scale_for, target_words, thumbnail
from cnnstudio.app.features.words import tool, words
from cnnstudio.app.format import count, number, shape
from cnnstudio.app.theme import Role, space, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from cnnstudio.app.worker_client import WorkerClient
    from cnnstudio.core.data.info import DataInfo
    from cnnstudio.core.experiment import Experiment
    from cnnstudio.wire.messages import Samples

MOST_CHANNELS = 4
"""Values of a cell that are told one by one."""


class Picture(QWidget):
    """A sample that fills its room; the mouse asks for the values of a cell."""

    pointed = Signal(str)
    """Place and values of the cell under the mouse, "" where there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_detail_picture")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._sample: Any = None
        self._target: Any = None
        self._info: DataInfo | None = None
        self._overlaid = True
        self._drawn: QPixmap | None = None
        themes.changed.connect(self._redraw)

    def show_sample(self, sample: Any, target: Any, info: DataInfo | None) -> None:
        """Show this one; None for none."""
        self._sample, self._target, self._info = sample, target, info
        self._redraw()

    def set_overlaid(self, shown: bool) -> None:
        """Whether mask and boxes are drawn over it."""
        self._overlaid = shown
        self._redraw()

    def _redraw(self) -> None:
        self._drawn = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sample in the middle; nothing while it is on its way."""
        if self._sample is None or self._info is None:
            return
        if self._drawn is None or self._drawn.deviceIndependentSize().toSize() != self.size():
            mask = mask_of(self._target, self._info) if self._overlaid else None
            boxes = boxes_of(self._target, self._info) if self._overlaid else None
            ratio = self.devicePixelRatioF()
            self._drawn = thumbnail(self._sample, self._room(), ratio, mask, boxes=boxes)
        painter = QPainter(self)
        size = self._drawn.deviceIndependentSize().toSize()
        painter.drawPixmap((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, self._drawn)

    def _room(self) -> QSize:
        """A signal is drawn wide and not as high as the room."""
        if self._info is not None and self._info.rank <= 1:
            return QSize(self.width(), min(self.height(), max(120, self.width() // 3)))
        return self.size()

    def cell_at(self, point: QPoint) -> tuple[int, ...] | None:
        """The cell of the sample that is drawn there."""
        if self._sample is None or self._info is None or self._info.rank not in (1, 2):
            return None
        if self._info.rank == 1:
            at = point.x() * self._sample.shape[0] // max(1, self.width())
            return (at,) if 0 <= at < self._sample.shape[0] else None
        height, width = self._sample.shape[:2]
        scale = self._scale(width, height)
        column = (point.x() - (self.width() - width * scale) / 2) / scale
        row = (point.y() - (self.height() - height * scale) / 2) / scale
        return (int(row), int(column)) if 0 <= row < height and 0 <= column < width else None

    def _scale(self, width: int, height: int) -> float:
        """As the painter has it."""
        ratio = self.devicePixelRatioF()
        return scale_for(width, height, QSize(round(self.width() * ratio), round(self.height() * ratio))) / ratio

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the values under the mouse."""
        cell = self.cell_at(event.position().toPoint())
        self.pointed.emit(_cell_words(cell, self._sample) if cell is not None else "")

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at."""
        self.pointed.emit("")


class SampleDetail(QWidget):
    """The sample with previous, next and back. Arrow keys walk through the part, Escape goes back."""

    closed = Signal()
    moved = Signal(int)
    """Row of the sample that is shown now."""

    def __init__(self, worker: WorkerClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_detail")
        self.setAccessibleName("Sample")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._experiment: Experiment | None = None
        self._part, self._row, self._total = "training", 0, 0
        self._back = tool("data_detail_back", "chevron-left", "Back to all samples (Esc)", text="All samples")
        self._previous = tool("data_detail_previous", "chevron-left", "Previous sample (Left)")
        self._next = tool("data_detail_next", "chevron-right", "Next sample (Right)")
        self._title = words("data_detail_title", scale="title")
        self._classes = words("data_detail_classes", wrap=True)
        self._file = words("data_detail_file", tone="muted", wrap=True)
        self._file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._facts = words("data_detail_facts", tone="muted", wrap=True)
        self._cell = words("data_detail_cell", tone="muted", scale="caption")
        self.picture = Picture()
        self._loader = SampleLoader(worker, self)
        self._loader.loading.connect(self._wait)
        self._loader.failed.connect(self._fail)
        self._loader.loaded.connect(self._fill)
        self._back.clicked.connect(self.closed)
        self._previous.clicked.connect(self._go_back)
        self._next.clicked.connect(self._go_on)
        self.picture.pointed.connect(self._cell.setText)
        self._arrange()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self._back)
        top.addSpacing(space(2))
        top.addWidget(self._title, 1)
        top.addWidget(self._previous)
        top.addWidget(self._next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addLayout(top)
        column.addWidget(self._classes)
        column.addWidget(self._file)
        column.addWidget(self.picture, 1)
        column.addWidget(self._cell)
        column.addWidget(self._facts)

    def set_active(self, active: bool) -> None:
        """Whether the page is in sight."""
        self._loader.set_active(active)

    def set_overlaid(self, shown: bool) -> None:
        """Whether mask and boxes are drawn over the sample."""
        self.picture.set_overlaid(shown)

    def drop(self) -> None:
        """Show none: the data are others."""
        self._experiment, self._total = None, 0
        self._loader.drop()
        self.picture.show_sample(None, None, None)

    def show_sample(self, experiment: Experiment, part: str, row: int, total: int) -> None:
        """Show that sample of a part of so many."""
        self._experiment, self._part, self._total = experiment, part, total
        self._go_to(row)

    def _go_to(self, row: int) -> None:
        if self._experiment is None or not 0 <= row < self._total:
            return
        self._row = row
        self._title.setText(f"{self._part.capitalize()} sample {count(row)} of {count(self._total)}")
        self._previous.setEnabled(row > 0)
        self._next.setEnabled(row < self._total - 1)
        self._loader.want(Wish(self._experiment, self._part, row, 1), at_once=True)
        self.moved.emit(row)

    def _go_back(self) -> None:
        self._go_to(self._row - 1)

    def _go_on(self) -> None:
        self._go_to(self._row + 1)

    def _wait(self, text: str) -> None:
        self._facts.setText(text)

    def _fail(self, sentence: str, details: str) -> None:
        self.picture.show_sample(None, None, None)
        self._classes.clear()
        self._file.clear()
        self._facts.setText(sentence)
        self._facts.setToolTip(details)

    def _fill(self, samples: Samples) -> None:
        if self._experiment is None or not len(samples.inputs):
            return
        info = self._experiment.data.info()
        sample, target = samples.inputs[0], samples.targets[0]
        self.picture.show_sample(sample, target, info)
        shown = target_words(target, info)
        self._classes.setText(shown)
        self._classes.setVisible(bool(shown))
        self._file.setText(samples.names[0] if samples.names else "")
        self._file.setVisible(bool(samples.names))
        low, high, mean = float(sample.min()), float(sample.max()), float(sample.mean())
        told = f"{shape(sample.shape)}; values from {_figure(low)} to {_figure(high)}, mean {_figure(mean)}"
        self._facts.setText(told)
        self._facts.setToolTip("As the network sees the sample")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Home and End go to the ends, Escape goes back."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self._total - 1}
        key = Qt.Key(event.key())
        if key in steps:
            self._go_to(self._row + steps[key])
        elif key in ends:
            self._go_to(ends[key])
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The focus is seen."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setPen(theme().color(Role.ACCENT))
            painter.drawRect(self.picture.geometry().adjusted(0, 0, -1, -1))


def _cell_words(cell: tuple[int, ...], sample: Any) -> str:
    values = sample[cell]
    told = ", ".join(_figure(float(v)) for v in values[:MOST_CHANNELS])
    more = ", …" if len(values) > MOST_CHANNELS else ""
    place = f"sample {count(cell[0])}" if len(cell) == 1 else f"row {count(cell[0])}, column {count(cell[1])}"
    return f"{place.capitalize()}: {told}{more}"


def _figure(value: float) -> str:
    return number(float(f"{value:.3g}"))
