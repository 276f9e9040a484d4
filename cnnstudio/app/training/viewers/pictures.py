"""Pictures of one sample side by side, each under its title, as large as the room lets them be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from cnnstudio.app.data.sample_painter import scale_for
from cnnstudio.app.features.colormaps import CLASS_COLOURS
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.features.pictures import ink_table, lines
from cnnstudio.app.theme import Role, Scale, space, theme, themes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPaintEvent

SIDE = 132
"""Preferred edge of a picture, in logical pixels."""
STRIP = 44
"""Preferred height of a signal."""
LEAST, LOW = 72, 168
"""The least width of a picture, and the most that its height insists on."""


@dataclass(frozen=True)
class Picture:
    """A title, a picture of cells (or a signal as a line), and what is drawn over it."""

    title: str
    image: QImage | None = None
    """One pixel for each cell."""
    signal: Any = None
    """float32 (length, channels), drawn as lines in place of an image."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """What is at the bottom and at the top of a signal."""
    over: Callable[[QPainter, QRectF], None] | None = None
    """Draws over the picture, which lies in the rectangle."""


class PictureRow(QWidget):
    """Images stand in as many columns as show them largest, signals one below the other."""

    def __init__(self, name: str, title: str, side: int = SIDE, parent: QWidget | None = None) -> None:
        """`side` is the preferred edge of an image."""
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._side = side
        self._pictures: tuple[Picture, ...] = ()
        self._describe: Callable[[int, int], str] | None = None
        themes.changed.connect(self.update)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What is shown."""
        return self._pictures

    def show_pictures(self, pictures: Sequence[Picture], describe: Callable[[int, int], str] | None = None) -> None:
        """Show these; `describe` says what is at a row and a column, for the tooltip."""
        again = len(pictures) != len(self._pictures)
        self._pictures, self._describe = tuple(pictures), describe
        if again:
            self.updateGeometry()
        self.update()

    @property
    def _stacked(self) -> bool:
        return any(p.signal is not None for p in self._pictures)

    def _title(self) -> int:
        return self.fontMetrics().height() + 2

    def sizeHint(self) -> QSize:
        """Every picture with room around it."""
        number = max(1, len(self._pictures))
        if self._stacked:
            return QSize(200, number * (STRIP + self._title()))
        return QSize(number * (self._side + space(2)), self._side + self._title())

    def minimumSizeHint(self) -> QSize:
        """Where a picture can still be read."""
        number = max(1, len(self._pictures))
        if self._stacked:
            return QSize(120, number * (STRIP // 2 + self._title()))
        # A splitter gives way to this alone when the task changes, so the height is one at which details are seen.
        abreast = -(-number // 2)  # where it is narrow, they stand in two rows
        return QSize(abreast * (LEAST + space(2)), min(self._side, LOW) + self._title())

    def places(self) -> list[QRect]:
        """Where each picture lies, without its title."""
        number, title = max(1, len(self._pictures)), self._title()
        if self._stacked:
            height = max(8, self.height() // number - title)
            return [
                QRect(0, n * (height + title) + title, self.width(), height - space(1))
                for n in range(len(self._pictures))
            ]
        # The most columns that show pictures as large as any: side by side they are compared best.
        tried = [self._in_columns(columns) for columns in range(number, 0, -1)]
        return max(tried, key=_smallest)

    def _in_columns(self, columns: int) -> list[QRect]:
        gap, title, rows = space(2), self._title(), -(-len(self._pictures) // columns)
        width = max(8, (self.width() - gap * (columns - 1)) // columns)
        height = max(8, self.height() // max(1, rows) - title)
        found: list[QRect] = []
        left, top = 0, 0
        for number, picture in enumerate(self._pictures):
            if number % columns == 0:
                left, top = 0, number // columns * (height + title) + title
            size = fitted(picture.image.size() if picture.image is not None else QSize(1, 1), QSize(width, height))
            found.append(QRect(QPoint(left, top), size))
            left += width + gap if rows > 1 else max(size.width(), min(width, self._wanted(picture.title))) + gap
        return found

    def _wanted(self, title: str) -> int:
        return self.fontMetrics().horizontalAdvance(title) + space(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Titles and pictures."""
        painter = QPainter(self)
        painter.setFont(theme().font(Scale.CAPTION))
        places = self.places()
        for number, (picture, place) in enumerate(zip(self._pictures, places, strict=True)):
            after = places[number + 1] if number + 1 < len(places) else None
            right = after.left() if after is not None and after.left() > place.left() else self.width()
            head = QRect(place.left(), place.top() - self._title(), right - place.left(), self._title())
            painter.setPen(theme().color(Role.MUTED))
            words = painter.fontMetrics().elidedText(picture.title, Qt.TextElideMode.ElideRight, head.width())
            painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, words)
            self._paint_picture(painter, picture, place)

    def _paint_picture(self, painter: QPainter, picture: Picture, place: QRect) -> None:
        if picture.signal is not None:
            ratio = self.devicePixelRatioF()
            size = QSize(max(1, round(place.width() * ratio)), max(1, round(place.height() * ratio)))
            painter.drawImage(QRectF(place), signal_image(picture.signal, picture.bounds, size))
        elif picture.image is not None:
            whole = place.width() % picture.image.width() == 0
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not whole)
            painter.drawImage(QRectF(place), picture.image)
        else:
            painter.fillRect(place, theme().color(Role.GRID))
        if picture.over is not None:
            painter.save()
            picture.over(painter, QRectF(place))
            painter.restore()

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Row and column of the cell there, in whichever picture; None beside them."""
        for picture, place in zip(self._pictures, self.places(), strict=True):
            if picture.image is not None and place.contains(point):
                inside = QPointF(point - place.topLeft())
                row = int(inside.y() * picture.image.height() / place.height())
                return row, int(inside.x() * picture.image.width() / place.width())
        return None

    def event(self, event: QEvent) -> bool:
        """The tooltip says what is at the cell under the mouse."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._describe is not None:
            cell = self.cell_at(event.pos())
            if cell is not None:
                QToolTip.showText(event.globalPos(), self._describe(*cell), self)
                return True
        return super().event(event)


def _smallest(places: list[QRect]) -> int:
    return min((place.width() * place.height() for place in places), default=0)


def fitted(cells: QSize, room: QSize) -> QSize:
    """The largest size for a picture of so many cells; see `scale_for`."""
    scale = scale_for(cells.width(), cells.height(), room)
    return QSize(max(1, round(cells.width() * scale)), max(1, round(cells.height() * scale)))


def plane(values: Any, rank: int) -> Any:
    """The flat part of a sample or mask that is shown: of a volume its middle slice. `rank` counts spatial axes."""
    return values[values.shape[0] // 2] if rank == 3 else values


def grey_or_colour(values: Any, bounds: tuple[float, float]) -> Any:
    """Values (height, width, channels) as uint8 (height, width, 3), black at the lower bound and white at the upper."""
    low, high = bounds
    span = high - low if high > low else 1.0
    levels = np.rint(np.clip((np.nan_to_num(values) - low) / span, 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(levels[..., :3] if levels.shape[-1] >= 3 else np.repeat(levels[..., :1], 3, axis=-1))


def image_of(colours: Any) -> QImage:
    """uint8 (height, width, 3) as an image."""
    colours = np.ascontiguousarray(colours, np.uint8)
    height, width = colours.shape[:2]
    return QImage(colours.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def class_table() -> Any:
    """RGB of the classes in masks, float32 (colours, 3): entry 0 is the ground's; see `class_places`."""
    return np.array([[(c >> 16) & 255, (c >> 8) & 255, c & 255] for c in CLASS_COLOURS], np.float32)


def class_places(mask: Any) -> Any:
    """The entry of the class table for each class index of a mask: class 0 is the ground, the others go round."""
    return np.where(mask > 0, (mask.astype(int) - 1) % (len(CLASS_COLOURS) - 1) + 1, 0)


def bounds_of(*samples: Any) -> tuple[float, float]:
    """The range in which all these samples are shown: 0..1 where they lie in it."""
    low = min(float(np.nanmin(s)) for s in samples)
    high = max(float(np.nanmax(s)) for s in samples)
    return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)


def signal_image(signal: Any, bounds: tuple[float, float], size: QSize) -> QImage:
    """A signal (length, channels) as lines, one strip for each channel."""
    low, high = bounds
    span = high - low if high > low else 1.0
    levels = np.rint(np.clip((np.nan_to_num(signal).T - low) / span, 0, 1) * 255).astype(np.uint8)
    height = max(1, size.height() // len(levels))
    strips = lines(levels, size.width(), height).reshape(-1, size.width())
    return indexed(strips, ink_table(theme().color(Role.CANVAS), theme().color(Role.CURVE_1)))
