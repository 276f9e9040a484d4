"""What is drawn over tiles: flags on channels that are dead or saturated, frames; and what is said of a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPolygonF

from cnnstudio.app.features.layer_maps import number
from cnnstudio.app.features.pictures import line_place
from cnnstudio.app.theme import Role, theme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cnnstudio.app.features.layer_maps import LayerMaps, Scaling

FLAG = 12.0
"""Largest size of a flag, in logical pixels."""
ROOMY = 24.0
"""From this size on a tile has a line inside its frame, which is seen where the tile has the frame's colour."""
_AXES = ("slice", "row", "column")


def flag_channels(painter: QPainter, layer: LayerMaps, channels: Iterable[int], place: Callable[[int], QRectF]) -> None:
    """A corner on those that are dead, a disc on those that are saturated: told apart by their shape, too.

    `place` tells where the tile of a channel lies.
    """
    dead, saturated = layer.dead, layer.saturated
    if not dead and not saturated:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(theme().color(Role.SURFACE), 1))
    for channel in channels:
        if channel not in dead and channel not in saturated:
            continue
        tile = place(channel)
        side = min(FLAG, tile.width() / 2, tile.height() / 2)
        corner = tile.topRight()
        if channel in dead:
            painter.setBrush(theme().color(Role.WARNING))
            painter.drawPolygon(QPolygonF([corner, corner - QPointF(side, 0), corner + QPointF(0, side)]))
        else:
            painter.setBrush(theme().color(Role.ERROR))
            painter.drawEllipse(QRectF(corner.x() - side, corner.y(), side, side))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def zero_lines(
    painter: QPainter, layer: LayerMaps, scaling: Scaling, channels: Iterable[int], place: Callable[[int], QRectF]
) -> None:
    """A dashed line at zero through each signal with values on both sides of it; `place` as for the flags."""
    bottom, top = layer.spans(scaling, False)
    painter.setPen(QPen(theme().color(Role.MUTED), 1, Qt.PenStyle.DotLine))
    for channel in channels:
        low, high = float(bottom[channel]), float(top[channel])
        if low < 0 < high:
            tile = place(channel)
            y = round(tile.top() + line_place(high / (high - low), tile.height())) + 0.5
            painter.drawLine(QPointF(tile.left(), y), QPointF(tile.right(), y))


def frame_tile(painter: QPainter, tile: QRectF, viewport: QRectF, role: Role, *, has_focus: bool = False) -> None:
    """A frame round the tile, with a line of the ground inside; at the edge of the viewport it lies on the tile.

    That of the tile with the focus is a double one: it is seen on the tile that is chosen, too.
    """
    pen = QPen(theme().color(role), 2)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    room, frame = viewport.adjusted(1, 1, -1, -1), tile.adjusted(-1, -1, 1, 1)
    frame.setLeft(max(frame.left(), room.left()))
    frame.setRight(min(frame.right(), room.right()))
    if tile.top() >= 0:  # of a tile half out of sight one side is out of sight
        frame.setTop(max(frame.top(), room.top()))
    painter.drawRect(frame)
    if min(tile.width(), tile.height()) >= ROOMY:
        painter.setPen(QPen(theme().color(Role.SURFACE), 1))
        painter.drawRect(frame.adjusted(1.5, 1.5, -1.5, -1.5))
    if has_focus:
        painter.setPen(pen)
        painter.drawRect(frame.adjusted(3, 3, -3, -3))


def reading(layer: LayerMaps, channel: int, cell: tuple[int, ...]) -> str:
    """Channel, place and value in words; `cell` has an index for each axis of a channel."""
    names = ("position",) if len(cell) == 1 else _AXES[len(_AXES) - len(cell) :]
    place = ", ".join(f"{name} {at}" for name, at in zip(names, cell, strict=True))
    told = " · ".join(part for part in (f"Channel {channel}", place, number(layer.value(channel, cell))) if part)
    if channel in layer.saturated:
        return f"{told} · saturated"
    return f"{told} · the same value everywhere" if channel in layer.dead else told
