"""A figure of matplotlib as a widget: an image, redrawn now and then and never while hidden.

A drawing that would hold the window up is done part by part, with the event loop in between; the old image stands in
until the new one is whole.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, theme, themes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtGui import QPaintEvent, QResizeEvent, QShowEvent

SLICE = 0.004
"""Seconds after which no other part of a drawing is begun before the window had its turn."""


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
        self._timer.timeout.connect(self._begin)
        self._parts: Iterator[QImage | None] | None = None
        """What is left of the drawing under way."""
        self._is_behind = False
        """Whether something has changed since that began."""
        self._is_stale = True
        """Whether the image is not of what there is now: what has not changed while it was hidden is not drawn anew."""
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._go_on)
        themes.changed.connect(self.refresh)

    @property
    def image(self) -> QImage | None:
        """What is shown; None before the first drawing is done."""
        return self._image

    @property
    def is_drawing(self) -> bool:
        """Whether another image is on its way."""
        return self._timer.isActive() or self._parts is not None

    def drawn(self) -> QImage | None:
        """The figure for the widget's size; None keeps the image that is there."""
        raise NotImplementedError

    def parts(self) -> Iterator[QImage | None]:
        """Draw the same in parts: None after each, then the image. An heir whose figure takes long gives more parts."""
        yield self.drawn()

    def refresh(self) -> None:
        """What is drawn has changed: draw it soon."""
        self._is_stale = True
        if not self.isVisible():
            return
        if self._parts is not None:
            self._is_behind = True
        elif not self._timer.isActive():
            self._timer.start()

    def redraw(self) -> None:
        """Draw now, at once."""
        self._is_stale = True
        if self.isVisible():
            self._stop()
            self._show_image(self.drawn())

    def draw_in_turns(self, parts: Iterator[QImage | None]) -> None:
        """Do these parts, in place of those that are left, whenever the window has nothing else to do."""
        self._stop()
        self._parts = parts
        self._go_on()

    def _begin(self) -> None:
        if self.isVisible():
            self.draw_in_turns(self.parts())

    def _go_on(self) -> None:
        until = time.perf_counter() + SLICE
        for image in self._parts or ():
            self._show_image(image)
            if image is None and time.perf_counter() > until:
                self._turn.start(0)
                return
        again = self._is_behind
        self._stop()
        if again:
            self.refresh()

    def _stop(self) -> None:
        self._turn.stop()
        self._parts, self._is_behind = None, False

    def _show_image(self, image: QImage | None) -> None:
        if image is not None:
            self._image, self._is_stale = image, False
            self.update()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while it was hidden, once all around it is in its place."""
        super().showEvent(event)
        if self._is_stale or self._image is None or self._image.devicePixelRatio() != self.devicePixelRatioF():
            self._parts = self.parts()
            self._turn.start(0)

    def hideEvent(self, event: QEvent) -> None:
        """Draw nothing until it is shown again."""
        self._is_stale = self._is_stale or self.is_drawing
        self._timer.stop()
        self._stop()

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
