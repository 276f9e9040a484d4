"""A row of choices, one of them on: a segmented control, painted in the theme's colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.app.theme import Role, theme
from cnnstudio.app.theme.theme import RADIUS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPaintEvent

HEIGHT_MARGIN = 10
LEAST_HEIGHT = 28
"""That of the other fields."""
WIDTH_MARGIN = 12


class Segments(QWidget):
    """Choices side by side. A click or the arrow keys choose; the whole row is one tab stop."""

    chosen = Signal(int)
    """The person chose the segment of this index."""

    def __init__(self, texts: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._texts = tuple(texts)
        self._index = -1
        self._hovered = -1
        self._shut: Mapping[int, str] = {}
        self._is_invalid = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the segments say."""
        return self._texts

    def show_texts(self, texts: Sequence[str]) -> None:
        """Offer other choices, none of them on."""
        self._texts, self._index, self._hovered = tuple(texts), -1, -1
        self.updateGeometry()
        self.update()

    def shut(self, reasons: Mapping[int, str]) -> None:
        """Let these segments not be chosen for now, each for a reason that its tooltip gives; {} opens all."""
        if reasons != self._shut:
            self._shut = dict(reasons)
            self.setAccessibleDescription(" ".join(dict.fromkeys(self._shut.values())))
            self.update()

    @property
    def shut_reasons(self) -> Mapping[int, str]:
        """The segments that cannot be chosen, and why."""
        return self._shut

    @property
    def index(self) -> int:
        """The segment that is on, -1 for none."""
        return self._index

    def show_index(self, index: int) -> None:
        """Put that segment on, without a signal."""
        if index != self._index:
            self._index = index
            self.update()

    def segment_rect(self, index: int) -> QRectF:
        """Where a segment lies, widths after the texts."""
        room = self.width() - 1
        wanted = [self._wanted(t) for t in self._texts]
        total = sum(wanted)
        left = 0.5 + room * sum(wanted[:index]) / total
        return QRectF(left, 0.5, room * wanted[index] / total, self.height() - 1)

    def _wanted(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text) + WIDTH_MARGIN

    def sizeHint(self) -> QSize:
        """Room for every text."""
        height = max(LEAST_HEIGHT, self.fontMetrics().height() + HEIGHT_MARGIN)
        return QSize(sum(self._wanted(t) for t in self._texts), height)

    def minimumSizeHint(self) -> QSize:
        """Texts are never cut."""
        return QSize(self.sizeHint().width() - len(self._texts) * WIDTH_MARGIN // 2, self.sizeHint().height())

    def _at(self, position: QPoint) -> int:
        return next((i for i in range(len(self._texts)) if self.segment_rect(i).contains(position)), -1)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._texts) and index != self._index and index not in self._shut:
            self.show_index(index)
            self.chosen.emit(index)

    def event(self, event: QEvent) -> bool:
        """Over a segment that cannot be chosen the tooltip says why."""
        if isinstance(event, QHelpEvent) and (why := self._shut.get(self._at(event.pos()))):
            QToolTip.showText(event.globalPos(), why, self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press chooses at once, as a radio button in a tool bar does."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position().toPoint()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Light up the segment under the pointer."""
        self._hover(self._at(event.position().toPoint()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        self._hover(-1)
        super().leaveEvent(event)

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows step, Home and End go to the ends, past what cannot be chosen."""
        open_ones = [i for i in range(len(self._texts)) if i not in self._shut]
        before = max((i for i in open_ones if i < self._index), default=-1)
        after = min((i for i in open_ones if i > self._index), default=-1)
        ways = {
            Qt.Key.Key_Left: before, Qt.Key.Key_Up: before, Qt.Key.Key_Right: after, Qt.Key.Key_Down: after,
            Qt.Key.Key_Home: min(open_ones, default=-1), Qt.Key.Key_End: max(open_ones, default=-1),
        }  # fmt: skip
        wanted = ways.get(Qt.Key(event.key()))
        if wanted is None:
            super().keyPressEvent(event)
        else:
            self._choose(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame, the segment that is on, the one under the pointer, texts, focus ring."""
        look = theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(frame, RADIUS, RADIUS)
        painter.fillPath(outline, look.color(Role.RAISED))
        painter.setClipPath(outline)
        for index, text in enumerate(self._texts):
            rect = self.segment_rect(index)
            painter.fillRect(rect, self._back(index))
            if index and self._index not in (index, index - 1):
                painter.setPen(look.color(Role.BORDER))
                painter.drawLine(rect.topLeft(), rect.bottomLeft())
            painter.setPen(self._ink(index))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
        painter.setClipping(False)
        focused = self.hasFocus()
        painter.setPen(QPen(look.color(Role.ACCENT if focused else Role.BORDER), 2 if focused else 1))
        painter.drawRoundedRect(frame, RADIUS, RADIUS)
        painter.end()

    def _back(self, index: int) -> QColor:
        if index == self._index:
            return theme().color(Role.SELECTION)
        lit = index == self._hovered and self.isEnabled() and index not in self._shut
        return theme().color(Role.HOVER if lit else Role.RAISED)

    def _ink(self, index: int) -> QColor:
        if not self.isEnabled() or index in self._shut:
            return theme().color(Role.DISABLED)
        return theme().color(Role.TEXT if index == self._index else Role.MUTED)


def segments(name: str, title: str, tip: str, texts: Sequence[str]) -> Segments:
    """Choices that stand by themselves, as wide as their words, the first one on."""
    made = Segments(texts)
    made.setObjectName(name)
    made.setAccessibleName(title)
    made.setToolTip(tip)
    made.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    if texts:
        made.show_index(0)
    return made
