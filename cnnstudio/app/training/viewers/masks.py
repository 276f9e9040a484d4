"""Segmentation: the sample with the true mask, with the network's, and with the places where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.data.sample_painter import MASK_SHARE
from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.format import DASH, cells, count
from cnnstudio.app.theme import Role, Scale, space, theme, themes
from cnnstudio.app.training.viewers.base import ShareSlider, Viewer
from cnnstudio.app.training.viewers.pictures import (
    Picture,
    PictureRow,
    bounds_of,
    class_places,
    class_table,
    grey_or_colour,
    image_of,
    plane,
)
from cnnstudio.core.code.scores import class_rates, count_pairs, mean_of

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from cnnstudio.core.data.info import DataInfo

MOST = 8
"""Classes in the legend; of more, those with the most cells in truth or answer."""
NARROW = 420
"""With less width the slider stands below the legend."""
SWATCH = 16
"""Room for a class's colour before its name, in pixels."""
DIMMED = 0.35
"""How bright the sample stays under the errors."""


class MaskViewer(Viewer):
    """Input, truth, prediction and errors, with the classes' colours and the IoU of each in this sample."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = PictureRow("prediction_masks", "The sample, its mask, the network's mask, and where they differ")
        self.legend = ClassLegend()
        tip = "How much of a pixel's colour is the mask's"
        self._opacity = ShareSlider("mask_opacity", "Opacity", tip, MASK_SHARE)
        self._opacity.moved.connect(self._paint)
        self._below = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._below.setSpacing(space(4))
        self._below.addWidget(self.legend, 3)
        self._below.addWidget(self._opacity, 2, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._row, 1)
        column.addLayout(self._below)
        self._sample: Any = None
        self._truth: Any = None
        self._answer: Any = None
        self._info: DataInfo | None = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What is shown."""
        return self._row.pictures

    def show_sample(self, sample: Any, target: Any, info: DataInfo) -> None:
        """The network's mask is waited for."""
        self._sample, self._answer, self._info = sample, None, info
        self._truth = None if target is None else np.asarray(target)
        self._tell()

    def show_prediction(self, values: Any) -> None:
        """A class for each place of the sample; other outputs are not shown."""
        fits = self._sample is not None and np.shape(values) == np.shape(self._sample)[:-1]
        self._answer = np.asarray(values) if fits else None
        self._tell()

    def forget(self) -> None:
        """Only the truth stays."""
        self._answer = None
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is little width, the slider gives way to the names of the classes."""
        super().resizeEvent(event)
        directions = QBoxLayout.Direction
        self._below.setDirection(directions.TopToBottom if self.width() < NARROW else directions.LeftToRight)

    def _tell(self) -> None:
        if self._info is None:
            return
        classes, truth = self._info.classes, self._truth
        if truth is None:
            areas = np.bincount(np.ravel([] if self._answer is None else self._answer).astype(int), minlength=classes)
            self.legend.show_classes(self._info.class_names, areas[:classes], None)
        elif self._answer is None or truth.max(initial=0) >= classes or self._answer.max(initial=0) >= classes:
            areas = np.bincount(truth.ravel(), minlength=classes)[:classes]
            self.legend.show_classes(self._info.class_names, areas, None)
        else:
            confusion = count_pairs(truth, self._answer, classes)
            areas, answers = confusion.sum(axis=1), confusion.sum(axis=0)
            overlap = class_rates(np.diag(confusion), areas, answers)["iou"]
            self.legend.show_classes(self._info.class_names, areas + answers, overlap)
            right = float(np.trace(confusion) / max(1, confusion.sum()))
            unit = {"px": "pixels"}.get(cells(self._info.rank), cells(self._info.rank))
            said = f"{100 * right:.1f} % of the {unit} right, mean IoU {mean_of(overlap):.3f}"
            self.said.emit(said, "")
        self._paint()

    def _paint(self) -> None:
        info = self._info
        if info is None:
            return
        truth = None if self._truth is None else self._flat(self._truth)
        answer = None if self._answer is None else self._flat(self._answer)
        if info.rank == 1:
            sample = plane(self._sample, 1)
            ground = np.zeros((1, len(sample), 3), np.uint8)
            first = Picture("Input", signal=sample, bounds=bounds_of(sample))
        else:
            flat = plane(self._sample, info.rank)
            ground = grey_or_colour(flat, bounds_of(flat))
            first = Picture("Input", image_of(ground))
        said = Picture("Prediction", None if answer is None else image_of(self._laid_over(ground, answer)))
        if truth is None:
            self._row.show_pictures([first, said], self._describe)
            return
        wrong = None if answer is None else image_of(self._wrong(ground, truth, answer))
        known = Picture("Truth", image_of(self._laid_over(ground, truth)))
        self._row.show_pictures([first, known, said, Picture("Errors", wrong)], self._describe)

    def _flat(self, mask: Any) -> Any:
        assert self._info is not None
        shown = plane(mask, self._info.rank)
        return shown[np.newaxis] if shown.ndim == 1 else shown

    def _laid_over(self, ground: Any, mask: Any) -> Any:
        share = self._opacity.share
        mixed = ground * (1 - share) + class_table()[class_places(mask)] * share
        return np.where((mask > 0)[..., np.newaxis], np.rint(mixed), ground)

    def _wrong(self, ground: Any, truth: Any, answer: Any) -> Any:
        """What the network says where it is wrong, in the class's colour; a wrong ground in white; the rest dimmed."""
        colours = class_table()[class_places(answer)]
        colours[answer == 0] = 255.0
        return np.where((truth != answer)[..., np.newaxis], colours, ground * DIMMED)

    def _describe(self, row: int, column: int) -> str:
        assert self._info is not None
        names, place = self._info.class_names, f"Row {row:,}, column {column:,}"
        known = {"is": self._truth, "network says": self._answer}
        masks = {word: self._flat(mask) for word, mask in known.items() if mask is not None}
        if not all(0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] for mask in masks.values()):
            return ""
        told = ", ".join(f"{word} {names[mask[row, column]]}" for word, mask in masks.items())
        return f"{place}: {told}" if told else place


