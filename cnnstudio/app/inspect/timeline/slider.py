"""A slider over moments, with the epochs below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QToolTip, QWidget

from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from cnnstudio.core.formats.timeline import Moment


class MomentSlider(QSlider):
    """Places from 0. A click goes to the place under the mouse; Space says that playing is wanted."""

    chosen = Signal(int)
    """The person has moved it there."""
    play_wanted = Signal()

    def __init__(self, name: str, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tip)
        self.setMinimumWidth(120)
        self.setPageStep(10)
        self._words_of: Callable[[int], str] | None = None
        self._showing = False
        self.valueChanged.connect(self._tell)

    def name_places(self, words_of: Callable[[int], str]) -> None:
        """What the tooltip says of the place under the mouse."""
        self._words_of = words_of

    def show_place(self, last: int, place: int) -> None:
        """Stand at that place of 0 to `last`."""
        self._showing = True
        self.setRange(0, max(0, last))
        self.setValue(place)
        self._showing = False

    def x_of(self, place: int) -> float:
        """Where the middle of the handle is at that place, in logical pixels."""
        left, width = self._span()
        return left + QStyle.sliderPositionFromValue(0, max(1, self.maximum()), place, round(width))

    def place_at(self, x: float) -> int:
        """The place that is nearest to there."""
        left, width = self._span()
        return QStyle.sliderValueFromPosition(0, self.maximum(), round(x - left), round(width))

    def _span(self) -> tuple[float, float]:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, kind = self.style(), QStyle.ComplexControl.CC_Slider
        groove = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderGroove, self)
        handle = style.subControlRect(kind, option, QStyle.SubControl.SC_SliderHandle, self)
        return groove.left() + handle.width() / 2, max(1.0, groove.width() - handle.width())

    def _tell(self, place: int) -> None:
        if not self._showing:
            self.chosen.emit(place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to where the mouse is: nearer than Qt's page, and from there it can be dragged."""
        if event.button() is Qt.MouseButton.LeftButton and self.maximum():
            self.setValue(self.place_at(event.position().x()))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Page up and down, Home and End move it; Space plays."""
        if event.key() == Qt.Key.Key_Space:
            self.play_wanted.emit()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Say which moment lies under the mouse."""
        if isinstance(event, QHelpEvent) and self._words_of is not None and self.maximum():
            QToolTip.showText(event.globalPos(), self._words_of(self.place_at(event.pos().x())), self)
            return True
        return super().event(event)


class EpochAxis(QWidget):
    """Lines and numbers where epochs begin, below a slider of the same width."""

    def __init__(self, slider: MomentSlider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspect_epochs")
        self.setToolTip("Epochs of the run")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._slider = slider
        self._ends: tuple[tuple[int, int], ...] = ()
        themes.changed.connect(self.update)

    def show_moments(self, moments: Sequence[Moment]) -> None:
        """Mark the first moment of each epoch."""
        epochs: dict[int, int] = {}
        for place, moment in enumerate(moments):
            epochs.setdefault(moment.epoch, place)
        self._ends = tuple((place, epoch) for epoch, place in epochs.items())
        self.update()

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """Place and epoch of each mark."""
        return self._ends

    def sizeHint(self) -> QSize:
        """One line of small figures."""
        return QSize(120, theme().font(Scale.CAPTION).pointSize() + space(3))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Numbers are left out where they would touch."""
        painter = QPainter(self)
        painter.setFont(theme().font(Scale.CAPTION))
        painter.setPen(theme().color(Role.MUTED))
        metrics, free = painter.fontMetrics(), 0.0
        for place, epoch in self._ends:
            x = self._slider.x_of(place)
            text = f"{epoch:,}" if epoch else "0"
            width = metrics.horizontalAdvance(text)
            if x - width / 2 < free:
                continue
            painter.drawLine(round(x), 0, round(x), 2)
            painter.drawText(QRectF(x - width / 2, 3, width + 1, metrics.height()), Qt.AlignmentFlag.AlignLeft, text)
            free = x + width / 2 + space(2)
