"""Reconstruction: what went in, what was wanted, what came out, and how far apart the two are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from cnnstudio.app.features.colormaps import MAGMA
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.theme import Role, Scale, space, theme, themes
from cnnstudio.app.training.viewers.base import Viewer
from cnnstudio.app.training.viewers.pictures import Picture, PictureRow, bounds_of, grey_or_colour, image_of, plane
from cnnstudio.core.code.scores import noise_ratio, span_of, squared_errors

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from cnnstudio.core.data.info import DataInfo


class RebuiltViewer(Viewer):
    """Input, clean sample where noise was added, output, and absolute error with its scale."""

    grows = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = PictureRow("prediction_rebuilt", "What goes in, what comes out, and the difference")
        self.scale = ErrorScale()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(1))
        column.addWidget(self._row, 1)
        column.addWidget(self.scale)
        self._sample: Any = None
        self._target: Any = None
        self._output: Any = None
        self._info: DataInfo | None = None
        self._error: Any = None

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What is shown."""
        return self._row.pictures

    def show_sample(self, sample: Any, target: Any, info: DataInfo) -> None:
        """The output is waited for."""
        self._sample, self._info = np.asarray(sample), info
        self._target = np.asarray(sample if target is None else target, np.float32)
        self.scale.setVisible(info.rank > 1)
        self.forget()

    def show_prediction(self, values: Any) -> None:
        """A sample of the target's shape; other outputs are not shown."""
        if self._info is None or np.shape(values) != self._target.shape:
            return
        self._output = np.asarray(values, np.float32)
        self._error = np.abs(self._output - self._target).mean(axis=-1)
        worst = float(np.nanmax(np.abs(self._output - self._target), initial=0.0))
        self.scale.show_range(float(np.nanmax(self._error, initial=0.0)))
        self.said.emit(f"{self._ratio(self._output)}, largest error {worst:.3g}", "")
        self._paint()

    def forget(self) -> None:
        """Only what goes in stays."""
        self._output = self._error = None
        self.scale.show_range(None)
        self._paint()

    def _ratio(self, output: Any) -> str:
        span = span_of(self._target)
        after = noise_ratio(squared_errors(self._target[np.newaxis], output[np.newaxis]), span)
        said = f"PSNR {after:.2f} dB"
        if self._is_noisy:
            before = noise_ratio(squared_errors(self._target[np.newaxis], self._sample[np.newaxis]), span)
            said += f" ({after - before:+.2f} dB over the noisy input)"
        return said

    @property
    def _is_noisy(self) -> bool:
        return self._sample.shape == self._target.shape and not np.array_equal(self._sample, self._target)

    def _paint(self) -> None:
        if self._info is None:
            return
        bounds = bounds_of(self._target)
        shown = [self._picture("Noisy input" if self._is_noisy else "Input", self._sample, bounds)]
        if self._is_noisy:
            shown.append(self._picture("Clean", self._target, bounds))
        if self._output is None:
            shown += [Picture("Output"), Picture("Absolute error")]
        else:
            shown += [self._picture("Output", self._output, bounds), self._error_picture()]
        if self._info.rank <= 1:
            shown = [p if p.signal is not None else self._picture(p.title, np.zeros((2, 1)), bounds) for p in shown]
        self._row.show_pictures(shown, self._describe)

    def _picture(self, title: str, values: Any, bounds: tuple[float, float]) -> Picture:
        assert self._info is not None
        if self._info.rank <= 1:
            signal = values if values.ndim == 2 else values[:, np.newaxis]
            return Picture(title, signal=signal, bounds=bounds)
        return Picture(title, image_of(grey_or_colour(plane(values, self._info.rank), bounds)))

    def _error_picture(self) -> Picture:
        assert self._info is not None
        most = max(float(np.nanmax(self._error, initial=0.0)), 1e-12)
        if self._info.rank <= 1:
            error = np.abs(self._output - self._target)
            return self._picture(f"Absolute error, 0 to {most:.3g}", error, (0.0, most))
        flat = plane(self._error, self._info.rank)
        levels = np.rint(np.clip(np.nan_to_num(flat) / most, 0, 1) * 255).astype(np.uint8)
        return Picture("Absolute error", indexed(levels, MAGMA.table()))

    def _describe(self, row: int, column: int) -> str:
        assert self._info is not None
        target = plane(self._target, self._info.rank)
        if not (0 <= row < target.shape[0] and 0 <= column < target.shape[1]):
            return ""
        told = [f"Row {row:,}, column {column:,}: wanted {values_of(target[row, column])}"]
        if self._output is not None:
            told.append(f"came out {values_of(plane(self._output, self._info.rank)[row, column])}")
            told.append(f"error {float(plane(self._error, self._info.rank)[row, column]):.3g}")
        return ", ".join(told)


class ErrorScale(QWidget):
    """The colours of the error from none to the largest in the sample."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("error_scale")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._most: float | None = None
        self.show_range(None)
        themes.changed.connect(self.update)

    @property
    def most(self) -> float | None:
        """The error at the upper end; None while there is none."""
        return self._most

    def show_range(self, most: float | None) -> None:
        """The scale runs from 0 to this."""
        self._most = most
        told = "no prediction yet" if most is None else f"0 to {most:.3g}, the mean over the channels"
        self.setToolTip(f"Scale of the absolute error: {told}")
        self.setAccessibleName(f"Scale of the absolute error: {told}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(160, self.fontMetrics().height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Words, 0, colours, largest."""
        if self._most is None:
            return
        painter = QPainter(self)
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        metrics, middle = painter.fontMetrics(), self.height() // 2
        left = 0
        for text in ("Absolute error", "0"):
            painter.drawText(QRect(left, 0, self.width(), self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            left += metrics.horizontalAdvance(text) + space(2)
        width = min(160, self.width() // 3)
        ramp = QImage(bytes(range(256)), 256, 1, 256, QImage.Format.Format_Indexed8)
        ramp.setColorTable(MAGMA.table())
        painter.drawImage(QRect(left, middle - 4, width, 8), ramp)
        right = QRect(left + width + space(2), 0, self.width(), self.height())
        painter.drawText(right, Qt.AlignmentFlag.AlignVCenter, f"{self._most:.3g}")


def values_of(cell: Any) -> str:
    """The values of one cell in words; of many channels the first four."""
    flat = np.ravel(cell)
    told = " / ".join(f"{float(v):.3g}" for v in flat[:4])
    return f"{told} …" if len(flat) > 4 else told
