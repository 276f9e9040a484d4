"""The wall itself: every channel as a tile of one picture, painted at once, with hover, focus and scrolling."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QPainter
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from cnnstudio.app.features.colormaps import VIRIDIS, ColourMap
from cnnstudio.app.features.layer_maps import Scaling
from cnnstudio.app.features.marks import flag_channels, frame_tile, reading, zero_lines
from cnnstudio.app.features.mosaic import indexed
from cnnstudio.app.features.pictures import bar_table, ink_table, layout, picture
from cnnstudio.app.theme import Role, theme, themes

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from cnnstudio.app.features.layer_maps import LayerMaps
    from cnnstudio.app.features.mosaic import Grid
    from cnnstudio.app.features.ranking import Ranks

GAP = 4
CROWD = 160
"""From this many channels on the gaps are halved."""


class TileView(QAbstractScrollArea):
    """All channels of a `LayerMaps`. Arrow keys move the current tile, Enter or a click opens it."""

    hovered = Signal(str)
    """The channel, place and value under the mouse in words; "" outside."""
    pointed = Signal(object)
    """Channel and cell under the mouse as (int, tuple); None outside."""
    framed = Signal(int)
    """The arrow keys have reached another channel."""
    opened = Signal(int)
    """A channel to enlarge."""

    def __init__(self, parent: QWidget | None = None, *, one_column: bool = False) -> None:
        """`one_column` lays signals below each other, as wide as the view."""
        super().__init__(parent)
        self.setObjectName("feature_tiles")
        self.setAccessibleName("Feature maps")
        self.setToolTip("One tile for each channel. Point at a tile for its values; click to enlarge it.")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewportMargins(GAP, GAP, GAP, GAP)  # room for the frame of a tile at the edge
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._layer: LayerMaps | None = None
        self._grid: Grid | None = None
        self._colours = VIRIDIS
        self._scaling = Scaling()
        self._one_column = one_column
        self._tile = 0
        self._ranks: Ranks | None = None
        self._places: Ranks | None = None
        self._chosen: int | None = None
        self._depth = 0
        self._current = 0
        self._pointed: QPoint | None = None
        self._picture: QImage | None = None
        self._rows = range(0)
        themes.changed.connect(self._repaint)

    # What is shown

    @property
    def layer(self) -> LayerMaps | None:
        """The maps on the wall."""
        return self._layer

    @property
    def grid(self) -> Grid | None:
        """How the tiles lie, in device pixels."""
        return self._grid

    @property
    def current(self) -> int:
        """The channel that the arrow keys have reached."""
        return self._current

    @property
    def ranks(self) -> Ranks | None:
        """The channel at each place; None for the order of their numbers."""
        return self._ranks

    @property
    def is_pointed_at(self) -> bool:
        """Whether the mouse is over a tile."""
        return self._pointed_channel() is not None

    def show_layer(self, layer: LayerMaps | None) -> None:
        """Show these maps; the place scrolled to stays when they have the shape of the last ones."""
        before = self._layer
        self._layer = layer
        if layer is None or (self._ranks is not None and len(self._ranks) != layer.count):
            self._ranks = self._places = None
        if layer is None or before is None or before.maps.shape != layer.maps.shape:
            self._current = 0
            self._arrange()
        self._repaint()
        self._tell()

    def set_colours(self, colours: ColourMap) -> None:
        """Paint images with this colour map."""
        self._colours = colours
        self._repaint()

    def set_scaling(self, scaling: Scaling) -> None:
        """Which values the ends of the colour map stand for."""
        self._scaling = scaling
        self._repaint()

    def set_ranks(self, ranks: Ranks | None) -> None:
        """The channel at each place, of as many as the layer has; None for the order of their numbers."""
        self._ranks = ranks
        self._places = None if ranks is None else np.argsort(ranks)
        self._repaint()
        self._tell()

    def set_chosen(self, channel: int | None) -> None:
        """Frame the channel that is looked at elsewhere; None for none."""
        self._chosen = channel
        self.viewport().update()

    def set_tile(self, tile: int) -> None:
        """How large tiles are, see `layout`; 0 for as large as the view has room for."""
        if tile != self._tile:
            self._tile = tile
            self._arrange()
            self._repaint()
            self.set_current(self._current)

    def set_depth(self, depth: int) -> None:
        """Which slice of volumes is shown."""
        self._depth = depth
        self._repaint()
        self._tell()

    def _repaint(self) -> None:
        self._picture = None
        self.viewport().update()

    # Where the tiles lie

    def _arrange(self) -> None:
        self._picture = None
        if self._layer is None:
            self._grid = None
            self.verticalScrollBar().setRange(0, 0)
            self.horizontalScrollBar().setRange(0, 0)
            return
        ratio = self.devicePixelRatioF()
        gap = round((GAP if self._layer.count < CROWD else GAP / 2) * ratio)
        room = self.viewport().size() * ratio
        size = room.width(), room.height()
        self._grid = grid = layout(self._layer, size, gap, ratio, one_column=self._one_column, tile=self._tile)
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        vertical.setSingleStep(round((grid.height + gap) / ratio))
        vertical.setPageStep(self.viewport().height())
        horizontal.setPageStep(self.viewport().width())
        vertical.setRange(0, max(0, round(grid.total_height / ratio) - self.viewport().height()))
        horizontal.setRange(0, max(0, round(grid.total_width / ratio) - self.viewport().width()))

    def _origin(self) -> QPoint:
        ratio = self.devicePixelRatioF()
        return QPoint(
            -round(self.horizontalScrollBar().value() * ratio), -round(self.verticalScrollBar().value() * ratio)
        )

    def tile_rect(self, channel: int) -> QRectF:
        """Where that channel's tile lies in the viewport, in logical pixels."""
        if self._grid is None:
            return QRectF()
        ratio, origin = self.devicePixelRatioF(), self._origin()
        left, top = self._grid.place(self._place_of(channel))
        return QRectF(
            (left + origin.x()) / ratio,
            (top + origin.y()) / ratio,
            self._grid.width / ratio,
            self._grid.height / ratio,
        )

    def channel_at(self, point: QPointF) -> int | None:
        """The channel at that place of the viewport."""
        if self._grid is None:
            return None
        at = (point * self.devicePixelRatioF()).toPoint() - self._origin()
        place = self._grid.channel_at(at.x(), at.y())
        return None if place is None else self._channel_of(place)

    def _place_of(self, channel: int) -> int:
        return channel if self._places is None else int(self._places[channel])

    def _channel_of(self, place: int) -> int:
        return place if self._ranks is None else int(self._ranks[place])

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """One picture for all tiles in sight, then the gaps, the flags and the frames."""
        painter = QPainter(self.viewport())
        ground = theme().color(Role.SURFACE)
        painter.fillRect(event.rect(), ground)
        grid, layer = self._grid, self._layer
        if grid is None or layer is None:
            return
        ratio, origin = self.devicePixelRatioF(), self._origin()
        image = self._image(layer, grid)
        top = self._rows.start * (grid.height + grid.gap) + origin.y()
        painter.drawImage(QPointF(origin.x() / ratio, top / ratio), image)
        if layer.kind != "vector":
            self._clear_gaps(painter, grid, layer.count)
        places = range(self._rows.start * grid.columns, min(layer.count, self._rows.stop * grid.columns))
        channels = [self._channel_of(place) for place in places]
        if layer.kind == "signals":
            zero_lines(painter, layer, self._scaling, channels, self.tile_rect)
        flag_channels(painter, layer, channels, self.tile_rect)
        pointed = self._pointed_channel()
        if self._chosen is not None and self._chosen < layer.count:
            self._frame(painter, self._chosen, Role.ACCENT)
        if pointed is not None:
            self._frame(painter, pointed, Role.TEXT)
        if self.hasFocus():
            self._frame(painter, self._current, Role.ACCENT, has_focus=True)

    def _image(self, layer: LayerMaps, grid: Grid) -> QImage:
        rows = self._rows_in_sight(grid)
        if self._picture is None or self._rows != rows:
            now = theme()
            ground = now.color(Role.SURFACE)
            if layer.kind == "signals":
                table = ink_table(now.color(Role.CANVAS), now.color(Role.CURVE_1))
            elif layer.kind == "vector":
                table = bar_table(ground, now.color(Role.CURVE_1), now.color(Role.CURVE_2))
            else:
                table = self._colours.table()
            levels = picture(
                layer, grid, rows, self._depth, self._scaling, centred=self._colours.diverging, ranks=self._ranks
            )
            made = indexed(levels, table)
            # The screen's own format: looking colours up once here is several times faster than at each paint.
            self._picture = made.convertToFormat(QImage.Format.Format_RGB32)
            self._picture.setDevicePixelRatio(self.devicePixelRatioF())
            self._rows = rows
        return self._picture

    def _rows_in_sight(self, grid: Grid) -> range:
        height = round(self.viewport().height() * self.devicePixelRatioF())
        top, pitch = -self._origin().y(), grid.height + grid.gap
        return range(min(top // pitch, grid.rows - 1), min(grid.rows, -(-(top + height) // pitch)))

    def _clear_gaps(self, painter: QPainter, grid: Grid, count: int) -> None:
        ratio, origin = self.devicePixelRatioF(), self._origin()
        ground = theme().color(Role.SURFACE)
        pitch_x, pitch_y = (grid.width + grid.gap) / ratio, (grid.height + grid.gap) / ratio
        gap = grid.gap / ratio
        left, top = origin.x() / ratio, origin.y() / ratio
        width, height = grid.columns * pitch_x, self.viewport().height()
        for column in range(1, grid.columns + 1):
            painter.fillRect(QRectF(left + column * pitch_x - gap, 0, gap, height), ground)
        for row in range(self._rows.start + 1, self._rows.stop + 1):
            painter.fillRect(QRectF(left, top + row * pitch_y - gap, width, gap), ground)
        rest = count % grid.columns
        if rest and self._rows.stop == grid.rows:
            painter.fillRect(
                QRectF(left + rest * pitch_x, top + (grid.rows - 1) * pitch_y, width - rest * pitch_x, pitch_y), ground
            )

    def _frame(self, painter: QPainter, channel: int, role: Role, *, has_focus: bool = False) -> None:
        viewport = QRectF(self.viewport().rect())
        frame_tile(painter, self.tile_rect(channel), viewport, role, has_focus=has_focus)

    # Mouse, keys, size

    def _pointed_channel(self) -> int | None:
        return None if self._pointed is None else self.channel_at(QPointF(self._pointed))

    def _tell(self) -> None:
        channel = self._pointed_channel()
        if channel is None or self._layer is None or self._pointed is None:
            self.hovered.emit("")
            self.pointed.emit(None)
            return
        cell = self._cell_at(self._layer, channel, QPointF(self._pointed))
        self.hovered.emit(reading(self._layer, channel, cell))
        self.pointed.emit((channel, cell))

    def _cell_at(self, layer: LayerMaps, channel: int, point: QPointF) -> tuple[int, ...]:
        if layer.kind == "vector":
            return ()
        tile = self.tile_rect(channel)
        inside = point - tile.topLeft()
        column = _cell(inside.x(), tile.width(), layer.maps.shape[-1])
        if layer.kind == "signals":
            return (column,)
        row = _cell(inside.y(), tile.height(), layer.maps.shape[-2])
        return (min(self._depth, layer.depth - 1), row, column) if layer.kind == "volumes" else (row, column)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the value under the mouse."""
        self._pointed = event.position().toPoint()
        over = self._pointed_channel() is not None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)
        self._tell()
        self.viewport().update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open the tile that was clicked."""
        channel = self.channel_at(event.position())
        if event.button() is Qt.MouseButton.LeftButton and channel is not None:
            self._current = channel
            self.opened.emit(channel)

    def viewportEvent(self, event: QEvent) -> bool:
        """Forget the mouse when it leaves. Over a tile no tooltip hides the maps: the readout says what is there."""
        if isinstance(event, QHelpEvent) and self.channel_at(QPointF(event.pos())) is not None:
            return True
        if event.type() == QEvent.Type.Leave:
            self._pointed = None
            self._tell()
            self.viewport().update()
        return super().viewportEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, Home and End move the current tile; Enter or Space opens it."""
        if self._layer is None or self._grid is None:
            super().keyPressEvent(event)
            return
        place = self._place_of(self._current)
        moves = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._grid.columns,
            Qt.Key.Key_Down: self._grid.columns,
            Qt.Key.Key_Home: -self._layer.count,
            Qt.Key.Key_End: self._layer.count,
        }
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.opened.emit(self._current)
        elif key in moves:
            self.set_current(self._channel_of(max(0, min(self._layer.count - 1, place + moves[key]))))
            self.framed.emit(self._current)
        else:
            super().keyPressEvent(event)

    def set_current(self, channel: int) -> None:
        """Move the current tile there and scroll it into sight."""
        if self._layer is None:
            return
        self._current = max(0, min(self._layer.count - 1, channel))
        tile, bar = self.tile_rect(self._current), self.verticalScrollBar()
        if tile.top() < 0:
            bar.setValue(bar.value() + int(tile.top()) - GAP)
        elif tile.bottom() > self.viewport().height():
            bar.setValue(bar.value() + int(tile.bottom()) - self.viewport().height() + GAP)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the current tile's frame."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide it."""
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles anew."""
        super().resizeEvent(event)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Repaint: the picture holds only the rows in sight."""
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Room for some rows of tiles."""
        return QSize(420, 360)


def _cell(at: float, size: float, cells: int) -> int:
    return max(0, min(cells - 1, int(at / size * cells)))
