"""Items painted from pictures of themselves, and the album that holds the pictures.

Words take most of a frame's time: a card costs many times more to paint than to copy. So an item is painted into a
picture once and copied until its looks change. While the canvas zooms, pictures of the scale before are stretched. A
frame has a few milliseconds for fresh pictures; what is left over is made up for in the frames that follow.
"""

from __future__ import annotations

from abc import abstractmethod
from math import ceil, floor, inf
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnstudio.app.theme import Role

FRESH, FRESH_MOVING = 0.005, 0.002
"""Seconds of a frame that may go into fresh pictures: at rest, and while the scale changes."""
ROOM = 96 * 1024 * 1024
"""Bytes of pictures that are kept: several large screens full of cards."""


_HIDDEN = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents


class Plate(NamedTuple):
    """An item seen from afar: a rectangle in its colour."""

    area: QRectF
    color: QColor
    outline: Role | None
    """What deserves to be seen from afar: an error, the selection."""


class Album:
    """The pictures of a scene's items, and the time that the frame under way has for fresh ones."""

    def __init__(self) -> None:
        self.is_moving = False
        """The scale changes from frame to frame: stretched pictures will do."""
        self.ratio = 1.0
        """Device pixels per pixel of the view."""
        self.far_changed: Callable[[], None] | None = None
        """While items are seen from afar: called when one of them looks different."""
        self._until = inf
        self._is_first = True
        self._owed: dict[Sprite, None] = {}
        self._hidden: set[Sprite] = set()
        self._kept: dict[Sprite, int] = {}
        self._bytes = 0

    def begin_frame(self, ratio: float) -> None:
        """A view begins to paint."""
        self._until = perf_counter() + (FRESH_MOVING if self.is_moving else FRESH)
        self._is_first = True
        self._owed.clear()
        self.ratio = ratio

    def end_frame(self) -> tuple[Sprite, ...]:
        """The view has painted; returns the items that were not shown at their best, to be painted again."""
        self._until = inf
        return tuple(self._owed)

    def may_paint(self, sprite: Sprite, *, stretchable: bool) -> bool:
        """Whether there is time for a fresh picture; `stretchable`: it has one already, if of another scale."""
        first, self._is_first = self._is_first, False
        if (self.is_moving and stretchable) or (perf_counter() > self._until and not first):
            self._owed[sprite] = None
            return False
        return True

    def hide(self, sprite: Sprite) -> None:
        """It was about to paint itself, but is seen from so far away that all plates are painted together."""
        self._hidden.add(sprite)
        sprite.setFlag(_HIDDEN)

    def come_near(self) -> None:
        """Items paint themselves again. Only those were hidden that have been in sight."""
        self.far_changed = None
        for sprite in self._hidden:
            sprite.setFlag(_HIDDEN, False)
        self._hidden.clear()

    def keep(self, sprite: Sprite, size: int) -> None:
        """A picture of `size` bytes was made; the oldest ones are given up for it."""
        self._bytes -= self._kept.pop(sprite, 0)
        self._kept[sprite] = size
        self._bytes += size
        while self._bytes > ROOM and len(self._kept) > 1:
            oldest = next(iter(self._kept))
            oldest.drop_picture()
            self._bytes -= self._kept.pop(oldest)

    def forget(self, sprite: Sprite) -> None:
        """The item leaves the scene."""
        self._bytes -= self._kept.pop(sprite, 0)
        self._owed.pop(sprite, None)
        self._hidden.discard(sprite)


class Sprite(QGraphicsItem):
    """An item that draws itself into a picture. Its position may change freely, its scale is the view's."""

    def __init__(self, album: Album) -> None:
        super().__init__()
        self._album = album
        self._picture: QPixmap | None = None
        self._scale = 0.0
        self._is_stale = True
        self._floating = False
        self._corner = QPoint()
        self._stretched = QRectF()
        self._source = QRectF()

    @abstractmethod
    def draw(self, painter: QPainter, level: float) -> None:
        """Paint in item coordinates; `level` is how many pixels a unit comes to."""

    @abstractmethod
    def draw_rough(self, painter: QPainter) -> None:
        """Paint what is quickly painted: there is no time for more in this frame, and no picture yet."""

    @abstractmethod
    def plate(self) -> Plate:
        """How it is seen from afar, in the scene."""

    @property
    def is_far(self) -> bool:
        """Whether it is seen from so far away that plates do, all of which are painted together."""
        return not self._floating and self._album.far_changed is not None

    def show_floating(self, floating: bool) -> None:
        """It is dragged, so it paints itself from however far it is seen."""
        self._floating = floating
        if floating:
            self.setFlag(_HIDDEN, False)

    def repaint(self) -> None:
        """Its looks have changed."""
        self._is_stale = True
        self.update()
        if self._album.far_changed is not None:
            self._album.far_changed()

    def drop_picture(self) -> None:
        """Give the picture up; it is painted again when it is next seen."""
        self._picture = None
        self._is_stale = True

    @override
    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None, /) -> None:
        if self.is_far:
            self._album.hide(self)
            return
        transform = painter.worldTransform()
        scale = transform.m11()
        if self._is_stale or scale != self._scale:
            known = self._picture is not None
            if self._album.may_paint(self, stretchable=known and not self._is_stale):
                self._take_picture(scale)
            elif not known:
                self.draw_rough(painter)
                return
        if self._picture is None:
            return
        if scale == self._scale:
            painter.resetTransform()
            place = QPoint(round(transform.dx()), round(transform.dy())) + self._corner
            painter.drawPixmap(place, self._picture)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(self._stretched, self._picture, self._source)

    def _take_picture(self, scale: float) -> None:
        area, ratio = self.boundingRect(), self._album.ratio
        left, top = floor(area.left() * scale), floor(area.top() * scale)
        width, height = ceil(area.right() * scale) - left, ceil(area.bottom() * scale) - top
        picture = QPixmap(ceil(width * ratio), ceil(height * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        painter.translate(-left, -top)
        painter.scale(scale, scale)
        self.draw(painter, scale)
        painter.end()
        self._picture, self._scale, self._is_stale = picture, scale, False
        self._corner = QPoint(left, top)
        self._stretched = QRectF(left / scale, top / scale, width / scale, height / scale)
        self._source = QRectF(picture.rect())
        self._album.keep(self, picture.width() * picture.height() * 4)
