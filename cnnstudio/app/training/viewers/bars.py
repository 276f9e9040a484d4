"""Bars of a network's shares or chances, one for each class, with the truth marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Collection

    from PySide6.QtGui import QMouseEvent, QPaintEvent

MOST = 10
"""Classes shown; of more, the likeliest."""


class ShareBars(QWidget):
    """One bar for each class. The true classes are named in bold, with a mark; a threshold is a line across."""

    picked = Signal(int)
    """The person clicked on the line of this class."""

    def __init__(self, what: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("prediction_bars")
        self.setAccessibleName("Predicted classes")
        self.setToolTip(what)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: tuple[str, ...] = ()
        self._values: list[float] = []
        self._true: frozenset[int] = frozenset()
        self._threshold: float | None = None
        themes.changed.connect(self.update)

    @property
    def values(self) -> list[float]:
        """What is shown, by class; empty while there is nothing."""
        return self._values

    @property
    def names(self) -> tuple[str, ...]:
        """The classes."""
        return self._names

    @property
    def true_classes(self) -> frozenset[int]:
        """The classes that the sample has."""
        return self._true

    @property
    def best(self) -> int:
        """The likeliest class; -1 while there are no values."""
        return int(np.argmax(self._values)) if self._values else -1

    @property
    def named(self) -> frozenset[int]:
        """The classes that the network names: from the threshold on, or the likeliest where there is none."""
        if self._threshold is None:
            return frozenset({self.best} if self._values else ())
        return frozenset(i for i, v in enumerate(self._values) if v >= self._threshold)

    def show_classes(self, names: tuple[str, ...], true: Collection[int]) -> None:
        """Other classes, or other true ones; the bars start empty."""
        self._names, self._true, self._values = names, frozenset(true), []
        self.updateGeometry()
        self.update()

    def show_values(self, values: Any) -> None:
        """The shares or chances; other outputs than one value for each class are not shown."""
        flat = np.asarray(values, np.float32).ravel()
        self._values = [float(v) for v in flat] if len(flat) == len(self._names) else []
        if self._values:
            self.setAccessibleDescription(f"Most likely {self._names[self.best]}, {flat[self.best]:.0%}")
        self.update()

    def show_threshold(self, share: float) -> None:
        """From here on a class counts as named."""
        self._threshold = share
        self.update()

    def rows(self) -> list[int]:
        """The classes that have a line, in order: all, or the likeliest and the true ones."""
        if len(self._names) <= MOST:
            return list(range(len(self._names)))
        likely = sorted(range(len(self._values)), key=self._values.__getitem__, reverse=True)
        missed = sorted(self._true - set(likely[:MOST]))[:MOST]
        return sorted([*likely[: MOST - len(missed)], *missed])

    def _line(self) -> int:
        return max(14, round(theme().font(Scale.CAPTION).pointSizeF() * 1.75))

    def sizeHint(self) -> QSize:
        """A line for each class, ten at most."""
        return QSize(200, min(MOST, len(self._names)) * self._line())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which class was clicked."""
        rows, place = self.rows(), int(event.position().y()) // self._line()
        if event.button() is Qt.MouseButton.LeftButton and 0 <= place < len(rows):
            self.picked.emit(rows[place])
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, per cent."""
        rows = self.rows()
        if not rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme().font(Scale.CAPTION, bold=True))
        metrics = painter.fontMetrics()
        left = min(self.width() // 3, max(metrics.horizontalAdvance(self._names[r]) for r in rows) + 2) + space(4)
        numbers = metrics.horizontalAdvance("100.0 %") + space(2)
        room, line = max(10, self.width() - left - numbers), self._line()
        for place, row in enumerate(rows):
            self._paint_row(painter, row, QRect(0, place * line, self.width(), line), left, room)
        if self._threshold is not None:
            x = left + room * self._threshold
            painter.setPen(QPen(theme().color(Role.TEXT), 1, Qt.PenStyle.DashLine))
            painter.drawLine(round(x), 0, round(x), len(rows) * line)

    def _paint_row(self, painter: QPainter, row: int, rect: QRect, left: int, room: int) -> None:
        true, on = row in self._true, row in self.named
        middle = rect.top() + rect.height() // 2
        painter.setFont(theme().font(Scale.CAPTION, bold=true))
        painter.setPen(theme().color(Role.TEXT))
        metrics = painter.fontMetrics()
        label = metrics.elidedText(self._names[row], Qt.TextElideMode.ElideMiddle, left - space(4))
        painter.drawText(QRect(0, rect.top(), left, rect.height()), Qt.AlignmentFlag.AlignVCenter, label)
        painter.setPen(Qt.PenStyle.NoPen)
        if true:
            painter.setBrush(theme().color(Role.OK))
            painter.drawEllipse(QPoint(left - space(2), middle), 3, 3)
        painter.setBrush(theme().color(Role.GRID))
        bar = QRectF(left, rect.top() + rect.height() / 2 - 4, room, 8)
        painter.drawRoundedRect(bar, 2, 2)
        if not self._values:
            return
        painter.setBrush(theme().color(Role.CURVE_1 if on else Role.EDGE))
        bar.setWidth(room * max(0.0, min(1.0, self._values[row])))
        painter.drawRoundedRect(bar, 2, 2)
        painter.setPen(theme().color(Role.TEXT if on else Role.MUTED))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(rect, right, f"{100 * self._values[row]:.1f} %")