class ClassLegend(QWidget):
    """For each class of the sample its colour, its name and how well the network meets it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("mask_legend")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._rows: list[tuple[int, str, float]] = []
        self._more = 0
        themes.changed.connect(self.update)

    @property
    def rows(self) -> list[tuple[int, str, float]]:
        """Class, name and IoU, NaN while there is none."""
        return self._rows

    def show_classes(self, names: tuple[str, ...], areas: Any, overlap: Any) -> None:
        """The classes that have cells; `overlap` (classes,) is the IoU in this sample, None without an answer."""
        there = [int(i) for i in np.argsort(-np.asarray(areas), kind="stable") if areas[i]]
        self._more = max(0, len(there) - MOST)
        chosen = sorted(there[:MOST])
        self._rows = [(i, names[i], float("nan") if overlap is None else float(overlap[i])) for i in chosen]
        told = ", ".join(f"{name} {written(value)}" for _, name, value in self._rows)
        self.setToolTip(f"Intersection over union (IoU) of each class in this sample: {told}")
        self.setAccessibleName(f"Classes of the sample with their IoU: {told}")
        self.updateGeometry()
        self.update()

    def _line(self) -> int:
        return self.fontMetrics().height() + 2

    def _columns(self) -> int:
        """Two, where the longest name and its number have room in either."""
        metrics = QFontMetrics(theme().font(Scale.CAPTION))
        told = [metrics.horizontalAdvance(name + written(value)) for _, name, value in self._rows]
        return 2 if self.width() >= 2 * (SWATCH + max(told, default=0) + space(2)) + space(4) else 1

    def sizeHint(self) -> QSize:
        """As many lines as its width makes of them."""
        lines = -(-(len(self._rows) + bool(self._more)) // self._columns())
        return QSize(160, max(1, lines) * self._line())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width may make other lines."""
        super().resizeEvent(event)
        self.updateGeometry()

    def cell(self, place: int) -> QRect:
        """Where a class stands, counted along the lines."""
        columns, line = self._columns(), self._line()
        width = (self.width() - space(4) * (columns - 1)) // columns
        return QRect(place % columns * (width + space(4)), place // columns * line, width, line)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A swatch, a name, a number."""
        painter = QPainter(self)
        painter.setFont(theme().font(Scale.CAPTION))
        metrics, line = painter.fontMetrics(), self._line()
        for place, (index, name, value) in enumerate(self._rows):
            rect = self.cell(place)
            box = QRect(rect.left(), rect.top() + line // 2 - 5, 10, 10)
            if index:
                painter.fillRect(box, class_colour(index))
            painter.setPen(theme().color(Role.EDGE))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
            number = written(value)
            room = rect.adjusted(SWATCH, 0, -metrics.horizontalAdvance(number) - space(2), 0)
            painter.setPen(theme().color(Role.TEXT))
            said = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, said)
            painter.setPen(theme().color(Role.MUTED))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, number)
        if self._more:
            place = len(self._rows)
            rect = self.cell(place)
            painter.setPen(theme().color(Role.MUTED))
            painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, f"and {count(self._more)} more")


def written(overlap: float) -> str:
    """An IoU in three figures; a dash where there is none."""
    return DASH if np.isnan(overlap) else f"{overlap:.3f}"
