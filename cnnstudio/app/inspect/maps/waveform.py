"""The input of a network for signals, above the strips of its channels and as wide as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.data.sample_painter import picture_of
from cnnstudio.app.theme import Role, space, theme, themes
from cnnstudio.core.analysis.cells import span

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.core.analysis.footprint import Footprint

HEIGHT = 18
"""In steps of the spacing."""


class Waveform(QWidget):
    """One line for each channel of the input; what a cell sees of it is framed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Input signal")
        self.setToolTip("The input; point at a place of a channel below to frame what it sees")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(space(HEIGHT))
        self._sample: Floats | None = None
        self._footprint: Footprint | None = None
        self._sides = (0.0, 0.0)
        themes.changed.connect(self.update)

    def show_sample(self, sample: Floats | None) -> None:
        """A signal (length, channels); None while there is none."""
        self._sample = sample if sample is not None and sample.ndim == 2 else None
        self.update()

    def show_footprint(self, footprint: Footprint | None) -> None:
        """Frame what is seen; None for nothing."""
        self._footprint = footprint
        self.update()

    def align(self, left: float, right: float) -> None:
        """Let the signal begin and end at these places of the widget."""
        if (left, right) != self._sides:
            self._sides = (left, right)
            self.update()

    @property
    def framed(self) -> QRectF:
        """Where the frame lies; null without one."""
        if self._footprint is None or self._sample is None or not self._footprint.seen:
            return QRectF()
        place, length = self._place(), len(self._sample)
        first, end = span(self._footprint.seen)[-1]  # not what reaches beyond the signal: there is nothing to frame
        left, right = (place.left() + at / length * place.width() for at in (first, end))
        return QRectF(left, place.top(), right - left, place.height())

    def _place(self) -> QRectF:
        left, right = self._sides
        return QRectF(left, 0, max(1.0, right - left), self.height() - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The lines, their ground and the frame."""
        painter = QPainter(self)
        place = self._place()
        painter.fillRect(place, theme().color(Role.CANVAS))
        if self._sample is not None:
            ratio = self.devicePixelRatioF()
            room = QSize(max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))
            painter.drawImage(place, picture_of(self._sample, room))
        framed = self.framed
        if not framed.isNull():
            veil = theme().color(Role.ACCENT)
            veil.setAlphaF(0.2)
            painter.fillRect(framed, veil)
            painter.setPen(QPen(theme().color(Role.ACCENT), 2))
            painter.drawRect(framed)
        painter.setPen(theme().color(Role.BORDER))
        painter.drawRect(place.adjusted(0, 0, -1, 0))
