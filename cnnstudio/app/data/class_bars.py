"""How many samples of each class there are, and in which part: one stacked bar for each class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.app.features.colormaps import class_colour
from cnnstudio.app.format import count, share, short
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPaintEvent

PARTS: tuple[tuple[str, Role], ...] = (
    ("training", Role.CURVE_1),
    ("validation", Role.CURVE_2),
    ("test", Role.EDGE),
)
"""The parts in order, with the colours that stand for them."""


MOST_TOLD = 200
"""Classes that are told one by one to a screen reader, and measured."""


class PartBar(QWidget):
    """One bar for all samples, divided as they are split, with a legend that gives the numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_parts")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._parts: dict[str, int] = {}
        themes.changed.connect(self.update)

    def show_parts(self, parts: Mapping[str, int]) -> None:
        """Show that many samples in each part."""
        self._parts = dict(parts)
        told = ", ".join(f"{name}: {count(n)} samples" for name, n in self._parts.items())
        self.setAccessibleName(f"Parts of the data: {told}")
        self.setToolTip(told.capitalize())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A bar and a line of text for each part."""
        return QSize(200, 10 + space(2) + len(PARTS) * (self.fontMetrics().height() + space(1)))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bar, then legend."""
        total = sum(self._parts.values())
        if not total:
            return
        painter = QPainter(self)
        left, line = 0.0, self.fontMetrics().height() + space(1)
        for row, (name, role) in enumerate(PARTS):
            number = self._parts.get(name, 0)
            width = self.width() * number / total
            painter.fillRect(QRectF(left, 0, max(0.0, width - 1), 10), theme().color(role))
            left += width
            top = 10 + space(2) + row * line
            painter.fillRect(QRect(0, top + line // 2 - 6, 10, 10), theme().color(role))
            text = QRect(18, top, self.width() - 18, line - space(1))
            painter.setPen(theme().color(Role.TEXT))
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name.capitalize())
            told = f"{count(number)}  ({share(number, total)})"
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, told)


class ClassBars(QWidget):
    """For each class a bar of its samples, divided by part; the numbers are in the tooltip and at the end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("data_classes")
        self.setToolTip("Samples of each class in each part")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: tuple[str, ...] = ()
        self._counts: dict[str, tuple[int, ...]] = {}
        self._totals: list[int] = []
        self._first_colour = 0
        self._swatches = False
        themes.changed.connect(self.update)

    def show_counts(
        self,
        names: tuple[str, ...],
        counts: Mapping[str, tuple[int, ...]],
        *,
        swatches: bool = False,
        ground: bool = True,
    ) -> None:
        """Show the counts of each part, in the order of `names`; `swatches` shows the colours of masks and boxes.

        `ground`: the first class is the ground of masks and has no colour.
        """
        self._names, self._counts, self._swatches = names, dict(counts), swatches
        self._first_colour = 0 if ground else 1
        rows = [f"{name} {count(self.total(i))}" for i, name in enumerate(names[:MOST_TOLD])]
        more = [f"and {count(len(names) - MOST_TOLD)} more"] if len(names) > MOST_TOLD else []
        self.setAccessibleName("Classes: " + ", ".join(rows + more))
        self._totals = [self.total(i) for i in range(len(names))]
        self.updateGeometry()
        self.update()

    def total(self, index: int) -> int:
        """Samples of that class in all parts."""
        return sum(self.of_part(part, index) for part, _ in PARTS)

    def of_part(self, part: str, index: int) -> int:
        """Samples of that class in that part."""
        counts = self._counts.get(part, ())
        return counts[index] if index < len(counts) else 0

    def _line(self) -> int:
        return self.fontMetrics().height() + space(2)

    def sizeHint(self) -> QSize:
        """A line for each class."""
        return QSize(200, len(self._names) * self._line())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, number."""
        painter = QPainter(self)
        painter.setFont(theme().font(Scale.CAPTION))
        metrics = painter.fontMetrics()
        most = max(self._totals, default=0)
        if not most:
            return
        indent = 14 if self._swatches else 0
        # Thousands of classes are scrolled through: the first ones stand for all in how wide the columns are.
        widest = max(metrics.horizontalAdvance(n) for n in self._names[:MOST_TOLD])
        names = indent + min(self.width() // 2, widest) + space(2)
        numbers = metrics.horizontalAdvance(_number(most)) + space(2)
        room, line = max(10, self.width() - names - numbers), self._line()
        first, last = event.rect().top() // line, event.rect().bottom() // line
        for row in range(max(0, first), min(last + 1, len(self._names))):
            name, text, top = self._names[row], _number(self._totals[row]), row * line
            painter.setPen(theme().color(Role.TEXT))
            if self._swatches and row + self._first_colour:
                swatch = QRect(0, top + line // 2 - 5, 10, 10)
                painter.fillRect(swatch, class_colour(row + self._first_colour))
            label = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, names - indent - space(1))
            painter.drawText(QRect(indent, top, names, line), Qt.AlignmentFlag.AlignVCenter, label)
            left = float(names)
            for part, role in PARTS:
                width = room * self.of_part(part, row) / most
                painter.fillRect(QRectF(left, top + line / 2 - 5, max(0.0, width - 1), 10), theme().color(role))
                left += width
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRect(0, top, self.width(), line), right, text)

    def class_at(self, point: QPoint) -> int | None:
        """The class whose line is there."""
        row = point.y() // self._line()
        return row if 0 <= row < len(self._names) else None

    def event(self, event: QEvent) -> bool:
        """The tooltip gives the numbers of the class under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self.class_at(event.pos())
            if index is not None:
                QToolTip.showText(event.globalPos(), self.words(index), self)
                return True
        return super().event(event)

    def words(self, index: int) -> str:
        """The numbers of one class in words."""
        told = ", ".join(f"{part} {count(self.of_part(part, index))}" for part, _ in PARTS)
        return f"{self._names[index]}: {told}"


def _number(samples: int) -> str:
    return count(samples) if samples < 100_000 else short(samples)
