"""One pinned sample in the strip: its picture and name; chosen, moved, renamed and removed where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QApplication, QToolButton

from cnnstudio.app.data.sample_painter import sample_size, thumbnail
from cnnstudio.app.theme import icon, mark, space, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent
    from PySide6.QtWidgets import QWidget

    from cnnstudio.app.features.mosaic import Floats
    from cnnstudio.app.inspect.probes.pin import Pin
    from cnnstudio.core.data.info import DataInfo

SIDE = 44
LEAST_WIDTH = 80
"""So that most names can be read."""
LOOSE = -1
"""Place of the sample that is looked at without being pinned."""
_CTRL = Qt.KeyboardModifier.ControlModifier


class PinTile(QToolButton):
    """Press it to look at the sample; drag it to another place. Arrow keys go along the strip."""

    picked = Signal(int)
    """It was pressed: its place."""
    dragged = Signal(int, QPoint)
    """It is being dragged: its place, and where the mouse is in the strip."""
    stepped = Signal(int)
    """Look at another: how many further along."""
    moved = Signal(int, int)
    """Move the pin: its place, and by how many."""
    remove_wanted = Signal(int)
    rename_wanted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.place = LOOSE
        self._pressed_at: QPoint | None = None
        self._drags = False
        self._shown: tuple[Floats | None, DataInfo, str] | None = None
        self.setCheckable(True)
        self.setAutoExclusive(False)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        mark(self, kind="flat", scale="caption")
        self.clicked.connect(self._pick)
        themes.changed.connect(self._paint)

    def show_pin(self, pin: Pin, place: int, inputs: Floats | None, problem: str, info: DataInfo) -> None:
        """Stand for this pin; `inputs` is None until its values have come, `problem` why they do not."""
        self.place = place
        width = self._width(info)
        self.setObjectName(f"pin_{place}" if place >= 0 else "pin_loose")
        self.ensurePolished()  # a tile that was made just now does not know its font yet
        # The ends of names tell samples apart: validation 11, 12.
        self.setText(self.fontMetrics().elidedText(pin.caption, Qt.TextElideMode.ElideMiddle, width))
        told = f"Pin {place + 1}: {pin.words}" if place >= 0 else f"Looked at, not pinned: {pin.words}"
        self.setAccessibleName(told)
        how = "drag to move it, F2 to rename, Delete to remove" if place >= 0 else "press Pin to keep it"
        self.setToolTip(problem or f"{told}\n{how[:1].upper()}{how[1:]}")
        self.setFixedWidth(width + space(3))
        before, self._shown = self._shown, (inputs, info, problem)
        if before is None or before[0] is not inputs or before[1:] != self._shown[1:]:
            self._paint()

    @staticmethod
    def _width(info: DataInfo) -> int:
        return max(sample_size(info, SIDE).width(), LEAST_WIDTH)

    def _paint(self) -> None:
        if self._shown is None:
            return
        inputs, info, problem = self._shown
        size = sample_size(info, SIDE)
        size = QSize(size.width(), SIDE)
        self.setIconSize(size)
        if problem:
            self.setIcon(icon("warning"))
        elif inputs is None:
            empty = QPixmap(size)
            empty.fill(Qt.GlobalColor.transparent)
            self.setIcon(QIcon(empty))
        else:
            self.setIcon(QIcon(thumbnail(inputs, size, self.devicePixelRatioF())))

    def _pick(self) -> None:
        self.picked.emit(self.place)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Perhaps the beginning of a drag."""
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._drags = event.position().toPoint(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Far enough from where it began, it is a drag."""
        super().mouseMoveEvent(event)
        if self._pressed_at is None or self.place == LOOSE:
            return
        here = event.position().toPoint()
        far = (here - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        self._drags = self._drags or far
        if self._drags:
            self.dragged.emit(self.place, self.mapToParent(here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was dragged is not pressed."""
        self._pressed_at = None
        if self._drags:
            self._drags = False
            self.setDown(False)
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End go along; with Ctrl they take the pin along. Delete removes, F2 renames."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()), 0)
        if steps and event.modifiers() & _CTRL and self.place != LOOSE:
            self.moved.emit(self.place, steps)
        elif steps:
            self.stepped.emit(steps)
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.place != LOOSE:
            self.remove_wanted.emit(self.place)
        elif event.key() == Qt.Key.Key_F2 and self.place != LOOSE:
            self.rename_wanted.emit(self.place)
        else:
            super().keyPressEvent(event)
