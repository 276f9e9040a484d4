"""A figure of matplotlib as a widget: an image, redrawn now and then and never while hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent


class DrawnPlot(QWidget):
    """Paints the image that `drawn` gives, drawn anew `pause_ms` after a change; the heir paints what lies over it."""

    def __init__(self, pause_ms: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 180)
        self._image: QImage | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(pause_ms)
        self._timer.timeout.connect(self.redraw)
        themes.changed.connect(self.refresh)

    def drawn(self) -> QImage | None:
        """The figure for the widget's size; None keeps the image that is there."""
        raise NotImplementedError

    def refresh(self) -> None:
        """What is drawn has changed: draw it soon."""
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def redraw(self) -> None:
        """Draw now."""
        if self.isVisible() and (image := self.drawn()) is not None:
            self._image = image
            self.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden."""
        super().showEvent(event)
        self.redraw()

    def hideEvent(self, event: QEvent) -> None:
        """Draw nothing until it is shown again."""
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw for the new size; the old picture stands in until then."""
        super().resizeEvent(event)
        self.refresh()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground and the image."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color(Role.SURFACE))
        if self._image is not None:
            painter.drawImage(QPointF(0, 0), self._image)
